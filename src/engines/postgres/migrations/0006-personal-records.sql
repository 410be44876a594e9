-- What entries of access logs say of persons, beside the leaf whose digest covers it, so that it can be erased.
ALTER TABLE access ADD COLUMN personal bytea;
CREATE INDEX access_personal ON access (realm, leaf_index) WHERE personal IS NOT NULL;
