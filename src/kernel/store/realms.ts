/**
 * All realms of a region: loads them on first use, keeps those in memory at the head of their logs, lets idle ones go. The composition
 * root opens one of these; everything else reaches objects through it.
 */
import type { AccessEraser, AccessLog } from '../access.ts';
import type { BodyEraser, RecordEraser } from '../bodies.ts';
import { type Clock, systemClock } from '../clock.ts';
import { notFound, StatusError, unavailable } from '../errors.ts';
import type { RealmKeyring } from '../keys.ts';
import type { Admission } from '../kind.ts';
import { type Random, systemRandom } from '../random.ts';
import type { Realm, Realms } from '../realm.ts';
import { REGION, type RealmId } from '../realm-id.ts';
import type { KindRegistry } from '../registry.ts';
import { StoredAccessLog } from './access-log.ts';
import { Birth } from './birth.ts';
import { CheckpointTaker } from './checkpoint-taker.ts';
import { newRealm } from './genesis.ts';
import { HeadChecks } from './head-checks.ts';
import { type Housed, Housekeeping } from './housekeeping.ts';
import { DEFAULT_LIMITS, type StoreLimits } from './limits.ts';
import { beginRealm, type LoadedRealm, type LoadedRealmOptions, loadRealm } from './loaded-realm.ts';
import { type RealmLogs, StoredRealmLogs } from './realm-logs.ts';
import type { LogStorage } from './storage.ts';
import { StoredBodies } from './stored-bodies.ts';
import { StoredRecords } from './stored-records.ts';

export interface RealmsOptions {
  /** Every kind the region serves. */
  readonly registry: KindRegistry;
  /** Owned by the caller: closing the realms does not close it. */
  readonly storage: LogStorage;
  readonly keyring: RealmKeyring;
  /** Rules over changes of any kind, in order; each kind's own `admit` comes after them. */
  readonly admissions?: readonly Admission[];
  readonly clock?: Clock;
  readonly random?: Random;
  readonly limits?: Partial<StoreLimits>;
  /**
   * Whether no other process writes to this storage: then what is in memory is always the latest, and reads ask nobody. Default:
   * never sure.
   */
  readonly isAlone?: () => boolean;
  /** Told of what went wrong in the background, for the region's own log. Nothing secret is in it. */
  readonly onFault?: (what: string, error: unknown) => void;
}

export interface OpenRealms extends Realms {
  readonly access: AccessLog & AccessEraser;
  readonly logs: RealmLogs;
  readonly bodies: BodyEraser;
  readonly records: RecordEraser;
  /**
   * Takes the checkpoints of a realm's logs into the region's `changes` log, unless it has them. It happens every minute for realms
   * in memory, and when a realm is made or destroyed.
   */
  takeCheckpoints(realm: RealmId): Promise<void>;
  /** Ends watches and lanes, waits for queued access records, stops all timers. */
  close(): Promise<void>;
}

/** Opens the realms of a region. Makes none: `create('/')` comes first in a new region. */
export async function openRealms(options: RealmsOptions): Promise<OpenRealms> {
  const realms = new StoredRealms(options);
  await realms.open();
  return realms;
}

const stopping = () => unavailable('the region is stopping', 5);

interface Slot {
  readonly id: RealmId;
  readonly loading: Promise<LoadedRealm>;
  loaded: LoadedRealm | undefined;
  leases: number;
  /** Clock time when the last lease was given back. */
  idleSince_ms: number;
  historyTrimmed_ms: number;
}

/** When to come back after it could not be found out whether memory is fresh. */
const FRESH_RETRY_S = 1;

class StoredRealms implements OpenRealms {
  readonly access: StoredAccessLog;
  readonly logs: StoredRealmLogs;
  readonly bodies: StoredBodies;
  readonly records: StoredRecords;
  readonly #options: LoadedRealmOptions;
  readonly #keyring: RealmKeyring;
  readonly #slots = new Map<RealmId, Slot>();
  readonly #checkpoints: CheckpointTaker;
  readonly #heads: HeadChecks;
  readonly #isAlone: () => boolean;
  readonly #listeners = new Set<(realm: Realm) => void>();
  /** Those that nobody holds, the longest idle first. */
  readonly #idle = new Set<Slot>();
  /** Those in memory, for wake-ups: one comes for every commit of every realm. */
  readonly #byUid = new Map<string, LoadedRealm>();
  /** What each load under way heard of meanwhile. */
  readonly #heard = new Set<Set<string>>();
  readonly #housekeeping: Housekeeping;
  #stopListening: () => Promise<void> = async () => {};
  #closed = false;

