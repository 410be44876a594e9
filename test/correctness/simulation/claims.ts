/**
 * Who may lead, when processes die or are cut off: the next in line gets the claim at once, and who was only cut off hears of it late,
 * so that for a while there may be two.
 */
import type { Claims, HeldClaim } from '#kernel/claim.ts';
import type { World } from './world.ts';

interface Waiting {
  readonly process: string;
  readonly work: (lost: AbortSignal) => Promise<void>;
  lost: AbortController | undefined;
  isGiven: boolean;
  done: Promise<void>;
}

/** One claim, which is all that a region has. */
export class ClaimOffice {
  readonly #world: World;
  readonly #line: Waiting[] = [];
  readonly #all: Waiting[] = [];
  #holder: Waiting | undefined;

  constructor(world: World) {
    this.#world = world;
  }

  get holder(): string | undefined {
    return this.#holder?.process;
  }

  claimsOf(process: string): Claims {
    return {
      hold: (_name, work): HeldClaim => {
        const waiting: Waiting = { process, work, lost: undefined, isGiven: true, done: Promise.resolve() };
        this.#all.push(waiting);
        this.#line.push(waiting);
        this.#grant();
        return {
          get held() {
            return waiting.lost !== undefined;
          },
          release: async () => {
            waiting.isGiven = false;
            this.#leave(waiting);
            waiting.lost?.abort(new Error('given up'));
            await waiting.done;
            if (this.#holder === waiting) this.#holder = undefined;
            this.#grant();
          },
        };
      },
    };
  }

  /** The process has died. */
  drop(process: string): void {
    for (const waiting of this.#all.filter((one) => one.process === process)) {
      waiting.isGiven = false;
      this.#leave(waiting);
    }
    if (this.#holder?.process === process) this.#holder = undefined;
    this.#grant();
  }

  /** The leader is cut off: the next one begins, and the old one hears of it only then. */
  depose(heard_after_ms: number): void {
    const old = this.#holder;
    if (!old) return;
    this.#holder = undefined;
    this.#world.say(() => `${old.process} is deposed`);
    this.#grant();
    this.#world.at(heard_after_ms, () => old.lost?.abort(new Error('deposed')));
  }

  #leave(waiting: Waiting): void {
    const at = this.#line.indexOf(waiting);
    if (at >= 0) this.#line.splice(at, 1);
  }

  #grant(): void {
    if (this.#holder) return;
    const next = this.#line.shift();
    if (!next) return;
    this.#holder = next;
    const lost = new AbortController();
    next.lost = lost;
    this.#world.say(() => `${next.process} leads`);
    next.done = next.work(lost.signal).then(() => {
      next.lost = undefined;
      if (next.isGiven) this.#line.push(next);
      if (this.#holder === next) this.#holder = undefined;
      this.#grant();
    });
  }
}
