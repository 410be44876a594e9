/**
 * Short-lived records in PostgreSQL: each operation is one statement, so one round trip and one transaction. What comes here is sealed
 * already. How many there are is not counted with every record: a count allows for a part of what is left, and is then taken again.
 */
import type pg from 'pg';
import type { Clock } from '#kernel/clock.ts';
import {
  assertRecord,
  assertRecordNames,
  type ExpiringRecord,
  type ExpiringRecords,
  type NewRecord,
  RECORD_LIMITS,
  RecordsFullError,
} from '#kernel/records.ts';

/** Collections whose allowance is remembered. */
const ALLOWANCES_MAX = 10_000;
/** Of what is left of a collection, the part that a process may add before it counts again. */
const ALLOWED_PART = 1 / 8;

/** After `written`: the record's keys become $7, in the same statement. */
const WITH_KEYS = `
, dropped AS (
  DELETE FROM expiring_record_keys AS known USING written
  WHERE known.realm = written.realm AND known.collection = written.collection AND known.id = written.id
    AND known.key <> ALL ($7::text[])
), keyed AS (
  INSERT INTO expiring_record_keys (realm, collection, key, id)
  SELECT written.realm, written.collection, key, written.id FROM written, unnest($7::text[]) AS key
  ON CONFLICT DO NOTHING
)
SELECT version FROM written`;

/** $1 realm, $2 collection, $3 id, $4 payload, $5 expires, $6 now, $7 keys. */
const put = (condition: string) => `
WITH written AS (
  INSERT INTO expiring_records AS known (realm, collection, id, payload, expires_ms, version)
  VALUES ($1::uuid, $2, $3, $4, $5, nextval('record_versions'))
  ON CONFLICT (realm, collection, id) DO UPDATE
  SET payload = excluded.payload, expires_ms = excluded.expires_ms, version = excluded.version
  WHERE ${condition}
  RETURNING realm, collection, id, version
)${WITH_KEYS}`;

const ADD = put('known.expires_ms <= $6::bigint');
const PUT = put('$6::bigint IS NOT NULL');

/** As above, and $8 the version. */
const REPLACE = `
WITH written AS (
  UPDATE expiring_records SET payload = $4, expires_ms = $5, version = nextval('record_versions')
  WHERE realm = $1::uuid AND collection = $2 AND id = $3 AND version = $8 AND expires_ms > $6
  RETURNING realm, collection, id, version
)${WITH_KEYS}`;

const COLUMNS = 'id, payload, expires_ms, version';

const GET = `SELECT ${COLUMNS} FROM expiring_records WHERE realm = $1 AND collection = $2 AND id = $3 AND expires_ms > $4`;

/** $4 now, $5 how many. */
const FIND_BY = `
SELECT record.id, payload, expires_ms, version
FROM expiring_record_keys AS key JOIN expiring_records AS record USING (realm, collection, id)
WHERE key.realm = $1 AND key.collection = $2 AND key.key = $3 AND record.expires_ms > $4
LIMIT $5`;

const DELETE = `DELETE FROM expiring_records WHERE realm = $1 AND collection = $2 AND id = $3 RETURNING ${COLUMNS}`;

const DELETE_BY = `
DELETE FROM expiring_records AS record USING expiring_record_keys AS key
WHERE key.realm = $1 AND key.collection = $2 AND key.key = $3
  AND record.realm = key.realm AND record.collection = key.collection AND record.id = key.id`;

/** $1 now, $2 how many. Those that another process is at are left to it. */
const SWEEP = `
DELETE FROM expiring_records USING (
  SELECT realm, collection, id FROM expiring_records WHERE expires_ms <= $1
  ORDER BY expires_ms LIMIT $2 FOR UPDATE SKIP LOCKED
) AS gone
WHERE expiring_records.realm = gone.realm AND expiring_records.collection = gone.collection
  AND expiring_records.id = gone.id`;

/** $3 the count that is enough to know. */
const COUNT = `
SELECT count(*) AS count FROM (
  SELECT 1 FROM expiring_records WHERE realm = $1 AND collection = $2 LIMIT $3
) AS counted`;

const HAS = 'SELECT 1 FROM expiring_records WHERE realm = $1 AND collection = $2 AND id = $3';

export interface PostgresRecordsOptions {
  readonly pool: pg.Pool;
  readonly clock: Pick<Clock, 'now'>;
  /** Default: that of all implementations. */
  readonly records_max?: number;
}

