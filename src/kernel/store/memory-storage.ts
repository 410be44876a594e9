/**
 * The storage in memory, for tests and simulation: as atomic as a database, since nothing in it waits half way. Several
 * `Realms` may share one, as replicas share a database. It never gives out or keeps a reference that a caller could change.
 */
import type { LogName } from '../keys.ts';
import { bodyDigest } from '../log/leaf.ts';
import type { Frontier, TileNode } from '../log/merkle.ts';
import type { RealmId } from '../realm-id.ts';
import type {
  Append,
  CommitOutcome,
  HistoricChange,
  HistoryQuery,
  KeptCheckpoint,
  LeafSpan,
  LogStorage,
  NewRealm,
  PersonalRange,
  RealmRecord,
  ReplacedBodies,
  StoredChange,
  StoredLeaf,
  StoredObject,
  TakeObjects,
  WakeUp,
} from './storage.ts';

interface MemoryLog<Leaf extends StoredLeaf> {
  frontier: Frontier;
  readonly leaves: Leaf[];
  /** Hashes of completed subtrees, by level. */
  readonly nodes: Map<number, Uint8Array[]>;
}

interface MemoryRealm {
  readonly id: RealmId;
  readonly uid: string;
  readonly changes: MemoryLog<StoredChange>;
  readonly access: MemoryLog<StoredLeaf>;
  readonly checkpoints: Readonly<Record<LogName, Map<number, string>>>;
  readonly cosigned: Readonly<Record<LogName, Map<number, string>>>;
  /** By object uid: the index of the change that holds its body. */
  readonly objects: Map<string, number>;
  historyFloor: number;
  bodiesFloor: number;
  bodiesDue_ms: number;
  recordsFloor: number;
}

/** Objects handed to `take` at once. */
const PORTION = 500;

export class MemoryStorage implements LogStorage {
  readonly #realms = new Map<RealmId, MemoryRealm>();
  readonly #byUid = new Map<string, MemoryRealm>();
  readonly #listeners = new Set<WakeUp>();

