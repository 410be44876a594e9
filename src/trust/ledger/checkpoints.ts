/**
 * Gathers the signed checkpoints that a log has to agree with: those it serves, and those somebody kept. Verifies each
 * one's signature; comparing their roots with the leaves is for `verify.ts`.
 */
import { type Checkpoint, openCheckpoint, parseCheckpointList } from '#kernel/log/checkpoint.ts';
import { isLogError, LogError } from '#kernel/log/log-error.ts';
import type { NoteVerifier } from '#kernel/log/note.ts';
import type { Problem } from './problem.ts';
import type { TileSource } from './source.ts';

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

/**
 * A list of checkpoints, or none when the log does not serve it: as JSON (`{"items": […]}`, what a region answers) or one after the other in
 * a text (what a copy in a folder may hold).
 */
async function checkpointList(source: TileSource, path: string): Promise<readonly string[]> {
  const bytes = await source.read(path);
  const text = bytes === undefined ? '' : Buffer.from(bytes).toString('utf8');
  if (!text.startsWith('{')) return parseCheckpointList(text);
  const { items } = JSON.parse(text) as { readonly items?: unknown };
  if (!Array.isArray(items) || !items.every((item) => typeof item === 'string')) {
    throw new LogError('MALFORMED_CHECKPOINT', `${path}: not a list of texts in "items"`);
  }
  return items;
}

/** The checkpoints that the log kept. */
export const storedCheckpoints = (source: TileSource) => checkpointList(source, 'checkpoints');

/** The latest few checkpoints that witnesses cosigned, newest last. */
export const cosignedCheckpoints = (source: TileSource) => checkpointList(source, 'cosigned');

/** Opens a checkpoint by the keys of a log. What only its post-quantum key would verify is taken by that. */
function openByAny(note: string, verifiers: readonly NoteVerifier[]): Checkpoint {
  let last: unknown;
  for (const verifier of verifiers) {
    try {
      return openCheckpoint(note, verifier);
    } catch (error) {
      if (!isLogError(error, 'UNKNOWN_KEY')) throw error;
      last = error;
    }
  }
  throw last;
}

function openAll(notes: readonly string[], what: string, verifiers: readonly NoteVerifier[]) {
  const expected: Expected[] = [];
  const problems: Problem[] = [];
  for (const [position, note] of notes.entries()) {
    const label =
      notes.length === 1 ? `the ${what} checkpoint` : `${what} checkpoint ${position + 1} of ${notes.length}`;
    try {
      expected.push({ checkpoint: openByAny(note, verifiers), label });
    } catch (error) {
      if (!isLogError(error)) throw error;
      problems.push({ code: 'CHECKPOINT_INVALID', message: `${label}: ${error.message}` });
    }
  }
  return { expected, problems };
}

/**
 * `stored` as the log serves them, newest last; `known` as somebody else kept them, in any order; `head` the log's current
 * one, already verified; `verifiers` the keys of the log, at least one.
 */
export function gatherCheckpoints(
  stored: readonly string[],
  known: readonly string[],
  head: Checkpoint,
  verifiers: readonly NoteVerifier[],
): Gathered {
  const own = openAll(stored, 'stored', verifiers);
  const kept = openAll(known, 'known', verifiers);
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
