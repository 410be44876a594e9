/** The leaf that says that something beside earlier leaves was erased, and the bounds of what people write into a log. */
import type { Erasure } from '../access.ts';
import { type ErasureLeaf, leafTime } from '../log/leaf.ts';

/** Longest text of one field, so that a leaf fits an entry of the log whatever a client sends. */
const FIELD_CHARACTERS_MAX = 1_024;

export function boundedText(text: string): string {
  // Canonical JSON has no form for half of a surrogate pair.
  return (
    text.length <= FIELD_CHARACTERS_MAX ? text : `${text.slice(0, FIELD_CHARACTERS_MAX - 1)}…`
  ).toWellFormed();
}

/** `of`: absent when it is what leaves say of persons. */
export function erasureLeaf(
  index: number,
  time_ms: number,
  { from, to, actor, reason }: Erasure,
  of?: ErasureLeaf['of'],
): ErasureLeaf {
  return {
    actor: boundedText(actor),
    from,
    index,
    ...(of === undefined ? {} : { of }),
    reason: boundedText(reason),
    time: leafTime(time_ms),
    to,
    type: 'erasure',
    v: 2,
  };
}
