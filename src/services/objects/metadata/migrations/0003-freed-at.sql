-- When a blob was let go: where several processes have one cluster below, none knows what the others read.
-- works-from: 0001
ALTER TABLE freed_blobs ADD COLUMN freed_at timestamptz NOT NULL DEFAULT now();
