/** Versions as reports tell of them: all that is said of them but what is sealed, page by page in the order of the primary key. */
import type pg from 'pg';
import { LIST_MAX, type ReportedQuery, type ReportedVersion } from '../store.ts';
import { successor } from '../successor.ts';
import {
  idOfRank,
  LISTED_COLUMNS,
  type ListedRow,
  listedVersion,
  lockOf,
  rankOfId,
  type VersionRow,
} from './rows.ts';

/** What is sealed begins with the version of the bucket's key, four bytes; those of a client's own key are zero: `../../encryption/bucket-key.ts`. In base64 those are the first five characters and a third of the next. */
const VERSION_BYTES = 4;
const NO_VERSION = '^AAAAA[A-P]';

const REPORTED = `
SELECT ${LISTED_COLUMNS}, lock_mode, retain_until_ms, legal_hold,
  substring(sealed FOR ${VERSION_BYTES}) AS key_version, coalesce(pieces->0->>2, '') ~ '${NO_VERSION}' AS is_customer_key
FROM versions
WHERE bucket = $1 AND (key, rank) > ($2 COLLATE "C", $3::bigint) AND ($4::text IS NULL OR key < $4) AND (is_live OR NOT $5)
ORDER BY key, rank LIMIT $6`;

// Before all versions of a name; as text, for it is beyond what a number holds.
const RANK_FIRST = '-9223372036854775808';

interface ReportedRow extends ListedRow, Pick<VersionRow, 'lock_mode' | 'retain_until_ms' | 'legal_hold'> {
  readonly key_version: Buffer;
  readonly is_customer_key: boolean;
}

export async function reported(
  pool: pg.Pool,
  { bucket, prefix, after, onlyLive, limit }: ReportedQuery,
): Promise<readonly ReportedVersion[]> {
  const { rows } = await pool.query<ReportedRow>({
    name: 'objects-reported',
    text: REPORTED,
    values: [
      bucket,
      after?.key ?? prefix,
      after === undefined ? RANK_FIRST : rankOfId(after.position),
      successor(prefix) ?? null,
      onlyLive,
      Math.min(limit, LIST_MAX),
    ],
  });
  return rows.map((row) => ({
    ...listedVersion(row),
    lock: lockOf(row),
    position: idOfRank(row.rank),
    // Delete markers have nothing sealed.
    keyVersion: row.key_version.length < VERSION_BYTES ? 0 : row.key_version.readUInt32BE(),
    isCustomerKey: row.is_customer_key,
  }));
}
