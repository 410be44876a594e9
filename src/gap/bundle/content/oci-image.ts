/**
 * Content of type `oci-image`: an image out of an OCI image layout, as it is: its own manifest, its own blobs, so that `skopeo copy` and `umoci unpack` take it from the bundle
 * as they would from where it came from. Or out of a registry, by its digest, fetched by the machine's own skopeo with the registries and credentials that it is set up with. What
 * the digest names is carried: of an image for several architectures all of them, whatever machine builds, or those that the recipe chooses. Its bytes are checked against its
 * digests here; who signed it is for the recipe's author to know.
 */
import { join, resolve } from 'node:path';
import { type Static, Type } from 'typebox';
import { type Descriptor, hexOf, MEDIA, sha256 } from '../descriptor.ts';
import { parseJson, readerOf, valueChecker } from '../json.ts';
import { LAYERS_MAX, MANIFEST_BYTES_MAX } from '../limits.ts';
import {
  imageListBytes,
  type ListedImage,
  type Manifest,
  readManifest,
  readManifestOrList,
} from '../manifest.ts';
import { BundleError } from '../problem.ts';
import { baseFields } from './base-item.ts';
import type { Collected, CollectOptions, ContentType, Layer, Material, Part } from './content-type.ts';
import { digestOf, readLayer, readManifestFile } from './oci-layout.ts';
import { chosenImages, fits, PLATFORMS, platformText } from './oci-platforms.ts';
import { runTool } from './run-tool.ts';

const TYPE = 'oci-image';

const platforms = Type.Optional(PLATFORMS);

const FromRegistry = Type.Object(
  {
    ...baseFields,
    image: Type.String({
      maxLength: 512,
      pattern: '^docker://[A-Za-z0-9._/:-]+@sha256:[0-9a-f]{64}$',
      description:
        'docker://REGISTRY/NAME@sha256:DIGEST: a digest, because a tag may be another image tomorrow',
    }),
    platforms,
  },
  { additionalProperties: false },
);

const FromLayout = Type.Object(
  {
    ...baseFields,
    layout: Type.String({
      minLength: 1,
      maxLength: 4_096,
      description: 'the folder of an OCI image layout, relative to the recipe',
    }),
    reference: Type.String({
      minLength: 1,
      maxLength: 256,
      description: 'which of its images: the name that skopeo copied it under',
    }),
    platforms,
  },
  { additionalProperties: false },
);
type FromRegistry = Static<typeof FromRegistry>;
type FromLayout = Static<typeof FromLayout>;

const checkRegistry = valueChecker(FromRegistry);
const checkLayout = valueChecker(FromLayout);

const isFromRegistry = (item: unknown): boolean =>
  typeof item === 'object' && item !== null && Object.hasOwn(item, 'image');

export const ociImageType: ContentType = {
  name: TYPE,
  check: (item, part) => {
    if (isFromRegistry(item)) checkRegistry(item, part);
    else checkLayout(item, part);
  },
  collect: (item, options) =>
    isFromRegistry(item)
      ? fetched(checkRegistry(item, item.name), options)
      : collect(checkLayout(item, item.name), options),
};

/** The name that it has in the layout, on its way. */
const FETCHED = 'fetched';

/** A list as registries have it: in Docker's form as well, whose images skopeo makes into OCI's. */
const readRegistryList = readerOf(
  Type.Object({
    manifests: Type.Array(
      Type.Object({
        digest: Type.String({ pattern: '^sha256:[0-9a-f]{64}$' }),
        size: Type.Integer({ minimum: 0, maximum: MANIFEST_BYTES_MAX }),
        platform: Type.Optional(
          Type.Object({
            os: Type.String(),
            architecture: Type.String(),
            variant: Type.Optional(Type.String()),
          }),
        ),
      }),
      { maxItems: 4_096 },
    ),
  }),
);

/** An image that is not in OCI's form is made into it, the same each time: its layers stay as they are. */
async function fetched(
  { image, platforms, ...item }: FromRegistry,
  options: CollectOptions,
): Promise<Collected> {
  const layout = join(options.scratch, 'image');
  options.report(`fetching ${image}`);
  const [name = image, digest = ''] = image.split('@sha256:');
  // What it has to be is said by its digest; a policy of the machine on signatures could only add to that.
  const copy = (from: string, reference: string) =>
    runTool(
      'skopeo',
      ['--insecure-policy', 'copy', '--all', '--quiet', from, `oci:${layout}:${reference}`],
      from,
    );
  const materials = [{ name, sha256: digest, uri: image }];
  const wanted = platforms === undefined ? undefined : await listedIn(image, digest, platforms);
  if (wanted === undefined) {
    await copy(image, FETCHED);
    const one = { ...item, layout, reference: FETCHED, ...(platforms === undefined ? {} : { platforms }) };
    return { ...(await collect(one, options)), materials };
  }
  const images: ListedImage[] = [];
  for (const [number, { digest: own, platform }] of wanted.entries()) {
    options.report(`fetching ${platform === undefined ? own : platformText(platform)}`);
    const reference = `${FETCHED}-${number}`;
    await copy(`${name}@${own}`, reference);
    const { bytes } = await readManifestFile(layout, await digestOf(layout, reference));
    images.push(listed(bytes, platform));
  }
  return { ...(await collectImages({ ...item, layout }, images, options)), materials };
}

