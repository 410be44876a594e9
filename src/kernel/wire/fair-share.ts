/**
 * Keeps one realm from taking what others need: while several realms ask and the process is busier than it should be, those that ask
 * most are held to a rate that leaves room, and each waits in a line of its own. A realm that is alone may use everything.
 */
import { type Clock, sleep } from '../clock.ts';
import { StatusError } from '../errors.ts';
import { REFUSAL_DELAY_MS } from './rates.ts';

/** How often shares are looked at anew. */
const LOOK_MS = 100;
/** How often reads in line are let in. */
const TURN_MS = 2;
/** How often writes are: several at once, for those that come together are one commit, and it is commits that keep the disk from others. */
const WRITES_TURN_MS = 20;
/** Whoever asked within this time counts as there. */
const COMPANY_MS = 1_000;
/** The share of time at work above which the busiest are slowed down, and below which they may go faster again. */
const BUSY = 0.25;
const EASY = 0.15;
const SLOWER = 0.7;
const FASTER = 1.15;
/** No realm is held below so many requests a second. */
const RATE_MIN = 25;
/** Requests of one realm that wait in line. */
const LINE_MAX = 5_000;
/** Realms looked at. Those that asked least recently are forgotten, unless somebody waits. */
const REALMS_MAX = 4_096;

interface Share {
  /** When it asked last. */
  seen_ms: number;
  /** Requests since the last look. */
  asked: number;
  /** Let in since the last look. */
  let: number;
  /** Requests a second; absent: as many as come. */
  rate: number | undefined;
  /** Turns saved up. */
  saved: number;
  readonly reads: (() => void)[];
  readonly writes: (() => void)[];
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);

/** What it asked for since the last look, and what still waits. */
const waiting = ({ reads, writes }: Share) => reads.length + writes.length;
const wanted = (share: Share) => share.asked + waiting(share);

/**
 * What each may have so that all together have `room`: who wants less than an even share has it whole, and the others share what it leaves
 * (max-min fairness). Infinity where there is room for all.
 */
export function evenShare(wants: readonly number[], room: number): number {
  let left = room;
  for (const [index, want] of wants.toSorted((a, b) => a - b).entries()) {
    const each = left / (wants.length - index);
    if (want > each) return each;
    left -= want;
  }
  return Number.POSITIVE_INFINITY;
}

export interface FairShareOptions {
  readonly clock: Clock;
  /** The share of time that this process was at work since it was last asked, 0 to 1. */
  readonly load: () => number;
}

export class FairShare {
  readonly #clock: Clock;
  readonly #load: () => number;
  readonly #shares = new Map<string, Share>();
  #looking = false;
  #turning = false;
  #turns = 0;
  /** Reads whose turn it is. */
  readonly #due: (() => void)[] = [];
  #going = false;

  constructor({ clock, load }: FairShareOptions) {
    this.#clock = clock;
    this.#load = load;
  }

  /** Resolves when it is the realm's turn; undefined when it is at once. Rejects with 429 when the line is too long. */
  enter(realm: string, method: string): Promise<void> | undefined {
    const now = this.#clock.now();
    const share = this.#shareOf(realm, now);
    share.seen_ms = now;
    share.asked += 1;
    if (!this.#looking && this.#shares.size > 1) this.#startLooking();
    const line = method === 'GET' ? share.reads : share.writes;
    if (share.rate === undefined && line.length === 0) {
      share.let += 1;
      return undefined;
    }
    if (line.length >= LINE_MAX) return this.#refuse(realm);
    return new Promise((resolve) => {
      line.push(resolve);
      this.#startTurning();
    });
  }

  #shareOf(realm: string, now: number): Share {
    let share = this.#shares.get(realm);
    if (share === undefined) {
      share = {
        seen_ms: now,
        asked: 0,
        let: 0,
        rate: undefined,
        saved: 0,
        reads: [],
        writes: [],
      };
      this.#shares.set(realm, share);
      if (this.#shares.size > REALMS_MAX) this.#forgetAbsent(now);
    }
    return share;
  }

  async #refuse(realm: string): Promise<never> {
    await sleep(this.#clock, REFUSAL_DELAY_MS);
    throw new StatusError(
      'TooManyRequests',
      `${realm} has ${LINE_MAX} requests waiting while others need room too; come again later`,
      { retryAfterSeconds: 5 },
    );
  }

  #forgetAbsent(now: number): void {
    for (const [realm, share] of this.#shares) {
      if (waiting(share) === 0 && now - share.seen_ms > COMPANY_MS) this.#shares.delete(realm);
    }
  }

