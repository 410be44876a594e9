/** Leaves from the newest backwards, as many as somebody looks at: bounded, and the rest when they ask for more. */
import type { Leaf } from '../../../src/kernel/log/leaf.ts';
import type { WholeLeaf } from '../../../src/kernel/log/personal.ts';
import type { Bytes } from './bytes.ts';
import { openPersonal, parseLeaf, personalDigestOf, wholeLeaf } from './leaves.ts';
import { bundleOf, type LogName, recordsOf, sourceOf } from './log-reader.ts';
import { parseCheckpoint, parseNote } from './note.ts';
import { ProofError } from './problem.ts';
import { TILE_WIDTH } from './tiles.ts';

/** Bundles of 256 leaves that one look goes through. */
const BUNDLES_MAX = 16;
/** Leaves that one look shows. */
export const SHOWN_MAX = 50;

export interface ReadLeaf {
  readonly index: number;
  /** As they came: what is verified is what is shown. */
  readonly bytes: Bytes;
  readonly leaf: WholeLeaf;
  /** What stands beside it of persons, unchanged; undefined: nothing, or erased. */
  readonly record: unknown;
  /** What stands beside it is not what it was written with. */
  readonly isRecordFalse: boolean;
}

export interface LeavesPage {
  /** Newest first. */
  readonly leaves: readonly ReadLeaf[];
  /** Where to go on; undefined: there is nothing before. */
  readonly next: number | undefined;
  /** How many were looked at. */
  readonly looked: number;
}

/** Leaves that the log has signed for, as it says. `source`: where else it is read from. */
export async function signedSize(log: LogName, source = sourceOf(log)): Promise<number> {
  const note = await source.read('checkpoint');
  if (note === undefined) throw new ProofError('missing', 'the log does not give its checkpoint');
  return parseCheckpoint(parseNote(new TextDecoder().decode(note)).text).size;
}

/** A leaf with what stands beside it, as far as that is what it was written with. */
export async function readLeaf(bytes: Bytes, leaf: Leaf, record: unknown): Promise<ReadLeaf> {
  const common = { index: leaf.index, bytes, record };
  if (record === undefined || personalDigestOf(leaf) === undefined)
    return { ...common, leaf, isRecordFalse: false };
  try {
    return { ...common, leaf: wholeLeaf(leaf, await openPersonal(leaf, record)), isRecordFalse: false };
  } catch (error) {
    if (!(error instanceof ProofError)) throw error;
    return { ...common, leaf, isRecordFalse: true };
  }
}

export interface ReadBackOptions {
  readonly log: LogName;
  /** Leaves that the log has. */
  readonly size: number;
  /** The newest to look at. */
  readonly from: number;
  isWanted(leaf: WholeLeaf): boolean;
  /** Whether nothing before it can be wanted. */
  isFirst?(leaf: WholeLeaf): boolean;
}

export async function readBack({ log, size, from, isWanted, isFirst }: ReadBackOptions): Promise<LeavesPage> {
  const leaves: ReadLeaf[] = [];
  const start = Math.min(from, size - 1);
  let index = start;
  for (let read = 0; index >= 0 && read < BUNDLES_MAX; read++) {
    const bundle = Math.floor(index / TILE_WIDTH);
    const [entries, records] = await Promise.all([bundleOf(log, size, bundle), recordsOf(log, bundle)]);
    for (const first = bundle * TILE_WIDTH; index >= first; index--) {
      const bytes = entries[index - first];
      if (bytes === undefined) throw new ProofError('missing', `the log does not give leaf ${index}`);
      const one = await readLeaf(bytes, parseLeaf(bytes, index), records[index]);
      if (!isWanted(one.leaf)) continue;
      leaves.push(one);
      if (isFirst?.(one.leaf) === true) return { leaves, next: undefined, looked: start - index + 1 };
      if (leaves.length === SHOWN_MAX)
        return { leaves, next: index > 0 ? index - 1 : undefined, looked: start - index + 1 };
    }
  }
  return { leaves, next: index >= 0 ? index : undefined, looked: start - index };
}

/** One leaf by its number. Throws ProofError where there is none. */
export async function readOne(log: LogName, index: number): Promise<ReadLeaf> {
  const size = await signedSize(log);
  if (!Number.isSafeInteger(index) || index < 0 || index >= size)
    throw new ProofError('missing', `the log has leaves 0 to ${size - 1}, and not ${index}`);
  const { leaves } = await readBack({
    log,
    size,
    from: index,
    isWanted: (leaf) => leaf.index === index,
    isFirst: () => true,
  });
  const [leaf] = leaves;
  if (leaf === undefined) throw new ProofError('missing', `the log does not give leaf ${index}`);
  return leaf;
}
