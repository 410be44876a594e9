/** Reading one version: requests that come together are looked up together. */
import type pg from 'pg';
import { bigintArray, textArray } from '#engines/postgres/binary-array.ts';
import type { ObjectVersion } from '../store.ts';
import { NULL_VERSION, objectVersion, rankOfId, VERSION_COLUMNS, type VersionRow } from './rows.ts';

export interface Lookup {
  readonly bucket: string;
  readonly key: string;
  /** Absent: the newest. */
  readonly versionId?: string;
}

/** $1 buckets, $2 keys, $3 ranks or null, $4 whether the version `null` is meant. */
const READ = `
SELECT asked.n, found.*
FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[]) WITH ORDINALITY AS asked (bucket, key, rank, is_null, n)
CROSS JOIN LATERAL (
  SELECT ${VERSION_COLUMNS} FROM versions
  WHERE versions.bucket = asked.bucket::uuid AND versions.key = asked.key COLLATE "C"
    AND versions.rank = coalesce(asked.rank, versions.rank) AND (asked.is_null = 0 OR versions.is_null)
  ORDER BY versions.rank LIMIT 1
) AS found`;

/** In the order asked. */
export async function readVersions(
  pool: pg.Pool,
  asked: readonly Lookup[],
): Promise<readonly (ObjectVersion | undefined)[]> {
  // No version has such an id: 0 is nobody's rank.
  const ranks = asked.map(({ versionId }) =>
    versionId === undefined || versionId === NULL_VERSION ? null : (rankOfId(versionId) ?? 0),
  );
  const { rows } = await pool.query<VersionRow & { readonly n: number }>({
    name: 'objects-read',
    text: READ,
    values: [
      textArray(asked.map(({ bucket }) => bucket)),
      textArray(asked.map(({ key }) => key)),
      bigintArray(ranks),
      bigintArray(asked.map(({ versionId }) => (versionId === NULL_VERSION ? 1 : 0))),
    ],
  });
  const found: (ObjectVersion | undefined)[] = asked.map(() => undefined);
  for (const row of rows) found[row.n - 1] = objectVersion(row);
  return found;
}
