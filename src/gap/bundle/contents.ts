/**
 * Reads the small parts of a bundle: the index, the metadata and, once the list of contents is trusted, the manifests of the items. Everything is
 * bounded before it is read and checked against the digest that names it.
 */
import { deltasBlobs, type IndexedItem, indexOf, METADATA_REF, metadataBlobs } from './assemble.ts';
import { needsBlocks, readBlocks } from './blocks.ts';
import { artifactTypeOf } from './content/content-type.ts';
import { DELTAS_PART, type Deltas, dataSize, deltasManifest, parseDeltas } from './delta/document.ts';
import { BLOCKS_OF, blobPath, type Descriptor, MEDIA, REF_NAME, sha256, TITLE } from './descriptor.ts';
import {
  BLOB_BYTES_MAX,
  BLOCKS_BYTES_MAX,
  CONFIG_BYTES_MAX,
  DELEGATIONS_MAX,
  DELTAS_BYTES_MAX,
  INDEX_BYTES_MAX,
  LAYERS_MAX,
  MANIFEST_BYTES_MAX,
  MIB,
  ROOT_BYTES_MAX,
  ROOTS_MAX,
  SNAPSHOT_BYTES_MAX,
  STATEMENT_BYTES_MAX,
  TARGETS_BYTES_MAX,
  TIMESTAMP_BYTES_MAX,
} from './limits.ts';
import {
  EMPTY_DESCRIPTOR,
  type ListedImage,
  type Manifest,
  OCI_LAYOUT,
  readIndex,
  readManifest,
  readManifestOrList,
} from './manifest.ts';
import { BundleError } from './problem.ts';
import type { BundleSource } from './source.ts';
import type { BundleMetadata } from './tuf/client.ts';
import { delegatedRoles } from './tuf/delegations.ts';
import { readRoot, readSnapshot, readTargets, readTimestamp } from './tuf/metadata.ts';
import type { TargetsSigned } from './tuf/schema.ts';

export interface Head {
  /** As it stands in the bundle; what it has to be is only known once the items are. */
  readonly index: Buffer;
  readonly descriptor: Descriptor;
  readonly manifest: Manifest;
  readonly metadata: BundleMetadata;
}

/** A layer of an item, with its blocks when it has more than one. */
export interface Content {
  readonly descriptor: Descriptor;
  readonly blocks: readonly string[];
}

export interface Item extends IndexedItem {
  /** Its configuration; of an image of several architectures the manifest of each, then the configurations. */
  readonly small: readonly Descriptor[];
  readonly layers: readonly Content[];
  /** SBOM, provenance, VEX, blocks. */
  readonly statements: readonly Descriptor[];
}

/** Reads a blob that has to be small, and checks it. */
export async function readBlob(
  source: BundleSource,
  { digest, size }: Pick<Descriptor, 'digest' | 'size'>,
  bytes_max: number,
  part: string,
): Promise<Buffer> {
  if (size > bytes_max)
    throw new BundleError('TooLarge', part, `has ${size} bytes; the most is ${bytes_max / MIB} MiB`);
  const bytes = await source.read(blobPath(digest), size, part);
  if (bytes.length !== size)
    throw new BundleError('WrongDigest', part, `has ${bytes.length} bytes, not ${size}`);
  if (sha256(bytes) !== digest) throw new BundleError('WrongDigest', part, `is not what ${digest} names`);
  return bytes;
}

/** Reads what comes first in a bundle. No signature is checked. Throws BundleError. */
export async function readHead(source: BundleSource): Promise<Head> {
  const layout = await source.read('oci-layout', OCI_LAYOUT.length, 'oci-layout');
  if (!layout.equals(OCI_LAYOUT)) throw new BundleError('Malformed', 'oci-layout', `should be ${OCI_LAYOUT}`);
  const index = await source.read('index.json', INDEX_BYTES_MAX, 'index.json');
  const [descriptor] = readIndex(index, 'index.json').manifests;
  if (descriptor?.artifactType !== MEDIA.metadata || descriptor.annotations?.[REF_NAME] !== METADATA_REF) {
    throw new BundleError('Malformed', 'index.json', 'its first manifest should be the one of the metadata');
  }
  const manifest = readManifest(
    await readBlob(source, descriptor, MANIFEST_BYTES_MAX, 'metadata'),
    'metadata',
  );
  return { index, descriptor, manifest, metadata: await readMetadata(source, manifest) };
}

