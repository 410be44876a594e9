/**
 * Receipts: a proof that one leaf is in a log, as C2SP `tlog-proof@v1` text. The leaf itself travels in the `extra` line, so
 * that one file (`.tlog-proof`) and the log's public key are all that checking takes: no server, no clock, no network.
 */
import type { Checkpoint } from '#kernel/log/checkpoint.ts';
import { type Leaf, parseLeaf } from '#kernel/log/leaf.ts';
import { LogError } from '#kernel/log/log-error.ts';
import { HASH_BYTES, leafHash, TILE_WIDTH } from '#kernel/log/merkle.ts';
import { inclusionProof, verifyInclusion } from '#kernel/log/proof.ts';
import { decodeEntryBundle, ENTRY_BYTES_MAX, tileWidth } from '#kernel/log/tile.ts';
import { cosignedCheckpoints } from './checkpoints.ts';
import { type Cosigned, judgeCheckpoint, requireQuorum } from './judge.ts';
import { type Policy, policyOfKeys } from './policy.ts';
import { hashesOf, readText, readTile, type TileSource } from './source.ts';

const HEADER = 'c2sp.org/tlog-proof@v1';

// A tree of 2^53 leaves has proofs of 53 hashes; the longest leaf in base64 and a checkpoint come on top.
const PROOF_HASHES_MAX = 64;
const RECEIPT_CHARACTERS_MAX = 2 * ENTRY_BYTES_MAX + 256 * 1024;

export interface TlogProof {
  readonly index: number;
  /** From the leaf's sibling to the root's child. */
  readonly hashes: readonly Buffer[];
  /** The signed checkpoint, as the log wrote it. */
  readonly checkpoint: string;
  /** Not covered by any signature. Here: the leaf, which checking compares by its hash. */
  readonly extra?: Buffer;
}

export function formatProof(proof: TlogProof): string {
  return [
    HEADER,
    ...(proof.extra === undefined ? [] : [`extra ${proof.extra.toString('base64')}`]),
    `index ${proof.index}`,
    ...proof.hashes.map((hash) => hash.toString('base64')),
    '',
    proof.checkpoint,
  ].join('\n');
}

function base64Of(text: string, field: string): Buffer {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.toString('base64') !== text) throw new LogError('MALFORMED_PROOF', `${field}: not base64`);
  return bytes;
}

/** Reads a proof's text. Verifies nothing. */
export function parseProof(text: string): TlogProof {
  if (text.length > RECEIPT_CHARACTERS_MAX) {
    throw new LogError('MALFORMED_PROOF', `longer than ${RECEIPT_CHARACTERS_MAX} characters: not a receipt`);
  }
  const split = text.indexOf('\n\n');
  const [header, ...lines] = text.slice(0, Math.max(split, 0)).split('\n');
  if (header !== HEADER) throw new LogError('MALFORMED_PROOF', `the first line of a receipt is "${HEADER}"`);
  const extraLine = lines[0]?.startsWith('extra ') ? lines.shift() : undefined;
  const [, indexText] = /^index (0|[1-9][0-9]{0,15})$/.exec(lines.shift() ?? '') ?? [];
  if (indexText === undefined || !Number.isSafeInteger(Number(indexText))) {
    throw new LogError('MALFORMED_PROOF', 'a receipt has a line "index <number>" before its hashes');
  }
  if (lines.length > PROOF_HASHES_MAX)
    throw new LogError('MALFORMED_PROOF', `more than ${PROOF_HASHES_MAX} hashes`);
  const hashes = lines.map((line, position) => {
    const hash = base64Of(line, `hash ${position + 1}`);
    if (hash.length !== HASH_BYTES)
      throw new LogError('MALFORMED_PROOF', `hash ${position + 1}: not ${HASH_BYTES} bytes`);
    return hash;
  });
  return {
    index: Number(indexText),
    hashes,
    checkpoint: text.slice(split + 2),
    ...(extraLine === undefined ? {} : { extra: base64Of(extraLine.slice('extra '.length), 'extra') }),
  };
}

