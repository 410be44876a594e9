/** What the region is told of a bundle that was verified: small, bounded, and checked once more as it comes out of the receiver's process. */
import { type Static, Type } from 'typebox';
import { ITEMS_MAX, ROOTS_MAX, SIGNERS_MAX, VERSION_MAX } from '../bundle/limits.ts';
import { metadataBytes } from '../bundle/tuf/metadata.ts';
import type { Received } from './receive.ts';

const TEXT_MAX = 4_096;
const text = (maxLength = TEXT_MAX) => Type.String({ maxLength });
const size = () => Type.Integer({ minimum: 0 });
const Blob = Type.Object({ digest: Type.String({ pattern: '^sha256:[0-9a-f]{64}$' }), size: size() });

export const Summary = Type.Object({
  name: text(),
  version: Type.Integer({ minimum: 0, maximum: VERSION_MAX }),
  created: text(64),
  /** Of its signed list, in hexadecimal. */
  digest: Type.String({ pattern: '^[0-9a-f]{64}$' }),
  /** Digest of the manifest that holds the metadata. */
  metadata: text(71),
  /** Bytes of all its files. */
  size: size(),
  signers: Type.Array(text(256), { maxItems: SIGNERS_MAX }),
  threshold: Type.Integer({ minimum: 1 }),
  remarks: Type.Array(text(), { maxItems: 1_024 }),
  /** Version of the root that it was held against. */
  root: Type.Integer({ minimum: 1, maximum: ROOTS_MAX }),
  items: Type.Array(
    Type.Object({
      path: text(),
      artifactType: Type.Optional(text(256)),
      manifest: Blob,
      companion: Blob,
    }),
    { maxItems: ITEMS_MAX },
  ),
});
export type Summary = Static<typeof Summary>;

/** With `roots`: those that come after the trusted one, in their order, as they are signed. The region follows them itself. */
export interface Checked {
  readonly summary: Summary;
  readonly roots: readonly string[];
}

export function checkedOf(received: Received, trusted: number): Checked {
  const blob = ({ digest, size }: Static<typeof Blob>) => ({ digest, size });
  return {
    summary: {
      name: received.name,
      version: received.version,
      created: received.created,
      digest: received.digest,
      metadata: received.metadata,
      size: received.size,
      signers: [...received.signers.signed].sort(),
      threshold: received.signers.threshold,
      remarks: received.remarks.map((remark) => remark.slice(0, TEXT_MAX)),
      root: received.root.signed.version,
      items: received.items.map(({ path, artifactType, manifest, companion }) => ({
        path,
        ...(artifactType === undefined ? {} : { artifactType }),
        manifest: blob(manifest),
        companion: blob(companion),
      })),
    },
    roots: received.roots
      .filter(({ signed }) => signed.version > trusted)
      .map((root) => metadataBytes(root).toString('utf8')),
  };
}
