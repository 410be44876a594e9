/** How one part of a bundle names another: an OCI content descriptor (image-spec 1.1, `descriptor.md`), and the media types that we use. */
import { hash } from 'node:crypto';
import { type Static, Type } from 'typebox';
import { BLOB_BYTES_MAX } from './limits.ts';

const DIGEST_PATTERN = '^sha256:[0-9a-f]{64}$';

export const Annotations = Type.Record(Type.String({ maxLength: 256 }), Type.String({ maxLength: 4_096 }));

export const Descriptor = Type.Object(
  {
    mediaType: Type.String({ minLength: 1, maxLength: 255 }),
    digest: Type.String({ pattern: DIGEST_PATTERN, description: 'sha256: and 64 hexadecimal digits' }),
    size: Type.Integer({ minimum: 0, maximum: BLOB_BYTES_MAX }),
    artifactType: Type.Optional(Type.String({ maxLength: 255 })),
    annotations: Type.Optional(Annotations),
  },
  { additionalProperties: false },
);
export type Descriptor = Static<typeof Descriptor>;

export const MEDIA = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  empty: 'application/vnd.oci.empty.v1+json',
  /** Artifact type of the manifest that holds TUF's metadata. */
  metadata: 'application/vnd.casemate.metadata.v1',
  tuf: 'application/vnd.tuf.metadata.v1+json',
  /** Artifact type of the manifest that goes with an item: what is said about it. */
  companion: 'application/vnd.casemate.companion.v1',
  blocks: 'application/vnd.casemate.blocks.v2+json',
  /** Artifact type of the manifest that holds the deltas of a bundle that has some. */
  deltas: 'application/vnd.casemate.deltas.v1',
  deltasDocument: 'application/vnd.casemate.deltas.v1+json',
  delta: 'application/vnd.casemate.delta.v1+zstd',
  sbom: 'application/vnd.cyclonedx+json',
  provenance: 'application/vnd.in-toto+json',
  vex: 'application/vnd.openvex+json',
} as const;

/** OCI's own, and ORAS' custom: tools that know nothing of us give files these names. */
export const TITLE = 'org.opencontainers.image.title';
export const REF_NAME = 'org.opencontainers.image.ref.name';
/** On the blocks of a blob: which blob. */
export const BLOCKS_OF = 'internal.casemate.blocks-of';

export const sha256 = (bytes: Uint8Array | string): string => `sha256:${hash('sha256', bytes, 'hex')}`;

export const hexOf = (digest: string): string => digest.slice('sha256:'.length);

/** Where a blob lies in the layout. */
export const blobPath = (digest: string): string => `blobs/sha256/${hexOf(digest)}`;

export const describe = (
  mediaType: string,
  bytes: Uint8Array,
  annotations?: Static<typeof Annotations>,
): Descriptor => ({
  mediaType,
  digest: sha256(bytes),
  size: bytes.length,
  ...(annotations === undefined ? {} : { annotations }),
});
