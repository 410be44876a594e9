/** The archive's process with a PostgreSQL of its own, whose changes wait for it, before a receiver that stands still and a disk that does. */
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import pg from 'pg';
import { startTestPostgres, type TestPostgres } from '#engines/postgres/test-cluster.ts';
import { newIdentity } from '#gap/export/age/keys.ts';
import { isRoot } from '../embedded/accounts.ts';
import { findPostgres } from '../embedded/postgres.ts';
import { ARCHIVE_NAME } from './archive-settings.ts';
import { Progress } from './archive-watch.ts';

const HANG_MS = 900;
/** Less log than this fits between two checkpoints that let the archive's slot be. */
const KEPT_MB = 16;
const SEGMENTS = 3;
const FROZEN_MB = 96;
const DISK = 'a disk that can be frozen takes root';

const own = mkdtempSync(join(tmpdir(), 'archive-watch-'));
let postgres: TestPostgres;
let client: pg.Client;
before(async () => {
  postgres = await startTestPostgres();
  client = new pg.Client({ ...postgres.connection });
  await client.connect();
  // What the region's own has in its settings.
  await client.query(`ALTER SYSTEM SET synchronous_standby_names = '${ARCHIVE_NAME}'`);
  await client.query(`ALTER SYSTEM SET max_slot_wal_keep_size = '${KEPT_MB}MB'`);
  await client.query('SELECT pg_reload_conf()');
  await client.query("SET synchronous_commit = 'local'; CREATE TABLE changes (name text)");
});
after(async () => {
  await client?.end();
  await postgres?.stop();
  rmSync(own, { recursive: true, force: true });
});

test('an archive stands still from when nothing of what there is has come to it, and not while it comes', () => {
  const progress = new Progress();
  const at = (now_ms: number, written: bigint, archived?: bigint) =>
    progress.note({ written, archived }, now_ms);
  assert.deepEqual([at(0, 10n, 10n), at(5, 10n, 10n)], [0, 0]);
  assert.deepEqual([at(10, 20n, 10n), at(20, 30n, 10n), at(30, 30n, 12n), at(40, 40n, 12n)], [0, 10, 0, 10]);
  assert.deepEqual([at(50, 40n, 40n), at(60, 41n, undefined), at(90, 41n, undefined)], [0, 0, 30]);
});

interface Archive {
  readonly child: ChildProcess;
  /** What it told its supervisor. */
  readonly words: { readonly ready?: boolean; readonly failing?: string }[];
  readonly ready: Promise<void>;
  readonly ended: Promise<unknown>;
}

function startArchive(folder: string): Archive {
  const { host = '', user = '' } = postgres.connection as { readonly host?: string; readonly user?: string };
  const child = spawn(
    process.execPath,
    [
      join(import.meta.dirname, 'archive.ts'),
      ...['--socket', host, '--user', user, '--folder', folder, '--programs', findPostgres() ?? ''],
      ...['--recipient', newIdentity().recipient, '--hang-ms', `${HANG_MS}`],
    ],
    { stdio: ['ignore', 'ignore', 'ignore', 'pipe'], env: { CASEMATE_WORDS: '3' } },
  );
  const words: Archive['words'] = [];
  const { promise: ready, resolve } = Promise.withResolvers<void>();
  createInterface({ input: child.stdio[3] as NodeJS.ReadableStream }).on('line', (line) => {
    const said = JSON.parse(line) as Archive['words'][number];
    words.push(said);
    if (said.ready) resolve();
  });
  return { child, words, ready, ended: once(child, 'exit') };
}

function receiverOf({ child }: Archive): number {
  const [pid = ''] = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').split(' ');
  return Number(pid);
}

/** Resolves when PostgreSQL has acknowledged it. */
const change = async (name: string): Promise<string> => {
  const one = new pg.Client({ ...postgres.connection });
  await one.connect();
  await one.query('SET synchronous_commit = on');
  await one.query('INSERT INTO changes VALUES ($1)', [name]);
  await one.end();
  return name;
};

/** More than PostgreSQL keeps for an archive that is away. */
async function writeMuch(): Promise<void> {
  for (let one = 0; one < SEGMENTS; one++)
    await client.query("INSERT INTO changes VALUES ('more'); SELECT pg_switch_wal()");
}

async function goesOn(folder: string): Promise<void> {
  const next = startArchive(folder);
  await next.ready;
  assert.equal(await change('afterwards'), 'afterwards');
  next.child.kill('SIGTERM');
  await next.ended;
  assert.equal(
    readdirSync(folder).some((name) => name.endsWith('.age')),
    true,
  );
}

test('a receiver that stands still is ended, and holds up neither checkpoints nor, once another one is there, changes', {
  timeout: 60_000,
}, async () => {
  const folder = join(own, 'stopped');
  mkdirSync(folder);
  const archive = startArchive(folder);
  await archive.ready;
  assert.equal(await change('first'), 'first');
  process.kill(receiverOf(archive), 'SIGSTOP');
  let acknowledged = false;
  const waits = change('waits').then(() => {
    acknowledged = true;
  });
  await writeMuch();
  await client.query('CHECKPOINT');
  assert.deepEqual(await archive.ended, [1, null]);
  assert.match(
    archive.words.at(-1)?.failing ?? '',
    /nothing of PostgreSQL's log came onto the disk of .*stopped for 0\.9 s/,
  );
  assert.equal(acknowledged, false);
  await goesOn(folder);
  await waits;
});

test('a disk that stands still holds up no checkpoint and no reading; what waits is acknowledged once it answers', {
  skip: !isRoot() && DISK,
  timeout: 60_000,
}, async (t) => {
  const image = join(own, 'disk');
  const disk = join(own, 'mounted');
  mkdirSync(disk);
  execFileSync('truncate', ['-s', `${FROZEN_MB}M`, image]);
  execFileSync('mkfs.ext4', ['-q', '-F', image]);
  execFileSync('mount', ['-o', 'loop', image, disk]);
  let isFrozen = false;
  const thaw = () => {
    if (isFrozen) execFileSync('fsfreeze', ['--unfreeze', disk]);
    isFrozen = false;
  };
  t.after(() => {
    thaw();
    execFileSync('umount', [disk]);
  });
  const folder = join(disk, 'changes');
  mkdirSync(folder);
  // Of a new archive, as another folder is.
  await client.query('SELECT pg_drop_replication_slot($1)', [ARCHIVE_NAME]);
  const archive = startArchive(folder);
  await archive.ready;
  assert.equal(await change('before'), 'before');
  execFileSync('fsfreeze', ['--freeze', disk]);
  isFrozen = true;
  let acknowledged = false;
  const waits = change('frozen').then(() => {
    acknowledged = true;
  });
  await writeMuch();
  await client.query('CHECKPOINT');
  while (archive.words.at(-1)?.failing === undefined) await once(archive.child.stdio[3] as never, 'data');
  const { rows } = await client.query("SELECT count(*)::int AS known FROM changes WHERE name = 'before'");
  assert.deepEqual([rows[0], acknowledged, archive.child.exitCode], [{ known: 1 }, false, null]);
  thaw();
  assert.deepEqual(await archive.ended, [1, null]);
  await goesOn(folder);
  await waits;
});
