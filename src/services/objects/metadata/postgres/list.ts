/** Pages of names and of versions. */
import type pg from 'pg';
import type { ListEntry, ListQuery, Page, VersionEntry, VersionsQuery } from '../store.ts';
import { LIST_MAX } from '../store.ts';
import { compareKeys, successor } from '../successor.ts';
import { idOfRank, LISTED_COLUMNS, type ListedRow, listedVersion, NULL_VERSION, rankOfId } from './rows.ts';

const COLUMNS = LISTED_COLUMNS.split(', ')
  .map((column) => `(version).${column}`)
  .join(', ');

/**
 * Names that are not grouped: $1 the bucket, from $2, without it where $3 is 0, up to $4. Columns come as JSON, because a page in one row costs a third of what it does in a thousand.
 */
const LIST_NAMES = `
SELECT count(*) AS count, json_agg(key) AS key, json_agg(rank) AS rank, json_agg(is_null) AS is_null, json_agg(modified_ms) AS modified_ms, json_agg(size) AS size,
  json_agg(etag) AS etag, json_agg(checksums) AS checksums, json_agg(checksum_type) AS checksum_type
FROM (
  SELECT key, rank, is_null, modified_ms, size, etag, checksums, checksum_type FROM versions
  WHERE bucket = $1 AND is_live AND key >= $2 AND ($3 OR key <> $2) AND key < $4
  ORDER BY key LIMIT $5
) AS page`;

/** After all names, which have at most 1,024 bytes. */
const AFTER_ALL = '\u{10ffff}'.repeat(257);

const LIST = `SELECT group_prefix, ${COLUMNS} FROM list_live($1, $2, $3, $4, $5, $6, $7, $8)`;
const LIST_VERSIONS = `SELECT group_prefix, is_newest, ${COLUMNS} FROM list_versions($1, $2, $3, $4, $5, $6, $7, $8)`;
const RANK_OF_NULL = 'SELECT rank FROM versions WHERE bucket = $1 AND key = $2 AND is_null';

// Before and after all versions of a name; as text, for they are beyond what a number holds.
const RANK_FIRST = '-9223372036854775808';
const RANK_LAST = '9223372036854775807';

type Columns<Row> = { readonly [Column in keyof Row]: readonly Row[Column][] };
type NamesRow = Columns<Omit<ListedRow, 'is_marker'>> & { readonly count: number };

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
  if (query.delimiter === undefined) return paged(await listNames(pool, query, limit + 1), limit);
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

async function listNames(pool: pg.Pool, query: ListQuery, limit: number): Promise<readonly ListEntry[]> {
  const { key, isInclusive } = startOf(query);
  const { rows } = await pool.query<NamesRow>({
    name: 'objects-list-names',
    text: LIST_NAMES,
    values: [query.bucket, key, isInclusive, successor(query.prefix) ?? AFTER_ALL, limit],
  });
  const [page] = rows;
  if (page === undefined || page.count === 0) return [];
  return page.key.map((name, at): ListEntry => {
    const checksumType = page.checksum_type[at] ?? undefined;
    return {
      version: {
        key: name,
        versionId: page.is_null[at] === true ? NULL_VERSION : idOfRank(page.rank[at] ?? 0),
        isMarker: false,
        modified_ms: page.modified_ms[at] ?? 0,
        size: page.size[at] ?? 0,
        etag: page.etag[at] ?? '',
        checksums: page.checksums[at] ?? {},
        ...(checksumType === undefined ? {} : { checksumType }),
      },
    };
  });
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
