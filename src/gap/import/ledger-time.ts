/** When the newest leaf of the region's ledger was written: however far a clock is put back, it was later than that. */
import { type Leaf, parseLeaf } from '#kernel/log/leaf.ts';
import { TILE_WIDTH } from '#kernel/log/merkle.ts';
import { decodeEntryBundle } from '#kernel/log/tile.ts';
import type { Realm } from '#kernel/realm.ts';
import type { RealmLogs } from '#kernel/store/realm-logs.ts';

/** Milliseconds since the Unix epoch. */
export async function ledgerTime_ms(
  logs: Pick<RealmLogs, 'tile'>,
  { id, view }: Pick<Realm, 'id' | 'view'>,
): Promise<number> {
  const last = view.revision;
  const index = Math.floor(last / TILE_WIDTH);
  const width = (last % TILE_WIDTH) + 1;
  const bundle = await logs.tile(id, 'changes', { level: 'entries', index, width });
  const entry = decodeEntryBundle(bundle, width).at(-1);
  const leaf: Leaf | undefined = entry && parseLeaf(entry);
  return leaf === undefined ? 0 : Date.parse(leaf.time);
}
