/**
 * Gives committed changes to open watches in the turn of the event loop after the commit: the answer to the writer goes first, and
 * changes that came together are written together. A turn serves a bounded number of watches, so that however many there are,
 * other requests wait no longer than that.
 */
import { FANOUT_TURN_MAX } from './limits.ts';

/** A stream with something to send. */
export interface Receiver {
  /** Sends what there is. Must not throw. */
  deliver(): void;
}

export class Fanout {
  /** In order of asking; each at most once. */
  readonly #waiting = new Set<Receiver>();
  #scheduled = false;

  /** Calls `deliver` soon; once, however often it was asked for by then. */
  ask(receiver: Receiver): void {
    this.#waiting.add(receiver);
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#turn());
  }

  #turn(): void {
    this.#scheduled = false;
    let left = Math.min(this.#waiting.size, FANOUT_TURN_MAX);
    for (const receiver of this.#waiting) {
      // Whoever asks again while being served comes after everybody else.
      if (left-- === 0) break;
      this.#waiting.delete(receiver);
      receiver.deliver();
    }
    if (this.#waiting.size > 0 && !this.#scheduled) {
      this.#scheduled = true;
      setImmediate(() => this.#turn());
    }
  }
}
