/**
 * What the rest of the kernel, the services and the wire may ask of a realm: its state, its lane, its watch.
 * `store/` implements it. Reads are synchronous and from memory; writes go through the lane.
 */
import type { Actor } from './access.ts';
import type { LogName } from './keys.ts';
import type { Kind, ObjectOf } from './kind.ts';
import type { DraftObject, KubeObject } from './object.ts';
import type { Quantity } from './quantity.ts';
import type { RealmId, RealmType } from './realm-id.ts';

export interface ObjectKey {
  /** Absent for realm-scoped kinds. */
  readonly namespace?: string;
  readonly name: string;
}

/** An object in memory: serialized once, parsed on demand. */
export interface Entry {
  readonly namespace: string | undefined;
  readonly name: string;
  readonly uid: string;
  /** Index of the leaf that last changed it. */
  readonly revision: number;
  readonly labels: Readonly<Record<string, string>>;
  /** The object's JSON, `resourceVersion` included. */
  readonly bytes: Buffer;
  /** Parses `bytes`; callers must not change what they get. */
  object(): KubeObject;
}

/** A consistent view of a realm's state. Inside the lane it includes what is ahead in the same batch. */
export interface RealmView {
  readonly realm: RealmId;
  /** Index of the last leaf this view includes. */
  readonly revision: number;
  entry(kind: Kind, key: ObjectKey): Entry | undefined;
  /** In order of namespace, then name. Without `namespace`: every namespace. */
  entries(kind: Kind, namespace?: string): Iterable<Entry>;
  count(kind: Kind, namespace?: string): number;
  /** How often objects of the kind changed since this view was made: of one view, equal numbers mean the very same objects. */
  changes(kind: Kind): number;
  /** What the objects of a namespace count for by their kinds' `usage`, summed up; names that nothing counts for are absent. */
  usage(namespace: string): ReadonlyMap<string, Quantity>;
  get<K extends Kind>(kind: K, key: ObjectKey): ObjectOf<K> | undefined;
  list<K extends Kind>(kind: K, namespace?: string): ObjectOf<K>[];
  /** By uid over all kinds, for owner references. */
  byUid(uid: string): { readonly kind: Kind; readonly entry: Entry } | undefined;
  /** Entries with an owner reference to this uid. */
  dependents(ownerUid: string): Iterable<{ readonly kind: Kind; readonly entry: Entry }>;
}

/** Who asks for a change and through what, for the leaf. */
export interface ChangeContext {
  readonly actor: Actor;
  /** What the request came through: `api`, `controller`, `bootstrap`. */
  readonly via: string;
  readonly requestId: string;
  readonly dryRun?: boolean;
  /** Who the change counts for among an object's field managers, at most 128 printable characters. Default: the actor's name. */
  readonly fieldManager?: string;
}

export interface DeleteOptions {
  readonly propagationPolicy?: 'Foreground' | 'Background' | 'Orphan';
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
  readonly gracePeriodSeconds?: number;
}

export type FieldValidation = 'Ignore' | 'Warn' | 'Strict';

export interface WriteOptions {
  /** What to do with fields the schema does not know. Default `Strict`: refuse. */
  readonly fieldValidation?: FieldValidation;
}

export interface CreateOptions extends WriteOptions {
  /**
   * What the region itself knows beforehand of an object that it makes, and no request ever says: its uid, which must be new, and a status
   * that names it. Kinds with a `bornStatus` give their own.
   */
  readonly born?: { readonly uid: string; readonly status: Readonly<Record<string, unknown>> };
}

export interface WriteResult {
  readonly object: KubeObject;
  readonly bytes: Buffer;
  readonly warnings: readonly string[];
}

export interface ApplyOptions extends WriteOptions {
  /** Take over fields that others manage, instead of refusing with Conflict. */
  readonly force?: boolean;
  readonly subresource?: 'status';
  /** False: NotFound where there is no such object, instead of making it. */
  readonly create?: boolean;
}

export interface ApplyResult extends WriteResult {
  readonly created: boolean;
}

export interface DeleteResult extends WriteResult {
  /** False while finalizers hold the object back. */
  readonly removed: boolean;
}

/**
 * Typed, validated, audited changes with the semantics of the Kubernetes API: defaults, validation, immutability,
 * admission, generation, optimistic concurrency, finalizers, owner references. Every one is decided in the lane.
 */