export class PostgresRecords implements ExpiringRecords {
  readonly #pool: pg.Pool;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #records_max: number;
  /** How many may be added to a collection before it is counted again. */
  readonly #allowances = new Map<string, number>();

  constructor({ pool, clock, records_max = RECORD_LIMITS.records_max }: PostgresRecordsOptions) {
    this.#pool = pool;
    this.#clock = clock;
    this.#records_max = records_max;
  }

  async add(realmUid: string, collection: string, record: NewRecord): Promise<boolean> {
    return this.#write('add-record', ADD, realmUid, collection, record);
  }

  async put(realmUid: string, collection: string, record: NewRecord): Promise<void> {
    await this.#write('put-record', PUT, realmUid, collection, record);
  }

  async replace(realmUid: string, collection: string, version: number, record: NewRecord): Promise<boolean> {
    assertRecord(collection, record);
    const values = [...this.#values(realmUid, collection, record), version];
    const { rowCount } = await this.#pool.query({ name: 'replace-record', text: REPLACE, values });
    return rowCount === 1;
  }

  async get(realmUid: string, collection: string, id: string): Promise<ExpiringRecord | undefined> {
    assertRecordNames(collection, id);
    const values = [realmUid, collection, id, this.#clock.now()];
    const { rows } = await this.#pool.query<ExpiringRecord>({ name: 'get-record', text: GET, values });
    return rows[0];
  }

  async findBy(realmUid: string, collection: string, key: string): Promise<readonly ExpiringRecord[]> {
    assertRecordNames(collection, key);
    const values = [realmUid, collection, key, this.#clock.now(), RECORD_LIMITS.found_max];
    return (await this.#pool.query<ExpiringRecord>({ name: 'find-records', text: FIND_BY, values })).rows;
  }

  async take(realmUid: string, collection: string, id: string): Promise<ExpiringRecord | undefined> {
    assertRecordNames(collection, id);
    const values = [realmUid, collection, id];
    const { rows } = await this.#pool.query<ExpiringRecord>({ name: 'take-record', text: DELETE, values });
    const [taken] = rows;
    return taken && taken.expires_ms > this.#clock.now() ? taken : undefined;
  }

  async delete(realmUid: string, collection: string, id: string): Promise<void> {
    await this.take(realmUid, collection, id);
  }

  async deleteBy(realmUid: string, collection: string, key: string): Promise<number> {
    assertRecordNames(collection, key);
    const values = [realmUid, collection, key];
    const { rowCount } = await this.#pool.query({ name: 'delete-records', text: DELETE_BY, values });
    return rowCount ?? 0;
  }

  async sweep(): Promise<number> {
    const { rowCount } = await this.#pool.query(SWEEP, [this.#clock.now(), RECORD_LIMITS.sweep_max]);
    return rowCount ?? 0;
  }

  async #write(
    name: string,
    text: string,
    realmUid: string,
    collection: string,
    record: NewRecord,
  ): Promise<boolean> {
    assertRecord(collection, record);
    await this.#makeRoom(realmUid, collection, record.id);
    const values = this.#values(realmUid, collection, record);
    const { rowCount } = await this.#pool.query({ name, text, values });
    return rowCount === 1;
  }

  #values(realmUid: string, collection: string, record: NewRecord) {
    const { id, payload, expires_ms, keys = [] } = record;
    return [realmUid, collection, id, Buffer.from(payload), expires_ms, this.#clock.now(), [...keys]];
  }

  async #makeRoom(realmUid: string, collection: string, id: string): Promise<void> {
    const place = `${realmUid}/${collection}`;
    const allowance = this.#allowances.get(place) ?? 0;
    if (allowance > 0) {
      this.#allowances.set(place, allowance - 1);
      return;
    }
    const { rows } = await this.#pool.query<{ count: number }>(COUNT, [
      realmUid,
      collection,
      this.#records_max,
    ]);
    const left = this.#records_max - (rows[0]?.count ?? 0);
    if (left <= 0 && (await this.#pool.query(HAS, [realmUid, collection, id])).rowCount === 0) {
      throw new RecordsFullError();
    }
    if (this.#allowances.size >= ALLOWANCES_MAX) this.#allowances.clear();
    this.#allowances.set(place, Math.floor(left * ALLOWED_PART));
  }
}
