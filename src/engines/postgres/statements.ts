/**
 * The SQL of the store. Each append is one statement, so one round trip and one transaction: it begins with a compare-and-swap of the
 * log's size in the realm's row, and all the rest happens only for the row that this moved.
 */

/** $1 realm, $2 expected size, $3 size, $4 frontier, then arrays of equal length a leaf, an object, a removal, a node. */
export const COMMIT_CHANGES = `
WITH moved AS (
  UPDATE realms SET changes_size = $3, changes_frontier = $4
  WHERE uid = $1 AND changes_size = $2
  RETURNING uid
), logged AS (
  INSERT INTO changes (realm, leaf_index, time_ms, leaf, hash, effect, resource, namespace, name, object, previous, body, personal)
  SELECT moved.uid, leaf.*
  FROM moved, unnest(
    $5::bigint[], $6::bigint[], $7::bytea[], $8::bytea[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[],
    $14::bigint[], $15::bytea[], $16::bytea[]
  ) AS leaf
), kept AS (
  INSERT INTO objects (realm, uid, revision)
  SELECT moved.uid, object.* FROM moved, unnest($17::text[], $18::bigint[]) AS object
  ON CONFLICT (realm, uid) DO UPDATE SET revision = excluded.revision
), removed AS (
  DELETE FROM objects USING (
    -- OFFSET 0 keeps the planner from reading all objects of the realm to compare each with the array.
    SELECT moved.uid AS realm, gone.uid FROM moved, unnest($19::text[]) AS gone (uid) OFFSET 0
  ) AS gone
  WHERE objects.realm = gone.realm AND objects.uid = gone.uid
), noded AS (
  INSERT INTO tile_nodes (realm, log, level, node_index, hash)
  SELECT moved.uid, 'changes', node.* FROM moved, unnest($20::smallint[], $21::bigint[], $22::bytea[]) AS node
)
SELECT 1 FROM moved`;

/** $1 realm, $2 expected size, $3 size, $4 frontier, then arrays a leaf and a node. */
export const COMMIT_ACCESS = `
WITH moved AS (
  UPDATE realms SET access_size = $3, access_frontier = $4
  WHERE uid = $1 AND access_size = $2
  RETURNING uid
), logged AS (
  INSERT INTO access (realm, leaf_index, time_ms, leaf, hash, personal)
  SELECT moved.uid, leaf.*
  FROM moved, unnest($5::bigint[], $6::bigint[], $7::bytea[], $8::bytea[], $9::bytea[]) AS leaf
), noded AS (
  INSERT INTO tile_nodes (realm, log, level, node_index, hash)
  SELECT moved.uid, 'access', node.* FROM moved, unnest($10::smallint[], $11::bigint[], $12::bytea[]) AS node
)
SELECT 1 FROM moved`;

/** $1 realm. The row goes first: from then on nobody can append. */
export const DESTROY_REALM = [
  'DELETE FROM realms WHERE uid = $1',
  'DELETE FROM objects WHERE realm = $1',
  'DELETE FROM changes WHERE realm = $1',
  'DELETE FROM access WHERE realm = $1',
  'DELETE FROM tile_nodes WHERE realm = $1',
  'DELETE FROM checkpoints WHERE realm = $1',
  'DELETE FROM cosigned_checkpoints WHERE realm = $1',
  // Their keys go with them.
  'DELETE FROM expiring_records WHERE realm = $1',
  'DELETE FROM pieces WHERE realm = $1',
];

export const LIST_REALMS = 'SELECT id FROM realms ORDER BY id COLLATE "C"';

export const READ_REALM = `
SELECT id, uid, changes_size, changes_frontier, access_size, access_frontier, history_floor, bodies_floor, bodies_due_ms,
  records_floor
FROM realms WHERE id = $1`;

/** $1 realm, $2 the uid to begin after, $3 how many. */
export const READ_OBJECTS = `
SELECT changes.resource, objects.uid, objects.revision, changes.leaf, changes.body
FROM objects JOIN changes ON changes.realm = objects.realm AND changes.leaf_index = objects.revision
WHERE objects.realm = $1 AND objects.uid > $2
ORDER BY objects.uid
LIMIT $3`;

/** $1 realm, $2 first index, $3 how many. No row at all: no such realm; one without index: nothing to read. */
export const READ_CHANGES = `
SELECT change.*
FROM realms LEFT JOIN LATERAL (
  SELECT leaf_index, time_ms, leaf, hash, effect, resource, namespace, name, object, previous, body
  FROM changes WHERE changes.realm = realms.uid AND leaf_index >= $2 ORDER BY leaf_index LIMIT $3
) AS change ON true
WHERE realms.uid = $1
ORDER BY change.leaf_index`;

export const READ_SIZES = 'SELECT uid, changes_size FROM realms WHERE uid = ANY ($1::uuid[])';

