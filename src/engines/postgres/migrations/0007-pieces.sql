-- Pieces of terminal recordings, each sealed before it comes here. What they belong to is an object; a piece is read when somebody plays it.

CREATE TABLE pieces (
  realm uuid NOT NULL,
  whole uuid NOT NULL,
  sequence integer NOT NULL,
  payload bytea NOT NULL,
  PRIMARY KEY (realm, whole, sequence)
);

-- What is sealed does not compress.
ALTER TABLE pieces ALTER COLUMN payload SET STORAGE EXTERNAL;
