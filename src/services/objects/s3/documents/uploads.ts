/** `CompleteMultipartUpload` and `Delete`: lists of parts and of keys. */
import { S3Error } from '../errors.ts';
import { CHECKSUM_ALGORITHMS, checkDigest } from '../headers/body.ts';
import { stripQuotes } from '../headers/conditions.ts';
import type { ChecksumAlgorithm } from '../parameters.ts';
import { Reader } from '../xml/reader.ts';

export const PARTS_MAX = 10_000;
export const DELETES_MAX = 1_000;

export interface NamedPart {
  readonly number: number;
  /** Without quotes. */
  readonly etag: string;
  readonly checksums: Readonly<Partial<Record<ChecksumAlgorithm, string>>>;
}

/** Throws InvalidPartOrder besides. */
export function readCompletion(bytes: Uint8Array): readonly NamedPart[] {
  return Reader.document(bytes, 'CompleteMultipartUpload', (upload) => {
    const parts = upload.all('Part', PARTS_MAX, readPart);
    if (parts.length === 0) throw upload.wrong('there is no Part');
    parts.forEach(({ number }, index) => {
      if (number <= (parts[index - 1]?.number ?? 0)) throw new S3Error('InvalidPartOrder');
    });
    return parts;
  });
}

function readPart(part: Reader): NamedPart {
  const number = part.integer('PartNumber', { min: 1, max: PARTS_MAX });
  if (number === undefined) throw part.wrong('PartNumber is missing');
  const checksums: Partial<Record<ChecksumAlgorithm, string>> = {};
  for (const algorithm of CHECKSUM_ALGORITHMS) {
    const name = `Checksum${algorithm}`;
    const value = part.text(name);
    if (value === undefined || value === '') continue;
    checkDigest(name, algorithm, value);
    checksums[algorithm] = value;
  }
  return { number, etag: stripQuotes(part.required('ETag')), checksums };
}

export interface NamedObject {
  /** As it came: what is wrong with it is for its entry of the answer to say. */
  readonly key: string;
  readonly versionId?: string;
  /** Without quotes. */
  readonly ifMatch?: string;
}

export interface Deletion {
  readonly objects: readonly NamedObject[];
  /** Tell of what failed alone. */
  readonly quiet: boolean;
}

export function readDeletion(bytes: Uint8Array): Deletion {
  return Reader.document(bytes, 'Delete', (root) => {
    const quiet = root.boolean('Quiet') ?? false;
    const objects = root.all('Object', DELETES_MAX, (one) => {
      const versionId = one.text('VersionId');
      const etag = one.text('ETag');
      for (const name of ['LastModifiedTime', 'Size'])
        if (one.has(name))
          throw new S3Error('NotImplemented', `this region does not have ${name} there; send an ETag`);
      return {
        key: one.required('Key', { exact: true }),
        ...(versionId !== undefined && versionId !== '' && { versionId }),
        ...(etag !== undefined && etag !== '' && { ifMatch: stripQuotes(etag) }),
      };
    });
    if (objects.length === 0) throw root.wrong('there is no Object');
    return { objects, quiet };
  });
}
