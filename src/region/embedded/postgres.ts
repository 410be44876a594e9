/**
 * The region's own PostgreSQL: a cluster in the data folder, reachable only through a unix socket, where the operating
 * system says who connects. No password exists, and no network port is open.
 */
import { execFile } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';
import { chown, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { archiveSettings } from '../backup/archive-settings.ts';
import type { RegionConfig } from '../config/schema.ts';
import type { Layout } from '../layout.ts';
import { databaseFolder, OBJECTS_ROLE } from '../objects/places.ts';
import { PROGRAM_FOLDER } from '../program.ts';
import type { ProcessDefinition } from '../supervisor/definition.ts';
import { type Account, type Accounts, isRoot } from './accounts.ts';

const run = promisify(execFile);

const PREPARE = join(PROGRAM_FOLDER, 'src/region/embedded/prepare-postgres.ts');

/** The role and the database of the region process. */
export const DATABASE_NAME = 'casemate';
/** The role that may do everything, and copy the cluster: whoever owns the region may be it, through the unix socket alone. */
export const SUPERUSER = 'casemate-db';
const CONNECTIONS_MAX = 60;

/** The folder with the server's programs, the newest version first; undefined when none is installed. */
export function findPostgres(majorVersion?: string): string | undefined {
  const folders = globSync('/usr/lib/postgresql/*/bin').filter((path) => existsSync(join(path, 'postgres')));
  const version = (path: string) => path.split('/').at(-2) ?? '';
  if (majorVersion !== undefined) return folders.find((path) => version(path) === majorVersion);
  return folders.toSorted((a, b) => Number(version(b)) - Number(version(a)))[0];
}

/**
 * Makes the cluster if there is none, and writes its settings. Returns the folder of the programs that fit it.
 * Made beside its place and moved there when it is whole, so an interrupted start begins anew.
 */
export async function prepareCluster(
  layout: Layout,
  accounts: Accounts,
  config: Pick<RegionConfig, 'backup'>,
): Promise<string> {
  const { cluster, settings } = layout.postgres;
  const version = await clusterVersion(cluster);
  const programs = findPostgres(version);
  if (programs === undefined) {
    throw new Error(
      version === undefined
        ? 'PostgreSQL is not installed: apt-get install postgresql, or set postgres in region.yaml to an existing one'
        : `the region's database is of PostgreSQL ${version}, which is not installed: apt-get install postgresql-${version}`,
    );
  }
  if (version === undefined) await makeCluster(layout, accounts, programs);
  await writeSettings(settings.main, serverSettings(layout, config), accounts.database);
  // "all" is every database, and not what copies the cluster: that only its superuser may.
  const access = `local all all peer map=region\nlocal replication "${SUPERUSER}" peer map=region\n`;
  await writeSettings(settings.access, access, accounts.database);
  await writeSettings(settings.identities, identityMap(accounts), accounts.database);
  return programs;
}

async function clusterVersion(cluster: string): Promise<string | undefined> {
  if (!existsSync(join(cluster, 'PG_VERSION'))) return undefined;
  return (await readFile(join(cluster, 'PG_VERSION'), 'utf8')).trim();
}

async function makeCluster(layout: Layout, { database }: Accounts, programs: string): Promise<void> {
  const unfinished = `${layout.postgres.cluster}.new`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { mode: 0o700 });
  await chown(unfinished, database.uid, database.gid);
  const as = isRoot() ? { uid: database.uid, gid: database.gid } : {};
  const options = { ...as, cwd: dirname(unfinished), env: { LC_ALL: 'C', PATH: '/usr/bin:/bin' } };
  // C: the same order of text on every machine, whatever its libc says.
  const layoutOptions = ['--encoding=UTF8', '--locale=C', '--data-checksums', '--auth=peer'];
  await run(
    join(programs, 'initdb'),
    ['-D', unfinished, `--username=${SUPERUSER}`, ...layoutOptions],
    options,
  );
  const single = run(join(programs, 'postgres'), ['--single', '-D', unfinished, 'postgres'], options);
  single.child.stdin?.end(
    `CREATE ROLE ${DATABASE_NAME} LOGIN;\nCREATE DATABASE ${DATABASE_NAME} OWNER ${DATABASE_NAME};\n`,
  );
  const { stderr } = await single;
  if (/\b(ERROR|FATAL|PANIC):/.test(stderr)) throw new Error(`the database could not be made:\n${stderr}`);
  await rename(unfinished, layout.postgres.cluster);
}

const quoted = (path: string): string => `'${path.replaceAll("'", "''")}'`;

/** Durable above all: what was answered is on disk. */
function serverSettings(layout: Layout, config: Pick<RegionConfig, 'backup'>): string {
  const { cluster, settings, socketFolder } = layout.postgres;
  // One for the region, and one for the account that may not enter the region's.
  const folders = [socketFolder, databaseFolder(layout)].map((path) => `"${path}"`).join(', ');
  return `# Written by 'casemate up' each time it starts the region: do not edit.
data_directory = ${quoted(cluster)}
hba_file = ${quoted(settings.access)}
ident_file = ${quoted(settings.identities)}
listen_addresses = ''
unix_socket_directories = ${quoted(folders)}
# Who may come here is decided by the folder's mode, and then by who they are.
unix_socket_permissions = 0777
max_connections = ${CONNECTIONS_MAX}
fsync = on
full_page_writes = on
synchronous_commit = on
wal_level = replica
${archiveSettings(config)}shared_buffers = '128MB'
max_wal_size = '1GB'
checkpoint_timeout = '15min'
jit = off
log_min_messages = warning
log_line_prefix = '%m [%p] %u@%d '
cluster_name = 'casemate'
timezone = 'UTC'
log_timezone = 'UTC'
`;
}

/** Which operating system account may be which role (pg_ident.conf). */
function identityMap({ database, region, objects }: Accounts): string {
  const lines = [
    `region "${region.name}" ${DATABASE_NAME}`,
    `region "${database.name}" "${SUPERUSER}"`,
    `region "${objects.name}" ${OBJECTS_ROLE}`,
  ];
  // Root may look into its own region's database as well, for repair.
  if (isRoot()) lines.push(`region root "${SUPERUSER}"`);
  return `${lines.join('\n')}\n`;
}

/** In a folder of root's own: nothing that the database's account may write is ever written, or followed, by root. */
async function writeSettings(path: string, text: string, reader: Account): Promise<void> {
  await writeFile(path, text, { mode: 0o640 });
  await chown(path, process.getuid?.() ?? reader.uid, reader.gid);
}

export function postgresDefinition(
  layout: Layout,
  { database }: Accounts,
  programs: string,
): ProcessDefinition {
  return {
    name: 'postgres',
    command: join(programs, 'postgres'),
    args: ['-D', layout.postgres.cluster, '-c', `config_file=${layout.postgres.settings.main}`],
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
    cwd: dirname(layout.postgres.cluster),
    ...(isRoot() ? { uid: database.uid, gid: database.gid } : {}),
    after: [],
    prepare: { command: process.execPath, args: [PREPARE, layout.postgres.cluster, programs] },
    ready: {
      type: 'command',
      command: join(programs, 'pg_isready'),
      args: [
        '--quiet',
        '--host',
        layout.postgres.socketFolder,
        '--username',
        SUPERUSER,
        '--dbname',
        'postgres',
      ],
    },
    // After a crash it first replays its log.
    startLimit_ms: 300_000,
    // SIGINT: fast shutdown, which ends sessions and writes everything out.
    stop: { signal: 'SIGINT', grace_ms: 60_000 },
  };
}