  #startLooking(): void {
    this.#looking = true;
    this.#load();
    this.#clock.after(LOOK_MS, () => this.#look());
  }

  #look(): void {
    const now = this.#clock.now();
    this.#forgetAbsent(now);
    const there = [...this.#shares.values()];
    const busy = this.#load();
    const wants = there.map(wanted);
    const middle = sum(wants) / Math.max(1, there.length);
    const even = evenShare(wants, sum(there.map((share) => share.let)) * SLOWER);
    for (const share of there) {
      // Who has no more than an even share of less than there was room for is not held, busy or not: it may only have been alone in asking
      // while a flood made its connections. (Those count for nothing here: whoever made a new one for each request would hide behind them.)
      if (there.length < 2 || wanted(share) <= even) share.rate = undefined;
      else if (busy > BUSY && wanted(share) > middle) this.#slow(share);
      else if (busy < EASY && share.rate !== undefined) {
        share.rate *= FASTER;
        // Nobody waits for it any more.
        if (waiting(share) === 0 && share.asked * (1_000 / LOOK_MS) < share.rate / 2) share.rate = undefined;
      }
      share.asked = 0;
      share.let = 0;
    }
    this.#looking = there.length > 1 || there.some((share) => waiting(share) > 0);
    if (this.#looking) this.#clock.after(LOOK_MS, () => this.#look());
  }

  #slow(share: Share): void {
    const current = Math.min(share.rate ?? Number.POSITIVE_INFINITY, share.let * (1_000 / LOOK_MS));
    share.rate = Math.max(RATE_MIN, current * SLOWER);
  }

  #startTurning(): void {
    if (this.#turning) return;
    this.#turning = true;
    this.#clock.after(TURN_MS, () => this.#turn());
  }

  #turn(): void {
    this.#turns += 1;
    const isWritesTurn = this.#turns % (WRITES_TURN_MS / TURN_MS) === 0;
    let left = false;
    for (const share of this.#shares.values()) {
      if (waiting(share) === 0) continue;
      share.saved = Math.min(
        share.saved + ((share.rate ?? Number.POSITIVE_INFINITY) * TURN_MS) / 1_000,
        LINE_MAX,
      );
      // Where both wait, each gets half.
      const reads = share.writes.length === 0 ? share.saved : share.saved / 2;
      this.#due.push(...takeIn(share, share.reads, Math.floor(reads)));
      if (isWritesTurn) for (const go of takeIn(share, share.writes, Math.floor(share.saved))) go();
      if (waiting(share) === 0) share.saved = 0;
      else left = true;
    }
    this.#turning = left;
    if (left) this.#clock.after(TURN_MS, () => this.#turn());
    if (!this.#going) this.#letGo();
  }

  /** Reads go on one in a turn of the event loop: so whoever else asks waits behind one of them, and not behind all. */
  #letGo(): void {
    this.#due.shift()?.();
    this.#going = this.#due.length > 0;
    if (this.#going) setImmediate(() => this.#letGo());
  }
}

function takeIn(share: Share, line: (() => void)[], count: number): (() => void)[] {
  const going = line.splice(0, count);
  share.saved -= going.length;
  share.let += going.length;
  return going;
}
