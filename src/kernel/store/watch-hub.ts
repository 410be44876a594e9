/**
 * The watches of one realm. An event is given to every watch that matches, in commit order, once; a watch that cannot keep
 * up is closed with `expired`, so that its client lists again: events are never dropped silently.
 */
import type { Clock } from '../clock.ts';
import { StatusError } from '../errors.ts';
import type { Kind } from '../kind.ts';
import type { Watch } from '../realm.ts';
import type { Change } from './change.ts';
import type { StoreLimits } from './limits.ts';
import { RingWatch } from './ring-watch.ts';
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

  /** Keeps nothing any more of the bodies of these revisions, which were erased. Whoever had yet to be told of one lists again. */
  forget(from: number, to: number): void {
    for (const ring of this.#rings.values()) ring.forget(from, to);
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
