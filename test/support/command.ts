/** Runs a program to its end and keeps what it said. For tests only. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

const LIMIT_MS = 10 * 60_000;

export interface CommandOptions {
  readonly input?: string;
  /** Added to the environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly limit_ms?: number;
}

export interface CommandResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Resolves when it has ended, whatever it answered. Killed, and code null, when it takes too long. */
export function runCommand(
  command: string,
  args: readonly string[],
  { input, env, cwd, limit_ms = LIMIT_MS }: CommandOptions = {},
): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...args], {
      env: { ...process.env, ...env },
      timeout: limit_ms,
      killSignal: 'SIGKILL',
      ...(cwd === undefined ? {} : { cwd }),
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    // A program that does not read what it is given is no fault of ours.
    child.stdin.on('error', () => {});
    child.stdin.end(input ?? '');
    child.once('error', reject);
    child.once('close', (code) =>
      resolve({ code, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() }),
    );
  });
}

/** Standard output of a command that must answer 0; else throws with all it said. */
export async function output(promise: Promise<CommandResult>, what: string): Promise<string> {
  const { code, stdout, stderr } = await promise;
  if (code !== 0) throw new Error(`${what} ended with ${code}:\n${stderr}${stdout}`);
  return stdout;
}

/** Resolves when a program that stays says its first word; throws with its complaint when it ends instead. */
export async function untilFirstWord(child: ChildProcess, what: string): Promise<void> {
  let complaint = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    complaint += chunk.toString();
  });
  const ready = child.stdout === null ? Promise.reject(new Error('no output')) : once(child.stdout, 'data');
  const ended = once(child, 'exit').then(() => {
    throw new Error(`${what} could not be made: ${complaint.trim()}`);
  });
  await Promise.race([ready, ended]);
  ended.catch(() => {});
}
