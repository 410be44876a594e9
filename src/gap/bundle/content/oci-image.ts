/**
 * Content of type `oci-image`: one image out of an OCI image layout, as it is: its own manifest, its own blobs, so that `skopeo copy` and `umoci unpack` take
 * it from the bundle as they would from where it came from. Or out of a registry, by its digest, fetched by the machine's own skopeo with the registries and
 * credentials that it is set up with. Its bytes are checked against its digests here; who signed it is for the recipe's author to know.
 */
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type Static, Type } from 'typebox';
import { type Blob, blobOfBytes, blobOfFile } from '../blob.ts';
import { blobPath, type Descriptor, hexOf, REF_NAME } from '../descriptor.ts';
import { messageOf, readerOf, valueChecker } from '../json.ts';
import { INDEX_BYTES_MAX, MANIFEST_BYTES_MAX } from '../limits.ts';
import { readManifest } from '../manifest.ts';
import { BundleError } from '../problem.ts';
import { baseFields } from './base-item.ts';
import type { Collected, CollectOptions, ContentType, Layer } from './content-type.ts';
import { runTool } from './run-tool.ts';

const TYPE = 'oci-image';

const FromRegistry = Type.Object(
  {
    ...baseFields,
    image: Type.String({
      maxLength: 512,
      pattern: '^docker://[A-Za-z0-9._/:-]+@sha256:[0-9a-f]{64}$',
      description:
        'docker://REGISTRY/NAME@sha256:DIGEST: a digest, because a tag may be another image tomorrow',
    }),
    platform: Type.Optional(
      Type.String({
        pattern: '^[a-z0-9]{1,32}/[a-z0-9]{1,32}$',
        description:
          'which image of a list of images, such as linux/amd64; default: linux, and this machine’s',
      }),
    ),
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
  },
  { additionalProperties: false },
);
type FromRegistry = Static<typeof FromRegistry>;
type FromLayout = Static<typeof FromLayout>;

const checkRegistry = valueChecker(FromRegistry);
const checkLayout = valueChecker(FromLayout);

const isFromRegistry = (item: unknown): boolean =>
  typeof item === 'object' && item !== null && Object.hasOwn(item, 'image');

/** An index as others write it: with fields that are not ours to judge. */
const readForeignIndex = readerOf(
  Type.Object({
    manifests: Type.Array(
      Type.Object({
        mediaType: Type.Optional(Type.String()),
        digest: Type.String({ pattern: '^sha256:[0-9a-f]{64}$' }),
        annotations: Type.Optional(Type.Record(Type.String(), Type.String())),
      }),
      { maxItems: 4_096 },
    ),
  }),
);

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

/** An image that is not in OCI's form is made into it, the same each time: its layers stay as they are. */
async function fetched(
  { image, platform, ...item }: FromRegistry,
  options: CollectOptions,
): Promise<Collected> {
  const layout = join(options.scratch, 'image');
  options.report(`fetching ${image}`);
  const [os = '', architecture = ''] = platform?.split('/') ?? [];
  const chosen = platform === undefined ? [] : [`--override-os=${os}`, `--override-arch=${architecture}`];
  // What it has to be is said by its digest; a policy of the machine on signatures could only add to that.
  const args = ['--insecure-policy', ...chosen, 'copy', '--quiet', image, `oci:${layout}:${FETCHED}`];
  await runTool('skopeo', args, image);
  const collected = await collect({ ...item, layout, reference: FETCHED }, options);
  const [name = image, digest = ''] = image.split('@sha256:');
  return { ...collected, materials: [{ name, sha256: digest, uri: image }] };
}

async function collect(item: FromLayout, options: CollectOptions): Promise<Collected> {
  const folder = resolve(options.folder, item.layout);
  const path = join(folder, 'index.json');
  const { manifests } = readForeignIndex(await readSmall(path, INDEX_BYTES_MAX), path);
  const found = manifests.filter(({ annotations }) => annotations?.[REF_NAME] === item.reference);
  const [image] = found;
  if (image === undefined || found.length > 1) {
    const names = manifests.flatMap(({ annotations }) => annotations?.[REF_NAME] ?? []);
    throw new BundleError(
      'Missing',
      path,
      `has ${found.length} images called ${item.reference}; it has ${names.join(', ')}`,
    );
  }
  const manifestPath = join(folder, blobPath(image.digest));
  const manifest = await readSmall(manifestPath, MANIFEST_BYTES_MAX);
  requireDigest(blobOfBytes(manifest), image.digest, manifestPath);
  const { config, layers, artifactType } = readManifest(
    manifest,
    `${manifestPath}, an image for one architecture,`,
  );
  const layer = async (descriptor: Descriptor): Promise<Layer> => {
    options.report(`reading ${descriptor.digest}`);
    const blobFile = join(folder, blobPath(descriptor.digest));
    const blob = await blobOfFile(blobFile);
    requireDigest(blob, descriptor.digest, blobFile);
    return { mediaType: descriptor.mediaType, blob };
  };
  const read: Layer[] = [];
  for (const descriptor of layers) read.push(await layer(descriptor));
  return {
    ...(artifactType === undefined ? {} : { artifactType }),
    manifest,
    config: await layer(config),
    layers: read,
    parts: [
      {
        type: 'container',
        name: item.name,
        version: item.version,
        licence: item.licence,
        sha256: hexOf(image.digest),
      },
    ],
    materials: [
      {
        name: item.reference,
        sha256: hexOf(image.digest),
        ...(item.source === undefined ? {} : { uri: item.source }),
      },
    ],
  };
}

async function readSmall(path: string, bytes_max: number): Promise<Buffer> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw new BundleError('Missing', path, messageOf(error));
  });
  if (bytes.length > bytes_max) throw new BundleError('TooLarge', path, `has more than ${bytes_max} bytes`);
  return bytes;
}

function requireDigest(blob: Blob, digest: string, path: string): void {
  if (blob.digest !== digest) throw new BundleError('WrongDigest', path, 'is not what its name says');
}