async function readMetadata(source: BundleSource, { layers, config }: Manifest): Promise<BundleMetadata> {
  await readBlob(source, config, EMPTY_DESCRIPTOR.size, 'metadata config');
  const read = <T>(
    at: number,
    name: RegExp,
    bytes_max: number,
    reader: (bytes: Uint8Array, part: string) => T,
  ): Promise<T> => {
    const layer = layers.at(at);
    const title = layer?.annotations?.[TITLE] ?? '';
    if (layer === undefined || !name.test(title)) {
      throw new BundleError(
        'Malformed',
        'metadata',
        `has ${JSON.stringify(title)} where ${name.source} is expected`,
      );
    }
    const part = title.replace(
      /^(?:([0-9]+)\.root|(?:[0-9]+\.)?([a-z][a-z0-9-]*))\.json$/,
      (_, version, role) => (version === undefined ? role : `root ${version}`),
    );
    return readBlob(source, layer, bytes_max, part).then((bytes) => reader(bytes, part));
  };
  const count = layers.findIndex(({ annotations }) => annotations?.[TITLE] === 'timestamp.json');
  if (count < 1 || count > ROOTS_MAX || layers.length > count + 3 + DELEGATIONS_MAX) {
    throw new BundleError(
      'Malformed',
      'metadata',
      `has ${layers.length} files; a root at least, at most ${ROOTS_MAX}, then three more, and those of ${DELEGATIONS_MAX} delegations at most are expected`,
    );
  }
  const roots = [];
  for (let at = 0; at < count; at++) {
    roots.push(await read(at, new RegExp(`^${at + 1}\\.root\\.json$`), ROOT_BYTES_MAX, readRoot));
  }
  const timestamp = await read(count, /^timestamp\.json$/, TIMESTAMP_BYTES_MAX, readTimestamp);
  const snapshot = await read(count + 1, /^[0-9]+\.snapshot\.json$/, SNAPSHOT_BYTES_MAX, readSnapshot);
  const targets = await read(count + 2, /^[0-9]+\.targets\.json$/, TARGETS_BYTES_MAX, readTargets);
  const delegated = [];
  for (let at = count + 3; at < layers.length; at++) {
    delegated.push(await read(at, /^[0-9]+\.[a-z][a-z0-9-]{0,31}\.json$/, TARGETS_BYTES_MAX, readTargets));
  }
  // Each name and number is what the lists lead to, or the manifest is another than theirs.
  delegatedRoles(targets.signed, delegated);
  return { roots, timestamp, snapshot, targets, delegated };
}

/** Reads the manifests of everything in the list, in its order. The list must be trusted, or the answer is not either. */
export async function readItems(source: BundleSource, targets: TargetsSigned['targets']): Promise<Item[]> {
  const paths = Object.keys(targets).sort();
  const items: Item[] = [];
  for (const path of paths) {
    const target = targets[path];
    if (target !== undefined) items.push(await readItem(source, path, target));
  }
  return items;
}

async function readItem(
  source: BundleSource,
  path: string,
  target: TargetsSigned['targets'][string],
): Promise<Item> {
  const manifest = { digest: `sha256:${target.hashes.sha256}`, size: target.length };
  const { mediaType, artifactType, small, layers } = await readContents(source, path, manifest);
  const expected = artifactTypeOf(path.slice(0, path.indexOf('/')));
  // An image of others is as they made it.
  if (artifactType !== expected && !path.startsWith(FOREIGN)) {
    throw new BundleError('Malformed', path, `artifactType is ${artifactType}; should be ${expected}`);
  }
  const { companion } = target.custom;
  const companionDescriptor = { digest: `sha256:${companion.sha256}`, size: companion.length };
  const about = `${path}: companion`;
  const said = readManifest(await readBlob(source, companionDescriptor, MANIFEST_BYTES_MAX, about), about);
  if (said.artifactType !== MEDIA.companion || said.subject?.digest !== manifest.digest) {
    throw new BundleError('Malformed', about, 'is not about this item');
  }
  const blocks = await readAllBlocks(source, path, said.layers);
  return {
    path,
    artifactType,
    mediaType,
    manifest,
    companion: companionDescriptor,
    small,
    statements: [said.config, ...said.layers],
    layers: layers.map((descriptor) => {
      const list = blocks.get(descriptor.digest);
      if (needsBlocks(descriptor.size) && list?.size !== descriptor.size) {
        throw new BundleError(
          'Missing',
          `${path}: blob ${descriptor.digest}`,
          'the digests of its blocks are not in the bundle',
        );
      }
      return { descriptor, blocks: list?.sha256UpTo ?? [] };
    }),
  };
}

