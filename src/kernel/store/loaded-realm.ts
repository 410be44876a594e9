/**
 * A realm in memory: its state, its lane, its watches, kept at the head of its log. It is the only place where a committed
 * leaf becomes state, whoever committed it.
 */
import type { Clock } from '../clock.ts';
import { expired, notFound, StatusError, unavailable } from '../errors.ts';
import type { LogName, RealmKeys } from '../keys.ts';
import type { Admission } from '../kind.ts';
import { type Leaf, parseLeaf } from '../log/leaf.ts';
import { append as appendHashes, type Frontier } from '../log/merkle.ts';
import { encodeVkey } from '../log/note.ts';
import type { Random } from '../random.ts';
import type { Realm, RealmView, Resources, Watch } from '../realm.ts';
import { type RealmId, type RealmType, realmType } from '../realm-id.ts';
import type { KindRegistry } from '../registry.ts';
import type { Birth } from './birth.ts';
import type { Change } from './change.ts';
import type { HeadChecks } from './head-checks.ts';
import { type Decide, Lane, type LaneRealm, type LeafToCommit } from './lane.ts';
import type { StoreLimits } from './limits.ts';
import { LaneResources } from './resources.ts';
import { RevisionWaits } from './revision-waits.ts';
import { assertDigest, openStored } from './sealing.ts';
import { RealmState } from './state.ts';
import type { Append, CommitOutcome, LogStorage, NewRealm, RealmRecord, StoredChange } from './storage.ts';
import { changeOf, type HistorySource, isForgotten, openChange, readHistory } from './stored-changes.ts';
import { WatchHub, type WatchRequest } from './watch-hub.ts';

export interface LoadedRealmOptions {
  readonly registry: KindRegistry;
  readonly storage: LogStorage;
  readonly admissions: readonly Admission[];
  readonly clock: Clock;
  readonly random: Random;
  readonly limits: StoreLimits;
  readonly onFault: (what: string, error: unknown) => void;
}

/** Reads a realm from storage; undefined when there is none. */
export async function loadRealm(
  id: RealmId,
  keys: RealmKeys,
  options: LoadedRealmOptions,
): Promise<LoadedRealm | undefined> {
  let made: RealmState | undefined;
  const stateOf = ({ changes }: RealmRecord) => (made ??= new RealmState(id, changes.size - 1));
  // Portion by portion: what was read is not kept beside what it becomes, and other realms are served in between.
  const record = await options.storage.loadRealm(id, (portion, realm) => {
    const state = stateOf(realm);
    for (const { resource, uid, revision, leaf, body } of portion) {
      const kind = options.registry.resource(resource);
      // A kind that this release does not know: its objects stay in storage, untouched.
      if (!kind) continue;
      assertDigest(id, revision, leaf, body);
      state.load(openStored(kind, uid, body, realm.uid, keys.sealer));
    }
  });
  return record && new LoadedRealm(id, record.uid, stateOf(record), record.changes, keys, options);
}

/** A realm that is not in storage yet: its first commit, or else `birth` alone, makes it there. */
export function beginRealm(
  genesis: NewRealm,
  birth: Birth,
  keys: RealmKeys,
  options: LoadedRealmOptions,
): LoadedRealm {
  const { id, uid, changes } = genesis;
  const state = new RealmState(id, changes.frontier.size - 1);
  return new LoadedRealm(id, uid, state, changes.frontier, keys, options, birth);
}

export class LoadedRealm implements Realm, LaneRealm {
  readonly id: RealmId;
  readonly type: RealmType;
  readonly uid: string;
  readonly state: RealmState;
  readonly keys: RealmKeys;
  readonly resources: Resources;
  readonly #options: LoadedRealmOptions;
  readonly #lane: Lane;
  readonly #hub: WatchHub;
  readonly #waits: RevisionWaits;
  readonly #stored: HistorySource;
  #frontier: Frontier;
  /** Until it is in storage. */
  #birth: Birth | undefined;
  #closed: StatusError | undefined;
  #outdated: StatusError | undefined;

