/** Short-lived records in memory, for tests and simulation. Never for a region: they are gone with the process. */
import type { Clock } from '../clock.ts';
import {
  assertRecord,
  assertRecordNames,
  type ExpiringRecord,
  type ExpiringRecords,
  type NewRecord,
  RECORD_LIMITS,
  RecordsFullError,
} from '../records.ts';

interface Kept extends ExpiringRecord {
  readonly keys: readonly string[];
}

type Collection = Map<string, Kept>;

const given = ({ id, payload, expires_ms, version }: Kept): ExpiringRecord => ({
  id,
  payload: Uint8Array.from(payload),
  expires_ms,
  version,
});

export class MemoryRecords implements ExpiringRecords {
  readonly #collections = new Map<string, Collection>();
  readonly #clock: Pick<Clock, 'now'>;
  readonly #records_max: number;
  #versions = 0;

  constructor(clock: Pick<Clock, 'now'>, records_max: number = RECORD_LIMITS.records_max) {
    this.#clock = clock;
    this.#records_max = records_max;
  }

  async add(realmUid: string, name: string, record: NewRecord): Promise<boolean> {
    assertRecord(name, record);
    const collection = this.#collection(realmUid, name);
    if (this.#live(collection, record.id)) return false;
    this.#set(collection, record);
    return true;
  }

  async put(realmUid: string, name: string, record: NewRecord): Promise<void> {
    assertRecord(name, record);
    this.#set(this.#collection(realmUid, name), record);
  }

  async get(realmUid: string, name: string, id: string): Promise<ExpiringRecord | undefined> {
    assertRecordNames(name, id);
    const kept = this.#live(this.#collection(realmUid, name), id);
    return kept && given(kept);
  }

  async findBy(realmUid: string, name: string, key: string): Promise<readonly ExpiringRecord[]> {
    assertRecordNames(name, key);
    const now_ms = this.#clock.now();
    return [...this.#collection(realmUid, name).values()]
      .filter(({ keys, expires_ms }) => expires_ms > now_ms && keys.includes(key))
      .slice(0, RECORD_LIMITS.found_max)
      .map(given);
  }

  async replace(realmUid: string, name: string, version: number, record: NewRecord): Promise<boolean> {
    assertRecord(name, record);
    const collection = this.#collection(realmUid, name);
    if (this.#live(collection, record.id)?.version !== version) return false;
    this.#set(collection, record);
    return true;
  }

  async take(realmUid: string, name: string, id: string): Promise<ExpiringRecord | undefined> {
    assertRecordNames(name, id);
    const collection = this.#collection(realmUid, name);
    const kept = this.#live(collection, id);
    collection.delete(id);
    return kept && given(kept);
  }

  async delete(realmUid: string, name: string, id: string): Promise<void> {
    assertRecordNames(name, id);
    this.#collection(realmUid, name).delete(id);
  }

  async deleteBy(realmUid: string, name: string, key: string): Promise<number> {
    assertRecordNames(name, key);
    const collection = this.#collection(realmUid, name);
    const found = [...collection.values()].filter(({ keys }) => keys.includes(key));
    for (const { id } of found) collection.delete(id);
    return found.length;
  }

  async sweep(): Promise<number> {
    const now_ms = this.#clock.now();
    let swept = 0;
    for (const collection of this.#collections.values()) {
      for (const { id, expires_ms } of collection.values()) {
        if (swept === RECORD_LIMITS.sweep_max) return swept;
        if (expires_ms <= now_ms && collection.delete(id)) swept += 1;
      }
    }
    return swept;
  }

  #collection(realmUid: string, name: string): Collection {
    const place = `${realmUid}/${name}`;
    const known = this.#collections.get(place);
    if (known) return known;
    const made: Collection = new Map();
    this.#collections.set(place, made);
    return made;
  }

  #live(collection: Collection, id: string): Kept | undefined {
    const kept = collection.get(id);
    return kept && kept.expires_ms > this.#clock.now() ? kept : undefined;
  }

  #set(collection: Collection, { id, payload, expires_ms, keys = [] }: NewRecord): void {
    if (!collection.has(id) && collection.size >= this.#records_max) throw new RecordsFullError();
    this.#versions += 1;
    const kept = {
      id,
      payload: Uint8Array.from(payload),
      expires_ms,
      version: this.#versions,
      keys: [...keys],
    };
    collection.set(id, kept);
  }
}
