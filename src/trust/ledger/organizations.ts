/**
 * What the region's log says of the organizations' logs: it takes in their checkpoints, so an organization's log that was
 * rolled back or told two ways shows here, to people who may not read that log itself. Pure.
 */
import { openCheckpoint, readUnverifiedCheckpoint } from '#kernel/log/checkpoint.ts';
import type { Leaf } from '#kernel/log/leaf.ts';
import { isLogError } from '#kernel/log/log-error.ts';
import { parseNote, parseVkey } from '#kernel/log/note.ts';
import { type Problem, ProblemList } from './problem.ts';

export interface OrganizationLog {
  /** The log's name, which tells the organization. */
  readonly origin: string;
  /** Checkpoints of it that the region's log holds. */
  readonly checkpoints: number;
  readonly size: number;
  readonly root: string;
  /** When the region's log took in the latest. */
  readonly time: string;
}

export interface OrganizationsReport {
  readonly logs: readonly OrganizationLog[];
  readonly problems: readonly Problem[];
  readonly problemCount: number;
}

interface Seen extends OrganizationLog {
  /** Which incarnation: an organization made anew under an old name signs with another key, from an empty log. */
  readonly signer: string;
}

function signerOf(note: string, origin: string): string {
  const own = parseNote(note).signatures.find((signature) => signature.name === origin);
  return own ? own.keyId.toString('hex') : '';
}

/**
 * Follows the checkpoint leaves of the region's `changes` log, in order. `vkeys` are the public keys of organizations' logs, by
 * the log's name; checkpoints of logs without one are compared with each other, but their signatures are not verified.
 */
export async function followOrganizations(
  leaves: AsyncIterable<Leaf>,
  vkeys: ReadonlyMap<string, string> = new Map(),
): Promise<OrganizationsReport> {
  const logs = new Map<string, Seen>();
  const problems = new ProblemList();
  for await (const leaf of leaves) {
    if (leaf.type !== 'checkpoint') continue;
    try {
      const { origin, size, root } = readUnverifiedCheckpoint(leaf.checkpoint);
      const signer = signerOf(leaf.checkpoint, origin);
      const vkey = vkeys.get(origin);
      // A key of another incarnation is another log's.
      if (vkey !== undefined && parseVkey(vkey).keyId.toString('hex') === signer) {
        openCheckpoint(leaf.checkpoint, parseVkey(vkey));
      }
      const key = `${origin} ${signer}`;
      const before = logs.get(key);
      const rootText = root.toString('base64');
      if (signer === '') {
        problems.add({
          code: 'CHECKPOINT_INVALID',
          leaf: leaf.index,
          message: `leaf ${leaf.index}: a checkpoint of ${origin} that it did not sign`,
        });
      } else if (before && size < before.size) {
        problems.add({
          code: 'ROLLED_BACK',
          leaf: leaf.index,
          size,
          message: `leaf ${leaf.index}: ${origin} went from ${before.size} back to ${size} leaves`,
        });
      } else if (before && size === before.size && rootText !== before.root) {
        problems.add({
          code: 'FORKED',
          leaf: leaf.index,
          size,
          message: `leaf ${leaf.index}: ${origin} signed two roots for ${size} leaves`,
        });
      }
      logs.set(key, {
        origin,
        signer,
        checkpoints: (before?.checkpoints ?? 0) + 1,
        size,
        root: rootText,
        time: leaf.time,
      });
    } catch (error) {
      if (!isLogError(error)) throw error;
      problems.add({
        code: 'CHECKPOINT_INVALID',
        leaf: leaf.index,
        message: `leaf ${leaf.index}: ${error.message}`,
      });
    }
  }
  const report = [...logs.values()]
    .map(({ signer: _, ...log }) => log)
    .toSorted((a, b) => (a.origin < b.origin ? -1 : 1));
  return { logs: report, problems: problems.list(), problemCount: problems.count };
}
