/** Uploads in parts, from their beginning to the object that they become or to their end. Each function within a transaction, or one statement. */
import type pg from 'pg';
import type {
  CompleteOutcome,
  KeptPart,
  NewVersion,
  Page,
  Upload,
  UploadPart,
  UploadsQuery,
} from '../store.ts';
import { LIST_MAX } from '../store.ts';
import { successor } from '../successor.ts';
import { change, putting } from './change.ts';
import { pieceRows, piecesOf } from './rows.ts';

interface UploadRow {
  readonly id: string;
  readonly bucket: string;
  readonly key: string;
  readonly created_ms: number;
  readonly sealed: Buffer;
  readonly wanted: Readonly<Record<string, unknown>>;
}

type PartRow = Pick<KeptPart, 'number' | 'modified_ms' | 'size' | 'etag' | 'checksums'> & {
  readonly pieces: Parameters<typeof piecesOf>[0];
};

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const COLUMNS = 'id, bucket, key, created_ms, sealed, wanted';
const PART_COLUMNS = 'number, modified_ms, size, etag, checksums, pieces';
const FREE =
  'INSERT INTO freed_blobs (blob) SELECT piece->>0 FROM gone, jsonb_array_elements(gone.pieces) AS piece';

const uploadOf = ({ id, bucket, key, created_ms, sealed, wanted }: UploadRow): Upload => ({
  id,
  bucket,
  key,
  created_ms,
  sealed,
  wanted,
});

export async function createUpload(pool: pg.Pool, upload: Upload): Promise<void> {
  const { id, bucket, key, created_ms, sealed, wanted } = upload;
  await pool.query({
    name: 'objects-create-upload',
    text: `INSERT INTO uploads (${COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6)`,
    values: [id, bucket, key, created_ms, sealed, JSON.stringify(wanted)],
  });
}

export async function readUpload(pool: pg.Pool, id: string): Promise<Upload | undefined> {
  if (!UUID.test(id)) return undefined;
  const text = `SELECT ${COLUMNS} FROM uploads WHERE id = $1`;
  const { rows } = await pool.query<UploadRow>({ name: 'objects-read-upload', text, values: [id] });
  return rows[0] && uploadOf(rows[0]);
}

export async function putPart(
  client: pg.ClientBase,
  id: string,
  part: UploadPart,
  now_ms: number,
): Promise<boolean> {
  if (!UUID.test(id)) return false;
  // Shared: parts come side by side, but not while the upload is completed or aborted.
  const there = await client.query('SELECT FROM uploads WHERE id = $1 FOR SHARE', [id]);
  if (there.rowCount === 0) return false;
  const { number, size, etag, checksums, pieces } = part;
  await client.query('SELECT pg_advisory_xact_lock(hashtextextended($1, $2))', [id, number]);
  await client.query({
    name: 'objects-free-part',
    text: `WITH gone AS (DELETE FROM upload_parts WHERE upload = $1 AND number = $2 RETURNING pieces) ${FREE}`,
    values: [id, number],
  });
  await client.query({
    name: 'objects-put-part',
    text: `INSERT INTO upload_parts (upload, ${PART_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
    values: [id, number, now_ms, size, etag, JSON.stringify(checksums), JSON.stringify(pieceRows(pieces))],
  });
  return true;
}

export async function readParts(
  queryable: pg.ClientBase | pg.Pool,
  id: string,
  after: number,
  limit: number,
): Promise<readonly KeptPart[]> {
  if (!UUID.test(id)) return [];
  const text = `SELECT ${PART_COLUMNS} FROM upload_parts WHERE upload = $1 AND number > $2 ORDER BY number LIMIT $3`;
  const { rows } = await queryable.query<PartRow>({
    name: 'objects-read-parts',
    text,
    values: [id, after, limit],
  });
  return rows.map(({ pieces, ...rest }) => ({ ...rest, pieces: piecesOf(pieces) }));
}

export async function completeUpload(
  client: pg.ClientBase,
  id: string,
  parts: readonly { readonly number: number; readonly etag: string }[],
  version: NewVersion,
  now_ms: number,
): Promise<CompleteOutcome> {
  if (!UUID.test(id)) return { outcome: 'noUpload' };
  const open = await client.query('SELECT FROM uploads WHERE id = $1 FOR UPDATE', [id]);
  if (open.rowCount === 0) {
    const text = 'SELECT outcome FROM completed_uploads WHERE id = $1 AND bucket = $2 AND key = $3';
    const { rows } = await client.query<{ outcome: CompleteOutcome }>(text, [
      id,
      version.bucket,
      version.key,
    ]);
    return rows[0]?.outcome ?? { outcome: 'noUpload' };
  }
  const numbers = parts.map(({ number }) => number);
  const { rows: kept } = await client.query<{ number: number; etag: string }>(
    'SELECT number, etag FROM upload_parts WHERE upload = $1 AND number = ANY ($2::integer[])',
    [id, numbers],
  );
  const etags = new Map(kept.map(({ number, etag }) => [number, etag]));
  if (parts.some(({ number, etag }) => etags.get(number) !== etag)) return { outcome: 'differs' };
  const [outcome] = await change(client, [putting(version)], now_ms);
  if (outcome?.outcome !== 'done') return outcome ?? { outcome: 'noUpload' };
  await client.query(
    `WITH gone AS (DELETE FROM upload_parts WHERE upload = $1 AND number <> ALL ($2::integer[]) RETURNING pieces) ${FREE}`,
    [id, numbers],
  );
  await client.query('DELETE FROM uploads WHERE id = $1', [id]);
  await client.query(
    'INSERT INTO completed_uploads (id, bucket, key, outcome, completed_ms) VALUES ($1, $2, $3, $4, $5)',
    [id, version.bucket, version.key, JSON.stringify(outcome), now_ms],
  );
  return outcome;
}

export async function abortUpload(client: pg.ClientBase, id: string): Promise<boolean> {
  if (!UUID.test(id)) return false;
  const open = await client.query('SELECT FROM uploads WHERE id = $1 FOR UPDATE', [id]);
  if (open.rowCount === 0) return false;
  await client.query(`WITH gone AS (DELETE FROM upload_parts WHERE upload = $1 RETURNING pieces) ${FREE}`, [
    id,
  ]);
  await client.query('DELETE FROM uploads WHERE id = $1', [id]);
  return true;
}

/** $2 and $3: names from here to there; $4 to $6: after this upload. */
const UPLOADS = `
SELECT ${COLUMNS} FROM uploads
WHERE bucket = $1 AND key >= $2 AND ($3::text IS NULL OR key < $3)
  AND ($4::text IS NULL OR key > $4 OR key = $4 AND (created_ms, id) > (coalesce($5::bigint, 9223372036854775807), coalesce($6::uuid, id)))
ORDER BY key, created_ms, id LIMIT $7`;

export async function uploads(pool: pg.Pool, query: UploadsQuery): Promise<Page<Upload>> {
  const { bucket, prefix, afterKey, afterUpload } = query;
  const limit = Math.min(Math.max(query.limit, 0), LIST_MAX);
  if (limit === 0) return { entries: [], isTruncated: false };
  const last = afterUpload === undefined ? undefined : await readUpload(pool, afterUpload);
  const { rows } = await pool.query<UploadRow>({
    name: 'objects-uploads',
    text: UPLOADS,
    values: [bucket, prefix, successor(prefix), afterKey, last?.created_ms, last?.id, limit + 1],
  });
  return { entries: rows.slice(0, limit).map(uploadOf), isTruncated: rows.length > limit };
}
