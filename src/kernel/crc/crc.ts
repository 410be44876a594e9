/** CRC-32C, CRC-64/NVME and CRC-64/XZ of bytes that come in pieces. Init and final xor are all ones, as in CRC-32; each function goes on from what it returned. */
import { crcProgram, skipTables, stepTables, TABLES_BYTES } from './crc-program.ts';

/** Castagnoli (RFC 3720, B.4), the NVM Express specification's, and ECMA-182's as the .xz file format has it; all reflected. */
export const CRC32C_POLYNOMIAL = 0x82f63b78n;
export const CRC64NVME_POLYNOMIAL = 0x9a6c9329ac4bc9b5n;
const CRC64XZ_POLYNOMIAL = 0xc96c5795d7870f42n;

const PAGE_BYTES = 65_536;
const POLYNOMIALS = {
  crc32c: CRC32C_POLYNOMIAL,
  crc64nvme: CRC64NVME_POLYNOMIAL,
  crc64xz: CRC64XZ_POLYNOMIAL,
};
type Name = keyof typeof POLYNOMIALS;
const FUNCTIONS = (Object.keys(POLYNOMIALS) as Name[]).map((name, index) => ({
  name,
  tables: index * TABLES_BYTES,
}));
/** Where input is copied to, a page at a time. */
const INPUT = Math.ceil((FUNCTIONS.length * TABLES_BYTES) / PAGE_BYTES) * PAGE_BYTES;
const ONES_32 = 0xffff_ffffn;
const ONES_64 = 0xffff_ffff_ffff_ffffn;

type Program = { readonly memory: { readonly buffer: ArrayBuffer } } & {
  readonly [N in Name]: (crc: bigint, from: number, to: number) => bigint;
};

/** The part of WebAssembly that is used; TypeScript has its types among a browser's only. */
interface Assembly {
  readonly Module: new (binary: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: Program };
}
const { WebAssembly } = globalThis as unknown as { readonly WebAssembly: Assembly };

const { exports: program } = new WebAssembly.Instance(
  new WebAssembly.Module(crcProgram(INPUT / PAGE_BYTES + 1, FUNCTIONS)),
);
const memory = new Uint8Array(program.memory.buffer);
for (const { name, tables } of FUNCTIONS) {
  const words = new BigUint64Array(program.memory.buffer, tables, TABLES_BYTES / 8);
  const steps = stepTables(POLYNOMIALS[name]);
  words.set(steps);
  // The memory is all zeros where input will be.
  words.set(
    skipTables((crc, bytes) => BigInt.asUintN(64, program[name](crc, INPUT, INPUT + bytes))),
    steps.length,
  );
}

export function crc32c(bytes: Uint8Array, before = 0): number {
  return Number(run(bytes, BigInt(before >>> 0) ^ ONES_32, 'crc32c') ^ ONES_32);
}

export function crc64nvme(bytes: Uint8Array, before = 0n): bigint {
  return BigInt.asUintN(64, run(bytes, before ^ ONES_64, 'crc64nvme')) ^ ONES_64;
}

export function crc64xz(bytes: Uint8Array, before = 0n): bigint {
  return BigInt.asUintN(64, run(bytes, before ^ ONES_64, 'crc64xz')) ^ ONES_64;
}

function run(bytes: Uint8Array, state: bigint, name: Name): bigint {
  let crc = state;
  for (let from = 0; from < bytes.length; from += PAGE_BYTES) {
    const piece = bytes.subarray(from, from + PAGE_BYTES);
    memory.set(piece, INPUT);
    crc = program[name](crc, INPUT, INPUT + piece.length);
  }
  return crc;
}
