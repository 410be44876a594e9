/**
 * Gives committed changes to open watches in the turn of the event loop after the commit: the answer to the writer goes first, and
 * changes that came together are written together. A turn serves a bounded number of watches, so that however many there are,
 * other requests wait no longer than that.
 */
import { FANOUT_TURN_MAX } from './limits.ts';

/** A stream with something to send. */
export interface Receiver {
  /** Kept by the fan-out: whether it waits for its turn. False at first. */
  asked: boolean;
  /** Sends what there is. Must not throw. */
  deliver(): void;
}

export class Fanout {
  /** In order of asking, each at most once: a set would cost more than all else here. */
  #waiting: Receiver[] = [];

  /** Calls `deliver` soon; once, however often it was asked for by then. */
  ask(receiver: Receiver): void {
    if (receiver.asked) return;
    receiver.asked = true;
    if (this.#waiting.push(receiver) === 1) setImmediate(() => this.#turn());
  }

  #turn(): void {
    const turn = this.#waiting;
    // Whoever asks again while being served comes after everybody else.
    this.#waiting = turn.splice(FANOUT_TURN_MAX);
    if (this.#waiting.length > 0) setImmediate(() => this.#turn());
    for (const receiver of turn) {
      receiver.asked = false;
      receiver.deliver();
    }
  }
}
