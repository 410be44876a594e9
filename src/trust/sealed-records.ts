/**
 * Short-lived records as trust uses them: JSON values by readable ids and keys. Ids and keys are hashed with a key of the realm and
 * values sealed under it, each bound to its place, before they reach the storage: the database learns how many there are and when
 * they expire, and nothing else.
 */
import type { RealmId } from '#kernel/realm-id.ts';
import type { ExpiringRecord, ExpiringRecords, NewRecord } from '#kernel/records.ts';
import type { RealmSealing, Sealing } from './realm-sealing.ts';

export interface SealedRecord {
  readonly id: string;
  /** JSON that this process or an earlier release sealed; whoever kept it knows its shape. */
  readonly value: unknown;
  readonly expires_ms: number;
  readonly version: number;
}

export interface NewSealedRecord {
  readonly id: string;
  readonly value: unknown;
  readonly expires_ms: number;
  readonly keys?: readonly string[];
}

/** As `ExpiringRecords`, with realms by their prefix. All throw `notFound` when there is no such realm. */
export interface SealedRecords {
  add(realm: RealmId, collection: string, record: NewSealedRecord): Promise<boolean>;
  put(realm: RealmId, collection: string, record: NewSealedRecord): Promise<void>;
  get(realm: RealmId, collection: string, id: string): Promise<SealedRecord | undefined>;
  findBy(realm: RealmId, collection: string, key: string): Promise<readonly SealedRecord[]>;
  replace(realm: RealmId, collection: string, version: number, record: NewSealedRecord): Promise<boolean>;
  take(realm: RealmId, collection: string, id: string): Promise<SealedRecord | undefined>;
  delete(realm: RealmId, collection: string, id: string): Promise<void>;
  deleteBy(realm: RealmId, collection: string, key: string): Promise<number>;
}

const contextOf = (collection: string, name: string) => `record\0${collection}\0${name}`;
const idName = (sealing: Sealing, collection: string, id: string) =>
  sealing.nameOf(`id\0${collection}\0${id}`);
const keyName = (sealing: Sealing, collection: string, key: string) =>
  sealing.nameOf(`key\0${collection}\0${key}`);

function sealed(sealing: Sealing, collection: string, record: NewSealedRecord): NewRecord {
  const id = idName(sealing, collection, record.id);
  const plaintext = Buffer.from(JSON.stringify({ id: record.id, value: record.value }));
  return {
    id,
    payload: sealing.seal(plaintext, contextOf(collection, id)),
    expires_ms: record.expires_ms,
    keys: (record.keys ?? []).map((key) => keyName(sealing, collection, key)),
  };
}

async function opened(sealing: Sealing, collection: string, record: ExpiringRecord): Promise<SealedRecord> {
  const plaintext = await sealing.open(record.payload, contextOf(collection, record.id));
  const { id, value } = JSON.parse(Buffer.from(plaintext).toString('utf8'));
  return { id, value, expires_ms: record.expires_ms, version: record.version };
}

export function sealedRecords(records: ExpiringRecords, sealings: RealmSealing): SealedRecords {
  return {
    async add(realm, collection, record) {
      const sealing = await sealings.of(realm);
      return records.add(sealing.realmUid, collection, sealed(sealing, collection, record));
    },
    async put(realm, collection, record) {
      const sealing = await sealings.of(realm);
      await records.put(sealing.realmUid, collection, sealed(sealing, collection, record));
    },
    async get(realm, collection, id) {
      const sealing = await sealings.of(realm);
      const found = await records.get(sealing.realmUid, collection, idName(sealing, collection, id));
      return found && opened(sealing, collection, found);
    },
    async findBy(realm, collection, key) {
      const sealing = await sealings.of(realm);
      const found = await records.findBy(sealing.realmUid, collection, keyName(sealing, collection, key));
      return Promise.all(found.map((each) => opened(sealing, collection, each)));
    },
    async replace(realm, collection, version, record) {
      const sealing = await sealings.of(realm);
      return records.replace(sealing.realmUid, collection, version, sealed(sealing, collection, record));
    },
    async take(realm, collection, id) {
      const sealing = await sealings.of(realm);
      const taken = await records.take(sealing.realmUid, collection, idName(sealing, collection, id));
      return taken && opened(sealing, collection, taken);
    },
    async delete(realm, collection, id) {
      const sealing = await sealings.of(realm);
      await records.delete(sealing.realmUid, collection, idName(sealing, collection, id));
    },
    async deleteBy(realm, collection, key) {
      const sealing = await sealings.of(realm);
      return records.deleteBy(sealing.realmUid, collection, keyName(sealing, collection, key));
    },
  };
}
