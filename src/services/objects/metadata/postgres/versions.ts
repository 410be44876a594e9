/** Changes of one version that is there: it goes for good, its lock or what is said of it becomes another. Each within a transaction. */
import type pg from 'pg';
import { changed, isKept } from '../lock.ts';
import type { LockChange, MetadataStore, Outcome } from '../store.ts';
import { lockNames } from './change.ts';
import { lockOf, NULL_VERSION, rankOfId, type VersionRow } from './rows.ts';

export interface Which {
  readonly bucket: string;
  readonly key: string;
  readonly versionId: string;
}

const FIND = `
SELECT rank, is_marker, size, lock_mode, retain_until_ms, legal_hold FROM versions
WHERE bucket = $1 AND key = $2 AND rank = coalesce($3, rank) AND ($3 IS NOT NULL OR is_null)
FOR UPDATE`;

type Found = Pick<VersionRow, 'rank' | 'is_marker' | 'size' | 'lock_mode' | 'retain_until_ms' | 'legal_hold'>;

const REMOVE = `
WITH gone AS (
  DELETE FROM versions WHERE bucket = $1 AND key = $2 AND rank = $3 RETURNING size, pieces
), freed AS (
  INSERT INTO freed_blobs (blob) SELECT piece->>0 FROM gone, jsonb_array_elements(gone.pieces) AS piece
)
UPDATE buckets SET versions = versions - 1, bytes = bytes - (SELECT size FROM gone) WHERE uid = $1`;

/** What is the newest now is what a listing shows, unless it is a delete marker. */
const LIGHT = `
UPDATE versions SET is_live = NOT is_marker
WHERE bucket = $1 AND key = $2 AND rank = (SELECT min(rank) FROM versions WHERE bucket = $1 AND key = $2)`;

async function find(client: pg.ClientBase, { bucket, key, versionId }: Which): Promise<Found | undefined> {
  const rank = versionId === NULL_VERSION ? null : rankOfId(versionId);
  if (rank === undefined) return undefined;
  await lockNames(client, [{ bucket, key }]);
  const { rows } = await client.query<Found>({
    name: 'objects-find',
    text: FIND,
    values: [bucket, key, rank],
  });
  return rows[0];
}

export async function removeVersion(
  client: pg.ClientBase,
  which: Which,
  now_ms: number,
  { passGovernance, only }: Parameters<MetadataStore['removeVersion']>[3],
): Promise<Outcome<{ readonly isMarker: boolean }>> {
  const found = await find(client, which);
  if (found === undefined) return { outcome: 'missing' };
  if (only !== undefined && !(await isStill(client, which, found.rank, only))) return { outcome: 'differs' };
  if (isKept(lockOf(found), now_ms, passGovernance)) return { outcome: 'locked' };
  await client.query({ name: 'objects-remove', text: REMOVE, values: [which.bucket, which.key, found.rank] });
  await client.query({ name: 'objects-light', text: LIGHT, values: [which.bucket, which.key] });
  return { outcome: 'done', isMarker: found.is_marker };
}

const STANDING =
  'SELECT min(rank) AS newest, count(*) AS versions FROM (SELECT rank FROM versions WHERE bucket = $1 AND key = $2 ORDER BY rank LIMIT 2) AS first';

async function isStill(
  client: pg.ClientBase,
  { bucket, key }: Which,
  rank: number,
  only: 'noncurrent' | 'alone',
): Promise<boolean> {
  const { rows } = await client.query<{ newest: number; versions: number }>(STANDING, [bucket, key]);
  return only === 'alone' ? rows[0]?.versions === 1 : rows[0]?.newest !== rank;
}

const SET_SEALED =
  'UPDATE versions SET sealed = $4, tag_count = $5 WHERE bucket = $1 AND key = $2 AND rank = $3';

export async function setSealed(
  client: pg.ClientBase,
  which: Which,
  { sealed, tagCount }: { readonly sealed: Uint8Array; readonly tagCount: number },
): Promise<Outcome<unknown>> {
  const found = await find(client, which);
  if (found === undefined || found.is_marker) return { outcome: 'missing' };
  await client.query(SET_SEALED, [which.bucket, which.key, found.rank, sealed, tagCount]);
  return { outcome: 'done' };
}

const SET_LOCK =
  'UPDATE versions SET lock_mode = $4, retain_until_ms = $5, legal_hold = $6 WHERE bucket = $1 AND key = $2 AND rank = $3';

export async function setLock(
  client: pg.ClientBase,
  which: Which,
  change: LockChange,
  now_ms: number,
  passGovernance: boolean,
): Promise<Outcome<unknown>> {
  const found = await find(client, which);
  if (found === undefined || found.is_marker) return { outcome: 'missing' };
  const wanted = changed(lockOf(found), change, now_ms, passGovernance);
  if (wanted === undefined) return { outcome: 'locked' };
  const { mode = null, retainUntil_ms = null, legalHold = false } = wanted;
  await client.query(SET_LOCK, [which.bucket, which.key, found.rank, mode, retainUntil_ms, legalHold]);
  return { outcome: 'done' };
}
