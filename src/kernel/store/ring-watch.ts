/**
 * One watch: a place in the ring of events, read at the watcher's own pace. What a commit costs with many watches open is what
 * happens here, so a watch that has nothing new costs nothing, and no timer is set or cleared for an event.
 */
import type { Clock } from '../clock.ts';
import { expired, type StatusError } from '../errors.ts';
import type { Watch, WatchEvent } from '../realm.ts';
import type { StoreLimits } from './limits.ts';
import type { ChangeEvent, WatchRing } from './watch-ring.ts';

const NOTHING: readonly WatchEvent[] = [];

export class RingWatch implements Watch {
  readonly #ring: WatchRing;
  readonly #namespace: string | undefined;
  readonly #afterRevision: number;
  readonly #clock: Clock;
  readonly #limits: StoreLimits;
  readonly #revision: () => number;
  readonly #forget: () => void;
  #history: readonly ChangeEvent[] = NOTHING as readonly ChangeEvent[];
  /** Where to read on; undefined when nothing is waiting: then the next event that matches sets it. */
  #cursor: number | undefined;
  /** Whoever reads; told when there may be something to take. */
  #ready: (() => void) | undefined;
  /** Set while a reader has taken all there was. */
  #idleSince_ms: number | undefined;
  #cancelBookmark: (() => void) | undefined;
  #bookmarkDue = false;
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
    if (this.#ready) return Promise.reject(new TypeError('one reader of a watch at a time'));
    return new Promise((resolve, reject) => {
      const attempt = () => {
        let events: readonly WatchEvent[] | undefined;
        try {
          events = this.take();
        } catch (error) {
          this.#ready = undefined;
          reject(error);
          return;
        }
        if (events?.length === 0) return;
        this.#ready = undefined;
        this.#idleSince_ms = undefined;
        resolve(events);
      };
      this.#ready = attempt;
      attempt();
    });
  }

  onReady(ready: () => void): void {
    if (this.#ready) throw new TypeError('one reader of a watch at a time');
    this.#ready = ready;
    ready();
  }

  take(): readonly WatchEvent[] | undefined {
    if (this.#failure) throw this.#failure;
    if (this.#closed) return undefined;
    const events = this.#read();
    if (events.length > 0) {
      this.#idleSince_ms = undefined;
      this.#bookmarkDue = false;
      return events;
    }
    if (this.#bookmarkDue) {
      // Whoever still waits has seen everything that matches, up to the current revision.
      this.#bookmarkDue = false;
      this.#idleSince_ms = undefined;
      return [{ type: 'BOOKMARK', revision: Math.max(this.#revision(), this.#afterRevision) }];
    }
    this.#idle();
    return NOTHING;
  }

  /** An event came into the ring. */
  offer(event: ChangeEvent, sequence: number): void {
    if (this.#cursor === undefined && this.#matches(event)) this.#cursor = sequence;
  }

  /** Tells whoever reads that there is something. */
  wake(): void {
    if (this.#cursor !== undefined) this.#ready?.();
  }

  fail(reason: StatusError): void {
    if (this.#closed) return;
    this.#failure = reason;
    this.#end();
  }

  close(): void {
    if (!this.#closed) this.#end();
  }

  /** Throws when the ring has forgotten what was to be read. */
  #read(): readonly ChangeEvent[] {
    const { watchBatch_max } = this.#limits;
    if (this.#history.length > 0) {
      const events = this.#history.slice(0, watchBatch_max);
      this.#history = this.#history.slice(events.length);
      return events;
    }
    if (this.#cursor === undefined) return NOTHING as readonly ChangeEvent[];
    const events: ChangeEvent[] = [];
    while (this.#cursor !== undefined && events.length < watchBatch_max) {
      if (this.#ring.forgotten(this.#cursor)) {
        const reason = expired('this watch fell too far behind; list again, then watch from there');
        this.fail(reason);
        throw reason;
      }
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

  /** The reader waits from now. One timer runs for many waits: it looks how long the last one has been. */
  #idle(): void {
    this.#idleSince_ms ??= this.#clock.now();
    this.#cancelBookmark ??= this.#clock.after(this.#limits.bookmark_ms, () => this.#tick());
  }

  #tick(): void {
    this.#cancelBookmark = undefined;
    // Nobody waits: the next wait sets the timer again.
    if (this.#idleSince_ms === undefined) return;
    const left_ms = this.#idleSince_ms + this.#limits.bookmark_ms - this.#clock.now();
    if (left_ms > 0) {
      this.#cancelBookmark = this.#clock.after(left_ms, () => this.#tick());
      return;
    }
    this.#bookmarkDue = true;
    this.#ready?.();
  }

  #end(): void {
    this.#closed = true;
    this.#cancelBookmark?.();
    this.#cancelBookmark = undefined;
    this.#forget();
    this.#ready?.();
  }
}
