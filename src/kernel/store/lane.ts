/**
 * A realm's one ordered lane of writes. It takes what waits as a batch, lets each write decide on the state with those
 * ahead of it applied, and commits the batch with a compare-and-swap on the log's size. What comes while a batch commits is decided on
 * top of it at once, and answered by nobody until both are committed. When another replica was quicker, or the commit fails, it
 * catches up with the log and lets every write decide again; so a decision must be a pure function of the view.
 */
import type { Clock } from '../clock.ts';
import { sleep } from '../clock.ts';
import { StatusError, unavailable } from '../errors.ts';
import type { Leaf } from '../log/leaf.ts';
import type { Frontier } from '../log/merkle.ts';
import { Batch, type Waiting, waiting } from './batch.ts';
import type { BatchView } from './batch-view.ts';
import type { Change } from './change.ts';
import type { StoreLimits } from './limits.ts';
import type { RealmState } from './state.ts';
import {
  type Append,
  type CommitOutcome,
  type ObjectChange,
  StorageFullError,
  type StoredChange,
} from './storage.ts';

/** A leaf to append, and what it does to an object. */
export interface LeafToCommit {
  readonly leaf: Leaf;
  readonly time_ms: number;
  /** What it says of persons, which stands beside it. */
  readonly personal?: Uint8Array;
  readonly effect?: { readonly change: Change; readonly stored: ObjectChange };
}

export interface Decision<Result> {
  readonly result: Result;
  /** Absent: nothing is written. */
  readonly commit?: LeafToCommit;
  /** Leaves that stand right after it, in this order, in the same commit. */
  readonly also?: readonly LeafToCommit[];
}

/** Decides a write on the state it would be committed on. Throws a StatusError to refuse. May be called again. */
export type Decide<Result> = (view: BatchView) => Decision<Result>;

/** What the lane works on; the loaded realm gives it. */
export interface LaneRealm {
  readonly uid: string;
  readonly state: RealmState;
  readonly frontier: Frontier;
  commit(append: Append<StoredChange>): Promise<CommitOutcome>;
  /** Takes a committed batch into the state and tells the watches. */
  committed(frontier: Frontier, leaves: readonly LeafToCommit[]): void;
  /** Takes in what other replicas committed; says how many leaves that were. Throws when the realm is gone. */
  catchUp(): Promise<number>;
  /** Whether the log holds these leaves where the batch would have put them. */
  holds(append: Append<StoredChange>): Promise<boolean>;
  /** Told of a storage that failed; the lane goes on trying. */
  fault(error: unknown): void;
}

const RETRY_DELAY_MS = 50;
const RETRY_DELAY_MS_MAX = 1_000;
/** Room is made by people. */
const NO_ROOM_RETRY_S = 10;

const noRoom = (): StatusError =>
  unavailable(
    'the region’s database has no room left, so nothing was changed; reads go on. Its operator must free or add disk space where the database is; then try again',
    NO_ROOM_RETRY_S,
  );

export class Lane {
  readonly #realm: LaneRealm;
  readonly #clock: Clock;
  readonly #limits: StoreLimits;
  readonly #queue: Waiting[] = [];
  readonly #caughtUp: { resolve(): void; reject(error: unknown): void }[] = [];
  readonly #stop = new AbortController();
  #running = false;
  /** What is decided on top of the batch that is being committed or, once that is, of the state. */
  #ahead: Batch | undefined;
  /** Whether what comes is decided at once: while a batch is on its way to storage. */
  #deciding = false;
  #closed: StatusError | undefined;

  constructor(realm: LaneRealm, clock: Clock, limits: StoreLimits) {
    this.#realm = realm;
    this.#clock = clock;
    this.#limits = limits;
  }

  get busy(): boolean {
    return this.#running || this.#queue.length > 0;
  }

