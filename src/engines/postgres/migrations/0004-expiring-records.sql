-- Short-lived records of protocols: codes, refresh tokens, challenges. Ids and keys are hashed and payloads sealed before they come here.
-- No two states of a record share a version, not even when it was made anew.

CREATE SEQUENCE record_versions AS bigint;

CREATE TABLE expiring_records (
  realm uuid NOT NULL,
  collection text NOT NULL,
  id text NOT NULL,
  payload bytea NOT NULL,
  expires_ms bigint NOT NULL,
  version bigint NOT NULL,
  PRIMARY KEY (realm, collection, id)
);

CREATE INDEX expiring_records_by_expiry ON expiring_records (expires_ms);

CREATE TABLE expiring_record_keys (
  realm uuid NOT NULL,
  collection text NOT NULL,
  key text NOT NULL,
  id text NOT NULL,
  PRIMARY KEY (realm, collection, key, id),
  FOREIGN KEY (realm, collection, id) REFERENCES expiring_records ON DELETE CASCADE
);

-- For the cascade.
CREATE INDEX expiring_record_keys_by_id ON expiring_record_keys (realm, collection, id);