  constructor(
    id: RealmId,
    uid: string,
    state: RealmState,
    frontier: Frontier,
    keys: RealmKeys,
    options: LoadedRealmOptions,
    birth?: Birth,
  ) {
    this.id = id;
    this.type = realmType(id);
    this.uid = uid;
    this.state = state;
    this.keys = keys;
    this.#frontier = frontier;
    this.#birth = birth;
    this.#options = options;
    const { clock, limits } = options;
    this.#waits = new RevisionWaits(clock);
    this.#stored = {
      id,
      uid,
      registry: options.registry,
      keys,
      storage: options.storage,
      limit: limits.watchHistory_max,
      fault: (error) => this.fault(error),
    };
    this.#hub = new WatchHub(state.revision, clock, limits, (scope, after, upTo) =>
      readHistory(this.#stored, scope, after, upTo),
    );
    this.#lane = new Lane(this, clock, limits);
    this.resources = new LaneResources({
      realm: id,
      realmUid: uid,
      lane: this.#lane,
      sealer: keys.sealer,
      admissions: options.admissions,
      clock,
      random: options.random,
      limits,
    });
  }

  /** Throws once the realm had to be read anew: who still holds this one would take what it lacks for gone. */
  get view(): RealmView {
    if (this.#outdated) throw this.#outdated;
    return this.state;
  }

  get vkeys(): Readonly<Record<LogName, string>> {
    return { changes: vkeyOf(this.keys, 'changes'), access: vkeyOf(this.keys, 'access') };
  }

  /** The tree of the `changes` log as last committed. */
  get frontier(): Frontier {
    return this.#frontier;
  }

  /** Whether somebody writes to the realm or watches it. */
  get busy(): boolean {
    return this.#lane.busy || this.#hub.active > 0 || this.#waits.size > 0;
  }

  get closed(): boolean {
    return this.#closed !== undefined;
  }

  watch(request: WatchRequest): Promise<Watch> {
    return this.#hub.watch(request);
  }

  async waitFor(revision: number, limit_ms: number): Promise<void> {
    if (this.#closed) throw this.#closed;
    if (this.state.revision >= revision) return;
    // Another replica may have told the client about it before it told us.
    await this.takeIn();
    if (this.state.revision >= revision) return;
    await this.#waits.wait(revision, limit_ms, () => this.state.revision);
  }

  /** Appends a leaf that changes no object, or whatever else `decide` says, in turn with other writes. */
  submit<Result>(decide: Decide<Result>): Promise<Result> {
    return this.#lane.submit(decide);
  }

  /** Reads what others committed, in turn with the lane's own commits. */
  async takeIn(): Promise<void> {
    try {
      await this.#lane.catchUp();
    } catch (error) {
      if (error instanceof StatusError) throw error;
      // The database does not answer: what is in memory stays right, only not fresh.
      this.fault(error);
    }
  }

  /** Takes in what others had committed before this call. Throws when storage does not answer. */
  async fresh(heads: HeadChecks): Promise<void> {
    if (this.#closed) throw this.#closed;
    const size = await heads.sizeOf(this.uid);
    if (size === undefined || size > this.#frontier.size) await this.#lane.catchUp();
  }

  /** Says that the log may have that size. */
  wake(size: number): void {
    if (size === 0 || size > this.#frontier.size) this.takeIn().catch(() => {});
  }

  /** Makes a realm that began in memory, unless its first commit did. */
  async complete(): Promise<void> {
    await this.#birth?.commit();
    this.#birth = undefined;
  }

  /** Ends everything in memory; the realm in storage stays as it is. Watches just end, unless `watchFailure` says why. */
  close(reason: StatusError, watchFailure?: StatusError): void {
    if (this.#closed) return;
    this.#closed = reason;
    this.#lane.close(reason);
    this.#hub.close(reason, watchFailure);
    this.#waits.close(reason);
  }

  // What the lane asks of the realm.

  commit(append: Append<StoredChange>): Promise<CommitOutcome> {
    return this.#birth ? this.#birth.commit(append) : this.#options.storage.commitChanges(append);
  }

  committed(frontier: Frontier, leaves: readonly LeafToCommit[]): void {
    this.#apply(
      frontier,
      leaves.map(({ effect }) => effect?.change),
    );
    for (const { effect, leaf } of leaves) if (!effect) this.#forgetErased(leaf);
  }

  fault(error: unknown): void {
    this.#options.onFault(`storing or reading changes of ${this.id}`, error);
  }

  async holds(append: Append<StoredChange>): Promise<boolean> {
    const { expectedSize, leaves } = append;
    const stored = await this.#options.storage.readLeaves(this.uid, 'changes', expectedSize, leaves.length);
    return (
      stored.length === leaves.length &&
      stored.every(({ hash }, index) => Buffer.compare(hash, leaves[index]?.hash ?? Buffer.alloc(0)) === 0)
    );
  }

  async catchUp(): Promise<number> {
    const { storage, limits } = this.#options;
    let taken = 0;
    for (;;) {
      const rows = await storage.readChanges(this.uid, this.#frontier.size, limits.catchUp_max);
      if (!rows && this.#birth) throw unavailable(`whether ${this.id} was made is not known; try again`, 1);
      if (!rows) {
        this.close(notFound({ kind: 'realm', name: this.id }));
        throw notFound({ kind: 'realm', name: this.id });
      }
      if (rows.length === 0) break;
      if (rows.some(isForgotten)) {
        this.#readAnew(
          `what happened to ${this.id} since ${this.#frontier.size - 1} is no longer kept; reading it anew`,
        );
      }
      const { frontier } = appendHashes(
        this.#frontier,
        rows.map(({ hash }) => hash),
      );
      this.#applyStored(frontier, rows);
      taken += rows.length;
      if (rows.length < limits.catchUp_max) break;
    }
    if (taken === 0) await this.#assertNotAhead();
    return taken;
  }

  /** A database that lost what it had confirmed (a failover to a stale standby) cannot be caught up with, only read anew. */
  async #assertNotAhead(): Promise<void> {
    const size = (await this.#options.storage.readSizes([this.uid])).get(this.uid);
    if (size === undefined || size >= this.#frontier.size) return;
    this.#readAnew(
      `the log of ${this.id} has ${size} leaves where ${this.#frontier.size} were committed: the database lost some; reading it anew`,
    );
  }

  /** Ends what is in memory, for whoever comes next to read everything from storage. */
  #readAnew(why: string): never {
    const reason = unavailable(why, 1);
    this.#outdated = reason;
    this.close(reason, expired(`${this.id} is read anew; list again, then watch from there`));
    throw reason;
  }

  #applyStored(frontier: Frontier, rows: readonly StoredChange[]): void {
    // All are opened before the first is applied, so that one that cannot be opened leaves the state whole.
    const opened = rows.map(({ index, leaf, change }) => {
      if (!change) return undefined;
      assertDigest(this.id, index, leaf, change.body);
      return openChange(this.#stored, change);
    });
    // Within one portion an object may change more than once, so each change is applied before the next is read.
    const first = this.state.revision + 1;
    const changes: (Change | undefined)[] = [];
    opened.forEach((stored, at) => {
      const known = stored && changeOf(stored, this.state.byUid(stored.entry.uid)?.entry);
      this.state.apply(first + at, known);
      changes.push(known);
    });
    this.#frontier = frontier;
    this.#tell(changes);
    for (const { change, leaf } of rows) if (!change && isErasure(leaf)) this.#forgetErased(parseLeaf(leaf));
  }

  /** What was erased goes from memory too. */
  #forgetErased(leaf: Leaf): void {
    if (leaf.type === 'erasure' && leaf.of === 'bodies') this.#hub.forget(leaf.from, leaf.to);
  }

  #apply(frontier: Frontier, changes: readonly (Change | undefined)[]): void {
    const first = this.state.revision + 1;
    changes.forEach((change, at) => {
      this.state.apply(first + at, change);
    });
    this.#frontier = frontier;
    this.#tell(changes);
  }

  #tell(changes: readonly (Change | undefined)[]): void {
    // It has a leaf past its genesis, so it is in storage.
    this.#birth = undefined;
    this.#hub.publish(
      this.state.revision,
      changes.filter((change) => change !== undefined),
    );
    this.#waits.reached(this.state.revision);
  }
}

const vkeyOf = ({ logs }: RealmKeys, log: LogName): string =>
  encodeVkey(logs[log].origin, logs[log].publicKey);

// A leaf is canonical JSON, so this member can look only so. Other leaves may be of forms that only a newer release knows.
const isErasure = (leaf: Uint8Array): boolean =>
  Buffer.from(leaf.buffer, leaf.byteOffset, leaf.byteLength).includes('"type":"erasure"');
