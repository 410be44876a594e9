/**
 * What the store asks of a database: a few operations over realms, each atomic. `engines/postgres` implements it for
 * real, `memory-storage.ts` for tests and simulation, and one conformance suite runs against both. An implementation decides
 * nothing: it compares, swaps, appends and reads, and must never store a body of its own making.
 */
import type { LogName } from '../keys.ts';
import type { Frontier, TileNode } from '../log/merkle.ts';
import type { RealmId } from '../realm-id.ts';

export interface RealmRecord {
  readonly id: RealmId;
  /** Identity of this incarnation. All other operations name the realm by it. */
  readonly uid: string;
  readonly changes: Frontier;
  readonly access: Frontier;
  /** A watch cannot resume before this index. */
  readonly historyFloor: number;
  /** What changes up to and including this index replaced or removed is no longer kept. */
  readonly bodiesFloor: number;
  /** When to look for bodies whose time is over; 0: this was never done. */
  readonly bodiesDue_ms: number;
  /** What changes up to and including this index say of persons was gone through by retention. */
  readonly recordsFloor: number;
}

/** One entry of a log: the canonical JSON that was hashed, and its Merkle leaf hash. */
export interface StoredLeaf {
  readonly index: number;
  readonly leaf: Uint8Array;
  readonly hash: Uint8Array;
  /** When it was decided: milliseconds since the Unix epoch, as in the leaf. */
  readonly time_ms: number;
  /** What it says of persons, until that is erased. */
  readonly personal?: Uint8Array;
}

/** What a leaf of the `changes` log did to an object. */
export interface ObjectChange {
  /** `deleted`: `body` is the object as it last was, for watchers. */
  readonly type: 'created' | 'updated' | 'deleted';
  readonly resource: string;
  readonly namespace: string | undefined;
  /** Empty once it was erased with what the leaf says of persons. */
  readonly name: string;
  readonly uid: string;
  /** Index of the leaf that had changed the object before; absent when created. */
  readonly previous: number | undefined;
  /** The bytes that the leaf's digest covers; ciphertext for secret kinds. Empty once it was dropped. */
  readonly body: Uint8Array;
}

/** A leaf of the `changes` log with its effect; genesis, keys and checkpoints have none. */
export interface StoredChange extends StoredLeaf {
  readonly change?: ObjectChange;
}

/** A change as watch history gives it. */
export interface HistoricChange extends StoredChange {
  readonly change: ObjectChange;
  /** The object's body before this change; absent when created. */
  readonly previousBody?: Uint8Array;
}

export interface StoredObject {
  readonly resource: string;
  readonly uid: string;
  /** Index of the leaf that last changed it. */
  readonly revision: number;
  /** That leaf, whose digest covers the body. */
  readonly leaf: Uint8Array;
  readonly body: Uint8Array;
}

/** Takes in some of a realm's objects; `realm` is the same each time. */
export type TakeObjects = (objects: readonly StoredObject[], realm: RealmRecord) => void;

/** An append to one log, with what its tree becomes. Indexes of the leaves are `expectedSize`, `expectedSize + 1`, … */
export interface Append<Leaf extends StoredLeaf> {
  readonly realmUid: string;
  readonly expectedSize: number;
  readonly leaves: readonly Leaf[];
  readonly frontier: Frontier;
  /** Subtrees that this append completed. */
  readonly tileNodes: readonly TileNode[];
}

/** `stale`: the log's size was not `expectedSize`, or there is no such realm any more; nothing was written. */
export type CommitOutcome = 'committed' | 'stale';

export interface NewRealm {
  readonly id: RealmId;
  readonly uid: string;
  /** The first leaves of both logs, with the first objects. */
  readonly changes: Omit<Append<StoredChange>, 'realmUid' | 'expectedSize'>;
  readonly access: Omit<Append<StoredLeaf>, 'realmUid' | 'expectedSize'>;
  /** Kept with it from the beginning, as by `keepCheckpoint`. */
  readonly checkpoints?: Readonly<Record<LogName, KeptCheckpoint>>;
}

export interface HistoryQuery {
  readonly realmUid: string;
  /** Exclusive. */
  readonly after: number;
  /** Inclusive. */
  readonly upTo: number;
  /** Absent: changes of all resources. */
  readonly resource?: string;
  readonly namespace?: string;
  /** At most so many, oldest first. */
  readonly limit: number;
}

export interface PersonalRange {
  /** Both included. */
  readonly from: number;
  readonly to: number;
  readonly before_ms: number;
}