  async createRealm(realm: NewRealm): Promise<boolean> {
    if (this.#realms.has(realm.id)) return false;
    const made: MemoryRealm = {
      id: realm.id,
      uid: realm.uid,
      changes: emptyLog(),
      access: emptyLog(),
      checkpoints: { changes: new Map(), access: new Map() },
      cosigned: { changes: new Map(), access: new Map() },
      objects: new Map(),
      historyFloor: -1,
      bodiesFloor: -1,
      bodiesDue_ms: 0,
      recordsFloor: -1,
    };
    extend(made.changes, realm.changes);
    extend(made.access, realm.access);
    keepObjects(made, realm.changes.leaves);
    for (const log of ['changes', 'access'] as const) {
      const first = realm.checkpoints?.[log];
      if (first) made.checkpoints[log].set(first.size, first.note);
    }
    this.#realms.set(realm.id, made);
    this.#byUid.set(realm.uid, made);
    return true;
  }

  async destroyRealm(realmUid: string): Promise<void> {
    const realm = this.#byUid.get(realmUid);
    if (!realm) return;
    this.#byUid.delete(realmUid);
    this.#realms.delete(realm.id);
    this.#wake(realmUid, 0);
  }

  async listRealms(): Promise<readonly RealmId[]> {
    return [...this.#realms.keys()].sort();
  }

  async readRealm(id: RealmId): Promise<RealmRecord | undefined> {
    const realm = this.#realms.get(id);
    return realm && record(realm);
  }

  async loadRealm(id: RealmId, take: TakeObjects): Promise<RealmRecord | undefined> {
    const realm = this.#realms.get(id);
    if (!realm) return undefined;
    const objects: StoredObject[] = [];
    for (const [uid, revision] of realm.objects) {
      const { leaf, change } = realm.changes.leaves[revision] ?? {};
      if (leaf && change) objects.push({ resource: change.resource, uid, revision, leaf, body: change.body });
    }
    for (let at = 0; at < objects.length; at += PORTION) take(objects.slice(at, at + PORTION), record(realm));
    return record(realm);
  }

  async commitChanges(append: Append<StoredChange>): Promise<CommitOutcome> {
    const realm = this.#byUid.get(append.realmUid);
    if (realm?.changes.frontier.size !== append.expectedSize) return 'stale';
    extend(realm.changes, append);
    keepObjects(realm, append.leaves);
    this.#wake(realm.uid, append.frontier.size);
    return 'committed';
  }

  async commitAccess(append: Append<StoredLeaf>): Promise<CommitOutcome> {
    const realm = this.#byUid.get(append.realmUid);
    if (realm?.access.frontier.size !== append.expectedSize) return 'stale';
    extend(realm.access, append);
    return 'committed';
  }

  async readChanges(
    realmUid: string,
    from: number,
    limit: number,
  ): Promise<readonly StoredChange[] | undefined> {
    return this.#byUid.get(realmUid)?.changes.leaves.slice(from, from + limit);
  }

  async readSizes(realmUids: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const sizes = new Map<string, number>();
    for (const uid of realmUids) {
      const realm = this.#byUid.get(uid);
      if (realm) sizes.set(uid, realm.changes.frontier.size);
    }
    return sizes;
  }

  async readHistory(query: HistoryQuery): Promise<readonly HistoricChange[] | undefined> {
    const realm = this.#byUid.get(query.realmUid);
    if (!realm || query.after < realm.historyFloor) return undefined;
    const found: HistoricChange[] = [];
    for (const leaf of realm.changes.leaves.slice(query.after + 1, query.upTo + 1)) {
      const { change } = leaf;
      if (!change || (query.resource !== undefined && change.resource !== query.resource)) continue;
      if (query.namespace !== undefined && change.namespace !== query.namespace) continue;
      if (found.length === query.limit) break;
      const previous = change.previous === undefined ? undefined : realm.changes.leaves[change.previous];
      found.push({
        ...leaf,
        change,
        ...(previous?.change === undefined ? {} : { previousBody: previous.change.body }),
      });
    }
    return found;
  }

  async raiseHistoryFloor(realmUid: string, floor: number): Promise<void> {
    const realm = this.#byUid.get(realmUid);
    if (realm) realm.historyFloor = Math.max(realm.historyFloor, floor);
  }

  async raiseRecordsFloor(realmUid: string, floor: number): Promise<void> {
    const realm = this.#byUid.get(realmUid);
    if (realm) realm.recordsFloor = Math.max(realm.recordsFloor, floor);
  }

  async oldChanges(realmUid: string, after: number, before_ms: number, changes_max: number): Promise<number> {
    const portion = this.#byUid.get(realmUid)?.changes.leaves.slice(after + 1, after + 1 + changes_max) ?? [];
    const stop = portion.findIndex(({ time_ms }) => time_ms >= before_ms);
    return after + (stop < 0 ? portion.length : stop);
  }

  async replacedBodies(
    realmUid: string,
    before_ms: number,
    changes_max: number,
  ): Promise<ReplacedBodies | undefined> {
    const realm = this.#byUid.get(realmUid);
    if (!realm) return undefined;
    const floor = realm.bodiesFloor;
    const portion = realm.changes.leaves.slice(floor + 1, floor + 1 + changes_max);
    const stop = portion.findIndex(({ time_ms }) => time_ms >= before_ms);
    const upTo = floor + (stop < 0 ? portion.length : stop);
    return {
      floor,
      upTo,
      next_ms: portion[stop]?.time_ms,
      bodies: spanOf(replacedBy(realm, floor, upTo).filter((index) => hasBody(realm, index))),
    };
  }

  async dropReplacedBodies(realmUid: string, upTo: number): Promise<number> {
    const realm = this.#byUid.get(realmUid);
    if (!realm) return 0;
    const dropped = dropBodies(realm, replacedBy(realm, realm.bodiesFloor, upTo));
    realm.bodiesFloor = Math.max(realm.bodiesFloor, upTo);
    return dropped;
  }

  async pastBodies(realmUid: string, from: number, to: number): Promise<LeafSpan | undefined> {
    return spanOf(this.#pastBodies(realmUid, from, to));
  }

  async erasePastBodies(realmUid: string, from: number, to: number): Promise<number> {
    const realm = this.#byUid.get(realmUid);
    return realm ? dropBodies(realm, this.#pastBodies(realmUid, from, to)) : 0;
  }

  #pastBodies(realmUid: string, from: number, to: number): number[] {
    const realm = this.#byUid.get(realmUid);
    return (realm?.changes.leaves.slice(from, to + 1) ?? []).flatMap(({ index, change }) =>
      realm && change && hasBody(realm, index) && realm.objects.get(change.uid) !== index ? [index] : [],
    );
  }

  async bodyDigests(realmUid: string, from: number, count: number): Promise<ReadonlyMap<number, string>> {
    const leaves = this.#byUid.get(realmUid)?.changes.leaves.slice(from, from + count) ?? [];
    return new Map(
      leaves.flatMap(({ index, change }) =>
        change && change.body.length > 0 ? [[index, bodyDigest(change.body)]] : [],
      ),
    );
  }

  async realmsWithBodiesDue(now_ms: number, limit: number): Promise<readonly RealmId[]> {
    return [...this.#realms.values()]
      .filter(({ bodiesDue_ms }) => bodiesDue_ms <= now_ms)
      .sort((a, b) => a.bodiesDue_ms - b.bodiesDue_ms)
      .slice(0, limit)
      .map(({ id }) => id);
  }

  async setBodiesDue(realmUid: string, due_ms: number): Promise<void> {
    const realm = this.#byUid.get(realmUid);
    if (realm) realm.bodiesDue_ms = due_ms;
  }

  async lastChangeBefore(realmUid: string, time_ms: number): Promise<number> {
    return this.#byUid.get(realmUid)?.changes.leaves.findLastIndex((leaf) => leaf.time_ms < time_ms) ?? -1;
  }

  async readLeaves(
    realmUid: string,
    log: LogName,
    from: number,
    count: number,
  ): Promise<readonly StoredLeaf[]> {
    const leaves: readonly StoredLeaf[] = this.#byUid.get(realmUid)?.[log].leaves ?? [];
    return leaves.slice(from, from + count).map(({ index, leaf, hash, time_ms, personal }) => ({
      index,
      leaf,
      hash,
      time_ms,
      ...(personal === undefined ? {} : { personal }),
    }));
  }

  async personalRecords(realmUid: string, log: LogName, range: PersonalRange) {
    return spanOf(this.#personal(realmUid, log, range).map(({ index }) => index));
  }

  async erasePersonal(realmUid: string, log: LogName, range: PersonalRange): Promise<number> {
    const found = this.#personal(realmUid, log, range);
    const leaves: StoredChange[] = this.#byUid.get(realmUid)?.[log].leaves ?? [];
    for (const { personal: _, change, ...leaf } of found) {
      leaves[leaf.index] = change ? { ...leaf, change: { ...change, name: '' } } : leaf;
    }
    return found.length;
  }

  #personal(realmUid: string, log: LogName, { from, to, before_ms }: PersonalRange): StoredChange[] {
    const leaves: readonly StoredChange[] = this.#byUid.get(realmUid)?.[log].leaves ?? [];
    return leaves
      .slice(from, to + 1)
      .filter(({ personal, time_ms }) => personal !== undefined && time_ms < before_ms);
  }

  async readNodes(
    realmUid: string,
    log: LogName,
    level: number,
    from: number,
    count: number,
  ): Promise<readonly Uint8Array[]> {
    return (
      this.#byUid
        .get(realmUid)
        ?.[log].nodes.get(level)
        ?.slice(from, from + count) ?? []
    );
  }

  async keepCheckpoint(
    realmUid: string,
    log: LogName,
    { size, note }: KeptCheckpoint,
    keep_max: number,
  ): Promise<void> {
    const kept = this.#byUid.get(realmUid)?.checkpoints[log];
    if (!kept || kept.has(size)) return;
    kept.set(size, note);
    dropSmallest(kept, keep_max);
  }

  async readCheckpoints(realmUid: string, log: LogName): Promise<readonly KeptCheckpoint[]> {
    return inOrder(this.#byUid.get(realmUid)?.checkpoints[log]);
  }

  async keepCosigned(
    realmUid: string,
    log: LogName,
    { size, note }: KeptCheckpoint,
    previous: string | undefined,
    keep_max: number,
  ): Promise<boolean> {
    const kept = this.#byUid.get(realmUid)?.cosigned[log];
    if (!kept || kept.get(size) !== previous) return false;
    kept.set(size, note);
    dropSmallest(kept, keep_max);
    return true;
  }

  async readCosigned(realmUid: string, log: LogName): Promise<readonly KeptCheckpoint[]> {
    return inOrder(this.#byUid.get(realmUid)?.cosigned[log]);
  }

  async listen(wake: WakeUp): Promise<() => Promise<void>> {
    this.#listeners.add(wake);
    return async () => {
      this.#listeners.delete(wake);
    };
  }

  async close(): Promise<void> {
    this.#listeners.clear();
  }

  #wake(realmUid: string, size: number): void {
    for (const wake of this.#listeners)
      queueMicrotask(() => this.#listeners.has(wake) && wake(realmUid, size));
  }
}

/** Leaves whose bodies the changes after `floor` up to `upTo` replaced or removed. */
function replacedBy({ changes }: MemoryRealm, floor: number, upTo: number): number[] {
  return changes.leaves
    .slice(floor + 1, upTo + 1)
    .flatMap(({ index, change }) => [
      ...(change?.previous === undefined ? [] : [change.previous]),
      ...(change?.type === 'deleted' ? [index] : []),
    ]);
}

const hasBody = ({ changes }: MemoryRealm, index: number): boolean =>
  (changes.leaves[index]?.change?.body.length ?? 0) > 0;

function dropBodies(realm: MemoryRealm, indexes: readonly number[]): number {
  const { leaves } = realm.changes;
  const there = indexes.filter((index) => hasBody(realm, index));
  for (const index of there) {
    const leaf = leaves[index];
    if (leaf?.change) leaves[index] = { ...leaf, change: { ...leaf.change, body: Buffer.alloc(0) } };
  }
  return there.length;
}

function spanOf(indexes: readonly number[]): LeafSpan | undefined {
  if (indexes.length === 0) return undefined;
  return { from: Math.min(...indexes), to: Math.max(...indexes), count: indexes.length };
}

function dropSmallest(kept: Map<number, string>, keep_max: number): void {
  const sizes = [...kept.keys()].sort((a, b) => a - b);
  for (const old of sizes.slice(0, Math.max(0, sizes.length - keep_max))) kept.delete(old);
}

const inOrder = (kept: ReadonlyMap<number, string> = new Map()): KeptCheckpoint[] =>
  [...kept].map(([size, note]) => ({ size, note })).sort((a, b) => a.size - b.size);

function emptyLog<Leaf extends StoredLeaf>(): MemoryLog<Leaf> {
  return { frontier: { size: 0, hashes: Buffer.alloc(0) }, leaves: [], nodes: new Map() };
}

function extend<Leaf extends StoredLeaf>(
  log: MemoryLog<Leaf>,
  append: { leaves: readonly Leaf[]; frontier: Frontier; tileNodes: readonly TileNode[] },
): void {
  for (const leaf of append.leaves) log.leaves.push(leaf);
  for (const node of append.tileNodes) {
    const level = log.nodes.get(node.level) ?? [];
    log.nodes.set(node.level, level);
    level[node.index] = node.hash;
  }
  log.frontier = append.frontier;
}

function keepObjects(realm: MemoryRealm, leaves: readonly StoredChange[]): void {
  for (const { index, change } of leaves) {
    if (change?.type === 'deleted') realm.objects.delete(change.uid);
    else if (change) realm.objects.set(change.uid, index);
  }
}

function record(realm: MemoryRealm): RealmRecord {
  return {
    id: realm.id,
    uid: realm.uid,
    changes: realm.changes.frontier,
    access: realm.access.frontier,
    historyFloor: realm.historyFloor,
    bodiesFloor: realm.bodiesFloor,
    bodiesDue_ms: realm.bodiesDue_ms,
    recordsFloor: realm.recordsFloor,
  };
}
