/**
 * `node prepare-postgres.ts CLUSTER PROGRAMS`: run by the supervisor before each start of the region's PostgreSQL. Clears away what an earlier one left, and makes the roles that
 * the region's processes connect as where they are missing: in single-user mode, because nobody who may connect later may make roles.
 */
import { spawn } from 'node:child_process';
import { closeSync, existsSync, fchownSync, openSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { clearStray } from '#engines/postgres/clear-stray.ts';
import { systemClock } from '#kernel/clock.ts';
import { OBJECTS_ROLE, OBJECTS_SCHEMA } from '../objects/places.ts';

/** Of the connections that the server takes, so that it leaves enough for the region. */
const OBJECTS_CONNECTIONS_MAX = 30;
const DATABASE = 'casemate';
/** In the cluster's folder: which of these statements it has seen. */
const MARK = 'casemate-roles';
const MARK_TEXT = '1\n';

/** One a line, as single-user mode reads them. */
const STATEMENTS = [
  `DO $$BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '${OBJECTS_ROLE}') THEN CREATE ROLE ${OBJECTS_ROLE} LOGIN; END IF; END$$;`,
  `ALTER ROLE ${OBJECTS_ROLE} CONNECTION LIMIT ${OBJECTS_CONNECTIONS_MAX};`,
  `CREATE SCHEMA IF NOT EXISTS ${OBJECTS_SCHEMA} AUTHORIZATION ${OBJECTS_ROLE};`,
];

async function ensureRoles(cluster: string, programs: string): Promise<void> {
  const mark = join(cluster, MARK);
  if (existsSync(mark)) return;
  const { uid, gid } = statSync(cluster);
  const as = process.getuid?.() === 0 ? { uid, gid } : {};
  const child = spawn(join(programs, 'postgres'), ['--single', '-D', cluster, DATABASE], {
    ...as,
    cwd: cluster,
    env: { LC_ALL: 'C', PATH: '/usr/bin:/bin' },
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString('utf8');
  });
  child.stdin.end(`${STATEMENTS.join('\n')}\n`);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0 || /\b(ERROR|FATAL|PANIC):/.test(said)) throw new Error(`roles could not be made:\n${said}`);
  // A new file and no other: the folder is not root's.
  const file = openSync(mark, 'wx', 0o600);
  writeSync(file, MARK_TEXT);
  fchownSync(file, uid, gid);
  closeSync(file);
}

const [, , cluster, programs] = process.argv;
if (cluster === undefined || programs === undefined) {
  throw new TypeError('usage: prepare-postgres.ts CLUSTER PROGRAMS');
}
// The clock's own timers keep no process alive.
const alive = setInterval(() => {}, 2 ** 30);
const done = await clearStray(cluster, systemClock);
if (done !== undefined) process.stdout.write(`${done}\n`);
await ensureRoles(cluster, programs);
clearInterval(alive);
