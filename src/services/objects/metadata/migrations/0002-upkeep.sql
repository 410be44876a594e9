-- How far tasks have come that go on over days: rounds of lifecycle, of the sweep, of the scrub.
-- works-from: 0001
CREATE TABLE upkeep (
  task text PRIMARY KEY,
  done_ms bigint NOT NULL,
  place text
);
