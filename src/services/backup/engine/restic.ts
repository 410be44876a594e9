/**
 * Runs restic, a command at a time: what opens the repository is in files that this account alone reads, in memory; what it says is bounded, and told apart by what went wrong.
 * restic ends with the process that started it, and before it could take a tar that broke off for a whole one.
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FailureReason, RepositoryAccess } from './protocol.ts';
import { RepositoryError } from './repository.ts';

const STDERR_CHARACTERS_MAX = 16_384;
const STDOUT_CHARACTERS_MAX = 8 * 2 ** 20;
const SAID_CHARACTERS_MAX = 500;
/** Packs are written to the folder first: so many at a time, of so much. */
const CONNECTIONS = 4;
const PACK_MIB = 16;

/** What restic says, and what it means. Its exit code is 1 for nearly everything. */
const MEANINGS: readonly (readonly [RegExp, FailureReason])[] = [
  [/wrong password or no key found/i, 'WrongPassword'],
  [/Is there a repository at the following location/i, 'NoRepository'],
  [/repository is already locked|unable to create lock/i, 'Locked'],
  [/no matching ID found|no snapshot found|not found in snapshot|path .* not found/i, 'NotFound'],
  [
    /ciphertext verification failed|does not match id|hash mismatch|damaged|repository contains errors|not found in index|pack .* (?:is )?(?:missing|not referenced)|unexpected pack size|invalid data returned|wrong hash/i,
    'Damaged',
  ],
  [
    /connection refused|no such host|i\/o timeout|certificate|AccessDenied|InvalidAccessKeyId|SignatureDoesNotMatch|NoSuchBucket|QuotaExceeded|no space left/i,
    'Unreachable',
  ],
];

export class Restic {
  readonly #folder: string;
  readonly #env: Readonly<Record<string, string>>;
  readonly #global: readonly string[];

  /** `program`: restic itself. `folder`: in memory, this account's alone. */
  constructor(access: RepositoryAccess, program: { readonly folder: string }) {
    this.#folder = mkdtempSync(join(program.folder, 'repository-'));
    const password = join(this.#folder, 'password');
    const authority = join(this.#folder, 'ca.pem');
    writeFileSync(password, access.password, { mode: 0o600 });
    writeFileSync(authority, access.certificateAuthority, { mode: 0o600 });
    this.#env = {
      PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      HOME: this.#folder,
      TMPDIR: this.#folder,
      LANG: 'C.UTF-8',
      GOMAXPROCS: '2',
      GOMEMLIMIT: '1GiB',
      RESTIC_PROGRESS_FPS: '0.02',
      RESTIC_REPOSITORY: access.url,
      AWS_ACCESS_KEY_ID: access.accessKey,
      AWS_SECRET_ACCESS_KEY: access.secret,
      AWS_DEFAULT_REGION: access.region,
    };
    this.#global = [
      '--password-file',
      password,
      ...(access.certificateAuthority === '' ? [] : ['--cacert', authority]),
      '--no-cache',
      '--pack-size',
      String(PACK_MIB),
      '-o',
      `s3.connections=${CONNECTIONS}`,
      '-o',
      `s3.region=${access.region}`,
      '-o',
      's3.bucket-lookup=path',
    ];
  }

  /** Its input and output are the caller's; `ended` settles when it did, throwing RepositoryError. */
  start(args: readonly string[]): {
    readonly child: ChildProcessWithoutNullStreams;
    readonly ended: Promise<void>;
  } {
    const command = ['--pdeathsig', 'KILL', '--', 'restic', ...this.#global, ...args];
    const child = spawn('setpriv', command, { env: this.#env, cwd: this.#folder, stdio: 'pipe' });
    let said = '';
    child.stderr.setEncoding('utf8');
    child.stderr.on('data', (text: string) => {
      said = (said + text).slice(-STDERR_CHARACTERS_MAX);
    });
    child.stdin.on('error', () => {});
    const ended = new Promise<void>((resolve, reject) => {
      child.once('error', (error) =>
        reject(new RepositoryError('Failed', `restic cannot be started: ${error.message}`)),
      );
      child.once('close', (code, signal) => {
        if (code === 0) resolve();
        else if (code === null) reject(new RepositoryError('Ended', `restic was ended by ${signal}`));
        else reject(failureOf(said));
      });
    });
    ended.catch(() => {});
    return { child, ended };
  }

  /** What it printed. Locks that a dead process of this host left are removed, nobody else's. */
  async run(args: readonly string[]): Promise<string> {
    try {
      return await this.#runOnce(args);
    } catch (error) {
      if (!(error instanceof RepositoryError && error.reason === 'Locked')) throw error;
      await this.unlock();
      return this.#runOnce(args);
    }
  }

  async unlock(): Promise<void> {
    await this.#runOnce(['unlock']);
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #runOnce(args: readonly string[]): Promise<string> {
    const { child, ended } = this.start(args);
    child.stdin.end();
    let printed = '';
    child.stdout.setEncoding('utf8');
    child.stdout.on('data', (text: string) => {
      printed += text;
      if (printed.length > STDOUT_CHARACTERS_MAX) child.kill('SIGKILL');
    });
    try {
      await ended;
    } catch (error) {
      // `check` prints what it finds.
      if (error instanceof RepositoryError && error.reason === 'Failed') {
        const other = failureOf(printed);
        if (other.reason !== 'Failed') throw other;
      }
      throw error;
    }
    return printed;
  }
}

function failureOf(said: string): RepositoryError {
  const reason = MEANINGS.find(([pattern]) => pattern.test(said))?.[1] ?? 'Failed';
  const lines = said
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const text = (lines.findLast((line) => /^(?:Fatal|error)/i.test(line)) ?? lines.at(-1) ?? '').replace(
    /^Fatal: /,
    '',
  );
  return new RepositoryError(
    reason,
    `restic: ${text.slice(0, SAID_CHARACTERS_MAX) || 'failed without a word'}`,
  );
}
