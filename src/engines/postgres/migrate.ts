/**
 * Brings the database's schema forward: numbered SQL files, each run once, in order, in one transaction under a lock. It never goes
 * back, and refuses a database whose history is not ours, or that a newer release has changed beyond what this one can work with: each file says, in a
 * line `-- works-from: NNNN`, from which schema on programs can work with what it leaves behind, and the database remembers that of each. Without that
 * line only programs that have the file itself can. `docs/decisions/0026-releases.md`.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type pg from 'pg';
import { BEGIN_LONG, transaction } from './database.ts';

const FOLDER = join(import.meta.dirname, 'migrations');
const WORKS_FROM = /^-- works-from: (\d{4})$/m;
const FILE_NAME = /^(\d{4})-[a-z0-9-]+\.sql$/;

// Any constant: it only has to be the same in every process that migrates.
const LOCK_KEY = 0x63_61_73_65;

/** Of waiting for a table that the release before is using: past that nothing is changed, rather than everybody held up behind us. */
const LOCK_WAIT = '10s';

export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly sql: string;
  /** SHA-256 of the file, in hex. */
  readonly checksum: string;
  /** Programs that know the schema up to this version, or further, can work with what this one leaves behind. */
  readonly worksFrom: number;
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
      const version = Number(number);
      const worksFrom = Number(WORKS_FROM.exec(sql)?.[1] ?? version);
      return { version, name, sql, checksum, worksFrom };
    }),
  );
  migrations.forEach((migration, index) => {
    if (migration.version !== index + 1) {
      throw new Error(`migration ${migration.name}: must have the number ${index + 1}`);
    }
    if (migration.worksFrom > migration.version) {
      throw new Error(`migration ${migration.name}: works-from is later than itself`);
    }
  });
  return migrations;
}

/** Applies what is missing; says which versions it applied. Safe to call from several processes at once. */
export async function migrate(pool: pg.Pool, migrations: readonly Migration[]): Promise<readonly number[]> {
  return transaction(pool, BEGIN_LONG, async (client) => {
    await client.query('SELECT pg_advisory_xact_lock($1)', [LOCK_KEY]);
    await client.query(`SET LOCAL lock_timeout = '${LOCK_WAIT}'`);
    await client.query(
      `CREATE TABLE IF NOT EXISTS schema_migrations (
        version integer PRIMARY KEY,
        name text NOT NULL,
        checksum text NOT NULL,
        applied_at timestamptz NOT NULL DEFAULT now()
      )`,
    );
    await client.query('ALTER TABLE schema_migrations ADD COLUMN IF NOT EXISTS works_from integer');
    const { rows } = await client.query<Applied>(
      'SELECT version, name, checksum, works_from FROM schema_migrations ORDER BY version',
    );
    for (const row of rows) assertKnown(row, migrations);
    const missing = migrations.slice(rows.length);
    for (const { version, name, sql, checksum, worksFrom } of missing) {
      await client.query(sql);
      await client.query(
        'INSERT INTO schema_migrations (version, name, checksum, works_from) VALUES ($1, $2, $3, $4)',
        [version, name, checksum, worksFrom],
      );
    }
    return missing.map(({ version }) => version);
  });
}

interface Applied {
  readonly version: number;
  readonly name: string;
  readonly checksum: string;
  readonly works_from: number | null;
}

function assertKnown(applied: Applied, migrations: readonly Migration[]): void {
  const ours = migrations[applied.version - 1];
  if (!ours) {
    // A release that came back after a newer one had been there.
    if ((applied.works_from ?? applied.version) <= migrations.length) return;
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
