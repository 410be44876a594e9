/**
 * What a bundle of deltas says of them: for each large part that does not travel whole, from which old content and from which frames it is made again, or that the region has it.
 * The signed snapshot names this document by its digest, so nothing is unpacked that was not signed for. Pure.
 */
import { type Static, Type } from 'typebox';
import { type Descriptor, describe, MEDIA, sha256 } from '../descriptor.ts';
import { jsonBytes, readerOf } from '../json.ts';
import {
  BLOB_BYTES_MAX,
  BLOBS_MAX,
  BLOCK_BYTES,
  DELTAS_MAX,
  FRAME_BYTES_MAX,
  WINDOW_BYTES_MAX,
} from '../limits.ts';
import { manifestBytes } from '../manifest.ts';
import { BundleError } from '../problem.ts';
import type { SnapshotSigned } from '../tuf/schema.ts';

const closed = { additionalProperties: false };
const Digest = Type.String({ pattern: '^sha256:[0-9a-f]{64}$' });

const Frame = Type.Object(
  {
    /** Bytes of the frame. They stand one after the other in the delta's blob. */
    length: Type.Integer({ minimum: 1, maximum: FRAME_BYTES_MAX }),
    sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
    /** Where the window of the old content begins that it refers to, and its length; 0 for none. */
    from: Type.Integer({ minimum: 0, maximum: BLOB_BYTES_MAX }),
    window: Type.Integer({ minimum: 0, maximum: WINDOW_BYTES_MAX }),
  },
  closed,
);
export type Frame = Static<typeof Frame>;

const Base = Type.Object(
  {
    digest: Digest,
    size: Type.Integer({ minimum: 1, maximum: BLOB_BYTES_MAX }),
    /** What it is called, for people: `files/models/1.1: model.bin`. */
    name: Type.String({ maxLength: 4_096 }),
  },
  closed,
);
export type Base = Static<typeof Base>;

const Delta = Type.Object(
  {
    /** Of the content that it is made into; its size stands in the item's manifest. */
    digest: Digest,
    /** The old content. Without one it is only compressed. */
    base: Type.Optional(Base),
    /** The blob that holds the frames, one for each block of the content. */
    data: Digest,
    frames: Type.Array(Frame, { minItems: 1, maxItems: BLOB_BYTES_MAX / BLOCK_BYTES }),
  },
  closed,
);
export type Delta = Static<typeof Delta>;

const Document = Type.Object(
  {
    format: Type.Literal('casemate-deltas-v1'),
    blockSize: Type.Literal(BLOCK_BYTES),
    /** What made the frames. The same content may have other frames by another zstd; the bundle's digest is over the content. */
    encoder: Type.Object(
      { zstd: Type.String({ maxLength: 64 }), level: Type.Integer({ minimum: 1, maximum: 22 }) },
      closed,
    ),
    /** In the order of their digests. */
    deltas: Type.Array(Delta, { maxItems: DELTAS_MAX }),
    /** Digests of what the region has as it is, in their order. */
    left: Type.Array(Digest, { maxItems: BLOBS_MAX }),
  },
  closed,
);
export type DeltasDocument = Static<typeof Document>;

/** The document as it stands in the bundle, and by what it is found quickly. */
export interface Deltas {
  readonly bytes: Buffer;
  readonly document: DeltasDocument;
  /** By the digest of the content. */
  readonly byDigest: ReadonlyMap<string, Delta>;
  readonly left: ReadonlySet<string>;
}

export const deltasOf = (document: DeltasDocument): Deltas => ({
  bytes: jsonBytes(document),
  document,
  byDigest: new Map(document.deltas.map((delta) => [delta.digest, delta])),
  left: new Set(document.left),
});

export const dataSize = ({ frames }: Delta): number => frames.reduce((sum, { length }) => sum + length, 0);

/** How the snapshot names it. */
export const deltasReference = ({ bytes }: Deltas): NonNullable<SnapshotSigned['x-casemate-deltas']> => ({
  sha256: sha256(bytes).slice('sha256:'.length),
  length: bytes.length,
});

/** The manifest that holds the deltas in the image layout: nothing in it is of its own. */
export function deltasManifest({ bytes, document }: Deltas): {
  readonly descriptor: Descriptor;
  readonly bytes: Buffer;
} {
  const manifest = manifestBytes({
    artifactType: MEDIA.deltas,
    config: describe(MEDIA.deltasDocument, bytes),
    layers: document.deltas.map((delta) => ({
      mediaType: MEDIA.delta,
      digest: delta.data,
      size: dataSize(delta),
    })),
  });
  return {
    descriptor: { ...describe(MEDIA.manifest, manifest), artifactType: MEDIA.deltas },
    bytes: manifest,
  };
}

export const DELTAS_PART = 'deltas';
const readDocument = readerOf(Document);

/** What of a bundle may travel in another form, and what may not. */
export interface Content {
  /** Sizes of layers, by digest. */
  readonly content: ReadonlyMap<string, number>;
  /** Sizes of what is said about items, and may be compressed. */
  readonly statements: ReadonlyMap<string, number>;
  /** Digests of what is read before anything could be made again. */
  readonly carried: ReadonlySet<string>;
}

/** Reads the document and holds it against what it is about. Throws BundleError that names what is wrong. */
export function parseDeltas(bytes: Buffer, { content, statements, carried }: Content): Deltas {
  const document = readDocument(bytes, DELTAS_PART);
  const deltas = deltasOf(document);
  if (!deltas.bytes.equals(bytes))
    throw new BundleError('Malformed', DELTAS_PART, 'is not in canonical form');
  requireOrdered(document.deltas.map(({ digest }) => digest));
  requireOrdered(document.left);
  for (const digest of [...deltas.byDigest.keys(), ...document.left]) {
    const part = partOf(digest);
    if (!content.has(digest) && !(statements.has(digest) && deltas.byDigest.has(digest)))
      throw new BundleError('Unexpected', part, 'is no content of this bundle');
    if (carried.has(digest))
      throw new BundleError('Malformed', part, 'says something about an item: it travels whole');
  }
  for (const delta of document.deltas) {
    if (deltas.left.has(delta.digest))
      throw new BundleError('Malformed', partOf(delta.digest), 'is left out, and has a delta');
    requireFitting(delta, content.get(delta.digest) ?? statements.get(delta.digest) ?? 0);
  }
  return deltas;
}

const partOf = (digest: string) => `${DELTAS_PART}: ${digest}`;

function requireOrdered(digests: readonly string[]): void {
  const wrong = digests.find((digest, at) => at > 0 && digest <= (digests[at - 1] ?? ''));
  if (wrong !== undefined) throw new BundleError('Malformed', partOf(wrong), 'stands twice, or out of order');
}

function requireFitting({ digest, base, frames }: Delta, size: number): void {
  const malformed = (why: string) => new BundleError('Malformed', partOf(digest), why);
  const blocks = Math.ceil(size / BLOCK_BYTES);
  if (frames.length !== blocks)
    throw malformed(`has ${frames.length} frames; its content has ${blocks} blocks`);
  if (base?.digest === digest) throw malformed('is its own base');
  for (const [number, { from, window }] of frames.entries()) {
    if (from + window > (base?.size ?? 0))
      throw malformed(`frame ${number} refers to bytes that its base does not have`);
  }
}
