/**
 * The statement that makes a realm: its row, the first leaves of both logs, the first objects and checkpoints. One statement, so one round
 * trip and one transaction. Where the id is taken nothing is written.
 */
import type { NewRealm } from '#kernel/store/storage.ts';
import { bigintArray, textArray } from './binary-array.ts';
import { effectColumns, leafColumns, nodeColumns, objectColumns, personalColumn } from './rows.ts';

/** $1 uid, $2 id, then size and frontier of each log, then arrays: leaves of `changes`, objects, leaves of `access`, nodes of each, checkpoints. */
const CREATE_REALM = `
WITH made AS (
  INSERT INTO realms (uid, id, changes_size, changes_frontier, access_size, access_frontier)
  VALUES ($1, $2, $3, $4, $5, $6)
  ON CONFLICT DO NOTHING
  RETURNING uid
), changed AS (
  INSERT INTO changes (realm, leaf_index, time_ms, leaf, hash, effect, resource, namespace, name, object, previous, body, personal)
  SELECT made.uid, leaf.*
  FROM made, unnest(
    $7::bigint[], $8::bigint[], $9::bytea[], $10::bytea[], $11::text[], $12::text[], $13::text[], $14::text[], $15::text[],
    $16::bigint[], $17::bytea[], $18::bytea[]
  ) AS leaf
), kept AS (
  INSERT INTO objects (realm, uid, revision)
  SELECT made.uid, object.* FROM made, unnest($19::text[], $20::bigint[]) AS object
), accessed AS (
  INSERT INTO access (realm, leaf_index, time_ms, leaf, hash)
  SELECT made.uid, leaf.* FROM made, unnest($21::bigint[], $22::bigint[], $23::bytea[], $24::bytea[]) AS leaf
), noded AS (
  INSERT INTO tile_nodes (realm, log, level, node_index, hash)
  SELECT made.uid, 'changes', node.* FROM made, unnest($25::smallint[], $26::bigint[], $27::bytea[]) AS node
  UNION ALL
  SELECT made.uid, 'access', node.* FROM made, unnest($28::smallint[], $29::bigint[], $30::bytea[]) AS node
), checked AS (
  INSERT INTO checkpoints (realm, log, size, note)
  SELECT made.uid, checkpoint.* FROM made, unnest($31::text[], $32::bigint[], $33::text[]) AS checkpoint
)
SELECT 1 FROM made`;

export function createRealm({ uid, id, changes, access, checkpoints }: NewRealm) {
  const [kept, revisions] = objectColumns({ realmUid: uid, expectedSize: 0, ...changes });
  const notes = Object.entries(checkpoints ?? {});
  return {
    name: 'create-realm',
    text: CREATE_REALM,
    values: [
      uid,
      id,
      changes.frontier.size,
      changes.frontier.hashes,
      access.frontier.size,
      access.frontier.hashes,
      ...leafColumns(changes.leaves),
      ...effectColumns(changes.leaves),
      personalColumn(changes.leaves),
      kept,
      revisions,
      ...leafColumns(access.leaves),
      ...nodeColumns(changes.tileNodes),
      ...nodeColumns(access.tileNodes),
      textArray(notes.map(([log]) => log)),
      bigintArray(notes.map(([, { size }]) => size)),
      textArray(notes.map(([, { note }]) => note)),
    ],
  };
}
