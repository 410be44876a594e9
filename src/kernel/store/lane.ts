/**
 * A realm's one ordered lane of writes. It takes what waits as a batch, lets each write decide on the state with those
 * ahead of it applied, and commits the batch with a compare-and-swap on the log's size. When another replica was quicker it
 * catches up with the log and lets every write decide again; so a decision must be a pure function of the view.
 */
import type { Clock } from '../clock.ts';
import { sleep } from '../clock.ts';
import { StatusError, unavailable } from '../errors.ts';
import { encodeLeaf, type Leaf } from '../log/leaf.ts';
import { append, type Frontier, leafHash } from '../log/merkle.ts';
import { BatchView } from './batch-view.ts';
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
  readonly effect?: { readonly change: Change; readonly stored: ObjectChange };
}

export interface Decision<Result> {
  readonly result: Result;
  /** Absent: nothing is written. */
  readonly commit?: LeafToCommit;
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

/** A write that waits, its types closed over. */
interface Waiting {
  /** Gives what to commit, if anything. Keeps the result, or the refusal, until `settle`. */
  decide(view: BatchView): LeafToCommit | undefined;
  settle(): void;
  fail(error: unknown): void;
}

/** What a batch decided, ready to be committed. */
interface Attempt {
  readonly append: Append<StoredChange>;
  readonly leaves: readonly LeafToCommit[];
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
    if (this.#queue.length >= this.#limits.laneQueue_max) {
      return Promise.reject(
        new StatusError(
          'TooManyRequests',
          `laneQueue: ${this.#limits.laneQueue_max} writes are waiting in ${this.#realm.state.realm}; try again in a second`,
          { retryAfterSeconds: 1 },
        ),
      );
    }
    return new Promise<Result>((resolve, reject) => {
      let settle = () => {};
      this.#queue.push({
        decide(view) {
          try {
            const { result, commit } = decide(view);
            settle = () => resolve(result);
            return dryRun ? undefined : commit;
          } catch (error) {
            settle = () => reject(error);
            return undefined;
          }
        },
        settle: () => settle(),
        fail: reject,
      });
      this.#start();
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
    for (const waiting of this.#queue.splice(0)) waiting.fail(reason);
    for (const waiting of this.#caughtUp.splice(0)) waiting.reject(reason);
  }

  #start(): void {
    if (this.#running) return;
    this.#running = true;
    // Writers of the same turn of the event loop get into the first batch.
    queueMicrotask(() => void this.#run());
  }

  async #run(): Promise<void> {
    while (this.#queue.length > 0 || this.#caughtUp.length > 0) {
      const wanted = this.#caughtUp.splice(0);
      if (wanted.length > 0) await this.#takeIn(wanted);
      const batch = this.#queue.splice(0, this.#limits.laneBatch_max);
      if (batch.length === 0) continue;
      try {
        await this.#commit(batch);
      } catch (error) {
        for (const waiting of batch) waiting.fail(this.#closed ?? error);
      }
    }
    this.#running = false;
  }

  async #takeIn(wanted: readonly { resolve(): void; reject(error: unknown): void }[]): Promise<void> {
    try {
      await this.#realm.catchUp();
      for (const { resolve } of wanted) resolve();
    } catch (error) {
      for (const { reject } of wanted) reject(error);
    }
  }

  async #commit(batch: Waiting[]): Promise<void> {
    let attempt: Attempt | undefined;
    // After a storage error, whether the attempt was committed is unknown, and it may be yet: a database carries on with a
    // statement whose sender is gone. Only a log that moved on settles that, so until then exactly the same is tried again.
    let inDoubt = false;
    for (let tries = 0; tries < this.#limits.laneAttempts_max; tries++) {
      try {
        if (attempt && inDoubt) {
          await this.#realm.catchUp();
          if (this.#realm.frontier.size > attempt.append.expectedSize) {
            if (await this.#realm.holds(attempt.append)) {
              this.#settle(batch);
              return;
            }
            attempt = undefined;
            inDoubt = false;
          }
        }
        attempt ??= this.#attempt(batch);
        if (!attempt) {
          this.#settle(batch);
          return;
        }
        if ((await this.#realm.commit(attempt.append)) === 'committed') {
          this.#realm.committed(attempt.append.frontier, attempt.leaves);
          this.#settle(batch);
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
  }

  /** Lets the batch decide; undefined when there is nothing to write. What did not fit by its size leaves the batch. */
  #attempt(batch: Waiting[]): Attempt | undefined {
    const { leaves, decided } = this.#decide(batch);
    // Back to the head of the queue, in order.
    if (decided < batch.length) this.#queue.unshift(...batch.splice(decided));
    return leaves.length === 0 ? undefined : { leaves, append: this.#append(leaves) };
  }

  #decide(batch: readonly Waiting[]): { leaves: LeafToCommit[]; decided: number } {
    const view = new BatchView(this.#realm.state);
    const leaves: LeafToCommit[] = [];
    let bytes = 0;
    let decided = 0;
    for (const waiting of batch) {
      const commit = waiting.decide(view);
      decided += 1;
      if (!commit) continue;
      leaves.push(commit);
      view.apply(commit.effect?.change);
      bytes += commit.effect?.stored.body.length ?? 0;
      if (bytes >= this.#limits.laneBatch_bytes_max) break;
    }
    return { leaves, decided };
  }

  #append(leaves: readonly LeafToCommit[]): Append<StoredChange> {
    const from = this.#realm.frontier.size;
    const stored = leaves.map(({ leaf, time_ms, effect }, at): StoredChange => {
      const bytes = encodeLeaf(leaf);
      return {
        index: from + at,
        leaf: bytes,
        hash: leafHash(bytes),
        time_ms,
        ...(effect ? { change: effect.stored } : {}),
      };
    });
    const { frontier, tileNodes } = append(
      this.#realm.frontier,
      stored.map((leaf) => leaf.hash),
    );
    return { realmUid: this.#realm.uid, expectedSize: from, leaves: stored, frontier, tileNodes };
  }

  #settle(batch: readonly Waiting[]): void {
    for (const waiting of batch) waiting.settle();
  }
}