const FOREIGN = 'oci-image/';

/** What the manifest of an item leads to, or the manifests of a list: each layer once. */
async function readContents(
  source: BundleSource,
  path: string,
  manifest: Pick<Descriptor, 'digest' | 'size'>,
): Promise<Pick<Item, 'mediaType' | 'artifactType' | 'small'> & { readonly layers: readonly Descriptor[] }> {
  const read = readManifestOrList(await readBlob(source, manifest, MANIFEST_BYTES_MAX, path), path);
  if ('manifest' in read) {
    const { artifactType, config, layers } = read.manifest;
    return { mediaType: MEDIA.manifest, artifactType, small: [config], layers };
  }
  if (!path.startsWith(FOREIGN))
    throw new BundleError('Malformed', path, 'is a list of images; it should be a manifest');
  const configs: Descriptor[] = [];
  const layers = new Map<string, Descriptor>();
  const { artifactType, manifests } = read.list;
  for (const image of manifests) {
    const part = imagePart(path, image);
    const own = readManifest(await readBlob(source, image, MANIFEST_BYTES_MAX, part), part);
    configs.push(own.config);
    for (const layer of own.layers) if (!layers.has(layer.digest)) layers.set(layer.digest, layer);
    if (layers.size > LAYERS_MAX)
      throw new BundleError('TooLarge', path, `has more than ${LAYERS_MAX} layers in all its images`);
  }
  const small = [...manifests.map(({ platform: _, ...descriptor }) => descriptor), ...configs];
  return { mediaType: MEDIA.index, artifactType, small, layers: [...layers.values()] };
}

/** How one image of a list is called: `oci-image/web/1.0 (linux/arm64)`. */
export function imagePart(path: string, { platform, digest }: ListedImage): string {
  const { os, architecture, variant } = platform ?? {};
  const name = [os, architecture, variant].filter((one) => one !== undefined).join('/');
  return `${path} (${name === '' || name === 'unknown/unknown' ? digest : name})`;
}

async function readAllBlocks(source: BundleSource, path: string, layers: readonly Descriptor[]) {
  const blocks = new Map<string, ReturnType<typeof readBlocks>>();
  for (const layer of layers.filter(({ mediaType }) => mediaType === MEDIA.blocks)) {
    const of = layer.annotations?.[BLOCKS_OF] ?? '';
    const part = `${path}: blocks of ${of}`;
    blocks.set(of, readBlocks(await readBlob(source, layer, BLOCKS_BYTES_MAX, part), part));
  }
  return blocks;
}

/** What may travel in another form, and what may not: whatever is read before content could be made again. */
function contentOf(items: readonly Item[]) {
  const layers = items.flatMap((item) => item.layers.map(({ descriptor }) => descriptor));
  const small = items.flatMap((item) => [...item.small, ...item.statements]).filter(mayBeCompressed);
  const others = items.flatMap(({ manifest, companion, small: own, statements }) => [
    manifest,
    companion,
    ...[...own, ...statements].filter((one) => !mayBeCompressed(one)),
  ]);
  const sizes = (blobs: readonly Descriptor[]) => new Map(blobs.map(({ digest, size }) => [digest, size]));
  return {
    content: sizes(layers),
    statements: sizes(small),
    carried: new Set(others.map(({ digest }) => digest)),
  };
}

/** Of what is not content: of one block, since it has no list of blocks, and not what is read to know what there is and how the rest travels. */
export const mayBeCompressed = ({ mediaType, size }: Pick<Descriptor, 'mediaType' | 'size'>): boolean =>
  mediaType !== MEDIA.blocks &&
  mediaType !== MEDIA.empty &&
  mediaType !== MEDIA.manifest &&
  !needsBlocks(size);

/** Reads how parts of the content travel; undefined where all of it travels whole. The snapshot must be trusted, or the answer is not either. */
export async function readDeltas(
  source: BundleSource,
  { snapshot }: Pick<BundleMetadata, 'snapshot'>,
  items: readonly Item[],
): Promise<Deltas | undefined> {
  const named = snapshot.signed['x-casemate-deltas'];
  if (named === undefined) return undefined;
  const document = { digest: `sha256:${named.sha256}`, size: named.length };
  const deltas = parseDeltas(
    await readBlob(source, document, DELTAS_BYTES_MAX, DELTAS_PART),
    contentOf(items),
  );
  // What it has to be follows; that the bundle has it so is all there is to see.
  await readBlob(source, deltasManifest(deltas).descriptor, MANIFEST_BYTES_MAX, `${DELTAS_PART}: manifest`);
  return deltas;
}

