/**
 * Writes of the lane that are decided one after the other and then committed together: what they decided, and the leaves and the tree that
 * come of it. A batch may be decided on top of one that is still being committed; then it is worth nothing unless that one is.
 */
import { encodeLeaf } from '../log/leaf.ts';
import { type Frontier, leafHash, type TileNode, TreeBuilder } from '../log/merkle.ts';
import { type BaseView, BatchView } from './batch-view.ts';
import type { Decide, LeafToCommit } from './lane.ts';
import type { StoreLimits } from './limits.ts';
import type { Append, StoredChange } from './storage.ts';

/** A write that waits, its types closed over. */
export interface Waiting {
  /** Decides, and gives what to commit, if anything, to `take`. Keeps the result, or the refusal, until `settle`. */
  decide(view: BatchView, take: (commits: readonly LeafToCommit[]) => void): void;
  settle(): void;
  fail(error: unknown): void;
}

/** A write whose caller waits for `resolve` or `reject`. A dry run is decided like any other, and then not written. */
export function waiting<Result>(
  decide: Decide<Result>,
  dryRun: boolean,
  resolve: (result: Result) => void,
  reject: (error: unknown) => void,
): Waiting {
  let settle = () => {};
  return {
    decide(view, take) {
      try {
        const { result, commit, also = [] } = decide(view);
        if (commit && !dryRun) take([commit, ...also]);
        settle = () => resolve(result);
      } catch (error) {
        settle = () => reject(error);
      }
    },
    settle: () => settle(),
    fail: reject,
  };
}

export class Batch {
  /** Those that decided, in order. */
  readonly decided: Waiting[] = [];
  readonly #realmUid: string;
  readonly #limits: StoreLimits;
  readonly #view: BatchView;
  readonly #from: number;
  readonly #tree: TreeBuilder;
  readonly #tileNodes: TileNode[] = [];
  readonly #leaves: LeafToCommit[] = [];
  readonly #stored: StoredChange[] = [];
  #bytes = 0;

  /** On `base`, whose log is at `frontier`. */
  constructor(realmUid: string, base: BaseView, frontier: Frontier, limits: StoreLimits) {
    this.#realmUid = realmUid;
    this.#limits = limits;
    this.#view = new BatchView(base);
    this.#from = frontier.size;
    this.#tree = new TreeBuilder(frontier, (node) => this.#tileNodes.push(node));
  }

  /** The size of the log that it is to be appended to. */
  get expectedSize(): number {
    return this.#from;
  }

  /** Nothing is to be written. */
  get isEmpty(): boolean {
    return this.#leaves.length === 0;
  }

  get isFull(): boolean {
    const { laneBatch_max, laneBatch_bytes_max } = this.#limits;
    return this.decided.length >= laneBatch_max || this.#bytes >= laneBatch_bytes_max;
  }

  get leaves(): readonly LeafToCommit[] {
    return this.#leaves;
  }

  /** Lets writes decide while there is room for them; takes those off the queue. */
  take(queue: Waiting[]): void {
    while (!this.isFull) {
      const next = queue.shift();
      if (!next) break;
      next.decide(this.#view, (commits) => this.#write(commits));
      this.decided.push(next);
    }
  }

  /** One to be decided on top of this, and to be committed after it. */
  next(): Batch {
    return new Batch(this.#realmUid, this.#view, this.#tree.frontier(), this.#limits);
  }

  /** What it was decided on is committed, and is `state` now. */
  rebase(state: BaseView): void {
    this.#view.rebase(state);
  }

  append(): Append<StoredChange> {
    return {
      realmUid: this.#realmUid,
      expectedSize: this.#from,
      leaves: this.#stored,
      frontier: this.#tree.frontier(),
      tileNodes: this.#tileNodes,
    };
  }

  /** Throws, and is as before, when one of the leaves is none that a log takes. */
  #write(commits: readonly LeafToCommit[]): void {
    const encoded = commits.map((commit) => ({ commit, bytes: encodeLeaf(commit.leaf) }));
    for (const { commit, bytes } of encoded) this.#append(commit, bytes);
  }

  #append(commit: LeafToCommit, bytes: Uint8Array): void {
    const { time_ms, effect, personal } = commit;
    const hash = leafHash(bytes);
    const index = this.#from + this.#leaves.length;
    this.#stored.push({
      index,
      leaf: bytes,
      hash,
      time_ms,
      ...(personal ? { personal } : {}),
      ...(effect ? { change: effect.stored } : {}),
    });
    this.#leaves.push(commit);
    this.#tree.push(hash);
    this.#view.apply(effect?.change);
    this.#bytes += effect?.stored.body.length ?? 0;
  }
}
