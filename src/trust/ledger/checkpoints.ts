/**
 * Gathers the signed checkpoints that a log has to agree with: those it serves, and those somebody kept. Verifies each
 * one's signature; comparing their roots with the leaves is for `verify.ts`.
 */
import { type Checkpoint, openCheckpoint } from '#kernel/log/checkpoint.ts';
import { isLogError } from '#kernel/log/log-error.ts';
import type { NoteVerifier } from '#kernel/log/note.ts';
import type { Problem } from './problem.ts';

export interface Expected {
  readonly checkpoint: Checkpoint;
  /** Which one it is, in words: `stored checkpoint 3 (of 12)`. */
  readonly label: string;
}

export interface Gathered {
  /** Valid ones, smallest tree first. */
  readonly expected: readonly Expected[];
  readonly problems: readonly Problem[];
}

function openAll(notes: readonly string[], what: string, verifier: NoteVerifier) {
  const expected: Expected[] = [];
  const problems: Problem[] = [];
  for (const [position, note] of notes.entries()) {
    const label =
      notes.length === 1 ? `the ${what} checkpoint` : `${what} checkpoint ${position + 1} of ${notes.length}`;
    try {
      expected.push({ checkpoint: openCheckpoint(note, verifier), label });
    } catch (error) {
      if (!isLogError(error)) throw error;
      problems.push({ code: 'CHECKPOINT_INVALID', message: `${label}: ${error.message}` });
    }
  }
  return { expected, problems };
}

/**
 * `stored` as the log serves them, newest last; `known` as somebody else kept them, in any order; `head` the log's current
 * one, already verified.
 */
export function gatherCheckpoints(
  stored: readonly string[],
  known: readonly string[],
  head: Checkpoint,
  verifier: NoteVerifier,
): Gathered {
  const own = openAll(stored, 'stored', verifier);
  const kept = openAll(known, 'known', verifier);
  const problems = [...own.problems, ...kept.problems];
  for (const [position, { checkpoint, label }] of own.expected.entries()) {
    const before = own.expected[position - 1];
    if (before && before.checkpoint.size > checkpoint.size) {
      problems.push({
        code: 'CHECKPOINT_ORDER',
        size: checkpoint.size,
        message: `${label} is of ${checkpoint.size} leaves, but the one before it of ${before.checkpoint.size}`,
      });
    }
  }
  const current = { checkpoint: head, label: 'the current checkpoint' };
  const all = [...own.expected, ...kept.expected, current];
  const bySize = new Map<number, Expected>();
  for (const one of all.toSorted((a, b) => a.checkpoint.size - b.checkpoint.size)) {
    const { size, root } = one.checkpoint;
    const other = bySize.get(size);
    if (other && !other.checkpoint.root.equals(root)) {
      problems.push({
        code: 'FORKED',
        size,
        message: `${other.label} and ${one.label} are both signed for ${size} leaves, with different roots: two histories were told`,
      });
    }
    if (size > head.size) {
      problems.push({
        code: 'ROLLED_BACK',
        size,
        message: `${one.label} was signed for ${size} leaves, but the log now claims to have only ${head.size}`,
      });
    }
    bySize.set(size, other ?? one);
  }
  // One for each size and root: the current checkpoint is usually among the stored ones.
  const distinct = new Map(
    all.map((one) => [`${one.checkpoint.size} ${one.checkpoint.root.toString('hex')}`, one]),
  );
  return {
    expected: [...distinct.values()].toSorted((a, b) => a.checkpoint.size - b.checkpoint.size),
    problems,
  };
}
