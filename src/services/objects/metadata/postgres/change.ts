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
const CHANGE = 'SELECT outcome, made_rank FROM change_names($1, $2, $3)';
/** What `raced()` throws. */
const RACED = 'CMRAC';

interface ChangedRow {
  readonly outcome: 'done' | Refusal;
  readonly made_rank: number | null;
}

/** Until the end of the transaction nobody else changes these names. */
export async function lockNames(
  client: pg.ClientBase,
  names: readonly { readonly bucket: string; readonly key: string }[],
): Promise<void> {
  const values = [textArray(names.map(({ bucket }) => bucket)), textArray(names.map(({ key }) => key))];
  await client.query({ name: 'objects-lock', text: LOCK, values });
}

/** A transaction of its own, or within one. No two may be of one name. Throws RacedError: roll back and do it again. */
export async function change(
  client: Pick<pg.ClientBase, 'query'>,
  changes: readonly Change[],
  now_ms: number,
): Promise<readonly Changed[]> {
  const rows = await changeNames(client, changes, now_ms);
  return rows.map(({ outcome, made_rank: rank }, index): Changed => {
    if (outcome !== 'done') return { outcome };
    const isNull = changes[index]?.versioning !== 'enabled';
    return {
      outcome,
      versionId: isNull || rank === null ? NULL_VERSION : idOfRank(rank),
      modified_ms: now_ms,
    };
  });
}

async function changeNames(
  client: Pick<pg.ClientBase, 'query'>,
  changes: readonly Change[],
  now_ms: number,
): Promise<readonly ChangedRow[]> {
  const sealed = changes.map(({ made }) => (typeof made === 'object' ? made.sealed : new Uint8Array()));
  try {
    const { rows } = await client.query<ChangedRow>({
      name: 'objects-change',
      text: CHANGE,
      values: [JSON.stringify(changes.map(record)), byteaArray(sealed), now_ms],
    });
    return rows;
  } catch (error) {
    throw (error as { readonly code?: unknown }).code === RACED
      ? new RacedError('a bucket was closed meanwhile', { cause: error })
      : error;
  }
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