  /** Queues a write; resolves when it is committed. A dry run is decided like any other, and then not written. */
  submit<Result>(decide: Decide<Result>, dryRun = false): Promise<Result> {
    if (this.#closed) return Promise.reject(this.#closed);
    if (this.#queue.length + (this.#ahead?.decided.length ?? 0) >= this.#limits.laneQueue_max) {
      return Promise.reject(
        new StatusError(
          'TooManyRequests',
          `laneQueue: ${this.#limits.laneQueue_max} writes are waiting in ${this.#realm.state.realm}; try again in a second`,
          { retryAfterSeconds: 1 },
        ),
      );
    }
    return new Promise<Result>((resolve, reject) => {
      this.#queue.push(waiting(decide, dryRun, resolve, reject));
      if (this.#deciding) this.#ahead?.take(this.#queue);
      else this.#start();
    });
  }

  /** Takes in what other replicas committed, in turn with the lane's own commits. */
  catchUp(): Promise<void> {
    if (this.#closed) return Promise.reject(this.#closed);
    return new Promise((resolve, reject) => {
      this.#caughtUp.push({ resolve, reject });
      this.#start();
    });
  }

  /** Refuses what waits and whatever comes. A batch being committed still ends by its own outcome. */
  close(reason: StatusError): void {
    if (this.#closed) return;
    this.#closed = reason;
    this.#stop.abort(reason);
    this.#takeBack();
    for (const each of this.#queue.splice(0)) each.fail(reason);
    for (const each of this.#caughtUp.splice(0)) each.reject(reason);
  }

  #start(): void {
    if (this.#running) return;
    this.#running = true;
    // Writers of the same turn of the event loop get into the first batch.
    queueMicrotask(() => void this.#run());
  }

  async #run(): Promise<void> {
    while (this.#ahead?.decided.length || this.#queue.length > 0 || this.#caughtUp.length > 0) {
      if (this.#caughtUp.length > 0) await this.#takeIn();
      const batch = this.#nextBatch();
      batch.take(this.#queue);
      if (batch.decided.length > 0) await this.#commit(batch);
    }
    this.#ahead = undefined;
    this.#running = false;
  }

  async #takeIn(): Promise<void> {
    const wanted = this.#caughtUp.splice(0);
    try {
      await this.#realm.catchUp();
      for (const { resolve } of wanted) resolve();
    } catch (error) {
      for (const { reject } of wanted) reject(error);
    }
  }

  /** What was decided during the last commit, if the state is still the one it was decided on. */
  #nextBatch(): Batch {
    if (this.#ahead?.expectedSize !== this.#realm.frontier.size) this.#takeBack();
    const batch = this.#ahead ?? this.#newBatch();
    this.#ahead = undefined;
    return batch;
  }

  #newBatch(): Batch {
    const { uid, state, frontier } = this.#realm;
    return new Batch(uid, state, frontier, this.#limits);
  }

  /** What was decided on a state that did not come, or is no more, goes back to the head of the queue to decide again. */
  #takeBack(): void {
    this.#queue.unshift(...(this.#ahead?.decided.splice(0) ?? []));
    this.#ahead = undefined;
  }

  /** Sees a batch through. Each of its writes is answered after this. */
  async #commit(batch: Batch): Promise<void> {
    let writes = batch.decided;
    let attempt: Batch | undefined = batch;
    // After a storage error, whether the attempt was committed is unknown, and it may be yet: a database carries on with a
    // statement whose sender is gone. Only a log that moved on settles that, so until then exactly the same is tried again.
    let inDoubt = false;
    const again = (): Batch => {
      const next = this.#newBatch();
      next.take(writes);
      // What did not fit by its size now.
      this.#queue.unshift(...writes);
      writes = next.decided;
      return next;
    };
    try {
      for (let tries = 0; tries < this.#limits.laneAttempts_max; tries++) {
        try {
          if (attempt && inDoubt) {
            await this.#realm.catchUp();
            if (this.#realm.frontier.size > attempt.expectedSize) {
              if (await this.#realm.holds(attempt.append())) {
                settle(writes);
                return;
              }
              attempt = undefined;
              inDoubt = false;
            }
          }
          attempt ??= again();
          if (attempt.isEmpty || (await this.#send(attempt)) === 'committed') {
            settle(writes);
            return;
          }
          // Another replica was quicker, or an earlier try of ours was committed after all; then the log holds it.
          if (!inDoubt) {
            attempt = undefined;
            await this.#realm.catchUp();
          }
        } catch (error) {
          if (error instanceof StatusError || this.#closed) throw error;
          this.#realm.fault(error);
          if (error instanceof StorageFullError && !inDoubt) throw noRoom();
          inDoubt = attempt !== undefined;
          const delay_ms = Math.min(RETRY_DELAY_MS * 2 ** tries, RETRY_DELAY_MS_MAX);
          await sleep(this.#clock, delay_ms, this.#stop.signal);
        }
      }
      throw unavailable(
        inDoubt
          ? 'the database does not answer; the change may or may not have been made: read before you try again'
          : 'other replicas kept changing this realm first; nothing was changed: try again',
        2,
      );
    } catch (error) {
      for (const each of writes) each.fail(this.#closed ?? error);
    }
  }

  /** Commits a batch and makes it state. What comes meanwhile is decided on top of it; unless it is committed, for nothing. */
  async #send(batch: Batch): Promise<CommitOutcome> {
    const append = batch.append();
    const committing = this.#realm.commit(append);
    const ahead = batch.next();
    this.#ahead = ahead;
    this.#deciding = true;
    ahead.take(this.#queue);
    let outcome: CommitOutcome | undefined;
    try {
      outcome = await committing;
    } finally {
      this.#deciding = false;
      if (outcome !== 'committed') this.#takeBack();
    }
    if (outcome === 'committed') {
      this.#realm.committed(append.frontier, batch.leaves);
      ahead.rebase(this.#realm.state);
    }
    return outcome;
  }
}

function settle(writes: readonly Waiting[]): void {
  for (const each of writes) each.settle();
}
