/**
 * Checks one bundle of entries on its own: hashes them, and reads each as the leaf it should be. Pure, and all that a
 * worker thread runs: most of a verification's time is spent here.
 */

import {
  type ErasureLeaf,
  isRecorded,
  type Leaf,
  type LeafType,
  parseLeaf,
  type RecordedLeaf,
} from '#kernel/log/leaf.ts';
import { isLogError } from '#kernel/log/log-error.ts';
import { HASH_BYTES, leafHash } from '#kernel/log/merkle.ts';
import type { BodyDigests, BundleBodies } from './bodies.ts';
import type { Problem } from './problem.ts';

/** Indexes of the two leaves that begin every log. */
export const GENESIS_INDEX = 0;
export const KEY_INDEX = 1;

/** What leaves of this log have to be. */
export interface LeafRules {
  /** The log's name, and the vkeys that its second leaf announces, as far as they are known. */
  readonly origin: string;
  readonly vkey?: string;
  readonly cosigner?: string;
}

export interface BundleTask extends LeafRules {
  readonly bytes: Uint8Array;
  /** Index of the first entry. */
  readonly start: number;
  /** Entries there should be. */
  readonly width: number;
  /** Of a changes log that tells them: the digests of the bodies it has. */
  readonly bodies?: BodyDigests;
}

export interface BundleResult {
  /** Hashes of the entries that are there (at most `width`), concatenated. */
  readonly hashes: Uint8Array;
  /** Entries found; another number than asked for means that some are missing or cut off. */
  readonly count: number;
  readonly problems: readonly Problem[];
  /** Leaves that have, or say something of, records beside them. */
  readonly recorded: readonly (RecordedLeaf | ErasureLeaf)[];
  /** Where the digests of bodies were given. */
  readonly bodies?: BundleBodies;
  readonly types: Readonly<Partial<Record<LeafType, number>>>;
  /** Time in the first and the last leaf that could be read. */
  readonly firstTime: string | undefined;
  readonly lastTime: string | undefined;
  /** Leaves whose time is before that of the leaf before them: a clock was set back. */
  readonly clockSteps: number;
}

/** Which forms a log may hold beyond the two it begins with; the name ends in the kind of log. */
function isExpectedType(type: LeafType, origin: string): boolean {
  return origin.endsWith('/access')
    ? type === 'access' || type === 'erasure'
    : type === 'change' || type === 'checkpoint' || type === 'erasure';
}

function judge(leaf: Leaf, index: number, rules: LeafRules): Problem | undefined {
  if (leaf.index !== index) {
    return {
      code: 'LEAF_MISPLACED',
      leaf: index,
      message: `at index ${index} is a leaf that says index ${leaf.index}`,
    };
  }
  const unexpected = (message: string): Problem => ({ code: 'LEAF_UNEXPECTED', leaf: index, message });
  if (index === GENESIS_INDEX) {
    if (leaf.type !== 'genesis') return unexpected(`the first leaf is of type ${leaf.type}, not genesis`);
    if (leaf.origin !== rules.origin) {
      return unexpected(`the genesis is of the log ${leaf.origin}, not of ${rules.origin}`);
    }
    return undefined;
  }
  if (index === KEY_INDEX) {
    if (leaf.type !== 'key') return unexpected(`the second leaf is of type ${leaf.type}, not key`);
    if (rules.vkey !== undefined && leaf.vkey !== rules.vkey) {
      return unexpected(`the log announced another key: ${leaf.vkey}`);
    }
    // A log that is older than cosigners announced none.
    if (rules.cosigner !== undefined && (leaf.cosigner ?? rules.cosigner) !== rules.cosigner) {
      return unexpected(`the log announced another post-quantum key: ${leaf.cosigner}`);
    }
    return undefined;
  }
  if (!isExpectedType(leaf.type, rules.origin))
    return unexpected(`a leaf of type ${leaf.type} has no place here`);
  return undefined;
}

const bodyChanged = (leaf: number): Problem => ({
  code: 'BODY_CHANGED',
  leaf,
  message: `the body that is stored of leaf ${leaf} is not the one it was written for`,
});

/** Walks the entries that are whole, at most `width` of them. */
function* entriesOf(bytes: Uint8Array, width: number): Generator<Uint8Array> {
  let at = 0;
  for (let count = 0; count < width; count++) {
    const high = bytes[at];
    const low = bytes[at + 1];
    if (high === undefined || low === undefined) return;
    const end = at + 2 + high * 256 + low;
    if (end > bytes.length) return;
    yield bytes.subarray(at + 2, end);
    at = end;
  }
}

export function checkBundle(task: BundleTask): BundleResult {
  const hashes = new Uint8Array(task.width * HASH_BYTES);
  const problems: Problem[] = [];
  const recorded: (RecordedLeaf | ErasureLeaf)[] = [];
  const types: Partial<Record<LeafType, number>> = {};
  const events: (number | ErasureLeaf)[] = [];
  let kept = 0;
  let count = 0;
  let firstTime: string | undefined;
  let lastTime: string | undefined;
  let clockSteps = 0;
  for (const entry of entriesOf(task.bytes, task.width)) {
    const index = task.start + count;
    hashes.set(leafHash(entry), count * HASH_BYTES);
    count += 1;
    try {
      const leaf = parseLeaf(entry);
      const problem = judge(leaf, index, task);
      if (problem) problems.push(problem);
      // What stands beside a leaf that is not where it should be is another's: the first cause is worth naming, not what comes of it.
      if (isRecorded(leaf) && !problem) recorded.push(leaf);
      if (leaf.type === 'erasure' && leaf.of === undefined) recorded.push(leaf);
      if (leaf.type === 'erasure' && leaf.of === 'bodies') events.push(leaf);
      if (leaf.type === 'change' && !problem && task.bodies) {
        const digest = task.bodies[index];
        if (digest === undefined) events.push(index);
        else if (digest === leaf.digest) kept += 1;
        else problems.push(bodyChanged(index));
      }
      types[leaf.type] = (types[leaf.type] ?? 0) + 1;
      firstTime ??= leaf.time;
      if (lastTime !== undefined && leaf.time < lastTime) clockSteps += 1;
      lastTime = leaf.time;
    } catch (error) {
      if (!isLogError(error)) throw error;
      problems.push({ code: 'LEAF_MALFORMED', leaf: index, message: `leaf ${index}: ${error.message}` });
    }
  }
  return {
    hashes: hashes.subarray(0, count * HASH_BYTES),
    count,
    problems,
    recorded,
    ...(task.bodies ? { bodies: { kept, events } } : {}),
    types,
    firstTime,
    lastTime,
    clockSteps,
  };
}
