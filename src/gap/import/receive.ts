/**
 * Takes a bundle into a quarantine folder: signatures first, then file by file, each block checked on its way. What is there of an earlier attempt is read again and
 * kept as far as it is right, so that after a kill at any byte at most one block is copied again. Nothing is written that was not signed for. Runs in the receiver's process.
 */
import { constants } from 'node:fs';
import { type FileHandle, open, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { blockDigest } from '../bundle/blocks.ts';
import {
  blobsOf,
  expectedEntries,
  type Item,
  readDeltas,
  readHead,
  readItems,
  requireExactly,
} from '../bundle/contents.ts';
import type { Bases } from '../bundle/delta/bases.ts';
import type { Deltas } from '../bundle/delta/document.ts';
import { MissingBasesError, missingOf, needsOf } from '../bundle/delta/needs.ts';
import { wholeSource } from '../bundle/delta/whole.ts';
import { blobPath, sha256 } from '../bundle/descriptor.ts';
import { BLOCK_BYTES, MIB } from '../bundle/limits.ts';
import { OCI_LAYOUT } from '../bundle/manifest.ts';
import { BundleError } from '../bundle/problem.ts';
import type { BundleSource } from '../bundle/source.ts';
import { type AgePolicy, type Trust, type Verified, verifyMetadata } from '../bundle/tuf/client.ts';
import type { Signable } from '../bundle/tuf/metadata.ts';
import type { RootSigned } from '../bundle/tuf/schema.ts';
import { type Area, draftOf, sizeOf } from './area.ts';
import { WholeDigest } from './whole-digest.ts';

/** Left free on the disk for everything else that the region does. */
export const RESERVE_BYTES = 64 * MIB;
/** What is written to the disk while more comes, so that the end need not wait for all of it. */
const SYNC_BYTES = 64 * MIB;
const BLOBS = 'blobs/sha256/';

export interface CheckOptions {
  readonly trust: Trust;
  readonly clock_ms: number;
  readonly policy: AgePolicy;
}

export interface ReceiveOptions extends CheckOptions {
  /** Makes the files of the folder, and names them. */
  readonly area: Area;
  /** What was published: what deltas are made against. */
  readonly bases: Bases;
  /** Called after each block: bytes that are there, of how many. */
  readonly progress: (done_bytes: number, total_bytes: number) => Promise<void>;
  readonly signal: AbortSignal;
}

export interface Received extends Verified {
  /** All that it carries, the trusted one among them. */
  readonly roots: readonly Signable<RootSigned>[];
  readonly items: readonly Item[];
  /** Bytes of all its files. */
  readonly size: number;
  /** Digest of the manifest that holds the metadata. */
  readonly metadata: string;
}

/** The disk is too full; it may not be later. */
export class NoSpaceError extends Error {
  override readonly name = 'NoSpaceError';
}

interface File {
  readonly name: string;
  readonly size: number;
  readonly part: string;
  readonly blocks: readonly string[];
}

/** Everything of a bundle but the bytes of its large files; `whole`: what was made of it in quarantine. Throws BundleError. */
export async function check(
  source: BundleSource,
  options: CheckOptions,
  form: 'carried' | 'whole' = 'carried',
) {
  const head = await readHead(source);
  const verified = verifyMetadata(head.metadata, options.trust, options.clock_ms, options.policy);
  const items = await readItems(source, verified.targets);
  const deltas = await readDeltas(source, head.metadata, items);
  requireExactly(source, head, items, deltas, form);
  const { entries } = expectedEntries(head.metadata, items, deltas, 'whole');
  const blocks = new Map(
    items.flatMap(blobsOf).map(({ descriptor, blocks }) => [blobPath(descriptor.digest), blocks]),
  );
  const files: File[] = [...entries].map(([name, { size, part }]) => ({
    name,
    size,
    part,
    blocks: blocks.get(name) ?? [],
  }));
  const size = files.reduce((sum, file) => sum + file.size, 0);
  const { roots } = head.metadata;
  const received: Received = { ...verified, roots, items, size, metadata: head.descriptor.digest };
  return { received, files, index: head.index, deltas };
}

/** Throws BundleError that names the part, MissingBasesError, NoSpaceError, or what the disk says. */
export async function receive(
  carried: BundleSource,
  folder: string,
  options: ReceiveOptions,
): Promise<Received> {
  const { received, files, index, deltas } = await check(carried, options);
  const source = deltas === undefined ? carried : await asWhole(carried, deltas, received, folder, options);
  await requireSpace(folder, files, options.bases);
  let done = 0;
  const arrived = async (count: number) => {
    done += count;
    await options.progress(done, received.size);
    options.signal.throwIfAborted();
  };
  const whole = new WholeDigest();
  try {
    for (const file of files) {
      if (await options.area.take(file.name, file.size)) {
        await arrived(file.size);
        continue;
      }
      if (file.name === 'index.json') await writeSmall(folder, file.name, index);
      else if (file.name === 'oci-layout') await writeSmall(folder, file.name, OCI_LAYOUT);
      else {
        const place = file.blocks.length === 0 ? undefined : source.placeOf?.(file.name);
        const upTo = (count: number) =>
          place === undefined ? undefined : { from: place, to: place + count };
        const written = (count: number) => options.area.written(file.name, upTo(count));
        await takeBlob(source, folder, file, { whole, arrived, written });
        await options.area.done(file.name, upTo(file.size));
        continue;
      }
      await options.area.done(file.name);
      await arrived(file.size);
    }
  } finally {
    await whole.close();
  }
  return received;
}

/** The bundle as if all of it had travelled whole, once all that it builds on is there. Nothing was written yet. */
async function asWhole(
  source: BundleSource,
  deltas: Deltas,
  { items }: Received,
  folder: string,
  { bases }: ReceiveOptions,
): Promise<BundleSource> {
  const isThere = async (digest: string, size: number) =>
    (await sizeOf(join(folder, blobPath(digest)))) === size || (await bases.has(digest, size));
  const missing = await missingOf(await needsOf(deltas, items, isThere), bases);
  if (missing.length > 0) throw MissingBasesError.of(missing);
  const known = new Map(
    items
      .flatMap(blobsOf)
      .map(({ descriptor: { digest, size }, blocks }) => [digest, { size, blocks }] as const),
  );
  return wholeSource(source, deltas, known, bases);
}

async function requireSpace(folder: string, files: readonly File[], bases: Bases): Promise<void> {
  let wanted = RESERVE_BYTES;
  for (const { name, size } of files) {
    // It is linked, and takes no room.
    if (name.startsWith(BLOBS) && (await bases.has(`sha256:${name.slice(BLOBS.length)}`, size))) continue;
    const there = (await sizeOf(join(folder, name))) ?? (await sizeOf(draftOf(folder, name))) ?? 0;
    wanted += Math.max(0, size - there);
  }
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize >= wanted) return;
  const lacking = Math.ceil((wanted - bavail * bsize) / MIB);
  throw new NoSpaceError(`the disk of the region’s data lacks ${lacking} MiB for this bundle`);
}

