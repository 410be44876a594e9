/**
 * Verifies a bundle from its signatures down to the last block, in memory that does not grow with it, and stops at the first thing that is wrong.
 * Whatever it accepts is, byte for byte, what k signers signed for.
 */
import { createHash } from 'node:crypto';
import { RunningDigest } from './blocks.ts';
import {
  blobsOf,
  type Content,
  type Item,
  readDeltas,
  readHead,
  readItems,
  requireExactly,
} from './contents.ts';
import { type Bases, NO_BASES } from './delta/bases.ts';
import type { Delta, Deltas } from './delta/document.ts';
import { missingOf, type Need, needsOf } from './delta/needs.ts';
import { framesOf, wholeSource } from './delta/whole.ts';
import { blobPath } from './descriptor.ts';
import type { Progress } from './output.ts';
import { BundleError } from './problem.ts';
import type { BundleSource } from './source.ts';
import { type AgePolicy, type Trust, type Verified, verifyMetadata } from './tuf/client.ts';
import { wrongBlock } from './wrong-block.ts';

export interface VerifyOptions {
  readonly trust: Trust;
  readonly clock_ms: number;
  readonly policy: AgePolicy;
  readonly progress?: Progress;
  /** Old content that deltas build on. Without it, of what does not travel whole the deltas are checked, and nothing is made of them. */
  readonly bases?: Bases;
}

export interface VerifiedBundle extends Verified {
  readonly items: readonly Item[];
  /** Bytes of all distinct blobs of the items. */
  readonly size: number;
  /** How it travels, where not all of it travels whole. */
  readonly deltas?: Deltas;
  /** Old content that was not given: what is made of it was not verified. */
  readonly missing: readonly Need[];
}

/** Throws BundleError, whose `part` says what is wrong: a role, an item, a blob, a block. */
export async function verifyBundle(source: BundleSource, options: VerifyOptions): Promise<VerifiedBundle> {
  const head = await readHead(source);
  const verified = verifyMetadata(head.metadata, options.trust, options.clock_ms, options.policy);
  const items = await readItems(source, verified.targets);
  const deltas = await readDeltas(source, head.metadata, items);
  requireExactly(source, head, items, deltas);
  const distinct = new Map<string, Content & { readonly path: string }>();
  for (const item of items) {
    for (const content of blobsOf(item)) {
      if (!distinct.has(content.descriptor.digest))
        distinct.set(content.descriptor.digest, { ...content, path: item.path });
    }
  }
  const total = [...distinct.values()].reduce((sum, { descriptor }) => sum + descriptor.size, 0);
  let done = 0;
  const read = (count: number) => {
    done += count;
    options.progress?.(done, total);
  };
  const bases = options.bases ?? NO_BASES;
  const missing = deltas === undefined ? [] : await missingOf(await needsOf(deltas, items), bases);
  const isMissing = new Set(missing.map(({ digest }) => digest));
  const known = new Map(
    [...distinct].map(([digest, { descriptor, blocks }]) => [digest, { size: descriptor.size, blocks }]),
  );
  const whole = deltas === undefined ? source : wholeSource(source, deltas, known, bases);
  for (const content of distinct.values()) {
    const { digest, size } = content.descriptor;
    const part = `${content.path}: blob ${digest}`;
    const delta = deltas?.byDigest.get(digest);
    if (delta !== undefined) await verifyFrames(source, delta, part);
    if (isMissing.has(delta?.base?.digest ?? digest)) read(size);
    else await verifyBlob(whole, content, part, read);
  }
  return { ...verified, items, size: total, missing, ...(deltas === undefined ? {} : { deltas }) };
}

/** Every byte of a delta, and nothing is made of it. */
async function verifyFrames(source: BundleSource, delta: Delta, part: string): Promise<void> {
  const whole = createHash('sha256');
  for await (const { bytes } of framesOf(source, delta, part)) whole.update(bytes);
  if (`sha256:${whole.digest('hex')}` !== delta.data) {
    throw new BundleError('WrongDigest', `${part}: delta`, 'its bytes are not those that were signed for');
  }
}

async function verifyBlob(
  source: BundleSource,
  { descriptor, blocks }: Content,
  part: string,
  read: (count: number) => void,
): Promise<void> {
  const name = blobPath(descriptor.digest);
  const running = new RunningDigest();
  let number = 0;
  for await (const piece of source.pieces(name, part)) {
    const expected = blocks[number];
    const digest = running.add(piece);
    if (expected !== undefined && digest !== expected) {
      throw wrongBlock(source, { name, size: descriptor.size, part }, number);
    }
    read(piece.length);
    number += 1;
  }
  if (blocks.length > 0 && number !== blocks.length) {
    throw new BundleError('Malformed', part, `has ${number} blocks; ${blocks.length} are listed`);
  }
  if (`sha256:${running.digest()}` !== descriptor.digest) {
    if (source.madeFrom?.(name) !== undefined)
      throw wrongBlock(source, { name, size: descriptor.size, part }, 0);
    throw new BundleError('WrongDigest', part, 'its bytes are not those that were signed for');
  }
}
