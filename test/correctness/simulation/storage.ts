/** The database of the simulation, which never fails, and what one process sees of it: each over a link of its own. */
import type { LogName } from '#kernel/keys.ts';
import { bodyJson } from '#kernel/log/body.ts';
import type { RealmId } from '#kernel/realm-id.ts';
import { Widget } from '#kernel/store/example-kinds.ts';
import { MemoryStorage } from '#kernel/store/memory-storage.ts';
import type {
  Append,
  HistoryQuery,
  KeptCheckpoint,
  LogStorage,
  NewRealm,
  PersonalRange,
  StoredChange,
  StoredLeaf,
  StoredObject,
  TakeObjects,
  WakeUp,
} from '#kernel/store/storage.ts';
import type { FaultRates, Link } from './faults.ts';
import type { World } from './world.ts';

/** Says how much was written, and remembers of what tone each change left its widget: history forgets bodies, and those who check must not. */
export class Database extends MemoryStorage {
  /** By index of the change. */
  readonly tones = new Map<number, string | undefined>();
  readonly #world: World;

  constructor(world: World) {
    super();
    this.#world = world;
  }

  override async commitChanges(append: Append<StoredChange>) {
    const outcome = await super.commitChanges(append);
    if (outcome === 'committed') {
      for (const { index, change } of append.leaves) {
        if (change) this.#world.count('changes');
        if (change?.resource !== Widget.resource) continue;
        const { metadata } = JSON.parse(Buffer.from(bodyJson(change.body)).toString()) as Labelled;
        this.tones.set(index, metadata.labels?.tone);
      }
    }
    return outcome;
  }
}

interface Labelled {
  readonly metadata: { readonly labels?: Readonly<Record<string, string>> };
}

export class LinkedStorage implements LogStorage {
  readonly #database: LogStorage;
  readonly #link: Link;
  readonly #world: World;
  readonly #rates: () => FaultRates;

  constructor(database: LogStorage, link: Link, world: World, rates: () => FaultRates) {
    this.#database = database;
    this.#link = link;
    this.#world = world;
    this.#rates = rates;
  }

  createRealm(realm: NewRealm) {
    return this.#link.call('createRealm', () => this.#database.createRealm(realm));
  }
  destroyRealm(uid: string) {
    return this.#link.call('destroyRealm', () => this.#database.destroyRealm(uid));
  }
  listRealms() {
    return this.#link.call('listRealms', () => this.#database.listRealms());
  }
  readRealm(id: RealmId) {
    return this.#link.call('readRealm', () => this.#database.readRealm(id));
  }
  async loadRealm(id: RealmId, take: TakeObjects) {
    const { record, objects } = await this.#link.call('loadRealm', async () => {
      const taken: StoredObject[] = [];
      const found = await this.#database.loadRealm(id, (portion) => taken.push(...portion));
      return { record: found, objects: taken };
    });
    if (record && objects.length > 0) take(objects, record);
    return record;
  }
  commitChanges(append: Append<StoredChange>) {
    return this.#link.call('commitChanges', () => this.#database.commitChanges(append));
  }
  commitAccess(append: Append<StoredLeaf>) {
    return this.#link.call('commitAccess', () => this.#database.commitAccess(append));
  }
  readChanges(uid: string, from: number, limit: number) {
    return this.#link.call('readChanges', () => this.#database.readChanges(uid, from, limit));
  }
  readSizes(uids: readonly string[]) {
    return this.#link.call('readSizes', () => this.#database.readSizes(uids));
  }
  readHistory(query: HistoryQuery) {
    return this.#link.call('readHistory', () => this.#database.readHistory(query));
  }
  raiseHistoryFloor(uid: string, floor: number) {
    return this.#link.call('raiseHistoryFloor', () => this.#database.raiseHistoryFloor(uid, floor));
  }
  replacedBodies(uid: string, before_ms: number, changes_max: number) {
    return this.#link.call('replacedBodies', () =>
      this.#database.replacedBodies(uid, before_ms, changes_max),
    );
  }
  dropReplacedBodies(uid: string, upTo: number) {
    return this.#link.call('dropReplacedBodies', () => this.#database.dropReplacedBodies(uid, upTo));
  }
  pastBodies(uid: string, from: number, to: number) {
    return this.#link.call('pastBodies', () => this.#database.pastBodies(uid, from, to));
  }
  erasePastBodies(uid: string, from: number, to: number) {
    return this.#link.call('erasePastBodies', () => this.#database.erasePastBodies(uid, from, to));
  }
  bodyDigests(uid: string, from: number, count: number) {
    return this.#link.call('bodyDigests', () => this.#database.bodyDigests(uid, from, count));
  }
  realmsWithBodiesDue(now_ms: number, limit: number) {
    return this.#link.call('realmsWithBodiesDue', () => this.#database.realmsWithBodiesDue(now_ms, limit));
  }
  setBodiesDue(uid: string, due_ms: number) {
    return this.#link.call('setBodiesDue', () => this.#database.setBodiesDue(uid, due_ms));
  }
  lastChangeBefore(uid: string, time_ms: number) {
    return this.#link.call('lastChangeBefore', () => this.#database.lastChangeBefore(uid, time_ms));
  }
  readLeaves(uid: string, log: LogName, from: number, count: number) {
    return this.#link.call('readLeaves', () => this.#database.readLeaves(uid, log, from, count));
  }
  readNodes(uid: string, log: LogName, level: number, from: number, count: number) {
    return this.#link.call('readNodes', () => this.#database.readNodes(uid, log, level, from, count));
  }
  keepCheckpoint(uid: string, log: LogName, checkpoint: KeptCheckpoint, keep_max: number) {
    return this.#link.call('keepCheckpoint', () =>
      this.#database.keepCheckpoint(uid, log, checkpoint, keep_max),
    );
  }
  readCheckpoints(uid: string, log: LogName) {
    return this.#link.call('readCheckpoints', () => this.#database.readCheckpoints(uid, log));
  }
  personalRecords(uid: string, log: LogName, range: PersonalRange) {
    return this.#link.call('personalRecords', () => this.#database.personalRecords(uid, log, range));
  }
  erasePersonal(uid: string, log: LogName, range: PersonalRange) {
    return this.#link.call('erasePersonal', () => this.#database.erasePersonal(uid, log, range));
  }
  oldChanges(uid: string, after: number, before_ms: number, changes_max: number) {
    return this.#link.call('oldChanges', () => this.#database.oldChanges(uid, after, before_ms, changes_max));
  }
  raiseRecordsFloor(uid: string, floor: number) {
    return this.#link.call('raiseRecordsFloor', () => this.#database.raiseRecordsFloor(uid, floor));
  }
  keepCosigned(
    uid: string,
    log: LogName,
    checkpoint: KeptCheckpoint,
    previous: string | undefined,
    keep_max: number,
  ) {
    return this.#link.call('keepCosigned', () =>
      this.#database.keepCosigned(uid, log, checkpoint, previous, keep_max),
    );
  }
  readCosigned(uid: string, log: LogName) {
    return this.#link.call('readCosigned', () => this.#database.readCosigned(uid, log));
  }
  /** Hints come late, in any order, or never. */
  listen(wake: WakeUp) {
    return this.#database.listen((uid, size) => {
      if (this.#world.chance(this.#rates().lostHints)) return;
      this.#world.at(this.#world.between(1, 60), () => wake(uid, size));
    });
  }
  async close() {}
}
