/** Pages of names and of versions. */
import type pg from 'pg';
import type { ListEntry, ListQuery, Page, VersionEntry, VersionsQuery } from '../store.ts';
import { LIST_MAX } from '../store.ts';
import { compareKeys, successor } from '../successor.ts';
import { idOfRank, LISTED_COLUMNS, type ListedRow, listedVersion, NULL_VERSION, rankOfId } from './rows.ts';

const COLUMNS = LISTED_COLUMNS.split(', ')
  .map((column) => `(version).${column}`)
  .join(', ');

const LIST = `SELECT group_prefix, ${COLUMNS} FROM list_live($1, $2, $3, $4, $5, $6, $7, $8)`;
const LIST_VERSIONS = `SELECT group_prefix, is_newest, ${COLUMNS} FROM list_versions($1, $2, $3, $4, $5, $6, $7, $8)`;
const RANK_OF_NULL = 'SELECT rank FROM versions WHERE bucket = $1 AND key = $2 AND is_null';

// Before and after all versions of a name; as text, for they are beyond what a number holds.
const RANK_FIRST = '-9223372036854775808';
const RANK_LAST = '9223372036854775807';

type Grouped<Row> = Row & { readonly group_prefix: string | null };

/** Where a listing begins: at that name or, `isInclusive` false, after it. */
function startOf({ prefix, delimiter, after }: ListQuery): {
  readonly key: string;
  readonly isInclusive: boolean;
} {
  if (after === undefined || compareKeys(after, prefix) < 0) return { key: prefix, isInclusive: true };
  const tail = after.startsWith(prefix) ? after.slice(prefix.length) : '';
  const at = delimiter === undefined ? -1 : tail.indexOf(delimiter);
  const isGroup = delimiter !== undefined && at >= 0 && at + delimiter.length === tail.length;
  if (!isGroup) return { key: after, isInclusive: false };
  return { key: after.slice(0, -delimiter.length) + (successor(delimiter) ?? ''), isInclusive: true };
}

function groupingOf({ prefix, delimiter }: ListQuery): readonly (string | null)[] {
  const end = delimiter === undefined ? null : successor(delimiter);
  if (end === undefined)
    throw new RangeError('delimiter: must be followed by some other text in the order of names');
  return [prefix, successor(prefix) ?? null, delimiter ?? null, end];
}

const limitOf = ({ limit }: ListQuery): number => Math.min(Math.max(limit, 0), LIST_MAX);

function paged<Entry>(entries: readonly Entry[], limit: number): Page<Entry> {
  return { entries: entries.slice(0, limit), isTruncated: entries.length > limit };
}

export async function list(pool: pg.Pool, query: ListQuery): Promise<Page<ListEntry>> {
  const limit = limitOf(query);
  if (limit === 0) return paged([], 0);
  const { key, isInclusive } = startOf(query);
  const { rows } = await pool.query<Grouped<ListedRow>>({
    name: 'objects-list',
    text: LIST,
    values: [query.bucket, ...groupingOf(query), key, isInclusive, limit + 1],
  });
  const entries = rows.map(
    (row): ListEntry =>
      row.group_prefix === null ? { version: listedVersion(row) } : { group: row.group_prefix },
  );
  return paged(entries, limit);
}

export async function listVersions(pool: pg.Pool, query: VersionsQuery): Promise<Page<VersionEntry>> {
  const limit = limitOf(query);
  if (limit === 0) return paged([], 0);
  const { key, isInclusive } = startOf(query);
  const rank = isInclusive ? RANK_FIRST : await rankAfter(pool, query);
  const { rows } = await pool.query<Grouped<ListedRow & { readonly is_newest: boolean }>>({
    name: 'objects-list-versions',
    text: LIST_VERSIONS,
    values: [query.bucket, ...groupingOf(query), key, rank, limit + 1],
  });
  const entries = rows.map(
    (row): VersionEntry =>
      row.group_prefix === null
        ? { version: listedVersion(row), isNewest: row.is_newest, position: idOfRank(row.rank) }
        : { group: row.group_prefix },
  );
  return paged(entries, limit);
}

async function rankAfter(
  pool: pg.Pool,
  { bucket, after, afterVersion }: VersionsQuery,
): Promise<number | string> {
  if (afterVersion === undefined) return RANK_LAST;
  if (afterVersion !== NULL_VERSION) {
    const rank = rankOfId(afterVersion);
    if (rank === undefined) throw new RangeError(`"${afterVersion}" is no version’s id`);
    return rank;
  }
  const { rows } = await pool.query<{ rank: number }>(RANK_OF_NULL, [bucket, after]);
  // It is gone meanwhile: what is told twice does less harm than what is not told.
  return rows[0]?.rank ?? RANK_FIRST;
}
