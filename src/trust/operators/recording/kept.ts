/**
 * Pieces of recordings as trust keeps them: compressed, sealed under the organization's key and bound to their recording and place, beside
 * the log. Whoever changes, moves or takes away one in the database is found out when it is played, and which one is named.
 */
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { StatusError } from '#kernel/errors.ts';
import { PIECE_LIMITS, type Pieces, type PiecesHeld } from '#kernel/pieces.ts';
import type { RealmId } from '#kernel/realm-id.ts';
import { SealError } from '../../keys/wrapping.ts';
import type { RealmSealing } from '../../realm-sealing.ts';

const compress = promisify(gzip);
const decompress = promisify(gunzip);

/** Of one piece, before compression. */
export const PIECE_BYTES_MAX = 64 * 1024;

/** A recording by its uid. */
export interface KeptRecordings {
  /** Keeps a piece of at most `PIECE_BYTES_MAX`. Throws when its place is taken: what is kept is never replaced. */
  keep(realm: RealmId, recording: string, sequence: number, bytes: Uint8Array): Promise<void>;
  /** Throws `InternalError` that names the piece when it is gone, or is not what was kept. */
  read(realm: RealmId, recording: string, sequence: number): Promise<Uint8Array>;
  held(realm: RealmId): Promise<PiecesHeld>;
  /** Removes one bounded portion; says whether nothing is left. */
  remove(realm: RealmId, recording: string): Promise<boolean>;
}

const contextOf = (recording: string, sequence: number) => `recording\0${recording}\0${sequence}`;
const broken = (sequence: number, why: string) =>
  new StatusError(
    'InternalError',
    `piece ${sequence} of the recording ${why}: do not trust what is left of it`,
  );

export function keptRecordings(pieces: Pieces, sealings: RealmSealing): KeptRecordings {
  return {
    async keep(realm, recording, sequence, bytes) {
      if (bytes.length > PIECE_BYTES_MAX)
        throw new RangeError(`a piece has at most ${PIECE_BYTES_MAX} bytes`);
      const sealing = await sealings.of(realm);
      const sealed = sealing.seal(await compress(bytes), contextOf(recording, sequence));
      if (!(await pieces.add(sealing.realmUid, recording, sequence, sealed))) {
        throw new StatusError('Conflict', `piece ${sequence} of the recording is there already`);
      }
    },
    async read(realm, recording, sequence) {
      const sealing = await sealings.of(realm);
      const sealed = await pieces.get(sealing.realmUid, recording, sequence);
      if (!sealed) throw broken(sequence, 'is gone');
      try {
        const compressed = await sealing.open(sealed, contextOf(recording, sequence));
        return await decompress(compressed, { maxOutputLength: PIECE_BYTES_MAX });
      } catch (error) {
        if (error instanceof SealError) throw broken(sequence, 'is not what was recorded');
        throw error;
      }
    },
    async held(realm) {
      return pieces.held((await sealings.of(realm)).realmUid);
    },
    async remove(realm, recording) {
      const { realmUid } = await sealings.of(realm);
      return (await pieces.remove(realmUid, recording)) < PIECE_LIMITS.remove_max;
    },
  };
}