/** Leaves beside which there is something: the first, the last, and how many. */
export interface LeafSpan {
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

/** Bodies that the next changes to be gone through replaced or removed. */
export interface ReplacedBodies {
  /** Changes up to and including this index have been gone through. */
  readonly floor: number;
  /** The last of the next ones, all decided before the time asked for; `floor` when there is none. */
  readonly upTo: number;
  /** When the first one after them that is not old enough was decided; undefined: as many as may be are old enough, or there is none. */
  readonly next_ms: number | undefined;
  /** Leaves that still have a body which one of these changes replaced or removed; undefined: none. */
  readonly bodies: LeafSpan | undefined;
}

export interface KeptCheckpoint {
  /** Of the tree that it signs. */
  readonly size: number;
  /** The signed note. */
  readonly note: string;
}

/** Says that a realm's log may have grown to `size` (or that the realm is gone: 0). A hint, never the data. */
export type WakeUp = (realmUid: string, size: number) => void;

/** The storage has no room for what was to be written, and wrote nothing of it. Whoever frees some need not tell it. */
export class StorageFullError extends Error {
  override readonly name = 'StorageFullError';
}

/** What it throws means that nobody knows whether something was written; a `StorageFullError` means that it was not. */
export interface LogStorage {
  /** Adds a realm with its first objects, in one transaction; false when that id is taken. */
  createRealm(realm: NewRealm): Promise<boolean>;
  /** Removes a realm with its objects, logs and tiles. No error when it is gone already. */
  destroyRealm(realmUid: string): Promise<void>;
  /** Every realm, sorted by id. */
  listRealms(): Promise<readonly RealmId[]>;
  readRealm(id: RealmId): Promise<RealmRecord | undefined>;
  /**
   * Reads a realm and, in bounded portions, all its objects, as of one moment. `take` is not called when there is
   * no such realm; what it throws ends the reading.
   */
  loadRealm(id: RealmId, take: TakeObjects): Promise<RealmRecord | undefined>;
  /** Appends to the `changes` log, and makes the objects what the changes say, in one transaction. */
  commitChanges(append: Append<StoredChange>): Promise<CommitOutcome>;
  /** Appends to the `access` log. */
  commitAccess(append: Append<StoredLeaf>): Promise<CommitOutcome>;
  /** Changes with index ≥ `from`, oldest first, at most `limit`; undefined when there is no such realm any more. */
  readChanges(realmUid: string, from: number, limit: number): Promise<readonly StoredChange[] | undefined>;
  /** Sizes of the `changes` logs of those realms that (still) exist. */
  readSizes(realmUids: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** Watch history. Undefined when `after` is below the realm's history floor, or the realm is gone. */
  readHistory(query: HistoryQuery): Promise<readonly HistoricChange[] | undefined>;
  /** Raises the history floor, unless it is higher already. Drops nothing. */
  raiseHistoryFloor(realmUid: string, floor: number): Promise<void>;
  /** The last change of those decided before `before_ms` that come next after `after`, of at most `changes_max`; `after` when there is none. */
  oldChanges(realmUid: string, after: number, before_ms: number, changes_max: number): Promise<number>;
  raiseRecordsFloor(realmUid: string, floor: number): Promise<void>;
  /** What the next changes decided before `before_ms` replaced, of at most `changes_max` that come after the bodies floor. */
  replacedBodies(
    realmUid: string,
    before_ms: number,
    changes_max: number,
  ): Promise<ReplacedBodies | undefined>;
  /**
   * Drops the bodies that changes after the bodies floor up to `upTo` replaced or removed, and raises the floor to it; says how many. Bodies
   * of objects that exist are never dropped; leaves and hashes neither.
   */
  dropReplacedBodies(realmUid: string, upTo: number): Promise<number>;
  /** Leaves `from` to `to`, both included, that have a body which no object is any more; undefined: none. */
  pastBodies(realmUid: string, from: number, to: number): Promise<LeafSpan | undefined>;
  /** Drops those bodies; says how many. */
  erasePastBodies(realmUid: string, from: number, to: number): Promise<number>;
  /** `sha256:<hex>` of the bodies that are there of changes from `from`, of at most `count` leaves, by index. */
  bodyDigests(realmUid: string, from: number, count: number): Promise<ReadonlyMap<number, string>>;
  /** Realms in which to look for bodies whose time is over by now, the longest due first. */
  realmsWithBodiesDue(now_ms: number, limit: number): Promise<readonly RealmId[]>;
  setBodiesDue(realmUid: string, due_ms: number): Promise<void>;
  /** Index of the last change decided before `time_ms`, or -1. */
  lastChangeBefore(realmUid: string, time_ms: number): Promise<number>;
  /** Entries of a log from `from`, at most `count`, in order. */
  readLeaves(realmUid: string, log: LogName, from: number, count: number): Promise<readonly StoredLeaf[]>;
  /** Leaves `from` to `to` of a log with a record of persons made before `before_ms`: the first, the last and how many; undefined: none. */
  personalRecords(realmUid: string, log: LogName, range: PersonalRange): Promise<LeafSpan | undefined>;
  /** Erases those records, and no leaf; says how many. */
  erasePersonal(realmUid: string, log: LogName, range: PersonalRange): Promise<number>;
  /** Hashes of completed subtrees of `level` ≥ 1 from index `from`, at most `count`, in order. */
  readNodes(
    realmUid: string,
    log: LogName,
    level: number,
    from: number,
    count: number,
  ): Promise<readonly Uint8Array[]>;
  /**
   * Keeps a signed checkpoint of a log, unless it has one of that size or there is no such realm; then drops the smallest ones past
   * `keep_max`.
   */
  keepCheckpoint(realmUid: string, log: LogName, checkpoint: KeptCheckpoint, keep_max: number): Promise<void>;
  /** The checkpoints that were kept, smallest first. */
  readCheckpoints(realmUid: string, log: LogName): Promise<readonly KeptCheckpoint[]>;
  /**
   * Keeps a checkpoint that witnesses cosigned, in the place of `previous`, which is the very note that is kept of that size, or absent when
   * none is; then drops the smallest ones past `keep_max`. False, and nothing is done, when another is kept, or there is no such realm.
   */
  keepCosigned(
    realmUid: string,
    log: LogName,
    checkpoint: KeptCheckpoint,
    previous: string | undefined,
    keep_max: number,
  ): Promise<boolean>;
  /** Those checkpoints, smallest first. */
  readCosigned(realmUid: string, log: LogName): Promise<readonly KeptCheckpoint[]>;
  /** Calls `wake` when another writer committed. Returns what stops it. */
  listen(wake: WakeUp): Promise<() => Promise<void>>;
  close(): Promise<void>;
}
