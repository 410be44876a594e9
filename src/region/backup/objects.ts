/** Objects in a restored database: it has their names, keys and locks; their bytes lie beside it, and are not in a backup. */
import pg from 'pg';
import type { PostgresConnection } from '#engines/postgres/database.ts';
import { SCRUB_TASK } from '#services/objects/server/upkeep/damage.ts';
import { SUPERUSER } from '../embedded/postgres.ts';
import { OBJECTS_SCHEMA } from '../objects/places.ts';

export interface KnownObjects {
  /** That hold something. */
  readonly buckets: number;
  /** With delete markers. */
  readonly versions: number;
  readonly bytes: number;
}

const NONE: KnownObjects = { buckets: 0, versions: 0, bytes: 0 };

/** What there is. With `lookAgain` the region asks for the bytes of each as soon as it serves objects, and says of every bucket what is missing. */
export async function knownObjects(
  connection: PostgresConnection,
  { lookAgain }: { readonly lookAgain: boolean },
): Promise<KnownObjects> {
  // The schema belongs to a role of its own.
  const client = new pg.Client({ ...connection, user: SUPERUSER });
  await client.connect();
  try {
    const { rows } = await client.query<{ there: boolean }>('SELECT to_regclass($1) IS NOT NULL AS there', [
      `${OBJECTS_SCHEMA}.upkeep`,
    ]);
    if (rows[0]?.there !== true) return NONE;
    if (lookAgain) await client.query(`DELETE FROM ${OBJECTS_SCHEMA}.upkeep WHERE task = $1`, [SCRUB_TASK]);
    const counted = await client.query<Record<keyof KnownObjects, string>>(
      `SELECT count(*) AS buckets, coalesce(sum(versions), 0) AS versions, coalesce(sum(bytes), 0) AS bytes
       FROM ${OBJECTS_SCHEMA}.buckets WHERE versions > 0`,
    );
    const { buckets, versions, bytes } = counted.rows[0] ?? NONE;
    return { buckets: Number(buckets), versions: Number(versions), bytes: Number(bytes) };
  } finally {
    await client.end();
  }
}

/** Of a backup with objects. */
export interface BroughtFiles {
  readonly brought: number;
  readonly missing: number;
}

const WITHOUT =
  'each bucket says which of its objects have no bytes (condition Intact, status.damaged), and no such object is given out';

/** Undefined where there are none. `below`: they lie in an S3 cluster, which a backup does not touch. */
export function objectsNote(
  { buckets, versions, bytes }: KnownObjects,
  { below, files }: { readonly below: boolean; readonly files: BroughtFiles | undefined },
): string | undefined {
  if (versions === 0) return undefined;
  const what = `${versions} versions of objects in ${buckets} buckets, ${(bytes / 1e6).toFixed(1)} MB`;
  if (below)
    return `${what}: their bytes are in the S3 cluster that region.yaml names, and in no backup of the region`;
  if (files === undefined)
    return `${what}: their bytes are not in it. Put a copy of the folder objects/ back before casemate up, or ${WITHOUT}`;
  const lost = files.missing === 0 ? '' : `, and ${files.missing} files are missing beside the backup`;
  return `${what}: ${files.brought} files with their bytes are back, as of the backup${lost}; what was put since is not among them: ${WITHOUT}`;
}
