/**
 * How the region's processes are, for the region process, whose console shows it to operators: a file beside the supervisor's socket, replaced at every change.
 * It may read that; the socket, by which all of them can be stopped, stays closed to it.
 */
import { chmodSync, chownSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { ProcessStatus } from './definition.ts';

export type ShownProcess = Pick<
  ProcessStatus,
  'name' | 'state' | 'optional' | 'restarts' | 'since' | 'wrongSince' | 'failing' | 'lastFailure' | 'notes'
>;

/** `path` in a folder whose group may read it. Never throws: the processes matter more than who looks at them. */
export function showProcesses(path: string, statuses: readonly ProcessStatus[]): void {
  try {
    const shown = statuses.map(
      ({
        name,
        state,
        optional,
        restarts,
        since,
        wrongSince,
        failing,
        lastFailure,
        notes,
      }): ShownProcess => ({
        name,
        state,
        optional,
        restarts,
        since,
        ...(wrongSince === undefined ? {} : { wrongSince }),
        ...(failing === undefined ? {} : { failing }),
        ...(lastFailure === undefined ? {} : { lastFailure }),
        notes,
      }),
    );
    const { uid, gid } = statSync(dirname(path));
    writeFileSync(`${path}.new`, JSON.stringify(shown), { mode: 0o600 });
    chownSync(`${path}.new`, uid, gid);
    chmodSync(`${path}.new`, 0o640);
    renameSync(`${path}.new`, path);
  } catch {
    // Such as a full disk: what was shown before stays.
  }
}

/** Empty where no supervisor shows any. */
export async function shownProcesses(path: string): Promise<readonly ShownProcess[]> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as readonly ShownProcess[];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
