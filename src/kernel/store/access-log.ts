/**
 * The `access` logs: what was refused or failed, secrets read, terminals opened. Records wait in memory for as long as the commit before
 * them takes, then go into the log together. Never throws into a request, never grows without bound, never loses a
 * record without saying so in the log. What a record says of persons stands beside its leaf, and can be erased there. When a connection breaks in the middle of a commit, its records may come twice.
 */
import type { AccessEraser, AccessLog, AccessRecord, Erasure } from '../access.ts';
import { type Clock, sleep } from '../clock.ts';
import { notFound, StatusError, unavailable } from '../errors.ts';
import { type AccessLeafV2, encodeLeaf, type Leaf, leafTime } from '../log/leaf.ts';
import { append, type Frontier, leafHash } from '../log/merkle.ts';
import { encodePersonal, type PersonalRecord, personalDigest } from '../log/personal.ts';
import type { Random } from '../random.ts';
import { REGION, type RealmId } from '../realm-id.ts';
import { boundedText, erasureLeaf } from './erasure-leaf.ts';
import type { StoreLimits } from './limits.ts';
import type { LogStorage, StoredLeaf } from './storage.ts';

/** Details of one record: kinds declare a few. */
const DETAILS_MAX = 16;

/** Realms with records waiting or lost; beyond that, what is lost counts as the region's. */
const QUEUES_MAX = 10_000;
/** Tries while the database does not answer. */
const ATTEMPTS_MAX = 10;
/** Tries while other replicas keep appending first. */
const RACES_MAX = 100;
const RETRY_DELAY_MS = 100;
const RETRY_DELAY_MS_MAX = 2_000;

/** What goes into the log: a record of access, or that records were erased. */
type Entry = { readonly record: AccessRecord } | { readonly erasure: Erasure };

interface Waiting {
  readonly entry: Entry;
  readonly time_ms: number;
  resolve(): void;
  reject(error: unknown): void;
}

interface Queue {
  waiting: Waiting[];
  /** Records that could not be kept, and that the log does not know of yet. */
  lost: number;
  running: boolean;
}

/** What must be on record before it happens does not happen then. */
const cannotWrite = (): StatusError =>
  unavailable('the access log cannot be written at the moment, so nothing was done; try again', 1);

export class StoredAccessLog implements AccessLog, AccessEraser {
  readonly #storage: LogStorage;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #limits: StoreLimits;
  readonly #queues = new Map<RealmId, Queue>();
  readonly #trees = new Map<RealmId, { readonly uid: string; readonly frontier: Frontier }>();
  readonly #idle = new Set<() => void>();
  #running = 0;
  readonly #stop = new AbortController();

  constructor(storage: LogStorage, clock: Clock, random: Random, limits: StoreLimits) {
    this.#storage = storage;
    this.#clock = clock;
    this.#random = random;
    this.#limits = limits;
  }

  record(realm: RealmId, record: AccessRecord): { readonly durable: Promise<void> } {
    return this.#enter(realm, { record });
  }

  async recordsBefore(realm: RealmId, before_ms: number) {
    const found = await this.#storage.readRealm(realm);
    if (!found) throw notFound({ kind: 'realm', name: realm });
    return this.#storage.personalRecords(found.uid, 'access', { from: 0, to: found.access.size, before_ms });
  }

  async erase(realm: RealmId, erasure: Erasure): Promise<number> {
    const found = await this.#storage.readRealm(realm);
    if (!found) throw notFound({ kind: 'realm', name: realm });
    const { from, to, before_ms = Number.MAX_SAFE_INTEGER } = erasure;
    // Never what is written after this was decided.
    const range = { from, to: Math.min(to, found.access.size - 1), before_ms };
    const there = await this.#storage.personalRecords(found.uid, 'access', range);
    if (!there) return 0;
    await this.#enter(realm, { erasure: { ...erasure, from: there.from, to: there.to } }).durable;
    return this.#storage.erasePersonal(found.uid, 'access', { ...range, from: there.from, to: there.to });
  }

