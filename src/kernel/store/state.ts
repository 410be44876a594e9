/**
 * A realm's committed state: every object with its indexes. Only `apply` changes it, once per committed leaf and in order.
 */
import type { Kind, ObjectOf } from '../kind.ts';
import type { Entry, ObjectKey, RealmView } from '../realm.ts';
import type { RealmId } from '../realm-id.ts';
import type { Change } from './change.ts';
import type { ObjectEntry } from './entry.ts';
import { getOrMake } from './get-or-make.ts';
import { SortedMap } from './sorted-map.ts';
import { type Usage, UsageIndex } from './usage.ts';

/** The index key of objects without a namespace. */
const NO_NAMESPACE = '';

interface KindIndex {
  readonly namespaces: SortedMap<SortedMap<ObjectEntry>>;
  count: number;
  changes: number;
}

const newKindIndex = (): KindIndex => ({ namespaces: new SortedMap(), count: 0, changes: 0 });

export class RealmState implements RealmView {
  readonly realm: RealmId;
  #revision: number;
  readonly #kinds = new Map<string, KindIndex>();
  readonly #byUid = new Map<string, ObjectEntry>();
  readonly #byOwner = new Map<string, Map<string, ObjectEntry>>();
  readonly #usage = new UsageIndex();

  constructor(realm: RealmId, revision: number) {
    this.realm = realm;
    this.#revision = revision;
  }

  get revision(): number {
    return this.#revision;
  }

  entry(kind: Kind, key: ObjectKey): ObjectEntry | undefined {
    return this.#kinds
      .get(kind.resource)
      ?.namespaces.get(key.namespace ?? NO_NAMESPACE)
      ?.get(key.name);
  }

  *entries(kind: Kind, namespace?: string): Generator<ObjectEntry> {
    const index = this.#kinds.get(kind.resource);
    if (!index) return;
    if (namespace === undefined) {
      for (const names of index.namespaces.values()) yield* names.values();
    } else {
      const names = index.namespaces.get(namespace);
      if (names) yield* names.values();
    }
  }

  count(kind: Kind, namespace?: string): number {
    const index = this.#kinds.get(kind.resource);
    if (!index) return 0;
    return namespace === undefined ? index.count : (index.namespaces.get(namespace)?.size ?? 0);
  }

  changes(kind: Kind): number {
    return this.#kinds.get(kind.resource)?.changes ?? 0;
  }

  usage(namespace: string): Usage {
    return this.#usage.totals(namespace, () => this.#inNamespace(namespace));
  }

  get<K extends Kind>(kind: K, key: ObjectKey): ObjectOf<K> | undefined {
    // The kind's schema was checked when the object was written.
    return this.entry(kind, key)?.object() as ObjectOf<K> | undefined;
  }

  list<K extends Kind>(kind: K, namespace?: string): ObjectOf<K>[] {
    return Array.from(this.entries(kind, namespace), (entry) => entry.object() as ObjectOf<K>);
  }

  byUid(uid: string): { readonly kind: Kind; readonly entry: ObjectEntry } | undefined {
    const entry = this.#byUid.get(uid);
    return entry && { kind: entry.kind, entry };
  }

  *dependents(ownerUid: string): Generator<{ readonly kind: Kind; readonly entry: Entry }> {
    for (const entry of this.#byOwner.get(ownerUid)?.values() ?? []) yield { kind: entry.kind, entry };
  }

  /** Namespaces that hold objects of the kind, in order. */
  namespaces(kind: Kind): Iterable<string> {
    return this.#kinds.get(kind.resource)?.namespaces.keys() ?? [];
  }

  /** Takes in an object on loading, without moving the revision. */
  load(entry: ObjectEntry): void {
    this.#put(entry);
  }

  /** Takes in the leaf at `revision`, with what it changed, if it changed an object. */
  apply(revision: number, change: Change | undefined): void {
    if (revision !== this.#revision + 1) {
      throw new RangeError(`leaf ${revision} applied to a state at ${this.#revision}`);
    }
    this.#revision = revision;
    if (!change) return;
    if (change.previous) this.#remove(change.previous);
    if (change.type !== 'deleted') this.#put(change.entry);
  }

  *#inNamespace(namespace: string): Generator<ObjectEntry> {
    for (const { namespaces } of this.#kinds.values()) yield* namespaces.get(namespace)?.values() ?? [];
  }

  #put(entry: ObjectEntry): void {
    const { resource } = entry.kind;
    const index = getOrMake(this.#kinds, resource, newKindIndex);
    const namespace = entry.namespace ?? NO_NAMESPACE;
    const names = getOrMake(index.namespaces, namespace, () => new SortedMap<ObjectEntry>());
    names.set(entry.name, entry);
    index.count += 1;
    index.changes += 1;
    this.#usage.add(entry);
    this.#byUid.set(entry.uid, entry);
    for (const owner of entry.owners) {
      const owned = getOrMake(this.#byOwner, owner, () => new Map<string, ObjectEntry>());
      owned.set(entry.uid, entry);
    }
  }

  #remove(entry: ObjectEntry): void {
    const index = this.#kinds.get(entry.kind.resource);
    const namespace = entry.namespace ?? NO_NAMESPACE;
    const names = index?.namespaces.get(namespace);
    if (!index || !names?.delete(entry.name)) return;
    index.count -= 1;
    index.changes += 1;
    this.#usage.remove(entry);
    if (names.size === 0) index.namespaces.delete(namespace);
    this.#byUid.delete(entry.uid);
    for (const owner of entry.owners) {
      const owned = this.#byOwner.get(owner);
      owned?.delete(entry.uid);
      if (owned?.size === 0) this.#byOwner.delete(owner);
    }
  }
}
