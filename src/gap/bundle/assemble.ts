/** Puts a bundle together: its signed list, the manifest that holds the metadata, the index, and the files in the order of a tar file. Pure. */
import { type Blob, blobOfBytes } from './blob.ts';
import type { BuiltItem } from './build.ts';
import { type Deltas, deltasManifest, deltasReference } from './delta/document.ts';
import { type Descriptor, describe, hexOf, MEDIA, REF_NAME, TITLE } from './descriptor.ts';
import { EMPTY_DESCRIPTOR, EMPTY_JSON, indexBytes, manifestBytes, OCI_LAYOUT } from './manifest.ts';
import { blobFile, type OutputFile } from './output.ts';
import type { Recipe } from './recipe.ts';
import type { BundleMetadata } from './tuf/client.ts';
import { type Delegation, delegate, delegatedRoles } from './tuf/delegations.ts';
import { metadataBytes, type Signable, signable, signedDigest } from './tuf/metadata.ts';
import type { RootSigned, SnapshotSigned, TargetsSigned, TimestampSigned } from './tuf/schema.ts';

const SPEC_VERSION = '1.0.34';
export const METADATA_REF = 'casemate/metadata';

export interface UnsignedOptions {
  readonly deltas?: Deltas | undefined;
  readonly delegations?: readonly Delegation[];
}

/** The lists, without signatures. Each names the next by the digest of its signed part, which signing does not change. */
export function unsignedMetadata(
  recipe: Omit<Recipe, 'items'>,
  roots: readonly Signable<RootSigned>[],
  items: readonly BuiltItem[],
  { deltas, delegations = [] }: UnsignedOptions = {},
): BundleMetadata {
  const common = {
    spec_version: SPEC_VERSION,
    version: recipe.version,
    expires: recipe.expires,
    'x-casemate-bundle': { name: recipe.name, created: recipe.created },
  };
  const { targets, delegated } = delegate(
    {
      _type: 'targets',
      ...common,
      targets: Object.fromEntries(items.map((item) => [item.path, targetOf(item)])),
    },
    delegations,
  );
  const meta = (list: Signable<unknown>) => ({
    version: recipe.version,
    'x-casemate-signed-sha256': signedDigest(list),
  });
  const snapshot = signable<SnapshotSigned>({
    _type: 'snapshot',
    ...common,
    meta: {
      ...Object.fromEntries(
        delegatedRoles(targets.signed, delegated).map(({ role, file }) => [`${role.name}.json`, meta(file)]),
      ),
      'targets.json': meta(targets),
    },
    ...(deltas === undefined ? {} : { 'x-casemate-deltas': deltasReference(deltas) }),
  });
  const timestamp = signable<TimestampSigned>({
    _type: 'timestamp',
    ...common,
    meta: { 'snapshot.json': meta(snapshot) },
  });
  return { roots, targets, delegated, snapshot, timestamp };
}

function targetOf({ manifest, companion, blobs }: BuiltItem): TargetsSigned['targets'][string] {
  const distinct = new Map([manifest, companion, ...blobs].map((blob) => [blob.digest, blob.size]));
  return {
    length: manifest.size,
    hashes: { sha256: hexOf(manifest.digest) },
    custom: {
      companion: { sha256: hexOf(companion.digest), length: companion.size },
      size: [...distinct.values()].reduce((sum, size) => sum + size, 0),
    },
  };
}

/** The metadata files under the names that any TUF client asks for (consistent snapshots), in the order of the manifest's layers. */
export function metadataFiles({
  roots,
  targets,
  delegated,
  snapshot,
  timestamp,
}: BundleMetadata): [string, Buffer][] {
  return [
    ...roots.map((root): [string, Buffer] => [`${root.signed.version}.root.json`, metadataBytes(root)]),
    ['timestamp.json', metadataBytes(timestamp)],
    [`${snapshot.signed.version}.snapshot.json`, metadataBytes(snapshot)],
    [`${targets.signed.version}.targets.json`, metadataBytes(targets)],
    ...delegatedRoles(targets.signed, delegated).map(({ role, file }): [string, Buffer] => [
      `${file.signed.version}.${role.name}.json`,
      metadataBytes(file),
    ]),
  ];
}

