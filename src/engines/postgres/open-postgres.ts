/**
 * Opens the region's database: brings its schema forward, and gives the storages that live in it.
 */
import type { Claims } from '#kernel/claim.ts';
import { type Clock, systemClock } from '#kernel/clock.ts';
import type { WrappedKeyStorage } from '#kernel/keys.ts';
import type { Pieces } from '#kernel/pieces.ts';
import type { ExpiringRecords } from '#kernel/records.ts';
import type { LogStorage } from '#kernel/store/storage.ts';
import { PostgresClaims } from './claims.ts';
import { openPool, type PostgresConnection } from './database.ts';
import { migrate, readMigrations } from './migrate.ts';
import { PostgresPieces } from './pieces.ts';
import { PostgresStorage } from './postgres-storage.ts';
import { PostgresRecords } from './records.ts';
import { WakeUps } from './wake-ups.ts';
import { PostgresWrappedKeys } from './wrapped-keys.ts';

export interface PostgresOptions {
  readonly connection: PostgresConnection;
  readonly clock?: Clock;
  /** Told of broken connections, which are replaced. */
  readonly onFault?: (error: unknown) => void;
}

export interface Postgres {
  readonly log: LogStorage;
  readonly keys: WrappedKeyStorage;
  readonly records: ExpiringRecords;
  readonly pieces: Pieces;
  /** Given up by whoever holds them: closing does not end them. */
  readonly claims: Claims;
  /** Versions of the schema that opening has applied. */
  readonly migrated: readonly number[];
  close(): Promise<void>;
}

/** Throws when the database cannot be reached, or was changed by a newer release. */
export async function openPostgres(options: PostgresOptions): Promise<Postgres> {
  const onFault = options.onFault ?? (() => {});
  const pool = openPool(options.connection, onFault);
  try {
    const migrated = await migrate(pool, await readMigrations());
    const { connection, clock = systemClock } = options;
    const wakeUps = new WakeUps(connection, pool, clock, onFault);
    return {
      log: new PostgresStorage(pool, wakeUps),
      keys: new PostgresWrappedKeys(pool),
      records: new PostgresRecords({ pool, clock }),
      pieces: new PostgresPieces(pool),
      claims: new PostgresClaims({ connection, clock, onFault }),
      migrated,
      async close() {
        await wakeUps.close();
        await pool.end();
      },
    };
  } catch (error) {
    await pool.end();
    throw error;
  }
}
