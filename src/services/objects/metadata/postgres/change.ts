/**
 * Writing and removing names: many in one transaction. Names are locked first, in one order, so whoever else changes them has ended and what the statement sees is what it changes.
 */
import type pg from 'pg';
import { byteaArray, textArray } from '#engines/postgres/binary-array.ts';
import type {
  NewVersion,
  Outcome,
  Refusal,
  Removal,
  VersionContent,
  Versioning,
  WriteCondition,
} from '../store.ts';
import { idOfRank, NULL_VERSION, pieceRows, rankOfId } from './rows.ts';

/** What becomes of a name: a new version, a delete marker, or (`undefined`) nothing in place of what there is. */
export interface Change {
  readonly bucket: string;
  readonly key: string;
  readonly versioning: Versioning;
  readonly condition?: WriteCondition & Removal['condition'];
  readonly made: VersionContent | 'marker' | undefined;
}

export const putting = (version: NewVersion): Change => ({
  bucket: version.bucket,
  key: version.key,
  versioning: version.versioning,
  ...(version.condition === undefined ? {} : { condition: version.condition }),
  made: version,
});

export const removing = ({ bucket, key, versioning, condition }: Removal): Change => ({
  bucket,
  key,
  versioning,
  ...(condition === undefined ? {} : { condition }),
  made: versioning === 'off' ? undefined : 'marker',
});

export type Changed = Outcome<{ readonly versionId: string; readonly modified_ms: number }>;

/** Something that the statement depends on has changed since it began: all of it is to be done again. */
export class RacedError extends Error {
  override readonly name = 'RacedError';
}

/** $1 buckets, $2 keys. In one order everywhere, so that no two wait for each other. */
const LOCK = `
SELECT pg_advisory_xact_lock(name.lock) FROM (
  SELECT DISTINCT hashtextextended(bucket || '/' || key, 0) AS lock FROM unnest($1::text[], $2::text[]) AS name (bucket, key)
  ORDER BY 1 OFFSET 0
) AS name`;

/** $1 a list of changes as JSON, $2 what is sealed of each, $3 now. */
const CHANGE = `
WITH wanted AS (
  SELECT change.*, ($2::bytea[])[change.n] AS sealed
  FROM json_to_recordset($1) AS change (
    n integer, bucket uuid, key text, is_null boolean, is_made boolean, is_marker boolean, if_match text, if_none boolean, if_rank bigint,
    size bigint, etag text, checksums jsonb, checksum_type text, tag_count smallint, lock_mode text, retain_until_ms bigint,
    legal_hold boolean, pieces jsonb, parts jsonb
  )
), judged AS (
  SELECT wanted.*, newest.rank AS newest_rank,
    CASE
      WHEN coalesce(buckets.is_closed, false) THEN 'closed'
      WHEN if_rank IS DISTINCT FROM coalesce(newest.rank, 0) AND if_rank IS NOT NULL THEN 'differs'
      WHEN if_none AND newest.is_live THEN 'exists'
      WHEN if_match IS NOT NULL AND NOT coalesce(newest.is_live, false) THEN 'missing'
      WHEN if_match <> '*' AND if_match <> newest.etag THEN 'differs'
      WHEN is_null AND EXISTS (
        SELECT FROM versions WHERE versions.bucket = wanted.bucket AND versions.key = wanted.key COLLATE "C" AND versions.is_null
          AND (versions.legal_hold OR versions.lock_mode IS NOT NULL AND versions.retain_until_ms > $3)
      ) THEN 'locked'
      ELSE 'done'
    END AS outcome
  FROM wanted
  LEFT JOIN buckets ON buckets.uid = wanted.bucket
  LEFT JOIN LATERAL (
    SELECT rank, is_live, etag FROM versions WHERE versions.bucket = wanted.bucket AND versions.key = wanted.key COLLATE "C"
    ORDER BY rank LIMIT 1
  ) AS newest ON true
), replaced AS (
  DELETE FROM versions USING judged
  WHERE judged.outcome = 'done' AND judged.is_null
    AND versions.bucket = judged.bucket AND versions.key = judged.key COLLATE "C" AND versions.is_null
  RETURNING versions.bucket, versions.size, versions.pieces
), dimmed AS (
  UPDATE versions SET is_live = false FROM judged
  WHERE judged.outcome = 'done' AND judged.is_made AND versions.bucket = judged.bucket AND versions.key = judged.key COLLATE "C"
    AND versions.rank = judged.newest_rank AND versions.is_live AND NOT (judged.is_null AND versions.is_null)
), made AS (
  INSERT INTO versions (bucket, key, rank, is_null, is_marker, is_live, modified_ms, size, etag, checksums, checksum_type, sealed, tag_count,
    lock_mode, retain_until_ms, legal_hold, pieces, parts)
  SELECT bucket, key, nextval('version_rank'), is_null, is_marker, NOT is_marker, $3, size, etag, checksums, checksum_type, sealed, tag_count,
    lock_mode, retain_until_ms, legal_hold, pieces, parts
  FROM judged WHERE outcome = 'done' AND is_made
  RETURNING bucket, key, rank, size
), freed AS (
  INSERT INTO freed_blobs (blob) SELECT piece->>0 FROM replaced, jsonb_array_elements(replaced.pieces) AS piece
), counted AS (
  INSERT INTO buckets AS kept (uid, versions, bytes)
  SELECT bucket, sum(versions), sum(bytes) FROM (
    SELECT bucket, 1 AS versions, size AS bytes FROM made UNION ALL SELECT bucket, -1, -size FROM replaced
  ) AS count GROUP BY bucket ORDER BY bucket
  ON CONFLICT (uid) DO UPDATE SET versions = kept.versions + excluded.versions, bytes = kept.bytes + excluded.bytes
  WHERE NOT kept.is_closed
  RETURNING uid
)
SELECT judged.n, judged.outcome, made.rank,
  (SELECT count(*) FROM counted) = (SELECT count(DISTINCT bucket) FROM (SELECT bucket FROM made UNION ALL SELECT bucket FROM replaced) AS touched) AS is_counted
FROM judged LEFT JOIN made ON made.bucket = judged.bucket AND made.key = judged.key COLLATE "C"
ORDER BY judged.n`;

