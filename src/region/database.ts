/**
 * Where the region's database is: its own, through the socket in the data folder, or the one region.yaml names.
 */
import { readFileSync } from 'node:fs';
import type { PostgresConnection } from '#engines/postgres/database.ts';
import type { RegionConfig } from './config/schema.ts';
import { DATABASE_NAME } from './embedded/postgres.ts';
import type { Layout } from './layout.ts';

const DEFAULT_PORT = 5432;

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
