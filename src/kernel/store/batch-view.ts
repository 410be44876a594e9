/**
 * The state as a write in the lane sees it: what is committed, over it what is being committed, and over that what is ahead in the same
 * batch. It never touches the committed state, so a batch that loses to another replica is simply forgotten.
 */
import type { Kind, ObjectOf } from '../kind.ts';
import type { Entry, ObjectKey, RealmView } from '../realm.ts';
import type { RealmId } from '../realm-id.ts';
import type { Change } from './change.ts';
import type { ObjectEntry } from './entry.ts';
import { getOrMake } from './get-or-make.ts';
import { type Usage, UsageOverlay } from './usage.ts';

/** By name; undefined where the batch removed the object. */
type Names = Map<string, ObjectEntry | undefined>;

interface KindOverlay {
  readonly namespaces: Map<string, Names>;
  readonly countChange: Map<string, number>;
  changes: number;
}

const newKindOverlay = (): KindOverlay => ({ namespaces: new Map(), countChange: new Map(), changes: 0 });

/** What a batch is decided on: the committed state, or that with the batch before it. */
export interface BaseView extends RealmView {
  entry(kind: Kind, key: ObjectKey): ObjectEntry | undefined;
  entries(kind: Kind, namespace?: string): Iterable<ObjectEntry>;
  byUid(uid: string): { readonly kind: Kind; readonly entry: ObjectEntry } | undefined;
  usage(namespace: string): Usage;
  /** Namespaces that hold objects of the kind; in a batch's view perhaps some more. */
  namespaces(kind: Kind): Iterable<string>;
}

export class BatchView implements BaseView {
  readonly realm: RealmId;
  #base: BaseView;
  #revision: number;
  readonly #kinds = new Map<string, KindOverlay>();
  /** Undefined where the batch removed the object. */
  readonly #byUid = new Map<string, ObjectEntry | undefined>();
  readonly #usage = new UsageOverlay();

  constructor(base: BaseView) {
    this.realm = base.realm;
    this.#base = base;
    this.#revision = base.revision;
  }

  get revision(): number {
    return this.#revision;
  }

  /** The index that the next leaf of the batch gets. */
  get nextRevision(): number {
    return this.#revision + 1;
  }

  entry(kind: Kind, key: ObjectKey): ObjectEntry | undefined {
    const names = this.#kinds.get(kind.resource)?.namespaces.get(key.namespace ?? '');
    return names?.has(key.name) ? names.get(key.name) : this.#base.entry(kind, key);
  }

  *entries(kind: Kind, namespace?: string): Generator<ObjectEntry> {
    const overlay = this.#kinds.get(kind.resource);
    if (!overlay) {
      yield* this.#base.entries(kind, namespace);
      return;
    }
    const namespaces = namespace === undefined ? this.namespaces(kind) : [namespace];
    for (const each of namespaces) yield* this.#merge(kind, each, overlay.namespaces.get(each));
  }

  namespaces(kind: Kind): readonly string[] {
    const ahead = this.#kinds.get(kind.resource)?.namespaces.keys() ?? [];
    return [...new Set([...this.#base.namespaces(kind), ...ahead])].sort();
  }

  count(kind: Kind, namespace?: string): number {
    const changes = this.#kinds.get(kind.resource)?.countChange;
    let count = this.#base.count(kind, namespace);
    for (const [changed, change] of changes ?? []) {
      if (namespace === undefined || namespace === changed) count += change;
    }
    return count;
  }

  changes(kind: Kind): number {
    return this.#base.changes(kind) + (this.#kinds.get(kind.resource)?.changes ?? 0);
  }

  usage(namespace: string): Usage {
    return this.#usage.totals(namespace, () => this.#base.usage(namespace));
  }

  get<K extends Kind>(kind: K, key: ObjectKey): ObjectOf<K> | undefined {
    return this.entry(kind, key)?.object() as ObjectOf<K> | undefined;
  }

  list<K extends Kind>(kind: K, namespace?: string): ObjectOf<K>[] {
    return Array.from(this.entries(kind, namespace), (entry) => entry.object() as ObjectOf<K>);
  }

  byUid(uid: string): { readonly kind: Kind; readonly entry: ObjectEntry } | undefined {
    if (!this.#byUid.has(uid)) return this.#base.byUid(uid);
    const entry = this.#byUid.get(uid);
    return entry && { kind: entry.kind, entry };
  }

  *dependents(ownerUid: string): Generator<{ readonly kind: Kind; readonly entry: Entry }> {
    for (const dependent of this.#base.dependents(ownerUid)) {
      if (!this.#byUid.has(dependent.entry.uid)) yield dependent;
    }
    for (const entry of this.#byUid.values()) {
      if (entry?.owners.includes(ownerUid)) yield { kind: entry.kind, entry };
    }
  }

  /** What it was decided on has been committed: `state` is the same now. */
  rebase(state: BaseView): void {
    this.#base = state;
  }

  /** Takes the next leaf of the batch into the view. */
  apply(change: Change | undefined): void {
    this.#revision += 1;
    if (!change) return;
    this.#usage.push(change);
    const { kind, entry } = change;
    const overlay = getOrMake(this.#kinds, kind.resource, newKindOverlay);
    overlay.changes += 1;
    const namespace = entry.namespace ?? '';
    const names: Names = getOrMake(overlay.namespaces, namespace, () => new Map());
    const now = change.type === 'deleted' ? undefined : entry;
    names.set(entry.name, now);
    this.#byUid.set(entry.uid, now);
    const counted = change.type === 'created' ? 1 : change.type === 'deleted' ? -1 : 0;
    overlay.countChange.set(namespace, (overlay.countChange.get(namespace) ?? 0) + counted);
  }

  *#merge(kind: Kind, namespace: string, names: Names | undefined): Generator<ObjectEntry> {
    const ahead = [...(names?.entries() ?? [])].sort(([a], [b]) => (a < b ? -1 : 1));
    let next = 0;
    for (const entry of this.#base.entries(kind, namespace)) {
      for (; ; next++) {
        const [name, changed] = ahead[next] ?? [];
        if (name === undefined || name >= entry.name) break;
        if (changed) yield changed;
      }
      if (names?.has(entry.name)) continue;
      yield entry;
    }
    for (; next < ahead.length; next++) {
      const changed = ahead[next]?.[1];
      if (changed) yield changed;
    }
  }
}
