/** What nobody asks for: counts, the end of buckets, blobs to be given back. */
import type pg from 'pg';
import type { BlobId } from '../../blobs/backend.ts';
import type { BlobOwner, OwnedBlobs, Progress, Usage } from '../store.ts';
import { idOfRank, NULL_VERSION, type VersionRow } from './rows.ts';

const DAY_MS = 86_400_000;
const SCAN_PORTION = 5_000;
// As large as a completion's answers need to be kept for a client that asks again.
const COMPLETED_KEPT_MS = DAY_MS;

export async function usage(pool: pg.Pool, bucket: string): Promise<Usage> {
  const text = 'SELECT versions, bytes FROM buckets WHERE uid = $1';
  const { rows } = await pool.query<Usage>({ name: 'objects-usage', text, values: [bucket] });
  return rows[0] ?? { versions: 0, bytes: 0 };
}

export async function closeIfEmpty(pool: pg.Pool, bucket: string): Promise<boolean> {
  const { rowCount } = await pool.query(
    `INSERT INTO buckets AS kept (uid, is_closed) VALUES ($1, true)
     ON CONFLICT (uid) DO UPDATE SET is_closed = true WHERE kept.versions = 0`,
    [bucket],
  );
  return rowCount === 1;
}

/** Within a transaction. */
export async function eraseSome(client: pg.ClientBase, bucket: string, limit: number): Promise<boolean> {
  await client.query(
    'INSERT INTO buckets (uid, is_closed) VALUES ($1, true) ON CONFLICT (uid) DO UPDATE SET is_closed = true',
    [bucket],
  );
  const versions = await client.query(
    `WITH chosen AS (
       SELECT key, rank FROM versions WHERE bucket = $1 ORDER BY key, rank LIMIT $2
     ), gone AS (
       DELETE FROM versions USING chosen WHERE versions.bucket = $1 AND versions.key = chosen.key AND versions.rank = chosen.rank
       RETURNING versions.size, versions.pieces
     ), freed AS (
       INSERT INTO freed_blobs (blob) SELECT piece->>0 FROM gone, jsonb_array_elements(gone.pieces) AS piece
     )
     UPDATE buckets SET versions = versions - (SELECT count(*) FROM gone), bytes = bytes - (SELECT coalesce(sum(size), 0) FROM gone)
     WHERE uid = $1 RETURNING (SELECT count(*) FROM gone) AS gone`,
    [bucket, limit],
  );
  const uploads = await client.query(
    `WITH chosen AS (
       SELECT id FROM uploads WHERE bucket = $1 ORDER BY key, created_ms, id LIMIT $2 FOR UPDATE
     ), parts AS (
       SELECT upload_parts.pieces FROM upload_parts JOIN chosen ON upload_parts.upload = chosen.id
     ), freed AS (
       INSERT INTO freed_blobs (blob) SELECT piece->>0 FROM parts, jsonb_array_elements(parts.pieces) AS piece
     )
     DELETE FROM uploads USING chosen WHERE uploads.id = chosen.id`,
    [bucket, limit],
  );
  const left = (versions.rows[0] as { gone: number }).gone === limit || uploads.rowCount === limit;
  if (left) return true;
  await client.query('DELETE FROM completed_uploads WHERE bucket = $1', [bucket]);
  // Tasks of one bucket have its uid in their name.
  await client.query(`DELETE FROM upkeep WHERE task LIKE '%/' || $1::text`, [bucket]);
  return false;
}

/** The time is the database's, which several processes share. */
export async function freed(
  pool: pg.Pool,
  limit: number,
  { after = 0, age_ms = 0 }: { readonly after?: number; readonly age_ms?: number } = {},
) {
  const { rows } = await pool.query<{ id: number; blob: BlobId }>(
    `SELECT id, blob FROM freed_blobs WHERE id > $1 AND freed_at <= now() - $2 * interval '1 millisecond' ORDER BY id LIMIT $3`,
    [after, age_ms, limit],
  );
  return rows;
}

export async function givenBack(pool: pg.Pool, ids: readonly number[]): Promise<void> {
  await pool.query('DELETE FROM freed_blobs WHERE id = ANY ($1::bigint[])', [ids]);
}

