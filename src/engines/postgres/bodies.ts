/**
 * Bodies of changes that no object is any more: which are there, and dropping them. Nothing here holds a realm's row for longer than one small
 * update of it, so writers to the realm never wait.
 */
import type pg from 'pg';
import type { LeafSpan, ReplacedBodies } from '#kernel/store/storage.ts';
import { transaction } from './database.ts';

type Queryable = Pick<pg.Pool, 'query'>;

/** $1 realm, $2 after, $3 up to: leaves whose bodies these changes replaced or removed. */
const REPLACED = `
  SELECT previous AS leaf_index FROM changes
  WHERE realm = $1 AND leaf_index > $2 AND leaf_index <= $3 AND previous IS NOT NULL
  UNION ALL
  SELECT leaf_index FROM changes
  WHERE realm = $1 AND leaf_index > $2 AND leaf_index <= $3 AND effect = 'deleted'`;

const SPAN = 'min(leaf_index) AS "from", max(leaf_index) AS "to", count(*) AS count';

const FLOOR = 'SELECT bodies_floor FROM realms WHERE uid = $1';

/** $1 realm, $2 floor, $3 how many, $4 decided before. `stop`: the first that is not. */
const OLD_CHANGES = `
WITH portion AS MATERIALIZED (
  SELECT leaf_index, time_ms FROM changes WHERE realm = $1 AND leaf_index > $2 ORDER BY leaf_index LIMIT $3
), stop AS (
  SELECT leaf_index, time_ms FROM portion WHERE time_ms >= $4 ORDER BY leaf_index LIMIT 1
)
SELECT
  (SELECT time_ms FROM stop) AS next_ms,
  (SELECT max(leaf_index) FROM portion WHERE leaf_index < coalesce((SELECT leaf_index FROM stop), leaf_index + 1)) AS up_to`;

const REPLACED_BODIES = `
SELECT ${SPAN} FROM changes WHERE realm = $1 AND body <> '' AND leaf_index IN (${REPLACED})`;

const DROP_REPLACED = `
UPDATE changes SET body = '' WHERE realm = $1 AND body <> '' AND leaf_index IN (${REPLACED})`;

const RAISE_FLOOR = 'UPDATE realms SET bodies_floor = $2 WHERE uid = $1 AND bodies_floor < $2';

/** $1 realm, $2 first, $3 last. */
const PAST = `
realm = $1 AND leaf_index BETWEEN $2 AND $3 AND effect IS NOT NULL AND body <> '' AND NOT EXISTS (
  SELECT FROM objects
  WHERE objects.realm = $1 AND objects.uid = changes.object AND objects.revision = changes.leaf_index
)`;

/** $1 realm, $2 first index, $3 index after the last. */
const DIGESTS = `
SELECT leaf_index, 'sha256:' || encode(sha256(body), 'hex') AS digest FROM changes
WHERE realm = $1 AND leaf_index >= $2 AND leaf_index < $3 AND effect IS NOT NULL AND body <> ''`;

interface SpanRow {
  readonly from: number | null;
  readonly to: number | null;
  readonly count: number;
}

function spanOf(row: SpanRow | undefined): LeafSpan | undefined {
  if (!row || row.from === null || row.to === null) return undefined;
  return { from: row.from, to: row.to, count: row.count };
}

async function one<Row extends pg.QueryResultRow>(
  on: Queryable,
  text: string,
  values: unknown[],
): Promise<Row | undefined> {
  return (await on.query<Row>(text, values)).rows[0];
}

const floorOf = async (on: Queryable, realmUid: string): Promise<number | undefined> =>
  (await one<{ bodies_floor: number }>(on, FLOOR, [realmUid]))?.bodies_floor;

/** The changes after `after` that were decided before then: the last of them, and when the one after it was. */
export async function oldChanges(
  pool: pg.Pool,
  realmUid: string,
  after: number,
  before_ms: number,
  changes_max: number,
): Promise<{ readonly upTo: number; readonly next_ms: number | undefined }> {
  const old = await one<{ next_ms: number | null; up_to: number | null }>(pool, OLD_CHANGES, [
    realmUid,
    after,
    changes_max,
    before_ms,
  ]);
  return { upTo: old?.up_to ?? after, next_ms: old?.next_ms ?? undefined };
}

export async function replacedBodies(
  pool: pg.Pool,
  realmUid: string,
  before_ms: number,
  changes_max: number,
): Promise<ReplacedBodies | undefined> {
  const floor = await floorOf(pool, realmUid);
  if (floor === undefined) return undefined;
  const { upTo, next_ms } = await oldChanges(pool, realmUid, floor, before_ms, changes_max);
  const bodies =
    upTo === floor ? undefined : spanOf(await one<SpanRow>(pool, REPLACED_BODIES, [realmUid, floor, upTo]));
  return { floor, upTo, next_ms, bodies };
}

export function dropReplacedBodies(pool: pg.Pool, realmUid: string, upTo: number): Promise<number> {
  return transaction(pool, 'BEGIN', async (client) => {
    const floor = await floorOf(client, realmUid);
    if (floor === undefined || floor >= upTo) return 0;
    const { rowCount } = await client.query(DROP_REPLACED, [realmUid, floor, upTo]);
    // Last, since from here on writers to the realm wait for the commit.
    await client.query(RAISE_FLOOR, [realmUid, upTo]);
    return rowCount ?? 0;
  });
}

export async function pastBodies(
  pool: pg.Pool,
  realmUid: string,
  from: number,
  to: number,
): Promise<LeafSpan | undefined> {
  return spanOf(await one<SpanRow>(pool, `SELECT ${SPAN} FROM changes WHERE ${PAST}`, [realmUid, from, to]));
}

export async function erasePastBodies(
  pool: pg.Pool,
  realmUid: string,
  from: number,
  to: number,
): Promise<number> {
  const { rowCount } = await pool.query(`UPDATE changes SET body = '' WHERE ${PAST}`, [realmUid, from, to]);
  return rowCount ?? 0;
}

export async function bodyDigests(
  pool: pg.Pool,
  realmUid: string,
  from: number,
  count: number,
): Promise<ReadonlyMap<number, string>> {
  const { rows } = await pool.query<{ leaf_index: number; digest: string }>(DIGESTS, [
    realmUid,
    from,
    from + count,
  ]);
  return new Map(rows.map(({ leaf_index, digest }) => [leaf_index, digest]));
}
