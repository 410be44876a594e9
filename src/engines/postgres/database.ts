/**
 * Connections to PostgreSQL, bounded in number and in time. Nothing else in this room opens one. Passwords stay in memory: never in
 * an argument, a message or a log.
 */
import pg from 'pg';

export interface PostgresConnection {
  /** A host, or the folder of a Unix socket. */
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password?: string;
  /** Where tables are that are named without one; the server's default otherwise. */
  readonly schema?: string;
  /** PEM of the authority that signed the server's certificate; without it, no TLS (a Unix socket needs none). */
  readonly certificateAuthority?: string;
}

export const CONNECTIONS_MAX = 16;
const CONNECT_TIMEOUT_MS = 5_000;
const STATEMENT_TIMEOUT_MS = 60_000;
const IDLE_TIMEOUT_MS = 60_000;

// Everything is read and written by primary key. Yet a plan made while a table was empty reads all of it, and a prepared
// statement keeps its plan while the table grows to millions of rows; so such plans are ruled out.
const PLANNER = ['seqscan', 'bitmapscan', 'hashjoin', 'mergejoin']
  .map((plan) => `-c enable_${plan}=off`)
  .join(' ');

const INT8_OID = 20;

// Indexes and times are far below 2^53, and `count(*)` too.
const types: pg.CustomTypesConfig = {
  getTypeParser(oid: number, format?: 'text' | 'binary') {
    if (oid === INT8_OID && format !== 'binary') return Number;
    return pg.types.getTypeParser(oid, format as 'text');
  },
};

export function clientConfig(connection: PostgresConnection): pg.ClientConfig {
  const { certificateAuthority, schema, ...rest } = connection;
  return {
    ...rest,
    ...(certificateAuthority === undefined ? {} : { ssl: { ca: certificateAuthority } }),
    application_name: 'casemate',
    options: schema === undefined ? PLANNER : `${PLANNER} -c search_path=${schema}`,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    keepAlive: true,
    types,
  };
}

/** `onFault` hears of connections that broke while idle; the pool replaces them. */
export function openPool(connection: PostgresConnection, onFault: (error: unknown) => void): pg.Pool {
  const pool = new pg.Pool({
    ...clientConfig(connection),
    max: CONNECTIONS_MAX,
    idleTimeoutMillis: IDLE_TIMEOUT_MS,
  });
  pool.on('error', onFault);
  return pool;
}

/** Begins a transaction whose statements may take as long as they need: as much as there is of an organization, or of a table. */
export const BEGIN_LONG = 'BEGIN; SET LOCAL statement_timeout = 0';

/** Runs `work` in one transaction; rolls back when it throws. */
export async function transaction<T>(
  pool: pg.Pool,
  begin: string,
  work: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  let broken: unknown;
  try {
    await client.query(begin);
    const result = await work(client);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch((rollbackError: unknown) => {
      broken = rollbackError;
    });
    throw error;
  } finally {
    // A connection that cannot even roll back is not given to anyone again.
    client.release(broken !== undefined);
  }
}