interface ChangedRow {
  readonly outcome: 'done' | Refusal;
  readonly rank: number | null;
  readonly is_counted: boolean;
}

/** Until the end of the transaction nobody else changes these names. */
export async function lockNames(
  client: pg.ClientBase,
  names: readonly { readonly bucket: string; readonly key: string }[],
): Promise<void> {
  const values = [textArray(names.map(({ bucket }) => bucket)), textArray(names.map(({ key }) => key))];
  await client.query({ name: 'objects-lock', text: LOCK, values });
}

/** Within a transaction. No two may be of one name. Throws RacedError: roll back and do it again. */
export async function change(
  client: pg.ClientBase,
  changes: readonly Change[],
  now_ms: number,
): Promise<readonly Changed[]> {
  await lockNames(client, changes);
  const { rows } = await client.query<ChangedRow>({
    name: 'objects-change',
    text: CHANGE,
    values: [
      JSON.stringify(changes.map(record)),
      byteaArray(changes.map(({ made }) => (typeof made === 'object' ? made.sealed : new Uint8Array()))),
      now_ms,
    ],
  });
  if (rows.some(({ is_counted }) => !is_counted)) throw new RacedError('a bucket was closed meanwhile');
  return rows.map(({ outcome, rank }, index): Changed => {
    if (outcome !== 'done') return { outcome };
    const isNull = changes[index]?.versioning !== 'enabled';
    return {
      outcome,
      versionId: isNull || rank === null ? NULL_VERSION : idOfRank(rank),
      modified_ms: now_ms,
    };
  });
}

function record({ bucket, key, versioning, condition, made }: Change, index: number) {
  const content = typeof made === 'object' ? made : undefined;
  return {
    n: index + 1,
    bucket,
    key,
    is_null: versioning !== 'enabled',
    is_made: made !== undefined,
    is_marker: made === 'marker',
    if_match: condition?.ifMatch,
    if_none: condition?.ifNoneMatch === '*',
    // No version has such a position: 0 is nobody's rank.
    if_rank: condition?.ifNewest === undefined ? undefined : (rankOfId(condition.ifNewest) ?? 0),
    size: content?.size ?? 0,
    etag: content?.etag ?? '',
    checksums: content?.checksums ?? {},
    checksum_type: content?.checksumType,
    tag_count: content?.tagCount ?? 0,
    lock_mode: content?.lock.mode,
    retain_until_ms: content?.lock.retainUntil_ms,
    legal_hold: content?.lock.legalHold ?? false,
    pieces: pieceRows(content?.pieces ?? []),
    parts: content?.parts,
  };
}
