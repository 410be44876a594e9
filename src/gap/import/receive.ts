/**
 * Takes a bundle into a quarantine folder: signatures first, then file by file, each block checked on its way. What is there of an earlier attempt is read again and
 * kept as far as it is right, so that after a kill at any byte, or a power cut, at most one block is copied again. Nothing is written that was not signed for. Runs in the
 * receiver's process.
 */
import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
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
import { blobPath } from '../bundle/descriptor.ts';
import { MIB } from '../bundle/limits.ts';
import { OCI_LAYOUT } from '../bundle/manifest.ts';
import type { BundleSource } from '../bundle/source.ts';
import { type AgePolicy, type Trust, type Verified, verifyMetadata } from '../bundle/tuf/client.ts';
import type { Signable } from '../bundle/tuf/metadata.ts';
import type { RootSigned } from '../bundle/tuf/schema.ts';
import { type Area, draftOf, sizeOf } from './area.ts';
import { Copier, type File } from './copy.ts';
import { InFlight } from './in-flight.ts';

/** Left free on the disk for everything else that the region does. */
export const RESERVE_BYTES = 64 * MIB;
/** So much of an upload is on the disk here before its room there is given back. */
const GIVE_BACK_BYTES = 64 * MIB;
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
  const { area } = options;
  const copier = new Copier(source, folder);
  const small = new InFlight();
  const own = new Map([
    ['index.json', index],
    ['oci-layout', OCI_LAYOUT],
  ]);
  try {
    for (const file of files) {
      if (await area.take(file.name, file.size)) {
        await arrived(file.size);
      } else if (file.blocks.length === 0) {
        await small.start(file.size, async () => {
          const bytes = own.get(file.name);
          await (bytes === undefined ? copier.copySmall(file) : copier.write(file.name, bytes));
          await area.done(file.name);
          await arrived(file.size);
        });
      } else {
        await small.end();
        await takeLarge(file, { copier, area, arrived, place: source.placeOf?.(file.name) });
      }
    }
    await small.end();
  } finally {
    await small.settled();
    await copier.close();
  }
  return received;
}

interface Taking {
  readonly copier: Copier;
  readonly area: Area;
  readonly arrived: (count: number) => Promise<void>;
  /** Where it begins in the one file that the bundle is. */
  readonly place: number | undefined;
}

async function takeLarge(file: File, { copier, area, arrived, place }: Taking): Promise<void> {
  const upTo = (end: number) => (place === undefined ? undefined : { from: place, to: place + end });
  let told = 0;
  await copier.copyBlocks(file, async (count, end) => {
    if (end - told >= GIVE_BACK_BYTES) {
      await area.written(file.name, upTo(end));
      told = end;
    }
    await arrived(count);
  });
  await area.done(file.name, upTo(file.size));
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
