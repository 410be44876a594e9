/** Makes a group's missing blocks from those that are there, wherever they are kept. */
import { BundleError } from '../problem.ts';
import type { Coder } from './coder.ts';
import { VOLUME_BLOCK_BYTES } from './limits.ts';
import { type Presence, shortage, shortId } from './presence.ts';

/** Where the blocks are that arrived. */
export interface BlockStore {
  /** Reads one that is there. False when it is no longer what it was. */
  read(position: number, into: Uint8Array): Promise<boolean>;
}

export interface Repaired {
  readonly position: number;
  readonly block: Uint8Array;
}

/** The file's own blocks of a group that are missing. Throws BundleError when what is there does not suffice. */
export async function repairGroup(
  group: number,
  presence: Presence,
  store: BlockStore,
  coder: Pick<Coder, 'decode'>,
): Promise<Repaired[]> {
  const { geometry } = presence.set;
  const own = geometry.sourceBlocks(group);
  const symbols: number[] = [];
  const there = presence.symbolsOf(group);
  const blocks = new Uint8Array(there.length * VOLUME_BLOCK_BYTES);
  for (const symbol of there) {
    const at = symbols.length * VOLUME_BLOCK_BYTES;
    const into = blocks.subarray(at, at + VOLUME_BLOCK_BYTES);
    if (await store.read(geometry.positionOf({ group, symbol }), into)) symbols.push(symbol);
  }
  if (symbols.length < own) throw shortage(presence, { blocks: own - symbols.length, groups: 1 });
  const has = new Set(symbols);
  const source = await coder.decode(own, symbols, blocks);
  if (source === undefined) {
    const why = `of group ${group} just the ${symbols.length} blocks are there that it had, and in this one case of many they do not suffice: 1 more block of it is needed`;
    throw new BundleError('Missing', `set ${shortId(presence.set)}`, why);
  }
  const repaired: Repaired[] = [];
  for (let symbol = 0; symbol < own; symbol++) {
    if (has.has(symbol)) continue;
    const block = source.subarray(symbol * VOLUME_BLOCK_BYTES, (symbol + 1) * VOLUME_BLOCK_BYTES);
    repaired.push({ position: geometry.positionOf({ group, symbol }), block });
  }
  return repaired;
}