/** Undefined when it is one image, and no list. */
async function listedIn(
  image: string,
  digest: string,
  platforms: readonly string[],
): Promise<readonly ListedImage[] | undefined> {
  const bytes = Buffer.from(await runTool('skopeo', ['inspect', '--raw', image], image), 'utf8');
  if (bytes.length > MANIFEST_BYTES_MAX)
    throw new BundleError('TooLarge', image, `has more than ${MANIFEST_BYTES_MAX} bytes`);
  if (sha256(bytes) !== `sha256:${digest}`)
    throw new BundleError('WrongDigest', image, 'the registry gave something else');
  if (!Object.hasOwn(parseJson(bytes, image) as object, 'manifests')) return undefined;
  const manifests = readRegistryList(bytes, image).manifests.map(({ digest, size, platform }) => ({
    mediaType: MEDIA.manifest,
    digest,
    size,
    ...(platform === undefined ? {} : { platform: plain(platform) }),
  }));
  return chosenImages(manifests, platforms, image);
}

/** Docker has fields there that nobody else knows. */
const plain = ({ os, architecture, variant }: NonNullable<ListedImage['platform']>) => ({
  os,
  architecture,
  ...(variant === undefined ? {} : { variant }),
});

const listed = (bytes: Buffer, platform: ListedImage['platform']): ListedImage => ({
  mediaType: MEDIA.manifest,
  digest: sha256(bytes),
  size: bytes.length,
  ...(platform === undefined ? {} : { platform }),
});

const readConfig = readerOf(
  Type.Object({
    os: Type.String(),
    architecture: Type.String(),
    variant: Type.Optional(Type.String()),
  }),
);

async function collect(item: FromLayout, options: CollectOptions): Promise<Collected> {
  const folder = resolve(options.folder, item.layout);
  const digest = await digestOf(folder, item.reference);
  const { path, bytes } = await readManifestFile(folder, digest);
  const material: Material = {
    name: item.reference,
    sha256: hexOf(digest),
    ...(item.source === undefined ? {} : { uri: item.source }),
  };
  const read = readManifestOrList(bytes, path);
  const { platforms } = item;
  if ('manifest' in read) {
    if (platforms !== undefined) await requirePlatform(folder, read.manifest, platforms, path);
    return collectOne({ ...item, folder }, bytes, read.manifest, material, options);
  }
  const whole = { ...item, layout: folder };
  return platforms === undefined
    ? collectList(whole, bytes, read.list.manifests, material, options)
    : {
        ...(await collectImages(whole, chosenImages(read.list.manifests, platforms, path), options)),
        materials: [material],
      };
}

async function requirePlatform(
  folder: string,
  { config }: Manifest,
  platforms: readonly string[],
  part: string,
): Promise<void> {
  const { bytes } = await readManifestFile(folder, config.digest);
  const own = readConfig(bytes, part);
  if (platforms.length === 1 && platforms.every((wanted) => fits(wanted, own))) return;
  throw new BundleError('Missing', part, `platforms: it is one image, for ${platformText(own)}`);
}

interface Subject {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
}

const partOf = ({ name, version, licence }: Subject, bytes: Buffer): Part => ({
  type: 'container',
  name,
  version,
  licence,
  sha256: hexOf(sha256(bytes)),
});

async function collectOne(
  item: Subject & { readonly folder: string },
  bytes: Buffer,
  { config, layers, artifactType }: Manifest,
  material: Material,
  options: CollectOptions,
): Promise<Collected> {
  return {
    ...(artifactType === undefined ? {} : { artifactType }),
    manifest: { mediaType: MEDIA.manifest, bytes },
    small: [await readLayer(item.folder, config)],
    layers: await readLayers(item.folder, layers, options),
    parts: [partOf(item, bytes)],
    materials: [material],
  };
}

/** Those that were chosen: one is itself, of several there is a list of ours. */
async function collectImages(
  item: Subject & { readonly layout: string },
  images: readonly ListedImage[],
  options: CollectOptions,
): Promise<Collected> {
  const [only] = images;
  const material: Material = { name: item.name };
  if (only === undefined || images.length > 1)
    return collectList(item, imageListBytes(images), images, material, options);
  const { path, bytes } = await readManifestFile(item.layout, only.digest);
  return collectOne({ ...item, folder: item.layout }, bytes, readManifest(bytes, path), material, options);
}

async function collectList(
  item: Subject & { readonly layout: string },
  bytes: Buffer,
  images: readonly ListedImage[],
  material: Material,
  options: CollectOptions,
): Promise<Collected> {
  const manifests: Layer[] = [];
  const configs: Layer[] = [];
  const layers = new Map<string, Descriptor>();
  for (const image of images) {
    const { path, bytes: own } = await readManifestFile(item.layout, image.digest);
    const manifest = readManifest(own, path);
    manifests.push({
      mediaType: MEDIA.manifest,
      blob: { digest: image.digest, size: own.length, blocks: [], content: own },
    });
    configs.push(await readLayer(item.layout, manifest.config));
    for (const layer of manifest.layers) if (!layers.has(layer.digest)) layers.set(layer.digest, layer);
  }
  if (layers.size > LAYERS_MAX)
    throw new BundleError('TooLarge', item.name, `has more than ${LAYERS_MAX} layers in all its images`);
  const { artifactType } = readArtifactType(bytes, item.name);
  return {
    ...(artifactType === undefined ? {} : { artifactType }),
    manifest: { mediaType: MEDIA.index, bytes },
    small: [...manifests, ...configs],
    layers: await readLayers(item.layout, [...layers.values()], options),
    parts: [partOf(item, bytes)],
    materials: [material],
  };
}

const readArtifactType = readerOf(Type.Object({ artifactType: Type.Optional(Type.String()) }));

async function readLayers(
  folder: string,
  layers: readonly Descriptor[],
  { report }: CollectOptions,
): Promise<Layer[]> {
  const read: Layer[] = [];
  for (const descriptor of layers) {
    report(`reading ${descriptor.digest}`);
    read.push(await readLayer(folder, descriptor));
  }
  return read;
}
