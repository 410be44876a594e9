/**
 * Takes a bundle into a quarantine folder: signatures first, then file by file, each block checked on its way. What is there of an earlier attempt is read again and
 * kept as far as it is right, so that after a kill at any byte at most one block is copied again. Nothing is written that was not signed for.
 */
import { createHash, type Hash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, link, lstat, mkdir, open, rename, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolder } from '#trust/files.ts';
import { blockDigest } from '../bundle/blocks.ts';
import {
  blobsOf,
  expectedEntries,
  type Item,
  readHead,
  readItems,
  requireExactly,
} from '../bundle/contents.ts';
import { blobPath } from '../bundle/descriptor.ts';
import { BLOCK_BYTES, MIB } from '../bundle/limits.ts';
import { OCI_LAYOUT } from '../bundle/manifest.ts';
import { BundleError } from '../bundle/problem.ts';
import type { BundleSource } from '../bundle/source.ts';
import { type AgePolicy, type Trust, type Verified, verifyMetadata } from '../bundle/tuf/client.ts';

/** Left free on the disk for everything else that the region does. */
const RESERVE_BYTES = 64 * MIB;

export interface CheckOptions {
  readonly trust: Trust;
  readonly clock_ms: number;
  readonly policy: AgePolicy;
}

export interface ReceiveOptions extends CheckOptions {
  /** Where the region has that blob already; it is linked then, and takes no room. */
  readonly have: (digest: string) => string;
  /** Called after each block: bytes that are there, of how many. */
  readonly progress: (done_bytes: number, total_bytes: number) => Promise<void>;
  readonly signal: AbortSignal;
}

export interface Received extends Verified {
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

/** Everything of a bundle but the bytes of its large files. Throws BundleError. */
export async function check(source: BundleSource, options: CheckOptions) {
  const head = await readHead(source);
  const verified = verifyMetadata(head.metadata, options.trust, options.clock_ms, options.policy);
  const items = await readItems(source, verified.targets);
  requireExactly(source, head, items);
  const { entries } = expectedEntries(head.metadata, items);
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
  const received: Received = { ...verified, items, size, metadata: head.descriptor.digest };
  return { received, files, index: head.index };
}

/** Throws BundleError that names the part, NoSpaceError, or what the disk says. */
export async function receive(
  source: BundleSource,
  folder: string,
  options: ReceiveOptions,
): Promise<Received> {
  const { received, files, index } = await check(source, options);
  await mkdir(join(folder, 'blobs/sha256'), { recursive: true });
  await requireSpace(folder, files);
  let done = 0;
  const arrived = async (count: number) => {
    done += count;
    await options.progress(done, received.size);
    options.signal.throwIfAborted();
  };
  for (const file of files) {
    if (file.name === 'index.json') await writeSmall(join(folder, file.name), index);
    else if (file.name === 'oci-layout') await writeSmall(join(folder, file.name), OCI_LAYOUT);
    else {
      await takeBlob(source, folder, file, { have: options.have, arrived });
      continue;
    }
    await arrived(file.size);
  }
  for (const inner of ['blobs/sha256', 'blobs', '.']) await syncFolder(join(folder, inner));
  return received;
}

async function requireSpace(folder: string, files: readonly File[]): Promise<void> {
  let wanted = RESERVE_BYTES;
  for (const { name, size } of files) {
    const there = (await sizeOf(join(folder, name))) ?? (await sizeOf(draftOf(folder, name))) ?? 0;
    wanted += Math.max(0, size - there);
  }
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize >= wanted) return;
  const lacking = Math.ceil((wanted - bavail * bsize) / MIB);
  throw new NoSpaceError(`the disk of the region’s data lacks ${lacking} MiB for this bundle`);
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await lstat(path)).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function writeSmall(path: string, bytes: Uint8Array): Promise<void> {
  const draft = `${path}.part`;
  const file = await open(draft, 'w', 0o640);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, path);
}

const draftOf = (folder: string, name: string) => `${join(folder, name)}.part`;

interface Arrival {
  readonly have: (digest: string) => string;
  readonly arrived: (count: number) => Promise<void>;
}

async function takeBlob(
  source: BundleSource,
  folder: string,
  file: File,
  { have, arrived }: Arrival,
): Promise<void> {
  const { name, size, part } = file;
  const target = join(folder, name);
  const digest = `sha256:${name.slice('blobs/sha256/'.length)}`;
  // It got this name only once it was whole and on the disk.
  if ((await sizeOf(target)) === size || (await linked(have(digest), target))) return arrived(size);
  const draft = draftOf(folder, name);
  const out = await open(draft, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o640);
  try {
    const whole = createHash('sha256');
    let at = await keepGood(out, file, whole);
    await out.truncate(at);
    await arrived(at);
    for await (const piece of source.pieces(name, part, at)) {
      requireBlock(file, at, piece);
      whole.update(piece);
      await writeAll(out, piece, at);
      at += piece.length;
      await arrived(piece.length);
    }
    if (at !== size || `sha256:${whole.digest('hex')}` !== digest) {
      await out.truncate(0);
      throw new BundleError('WrongDigest', part, 'its bytes are not those that were signed for');
    }
    await out.sync();
  } finally {
    await out.close();
  }
  await rename(draft, target);
}

async function linked(from: string, target: string): Promise<boolean> {
  try {
    await link(from, target);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return false;
    throw error;
  }
}

/** Where the first block begins that is missing or wrong in what an earlier attempt left; what comes before goes into `whole`. */
async function keepGood(file: FileHandle, { size, blocks }: File, whole: Hash): Promise<number> {
  const room = Buffer.allocUnsafe(Math.min(BLOCK_BYTES, size));
  let at = 0;
  for (const digest of blocks) {
    const block = room.subarray(0, Math.min(BLOCK_BYTES, size - at));
    const { bytesRead } = await file.read(block, 0, block.length, at);
    if (bytesRead < block.length || blockDigest(block) !== digest) break;
    whole.update(block);
    at += block.length;
  }
  return at;
}

function requireBlock({ blocks, size, part }: File, at: number, piece: Uint8Array): void {
  if (blocks.length === 0) return;
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
