/** What clears up before a process starts, run to its end. */
import { execFile } from 'node:child_process';
import type { ProcessDefinition } from './definition.ts';

const LIMIT_MS = 60_000;

/** Undefined when all is well; else what is wrong. `onLine` gets what it prints. */
export function prepare(
  { prepare: wanted, env, cwd }: ProcessDefinition,
  signal: AbortSignal,
  onLine: (line: string) => void,
): Promise<string | undefined> {
  if (wanted === undefined) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    const options = { env, cwd, timeout: LIMIT_MS, signal };
    execFile(wanted.command, [...wanted.args], options, (error, stdout, stderr) => {
      for (const line of `${stdout}${stderr}`.split('\n')) if (line !== '') onLine(line);
      resolve(error?.message);
    });
  });
}