/** Portions of each table in the order of its key, so that none of it is held in memory at once. */
const SCANS = [
  {
    text: `SELECT bucket AS a, key AS b, rank AS c, pieces FROM versions
           WHERE (bucket, key, rank) > ($1::uuid, $2::text COLLATE "C", $3::bigint) ORDER BY bucket, key, rank LIMIT $4`,
    first: ['00000000-0000-0000-0000-000000000000', '', '-9223372036854775808'],
  },
  {
    text: `SELECT upload AS a, number AS b, 0 AS c, pieces FROM upload_parts
           WHERE (upload, number) > ($1::uuid, $2::integer) AND $3::bigint = 0 ORDER BY upload, number LIMIT $4`,
    first: ['00000000-0000-0000-0000-000000000000', 0, 0],
  },
  {
    text: `SELECT id AS a, 0 AS b, 0 AS c, jsonb_build_array(jsonb_build_array(blob)) AS pieces FROM freed_blobs
           WHERE id > $1::bigint AND $2::bigint = 0 AND $3::bigint = 0 ORDER BY id LIMIT $4`,
    first: [0, 0, 0],
  },
] as const;

interface ScanRow {
  readonly a: string | number;
  readonly b: string | number;
  readonly c: number;
  readonly pieces: readonly (readonly [BlobId, ...unknown[]])[];
}

export async function referredTo(pool: pg.Pool, blobs: ReadonlySet<BlobId>): Promise<ReadonlySet<BlobId>> {
  const found = new Set<BlobId>();
  // What is let go of meanwhile moves into a table that is read later.
  for (const { text, first } of SCANS) {
    let after: readonly (string | number)[] | undefined = first;
    while (after !== undefined) {
      const { rows }: { rows: readonly ScanRow[] } = await pool.query(text, [...after, SCAN_PORTION]);
      for (const { pieces } of rows) {
        for (const [blob] of pieces) if (blobs.has(blob)) found.add(blob);
      }
      const last: ScanRow | undefined = rows.length < SCAN_PORTION ? undefined : rows.at(-1);
      after = last && [last.a, last.b, last.c];
    }
  }
  return found;
}

const OWNERS = `SELECT bucket, key, rank, is_null, pieces FROM versions
  WHERE (bucket, key, rank) > ($1::uuid, $2::text COLLATE "C", $3::bigint) ORDER BY bucket, key, rank LIMIT $4`;

type OwnerRow = Pick<VersionRow, 'key' | 'rank' | 'is_null' | 'pieces'> & { readonly bucket: string };

export async function* owned(pool: pg.Pool): AsyncGenerator<readonly OwnedBlobs[]> {
  let after: readonly (string | number)[] | undefined = SCANS[0].first;
  while (after !== undefined) {
    const { rows }: { rows: readonly OwnerRow[] } = await pool.query(OWNERS, [...after, SCAN_PORTION]);
    yield rows.map(({ bucket, key, rank, is_null, pieces }) => ({
      owner: { bucket, key, versionId: is_null ? NULL_VERSION : idOfRank(rank) },
      blobs: pieces.map(([blob]) => blob),
    }));
    const last: OwnerRow | undefined = rows.length < SCAN_PORTION ? undefined : rows.at(-1);
    after = last && [last.bucket, last.key, last.rank];
  }
}

export async function ownersOf(
  pool: pg.Pool,
  blobs: ReadonlySet<BlobId>,
): Promise<ReadonlyMap<BlobId, BlobOwner>> {
  const found = new Map<BlobId, BlobOwner>();
  for await (const page of owned(pool)) {
    for (const { owner, blobs: those } of page) {
      for (const blob of those) if (blobs.has(blob)) found.set(blob, owner);
    }
    if (found.size >= blobs.size) break;
  }
  return found;
}

export async function progress(pool: pg.Pool, task: string): Promise<Progress | undefined> {
  const { rows } = await pool.query<{ done_ms: number; place: string | null }>(
    'SELECT done_ms, place FROM upkeep WHERE task = $1',
    [task],
  );
  const [row] = rows;
  return row && { done_ms: row.done_ms, ...(row.place === null ? {} : { place: row.place }) };
}

export async function noteProgress(pool: pg.Pool, task: string, { done_ms, place }: Progress): Promise<void> {
  await pool.query(
    `INSERT INTO upkeep (task, done_ms, place) VALUES ($1, $2, $3)
     ON CONFLICT (task) DO UPDATE SET done_ms = excluded.done_ms, place = excluded.place`,
    [task, done_ms, place],
  );
}

export async function expire(pool: pg.Pool, now_ms: number): Promise<void> {
  await pool.query('DELETE FROM completed_uploads WHERE completed_ms < $1', [now_ms - COMPLETED_KEPT_MS]);
}
