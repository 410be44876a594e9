/**
 * Verifies a whole log as somebody outside would, with nothing but its public keys or a policy: recomputes the tree from the entries,
 * holds it against the tiles and every signed checkpoint, and reads each leaf. Names what is wrong; repairs nothing.
 */
import { type Checkpoint, readUnverifiedCheckpoint } from '#kernel/log/checkpoint.ts';
import type { LeafType } from '#kernel/log/leaf.ts';
import { isLogError } from '#kernel/log/log-error.ts';
import { HASH_BYTES, TILE_WIDTH } from '#kernel/log/merkle.ts';
import { SIGNATURE_TYPE, type SignatureType, vkeyOf } from '#kernel/log/note.ts';
import { hashesAtLevel, type Tile, tilePath, tilesAtLevel } from '#kernel/log/tile.ts';
import { type BodiesReport, BodiesWalk, bodiesPath, readBodyDigests } from './bodies.ts';
import type { BundleResult, LeafRules } from './bundle-check.ts';
import { type BundlePool, bundlePool } from './bundle-pool.ts';
import { cosignedCheckpoints, gatherCheckpoints, storedCheckpoints } from './checkpoints.ts';
import { type Cosigned, type Judged, judgeCheckpoint, missingText } from './judge.ts';
import { readLeaves } from './leaves.ts';
import { personalPath, type RecordsReport, RecordsWalk, readPersonal } from './personal.ts';
import type { Policy } from './policy.ts';
import { type Problem, ProblemList } from './problem.ts';
import { policyOf, type Trust } from './receipt.ts';
import { readText, readTile, type TileSource } from './source.ts';
import { TreeWalk } from './tree-walk.ts';

/** Bundles read ahead: enough to hide a network, few enough to hold in memory. */
const READ_AHEAD_BUNDLES = 16;

export interface VerifyOptions {
  /** Signed checkpoints kept from earlier or from elsewhere: they reveal a log that was rolled back or rewritten. */
  readonly known?: readonly string[];
  /** Worker threads; by default as many as the log's size deserves. */
  readonly threads?: number;
  readonly onProgress?: (leaves: number, size: number) => void;
}

export interface LedgerReport {
  readonly origin: string;
  /** Leaves in the log, as its current checkpoint says, and its root in base64. */
  readonly size: number;
  readonly root: string;
  /** The current checkpoint, as it is signed: keep it, and pass it as `known` next time. */
  readonly checkpoint: string;
  /** Leaves that were read and hashed. */
  readonly verifiedLeaves: number;
  /** Signed checkpoints whose root is that of the leaves. */
  readonly verifiedCheckpoints: number;
  /** Leaves of the largest checkpoint that meets the policy: what came later is signed by the log, but not seen by witnesses yet. */
  readonly witnessedLeaves: number;
  /** Where they are served: what stands beside the leaves of persons. */
  readonly records?: RecordsReport;
  /** Of a changes log that tells them: the bodies of objects that its leaves were written for. */
  readonly bodies?: BodiesReport;
  /** Who cosigned that checkpoint, and when. */
  readonly cosigned: readonly Cosigned[];
  readonly types: Readonly<Partial<Record<LeafType, number>>>;
  readonly firstTime: string | undefined;
  readonly lastTime: string | undefined;
  /** How often time went backwards from one leaf to the next (no proof of anything: a clock was set). */
  readonly clockSteps: number;
  /** Empty: the log is whole, in order, and what was signed. At most 100; `problemCount` counts all. */
  readonly problems: readonly Problem[];
  readonly problemCount: number;
}

interface Loaded {
  readonly tile: Tile;
  readonly entries: BundleResult | undefined;
  readonly hashes: Uint8Array | undefined;
  /** What stands beside these leaves; undefined where it is not served. */
  readonly records: ReadonlyMap<number, unknown> | undefined;
  readonly problems: readonly Problem[];
}