export interface MetadataBlobs {
  readonly descriptor: Descriptor;
  /** The manifest, then its config and layers. */
  readonly blobs: readonly Blob[];
}

export function metadataBlobs(metadata: BundleMetadata): MetadataBlobs {
  const files = metadataFiles(metadata);
  const manifest = manifestBytes({
    artifactType: MEDIA.metadata,
    config: EMPTY_DESCRIPTOR,
    layers: files.map(([name, bytes]) => describe(MEDIA.tuf, bytes, { [TITLE]: name })),
  });
  return {
    descriptor: {
      ...describe(MEDIA.manifest, manifest, { [REF_NAME]: METADATA_REF }),
      artifactType: MEDIA.metadata,
    },
    blobs: [manifest, EMPTY_JSON, ...files.map(([, bytes]) => bytes)].map(blobOfBytes),
  };
}

export interface IndexedItem {
  readonly path: string;
  readonly artifactType: string | undefined;
  /** Of its manifest: a list's, for an image of several architectures. */
  readonly mediaType: string;
  readonly manifest: Pick<Descriptor, 'digest' | 'size'>;
  readonly companion: Pick<Descriptor, 'digest' | 'size'>;
}

/** `files/models/1.2` as a tool such as skopeo names it: `files/models:1.2`. */
export const refNameOf = (path: string): string => path.replace(/\/([^/]*)$/, ':$1');

/** What the index has to be: nothing in it is of its own. */
export function indexOf(metadata: Descriptor, items: readonly IndexedItem[], deltas?: Deltas): Buffer {
  return indexBytes([
    metadata,
    ...(deltas === undefined ? [] : [deltasManifest(deltas).descriptor]),
    ...items.flatMap(({ path, artifactType, mediaType, manifest, companion }) => [
      {
        mediaType,
        digest: manifest.digest,
        size: manifest.size,
        ...(artifactType === undefined ? {} : { artifactType }),
        annotations: { [REF_NAME]: refNameOf(path) },
      },
      {
        mediaType: MEDIA.manifest,
        digest: companion.digest,
        size: companion.size,
        artifactType: MEDIA.companion,
      },
    ]),
  ]);
}

/** What travels in place of content: blobs by the digest of the content that they are made into. */
export interface CarriedDeltas {
  readonly deltas: Deltas;
  readonly data: ReadonlyMap<string, Blob>;
}

/** Every file once, in the order in which a reader needs them: signatures first, then the small parts of each item before its large ones. */
export function layoutFiles(
  metadata: BundleMetadata,
  items: readonly BuiltItem[],
  carried?: CarriedDeltas,
): OutputFile[] {
  const { descriptor, blobs } = metadataBlobs(metadata);
  const all = [
    ...blobs,
    ...(carried === undefined ? [] : deltasBlobs(carried.deltas)),
    ...items
      .flatMap((item) => [item.manifest, item.companion, ...item.blobs])
      .flatMap((blob) => {
        if (carried?.deltas.left.has(blob.digest)) return [];
        return carried?.data.get(blob.digest) ?? blob;
      }),
  ];
  return [
    ...layoutHead(indexOf(descriptor, items, carried?.deltas)),
    ...new Map(all.map((blob) => [blob.digest, blobFile(blob)])).values(),
  ];
}

export const deltasBlobs = (deltas: Deltas): Blob[] =>
  [deltas.bytes, deltasManifest(deltas).bytes].map(blobOfBytes);

export const layoutHead = (index: Buffer): OutputFile[] => [
  { name: 'oci-layout', blob: blobOfBytes(OCI_LAYOUT) },
  { name: 'index.json', blob: blobOfBytes(index) },
];
