/**
 * A checksum for each block, so that any range of a blob can be checked by itself. CRC-32 finds what disks do by accident; against people, who could write it anew, stands the
 * authenticated encryption above.
 */
import { crc32 } from 'node:zlib';

export const BLOCK_BYTES = 262_144;
export const CRC_BYTES = 4;

export const blocksOf = (size: number): number => Math.ceil(size / BLOCK_BYTES);

/** The checksums of a blob that is in memory. */
export function checksumsOf(bytes: Uint8Array): Buffer {
  const table = Buffer.alloc(blocksOf(bytes.length) * CRC_BYTES);
  for (let at = 0, index = 0; at < bytes.length; at += BLOCK_BYTES, index++) {
    table.writeUInt32BE(crc32(bytes.subarray(at, at + BLOCK_BYTES)), index * CRC_BYTES);
  }
  return table;
}

/** Takes the bytes of a blob in any portions. */
export class RunningChecksums {
  readonly #done: number[] = [];
  #crc = 0;
  #inBlock = 0;

  add(bytes: Uint8Array): void {
    let rest = bytes;
    while (rest.length > 0) {
      const part = rest.subarray(0, BLOCK_BYTES - this.#inBlock);
      this.#crc = crc32(part, this.#crc);
      this.#inBlock += part.length;
      if (this.#inBlock === BLOCK_BYTES) this.#end();
      rest = rest.subarray(part.length);
    }
  }

  table(): Buffer {
    if (this.#inBlock > 0) this.#end();
    const table = Buffer.alloc(this.#done.length * CRC_BYTES);
    this.#done.forEach((crc, index) => {
      table.writeUInt32BE(crc, index * CRC_BYTES);
    });
    return table;
  }

  #end(): void {
    this.#done.push(this.#crc);
    this.#crc = 0;
    this.#inBlock = 0;
  }
}

/** Whether a block is what was stored. */
export const isIntact = (table: Buffer, index: number, block: Uint8Array): boolean =>
  table.readUInt32BE(index * CRC_BYTES) === crc32(block);
