-- Key material, encrypted before it comes here.
CREATE TABLE wrapped_keys (
  realm text NOT NULL,
  name text NOT NULL,
  blob bytea NOT NULL,
  PRIMARY KEY (realm, name)
);
