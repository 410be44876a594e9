/**
 * `node archive.ts --socket DIR --user ROLE --folder DIR --programs DIR --recipient age1… [--hang-ms N]`: archives what PostgreSQL writes to its log, as it
 * is written. pg_receivewal receives it and tells PostgreSQL what is on disk here; each segment that is whole is encrypted and its clear
 * text removed. So at most one segment, the one that is being written, lies in the clear. Runs as the database's account. An archive that hangs is let
 * go of (`archive-watch.ts`): this process then ends, and the next one goes on as soon as the disk answers.
 */
import { spawn } from 'node:child_process';
import { createReadStream, watch } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { parseRecipient } from '#gap/export/age/keys.ts';
import { readIfThere, writeDurably } from '#trust/files.ts';
import { wakefulClock } from '../clock.ts';
import { tellSupervisor } from '../supervisor/words.ts';
import { ARCHIVE_NAME } from './archive-settings.ts';
import { hangs, letGo } from './archive-watch.ts';
import { CLUSTER_MARK, OPEN_FOLDER, PARTIAL } from './archived.ts';
import { HANG_LOOKS, HANG_MS } from './bounds.ts';
import { SEALED_SUFFIX, sealInto } from './sealed-file.ts';
import { parseSegment } from './segments.ts';

const { values } = parseArgs({
  options: {
    socket: { type: 'string' },
    user: { type: 'string' },
    folder: { type: 'string' },
    programs: { type: 'string' },
    recipient: { type: 'string' },
    'hang-ms': { type: 'string', default: `${HANG_MS}` },
  },
});
const { socket, user, folder, programs } = values;
if (socket === undefined || user === undefined || folder === undefined || programs === undefined) {
  throw new TypeError(
    'usage: archive.ts --socket DIR --user ROLE --folder DIR --programs DIR --recipient age1…',
  );
}
const recipient = parseRecipient(values.recipient ?? '');
const open = join(folder, OPEN_FOLDER);
const MARK = join(folder, CLUSTER_MARK);

const say = (text: string) => process.stdout.write(`${text}\n`);

/** Seals what is whole; with `all` also the part that will not be gone on with. */
async function sealWhole(all: boolean): Promise<void> {
  for (const name of (await readdir(open)).toSorted()) {
    const isPart = name.endsWith(PARTIAL);
    const isOurs =
      parseSegment(isPart ? name.slice(0, -PARTIAL.length) : name) || /^[0-9A-F]{8}\.history$/.test(name);
    if (!isOurs || (isPart && !all)) continue;
    await sealInto(
      join(folder as string, `${name}${SEALED_SUFFIX}`),
      createReadStream(join(open, name)),
      recipient,
    );
    await rm(join(open, name));
  }
}

interface Slot {
  /** `lost`: PostgreSQL has removed what this archive did not take in time. */
  readonly state: string | undefined;
  readonly system: string;
}

const GAP =
  'the archive of changes has a gap, as it was away for too long: make a new backup (casemate backup create)';

/** What there is to know of the archive. */
async function prepareSlot(client: pg.Client): Promise<readonly string[]> {
  const { rows } = await client.query<{ system: string; state: string | null }>(
    `SELECT system_identifier::text AS system,
       (SELECT wal_status FROM pg_replication_slots WHERE slot_name = $1) AS state
     FROM pg_control_system()`,
    [ARCHIVE_NAME],
  );
  const slot: Slot = { system: rows[0]?.system ?? '', state: rows[0]?.state ?? undefined };
  const mark = (await readIfThere(MARK))?.trim();
  if (mark !== undefined && mark !== slot.system) {
    throw new Error(
      `${folder} is the archive of another database (${mark}): give this region a folder of its own`,
    );
  }
  if (mark === undefined && slot.state !== undefined && slot.state !== 'lost') {
    throw new Error(
      `this region archived into another folder before, and ${folder} is empty: mount that one, or, to begin another archive, run as ${user}: SELECT pg_drop_replication_slot('${ARCHIVE_NAME}')`,
    );
  }
  if (mark === undefined) await writeDurably(MARK, `${slot.system}\n`, 0o600);
  if (slot.state === 'lost') {
    await client.query('SELECT pg_drop_replication_slot($1)', [ARCHIVE_NAME]);
  }
  if (slot.state === undefined || slot.state === 'lost') {
    // What is left in there is of another life of this database: it goes on elsewhere.
    await sealWhole(true);
    await client.query('SELECT pg_create_physical_replication_slot($1, true)', [ARCHIVE_NAME]);
  }
  return slot.state === 'lost' ? [GAP] : [];
}

await mkdir(open, { recursive: true, mode: 0o700 });
const client = new pg.Client({
  host: socket,
  user,
  database: 'postgres',
  application_name: 'casemate archive',
});
await client.connect();
const notes = await prepareSlot(client);
await client.end();
await sealWhole(false);

const connection = `host=${socket} user=${user} application_name=${ARCHIVE_NAME}`;
const receiver = spawn(
  '/usr/bin/setpriv',
  [
    // It goes when this process goes, however that ends: the next one could not receive beside it.
    '--pdeathsig=INT',
    '--',
    join(programs, 'pg_receivewal'),
    '--verbose',
    '--no-loop',
    '--no-password',
    '--synchronous',
    `--slot=${ARCHIVE_NAME}`,
    '-D',
    open,
    '-d',
    connection,
  ],
  { env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' }, stdio: ['ignore', 'ignore', 'pipe'] },
);
let sealing: Promise<void> = Promise.resolve();
let again = false;
/** One at a time, and once more when something came meanwhile. */
function sealSoon(): void {
  if (again) return;
  again = true;
  sealing = sealing.then(async () => {
    again = false;
    await sealWhole(false);
  });
  sealing.catch((error: Error) => {
    process.stderr.write(`a segment could not be encrypted: ${error.message}\n`);
    receiver.kill('SIGINT');
    process.exitCode = 1;
  });
}
const watcher = watch(open, sealSoon);
createInterface({ input: receiver.stderr }).on('line', (line) => {
  say(line);
  if (line.includes('starting log streaming')) tellSupervisor({ ready: true, notes });
});
let stopping = false;
const hang_ms = Number(values['hang-ms']);
const over = new AbortController();
const watching = {
  host: socket,
  user,
  clock: wakefulClock,
  every_ms: hang_ms / HANG_LOOKS,
  limit_ms: hang_ms,
  signal: over.signal,
};
void hangs(watching).then(async (isHanging) => {
  if (!isHanging) return;
  const failing = `nothing of PostgreSQL's log came onto the disk of ${folder} for ${hang_ms / 1_000} s: what is there stands still, and is tried again until it answers`;
  process.stderr.write(`${failing}\n`);
  tellSupervisor({ failing });
  // One that waits for its disk within the kernel ends when that answers, and so does this process.
  receiver.kill('SIGKILL');
  await letGo(watching);
});
process.once('SIGTERM', () => {
  stopping = true;
  receiver.kill('SIGINT');
});
receiver.once('close', async (code, signal) => {
  over.abort();
  watcher.close();
  await sealing.catch(() => {});
  if (!stopping) {
    process.stderr.write(`pg_receivewal ended with ${code ?? signal}\n`);
    process.exitCode = 1;
  }
});