/** $1 realm, $2 after, $3 up to, $4 resource or null, $5 namespace or null, $6 how many. No row: expired, or no realm. */
export const READ_HISTORY = `
SELECT change.*
FROM realms LEFT JOIN LATERAL (
  SELECT now.leaf_index, now.time_ms, now.leaf, now.hash, now.effect, now.resource, now.namespace, now.name,
    now.object, now.previous, now.body, before.body AS previous_body
  FROM changes AS now
  LEFT JOIN changes AS before ON before.realm = now.realm AND before.leaf_index = now.previous
  WHERE now.realm = realms.uid AND now.leaf_index > $2 AND now.leaf_index <= $3 AND now.effect IS NOT NULL
    AND ($4::text IS NULL OR now.resource = $4) AND ($5::text IS NULL OR now.namespace = $5)
  ORDER BY now.leaf_index
  LIMIT $6
) AS change ON true
WHERE realms.uid = $1 AND realms.history_floor <= $2
ORDER BY change.leaf_index`;

export const RAISE_HISTORY_FLOOR =
  'UPDATE realms SET history_floor = $2 WHERE uid = $1 AND history_floor < $2';

/** $1 now, $2 how many. */
export const REALMS_WITH_BODIES_DUE =
  'SELECT id FROM realms WHERE bodies_due_ms <= $1 ORDER BY bodies_due_ms, id LIMIT $2';

export const SET_BODIES_DUE = 'UPDATE realms SET bodies_due_ms = $2 WHERE uid = $1';

export const RAISE_RECORDS_FLOOR =
  'UPDATE realms SET records_floor = $2 WHERE uid = $1 AND records_floor < $2';

export const LAST_CHANGE_BEFORE = `
SELECT leaf_index FROM changes WHERE realm = $1 AND time_ms < $2 ORDER BY leaf_index DESC LIMIT 1`;

/** $1 realm, $2 first index, $3 index after the last. */
export const READ_LEAVES = {
  changes: `SELECT leaf_index, time_ms, leaf, hash, personal FROM changes
WHERE realm = $1 AND leaf_index >= $2 AND leaf_index < $3 ORDER BY leaf_index`,
  access: `SELECT leaf_index, time_ms, leaf, hash, personal FROM access
WHERE realm = $1 AND leaf_index >= $2 AND leaf_index < $3 ORDER BY leaf_index`,
};

const PERSONAL = 'realm = $1 AND personal IS NOT NULL AND leaf_index BETWEEN $2 AND $3 AND time_ms < $4';
const RECORDS = 'SELECT min(leaf_index) AS first, max(leaf_index) AS last, count(*) AS count FROM';

/** $1 realm, $2 first index, $3 last index, $4 made before this. */
export const PERSONAL_RECORDS = {
  changes: `${RECORDS} changes WHERE ${PERSONAL}`,
  access: `${RECORDS} access WHERE ${PERSONAL}`,
};

/** As PERSONAL_RECORDS. */
export const ERASE_PERSONAL = {
  changes: `UPDATE changes SET personal = NULL, name = NULL WHERE ${PERSONAL}`,
  access: `UPDATE access SET personal = NULL WHERE ${PERSONAL}`,
};

/** $1 realm, $2 log, $3 level, $4 first index, $5 index after the last. */
export const READ_NODES = `
SELECT hash FROM tile_nodes
WHERE realm = $1 AND log = $2 AND level = $3 AND node_index >= $4 AND node_index < $5
ORDER BY node_index`;

/** $1 realm, $2 log, $3 size, $4 note. Locks the realm's row against its destruction. */
export const KEEP_CHECKPOINT = `
INSERT INTO checkpoints (realm, log, size, note)
SELECT uid, $2, $3, $4 FROM realms WHERE uid = $1 FOR KEY SHARE
ON CONFLICT DO NOTHING
RETURNING size`;

/** $1 realm, $2 log, $3 how many stay. */
export const DROP_CHECKPOINTS = `
DELETE FROM checkpoints WHERE realm = $1 AND log = $2 AND size <= (
  SELECT size FROM checkpoints WHERE realm = $1 AND log = $2 ORDER BY size DESC OFFSET $3 LIMIT 1
)`;

/** $1 realm, $2 log, $3 size, $4 note, $5 the note that it takes the place of, or null. Locks the realm's row against its destruction. */
export const KEEP_COSIGNED = `
INSERT INTO cosigned_checkpoints AS kept (realm, log, size, note)
SELECT uid, $2, $3, $4 FROM realms
WHERE uid = $1 AND ($5::text IS NULL OR EXISTS (
  SELECT FROM cosigned_checkpoints WHERE realm = $1 AND log = $2 AND size = $3
))
FOR KEY SHARE
ON CONFLICT (realm, log, size) DO UPDATE SET note = excluded.note WHERE kept.note = $5
RETURNING size`;

/** $1 realm, $2 log, $3 how many stay. */
export const DROP_COSIGNED = `
DELETE FROM cosigned_checkpoints WHERE realm = $1 AND log = $2 AND size <= (
  SELECT size FROM cosigned_checkpoints WHERE realm = $1 AND log = $2 ORDER BY size DESC OFFSET $3 LIMIT 1
)`;

/** $1 realm, $2 log. */
export const READ_COSIGNED = `
SELECT size, note FROM cosigned_checkpoints WHERE realm = $1 AND log = $2 ORDER BY size`;

/** $1 realm, $2 log. */
export const READ_CHECKPOINTS = `
SELECT size, note FROM checkpoints WHERE realm = $1 AND log = $2 ORDER BY size`;
