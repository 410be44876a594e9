-- How long bodies are kept is another matter than how far back a watch may resume: each has its own floor. What changes up to and including
-- this one replaced or removed has been dropped.
ALTER TABLE realms ADD COLUMN bodies_floor bigint NOT NULL DEFAULT -1;
-- When to look again, in milliseconds since the Unix epoch; 0: it was never looked.
ALTER TABLE realms ADD COLUMN bodies_due_ms bigint NOT NULL DEFAULT 0;

-- Until now one number served both.
UPDATE realms SET bodies_floor = history_floor;