class Verification {
  readonly #source: TileSource;
  readonly #pool: BundlePool;
  readonly #rules: LeafRules;
  readonly problems = new ProblemList();
  readonly types: Partial<Record<LeafType, number>> = {};
  readonly records = new RecordsWalk();
  readonly bodies = new BodiesWalk();
  firstTime: string | undefined;
  lastTime: string | undefined;
  clockSteps = 0;

  constructor(source: TileSource, pool: BundlePool, rules: LeafRules) {
    this.#source = source;
    this.#pool = pool;
    this.#rules = rules;
  }

  /** Reads a tile; what stands in the way becomes a problem. */
  async #read(tile: Tile, problems: Problem[]) {
    const path = tilePath(tile);
    const unreadable = (why: string) =>
      problems.push({ code: 'TILE_UNREADABLE', tile: path, message: `${path}: ${why}` });
    try {
      const read = await readTile(this.#source, tile);
      if (read === undefined) unreadable('the log does not have it');
      return read;
    } catch (error) {
      unreadable(error instanceof Error ? error.message : String(error));
      return undefined;
    }
  }

  /** Reads the hashes of a tile: exactly as many as it has. */
  async #readHashes(tile: Tile, problems: Problem[]): Promise<Uint8Array | undefined> {
    const read = await this.#read(tile, problems);
    if (read === undefined) return undefined;
    const wanted_bytes = tile.width * HASH_BYTES;
    if (read.exact ? read.bytes.length === wanted_bytes : read.bytes.length >= wanted_bytes) {
      return read.bytes.subarray(0, wanted_bytes);
    }
    const path = tilePath(tile);
    const message = `${path}: ${read.bytes.length} bytes, where ${tile.width} hashes take ${wanted_bytes}`;
    problems.push({ code: 'TILE_UNREADABLE', tile: path, message });
    return undefined;
  }

  async load(tile: Tile): Promise<Loaded> {
    const problems: Problem[] = [];
    const [bundle, hashes, records, bodies] = await Promise.all([
      this.#read(tile, problems),
      this.#readHashes({ ...tile, level: 0 }, problems),
      this.#readBeside('', personalPath(tile.index), problems, readPersonal, tile.index),
      this.#readBeside('/changes', bodiesPath(tile.index), problems, readBodyDigests, tile.index),
    ]);
    if (bundle === undefined) return { tile, entries: undefined, hashes, records, problems };
    const start = tile.index * TILE_WIDTH;
    const entries = await this.#pool.check({
      bytes: bundle.bytes,
      start,
      width: tile.width,
      ...(bodies ? { bodies } : {}),
      ...this.#rules,
    });
    return { tile, entries, hashes, records, problems };
  }

  /** Reads what stands beside the leaves of a bundle, in a log whose name ends so; undefined where it is not served. */
  async #readBeside<Beside>(
    log: '' | '/changes',
    tile: string,
    problems: Problem[],
    read: (source: TileSource, bundle: number) => Promise<Beside | undefined>,
    bundle: number,
  ): Promise<Beside | undefined> {
    if (!this.#rules.origin.endsWith(log)) return undefined;
    try {
      return await read(this.#source, bundle);
    } catch (error) {
      problems.push({
        code: 'TILE_UNREADABLE',
        tile,
        message: error instanceof Error ? error.message : String(error),
      });
      return undefined;
    }
  }

  /** Takes what was loaded into account. False when the walk cannot go on past it. */
  take(walk: TreeWalk, { tile, entries, hashes, records, problems }: Loaded): boolean {
    this.problems.add(...problems);
    const whole = entries?.count === tile.width;
    if (hashes === undefined && !whole) {
      // Leaves say where they belong: the first that stands elsewhere comes after the one that is missing.
      const gap = entries && (entries.problems.find(isMisplaced)?.leaf ?? walk.size + entries.count);
      if (gap !== undefined) {
        this.problems.add({
          code: 'LEAF_MISSING',
          leaf: gap,
          message: `leaf ${gap} is missing: the log has ${entries?.count} of the ${tile.width} leaves from ${walk.size}`,
        });
      }
      this.problems.add({
        code: 'TILE_UNREADABLE',
        leaf: walk.size,
        message: `nothing past leaf ${walk.size} could be verified: neither its bundle nor its hashes can be read`,
      });
      return false;
    }
    walk.take(tile.width, entries?.hashes, hashes);
    if (entries === undefined) return true;
    // Once an entry is missing, all after it stand at another's place: only the first cause is worth naming.
    this.problems.add(...entries.problems.filter((problem) => whole || problem.code === 'LEAF_MALFORMED'));
    for (const [type, count] of Object.entries(entries.types) as [LeafType, number][]) {
      this.types[type] = (this.types[type] ?? 0) + count;
    }
    for (const leaf of records === undefined ? [] : entries.recorded) {
      if (leaf.type === 'erasure') this.records.erasure(leaf);
      else this.records.leaf(leaf, records ?? new Map());
    }
    if (entries.bodies) this.bodies.take(entries.bodies);
    if (this.lastTime !== undefined && entries.firstTime !== undefined && entries.firstTime < this.lastTime) {
      this.clockSteps += 1;
    }
    this.clockSteps += entries.clockSteps;
    this.firstTime ??= entries.firstTime;
    this.lastTime = entries.lastTime ?? this.lastTime;
    return true;
  }

  /**
   * What was erased while this verification ran is said by leaves that came meanwhile. They are not verified here: whoever verifies the log next
   * finds them in it, or finds what is gone.
   */
  async takeLaterErasures(size: number): Promise<void> {
    if (this.records.problems().length + this.bodies.problems().length === 0) return;
    const now = readUnverifiedCheckpoint(await readText(this.#source, 'checkpoint')).size;
    for await (const leaf of readLeaves(this.#source, now, size, now)) {
      if (leaf.type === 'erasure') (leaf.of === 'bodies' ? this.bodies : this.records).erasure(leaf);
    }
  }

  /** Holds the tiles above the leaf hashes against the tree that was rebuilt. */
  async checkNodes(walk: TreeWalk, size: number): Promise<void> {
    for (let level = 1; hashesAtLevel(size, level) > 0; level++) {
      for (const tile of tilesAtLevel(size, level)) {
        const problems: Problem[] = [];
        const hashes = await this.#readHashes(tile, problems);
        this.problems.add(...problems);
        if (hashes === undefined) continue;
        const expected = walk.hashesAt(level, tile.index * TILE_WIDTH, tile.width);
        for (let at = 0; at < expected.length; at += HASH_BYTES) {
          if (
            Buffer.compare(hashes.subarray(at, at + HASH_BYTES), expected.subarray(at, at + HASH_BYTES)) === 0
          )
            continue;
          const leaves = TILE_WIDTH ** level;
          const first = (tile.index * TILE_WIDTH + at / HASH_BYTES) * leaves;
          const path = tilePath(tile);
          const message = `${path}: its hash ${at / HASH_BYTES} is not that of leaves ${first} to ${first + leaves - 1}`;
          this.problems.add({ code: 'TILE_CHANGED', tile: path, message });
        }
      }
    }
  }
}

const isMisplaced = ({ code }: Problem): boolean => code === 'LEAF_MISPLACED';

async function walkLog(verification: Verification, walk: TreeWalk, size: number, options: VerifyOptions) {
  const tiles = tilesAtLevel(size, 'entries');
  const ahead: Promise<Loaded>[] = [];
  const loadNext = () => {
    const { value: tile } = tiles.next();
    if (tile) ahead.push(verification.load(tile));
  };
  for (let i = 0; i < READ_AHEAD_BUNDLES; i++) loadNext();
  try {
    for (let loading = ahead.shift(); loading; loading = ahead.shift()) {
      if (!verification.take(walk, await loading)) return;
      options.onProgress?.(walk.size, size);
      loadNext();
    }
    await verification.checkNodes(walk, size);
  } finally {
    await Promise.allSettled(ahead);
  }
}

/** What leaves of this log have to be, as far as the policy tells. */
function rulesFor(head: Checkpoint, policy: Policy): LeafRules {
  const own = [...policy.logs, ...policy.witnesses.map(({ verifier }) => verifier)].filter(
    ({ name }) => name === head.origin,
  );
  const keyOf = (type: SignatureType) => own.find((verifier) => verifier.type === type);
  const [signer, cosigner] = [keyOf(SIGNATURE_TYPE.ed25519), keyOf(SIGNATURE_TYPE.mlDsa44Cosignature)];
  return {
    origin: head.origin,
    ...(signer ? { vkey: vkeyOf(signer) } : {}),
    ...(cosigner ? { cosigner: vkeyOf(cosigner) } : {}),
  };
}

/** The largest checkpoint that meets the policy, of the current one and those that witnesses cosigned last. */
function chooseWitnessed(
  notes: readonly string[],
  policy: Policy,
  problems: ProblemList,
): Judged | undefined {
  let best: Judged | undefined;
  for (const note of notes) {
    try {
      const judged = judgeCheckpoint(note, policy);
      if (judged.isMet && judged.checkpoint.size >= (best?.checkpoint.size ?? 0)) best = judged;
    } catch (error) {
      if (!isLogError(error)) throw error;
      problems.add({ code: 'CHECKPOINT_INVALID', message: `a cosigned checkpoint: ${error.message}` });
    }
  }
  return best;
}

/**
 * Verifies a log by a policy, or by its keys. Throws when the source cannot be reached, or when its current checkpoint is not signed by a log
 * that is trusted: then there is nothing to verify against.
 */
export async function verifyLog(
  source: TileSource,
  trust: Trust,
  options: VerifyOptions = {},
): Promise<LedgerReport> {
  const policy = policyOf(trust);
  // In this order, so that a log that grows meanwhile is not taken for one that was rolled back.
  const stored = await storedCheckpoints(source);
  const cosigned = await cosignedCheckpoints(source);
  const note = await readText(source, 'checkpoint');
  const current = judgeCheckpoint(note, policy);
  const head = current.checkpoint;
  const signers = policy.logs.filter(({ name }) => name === head.origin);
  // What is only kept is signed with Ed25519 alone.
  const isKept = signers.some(({ type }) => type === SIGNATURE_TYPE.ed25519);
  const known = [...(options.known ?? []), ...cosigned];
  const gathered = gatherCheckpoints(isKept ? stored : [], known, head, signers);
  const rules = rulesFor(head, policy);
  const pool = bundlePool(head.size, options.threads);
  const verification = new Verification(source, pool, rules);
  verification.problems.add(...gathered.problems);
  const witnessed = chooseWitnessed([...cosigned, note], policy, verification.problems);
  if (witnessed === undefined) {
    verification.problems.add({ code: 'NO_QUORUM', size: head.size, message: missingText(current, policy) });
  }
  const walk = new TreeWalk(gathered.expected);
  try {
    await walkLog(verification, walk, head.size, options);
    await verification.takeLaterErasures(head.size);
  } finally {
    await pool.close();
  }
  verification.problems.add(
    ...walk.problems(),
    ...verification.records.problems(),
    ...verification.bodies.problems(),
  );
  const bodies = verification.bodies.report();
  const records = verification.records.report();
  return {
    origin: head.origin,
    size: head.size,
    root: head.root.toString('base64'),
    checkpoint: note,
    verifiedLeaves: walk.size,
    verifiedCheckpoints: walk.matched,
    witnessedLeaves: witnessed?.checkpoint.size ?? 0,
    cosigned: witnessed?.cosigned ?? [],
    types: verification.types,
    ...(records ? { records } : {}),
    ...(bodies ? { bodies } : {}),
    firstTime: verification.firstTime,
    lastTime: verification.lastTime,
    clockSteps: verification.clockSteps,
    problems: verification.problems.list(),
    problemCount: verification.problems.count,
  };
}
