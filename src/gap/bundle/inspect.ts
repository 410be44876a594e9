/** What a bundle says of itself, without any trust in it, and how two bundles differ. */
import { blobsOf, type Item, readDeltas, readHead, readItems } from './contents.ts';
import { type Deltas, dataSize } from './delta/document.ts';
import { type Need, needsOf } from './delta/needs.ts';
import { type DeltaSummary, summaryOfDeltas } from './delta/summary.ts';
import { TITLE } from './descriptor.ts';
import { type SignedRole, signedRoles } from './sign.ts';
import { openBundle } from './source.ts';
import { allTargets } from './tuf/delegations.ts';
import { signedDigest } from './tuf/metadata.ts';

export interface Inspected {
  readonly name: string;
  readonly version: number;
  readonly created: string;
  readonly expires: string;
  /** Hexadecimal. */
  readonly digest: string;
  readonly rootVersion: number;
  /** By the bundle's own word: whoever made it may have made the root as well. */
  readonly roles: readonly SignedRole[];
  readonly items: readonly InspectedItem[];
  /** Where not all of it travels whole. */
  readonly deltas?: InspectedDeltas;
}

export interface InspectedDeltas extends DeltaSummary {
  /** Old content that it builds on. */
  readonly needs: readonly Need[];
  /** Bytes of each delta, by the digest of the content that it is made into. */
  readonly sizes: ReadonlyMap<string, number>;
  /** Digests of what is left out. */
  readonly absent: ReadonlySet<string>;
}

export interface InspectedItem {
  readonly path: string;
  readonly digest: string;
  readonly size: number;
  readonly layers: readonly {
    readonly name: string;
    readonly mediaType: string;
    readonly digest: string;
    readonly size: number;
  }[];
  /** Media types of what is said about it. */
  readonly statements: readonly string[];
  /** All its blobs, by digest. */
  readonly blobs: ReadonlyMap<string, number>;
}

/** Reads the small parts of a bundle. Throws BundleError for what cannot be read; verifies nothing. */
export async function inspectBundle(path: string): Promise<Inspected> {
  const source = await openBundle(path);
  try {
    const { metadata } = await readHead(source);
    const { signed } = metadata.targets;
    const items = await readItems(source, allTargets(metadata.targets, metadata.delegated));
    const deltas = await readDeltas(source, metadata, items);
    return {
      name: signed['x-casemate-bundle'].name,
      version: signed.version,
      created: signed['x-casemate-bundle'].created,
      expires: signed.expires,
      digest: signedDigest(metadata.targets),
      rootVersion: metadata.roots.length,
      roles: signedRoles(metadata),
      items: items.map(inspectItem),
      ...(deltas === undefined ? {} : { deltas: await inspectDeltas(deltas, items) }),
    };
  } finally {
    await source.close();
  }
}

async function inspectDeltas(deltas: Deltas, items: readonly Item[]): Promise<InspectedDeltas> {
  const contents = items.flatMap(blobsOf).map(({ descriptor }) => descriptor);
  return {
    ...summaryOfDeltas(deltas, new Map(contents.map(({ digest, size }) => [digest, size]))),
    needs: await needsOf(deltas, items),
    sizes: new Map(deltas.document.deltas.map((delta) => [delta.digest, dataSize(delta)])),
    absent: deltas.left,
  };
}

function inspectItem(item: Item): InspectedItem {
  const blobs = new Map([item.manifest, item.companion].map(({ digest, size }) => [digest, size]));
  for (const { descriptor } of blobsOf(item)) blobs.set(descriptor.digest, descriptor.size);
  return {
    path: item.path,
    digest: item.manifest.digest,
    size: [...blobs.values()].reduce((sum, size) => sum + size, 0),
    layers: item.layers.map(({ descriptor: { annotations, mediaType, digest, size } }) => ({
      name: annotations?.[TITLE] ?? digest,
      mediaType,
      digest,
      size,
    })),
    statements: item.statements.slice(1).map(({ mediaType }) => mediaType),
    blobs,
  };
}

export interface Difference {
  readonly same: boolean;
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
  /** Bytes of blobs that only the second has: what a delta could save nothing of. */
  readonly newBytes: number;
  readonly sharedBytes: number;
  /** Bytes of content that the second carries as deltas, or leaves out; undefined when it carries all of it whole. */
  readonly deltas?: Pick<DeltaSummary, 'bytes' | 'left_bytes'>;
}

/** What `after` has that `before` has not, and the other way round. Pure. */
export function differenceOf(before: Inspected, after: Inspected): Difference {
  const old = new Map(before.items.map((item) => [item.path, item.digest]));
  const now = new Map(after.items.map((item) => [item.path, item.digest]));
  const oldBlobs = new Set(before.items.flatMap(({ blobs }) => [...blobs.keys()]));
  const nowBlobs = new Map(after.items.flatMap(({ blobs }) => [...blobs]));
  const bytes = (isShared: boolean) =>
    [...nowBlobs].reduce((sum, [digest, size]) => (oldBlobs.has(digest) === isShared ? sum + size : sum), 0);
  return {
    same: before.digest === after.digest,
    added: [...now.keys()].filter((path) => !old.has(path)),
    removed: [...old.keys()].filter((path) => !now.has(path)),
    changed: [...now]
      .filter(([path, digest]) => old.has(path) && old.get(path) !== digest)
      .map(([path]) => path),
    newBytes: bytes(false),
    sharedBytes: bytes(true),
    ...(after.deltas === undefined
      ? {}
      : { deltas: { bytes: after.deltas.bytes, left_bytes: after.deltas.left_bytes } }),
  };
}
