/** Wrapped keys in memory, for tests and simulation. Never for a region: they are gone with the process. */
import type { WrappedKeyStorage } from '#kernel/keys.ts';
import type { RealmId } from '#kernel/realm-id.ts';

export function memoryKeyStorage(): WrappedKeyStorage {
  const realms = new Map<RealmId, Map<string, Uint8Array>>();
  const blobs = (realm: RealmId) => {
    const known = realms.get(realm);
    if (known) return known;
    const made = new Map<string, Uint8Array>();
    realms.set(realm, made);
    return made;
  };
  const all = (realm: RealmId) => {
    const kept = [...(realms.get(realm) ?? [])].sort(([a], [b]) => (a < b ? -1 : 1));
    return new Map(kept.map(([name, blob]) => [name, Uint8Array.from(blob)]));
  };
  return {
    async add(realm, name, blob) {
      if (blobs(realm).has(name)) return false;
      blobs(realm).set(name, Uint8Array.from(blob));
      return true;
    },
    async addAll(realm, added) {
      for (const [name, blob] of added) {
        if (!blobs(realm).has(name)) blobs(realm).set(name, Uint8Array.from(blob));
      }
      return all(realm);
    },
    async put(realm, name, blob) {
      blobs(realm).set(name, Uint8Array.from(blob));
    },
    async get(realm, name) {
      const blob = realms.get(realm)?.get(name);
      return blob && Uint8Array.from(blob);
    },
    async all(realm) {
      return all(realm);
    },
    async list(realm) {
      return [...(realms.get(realm)?.keys() ?? [])].sort();
    },
    async delete(realm, name) {
      realms.get(realm)?.delete(name);
    },
    async deleteAll(realm) {
      realms.delete(realm);
    },
  };
}
