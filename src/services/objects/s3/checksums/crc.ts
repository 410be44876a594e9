/** CRC-32C and CRC-64/NVME of bytes that come in pieces. Init and final xor are all ones, as in CRC-32; each function goes on from what it returned. */
import { crcProgram, crcTables } from './crc-program.ts';

/** Castagnoli (RFC 3720, B.4), and the NVM Express specification's; both reflected. */
export const CRC32C_POLYNOMIAL = 0x82f63b78n;
export const CRC64NVME_POLYNOMIAL = 0x9a6c9329ac4bc9b5n;

const PAGE_BYTES = 65_536;
const TABLES_BYTES = 16 * 256 * 8;
const TABLES_32 = 0;
const TABLES_64 = TABLES_BYTES;
/** Where input is copied to, a page at a time. */
const INPUT = PAGE_BYTES;
const ONES_32 = 0xffff_ffffn;
const ONES_64 = 0xffff_ffff_ffff_ffffn;

interface Program {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly crc: (crc: bigint, tables: number, from: number, to: number) => bigint;
}

/** The part of WebAssembly that is used; TypeScript has its types among a browser's only. */
interface Assembly {
  readonly Module: new (binary: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: Program };
}
const { WebAssembly } = globalThis as unknown as { readonly WebAssembly: Assembly };

const { exports: program } = new WebAssembly.Instance(
  new WebAssembly.Module(crcProgram(INPUT / PAGE_BYTES + 1)),
);
const memory = new Uint8Array(program.memory.buffer);
new BigUint64Array(program.memory.buffer).set(crcTables(CRC32C_POLYNOMIAL), TABLES_32 / 8);
new BigUint64Array(program.memory.buffer).set(crcTables(CRC64NVME_POLYNOMIAL), TABLES_64 / 8);

export function crc32c(bytes: Uint8Array, before = 0): number {
  return Number(run(bytes, BigInt(before >>> 0) ^ ONES_32, TABLES_32) ^ ONES_32);
}

export function crc64nvme(bytes: Uint8Array, before = 0n): bigint {
  return BigInt.asUintN(64, run(bytes, before ^ ONES_64, TABLES_64)) ^ ONES_64;
}

function run(bytes: Uint8Array, state: bigint, tables: number): bigint {
  let crc = state;
  for (let from = 0; from < bytes.length; from += PAGE_BYTES) {
    const piece = bytes.subarray(from, from + PAGE_BYTES);
    memory.set(piece, INPUT);
    crc = program.crc(crc, tables, INPUT, INPUT + piece.length);
  }
  return crc;
}
