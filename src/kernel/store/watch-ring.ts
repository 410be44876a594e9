/**
 * The latest events of one kind (or of all kinds), for watches to read from and resume from. Every watch reads the same
 * ring at its own pace; the ring forgets the oldest events and never waits for anyone.
 */
import type { Entry, WatchEvent } from '../realm.ts';

export type ChangeEvent = Exclude<WatchEvent, { type: 'BOOKMARK' }>;

export class WatchRing {
  readonly #events_max: number;
  readonly #bytes_max: number;
  #events: ChangeEvent[] = [];
  /** Index into `#events` of the oldest that is kept; what is before it is cut off now and then. */
  #first = 0;
  /** Sequence number of the oldest kept event. */
  #oldest = 0;
  #bytes = 0;
  #floor: number;

  /** Holds the events after revision `floor`. */
  constructor(floor: number, events_max: number, bytes_max: number) {
    this.#floor = floor;
    this.#events_max = events_max;
    this.#bytes_max = bytes_max;
  }

  /** All events after this revision are here. */
  get floor(): number {
    return this.#floor;
  }

  /** The sequence number that the next event gets. */
  get end(): number {
    return this.#oldest + this.#events.length - this.#first;
  }

  /** The event of that sequence number; undefined when it is forgotten or has not happened. */
  at(sequence: number): ChangeEvent | undefined {
    return sequence < this.#oldest ? undefined : this.#events[this.#first + sequence - this.#oldest];
  }

  forgotten(sequence: number): boolean {
    return sequence < this.#oldest;
  }

  /** Sequence number of the first event after a revision. */
  after(revision: number): number {
    let low = this.#first;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const event = this.#events[middle];
      if (event && event.entry.revision <= revision) low = middle + 1;
      else high = middle;
    }
    return this.#oldest + low - this.#first;
  }

  /** Forgets every event with a body, before or after it, of these revisions, and so all that came before it. */
  forget(from: number, to: number): void {
    const isOf = (entry: Entry | undefined) => entry && entry.revision >= from && entry.revision <= to;
    const last = this.#events.findLastIndex(({ entry, previous }) => isOf(entry) || isOf(previous));
    while (this.#first <= last) this.#forgetOldest();
    this.#cut();
  }

  push(event: ChangeEvent): void {
    this.#events.push(event);
    this.#bytes += event.entry.bytes.length;
    while (
      this.#events.length - this.#first > this.#events_max ||
      (this.#bytes > this.#bytes_max && this.#events.length - this.#first > 1)
    ) {
      this.#forgetOldest();
    }
    if (this.#first > this.#events_max) this.#cut();
  }

  #forgetOldest(): void {
    const forgotten = this.#events[this.#first];
    this.#floor = forgotten?.entry.revision ?? this.#floor;
    this.#bytes -= forgotten?.entry.bytes.length ?? 0;
    this.#first += 1;
    this.#oldest += 1;
  }

  #cut(): void {
    this.#events = this.#events.slice(this.#first);
    this.#first = 0;
  }
}
