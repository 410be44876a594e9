/**
 * Evidence of a split view: two checkpoints that one log signed, which no single history can contain. It is text that convinces anybody who has
 * the log's key, with no server and no witness to believe:
 *
 *   casemate.internal/split-view@v1
 *   prefix <base64: the root that the larger tree had at the smaller one's size>     (only when the sizes differ)
 *   <base64 hash of the consistency proof from there to the larger tree> …           (likewise)
 *
 *   <the smaller checkpoint>
 *
 *   <the larger checkpoint>
 */
import { parseHashLines } from '#kernel/log/add-checkpoint.ts';
import {
  type Checkpoint,
  formatCheckpointList,
  parseCheckpointList,
  readUnverifiedCheckpoint,
} from '#kernel/log/checkpoint.ts';
import { LogError } from '#kernel/log/log-error.ts';
import { NOTE_BYTES_MAX } from '#kernel/log/note.ts';
import { consistencyProof, type HashReader, rootAt, verifyConsistency } from '#kernel/log/proof.ts';
import { judgeCheckpoint } from './judge.ts';
import { policyOf, type Trust } from './receipt.ts';

const HEADER = 'casemate.internal/split-view@v1';
const CHARACTERS_MAX = 2 * NOTE_BYTES_MAX + 8 * 1024;

export interface SplitView {
  /** The smaller first. */
  readonly notes: readonly [string, string];
  /** Absent when both are of one size. */
  readonly prefix?: { readonly root: Buffer; readonly proof: readonly Buffer[] };
}

export function formatSplitView({ notes, prefix }: SplitView): string {
  const proof = prefix?.proof.map((hash) => `${hash.toString('base64')}\n`).join('') ?? '';
  const line = prefix === undefined ? '' : `prefix ${prefix.root.toString('base64')}\n`;
  return `${HEADER}\n${line}${proof}\n${formatCheckpointList(notes)}`;
}

const malformed = (message: string) => new LogError('MALFORMED_PROOF', message);

function parseSplitView(text: string): SplitView {
  if (text.length > CHARACTERS_MAX)
    throw malformed(`longer than ${CHARACTERS_MAX} characters: no such evidence`);
  const split = text.indexOf('\n\n');
  const [header, ...lines] = text.slice(0, Math.max(split, 0)).split('\n');
  if (header !== HEADER) throw malformed(`the first line should be "${HEADER}"`);
  const [smaller, larger, ...more] = parseCheckpointList(text.slice(split + 2));
  if (smaller === undefined || larger === undefined || more.length > 0) {
    throw malformed('there should be two checkpoints');
  }
  const [prefixLine, ...proofLines] = lines;
  if (prefixLine === undefined) return { notes: [smaller, larger] };
  if (!prefixLine.startsWith('prefix ')) throw malformed('the second line should be "prefix <base64>"');
  const [root = Buffer.alloc(0)] = parseHashLines([prefixLine.slice('prefix '.length)]);
  return { notes: [smaller, larger], prefix: { root, proof: parseHashLines(proofLines) } };
}

export interface ProvenSplit {
  readonly origin: string;
  /** The two that contradict each other, the smaller first. */
  readonly checkpoints: readonly [Checkpoint, Checkpoint];
}

/** Whether evidence proves that a log in `trust` told two histories. Throws a LogError that says why it does not. */
export function checkSplitView(text: string, trust: Trust): ProvenSplit {
  const { notes, prefix } = parseSplitView(text);
  const policy = policyOf(trust);
  const [small, large] = notes.map((note) => judgeCheckpoint(note, policy).checkpoint);
  if (small === undefined || large === undefined) throw malformed('there should be two checkpoints');
  if (small.origin !== large.origin) {
    throw malformed(`the checkpoints are of two logs, ${small.origin} and ${large.origin}`);
  }
  const proven: ProvenSplit = { origin: small.origin, checkpoints: [small, large] };
  if (small.size === large.size) {
    if (small.root.equals(large.root)) throw malformed('both checkpoints say the same');
    return proven;
  }
  if (prefix === undefined || small.size > large.size) {
    throw malformed('checkpoints of two sizes, the smaller first, take a prefix line and a proof');
  }
  const fits = verifyConsistency({
    oldSize: small.size,
    oldRoot: prefix.root,
    newSize: large.size,
    newRoot: large.root,
    proof: prefix.proof,
  });
  if (!fits) throw malformed(`the proof does not show what the larger tree was at ${small.size} leaves`);
  if (prefix.root.equals(small.root))
    throw malformed('the larger tree contains the smaller one: one history');
  return proven;
}

/** What comparing two checkpoints of one log found. */
export type Comparison =
  | { readonly verdict: 'same-history' }
  /** `evidence`: text for anybody. */
  | { readonly verdict: 'split'; readonly evidence: string }
  /** Sizes differ, and nobody could give the hashes of the larger tree. */
  | { readonly verdict: 'unknown'; readonly why: string };

/**
 * Compares two signed checkpoints of one log that two parties were shown. When their sizes differ, `readersOf` the larger tree is asked for its
 * hashes: whoever shows that tree has to have them. Throws a LogError when one is not signed by a log in `trust`, or they are of two logs.
 */
export async function compareCheckpoints(
  a: string,
  b: string,
  trust: Trust,
  readersOf: (larger: Checkpoint) => readonly HashReader[],
): Promise<Comparison> {
  const policy = policyOf(trust);
  const [one, other] = [judgeCheckpoint(a, policy).checkpoint, judgeCheckpoint(b, policy).checkpoint];
  if (one.origin !== other.origin) {
    throw new LogError('WRONG_LOG', `one is a checkpoint of ${one.origin}, the other of ${other.origin}`);
  }
  const notes: [string, string] = one.size <= other.size ? [a, b] : [b, a];
  const [small, large] = one.size <= other.size ? [one, other] : [other, one];
  if (small.size === large.size) {
    if (small.root.equals(large.root)) return { verdict: 'same-history' };
    return { verdict: 'split', evidence: formatSplitView({ notes }) };
  }
  if (small.size === 0) return { verdict: 'same-history' };
  let why = 'nobody was asked for the hashes of the larger tree';
  for (const read of readersOf(large)) {
    try {
      const [root, proof] = [
        await rootAt(small.size, read),
        await consistencyProof(small.size, large.size, read),
      ];
      const claim = { oldSize: small.size, newSize: large.size, newRoot: large.root, proof };
      if (!verifyConsistency({ ...claim, oldRoot: root })) {
        why = 'the hashes that were given are not those of the larger tree';
        continue;
      }
      if (root.equals(small.root)) return { verdict: 'same-history' };
      return { verdict: 'split', evidence: formatSplitView({ notes, prefix: { root, proof } }) };
    } catch (error) {
      why = error instanceof Error ? error.message : String(error);
    }
  }
  return { verdict: 'unknown', why };
}

/** The origin that a checkpoint names, unverified: to find the other one to compare it with. */
export const originOf = (note: string): string => readUnverifiedCheckpoint(note).origin;
