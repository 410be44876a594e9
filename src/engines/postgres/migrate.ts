/**
 * Brings the database's schema forward: numbered SQL files, each run once, in order, in one transaction under a lock. It never goes
 * back, and refuses a database that a newer release has changed or whose history is not ours.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type pg from 'pg';
import { BEGIN_LONG, transaction } from './database.ts';

const FOLDER = join(import.meta.dirname, 'migrations');
const FILE_NAME = /^(\d{4})-[a-z0-9-]+\.sql$/;

// Any constant: it only has to be the same in every process that migrates.
const LOCK_KEY = 0x63_61_73_65;

export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly sql: string;
  /** SHA-256 of the file, in hex. */
  readonly checksum: string;
}

/** The migrations of this release, in order. */
export async function readMigrations(folder: string = FOLDER): Promise<readonly Migration[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort();
  const migrations = await Promise.all(
    names.map(async (name): Promise<Migration> => {
      const number = FILE_NAME.exec(name)?.[1];
      if (number === undefined) throw new Error(`migration ${name}: must be called NNNN-words.sql`);
      const sql = await readFile(join(folder, name), 'utf8');
      const checksum = createHash('sha256').update(sql).digest('hex');
      return { version: Number(number), name, sql, checksum };
    }),
  );
  migrations.forEach((migration, index) => {
    if (migration.version !== index + 1) {
      throw new Error(`migration ${migration.name}: must have the number ${index + 1}`);
    }
  });
  return migrations;
}

/** Applies what is missing; says which versions it applied. Safe to call from several processes at once. */
export async function migrate(pool: pg.Pool, migrations: readonly Migration[]): Promise<readonly number[]> {
  return transaction(pool, BEGIN_LONG, async (client) => {
    await client.query('SELECT pg_advisory_xact_lock($1)', [LOCK_KEY]);
    await client.query(
      `CREATE TABLE IF NOT EXISTS schema_migrations (
        version integer PRIMARY KEY,
        name text NOT NULL,
        checksum text NOT NULL,
        applied_at timestamptz NOT NULL DEFAULT now()
      )`,
    );
    const { rows } = await client.query<{ version: number; name: string; checksum: string }>(
      'SELECT version, name, checksum FROM schema_migrations ORDER BY version',
    );
    for (const row of rows) assertKnown(row, migrations[row.version - 1]);
    const missing = migrations.slice(rows.length);
    for (const { version, name, sql, checksum } of missing) {
      await client.query(sql);
      await client.query('INSERT INTO schema_migrations (version, name, checksum) VALUES ($1, $2, $3)', [
        version,
        name,
        checksum,
      ]);
    }
    return missing.map(({ version }) => version);
  });
}

function assertKnown(
  applied: { readonly version: number; readonly name: string; readonly checksum: string },
  ours: Migration | undefined,
): void {
  if (!ours) {
    throw new Error(
      `the database is at schema version ${applied.version} (${applied.name}), which this release does not know: start the release that wrote it, or a newer one`,
    );
  }
  if (ours.checksum !== applied.checksum) {
    throw new Error(
      `migration ${ours.name} is not the one that was applied to the database as ${applied.name}: a migration never changes once released`,
    );
  }
}
