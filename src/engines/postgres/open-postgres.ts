/**
 * Opens the region's database: brings its schema forward, and gives the storages that live in it.
 */
import { type Clock, systemClock } from '#kernel/clock.ts';
import type { WrappedKeyStorage } from '#kernel/keys.ts';
import type { LogStorage } from '#kernel/store/storage.ts';
import { openPool, type PostgresConnection } from './database.ts';
import { migrate, readMigrations } from './migrate.ts';
import { PostgresStorage } from './postgres-storage.ts';
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
    const wakeUps = new WakeUps(options.connection, pool, options.clock ?? systemClock, onFault);
    return {
      log: new PostgresStorage(pool, wakeUps),
      keys: new PostgresWrappedKeys(pool),
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
