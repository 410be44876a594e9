/**
 * Where the region's database is: its own, through the socket in the data folder, or the one region.yaml names.
 */
import { readFileSync } from 'node:fs';
import type { PostgresConnection } from '#engines/postgres/database.ts';
import { openPostgres, type Postgres } from '#engines/postgres/open-postgres.ts';
import { type Clock, sleep } from '#kernel/clock.ts';
import type { Logger } from '#kernel/logger.ts';
import type { RegionConfig } from './config/schema.ts';
import { DATABASE_NAME } from './embedded/postgres.ts';
import type { Layout } from './layout.ts';

const DEFAULT_PORT = 5432;
const START_LIMIT_MS = 300_000;
const RETRY_MS = 25;
// Nobody listens yet, or the server is starting, or replays its log (cannot_connect_now, PostgreSQL's appendix A).
const NOT_YET: readonly string[] = ['ENOENT', 'ECONNREFUSED', '57P03'];

/** The connection's data. Throws with the field of region.yaml that is wrong; never with what stands in it. */
export function databaseConnection(
  layout: Pick<Layout, 'postgres'>,
  { postgres }: Pick<RegionConfig, 'postgres'>,
): PostgresConnection {
  if (postgres.mode === 'embedded') {
    return {
      host: layout.postgres.socketFolder,
      port: DEFAULT_PORT,
      database: DATABASE_NAME,
      user: DATABASE_NAME,
    };
  }
  const url = URL.parse(postgres.url ?? '');
  if (url === null || url.hostname === '' || url.username === '' || url.pathname.length < 2) {
    throw new Error('postgres.url: is no address such as postgresql://user:password@host:5432/database');
  }
  return {
    host: decodeURIComponent(url.hostname),
    port: url.port === '' ? DEFAULT_PORT : Number(url.port),
    database: decodeURIComponent(url.pathname.slice(1)),
    user: decodeURIComponent(url.username),
    ...(url.password === '' ? {} : { password: decodeURIComponent(url.password) }),
    ...(postgres.certificateAuthority === undefined
      ? {}
      : { certificateAuthority: readFileSync(postgres.certificateAuthority, 'utf8') }),
  };
}

/** Opens the database as soon as it serves. */
export async function openDatabase(
  connection: PostgresConnection,
  clock: Clock,
  logger: Logger,
): Promise<Postgres> {
  const deadline_ms = clock.now() + START_LIMIT_MS;
  const onFault = (error: unknown) => logger.warn({ err: error }, 'a connection to the database broke');
  for (;;) {
    try {
      return await openPostgres({ connection, clock, onFault });
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? '';
      if (!NOT_YET.includes(code) || clock.now() >= deadline_ms) throw error;
    }
    await sleep(clock, RETRY_MS);
  }
}
