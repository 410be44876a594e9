/**
 * What stood beside leaves of a log and is gone: each has to be accounted for by a later leaf that says it was erased. Followed in the order of
 * the log.
 */
import type { ErasureLeaf } from '#kernel/log/leaf.ts';
import type { Problem, ProblemCode } from './problem.ts';

/** Leaves one after the other that share something; both ends included. */
interface Run {
  readonly from: number;
  to: number;
}

/** Runs remembered of leaves beside which something is gone; erasing goes by age, so they are few. */
const RUNS_MAX = 100_000;
const ERASURES_MAX = 100;

export interface Erased {
  readonly erased: number;
  /** What the log says of erasing, in its own words. */
  readonly erasures: readonly ErasureLeaf[];
}

export class GoneWalk {
  #erased = 0;
  #said = 0;
  readonly #gone: Run[] = [];
  readonly #erasures: ErasureLeaf[] = [];

  missing(index: number): void {
    const last = this.#gone.at(-1);
    if (last?.to === index - 1) last.to = index;
    else if (this.#gone.length < RUNS_MAX) this.#gone.push({ from: index, to: index });
  }

  erasure(leaf: ErasureLeaf): void {
    this.#said += 1;
    if (this.#erasures.length < ERASURES_MAX) this.#erasures.push(leaf);
    // What an erasure accounts for is what stood before it.
    const rest = this.#gone.splice(0).flatMap((run) => {
      const from = Math.max(run.from, leaf.from);
      const to = Math.min(run.to, leaf.to);
      if (from > to) return [run];
      this.#erased += to - from + 1;
      const before = run.from < from ? [{ from: run.from, to: from - 1 }] : [];
      const after = run.to > to ? [{ from: to + 1, to: run.to }] : [];
      return [...before, ...after];
    });
    this.#gone.push(...rest);
  }

  /** `words`: what is gone, one and many. */
  problems(code: ProblemCode, [one, many]: readonly [string, string]): readonly Problem[] {
    return this.#gone.map(({ from, to }) => ({
      code,
      leaf: from,
      message:
        from === to
          ? `the ${one} beside leaf ${from} is gone, and no leaf says that it was erased`
          : `the ${many} beside leaves ${from} to ${to} are gone, and no leaf says that they were erased`,
    }));
  }

  report(): Erased & { readonly isAny: boolean } {
    return {
      erased: this.#erased,
      erasures: this.#erasures,
      isAny: this.#erased > 0 || this.#said > 0,
    };
  }
}
