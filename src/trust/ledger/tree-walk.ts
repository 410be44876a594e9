/**
 * Rebuilds a log's tree while its leaves go by, and holds it against every signed checkpoint on the way. Where entries and
 * tile disagree it follows both, so that the signed roots decide which of the two was changed. Pure.
 */
import { HASH_BYTES, TreeBuilder } from '#kernel/log/merkle.ts';
import { alignBundle } from './alignment.ts';
import type { Expected } from './checkpoints.ts';
import type { Problem } from './problem.ts';

const nodeKey = (level: number, index: number) => `${level}/${index}`;

/** One of the two trees: that of the entries, or that of the tiles' leaf hashes. */
class Branch {
  readonly nodes: Map<string, Buffer>;
  readonly builder: TreeBuilder;

  constructor(from?: Branch) {
    this.nodes = new Map(from?.nodes);
    this.builder = new TreeBuilder(from?.builder.frontier(), (node) => {
      this.nodes.set(nodeKey(node.level, node.index), node.hash);
    });
  }
}

export class TreeWalk {
  readonly #expected: readonly Expected[];
  #nextExpected = 0;
  /** Undefined once an entry was missing: then there is no tree of entries any more. */
  #entries: Branch | undefined = new Branch();
  /** Only where tiles and entries went different ways. */
  #tiles: Branch | undefined;
  #size = 0;
  #confirmedSize = 0;
  #matched = 0;
  readonly #problems: Problem[] = [];
  readonly #differences: Problem[] = [];

  /** `expected`: verified checkpoints, smallest first. */
  constructor(expected: readonly Expected[]) {
    this.#expected = expected;
    this.#compare();
  }

  /**
   * Takes the next bundle: hashes of the entries that are there, and of the tile; either may be missing, not both.
   */
  take(width: number, entries: Uint8Array | undefined, tile: Uint8Array | undefined): void {
    const whole = entries?.length === width * HASH_BYTES ? entries : undefined;
    const reference = tile ?? whole;
    if (reference === undefined) throw new TypeError('a bundle without hashes cannot be followed');
    if (whole === undefined || Buffer.compare(whole, reference) !== 0) {
      // The branch of tiles begins as what both agreed on so far.
      this.#tiles ??= new Branch(this.#entries);
      if (whole === undefined) this.#entries = undefined;
      if (entries) this.#differences.push(...alignBundle(this.#size, width, entries, reference));
    }
    for (let position = 0; position < width; position++) {
      if (whole) this.#entries?.builder.push(whole, position * HASH_BYTES);
      this.#tiles?.builder.push(reference, position * HASH_BYTES);
      this.#size += 1;
      this.#compare();
    }
  }

  /** Compares the tree with the checkpoints of exactly this size. */
  #compare(): void {
    for (;;) {
      const expected = this.#expected[this.#nextExpected];
      if (expected?.checkpoint.size !== this.#size) return;
      this.#nextExpected += 1;
      const { root } = expected.checkpoint;
      const found = (this.#entries ?? this.#tiles)?.builder.root();
      if (found?.equals(root) || this.#tiles?.builder.root().equals(root)) {
        this.#confirmedSize = this.#size;
        this.#matched += 1;
        continue;
      }
      this.#problems.push({
        code: 'CHECKPOINT_ROOT',
        size: this.#size,
        message:
          `${expected.label} was signed for the first ${this.#size} leaves with root ${root.toString('base64')}, but they have ` +
          `${found?.toString('base64')}: a leaf from ${this.#confirmedSize} to ${this.#size - 1} was changed, added or removed`,
      });
    }
  }

  get size(): number {
    return this.#size;
  }

  /** Checkpoints whose root is that of the leaves. */
  get matched(): number {
    return this.#matched;
  }

  /** The branch that the last checkpoint confirms; that of the entries when none does. */
  #right(): Branch | undefined {
    const head = this.#expected.findLast((one) => one.checkpoint.size === this.#size)?.checkpoint.root;
    const entriesRight = head !== undefined && this.#entries?.builder.root().equals(head);
    return entriesRight ? this.#entries : (this.#tiles ?? this.#entries);
  }

  /** Hashes that the tree has at a tile level ≥ 1, to be held against its tiles. */
  hashesAt(level: number, start: number, count: number): Buffer {
    const nodes = this.#right()?.nodes;
    const hashes = Buffer.alloc(count * HASH_BYTES);
    for (let position = 0; position < count; position++) {
      const hash = nodes?.get(nodeKey(level, start + position));
      if (hash) hashes.set(hash, position * HASH_BYTES);
    }
    return hashes;
  }

  /** All that was found. When the signed root is that of the entries, it is the tile that was changed. */
  problems(): Problem[] {
    const tileIsWrong = this.#tiles !== undefined && this.#right() === this.#entries;
    const differences = this.#differences.map((problem): Problem => {
      if (!tileIsWrong || problem.leaf === undefined) return problem;
      return {
        code: 'TILE_CHANGED',
        leaf: problem.leaf,
        message: `the tile of leaf hashes was changed at leaf ${problem.leaf}; the leaf itself is as it was signed`,
      };
    });
    return [...differences, ...this.#problems];
  }
}
