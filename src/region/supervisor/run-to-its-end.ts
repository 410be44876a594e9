/** What clears up before a process starts, or after all have ended: a command, run to its end. */
import { execFile } from 'node:child_process';
import type { ProcessDefinition } from './definition.ts';

const LIMIT_MS = 60_000;

/** With the process' own environment. Undefined when all is well; else what is wrong. `onLine` gets what it prints. */
export function runToItsEnd(
  { env, cwd }: Pick<ProcessDefinition, 'env' | 'cwd'>,
  wanted: ProcessDefinition['prepare'],
  signal: AbortSignal | undefined,
  onLine: (line: string) => void,
): Promise<string | undefined> {
  if (wanted === undefined) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    const options = { env, cwd, timeout: LIMIT_MS, ...(signal === undefined ? {} : { signal }) };
    execFile(wanted.command, [...wanted.args], options, (error, stdout, stderr) => {
      for (const line of `${stdout}${stderr}`.split('\n')) if (line !== '') onLine(line);
      resolve(error?.message);
    });
  });
}
