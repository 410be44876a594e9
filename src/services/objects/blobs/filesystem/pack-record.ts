/**
 * How a blob lies in a pack. Pure.
 *
 *   magic[4] ‖ size[4] ‖ stored_ms[8] ‖ crc32 of all of that and of the bytes[4] ‖ bytes
 */
import { crc32 } from 'node:zlib';

const LIVE = 0x43_4d_50_31; // CMP1
const DEAD = 0x43_4d_50_30; // CMP0
/** Above this a blob has a file of its own, and waits for the disk alone. */
export const SMALL_BYTES_MAX = 131_072;
export const HEAD_BYTES = 20;
const HEAD_CHECKED_BYTES = 16;

export interface RecordHead {
  /** Deleted: what follows is nobody’s, and may be gone. */
  readonly isDead: boolean;
  readonly size: number;
  readonly stored_ms: number;
  readonly crc: number;
}

export function headOf(bytes: Uint8Array, stored_ms: number): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32BE(LIVE, 0);
  head.writeUInt32BE(bytes.length, 4);
  head.writeBigUInt64BE(BigInt(stored_ms), 8);
  head.writeUInt32BE(crc32(bytes, crc32(head.subarray(0, HEAD_CHECKED_BYTES))), HEAD_CHECKED_BYTES);
  return head;
}

/** Undefined: no record begins with this. */
export function readHead(head: Buffer): RecordHead | undefined {
  if (head.length < HEAD_BYTES) return undefined;
  const magic = head.readUInt32BE(0);
  if (magic !== LIVE && magic !== DEAD) return undefined;
  return {
    isDead: magic === DEAD,
    size: head.readUInt32BE(4),
    stored_ms: Number(head.readBigUInt64BE(8)),
    crc: head.readUInt32BE(HEAD_CHECKED_BYTES),
  };
}

/** The head of as many bytes of the pack as are nobody’s, head included. */
export function deadHead(length: number): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32BE(DEAD, 0);
  head.writeUInt32BE(length - HEAD_BYTES, 4);
  return head;
}

/** Written over the first bytes of a record, deletes it. */
export const DELETED: Uint8Array = deadHead(HEAD_BYTES).subarray(0, 4);

/** Whether a record is what was stored. */
export const isIntact = (record: Buffer): boolean =>
  crc32(record.subarray(HEAD_BYTES), crc32(record.subarray(0, HEAD_CHECKED_BYTES))) === readHead(record)?.crc;
