-- Checkpoints that were signed and given out, so that anyone can hold the log as it is against what was said of it before.
CREATE TABLE checkpoints (
  realm uuid NOT NULL,
  log text NOT NULL CHECK (log IN ('changes', 'access')),
  size bigint NOT NULL,
  note text NOT NULL,
  PRIMARY KEY (realm, log, size)
);