  #enter(realm: RealmId, entry: Entry): { readonly durable: Promise<void> } {
    const queue = this.#queue(realm);
    const durable = new Promise<void>((resolve, reject) => {
      if (queue.waiting.length >= this.#limits.accessQueue_max) {
        queue.lost += 1;
        reject(
          new StatusError('TooManyRequests', 'accessQueue: too many access records wait to be stored', {
            retryAfterSeconds: 1,
          }),
        );
        return;
      }
      queue.waiting.push({ entry, time_ms: this.#clock.now(), resolve, reject });
    });
    // Whoever does not wait for it does not have to handle its failure either.
    durable.catch(() => {});
    if (!queue.running) {
      queue.running = true;
      this.#running += 1;
      queueMicrotask(() => void this.#run(realm, queue));
    }
    return { durable };
  }

  /** Writes what waits, but no longer waits for a database that does not answer. Resolves when nothing waits. */
  async close(): Promise<void> {
    this.#stop.abort(unavailable('the region is stopping', 5));
    while (this.#running > 0) await new Promise<void>((resolve) => this.#idle.add(resolve));
  }

  /** Forgets what it knows of a realm that is gone. */
  forget(realm: RealmId): void {
    this.#trees.delete(realm);
  }

  #queue(realm: RealmId): Queue {
    let queue = this.#queues.get(realm);
    if (!queue) {
      queue = { waiting: [], lost: 0, running: false };
      this.#queues.set(realm, queue);
    }
    return queue;
  }

  async #run(realm: RealmId, queue: Queue): Promise<void> {
    do {
      const batch = queue.waiting.splice(0, this.#limits.accessBatch_max);
      const { lost } = queue;
      queue.lost = 0;
      try {
        await this.#commit(realm, batch, lost);
        for (const waiting of batch) waiting.resolve();
      } catch (error) {
        for (const waiting of batch) waiting.reject(error);
        // The next record that comes brings the count with it.
        const owner = this.#queues.size <= QUEUES_MAX ? queue : this.#queue(REGION);
        owner.lost += lost + batch.length;
      }
    } while (queue.waiting.length > 0);
    queue.running = false;
    if (queue.lost === 0) this.#queues.delete(realm);
    this.#running -= 1;
    if (this.#running === 0) {
      for (const resolve of this.#idle) resolve();
      this.#idle.clear();
    }
  }

  async #commit(realm: RealmId, batch: readonly Waiting[], lost: number): Promise<void> {
    let failures = 0;
    for (let race = 0; race < RACES_MAX; race++) {
      try {
        const tree = await this.#tree(realm);
        if (!tree) {
          // A realm that does not exist keeps no log; the region's says who asked for it.
          if (realm === REGION) throw unavailable('the region has no access log yet', 1);
          await this.#commit(REGION, batch, lost);
          return;
        }
        const leaves = this.#leaves(tree.frontier.size, batch, lost);
        const { frontier, tileNodes } = append(
          tree.frontier,
          leaves.map((leaf) => leaf.hash),
        );
        this.#trees.delete(realm);
        const outcome = await this.#storage.commitAccess({
          realmUid: tree.uid,
          expectedSize: tree.frontier.size,
          leaves,
          frontier,
          tileNodes,
        });
        if (outcome === 'committed') {
          this.#trees.set(realm, { uid: tree.uid, frontier });
          return;
        }
      } catch (error) {
        failures += 1;
        if (error instanceof StatusError) throw error;
        if (failures === ATTEMPTS_MAX) throw cannotWrite();
        const delay_ms = Math.min(RETRY_DELAY_MS * 2 ** failures, RETRY_DELAY_MS_MAX);
        await sleep(this.#clock, delay_ms, this.#stop.signal);
      }
    }
    throw cannotWrite();
  }

  async #tree(realm: RealmId): Promise<{ readonly uid: string; readonly frontier: Frontier } | undefined> {
    const known = this.#trees.get(realm);
    if (known) return known;
    const record = await this.#storage.readRealm(realm);
    return record && { uid: record.uid, frontier: record.access };
  }

  #leaves(from: number, batch: readonly Waiting[], lost: number): StoredLeaf[] {
    const all = lost === 0 ? batch : [...batch, lostRecord(lost, this.#clock.now())];
    return all.map(({ entry, time_ms }, at) => {
      const index = from + at;
      if ('erasure' in entry) return stored(erasureLeaf(index, time_ms, entry.erasure), time_ms);
      const personal = encodePersonal(personalRecord(entry.record, this.#random.uuid()));
      return stored(accessLeaf(index, time_ms, entry.record, personal), time_ms, personal);
    });
  }
}

function stored(leaf: Leaf, time_ms: number, personal?: Buffer): StoredLeaf {
  const bytes = encodeLeaf(leaf);
  const { index } = leaf;
  return { index, leaf: bytes, hash: leafHash(bytes), time_ms, ...(personal ? { personal } : {}) };
}

/** Says in the log itself that it is not complete. */
function lostRecord(count: number, time_ms: number): Pick<Waiting, 'entry' | 'time_ms'> {
  const record: AccessRecord = {
    actor: 'system:access-log',
    credential: 'internal',
    verb: 'record',
    resource: 'access',
    decision: 'failed',
    reason: `${count} records found no room and were not kept`,
    code: 429,
    requestId: '',
  };
  return { time_ms, entry: { record } };
}

// In canonical order, so that it need not be sorted to be written.
function accessLeaf(index: number, time_ms: number, record: AccessRecord, personal: Buffer): AccessLeafV2 {
  const { namespace } = record;
  return {
    code: record.code,
    decision: record.decision,
    index,
    ...(namespace === undefined ? {} : { namespace: boundedText(namespace) }),
    personal: personalDigest(personal),
    requestId: boundedText(record.requestId),
    resource: boundedText(record.resource),
    time: leafTime(time_ms),
    type: 'access',
    v: 2,
    verb: boundedText(record.verb),
  };
}

function personalRecord(
  { actor, credential, address, name, reason, details }: AccessRecord,
  salt: string,
): PersonalRecord {
  return {
    salt,
    actor: boundedText(actor),
    credential: boundedText(credential),
    ...(address === undefined ? {} : { address: boundedText(address) }),
    ...(name === undefined ? {} : { name: boundedText(name) }),
    ...(reason === undefined ? {} : { reason: boundedText(reason) }),
    ...(details === undefined ? {} : { details: boundedAll(details) }),
  };
}

const boundedAll = (details: Readonly<Record<string, string>>) =>
  Object.fromEntries(
    Object.entries(details)
      .slice(0, DETAILS_MAX)
      .map(([name, value]) => [boundedText(name), boundedText(value)]),
  );
