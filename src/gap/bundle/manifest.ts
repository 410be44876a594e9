/** Manifests and the index of a bundle's OCI image layout: their schemas, and how ours are written. Pure. */
import { type Static, Type } from 'typebox';
import { Annotations, Descriptor, describe, MEDIA } from './descriptor.ts';
import { jsonBytes, parseJson, readerOf, valueChecker } from './json.ts';
import { IMAGES_MAX, ITEMS_MAX, LAYERS_MAX } from './limits.ts';

export const OCI_LAYOUT = Buffer.from('{"imageLayoutVersion":"1.0.0"}');
export const EMPTY_JSON = Buffer.from('{}');
export const EMPTY_DESCRIPTOR = describe(MEDIA.empty, EMPTY_JSON);

/** Fields that we do not write may stand in an image that others made. */
const Manifest = Type.Object(
  {
    schemaVersion: Type.Literal(2),
    // OCI 1.0 leaves it out.
    mediaType: Type.Optional(Type.Literal(MEDIA.manifest)),
    artifactType: Type.Optional(Type.String({ maxLength: 255 })),
    config: Descriptor,
    layers: Type.Array(Descriptor, { maxItems: LAYERS_MAX }),
    subject: Type.Optional(Descriptor),
    annotations: Type.Optional(Annotations),
  },
  { additionalProperties: false },
);
export type Manifest = Static<typeof Manifest>;

const Index = Type.Object(
  {
    schemaVersion: Type.Literal(2),
    mediaType: Type.Literal(MEDIA.index),
    manifests: Type.Array(Descriptor, { minItems: 1, maxItems: 2 * ITEMS_MAX + 2 }),
  },
  { additionalProperties: false },
);
export type Index = Static<typeof Index>;

/** One image of a list (image-spec 1.1, `image-index.md`). */
const ListedImage = Type.Object(
  {
    ...Descriptor.properties,
    // A list in a list is not followed.
    mediaType: Type.Literal(MEDIA.manifest),
    platform: Type.Optional(
      Type.Object(
        {
          os: Type.String({ maxLength: 64 }),
          architecture: Type.String({ maxLength: 64 }),
          variant: Type.Optional(Type.String({ maxLength: 64 })),
          'os.version': Type.Optional(Type.String({ maxLength: 255 })),
          'os.features': Type.Optional(Type.Array(Type.String({ maxLength: 255 }), { maxItems: 64 })),
        },
        { additionalProperties: false },
      ),
    ),
  },
  { additionalProperties: false },
);
export type ListedImage = Static<typeof ListedImage>;

/** An image of several architectures: as its makers wrote it, or with those that a recipe chose. */
const ImageList = Type.Object(
  {
    schemaVersion: Type.Literal(2),
    mediaType: Type.Optional(Type.Literal(MEDIA.index)),
    artifactType: Type.Optional(Type.String({ maxLength: 255 })),
    manifests: Type.Array(ListedImage, { minItems: 1, maxItems: IMAGES_MAX }),
    annotations: Type.Optional(Annotations),
  },
  { additionalProperties: false },
);
export type ImageList = Static<typeof ImageList>;

const checkManifest = valueChecker(Manifest);
const checkImageList = valueChecker(ImageList);

/** Neither has room for the other's fields: what one program would take for a list and another for an image is neither (CVE-2021-41190). */
export function readManifestOrList(
  bytes: Uint8Array,
  part: string,
): { readonly manifest: Manifest } | { readonly list: ImageList } {
  const value = parseJson(bytes, part);
  return typeof value === 'object' && value !== null && Object.hasOwn(value, 'manifests')
    ? { list: checkImageList(value, part) }
    : { manifest: checkManifest(value, part) };
}

export const imageListBytes = (manifests: readonly ListedImage[]): Buffer =>
  jsonBytes({ schemaVersion: 2, mediaType: MEDIA.index, manifests });

export const readManifest = readerOf(Manifest);
export const readIndex = readerOf(Index);

export const manifestBytes = (manifest: Omit<Manifest, 'schemaVersion' | 'mediaType'>): Buffer =>
  jsonBytes({ schemaVersion: 2, mediaType: MEDIA.manifest, ...manifest });

export const indexBytes = (manifests: readonly Descriptor[]): Buffer =>
  jsonBytes({ schemaVersion: 2, mediaType: MEDIA.index, manifests });