/** All blobs of an item after its two manifests, in the order of a tar file. */
export const blobsOf = (item: Item): Content[] => [
  ...[...item.statements, ...item.small].map((descriptor) => ({ descriptor, blocks: [] })),
  ...item.layers,
];

const MOST: readonly (readonly [mediaType: string, bytes_max: number])[] = [
  [MEDIA.sbom, STATEMENT_BYTES_MAX],
  [MEDIA.provenance, STATEMENT_BYTES_MAX],
  [MEDIA.vex, STATEMENT_BYTES_MAX],
  [MEDIA.blocks, BLOCKS_BYTES_MAX],
];

interface Expected {
  readonly size: number;
  /** What is wrong when it is not there. */
  readonly part: string;
}

/**
 * The files that a bundle has to be made of, in the order of a tar file: as it travels, or `whole`, once all content was made again from its deltas. Throws BundleError for
 * what is too large.
 */
export function expectedEntries(
  metadata: BundleMetadata,
  items: readonly Item[],
  deltas?: Deltas,
  form: 'carried' | 'whole' = 'carried',
): { readonly index: Buffer; readonly entries: ReadonlyMap<string, Expected> } {
  const { descriptor, blobs } = metadataBlobs(metadata);
  const index = indexOf(descriptor, items, deltas);
  const entries = new Map<string, Expected>([
    ['oci-layout', { size: OCI_LAYOUT.length, part: 'oci-layout' }],
    ['index.json', { size: index.length, part: 'index.json' }],
  ]);
  const expect = ({ digest, size }: Pick<Descriptor, 'digest' | 'size'>, part: string) => {
    const path = blobPath(digest);
    if (!entries.has(path)) entries.set(path, { size, part });
  };
  const expectContent = (content: Descriptor, part: string) => {
    const delta = form === 'carried' ? deltas?.byDigest.get(content.digest) : undefined;
    if (delta !== undefined) expect({ digest: delta.data, size: dataSize(delta) }, `${part}: delta`);
    else if (form === 'whole' || !deltas?.left.has(content.digest)) expect(content, part);
  };
  for (const blob of blobs) expect(blob, 'metadata');
  for (const blob of deltas === undefined ? [] : deltasBlobs(deltas)) expect(blob, DELTAS_PART);
  for (const item of items) {
    expect(item.manifest, item.path);
    expect(item.companion, `${item.path}: companion`);
    for (const { descriptor } of blobsOf(item)) {
      const most = MOST.find(([mediaType]) => mediaType === descriptor.mediaType)?.[1];
      const part = `${item.path}: blob ${descriptor.digest}`;
      const bytes_max = item.small.includes(descriptor) ? CONFIG_BYTES_MAX : (most ?? BLOB_BYTES_MAX);
      if (descriptor.size > bytes_max) {
        throw new BundleError('TooLarge', part, `has ${descriptor.size} bytes; the most is ${bytes_max}`);
      }
      expectContent(descriptor, part);
    }
  }
  return { index, entries };
}

/** Throws BundleError unless the bundle is made of just the files that its list calls for, each of the size that it should have, in a tar file in order. */
export function requireExactly(
  source: BundleSource,
  head: Head,
  items: readonly Item[],
  deltas?: Deltas,
  form: 'carried' | 'whole' = 'carried',
): void {
  const { index, entries: expected } = expectedEntries(head.metadata, items, deltas, form);
  for (const [name, { size, part }] of expected) {
    const entry = source.entries.get(name);
    if (entry === undefined) throw new BundleError('Missing', part, `${name} is not in the bundle`);
    if (entry.size !== size)
      throw new BundleError('WrongDigest', part, `has ${entry.size} bytes, not ${size}`);
  }
  // With the metadata manifest, whose digest stands in it, this is all that signatures do not reach: it must be what they lead to.
  if (!index.equals(head.index)) {
    throw new BundleError('Malformed', 'index.json', 'is not the index of just what was signed for');
  }
  const found = [...source.entries.keys()];
  const stray = found.find((name) => !expected.has(name));
  if (stray !== undefined) throw new BundleError('Unexpected', stray, 'nothing that was signed names it');
  if (source.form === 'folder') return;
  const order = [...expected.keys()];
  const wrong = found.findIndex((name, at) => name !== order[at]);
  if (wrong >= 0) {
    const why = `stands where ${order[wrong]} belongs: a bundle in this order could not be checked as it arrives`;
    throw new BundleError('Malformed', found[wrong] ?? '', why);
  }
}
