/**
 * A cluster out of a backup: run by itself, in a folder that nobody else enters, until it has replayed its log as far as it should. Then it
 * stands on a timeline of its own, and is either looked into and thrown away or becomes a region's.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, rm, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import type { PostgresConnection } from '#engines/postgres/database.ts';
import { type Clock, sleep } from '#kernel/clock.ts';
import { type Account, isRoot } from '../embedded/accounts.ts';
import { DATABASE_NAME, SUPERUSER } from '../embedded/postgres.ts';
import { tryProbe } from '../supervisor/probe.ts';
import { PROBE_MS, RECOVERY_LIMIT_MS, SAID_CHARACTERS_MAX } from './bounds.ts';
import { asOwn } from './child.ts';

export interface RecoverOptions {
  /** The cluster's own folder, as it was unpacked. */
  readonly cluster: string;
  /** Of the programs that fit it. */
  readonly programs: string;
  /** An empty folder that belongs to `account`: settings and the socket are in it. */
  readonly work: string;
  readonly account: Account;
  /** The segments of the log to replay, by name; none: only those that the cluster has itself. */
  readonly segments: string | undefined;
  /** RFC 3339: changes up to then, and none later. */
  readonly toTime: string | undefined;
  readonly timeline: number;
  /** Whether it has to survive a crash: what is thrown away need not. */
  readonly durable: boolean;
  readonly clock: Clock;
}

export interface RecoveredCluster {
  readonly connection: PostgresConnection;
  /** Ends it in order; it is whole on disk then, where it is durable. */
  stop(): Promise<void>;
}

/** Resolves when it takes changes. Throws with what PostgreSQL said when it does not come that far. */
export async function recoverCluster(options: RecoverOptions): Promise<RecoveredCluster> {
  const { cluster, programs, work, account, clock } = options;
  const file = async (path: string, text: string) => {
    await writeFile(path, text, { mode: 0o600 });
    if (isRoot()) await chown(path, account.uid, account.gid);
  };
  await file(join(work, 'postgresql.conf'), settingsOf(options));
  await file(join(work, 'pg_hba.conf'), 'local all all peer map=restore\n');
  await file(join(work, 'pg_ident.conf'), identities(account));
  await file(join(cluster, 'recovery.signal'), '');
  const child = spawn(
    '/usr/bin/setpriv',
    // Whoever is killed leaves no server behind.
    [
      '--pdeathsig=QUIT',
      '--',
      join(programs, 'postgres'),
      '-D',
      cluster,
      '-c',
      `config_file=${join(work, 'postgresql.conf')}`,
    ],
    {
      ...asOwn(account),
      cwd: cluster,
      env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString('utf8')).slice(-SAID_CHARACTERS_MAX);
  });
  try {
    await untilPromoted(child, () => said);
  } catch (error) {
    await end(child, 'SIGQUIT');
    throw error;
  }
  return {
    connection: { host: work, port: 5432, database: DATABASE_NAME, user: DATABASE_NAME },
    async stop() {
      await end(child, options.durable ? 'SIGINT' : 'SIGQUIT');
      await rm(join(cluster, 'recovery.signal'), { force: true });
      if (options.durable && child.exitCode !== 0) {
        throw new Error(`the restored database did not stop in order: ${lastWords(said)}`);
      }
    },
  };

  async function untilPromoted(server: ChildProcess, words: () => string) {
    const deadline_ms = clock.now() + RECOVERY_LIMIT_MS;
    const ready = {
      type: 'command',
      command: join(programs, 'pg_isready'),
      args: ['--quiet', '--host', work, '--username', SUPERUSER, '--dbname', 'postgres'],
    } as const;
    while (!(await tryProbe(ready))) {
      if (server.exitCode !== null || server.signalCode !== null) throw failure(words());
      if (clock.now() >= deadline_ms)
        throw new Error('the database did not come to the end of its log in time');
      await sleep(clock, PROBE_MS);
    }
  }
}

const lastWords = (said: string): string => said.trim().split('\n').slice(-5).join('\n');

function failure(said: string): Error {
  if (said.includes('before configured recovery target was reached')) {
    return new Error(
      'the backup and its archive do not reach to that time: leave --to-time out for the last change that is there',
    );
  }
  return new Error(`the database could not be restored: ${lastWords(said)}`);
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill(signal);
  await gone;
}

/** As PostgreSQL reads it: RFC 3339's "T" and "Z" it refuses in its settings. */
export const targetTime = (time: string): string =>
  `${new Date(time).toISOString().slice(0, -1).replace('T', ' ')}+00`;

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

function settingsOf({ cluster, work, segments, toTime, timeline, durable }: RecoverOptions): string {
  // %f and %p are PostgreSQL's; the folder is one that we made ourselves, and has no character that a shell knows.
  const restore = segments === undefined ? '/bin/false' : `/bin/cp -- ${segments}/%f %p`;
  return `data_directory = ${quoted(cluster)}
hba_file = ${quoted(join(work, 'pg_hba.conf'))}
ident_file = ${quoted(join(work, 'pg_ident.conf'))}
listen_addresses = ''
unix_socket_directories = ${quoted(work)}
unix_socket_permissions = 0777
hot_standby = off
restore_command = ${quoted(restore)}
recovery_target_timeline = '${timeline}'
recovery_target_action = 'promote'
${toTime === undefined ? '' : `recovery_target_time = ${quoted(targetTime(toTime))}\n`}max_connections = 60
wal_level = replica
archive_mode = off
fsync = ${durable ? 'on' : 'off'}
shared_buffers = '128MB'
max_wal_size = '4GB'
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
`;
}

/** Whoever runs this looks into it as the region's own role. */
function identities({ name }: Account): string {
  const own = isRoot() ? 'root' : userInfo().username;
  return [
    `restore "${own}" ${DATABASE_NAME}`,
    `restore "${own}" "${SUPERUSER}"`,
    `restore "${name}" "${SUPERUSER}"`,
    '',
  ].join('\n');
}
