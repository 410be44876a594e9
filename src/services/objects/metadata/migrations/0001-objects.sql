-- Names of objects are ordered by their bytes, as S3 lists them.
CREATE TABLE buckets (
  uid uuid PRIMARY KEY,
  -- Versions and delete markers, and their bytes as clients sent them; parts of uploads not among them.
  versions bigint NOT NULL DEFAULT 0,
  bytes bigint NOT NULL DEFAULT 0,
  -- Nothing more is written to it: it is being deleted.
  is_closed boolean NOT NULL DEFAULT false
);

-- Counts down, so that in the order of the primary key the newest version of a name comes first.
CREATE SEQUENCE version_rank INCREMENT BY -1 MAXVALUE -1 MINVALUE -9007199254740991 START WITH -1;

CREATE TABLE versions (
  bucket uuid NOT NULL,
  key text COLLATE "C" NOT NULL,
  rank bigint NOT NULL,
  -- Written while versioning was off or suspended: S3's version `null`. At most one a name.
  is_null boolean NOT NULL,
  is_marker boolean NOT NULL,
  -- The newest, and no delete marker: what a plain listing shows.
  is_live boolean NOT NULL,
  modified_ms bigint NOT NULL,
  size bigint NOT NULL,
  etag text NOT NULL,
  checksums jsonb NOT NULL,
  checksum_type text,
  sealed bytea NOT NULL,
  tag_count smallint NOT NULL,
  lock_mode text,
  retain_until_ms bigint,
  legal_hold boolean NOT NULL,
  -- [[blob, size, wrapped key in base64], …]
  pieces jsonb NOT NULL,
  parts jsonb,
  PRIMARY KEY (bucket, key, rank)
);
CREATE INDEX versions_live ON versions (bucket, key) WHERE is_live;

CREATE TABLE uploads (
  id uuid PRIMARY KEY,
  bucket uuid NOT NULL,
  key text COLLATE "C" NOT NULL,
  created_ms bigint NOT NULL,
  sealed bytea NOT NULL,
  -- What the object is to have, as the client said at the beginning.
  wanted jsonb NOT NULL
);
CREATE INDEX uploads_of_bucket ON uploads (bucket, key, created_ms, id);

CREATE TABLE upload_parts (
  upload uuid NOT NULL REFERENCES uploads ON DELETE CASCADE,
  number integer NOT NULL,
  modified_ms bigint NOT NULL,
  size bigint NOT NULL,
  etag text NOT NULL,
  checksums jsonb NOT NULL,
  pieces jsonb NOT NULL,
  PRIMARY KEY (upload, number)
);

-- So that completing twice answers twice the same.
CREATE TABLE completed_uploads (
  id uuid PRIMARY KEY,
  bucket uuid NOT NULL,
  key text COLLATE "C" NOT NULL,
  outcome jsonb NOT NULL,
  completed_ms bigint NOT NULL
);
CREATE INDEX completed_uploads_by_time ON completed_uploads (completed_ms);

-- Nothing refers to them any more; the backend is to give their room back. In the transaction that let go of them, so that none is forgotten.
CREATE TABLE freed_blobs (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  blob text NOT NULL
);

-- A page of a listing: names in order, and what is common to names up to a delimiter told once, with a single look into the index for each such group however large it is.
-- `group_end`: the delimiter's successor in the order of bytes, which ends a group.
CREATE FUNCTION list_live(of_bucket uuid, prefix text, prefix_end text, delimiter text, group_end text, after_key text, is_inclusive boolean, wanted integer)
RETURNS TABLE (group_prefix text, version versions) LANGUAGE plpgsql STABLE AS $$
DECLARE
  place text COLLATE "C" := after_key;
  inclusive boolean := is_inclusive;
  given integer := 0;
  one versions;
  tail text;
  cut integer;
BEGIN
  <<groups>>
  LOOP
    cut := 0;
    FOR one IN
      SELECT * FROM versions AS v
      WHERE v.bucket = of_bucket AND v.is_live AND v.key >= place AND (prefix_end IS NULL OR v.key < prefix_end)
      ORDER BY v.key
    LOOP
      CONTINUE WHEN NOT inclusive AND one.key = place;
      tail := substr(one.key, length(prefix) + 1);
      cut := CASE WHEN delimiter IS NULL THEN 0 ELSE position(delimiter IN tail) END;
      IF cut > 0 THEN
        group_prefix := prefix || left(tail, cut - 1 + length(delimiter));
        version := NULL;
        place := prefix || left(tail, cut - 1) || group_end;
        inclusive := true;
      ELSE
        group_prefix := NULL;
        version := one;
      END IF;
      RETURN NEXT;
      given := given + 1;
      EXIT groups WHEN given >= wanted;
      EXIT WHEN cut > 0;
    END LOOP;
    EXIT WHEN cut = 0;
  END LOOP;
END $$;

-- The same of all versions, newest of a name first.
CREATE FUNCTION list_versions(of_bucket uuid, prefix text, prefix_end text, delimiter text, group_end text, after_key text, after_rank bigint, wanted integer)
RETURNS TABLE (group_prefix text, is_newest boolean, version versions) LANGUAGE plpgsql STABLE AS $$
DECLARE
  place text COLLATE "C" := after_key;
  -- Of the name at which it begins, versions up to this one were told before.
  told bigint := after_rank;
  previous text := NULL;
  given integer := 0;
  one versions;
  tail text;
  cut integer;
BEGIN
  <<groups>>
  LOOP
    cut := 0;
    FOR one IN
      SELECT * FROM versions AS v
      WHERE v.bucket = of_bucket AND (v.key, v.rank) > (place, told) AND (prefix_end IS NULL OR v.key < prefix_end)
      ORDER BY v.key, v.rank
    LOOP
      tail := substr(one.key, length(prefix) + 1);
      cut := CASE WHEN delimiter IS NULL THEN 0 ELSE position(delimiter IN tail) END;
      IF cut > 0 THEN
        group_prefix := prefix || left(tail, cut - 1 + length(delimiter));
        version := NULL;
        is_newest := NULL;
        place := prefix || left(tail, cut - 1) || group_end;
        told := -9223372036854775808;
      ELSE
        group_prefix := NULL;
        version := one;
        is_newest := previous IS DISTINCT FROM one.key AND NOT (one.key = after_key AND after_rank > -9223372036854775808);
        previous := one.key;
      END IF;
      RETURN NEXT;
      given := given + 1;
      EXIT groups WHEN given >= wanted;
      EXIT WHEN cut > 0;
    END LOOP;
    EXIT WHEN cut = 0;
  END LOOP;
END $$;
