/** Reads images out of an OCI image layout that others made: each blob is held against the digest that names it. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Type } from 'typebox';
import { type Blob, blobOfBytes, blobOfFile } from '../blob.ts';
import { blobPath, type Descriptor, REF_NAME } from '../descriptor.ts';
import { messageOf, readerOf } from '../json.ts';
import { INDEX_BYTES_MAX, MANIFEST_BYTES_MAX } from '../limits.ts';
import { BundleError } from '../problem.ts';
import type { Layer } from './content-type.ts';

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

/** The digest of what is called so. Throws BundleError unless there is one. */
export async function digestOf(folder: string, reference: string): Promise<string> {
  const path = join(folder, 'index.json');
  const { manifests } = readForeignIndex(await readSmall(path, INDEX_BYTES_MAX), path);
  const found = manifests.filter(({ annotations }) => annotations?.[REF_NAME] === reference);
  const [image] = found;
  if (image !== undefined && found.length === 1) return image.digest;
  const names = manifests.flatMap(({ annotations }) => annotations?.[REF_NAME] ?? []);
  throw new BundleError(
    'Missing',
    path,
    `has ${found.length} images called ${reference}; it has ${names.join(', ')}`,
  );
}

export interface ManifestFile {
  readonly path: string;
  readonly bytes: Buffer;
}

/** A manifest, or a list of them. */
export async function readManifestFile(folder: string, digest: string): Promise<ManifestFile> {
  const path = join(folder, blobPath(digest));
  const bytes = await readSmall(path, MANIFEST_BYTES_MAX);
  requireDigest(blobOfBytes(bytes), digest, path);
  return { path, bytes };
}

export async function readLayer(folder: string, { digest, mediaType }: Descriptor): Promise<Layer> {
  const path = join(folder, blobPath(digest));
  const blob = await blobOfFile(path).catch((error: unknown) => {
    if (error instanceof BundleError) throw error;
    throw new BundleError('Missing', path, messageOf(error));
  });
  requireDigest(blob, digest, path);
  return { mediaType, blob };
}

async function readSmall(path: string, bytes_max: number): Promise<Buffer> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw new BundleError('Missing', path, messageOf(error));
  });
  if (bytes.length > bytes_max) throw new BundleError('TooLarge', path, `has more than ${bytes_max} bytes`);
  return bytes;
}

export function requireDigest(blob: Pick<Blob, 'digest'>, digest: string, path: string): void {
  if (blob.digest !== digest) throw new BundleError('WrongDigest', path, 'is not what its name says');
}
