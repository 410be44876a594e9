/** Manifests and the index of a bundle's OCI image layout: their schemas, and how ours are written. Pure. */
import { type Static, Type } from 'typebox';
import { Annotations, Descriptor, describe, MEDIA } from './descriptor.ts';
import { jsonBytes, readerOf } from './json.ts';
import { ITEMS_MAX, LAYERS_MAX } from './limits.ts';

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

export const readManifest = readerOf(Manifest);
export const readIndex = readerOf(Index);

export const manifestBytes = (manifest: Omit<Manifest, 'schemaVersion' | 'mediaType'>): Buffer =>
  jsonBytes({ schemaVersion: 2, mediaType: MEDIA.manifest, ...manifest });

export const indexBytes = (manifests: readonly Descriptor[]): Buffer =>
  jsonBytes({ schemaVersion: 2, mediaType: MEDIA.index, manifests });