/** Reads one leaf of a log of `size` leaves, unverified. */
export async function readEntry(source: TileSource, size: number, index: number): Promise<Buffer> {
  const bundleIndex = Math.floor(index / TILE_WIDTH);
  const width = tileWidth(size, 'entries', bundleIndex);
  const read = await readTile(source, { level: 'entries', index: bundleIndex, width });
  const entry = read && decodeEntryBundle(read.bytes, read.exact ? width : TILE_WIDTH)[index % TILE_WIDTH];
  if (entry === undefined) throw new LogError('OUT_OF_RANGE', `the log cannot give leaf ${index}`);
  return entry;
}

/** What is trusted: a policy, or a log's keys (vkeys, separated by white space) without witnesses. */
export type Trust = Policy | string;

export const policyOf = (trust: Trust): Policy => (typeof trust === 'string' ? policyOfKeys(trust) : trust);

/**
 * The checkpoint to prove leaf `index` by: the latest that witnesses cosigned when it has that leaf and meets the policy, since it proves more;
 * otherwise the current one. Throws a LogError when neither will do.
 */
async function chooseCheckpoint(source: TileSource, policy: Policy, index: number) {
  const current = await readText(source, 'checkpoint');
  const { checkpoint } = judgeCheckpoint(current, policy);
  if (!Number.isSafeInteger(index) || index < 0 || index >= checkpoint.size) {
    throw new LogError(
      'OUT_OF_RANGE',
      `index: the signed log has leaves 0 to ${checkpoint.size - 1}, not ${index}`,
    );
  }
  // The one that most cosigned, for who is missing.
  let nearest = { note: current, count: 0 };
  for (const note of (await cosignedCheckpoints(source)).toReversed()) {
    const judged = judgeCheckpoint(note, policy);
    if (judged.checkpoint.size <= index) continue;
    if (judged.isMet) return { note, size: judged.checkpoint.size, head: checkpoint.size };
    const count = judged.cosigned.length;
    if (count > nearest.count) nearest = { note, count };
  }
  requireQuorum(nearest.note, policy);
  return { note: current, size: checkpoint.size, head: checkpoint.size };
}

/**
 * Makes the receipt of a leaf from a log's checkpoint and tiles. It is checked before it is given out, so that a receipt that does not
 * verify never reaches anybody.
 */
export async function proveInclusion(source: TileSource, trust: Trust, index: number): Promise<string> {
  const { note: checkpoint, size, head } = await chooseCheckpoint(source, policyOf(trust), index);
  const read = hashesOf(source, head);
  const [hashes, extra] = await Promise.all([
    inclusionProof(index, size, read),
    readEntry(source, head, index),
  ]);
  const receipt = formatProof({ index, hashes, checkpoint, extra });
  checkReceipt(receipt, trust);
  return receipt;
}

export interface CheckedReceipt {
  readonly checkpoint: Checkpoint;
  /** Witnesses of the policy who cosigned the checkpoint. */
  readonly cosigned: readonly Cosigned[];
  readonly leaf: Leaf;
  readonly leafBytes: Buffer;
}

/**
 * Checks a receipt offline: the checkpoint is signed and cosigned as the policy asks, and the leaf is in the tree it signs, at the index it
 * says. `leaf`, when given, is used instead of the one in the receipt. Throws a LogError that says what does not fit.
 */
export function checkReceipt(receipt: string, trust: Trust, leaf?: Uint8Array): CheckedReceipt {
  const proof = parseProof(receipt);
  const { checkpoint, cosigned } = requireQuorum(proof.checkpoint, policyOf(trust));
  const leafBytes = leaf === undefined ? proof.extra : Buffer.from(leaf);
  if (leafBytes === undefined) {
    throw new LogError(
      'MALFORMED_PROOF',
      'the receipt holds no leaf (its "extra" line); give the leaf beside it',
    );
  }
  const claim = {
    index: proof.index,
    size: checkpoint.size,
    leafHash: leafHash(leafBytes),
    proof: proof.hashes,
    root: checkpoint.root,
  };
  if (!verifyInclusion(claim)) {
    throw new LogError(
      'MALFORMED_PROOF',
      `the leaf is not proven to be at index ${proof.index} of the ${checkpoint.size} leaves that ${checkpoint.origin} signed`,
    );
  }
  const parsed = parseLeaf(leafBytes);
  if (parsed.index !== proof.index) {
    throw new LogError(
      'MALFORMED_LEAF',
      `index: the leaf says ${parsed.index}, but stands at ${proof.index}`,
    );
  }
  return { checkpoint, cosigned, leaf: parsed, leafBytes };
}
