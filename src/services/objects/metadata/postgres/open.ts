/** Opens what is known of objects, in a database or a schema of its own. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type pg from 'pg';
import { openPool, type PostgresConnection, transaction } from '#engines/postgres/database.ts';
import { migrate, readMigrations } from '#engines/postgres/migrate.ts';
import type { Clock } from '#kernel/clock.ts';
import type { MetadataStore, Outcome } from '../store.ts';
import { Batcher } from './batcher.ts';
import { type Change, type Changed, change, putting, RacedError, removing } from './change.ts';
import * as listing from './list.ts';
import { type Lookup, readVersions } from './read.ts';
import { reported } from './reported.ts';
import * as upkeep from './upkeep.ts';
import * as uploads from './uploads.ts';
import * as versions from './versions.ts';

const MIGRATIONS = join(import.meta.dirname, '../migrations');
const CHANGES_MAX = 256;
const LOOKUPS_MAX = 64;
const LOOKUPS_IN_FLIGHT = 4;
const LOOKUPS_FOLLOWING = 32;
const WAITING_MAX = 10_000;
/** A bucket is closed once; whoever was on the way meanwhile tries once more, and is told. */
const TRIES_MAX = 3;

export interface MetadataOptions {
  readonly connection: PostgresConnection;
  readonly clock: Pick<Clock, 'now'>;
  readonly onFault: (error: unknown) => void;
}

export async function openMetadata({ connection, clock, onFault }: MetadataOptions): Promise<MetadataStore> {
  const pool = openPool(connection, onFault);
  try {
    await migrate(pool, await readMigrations(MIGRATIONS));
  } catch (error) {
    await pool.end();
    throw error;
  }
  return metadataIn(pool, clock);
}

function metadataIn(pool: pg.Pool, clock: Pick<Clock, 'now'>): MetadataStore {
  const within = <T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> =>
    transaction(pool, 'BEGIN', work);

  async function again<T>(work: () => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof RacedError) || tries >= TRIES_MAX) throw error;
      }
    }
  }

  const changes = new Batcher<Change, Changed>({
    run: (batch) => again(() => change(pool, batch, clock.now())),
    keyOf: ({ bucket, key }) => `${bucket}/${key}`,
    batch_max: CHANGES_MAX,
    // All of a bucket write to its count, so a second one would only wait for the first.
    inFlight_max: 1,
    following_min: 1,
    waiting_max: WAITING_MAX,
  });
  const lookups = new Batcher<Lookup, Awaited<ReturnType<MetadataStore['get']>>>({
    run: (batch) => readVersions(pool, batch),
    batch_max: LOOKUPS_MAX,
    inFlight_max: LOOKUPS_IN_FLIGHT,
    following_min: LOOKUPS_FOLLOWING,
    waiting_max: WAITING_MAX,
  });

  return {
    put: (version) => changes.add(putting(version)),
    get: (bucket, key, versionId) =>
      lookups.add({ bucket, key, ...(versionId === undefined ? {} : { versionId }) }),
    async remove(removal): Promise<Outcome<{ readonly markerId?: string }>> {
      const changed = await changes.add(removing(removal));
      if (changed.outcome !== 'done') return changed;
      return { outcome: 'done', ...(removal.versioning === 'off' ? {} : { markerId: changed.versionId }) };
    },
    removeVersion: (bucket, key, versionId, options) =>
      within((client) => versions.removeVersion(client, { bucket, key, versionId }, clock.now(), options)),
    setSealed: (bucket, key, versionId, said) =>
      within((client) => versions.setSealed(client, { bucket, key, versionId }, said)),
    setLock: (bucket, key, versionId, wanted, { passGovernance }) =>
      within((client) =>
        versions.setLock(client, { bucket, key, versionId }, wanted, clock.now(), passGovernance),
      ),
    list: (query) => listing.list(pool, query),
    listVersions: (query) => listing.listVersions(pool, query),
    reported: (query) => reported(pool, query),
    async createUpload(upload) {
      const made = { ...upload, id: randomUUID(), created_ms: clock.now() };
      await uploads.createUpload(pool, made);
      return made;
    },
    upload: (id) => uploads.readUpload(pool, id),
    putPart: (id, part) => within((client) => uploads.putPart(client, id, part, clock.now())),
    parts: (id, after, limit) => uploads.readParts(pool, id, after, limit),
    completeUpload: (id, parts, version) =>
      again(() => within((client) => uploads.completeUpload(client, id, parts, version, clock.now()))),
    abortUpload: (id) => within((client) => uploads.abortUpload(client, id)),
    uploads: (query) => uploads.uploads(pool, query),
    usage: (bucket) => upkeep.usage(pool, bucket),
    closeIfEmpty: (bucket) => upkeep.closeIfEmpty(pool, bucket),
    eraseSome: (bucket, limit) => within((client) => upkeep.eraseSome(client, bucket, limit)),
    freed: (limit, options) => upkeep.freed(pool, limit, options),
    givenBack: (ids) => upkeep.givenBack(pool, ids),
    referredTo: (blobs) => upkeep.referredTo(pool, blobs),
    ownersOf: (blobs) => upkeep.ownersOf(pool, blobs),
    owned: () => upkeep.owned(pool),
    progress: (task) => upkeep.progress(pool, task),
    noteProgress: (task, progress) => upkeep.noteProgress(pool, task, progress),
    expire: () => upkeep.expire(pool, clock.now()),
    close: () => pool.end(),
  };
}
