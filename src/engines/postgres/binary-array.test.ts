import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type pg from 'pg';
import { bigintArray, byteaArray, smallintArray, textArray } from './binary-array.ts';
import { openPool } from './database.ts';
import { startTestPostgres, type TestPostgres } from './test-cluster.ts';

let postgres: TestPostgres;
let pool: pg.Pool;

before(async () => {
  postgres = await startTestPostgres();
  pool = openPool(postgres.connection, () => {});
});

after(async () => {
  await pool.end();
  await postgres.stop();
});

/** What PostgreSQL reads in an array. */
async function read(type: string, array: Buffer): Promise<unknown[]> {
  const { rows } = await pool.query<{ value: unknown }>(
    `SELECT value FROM unnest($1::${type}[]) WITH ORDINALITY AS element (value, nth) ORDER BY nth`,
    [array],
  );
  return rows.map(({ value }) => value);
}

test('PostgreSQL reads what was written in arrays of bytes', async () => {
  const values = [Buffer.from([0, 255, 92, 34]), null, Buffer.alloc(0), Buffer.alloc(100_000, 7)];
  assert.deepEqual(await read('bytea', byteaArray(values)), values);
});

test('PostgreSQL reads what was written in arrays of text', async () => {
  const values = ['plain', null, '', 'NULL', '{"a","b"}', 'Lëtzebuerg 🏰'];
  assert.deepEqual(await read('text', textArray(values)), values);
});

test('PostgreSQL reads what was written in arrays of whole numbers', async () => {
  const values = [0, 1, null, -1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER, -(2 ** 40)];
  assert.deepEqual(await read('bigint', bigintArray(values)), values);
  assert.deepEqual(await read('smallint', smallintArray([0, null, 7, -7])), [0, null, 7, -7]);
});

test('an empty array has no elements', async () => {
  for (const [type, array] of [
    ['bytea', byteaArray([])],
    ['text', textArray([])],
    ['bigint', bigintArray([])],
    ['smallint', smallintArray([])],
  ] as const) {
    assert.deepEqual(await read(type, array), []);
  }
});
