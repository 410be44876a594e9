/**
 * Short-lived records of protocols, beside the log: authorization codes, refresh tokens, challenges, nonces, counters. Nothing here is an
 * object, none of it outlives its expiry, and losing all of it costs nobody more than signing in again. `engines/postgres` implements
 * it, `store/memory-records.ts` for tests, and one conformance suite runs against both. The storage learns nothing of what it keeps:
 * `sealed-records.ts` hashes ids and keys and seals payloads before they come here.
 */
/** What was kept; no two records, and no two states of one, have the same `version`. */
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
  /**
   * Records of one realm's collection, expired ones that were not swept yet included. Counted now and then, so several processes
   * that write at once may go past it by a part.
   */
  records_max: 200_000,
  /** Records that `findBy` gives at most. */
  found_max: 1_000,
  /** Records that one sweep removes at most. */
  sweep_max: 1_000,
} as const;

/** A collection has as many records as it may; nothing was written. */
export class RecordsFullError extends Error {
  override readonly name = 'RecordsFullError';

  constructor() {
    super('there are as many short-lived records of this sort as there may be; try again in a while');
  }
}

/**
 * Every operation is atomic, over all processes of the region. All throw RangeError on what breaks a bound. A realm is named by its uid,
 * so that one made anew under an old name finds nothing of the old one; what a realm had goes when it is destroyed.
 */
export interface ExpiringRecords {
  /** Keeps a record unless its id is taken by one that has not expired; says whether it did. Throws RecordsFullError. */
  add(realmUid: string, collection: string, record: NewRecord): Promise<boolean>;
  /** Keeps a record whatever was there under its id. Throws RecordsFullError. */
  put(realmUid: string, collection: string, record: NewRecord): Promise<void>;
  get(realmUid: string, collection: string, id: string): Promise<ExpiringRecord | undefined>;
  /** Records that have a key, in no order; at most `found_max`. */
  findBy(realmUid: string, collection: string, key: string): Promise<readonly ExpiringRecord[]>;
  /** Replaces a record if it is still at `version`; says whether it did. */
  replace(realmUid: string, collection: string, version: number, record: NewRecord): Promise<boolean>;
  /** Removes a record and gives it: to one caller only, however many ask. */
  take(realmUid: string, collection: string, id: string): Promise<ExpiringRecord | undefined>;
  /** No error when it is gone. */
  delete(realmUid: string, collection: string, id: string): Promise<void>;
  /** Removes every record of the collection that has a key; says how many. */
  deleteBy(realmUid: string, collection: string, key: string): Promise<number>;
  /** Removes at most `sweep_max` expired records of any realm; says how many. */
  sweep(): Promise<number>;
}

const COLLECTION = /^[a-z][a-z0-9-]*$/;

/** Throws RangeError unless the names are within bounds. */
export function assertRecordNames(collection: string, ...names: readonly string[]): void {
  const { collection_characters_max, name_characters_max } = RECORD_LIMITS;
  if (!COLLECTION.test(collection) || collection.length > collection_characters_max) {
    throw new RangeError(
      `collection: lower-case letters, digits and dashes, at most ${collection_characters_max}, not "${collection}"`,
    );
  }
  if (names.some((name) => name === '' || name.length > name_characters_max)) {
    throw new RangeError(`id or key: 1 to ${name_characters_max} characters`);
  }
}

/** Throws RangeError unless the record is within bounds. */
export function assertRecord(collection: string, record: NewRecord): void {
  const { keys_max, payload_bytes_max } = RECORD_LIMITS;
  const keys = record.keys ?? [];
  assertRecordNames(collection, record.id, ...keys);
  if (keys.length > keys_max) throw new RangeError(`keys: at most ${keys_max}, not ${keys.length}`);
  if (new Set(keys).size < keys.length) throw new RangeError('keys: each once');
  if (record.payload.length > payload_bytes_max) {
    throw new RangeError(`payload: at most ${payload_bytes_max} bytes, not ${record.payload.length}`);
  }
  if (!Number.isSafeInteger(record.expires_ms)) throw new RangeError('expires_ms: whole milliseconds');
}