/** `keep`: what an earlier attempt left is looked at; else the draft begins anew. */
const openDraft = (folder: string, name: string, keep: boolean): Promise<FileHandle> =>
  open(draftOf(folder, name), constants.O_RDWR | constants.O_NOFOLLOW | (keep ? 0 : constants.O_TRUNC));

async function writeSmall(folder: string, name: string, bytes: Uint8Array): Promise<void> {
  const file = await openDraft(folder, name, false);
  try {
    await writeAll(file, bytes, 0);
  } finally {
    await file.close();
  }
}

interface Arrival {
  readonly whole: WholeDigest;
  readonly arrived: (count: number) => Promise<void>;
  /** Called now and then, with how many bytes of the blob were written. */
  readonly written: (count: number) => Promise<void>;
}

async function takeBlob(source: BundleSource, folder: string, file: File, arrival: Arrival): Promise<void> {
  const { name, size, part, blocks } = file;
  const draft = await openDraft(folder, name, blocks.length > 0);
  try {
    const digest =
      blocks.length === 0
        ? await copySmall(source, draft, file)
        : await copyBlocks(source, draft, file, arrival);
    if (digest !== `sha256:${name.slice('blobs/sha256/'.length)}`) {
      throw new BundleError('WrongDigest', part, 'its bytes are not those that were signed for');
    }
  } finally {
    await draft.close();
  }
  if (blocks.length === 0) await arrival.arrived(size);
}

