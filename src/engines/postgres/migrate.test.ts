import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type pg from 'pg';
import { openPool, type PostgresConnection } from './database.ts';
import { type Migration, migrate, readMigrations } from './migrate.ts';
import { startTestPostgres, type TestPostgres } from './test-cluster.ts';

describe('migrations', () => {
  let server: TestPostgres;
  let admin: pg.Pool;
  let migrations: readonly Migration[];
  let databases = 0;
  before(async () => {
    server = await startTestPostgres();
    admin = openPool(server.connection, () => {});
    migrations = await readMigrations();
  });
  after(async () => {
    await admin.end();
    await server.stop();
  });

  async function onFreshDatabase(work: (pool: pg.Pool) => Promise<void>): Promise<void> {
    databases += 1;
    const database = `migration_${databases}`;
    await admin.query(`CREATE DATABASE ${database}`);
    const connection: PostgresConnection = { ...server.connection, database };
    const pool = openPool(connection, () => {});
    try {
      await work(pool);
    } finally {
      await pool.end();
    }
  }

  const schemaOf = async (pool: pg.Pool) =>
    (
      await pool.query(
        `SELECT table_name, column_name, data_type, is_nullable, column_default FROM information_schema.columns
         WHERE table_schema = 'public' ORDER BY 1, 2`,
      )
    ).rows;

  it('lead to the same schema from every earlier version, and are applied once', async () => {
    let whole: unknown;
    await onFreshDatabase(async (pool) => {
      assert.deepEqual(
        await migrate(pool, migrations),
        migrations.map(({ version }) => version),
      );
      assert.deepEqual(await migrate(pool, migrations), []);
      whole = await schemaOf(pool);
    });
    for (const { version } of migrations) {
      await onFreshDatabase(async (pool) => {
        await migrate(pool, migrations.slice(0, version));
        assert.deepEqual(
          await migrate(pool, migrations),
          migrations.slice(version).map((each) => each.version),
        );
        assert.deepEqual(await schemaOf(pool), whole);
      });
    }
  });

  it('wait for each other when several processes start at once', async () => {
    await onFreshDatabase(async (pool) => {
      const applied = await Promise.all([1, 2, 3, 4].map(() => migrate(pool, migrations)));
      assert.deepEqual(
        applied.flat(),
        migrations.map(({ version }) => version),
      );
    });
  });

  it('leave the database as it was when one fails', async () => {
    await onFreshDatabase(async (pool) => {
      const version = migrations.length + 1;
      const bad = {
        version,
        name: 'bad.sql',
        sql: 'CREATE TABLE half (); SELECT nonsense',
        checksum: 'x',
        worksFrom: version,
      };
      await assert.rejects(migrate(pool, [...migrations, bad]));
      assert.deepEqual(await schemaOf(pool), []);
    });
  });

  it('refuse a database of a newer release, and one whose history is not ours', async () => {
    await onFreshDatabase(async (pool) => {
      await migrate(pool, migrations);
      await assert.rejects(migrate(pool, migrations.slice(0, -1)), /which this release does not know/);
      const changed = migrations.map((each) => ({ ...each, checksum: '0' }));
      await assert.rejects(migrate(pool, changed), /a migration never changes once released/);
    });
  });

  it('let an earlier release work with what a later one left behind, as far as that says it can', async () => {
    await onFreshDatabase(async (pool) => {
      const known = migrations.length;
      const adding = (version: number, worksFrom: number): Migration => ({
        version,
        name: `${version}-adds.sql`,
        sql: `CREATE TABLE added_${version} (id integer)`,
        checksum: `${version}`,
        worksFrom,
      });
      const next = [...migrations, adding(known + 1, known), adding(known + 2, known)];
      assert.deepEqual(
        await migrate(pool, next),
        next.map(({ version }) => version),
      );
      const whole = await schemaOf(pool);
      assert.deepEqual(await migrate(pool, migrations), []);
      assert.deepEqual(await schemaOf(pool), whole);
      await assert.rejects(migrate(pool, migrations.slice(0, -1)), /which this release does not know/);
      await migrate(pool, [...next, adding(known + 3, known + 1)]);
      await assert.rejects(migrate(pool, migrations), /which this release does not know/);
      assert.deepEqual(await migrate(pool, next.slice(0, -1)), []);
    });
  });
});
