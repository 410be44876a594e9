/** Holds the region's log after a switch against what was seen of it before: signed by the same key, no shorter, and its beginning the same. A few tiles, however long it is. */
import { type Checkpoint, openCheckpoint } from '#kernel/log/checkpoint.ts';
import { parseVkey } from '#kernel/log/note.ts';
import { consistencyProof, verifyConsistency } from '#kernel/log/proof.ts';
import { hashesOf, type TileSource } from '#trust/ledger/source.ts';
import type { OperatorApi } from './api.ts';

export interface LedgerSeen {
  readonly vkey: string;
  readonly checkpoint: Checkpoint;
}

const NOT_FOUND = 404;

function sourceOf(api: Pick<OperatorApi, 'get'>): TileSource {
  return {
    async read(path) {
      const { code, body } = await api.get(`/ledger/changes/${path}`);
      if (code === NOT_FOUND) return undefined;
      if (code !== 200) throw new Error(`the ledger answers ${code} for ${path}`);
      return body;
    },
  };
}

async function textOf(source: TileSource, path: string): Promise<string> {
  const bytes = await source.read(path);
  if (bytes === undefined) throw new Error(`the ledger has no ${path}`);
  return Buffer.from(bytes).toString('utf8');
}

/** Throws where it cannot be read, or is not signed by its own key. */
export async function seeLedger(api: Pick<OperatorApi, 'get'>): Promise<LedgerSeen> {
  const source = sourceOf(api);
  const [vkey = ''] = (await textOf(source, 'key')).trim().split(/\s+/);
  return { vkey, checkpoint: openCheckpoint(await textOf(source, 'checkpoint'), parseVkey(vkey)) };
}

/** Gives how far it is. Throws with what is wrong. */
export async function holdLedger(api: Pick<OperatorApi, 'get'>, before: LedgerSeen): Promise<number> {
  const source = sourceOf(api);
  const now = openCheckpoint(await textOf(source, 'checkpoint'), parseVkey(before.vkey));
  const { origin, size, root } = before.checkpoint;
  if (now.origin !== origin || now.size < size)
    throw new Error(`the ledger was at ${size} leaves of ${origin}, and is at ${now.size} of ${now.origin}`);
  const proof = await consistencyProof(size, now.size, hashesOf(source, now.size));
  if (!verifyConsistency({ oldSize: size, newSize: now.size, proof, oldRoot: root, newRoot: now.root }))
    throw new Error(`the first ${size} leaves of the ledger are not what they were`);
  return now.size;
}
