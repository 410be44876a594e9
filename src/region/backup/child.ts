/** Programs whose output, or input, is a stream: tar and those of PostgreSQL. They fail when the program does, with what it said. */
import { type ChildProcess, spawn } from 'node:child_process';
import { type Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Account } from '../embedded/accounts.ts';
import { isRoot } from '../embedded/accounts.ts';
import { SAID_CHARACTERS_MAX } from './bounds.ts';

export interface ChildOptions {
  /** Whom it runs as, where we are root. Absent: as ourselves. */
  readonly account?: Account | undefined;
  readonly cwd?: string;
  /** Endings that are none of a fault, besides 0. */
  readonly alsoFine?: readonly number[];
}

const ENVIRONMENT = { PATH: '/usr/bin:/bin', LC_ALL: 'C.UTF-8' };

export const asOwn = (account: Account | undefined): { uid?: number; gid?: number } =>
  account !== undefined && isRoot() ? { uid: account.uid, gid: account.gid } : {};

interface Ending {
  readonly said: string;
}

/** Resolves when it has ended well. */
function ended(child: ChildProcess, command: string, { alsoFine = [] }: ChildOptions): Promise<Ending> {
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString('utf8')).slice(-SAID_CHARACTERS_MAX);
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (code === 0 || (code !== null && alsoFine.includes(code))) resolve({ said });
      else reject(new Error(`${command} ended with ${code ?? signal}: ${said.trim()}`));
    });
  });
}

const optionsOf = ({ account, cwd = '/' }: ChildOptions) => ({ ...asOwn(account), cwd, env: ENVIRONMENT });

/** What it writes. */
export async function* outputOf(
  command: string,
  args: readonly string[],
  options: ChildOptions = {},
): AsyncGenerator<Buffer> {
  const child = spawn(command, [...args], { ...optionsOf(options), stdio: ['ignore', 'pipe', 'pipe'] });
  const end = ended(child, command, options);
  // Told when all was read; or never, when whoever reads has given up.
  end.catch(() => {});
  try {
    yield* child.stdout as AsyncIterable<Buffer>;
    await end;
  } finally {
    child.kill('SIGKILL');
  }
}

/**
 * Lets it read a stream, which is read to its end in any case: what is broken behind the part that the program wanted is broken all the same, and
 * tar leaves as soon as it has seen the archive's end. Fails with what the stream failed with, else with what the program said.
 */
export async function feed(
  command: string,
  args: readonly string[],
  input: Readable,
  options: ChildOptions = {},
): Promise<void> {
  const child = spawn(command, [...args], { ...optionsOf(options), stdio: ['pipe', 'ignore', 'pipe'] });
  const into = intoProgram(child.stdin);
  const end = ended(child, command, options);
  end.catch((error: Error) => into.destroy(error));
  const [fed, program] = await Promise.allSettled([pipeline(input, into), end]);
  if (fed.status === 'rejected') throw fed.reason;
  if (program.status === 'rejected') throw program.reason;
}

/** A program's input that takes everything, also once the program has gone. */
function intoProgram(stdin: Writable): Writable {
  stdin.on('error', () => {});
  return new Writable({
    write(chunk, _encoding, done) {
      // Later, so that its ending is heard of meanwhile.
      if (stdin.destroyed) setImmediate(done);
      else stdin.write(chunk, () => done());
    },
    final(done) {
      stdin.end();
      done();
    },
    destroy(error, done) {
      // A stream that broke: the program must not take what it has for the whole.
      if (error !== null) stdin.destroy();
      done(error);
    },
  });
}

/** What it said on standard error, when it has ended well. */
export async function runToEnd(
  command: string,
  args: readonly string[],
  options: ChildOptions = {},
): Promise<string> {
  const child = spawn(command, [...args], { ...optionsOf(options), stdio: ['ignore', 'ignore', 'pipe'] });
  return (await ended(child, command, options)).said;
}
