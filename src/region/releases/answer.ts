/** What the region process of a release answers the release before it: that it loads here, and (with `migrate`) that the database is as it needs it. Prints the migrations it made. */
import { flushCompileCache } from 'node:module';
import type { PostgresConnection } from '#engines/postgres/database.ts';
import type { Clock } from '#kernel/clock.ts';
import type { Logger } from '#kernel/logger.ts';
import { openDatabase } from '../database.ts';

export interface Question {
  readonly database: PostgresConnection;
  readonly migrate: boolean;
  readonly clock: Clock;
  readonly logger: Logger;
}

export async function answerRelease({ database, migrate, clock, logger }: Question): Promise<void> {
  if (migrate) {
    const postgres = await openDatabase(database, clock, logger);
    await postgres.close();
    process.stdout.write(`${JSON.stringify(postgres.migrated)}\n`);
  }
  // What was compiled need not be compiled again when it counts.
  flushCompileCache();
}
