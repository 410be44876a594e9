/**
 * A checksum for each block, so that any range of a blob can be checked by itself. It finds what disks do by accident; against people, who could write it anew, stands the
 * authenticated encryption above.
 *
 * It is half of a GMAC (NIST SP 800-38D) under a key and a nonce that are no secret: a quarter of the work of CRC-32 where the processor has instructions for it, and what it misses of
 * damage is one in 2^64. Blobs of before have CRC-32s.
 */
import { type CipherGCM, createCipheriv } from 'node:crypto';
import { crc32 } from 'node:zlib';

export const BLOCK_BYTES = 262_144;
const KEY = Buffer.alloc(16);
const NONCE = Buffer.alloc(12);

/** How a block is checked. */
export interface BlockCheck {
  /** Of one checksum. */
  readonly bytes: number;
  of(block: Uint8Array): Buffer;
}

export const GMAC_CHECK: BlockCheck = {
  bytes: 8,
  of(block) {
    const running = newGmac();
    running.setAAD(block);
    return endOf(running);
  },
};

/** As it was before. */
export const CRC_CHECK: BlockCheck = {
  bytes: 4,
  of(block) {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(crc32(block));
    return bytes;
  },
};

export const blocksOf = (size: number): number => Math.ceil(size / BLOCK_BYTES);

/** Takes the bytes of a blob in any portions. */
export class RunningChecksums {
  readonly #done: Buffer[] = [];
  #gmac: CipherGCM | undefined;
  #inBlock = 0;

  add(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      const part = bytes.subarray(at, at + BLOCK_BYTES - this.#inBlock);
      this.#gmac ??= newGmac();
      this.#gmac.setAAD(part);
      this.#inBlock += part.length;
      at += part.length;
      if (this.#inBlock === BLOCK_BYTES) this.#end(this.#gmac);
    }
  }

  /** For `GMAC_CHECK`. */
  table(): Buffer {
    if (this.#gmac !== undefined) this.#end(this.#gmac);
    return Buffer.concat(this.#done);
  }

  #end(gmac: CipherGCM): void {
    this.#done.push(endOf(gmac));
    this.#gmac = undefined;
    this.#inBlock = 0;
  }
}

/** Whether a block is what was stored. */
export const isIntact = (check: BlockCheck, table: Buffer, index: number, block: Uint8Array): boolean =>
  check.of(block).equals(table.subarray(index * check.bytes, (index + 1) * check.bytes));

const newGmac = (): CipherGCM =>
  createCipheriv('aes-128-gcm', KEY, NONCE, { authTagLength: GMAC_CHECK.bytes });

function endOf(gmac: CipherGCM): Buffer {
  gmac.final();
  return gmac.getAuthTag();
}
