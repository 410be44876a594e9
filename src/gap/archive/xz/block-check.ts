/** What an .xz file says of the bytes of each block (the .xz file format, 3.4 and 2.1.1.2). */
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { crc64xz } from '#kernel/crc/crc.ts';

export interface BlockCheck {
  update(bytes: Buffer): void;
  value(): Buffer;
}

export function littleEndian32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function crc32Check(): BlockCheck {
  let crc = 0;
  return {
    update(bytes) {
      crc = crc32(bytes, crc);
    },
    value: () => littleEndian32(crc),
  };
}

function crc64Check(): BlockCheck {
  let crc = 0n;
  return {
    update(bytes) {
      crc = crc64xz(bytes, crc);
    },
    value() {
      const bytes = Buffer.alloc(8);
      bytes.writeBigUInt64LE(crc);
      return bytes;
    },
  };
}

function sha256Check(): BlockCheck {
  const hash = createHash('sha256');
  return { update: (bytes) => void hash.update(bytes), value: () => hash.digest() };
}

const noCheck = (): BlockCheck => ({ update() {}, value: () => Buffer.alloc(0) });

/** By the number in the stream's flags. */
export const CHECKS: Readonly<Record<number, () => BlockCheck>> = {
  0: noCheck,
  1: crc32Check,
  4: crc64Check,
  10: sha256Check,
};
