-- What leaves of changes say of persons, beside the leaf whose digest covers it, so that it can be erased, and the name in its row with it.
ALTER TABLE changes ADD COLUMN personal bytea;
-- Changes up to and including this one were gone through by retention.
ALTER TABLE realms ADD COLUMN records_floor bigint NOT NULL DEFAULT -1;