  constructor(options: RealmsOptions) {
    const clock = options.clock ?? systemClock;
    const limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#options = {
      registry: options.registry,
      storage: options.storage,
      admissions: options.admissions ?? [],
      clock,
      random: options.random ?? systemRandom,
      limits,
      onFault: options.onFault ?? (() => {}),
    };
    this.#keyring = options.keyring;
    this.#heads = new HeadChecks(options.storage, clock, (error) =>
      this.#options.onFault('asking how far logs have come', error),
    );
    this.#isAlone = options.isAlone ?? (() => false);
    this.access = new StoredAccessLog(options.storage, clock, this.#options.random, limits);
    this.logs = new StoredRealmLogs(options.storage, options.keyring, clock, limits);
    const acquire = (id: RealmId) => this.#acquire(id);
    this.bodies = new StoredBodies(options.storage, clock, acquire);
    this.records = new StoredRecords(options.storage, clock, acquire);
    this.#checkpoints = new CheckpointTaker(options.storage, this.logs, clock, () => this.#acquire(REGION));
    this.#housekeeping = new Housekeeping(this.#options, {
      loaded: () => this.#loaded(),
      evict: (idleSince_ms) => this.#evict(idleSince_ms),
      hasRegion: () => this.#hasRegion(),
      takeCheckpoints: (id) => this.#checkpoints.take(id),
    });
  }

  async open(): Promise<void> {
    this.#stopListening = await this.#options.storage.listen((uid, size) => {
      this.#byUid.get(uid)?.wake(size);
      for (const heard of this.#heard) heard.add(uid);
    });
    this.#housekeeping.start();
  }

  async acquire(id: RealmId): Promise<{ readonly realm: Realm; release(): void }> {
    return this.#acquire(id);
  }

  async use<T>(id: RealmId, work: (realm: Realm) => Promise<T> | T): Promise<T> {
    const { realm, release } = await this.#acquire(id);
    try {
      return await work(realm);
    } finally {
      release();
    }
  }

  async fresh(id: RealmId): Promise<void> {
    if (this.#isAlone()) return;
    const slots = new Set([this.#slots.get(id), this.#slots.get(REGION)]);
    try {
      await Promise.all(Array.from(slots, (slot) => slot && this.#freshen(slot)));
    } catch {
      throw unavailable(
        `whether another process changed ${id} cannot be found out at the moment; try again`,
        FRESH_RETRY_S,
      );
    }
  }

  async create(id: RealmId, first?: (realm: Realm) => Promise<void>): Promise<void> {
    this.#assertOpen();
    const { storage, clock, random } = this.#options;
    const keys = await this.#keyring.create(id);
    const genesis = newRealm(id, random.uuid(), keys, clock.now());
    const birth = new Birth(storage, genesis, keys);
    const realm = beginRealm(genesis, birth, keys, this.#options);
    try {
      await first?.(realm);
      await realm.complete();
    } catch (error) {
      realm.close(unavailable(`${id} could not be made; try again`, 1));
      throw error;
    }
    this.#keep(id, realm);
    const { checkpoints } = birth;
    if (id !== REGION && checkpoints && (await this.#hasRegion())) {
      await this.#checkpoints.takeFirst(id, realm.uid, checkpoints);
    }
  }

  async destroy(id: RealmId): Promise<void> {
    this.#assertOpen();
    const record = await this.#options.storage.readRealm(id);
    if (record) {
      if (id !== REGION && (await this.#hasRegion())) await this.takeCheckpoints(id);
      this.#drop(id, notFound({ kind: 'realm', name: id }));
      await this.#options.storage.destroyRealm(record.uid);
    }
    await this.#keyring.destroy(id);
    this.access.forget(id);
    this.logs.forget(id);
    this.#checkpoints.forget(id);
  }

  onLoaded(listener: (realm: Realm) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  list(): Promise<readonly RealmId[]> {
    return this.#options.storage.listRealms();
  }

  async exists(id: RealmId): Promise<boolean> {
    return (await this.#options.storage.readRealm(id)) !== undefined;
  }

  takeCheckpoints(id: RealmId): Promise<void> {
    return this.#checkpoints.take(id);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const housekept = this.#housekeeping.stop();
    await this.access.close();
    for (const id of [...this.#slots.keys()]) this.#drop(id, stopping());
    await housekept;
    await this.#stopListening();
  }

  async #acquire(id: RealmId): Promise<{ readonly realm: LoadedRealm; release(): void }> {
    this.#assertOpen();
    let slot = this.#slots.get(id);
    if (!slot || slot.loaded?.closed) {
      if (slot?.loaded) this.#byUid.delete(slot.loaded.uid);
      // Or its turn to leave memory would come, and be that of the one that takes its place.
      if (slot) this.#idle.delete(slot);
      slot = this.#load(id);
      this.#slots.set(id, slot);
    }
    const held = slot;
    held.leases += 1;
    this.#idle.delete(held);
    let released = false;
    const release = () => {
      if (released) return;
      released = true;
      held.leases -= 1;
      if (held.leases === 0) this.#rest(held);
    };
    try {
      return { realm: await held.loading, release };
    } catch (error) {
      release();
      if (error instanceof StatusError) throw error;
      this.#options.onFault(`reading ${id} into memory`, error);
      throw unavailable(`${id} cannot be read at the moment; try again`, 2);
    }
  }

  /** A realm that cannot be read, or is gone, is for those to meet who acquire it. */
  async #freshen(slot: Slot): Promise<void> {
    try {
      const realm = await slot.loading.catch(() => undefined);
      await realm?.fresh(this.#heads);
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
    }
  }

  #load(id: RealmId): Slot {
    const slot = this.#slot(id, this.#read(id));
    slot.loading.then(
      (realm) => {
        slot.loaded = realm;
        if (this.#slots.get(id) === slot) this.#came(realm);
        // Dropped while it was loading: the region stops, or it was destroyed.
        else realm.close(this.#closed ? stopping() : notFound({ kind: 'realm', name: id }));
      },
      () => {
        if (this.#slots.get(id) === slot) this.#slots.delete(id);
      },
    );
    return slot;
  }

  #slot(id: RealmId, loading: Promise<LoadedRealm>): Slot {
    const now_ms = this.#options.clock.now();
    return { id, loading, loaded: undefined, leases: 0, idleSince_ms: now_ms, historyTrimmed_ms: now_ms };
  }

  /** Nobody holds it any more. */
  #rest(slot: Slot): void {
    if (this.#slots.get(slot.id) !== slot) return;
    slot.idleSince_ms = this.#options.clock.now();
    this.#idle.add(slot);
    if (this.#idle.size > this.#options.limits.idleRealms_max) this.#evict(this.#options.clock.now(), 1);
  }

  /** Keeps a realm that was just made, as if it had been read. */
  #keep(id: RealmId, realm: LoadedRealm): void {
    const known = this.#slots.get(id);
    if (this.#closed || (known && !known.loaded)) {
      // Whoever reads it at this moment finds what was made, or nothing and tries again.
      realm.close(unavailable(`${id} was read anew; try again`, 1));
      return;
    }
    if (known) this.#drop(id, notFound({ kind: 'realm', name: id }));
    const slot = this.#slot(id, Promise.resolve(realm));
    slot.loaded = realm;
    this.#slots.set(id, slot);
    this.#rest(slot);
    this.#came(realm);
  }

  #came(realm: LoadedRealm): void {
    this.#byUid.set(realm.uid, realm);
    for (const listener of this.#listeners) listener(realm);
  }

  async #read(id: RealmId): Promise<LoadedRealm> {
    const heard = new Set<string>();
    this.#heard.add(heard);
    try {
      if (!(await this.exists(id))) throw notFound({ kind: 'realm', name: id });
      const realm = await loadRealm(id, await this.#keyring.open(id), this.#options);
      if (!realm) throw notFound({ kind: 'realm', name: id });
      if (heard.has(realm.uid)) await realm.takeIn();
      return realm;
    } finally {
      this.#heard.delete(heard);
    }
  }

  #drop(id: RealmId, reason: Parameters<LoadedRealm['close']>[0]): void {
    const slot = this.#slots.get(id);
    this.#slots.delete(id);
    if (slot) this.#idle.delete(slot);
    if (!slot?.loaded) return;
    this.#byUid.delete(slot.loaded.uid);
    slot.loaded.close(reason);
  }

  #assertOpen(): void {
    if (this.#closed) throw stopping();
  }

  /** A region that is not made yet (in tests of one realm) takes no checkpoints. */
  async #hasRegion(): Promise<boolean> {
    return this.#slots.get(REGION)?.loaded !== undefined || this.exists(REGION);
  }

  /** Lets go of those that nobody used since a moment, the longest idle first, and of at most so many. */
  #evict(idleSince_ms: number, count = Number.POSITIVE_INFINITY): void {
    let left = count;
    for (const slot of this.#idle) {
      if (left <= 0 || slot.idleSince_ms > idleSince_ms) return;
      // One that is not read yet, is written to or watched stays.
      if (!slot.loaded || slot.loaded.busy) continue;
      this.#drop(slot.id, unavailable(`${slot.id} left memory because nobody used it; try again`, 1));
      left -= 1;
    }
  }

  #loaded(): Housed[] {
    return [...this.#slots.values()].flatMap((slot) =>
      slot.loaded && !slot.loaded.closed ? [{ slot, realm: slot.loaded }] : [],
    );
  }
}
