/** The whole of a recording, from its pieces: for those who play it back, and for the digest of one that broke off. */
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { TextConnector } from '#kernel/connect.ts';
import { StatusError } from '#kernel/errors.ts';
import type { KubeObject } from '#kernel/object.ts';
import type { Realms, RealmView } from '#kernel/realm.ts';
import type { RealmId } from '#kernel/realm-id.ts';
import { chunkName, TerminalRecordingChunk } from './terminal-recording.ts';

const decompress = promisify(gunzip);
/** More than a piece can be; a piece that unpacks to more is none of ours. */
const PIECE_BYTES_MAX = 1024 * 1024;

type Recorded = Pick<KubeObject, 'metadata'>;

/** Its pieces in order, as far as they are there. */
async function* piecesOf(
  use: <T>(work: (view: RealmView) => T) => Promise<T>,
  recording: Recorded,
): AsyncGenerator<Buffer> {
  for (let sequence = 0; ; sequence++) {
    const name = chunkName(recording, sequence);
    const chunk = await use((view) => view.get(TerminalRecordingChunk, { name }));
    if (chunk?.spec.recording !== recording.metadata.uid) return;
    yield await decompress(Buffer.from(chunk.spec.gzip, 'base64'), { maxOutputLength: PIECE_BYTES_MAX });
  }
}

/** Digest and sizes of what there is. */
export async function digestOf(view: RealmView, recording: Recorded) {
  const digest = createHash('sha256');
  let [chunks, bytes] = [0, 0];
  for await (const piece of piecesOf(async (work) => work(view), recording)) {
    digest.update(piece);
    chunks += 1;
    bytes += piece.length;
  }
  return { sha256: digest.digest('hex'), chunks, bytes };
}

export function replayConnector(realms: () => Pick<Realms, 'use'>): TextConnector {
  const viewIn =
    (realm: RealmId) =>
    <T>(work: (view: RealmView) => T) =>
      realms().use(realm, ({ view }) => work(view));
  return {
    type: 'text',
    async open({ realm, object }) {
      const use = viewIn(realm);
      const first = await use((view) => view.get(TerminalRecordingChunk, { name: chunkName(object, 0) }));
      if (!first) throw new StatusError('NotFound', 'nothing of this recording was kept');
      return piecesOf(use, object);
    },
  };
}
