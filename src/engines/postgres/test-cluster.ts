/**
 * A private PostgreSQL for tests: in a folder of its own, on a Unix socket only, under an unprivileged user (it refuses to run as
 * root), and with every promise of durability switched off. Never for data that matters.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chown, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import type { PostgresConnection } from './database.ts';

const run = promisify(execFile);

const DEBIAN_FOLDER = '/usr/lib/postgresql';
const USER = 'casemate';
const READY = 'database system is ready to accept connections';
const START_TIMEOUT_MS = 30_000;
/** Names a folder, which need not exist yet, where the tests of one run keep an empty cluster to copy: ten times as fast as making one. */
const TEMPLATE_VARIABLE = 'CASEMATE_TEST_POSTGRES_TEMPLATE';

export interface TestPostgres {
  readonly connection: PostgresConnection;
  /** Ends the server and removes its folder. */
  stop(): Promise<void>;
}

/** Takes about a second. Throws when PostgreSQL is not installed. */
export async function startTestPostgres(): Promise<TestPostgres> {
  const programs = await programFolder();
  const owner = await unprivilegedOwner();
  const folder = await mkdtemp(join(tmpdir(), 'casemate-postgres-'));
  const data = join(folder, 'data');
  if (owner) await chown(folder, owner.uid, owner.gid);
  const options = { ...owner, cwd: folder };
  try {
    await makeCluster(programs, data, options);
    const settings = {
      fsync: 'off',
      synchronous_commit: 'off',
      full_page_writes: 'off',
      listen_addresses: '',
    };
    const server = spawn(
      join(programs, 'postgres'),
      [
        ...['-D', data, '-k', folder],
        ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
      ],
      { ...options, stdio: ['ignore', 'ignore', 'pipe'] },
    );
    // A test that crashes must not leave a server behind.
    const kill = () => server.kill('SIGKILL');
    process.once('exit', kill);
    await ready(server);
    return {
      connection: { host: folder, port: 5432, database: 'postgres', user: USER },
      async stop() {
        process.off('exit', kill);
        const ended = once(server, 'exit');
        if (server.exitCode === null && server.kill('SIGQUIT')) await ended;
        await rm(folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

interface RunOptions {
  readonly cwd: string;
  readonly uid?: number;
  readonly gid?: number;
}

async function makeCluster(programs: string, data: string, options: RunOptions): Promise<void> {
  const template = process.env[TEMPLATE_VARIABLE];
  if (template === undefined) return initialize(programs, data, options);
  if (!existsSync(template)) {
    const draft = `${data}.template`;
    await initialize(programs, draft, options);
    // Whole or not at all. Another process that was first has made the same.
    await rename(draft, template).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
      await rm(draft, { recursive: true });
    });
  }
  await run('cp', ['--archive', '--reflink=auto', template, data], options);
}

async function initialize(programs: string, data: string, options: RunOptions): Promise<void> {
  await run(
    join(programs, 'initdb'),
    [
      ...['--pgdata', data, '--username', USER, '--auth', 'trust'],
      ...['--encoding', 'UTF8', '--locale', 'C', '--no-sync'],
    ],
    options,
  );
}

async function programFolder(): Promise<string> {
  const versions = await readdir(DEBIAN_FOLDER).catch(() => []);
  const newest = versions
    .map(Number)
    .filter(Number.isInteger)
    .sort((a, b) => b - a)[0];
  if (newest === undefined) throw new Error(`PostgreSQL is not installed: nothing in ${DEBIAN_FOLDER}`);
  return join(DEBIAN_FOLDER, String(newest), 'bin');
}

/** Whom the server runs as; undefined where we are nobody special ourselves. */
async function unprivilegedOwner(): Promise<{ readonly uid: number; readonly gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const id = async (flag: string) => Number((await run('id', [flag, 'postgres'])).stdout);
  return { uid: await id('-u'), gid: await id('-g') };
}

async function ready(server: ChildProcess): Promise<void> {
  if (!server.stderr) throw new Error('the server has no output to read');
  const lines: string[] = [];
  const timeout = AbortSignal.timeout(START_TIMEOUT_MS);
  const output = createInterface({ input: server.stderr, signal: timeout });
  for await (const line of output) {
    lines.push(line);
    if (line.includes(READY)) {
      // Nobody reads on, so it must not fill up.
      server.stderr.resume();
      return;
    }
  }
  throw new Error(`PostgreSQL did not start: ${lines.slice(-5).join('\n')}`);
}
