/**
 * The whole of a recording, from its pieces, for those who play it back. It is held against the digest in the ledger before a byte of it is
 * given out, and again while it is: a piece that was changed or taken away is named, and nothing is played past it.
 */
import { createHash } from 'node:crypto';
import type { TextConnector } from '#kernel/connect.ts';
import { StatusError } from '#kernel/errors.ts';
import type { Realms } from '#kernel/realm.ts';
import type { RealmId } from '#kernel/realm-id.ts';
import type { KeptRecordings } from './kept.ts';
import { TerminalRecording, type TerminalRecordingObject } from './terminal-recording.ts';

interface Whole {
  readonly uid: string;
  readonly chunks: number;
  readonly sha256: string;
}

/** Its pieces in order, one in memory at a time. Throws `InternalError` when they are not what the ledger says. */
async function* piecesOf(
  recordings: KeptRecordings,
  realm: RealmId,
  whole: Whole,
): AsyncGenerator<Uint8Array> {
  const digest = createHash('sha256');
  for (let sequence = 0; sequence < whole.chunks; sequence++) {
    const piece = await recordings.read(realm, whole.uid, sequence);
    digest.update(piece);
    yield piece;
  }
  if (digest.digest('hex') !== whole.sha256) {
    throw new StatusError('InternalError', 'the recording is not what the ledger says: its digest differs');
  }
}

export function replayConnector(
  realms: () => Pick<Realms, 'use'>,
  recordings: () => KeptRecordings,
): TextConnector {
  return {
    type: 'text',
    async open({ realm, object, signal }) {
      // As of now: of one that is being recorded, what there is so far.
      const now = await realms().use(realm, ({ view }) => view.byUid(object.metadata.uid)?.entry.object());
      const { chunks = 0, sha256 } = (now as TerminalRecordingObject | undefined)?.status ?? {};
      if (sha256 === undefined || chunks === 0) {
        throw new StatusError(
          'NotFound',
          `nothing of ${TerminalRecording.singular} "${object.metadata.name}" was kept`,
        );
      }
      const whole = { uid: object.metadata.uid, chunks, sha256 };
      for await (const _piece of piecesOf(recordings(), realm, whole)) signal.throwIfAborted();
      return piecesOf(recordings(), realm, whole);
    },
  };
}