export interface Resources {
  create(
    kind: Kind,
    namespace: string | undefined,
    draft: DraftObject,
    context: ChangeContext,
    options?: CreateOptions,
  ): Promise<WriteResult>;
  /** Replaces all but status. `metadata.resourceVersion`, when given, must be the current one. */
  update(
    kind: Kind,
    key: ObjectKey,
    draft: DraftObject,
    context: ChangeContext,
    options?: WriteOptions,
  ): Promise<WriteResult>;
  /** Replaces only status. */
  updateStatus(
    kind: Kind,
    key: ObjectKey,
    draft: DraftObject,
    context: ChangeContext,
    options?: WriteOptions,
  ): Promise<WriteResult>;
  /**
   * Reads, changes and writes in one step of the lane, so it never conflicts. `change` is pure, sees the lane's view, and
   * returns the object as it should be (the same object: nothing is written). With `subresource: 'status'` only status counts.
   */
  modify<K extends Kind>(
    kind: K,
    key: ObjectKey,
    context: ChangeContext,
    change: (current: ObjectOf<K>, view: RealmView) => DraftObject | ObjectOf<K>,
    options?: WriteOptions & { readonly subresource?: 'status' },
  ): Promise<WriteResult>;
  /**
   * Server-side apply: makes the object what the configuration says, for the fields that it has, and creates it where there is none. The
   * context's field manager then owns those fields; see `apply/`. Throws Conflict with a cause for each field that others manage.
   */
  apply(
    kind: Kind,
    key: ObjectKey,
    configuration: DraftObject,
    context: ChangeContext,
    options: ApplyOptions,
  ): Promise<ApplyResult>;
  delete(kind: Kind, key: ObjectKey, context: ChangeContext, options?: DeleteOptions): Promise<DeleteResult>;
  /**
   * Takes a deletion back while finalizers still hold the object: for kinds whose deletion has a notice (a Key), never for clients to
   * ask directly. No change when it is not being deleted. Throws NotFound when it is gone, Conflict when it is another of that name.
   */
  undelete(
    kind: Kind,
    key: ObjectKey,
    context: ChangeContext,
    preconditions: { readonly uid: string },
  ): Promise<WriteResult>;
}

export type WatchEvent =
  | {
      readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
      readonly kind: Kind;
      readonly entry: Entry;
      readonly previous?: Entry;
    }
  | { readonly type: 'BOOKMARK'; readonly revision: number };

export interface Watch {
  /**
   * Events in commit order, each change once. `next` waits for at least one and takes all there are (bounded); it
   * resolves to undefined when the watch was closed. Throws `expired` when this watcher fell too far behind.
   */
  next(): Promise<readonly WatchEvent[] | undefined>;
  /**
   * The other way to read, without a promise for each change: `ready` is called whenever there may be something to `take`, or the watch
   * ended; for the first time at once. It is called in the middle of a commit, so it must only take note; then `take` until it gives
   * nothing, for only then does the watch count as idle.
   */
  onReady(ready: () => void): void;
  /** What there is, bounded: empty when nothing, undefined when the watch was closed. Throws as `next` rejects. */
  take(): readonly WatchEvent[] | undefined;
  close(): void;
}

export interface Realm {
  readonly id: RealmId;
  readonly type: RealmType;
  /** Identity of this incarnation: an organization made anew under an old name has another. */
  readonly uid: string;
  /** The keys (C2SP vkey) that verify the checkpoints of its logs. */
  readonly vkeys: Readonly<Record<LogName, string>>;
  readonly view: RealmView;
  readonly resources: Resources;
  /** Events after `afterRevision` of one kind (or of all kinds, without one). Throws `expired` (410) when history is gone. */
  watch(options: {
    readonly kind?: Kind;
    readonly namespace?: string;
    readonly afterRevision: number;
    /** Follow the realm only while somebody else keeps it in memory: closed (`next` gives undefined) when it is evicted. */
    readonly passive?: boolean;
  }): Promise<Watch>;
  /** Resolves when the view includes `revision`; rejects with Timeout and cause ResourceVersionTooLarge after `limit_ms`. */
  waitFor(revision: number, limit_ms: number): Promise<void>;
}

export interface Realms {
  /** Loads the realm if it is not in memory. Throws `notFound` when there is none. The lease keeps it in memory. */
  acquire(realm: RealmId): Promise<{ readonly realm: Realm; release(): void }>;
  /** Runs `work` with the realm held in memory. */
  use<T>(realm: RealmId, work: (realm: Realm) => Promise<T> | T): Promise<T>;
  /**
   * Brings what is in memory of the realm, and of the region, up to everything that any process of the region acknowledged before this
   * call; at once where there is only one process. Reads that follow are linearizable. Throws `unavailable` when storage does not
   * answer; a realm that does not exist is no error here.
   */
  fresh(realm: RealmId): Promise<void>;
  /**
   * Makes a realm with its keys. What `first` writes at once is in it from the beginning, in the same transaction. Throws `alreadyExists`
   * when there is one.
   */
  create(realm: RealmId, first?: (realm: Realm) => Promise<void>): Promise<void>;
  /** Removes the realm's state, logs and keys. The region's log keeps what it took in. */
  destroy(realm: RealmId): Promise<void>;
  /**
   * Calls `listener` each time a realm comes into memory, synchronously, before any caller of `acquire` gets it; gives back
   * a function that ends that. It is how controllers hear of writes to a realm that was idle: the listener opens a passive watch.
   */
  onLoaded(listener: (realm: Realm) => void): () => void;
  list(): Promise<readonly RealmId[]>;
  exists(realm: RealmId): Promise<boolean>;
}
