/** What a verification found wrong, each with the leaf, tile or checkpoint that it is about. Bounded. */

export type ProblemCode =
  /** A checkpoint is malformed, of another log, or not signed by the log's key. */
  | 'CHECKPOINT_INVALID'
  /** No checkpoint was cosigned by the witnesses that the policy asks for. */
  | 'NO_QUORUM'
  /** A signed checkpoint does not fit the leaves: its root is not theirs. */
  | 'CHECKPOINT_ROOT'
  /** Checkpoints are not in the order the log grew in. */
  | 'CHECKPOINT_ORDER'
  /** The log is smaller than a checkpoint it once signed: it was rolled back. */
  | 'ROLLED_BACK'
  /** Two signed checkpoints of one size have different roots: two histories were told. */
  | 'FORKED'
  | 'LEAF_CHANGED'
  | 'LEAF_MISSING'
  | 'LEAF_MALFORMED'
  /** A leaf says it has another index than its place. */
  | 'LEAF_MISPLACED'
  /** A leaf that has no business at its place: a second genesis, a form of another log. */
  | 'LEAF_UNEXPECTED'
  /** What stands beside a leaf is not what the leaf was written with. */
  | 'RECORD_CHANGED'
  /** It is gone, and the log does not say that it was erased. */
  | 'RECORD_MISSING'
  /** The body that is stored of a change is not the one that its leaf was written for. */
  | 'BODY_CHANGED'
  /** It is gone, and the log does not say that it was dropped. */
  | 'BODY_MISSING'
  | 'TILE_CHANGED'
  | 'TILE_UNREADABLE';

export interface Problem {
  readonly code: ProblemCode;
  readonly message: string;
  /** Index of the leaf. */
  readonly leaf?: number;
  /** Size of the tree that the checkpoint is of. */
  readonly size?: number;
  /** The tile's path. */
  readonly tile?: string;
}

const PROBLEMS_MAX = 100;

/** Collects problems; past a bound it only counts, so that a log that is wrong throughout costs no memory. */
export class ProblemList {
  readonly #problems: Problem[] = [];
  #count = 0;

  add(...problems: readonly Problem[]): void {
    for (const problem of problems) {
      this.#count += 1;
      if (this.#problems.length < PROBLEMS_MAX) this.#problems.push(problem);
    }
  }

  /** All that were found, listed or not. */
  get count(): number {
    return this.#count;
  }

  /** In the order of the log: first what concerns no leaf, then by leaf. */
  list(): Problem[] {
    return this.#problems.toSorted((a, b) => (a.leaf ?? -1) - (b.leaf ?? -1));
  }
}