/** A blob of one block at most, or one that `check` read as a whole: it is written once it is known to be right. */
async function copySmall(source: BundleSource, draft: FileHandle, file: File): Promise<string> {
  const bytes = await wholeOf(source, file);
  const digest = sha256(bytes);
  if (digest === `sha256:${file.name.slice('blobs/sha256/'.length)}`) await writeAll(draft, bytes, 0);
  return digest;
}

async function wholeOf(source: BundleSource, { name, size, part }: File): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(size);
  let at = 0;
  for await (const piece of source.pieces(name, part)) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes.subarray(0, at);
}

/** Reads, hashes twice and writes at the same time; gives the digest of it all. */
async function copyBlocks(
  source: BundleSource,
  draft: FileHandle,
  file: File,
  { whole, arrived, written: tellWritten }: Arrival,
): Promise<string> {
  let at = await keepGood(draft, file, whole);
  await arrived(at);
  let [written, unsynced] = [Promise.resolve(), 0];
  const pieces = source.pieces(file.name, file.part, at);
  try {
    let next = pieces.next();
    for (;;) {
      const { value: piece, done } = await next;
      if (done === true) break;
      const slot = await whole.take(piece);
      const { number, bytes } = slot;
      // Is read while this one is hashed; whoever throws first, the other is not left unheard.
      next = pieces.next();
      next.catch(() => {});
      requireBlock(file, at, bytes);
      whole.update(slot);
      await written;
      const start = at;
      written = writeAll(draft, bytes, start).finally(() => whole.release(number));
      written.catch(() => {});
      at += bytes.length;
      unsynced += bytes.length;
      if (unsynced >= SYNC_BYTES) {
        await written;
        await tellWritten(at);
        unsynced = 0;
      }
      await arrived(bytes.length);
    }
  } finally {
    await pieces.return(undefined);
    // Nothing may touch the file once it is closed; what went wrong here is thrown below, or was before.
    await written.catch(() => {});
  }
  await written;
  const digest = await whole.digest();
  return at === file.size ? `sha256:${digest}` : '';
}

/** Where the first block begins that is missing or wrong in what an earlier attempt left; what comes before goes into `whole`. */
async function keepGood(draft: FileHandle, { size, blocks }: File, whole: WholeDigest): Promise<number> {
  const room = Buffer.allocUnsafe(Math.min(BLOCK_BYTES, size));
  let at = 0;
  for (const digest of blocks) {
    const block = room.subarray(0, Math.min(BLOCK_BYTES, size - at));
    const { bytesRead } = await draft.read(block, 0, block.length, at);
    if (bytesRead < block.length || blockDigest(block) !== digest) break;
    const slot = await whole.take(block);
    whole.update(slot);
    whole.release(slot.number);
    at += block.length;
  }
  return at;
}

function requireBlock({ blocks, size, part }: File, at: number, piece: Uint8Array): void {
  const number = at / BLOCK_BYTES;
  if (blockDigest(piece) === blocks[number]) return;
  const last = Math.ceil(size / BLOCK_BYTES) - 1;
  throw new BundleError(
    'WrongDigest',
    `${part}, block ${number}`,
    `is not what was signed for (blocks are numbered 0 to ${last})`,
  );
}

async function writeAll(file: FileHandle, bytes: Uint8Array, start: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    done += (await file.write(bytes, done, bytes.length - done, start + done)).bytesWritten;
  }
}
