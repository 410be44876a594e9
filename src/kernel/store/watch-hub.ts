/**
 * The watches of one realm. An event is given to every watch that matches, in commit order, once; a watch that cannot keep
 * up is closed with `expired`, so that its client lists again: events are never dropped silently.
 */
import type { Clock } from '../clock.ts';
import { expired, StatusError } from '../errors.ts';
import type { Kind } from '../kind.ts';
import type { Watch, WatchEvent } from '../realm.ts';
import type { Change } from './change.ts';
import type { StoreLimits } from './limits.ts';
import { type ChangeEvent, WatchRing } from './watch-ring.ts';

const ALL_KINDS = '';

const EVENT_TYPE = { created: 'ADDED', updated: 'MODIFIED', deleted: 'DELETED' } as const;

export interface WatchScope {
  readonly kind?: Kind;
  readonly namespace?: string;
}

export interface WatchRequest extends WatchScope {
  readonly afterRevision: number;
  /** Does not count as use of the realm. */
  readonly passive?: boolean;
}

/** Reads events after `after` up to and including `upTo` from storage, or throws `expired`. */
export type ReadHistory = (scope: WatchScope, after: number, upTo: number) => Promise<readonly ChangeEvent[]>;

export class WatchHub {
  readonly #clock: Clock;
  readonly #limits: StoreLimits;
  readonly #readHistory: ReadHistory;
  #revision: number;
  /** Rings exist from the start of the hub, so their floor is where the hub began. */
  readonly #start: number;
  readonly #rings = new Map<string, WatchRing>();
  readonly #watches = new Map<string, Set<RingWatch>>();
  #count = 0;
  #passive = 0;
  #closed: StatusError | undefined;

  constructor(revision: number, clock: Clock, limits: StoreLimits, readHistory: ReadHistory) {
    this.#revision = revision;
    this.#start = revision;
    this.#clock = clock;
    this.#limits = limits;
    this.#readHistory = readHistory;
  }

  /** Watches that count as use of the realm. */
  get active(): number {
    return this.#count - this.#passive;
  }

