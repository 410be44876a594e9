/**
 * Wrapped keys in PostgreSQL. What comes here is encrypted already; nothing here could open it.
 */
import type pg from 'pg';
import type { WrappedKeyStorage } from '#kernel/keys.ts';
import type { RealmId } from '#kernel/realm-id.ts';
import { byteaArray, textArray } from './binary-array.ts';

const NAME_CHARACTERS_MAX = 253;
const BLOB_BYTES_MAX = 64 * 1024;

interface KeptKey {
  readonly name: string;
  readonly blob: Buffer;
}

/** $1 realm, $2 names, $3 blobs. */
const ADD_KEYS = `
WITH added AS (
  INSERT INTO wrapped_keys (realm, name, blob)
  SELECT $1, key.* FROM unnest($2::text[], $3::bytea[]) AS key
  ON CONFLICT DO NOTHING
  RETURNING name, blob
)
SELECT name, blob FROM (
  SELECT name, blob FROM added UNION ALL SELECT name, blob FROM wrapped_keys WHERE realm = $1
) AS kept
ORDER BY name COLLATE "C"`;

export class PostgresWrappedKeys implements WrappedKeyStorage {
  readonly #pool: pg.Pool;

  constructor(pool: pg.Pool) {
    this.#pool = pool;
  }

  async add(realm: RealmId, name: string, blob: Uint8Array): Promise<boolean> {
    assertBounded(name, blob);
    const { rowCount } = await this.#pool.query(
      'INSERT INTO wrapped_keys (realm, name, blob) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
      [realm, name, Buffer.from(blob)],
    );
    return rowCount === 1;
  }

  async addAll(
    realm: RealmId,
    blobs: ReadonlyMap<string, Uint8Array>,
  ): Promise<ReadonlyMap<string, Uint8Array>> {
    for (const [name, blob] of blobs) assertBounded(name, blob);
    const { rows } = await this.#pool.query<KeptKey>({
      name: 'add-keys',
      text: ADD_KEYS,
      values: [realm, textArray([...blobs.keys()]), byteaArray([...blobs.values()])],
    });
    const kept = new Map(rows.map(({ name, blob }) => [name, blob]));
    // What somebody else adds at the same moment is neither added here nor there yet when this statement begins.
    return [...blobs.keys()].every((name) => kept.has(name)) ? kept : this.all(realm);
  }

  async put(realm: RealmId, name: string, blob: Uint8Array): Promise<void> {
    assertBounded(name, blob);
    await this.#pool.query(
      `INSERT INTO wrapped_keys (realm, name, blob) VALUES ($1, $2, $3)
       ON CONFLICT (realm, name) DO UPDATE SET blob = excluded.blob`,
      [realm, name, Buffer.from(blob)],
    );
  }

  async get(realm: RealmId, name: string): Promise<Uint8Array | undefined> {
    const { rows } = await this.#pool.query<{ blob: Buffer }>(
      'SELECT blob FROM wrapped_keys WHERE realm = $1 AND name = $2',
      [realm, name],
    );
    return rows[0]?.blob;
  }

  async all(realm: RealmId): Promise<ReadonlyMap<string, Uint8Array>> {
    const { rows } = await this.#pool.query<KeptKey>({
      name: 'all-keys',
      text: 'SELECT name, blob FROM wrapped_keys WHERE realm = $1 ORDER BY name COLLATE "C"',
      values: [realm],
    });
    return new Map(rows.map(({ name, blob }) => [name, blob]));
  }

  async list(realm: RealmId): Promise<readonly string[]> {
    const { rows } = await this.#pool.query<{ name: string }>(
      'SELECT name FROM wrapped_keys WHERE realm = $1 ORDER BY name COLLATE "C"',
      [realm],
    );
    return rows.map(({ name }) => name);
  }

  async delete(realm: RealmId, name: string): Promise<void> {
    await this.#pool.query('DELETE FROM wrapped_keys WHERE realm = $1 AND name = $2', [realm, name]);
  }

  async deleteAll(realm: RealmId): Promise<void> {
    await this.#pool.query('DELETE FROM wrapped_keys WHERE realm = $1', [realm]);
  }
}

function assertBounded(name: string, blob: Uint8Array): void {
  if (name === '' || name.length > NAME_CHARACTERS_MAX) {
    throw new RangeError(`name: a wrapped key's name has 1 to ${NAME_CHARACTERS_MAX} characters`);
  }
  if (blob.length > BLOB_BYTES_MAX) {
    throw new RangeError(`blob: a wrapped key has at most ${BLOB_BYTES_MAX} bytes, not ${blob.length}`);
  }
}
