-- The latest few checkpoints of each log that witnesses cosigned, with their cosignatures.
CREATE TABLE cosigned_checkpoints (
  realm uuid NOT NULL,
  log text NOT NULL CHECK (log IN ('changes', 'access')),
  size bigint NOT NULL,
  note text NOT NULL,
  PRIMARY KEY (realm, log, size)
);