  async watch(request: WatchRequest): Promise<Watch> {
    const { afterRevision, passive = false, ...scope } = request;
    if (this.#closed) throw this.#closed;
    if (this.#count >= this.#limits.watches_max) {
      throw new StatusError(
        'TooManyRequests',
        `watches: ${this.#limits.watches_max} are open in this realm; close some, or try again later`,
        { retryAfterSeconds: 5 },
      );
    }
    const key = scope.kind?.resource ?? ALL_KINDS;
    const ring = this.#ring(key);
    const inMemory = afterRevision >= ring.floor;
    // Registered before anything is read from storage, so that no event falls between.
    const upTo = this.#revision;
    const watch = new RingWatch(
      ring,
      scope.namespace,
      inMemory ? ring.after(afterRevision) : ring.end,
      afterRevision,
      this.#clock,
      this.#limits,
      () => this.#revision,
      () => this.#forget(key, watch, passive),
    );
    let watches = this.#watches.get(key);
    if (!watches) {
      watches = new Set();
      this.#watches.set(key, watches);
    }
    watches.add(watch);
    this.#count += 1;
    if (passive) this.#passive += 1;
    if (inMemory) return watch;
    try {
      watch.prepend(await this.#readHistory(scope, afterRevision, upTo));
      return watch;
    } catch (error) {
      watch.close();
      throw error;
    }
  }

  /** Tells the watches what was committed, once the state includes it. */
  publish(revision: number, changes: Iterable<Change>): void {
    const touched = new Set<string>([ALL_KINDS]);
    for (const change of changes) {
      const event: ChangeEvent = {
        type: EVENT_TYPE[change.type],
        kind: change.kind,
        entry: change.entry,
        ...(change.previous ? { previous: change.previous } : {}),
      };
      touched.add(change.kind.resource);
      for (const key of [change.kind.resource, ALL_KINDS]) {
        const ring = this.#ring(key);
        const sequence = ring.end;
        ring.push(event);
        for (const watch of this.#watches.get(key) ?? []) watch.offer(event, sequence);
      }
    }
    this.#revision = revision;
    for (const key of touched) for (const watch of this.#watches.get(key) ?? []) watch.wake();
  }

  /** Takes no more watches, and ends those there are: with `failure`, if one is given. */
  close(reason: StatusError, failure?: StatusError): void {
    this.#closed = reason;
    for (const watches of [...this.#watches.values()]) {
      for (const watch of [...watches]) {
        if (failure) watch.fail(failure);
        else watch.close();
      }
    }
  }

  #ring(key: string): WatchRing {
    let ring = this.#rings.get(key);
    if (!ring) {
      ring = new WatchRing(this.#start, this.#limits.watchRing_max, this.#limits.watchRing_bytes_max);
      this.#rings.set(key, ring);
    }
    return ring;
  }

  #forget(key: string, watch: RingWatch, passive: boolean): void {
    const watches = this.#watches.get(key);
    if (!watches?.delete(watch)) return;
    this.#count -= 1;
    if (passive) this.#passive -= 1;
    if (watches.size === 0) this.#watches.delete(key);
  }
}

interface Waiter {
  resolve(events: readonly WatchEvent[] | undefined): void;
  reject(error: unknown): void;
}

class RingWatch implements Watch {
  readonly #ring: WatchRing;
  readonly #namespace: string | undefined;
  readonly #afterRevision: number;
  readonly #clock: Clock;
  readonly #limits: StoreLimits;
  readonly #revision: () => number;
  readonly #forget: () => void;
  #history: readonly ChangeEvent[] = [];
  /** Where to read on; undefined when nothing is waiting: then the next event that matches sets it. */
  #cursor: number | undefined;
  #waiter: Waiter | undefined;
  #cancelBookmark: (() => void) | undefined;
  #failure: StatusError | undefined;
  #closed = false;

  constructor(
    ring: WatchRing,
    namespace: string | undefined,
    cursor: number,
    afterRevision: number,
    clock: Clock,
    limits: StoreLimits,
    revision: () => number,
    forget: () => void,
  ) {
    this.#ring = ring;
    this.#namespace = namespace;
    this.#cursor = cursor < ring.end ? cursor : undefined;
    this.#afterRevision = afterRevision;
    this.#clock = clock;
    this.#limits = limits;
    this.#revision = revision;
    this.#forget = forget;
  }

  prepend(history: readonly ChangeEvent[]): void {
    this.#history = history;
  }

  next(): Promise<readonly WatchEvent[] | undefined> {
    if (this.#waiter) return Promise.reject(new TypeError('one `next` of a watch at a time'));
    if (this.#failure) return Promise.reject(this.#failure);
    if (this.#closed) return Promise.resolve(undefined);
    return new Promise((resolve, reject) => {
      this.#waiter = { resolve, reject };
      this.wake();
      if (this.#waiter) {
        this.#cancelBookmark = this.#clock.after(this.#limits.bookmark_ms, () => this.#bookmark());
      }
    });
  }

  /** An event came into the ring. */
  offer(event: ChangeEvent, sequence: number): void {
    if (this.#cursor === undefined && this.#matches(event)) this.#cursor = sequence;
  }

  /** Gives what there is to whoever waits. */
  wake(): void {
    if (!this.#waiter) return;
    const events = this.#take();
    if (events === undefined) {
      this.fail(expired('this watch fell too far behind; list again, then watch from there'));
    } else if (events.length > 0) {
      this.#settle()?.resolve(events);
    }
  }

  fail(reason: StatusError): void {
    if (this.#closed) return;
    this.#failure = reason;
    this.#end()?.reject(reason);
  }

  close(): void {
    if (this.#closed) return;
    this.#end()?.resolve(undefined);
  }

  /** Undefined when the ring has forgotten what was to be read. */
  #take(): ChangeEvent[] | undefined {
    const events: ChangeEvent[] = [];
    if (this.#history.length > 0) {
      events.push(...this.#history.slice(0, this.#limits.watchBatch_max));
      this.#history = this.#history.slice(events.length);
      return events;
    }
    while (this.#cursor !== undefined && events.length < this.#limits.watchBatch_max) {
      if (this.#ring.forgotten(this.#cursor)) return undefined;
      const event = this.#ring.at(this.#cursor);
      if (event === undefined) this.#cursor = undefined;
      else {
        this.#cursor += 1;
        if (this.#matches(event)) events.push(event);
      }
    }
    return events;
  }

  #matches(event: ChangeEvent): boolean {
    return (
      (this.#namespace === undefined || event.entry.namespace === this.#namespace) &&
      event.entry.revision > this.#afterRevision
    );
  }

  #bookmark(): void {
    // Whoever still waits has seen everything that matches, up to the current revision.
    this.#settle()?.resolve([
      { type: 'BOOKMARK', revision: Math.max(this.#revision(), this.#afterRevision) },
    ]);
  }

  #settle(): Waiter | undefined {
    const waiter = this.#waiter;
    this.#waiter = undefined;
    this.#cancelBookmark?.();
    this.#cancelBookmark = undefined;
    return waiter;
  }

  #end(): Waiter | undefined {
    this.#closed = true;
    this.#forget();
    return this.#settle();
  }
}
