-- Realms, their two logs, and their objects. A realm's row is the lock of all that belongs to it: every append begins by
-- comparing and swapping a log's size in it, so nothing else needs foreign keys.

CREATE TABLE realms (
  uid uuid PRIMARY KEY,
  id text NOT NULL UNIQUE,
  changes_size bigint NOT NULL,
  changes_frontier bytea NOT NULL,
  access_size bigint NOT NULL,
  access_frontier bytea NOT NULL,
  -- Changes up to and including this index have lost their history.
  history_floor bigint NOT NULL DEFAULT -1
) WITH (fillfactor = 50);

-- One row a leaf of a `changes` log, with what it did to an object. `body` is emptied when neither a watch can need it
-- nor an object is at this revision.
CREATE TABLE changes (
  realm uuid NOT NULL,
  leaf_index bigint NOT NULL,
  time_ms bigint NOT NULL,
  leaf bytea NOT NULL,
  hash bytea NOT NULL,
  effect text CHECK (effect IN ('created', 'updated', 'deleted')),
  resource text,
  namespace text,
  name text,
  object text,
  previous bigint,
  body bytea,
  PRIMARY KEY (realm, leaf_index)
);

-- Which leaf holds each object as it is now.
CREATE TABLE objects (
  realm uuid NOT NULL,
  uid text NOT NULL,
  revision bigint NOT NULL,
  PRIMARY KEY (realm, uid)
) WITH (fillfactor = 70);

CREATE TABLE access (
  realm uuid NOT NULL,
  leaf_index bigint NOT NULL,
  time_ms bigint NOT NULL,
  leaf bytea NOT NULL,
  hash bytea NOT NULL,
  PRIMARY KEY (realm, leaf_index)
);

-- Roots of complete subtrees of 256^level leaves: the hashes of tile level `level`.
CREATE TABLE tile_nodes (
  realm uuid NOT NULL,
  log text NOT NULL CHECK (log IN ('changes', 'access')),
  level smallint NOT NULL,
  node_index bigint NOT NULL,
  hash bytea NOT NULL,
  PRIMARY KEY (realm, log, level, node_index)
);
