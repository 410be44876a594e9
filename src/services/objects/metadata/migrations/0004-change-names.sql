-- Changes of names in one call: where each was a statement, with those that begin and end a transaction, they were most of what a small put cost.
-- works-from: 0001

-- What a change depends on has changed since it began: all of it is rolled back, to be done again.
CREATE FUNCTION raced() RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a bucket was closed meanwhile' USING ERRCODE = 'CMRAC';
END $$;

-- `changes`: what becomes of which name, as JSON; `sealed`: what is sealed of each. In their order tells the outcome of each, with the position of what was made. No two may be of one name.
-- Volatile, so that each statement sees what was committed before it began: names are locked first, and whoever else changes them has ended.
CREATE FUNCTION change_names(changes json, sealed bytea[], now_ms bigint) RETURNS TABLE (outcome text, made_rank bigint) LANGUAGE plpgsql VOLATILE AS $$
#variable_conflict use_column
BEGIN
  -- In one order everywhere, so that no two wait for each other.
  PERFORM pg_advisory_xact_lock(name.lock) FROM (
    SELECT DISTINCT hashtextextended(bucket || '/' || key, 0) AS lock FROM json_to_recordset(changes) AS name (bucket text, key text)
    ORDER BY 1 OFFSET 0
  ) AS name;
  RETURN QUERY
  WITH judged AS (
    SELECT wanted.*, newest.rank AS newest_rank,
      CASE
        WHEN coalesce(buckets.is_closed, false) THEN 'closed'
        WHEN if_rank IS DISTINCT FROM coalesce(newest.rank, 0) AND if_rank IS NOT NULL THEN 'differs'
        WHEN if_none AND newest.is_live THEN 'exists'
        WHEN if_match IS NOT NULL AND NOT coalesce(newest.is_live, false) THEN 'missing'
        WHEN if_match <> '*' AND if_match <> newest.etag THEN 'differs'
        WHEN wanted.is_null AND newest.rank IS NOT NULL AND EXISTS (
          SELECT FROM versions WHERE versions.bucket = wanted.bucket AND versions.key = wanted.key COLLATE "C" AND versions.is_null
            AND (versions.legal_hold OR versions.lock_mode IS NOT NULL AND versions.retain_until_ms > now_ms)
        ) THEN 'locked'
        ELSE 'done'
      END AS outcome
    FROM json_to_recordset(changes) AS wanted (
      n integer, bucket uuid, key text, is_null boolean, is_made boolean, is_marker boolean, if_match text, if_none boolean, if_rank bigint,
      size bigint, etag text, checksums jsonb, checksum_type text, tag_count smallint, lock_mode text, retain_until_ms bigint,
      legal_hold boolean, pieces jsonb, parts jsonb
    )
    LEFT JOIN buckets ON buckets.uid = wanted.bucket
    LEFT JOIN LATERAL (
      SELECT rank, is_live, etag FROM versions WHERE versions.bucket = wanted.bucket AND versions.key = wanted.key COLLATE "C"
      ORDER BY rank LIMIT 1
    ) AS newest ON true
  ), placed AS (
    SELECT judged.*, CASE WHEN judged.outcome = 'done' AND is_made THEN nextval('version_rank') END AS rank FROM judged
  ), replaced AS (
    DELETE FROM versions USING placed
    WHERE placed.outcome = 'done' AND placed.is_null AND placed.newest_rank IS NOT NULL
      AND versions.bucket = placed.bucket AND versions.key = placed.key COLLATE "C" AND versions.is_null
    RETURNING versions.bucket, versions.size, versions.pieces
  ), dimmed AS (
    UPDATE versions SET is_live = false FROM placed
    WHERE placed.rank IS NOT NULL AND versions.bucket = placed.bucket AND versions.key = placed.key COLLATE "C"
      AND versions.rank = placed.newest_rank AND versions.is_live AND NOT (placed.is_null AND versions.is_null)
  ), made AS (
    INSERT INTO versions (bucket, key, rank, is_null, is_marker, is_live, modified_ms, size, etag, checksums, checksum_type, sealed, tag_count,
      lock_mode, retain_until_ms, legal_hold, pieces, parts)
    SELECT bucket, key, rank, is_null, is_marker, NOT is_marker, now_ms, size, etag, checksums, checksum_type, sealed[n], tag_count,
      lock_mode, retain_until_ms, legal_hold, pieces, parts
    FROM placed WHERE rank IS NOT NULL
    RETURNING bucket, size
  ), freed AS (
    INSERT INTO freed_blobs (blob) SELECT piece->>0 FROM replaced, jsonb_array_elements(replaced.pieces) AS piece
  ), sums AS (
    SELECT bucket, sum(versions) AS versions, sum(bytes) AS bytes FROM (
      SELECT bucket, 1 AS versions, size AS bytes FROM made UNION ALL SELECT bucket, -1, -size FROM replaced
    ) AS count GROUP BY bucket
  ), counted AS (
    INSERT INTO buckets AS kept (uid, versions, bytes) SELECT bucket, versions, bytes FROM sums ORDER BY bucket
    ON CONFLICT (uid) DO UPDATE SET versions = kept.versions + excluded.versions, bytes = kept.bytes + excluded.bytes
    WHERE NOT kept.is_closed
    RETURNING uid
  ), standing AS (
    SELECT (SELECT count(*) FROM counted) = (SELECT count(*) FROM sums) OR raced() AS is_counted
  )
  SELECT placed.outcome, placed.rank FROM placed, standing WHERE standing.is_counted ORDER BY placed.n;
END $$;
