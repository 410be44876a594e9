/**
 * Short-lived records of protocols, beside the log: authorization codes, refresh tokens, challenges, nonces, counters. Nothing here is an
 * object, none of it outlives its expiry, and losing all of it costs nobody more than signing in again. `engines/postgres` implements
 * it, `store/memory-records.ts` for tests, and one conformance suite runs against both. The storage learns nothing of what it keeps:
 * `sealed-records.ts` hashes ids and keys and seals payloads before they come here.
 */
import type { RealmId } from './realm-id.ts';

/** What was kept; `version` rises with every replacement. */
export interface ExpiringRecord {
  readonly id: string;
  readonly payload: Uint8Array;
  /** Milliseconds since the Unix epoch; from then on the record is not there. */
  readonly expires_ms: number;
  readonly version: number;
}

export interface NewRecord {
  /** Unique within the realm's collection. */
  readonly id: string;
  readonly payload: Uint8Array;
  readonly expires_ms: number;
  /** By which it can be found and deleted with others: `grant:…`, `user:…`. */
  readonly keys?: readonly string[];
}

/** Bounds of every implementation. */
export const RECORD_LIMITS = {
  /** Of an id or a key. */
  name_characters_max: 128,
  /** Of a collection: lower-case words with dashes. */
  collection_characters_max: 64,
  keys_max: 8,
  payload_bytes_max: 16 * 1024,
  /** Records of one realm's collection, expired ones that were not swept yet included. */
  records_max: 100_000,
  /** Records that `findBy` gives at most. */
  found_max: 1_000,
  /** Records that one sweep removes at most. */
  sweep_max: 1_000,
} as const;

/** A collection has as many records as it may; nothing was written. */
export class RecordsFullError extends Error {
  override readonly name = 'RecordsFullError';
}

/**
 * Every operation is atomic, over all processes of the region. All throw RangeError on what breaks a bound. A realm is named by its
 * prefix; what a realm had goes with it (`deleteRealm`).
 */
export interface ExpiringRecords {
  /** Keeps a record unless its id is taken by one that has not expired; says whether it did. Throws RecordsFullError. */
  add(realm: RealmId, collection: string, record: NewRecord): Promise<boolean>;
  /** Keeps a record whatever was there under its id. Throws RecordsFullError. */
  put(realm: RealmId, collection: string, record: NewRecord): Promise<void>;
  get(realm: RealmId, collection: string, id: string): Promise<ExpiringRecord | undefined>;
  /** Records that have a key, in no order; at most `found_max`. */
  findBy(realm: RealmId, collection: string, key: string): Promise<readonly ExpiringRecord[]>;
  /** Replaces a record if it is still at `version`; says whether it did. */
  replace(realm: RealmId, collection: string, version: number, record: NewRecord): Promise<boolean>;
  /** Removes a record and gives it: to one caller only, however many ask. */
  take(realm: RealmId, collection: string, id: string): Promise<ExpiringRecord | undefined>;
  /** No error when it is gone. */
  delete(realm: RealmId, collection: string, id: string): Promise<void>;
  /** Removes every record of the collection that has a key; says how many. */
  deleteBy(realm: RealmId, collection: string, key: string): Promise<number>;
  deleteRealm(realm: RealmId): Promise<void>;
  /** Removes at most `sweep_max` expired records of any realm; says how many. */
  sweep(): Promise<number>;
}
