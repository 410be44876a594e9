/**
 * Runs Debian's gpg with a key that is on no disk: its home is a folder in memory that lives for as long as what it does. Everything that gpg needs to know
 * goes in by standard input, nothing by its arguments.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';

/** Shared memory, on every Linux (FHS 3.0 leaves it out, POSIX' shm_open uses it). */
const MEMORY = '/dev/shm';
const TMPFS_MAGIC = 0x01021994;
const OUTPUT_BYTES_MAX = 1024 * 1024;
const GPG_LIMIT_MS = 30_000;
const SAID_CHARACTERS_KEPT = 2_000;

/** Standard output. Throws with what gpg said when it fails. */
export type Gpg = (args: readonly string[], input?: string) => Promise<string>;

/** `time_ms`: what gpg takes for now, as the region's clock has it. */
export async function withGpg<T>(time_ms: number, work: (gpg: Gpg) => Promise<T>): Promise<T> {
  if ((await statfs(MEMORY)).type !== TMPFS_MAGIC)
    throw new Error(`${MEMORY} is not in memory, and the key of the package mirror must not be on a disk`);
  const home = await mkdtemp(join(MEMORY, 'casemate-gpg-'));
  const time = new Date(time_ms).toISOString().replaceAll(/[-:]|\.\d+Z$/g, '');
  const common = [
    '--homedir',
    home,
    '--batch',
    '--quiet',
    '--no-tty',
    '--no-options',
    '--faked-system-time',
    `${time}!`,
  ];
  const unattended = ['--pinentry-mode', 'loopback', '--passphrase', ''];
  try {
    return await work((args, input = '') => run('gpg', [...common, ...unattended, ...args], home, input));
  } finally {
    // It would go by itself when its home does, a little later.
    await run('gpgconf', ['--homedir', home, '--kill', 'gpg-agent'], home, '').catch(() => {});
    await rm(home, { recursive: true, force: true });
  }
}

async function run(command: string, args: readonly string[], home: string, input: string): Promise<string> {
  const child = spawn(command, args, {
    stdio: 'pipe',
    timeout: GPG_LIMIT_MS,
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', GNUPGHOME: home, HOME: home },
  });
  const chunks: Buffer[] = [];
  let [size, said] = [0, ''];
  child.stdout.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > OUTPUT_BYTES_MAX) child.kill();
    else chunks.push(chunk);
  });
  child.stderr.on('data', (chunk: Buffer) => {
    said = `${said}${chunk.toString('utf8')}`.slice(-SAID_CHARACTERS_KEPT);
  });
  // A program that ends before it has read everything says why itself.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const [code] = (await once(child, 'close').catch((error: Error) => {
    throw new Error(`${command} cannot be run: ${error.message}; apt-get install gpg gpg-agent`);
  })) as [number | null];
  if (code !== 0) throw new Error(`${command} failed: ${said.trim()}`);
  return Buffer.concat(chunks).toString('utf8');
}
