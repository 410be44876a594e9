/** Makes the deltas of a bundle that was built: what the region has is left out, what is like something that it has becomes a delta, and the rest travels whole. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { CarriedDeltas } from '../assemble.ts';
import type { Blob } from '../blob.ts';
import type { BuiltItem } from '../build.ts';
import { mayBeCompressed } from '../contents.ts';
import { hexOf, TITLE } from '../descriptor.ts';
import { BLOCK_BYTES, DELTAS_MAX } from '../limits.ts';
import { readManifest, readManifestOrList } from '../manifest.ts';
import { type Candidate, candidatesFor, type Had } from './against.ts';
import type { Bases } from './bases.ts';
import { encoder } from './codec.ts';
import { type Delta, deltasOf } from './document.ts';
import { encodeDelta } from './encode.ts';

/** Below this nothing is gained. */
const LEAST_BYTES = 4_096;

export interface DeltaOptions {
  readonly had: Had;
  /** Where old content is read from: bundles that were built before. */
  readonly bases: Bases;
}

interface MakeOptions extends DeltaOptions {
  /** An existing folder; what is made there must stay until the bundle is written. */
  readonly scratch: string;
  readonly report: (line: string) => void;
}

/** The same items, old content and zstd give the same bytes. */
export async function makeDeltas(
  items: readonly BuiltItem[],
  { had, bases, scratch, report }: MakeOptions,
): Promise<CarriedDeltas & { readonly notAtHand: readonly Candidate[] }> {
  const made = new Map<string, Delta>();
  const left = new Set<string>();
  const data = new Map<string, Blob>();
  const notAtHand: Candidate[] = [];
  for (const { path, blob, candidates, isContent } of partsOf(items, had)) {
    if (isContent && had.digests.has(blob.digest)) {
      left.add(blob.digest);
      continue;
    }
    if (blob.size < LEAST_BYTES || made.size >= DELTAS_MAX) continue;
    report(`${path}: delta of ${blob.size} bytes`);
    const base = await firstAtHand(candidates, bases);
    if (base === undefined) notAtHand.push(...candidates.slice(0, 1));
    const file = join(scratch, `delta-${hexOf(blob.digest)}`);
    const encoded = await encodeWith(base, bases, blob, file);
    if (encoded === undefined) {
      await rm(file, { force: true });
      continue;
    }
    made.set(blob.digest, {
      digest: blob.digest,
      ...(base === undefined ? {} : { base }),
      data: encoded.data.digest,
      frames: [...encoded.frames],
    });
    data.set(blob.digest, encoded.data);
  }
  const deltas = [...made.values()].sort((a, b) => (a.digest < b.digest ? -1 : 1));
  return {
    deltas: deltasOf({
      format: 'casemate-deltas-v1',
      blockSize: BLOCK_BYTES,
      encoder,
      deltas,
      left: [...left].sort(),
    }),
    data,
    notAtHand,
  };
}

interface Part {
  readonly path: string;
  readonly blob: Blob;
  readonly candidates: readonly Candidate[];
  /** Else it is said about content. */
  readonly isContent: boolean;
}

/** Each piece of content once, and what is said about it, but for what is read before anything could be made again. */
function partsOf(items: readonly BuiltItem[], had: Had): readonly Part[] {
  const carried = new Set<string>();
  const parts = new Map<string, Part>();
  for (const { path, manifest, companion, blobs } of items) {
    const byDigest = new Map(blobs.map((blob) => [blob.digest, blob]));
    const { small, layers } = contentsOf(manifest, byDigest, path);
    const said = readManifest(bytesOf(companion), path);
    const add = (digest: string, candidates: readonly Candidate[], isContent: boolean) => {
      const blob = byDigest.get(digest);
      if (blob !== undefined && !parts.has(digest)) parts.set(digest, { path, blob, candidates, isContent });
    };
    for (const { digest } of [manifest, companion]) carried.add(digest);
    for (const [place, { digest, size, annotations }] of layers.entries()) {
      add(digest, candidatesFor(had, path, { title: annotations?.[TITLE], size }, place), true);
    }
    for (const descriptor of [...small, said.config, ...said.layers]) {
      if (mayBeCompressed(descriptor)) add(descriptor.digest, [], false);
      else carried.add(descriptor.digest);
    }
  }
  return [...parts.values()].filter(({ blob }) => !carried.has(blob.digest));
}

/** As `readItems` tells it. */
function contentsOf(manifest: Blob, blobs: ReadonlyMap<string, Blob>, path: string) {
  const read = readManifestOrList(bytesOf(manifest), path);
  if ('manifest' in read) return { small: [read.manifest.config], layers: read.manifest.layers };
  const { manifests } = read.list;
  const images = manifests.map(({ digest }) => readManifest(bytesOf(blobs.get(digest) ?? manifest), path));
  const layers = images.flatMap((image) => image.layers);
  return {
    small: [...manifests, ...images.map(({ config }) => config)],
    layers: [...new Map(layers.map((layer) => [layer.digest, layer])).values()],
  };
}

/** Manifests, and what we write ourselves, are in memory. */
const bytesOf = ({ content }: Blob): Uint8Array => (typeof content === 'string' ? new Uint8Array() : content);

async function firstAtHand(candidates: readonly Candidate[], bases: Bases): Promise<Candidate | undefined> {
  for (const candidate of candidates) {
    if (await bases.has(candidate.digest, candidate.size)) return candidate;
  }
  return undefined;
}

async function encodeWith(base: Candidate | undefined, bases: Bases, blob: Blob, file: string) {
  const old = base && (await bases.open(base.digest, base.size));
  try {
    return await encodeDelta(blob, base && old && { ...old, size: base.size }, file);
  } finally {
    await old?.close();
  }
}
