/**
 * One block with its head: what every volume, and every stream, is a row of. Each says which set it belongs to and where it stands, and has a digest of its own, so that
 * any one of them, found anywhere, can be told from damage and put in its place. Nobody has vouched for what it says.
 *
 *   0   8  magic
 *   8  32  SHA-256 of all that follows
 *  40  32  the set: SHA-256 of what the file is and how it was split
 *  72   8  bytes of the file
 *  80   4  repair blocks of each group
 *  84   4  volumes
 *  88   8  position
 *  96      the block
 */
import { hash } from 'node:crypto';
import { Geometry, type SetParameters } from './geometry.ts';
import { VOLUME_BLOCK_BYTES } from './limits.ts';

/** A byte above 127 and the two that transfers of text change, so that such a transfer is noticed at once. */
export const MAGIC = Buffer.from('\u0089CMV1\r\n\u001a', 'latin1');
const DIGEST_AT = 8;
const HASHED_AT = 40;
const POSITION_AT = 88;
const HEAD_BYTES = 96;
export const FRAME_BYTES = HEAD_BYTES + VOLUME_BLOCK_BYTES;
const KEY_BYTES = POSITION_AT - HASHED_AT;

/** A set, as its frames name it. */
export interface VolumeSet {
  /** Hexadecimal. */
  readonly id: string;
  readonly geometry: Geometry;
  /** What all its frames have in common, byte for byte. */
  readonly key: Buffer;
}

export interface Frame {
  readonly set: VolumeSet;
  readonly position: number;
  /** A view, which lasts as long as what it was read from. */
  readonly block: Buffer;
}

/** `fileDigest`: SHA-256 of the whole file, hexadecimal. Throws RangeError for parameters that no set has. */
export function setOf(fileDigest: string, parameters: SetParameters): VolumeSet {
  const geometry = Geometry.of(parameters);
  if (geometry === undefined) throw new RangeError('no set of volumes has these parameters');
  const numbers = numbersOf(parameters);
  const id = hash(
    'sha256',
    Buffer.concat([Buffer.from('casemate volumes 1\n'), Buffer.from(fileDigest, 'hex'), numbers]),
    'buffer',
  );
  return { id: id.toString('hex'), geometry, key: Buffer.concat([id, numbers]) };
}

function numbersOf({ size, repair, volumes }: SetParameters): Buffer {
  const numbers = Buffer.alloc(KEY_BYTES - 32);
  numbers.writeBigUInt64BE(BigInt(size), 0);
  numbers.writeUInt32BE(repair, 8);
  numbers.writeUInt32BE(volumes, 12);
  return numbers;
}

/** Writes a frame to the beginning of `into`; a short block is filled up with zeros. */
export function writeFrame(into: Buffer, set: VolumeSet, position: number, block: Uint8Array): void {
  MAGIC.copy(into, 0);
  set.key.copy(into, HASHED_AT);
  into.writeBigUInt64BE(BigInt(position), POSITION_AT);
  into.set(block, HEAD_BYTES);
  into.fill(0, HEAD_BYTES + block.length, FRAME_BYTES);
  hash('sha256', into.subarray(HASHED_AT, FRAME_BYTES), 'buffer').copy(into, DIGEST_AT);
}

/**
 * Reads the frame at the beginning of `bytes`, which has FRAME_BYTES at least. Undefined when it is damaged, or says what no set can be.
 * `known` spares working the set out anew.
 */
export function readFrame(bytes: Buffer, known?: VolumeSet): Frame | undefined {
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
  const digest = hash('sha256', bytes.subarray(HASHED_AT, FRAME_BYTES), 'buffer');
  if (!digest.equals(bytes.subarray(DIGEST_AT, HASHED_AT))) return undefined;
  const key = bytes.subarray(HASHED_AT, POSITION_AT);
  const set = known?.key.equals(key) ? known : setIn(key);
  const position = Number(bytes.readBigUInt64BE(POSITION_AT));
  if (set === undefined || position >= set.geometry.positions) return undefined;
  return { set, position, block: bytes.subarray(HEAD_BYTES, FRAME_BYTES) };
}

function setIn(key: Buffer): VolumeSet | undefined {
  const geometry = Geometry.of({
    size: Number(key.readBigUInt64BE(32)),
    repair: key.readUInt32BE(40),
    volumes: key.readUInt32BE(44),
  });
  if (geometry === undefined) return undefined;
  return { id: key.toString('hex', 0, 32), geometry, key: Buffer.from(key) };
}
