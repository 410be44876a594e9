/** Names of blobs say where they lie, so that nothing has to be looked up or remembered: a file of its own, or a place in a pack. Pure. */
import type { BlobId } from '../backend.ts';

export interface FilePlace {
  readonly in: 'file';
  /** 32 hexadecimal digits. */
  readonly name: string;
}

export interface PackPlace {
  readonly in: 'pack';
  /** 16 hexadecimal digits. */
  readonly pack: string;
  /** Of the record, in bytes. */
  readonly offset: number;
  /** Of the blob, in bytes. */
  readonly size: number;
}

const FILE = /^f-([0-9a-f]{32})$/;
const PACKED = /^p-([0-9a-f]{16})-([0-9a-f]{8})-([0-9a-f]{8})$/;
const DIGITS = 8;
const RADIX = 16;

const digits = (value: number) => value.toString(RADIX).padStart(DIGITS, '0');

export const fileId = (name: string): BlobId => `f-${name}`;
export const packedId = (pack: string, offset: number, size: number): BlobId =>
  `p-${pack}-${digits(offset)}-${digits(size)}`;

/** Undefined: nothing of ours has such a name. */
export function placeOf(id: BlobId): FilePlace | PackPlace | undefined {
  const name = FILE.exec(id)?.[1];
  if (name !== undefined) return { in: 'file', name };
  const [, pack, offset, size] = PACKED.exec(id) ?? [];
  if (pack === undefined || offset === undefined || size === undefined) return undefined;
  return { in: 'pack', pack, offset: Number.parseInt(offset, RADIX), size: Number.parseInt(size, RADIX) };
}
