/** Checksums of S3 by their algorithm, of bytes that come in pieces; and of objects from those of their parts. */
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { crc32c, crc64nvme } from '#kernel/crc/crc.ts';
import type { ChecksumAlgorithm, ChecksumType } from '../parameters.ts';
import { type CrcAlgorithm, combineCrcs } from './combine.ts';

export interface Digest {
  update(bytes: Uint8Array): void;
  /** In base64, as on the wire; of a CRC the bytes in network order. */
  digest(): string;
}

/** What S3 computes where the client names none. */
export const DEFAULT_ALGORITHM: ChecksumAlgorithm = 'CRC64NVME';

/** MD5 is no checksum of S3, but each object's ETag. */
export type HashName = ChecksumAlgorithm | 'MD5';

const NEW: Readonly<Record<HashName, () => Digest>> = {
  MD5: () => hashDigest('md5'),
  CRC32: () => crcDigest<number>(0, (bytes, before) => crc32(bytes, before), base64Of32),
  CRC32C: () => crcDigest<number>(0, (bytes, before) => crc32c(bytes, before), base64Of32),
  CRC64NVME: () => crcDigest<bigint>(0n, (bytes, before) => crc64nvme(bytes, before), base64Of64),
  SHA1: () => hashDigest('sha1'),
  SHA256: () => hashDigest('sha256'),
};

export function newDigest(name: HashName): Digest {
  return NEW[name]();
}

export function checksumOf(algorithm: ChecksumAlgorithm, bytes: Uint8Array): string {
  const digest = newDigest(algorithm);
  digest.update(bytes);
  return digest.digest();
}

function crcDigest<T>(first: T, next: (bytes: Uint8Array, before: T) => T, text: (crc: T) => string): Digest {
  let crc = first;
  return {
    update(bytes) {
      crc = next(bytes, crc);
    },
    digest: () => text(crc),
  };
}

function hashDigest(name: 'md5' | 'sha1' | 'sha256'): Digest {
  const hash = createHash(name);
  return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest('base64') };
}

function base64Of32(crc: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc >>> 0);
  return bytes.toString('base64');
}

function base64Of64(crc: bigint): string {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(crc);
  return bytes.toString('base64');
}

export interface PartDigest {
  /** In base64. */
  readonly digest: string;
  /** Of the part, in bytes. */
  readonly size: number;
}

/** Which type an upload has where the client names none (S3 user guide, "Checking object integrity"). */
export function defaultChecksumType(algorithm: ChecksumAlgorithm): ChecksumType {
  return algorithm === 'CRC64NVME' ? 'FULL_OBJECT' : 'COMPOSITE';
}

/** Of an object from those of its parts, in their order: `FULL_OBJECT` as of the object sent whole, `COMPOSITE` of their digests, with how many there are. */
export function combineDigests(
  algorithm: ChecksumAlgorithm,
  type: ChecksumType,
  parts: readonly PartDigest[],
): string {
  if (type === 'COMPOSITE') {
    const all = Buffer.concat(parts.map(({ digest }) => Buffer.from(digest, 'base64')));
    return `${checksumOf(algorithm, all)}-${parts.length}`;
  }
  if (algorithm === 'SHA1' || algorithm === 'SHA256')
    throw new Error(`${algorithm} of an object cannot be had from those of its parts`);
  return fullObjectCrc(algorithm, parts);
}

function fullObjectCrc(algorithm: CrcAlgorithm, parts: readonly PartDigest[]): string {
  let crc = 0n;
  for (const { digest, size } of parts) {
    const bytes = Buffer.from(digest, 'base64');
    const own = bytes.length === 8 ? bytes.readBigUInt64BE() : BigInt(bytes.readUInt32BE());
    crc = combineCrcs(algorithm, crc, own, size);
  }
  return algorithm === 'CRC64NVME' ? base64Of64(crc) : base64Of32(Number(crc));
}
