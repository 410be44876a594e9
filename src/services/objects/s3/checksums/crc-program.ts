/**
 * A small WebAssembly program that computes reflected CRCs of up to 64 bits, 16 bytes a step with 16 tables ("slicing"). Node has CRC-32 natively, and neither CRC-32C
 * nor CRC-64/NVME; JavaScript has no 64-bit integers but BigInt, which is hundreds of times slower. Put together here, from the instructions it consists of
 * (WebAssembly core specification, 5: binary format), so that there is no binary file to believe.
 */

type Code = readonly number[];

const I32 = 0x7f;
const I64 = 0x7e;
const BLOCK = [0x02, 0x40];
const LOOP = [0x03, 0x40];
const END = [0x0b];
/** Out of the block around the loop, if so; and back to the loop's beginning. */
const LEAVE_IF = [0x0d, 1];
const AGAIN = [0x0c, 0];
const ADD_32 = [0x6a];
const AND_32 = [0x71];
const SHIFT_LEFT_32 = [0x74];
const GREATER_32 = [0x4b];
const GREATER_OR_EQUAL_32 = [0x4f];
const SHIFT_RIGHT_64 = [0x88];
const XOR_64 = [0x85];
const TO_32 = [0xa7];

/** Locals of the one function: its parameters, and two words of input. */
const CRC = 0;
const TABLES = 1;
const FROM = 2;
const TO = 3;
const FIRST = 4;
const SECOND = 5;

const STEP_BYTES = 16;
const ENTRY_BYTES = 8;
const ENTRIES = 256;

function unsigned(value: number): Code {
  return value < 128 ? [value] : [(value & 127) | 128, ...unsigned(value >>> 7)];
}

function signed(value: number): Code {
  const last = value >= -64 && value < 64;
  return last ? [value & 127] : [(value & 127) | 128, ...signed(value >> 7)];
}

const get = (local: number): Code => [0x20, local];
const set = (local: number): Code => [0x21, local];
const constant32 = (value: number): Code => [0x41, ...signed(value)];
const constant64 = (value: number): Code => [0x42, ...signed(value)];
const load64 = (offset: number): Code => [0x29, 3, ...unsigned(offset)];
const loadByte64 = (offset: number): Code => [0x31, 0, ...unsigned(offset)];

/** The entry of a table for one byte of a word. */
function entry(word: number, byte: number, table: number): Code {
  const scaled =
    byte === 0
      ? [...get(word), ...TO_32, ...constant32(255), ...AND_32, ...constant32(3), ...SHIFT_LEFT_32]
      : [
          // Shifted by three bits less: times the size of an entry.
          ...get(word),
          ...constant64(8 * byte - 3),
          ...SHIFT_RIGHT_64,
          ...TO_32,
          ...constant32(255 * ENTRY_BYTES),
          ...AND_32,
        ];
  return [...get(TABLES), ...scaled, ...ADD_32, ...load64(table * ENTRIES * ENTRY_BYTES)];
}

/** All of them xored pairwise rather than one after the other: a processor does several at once then. */
function xored(terms: readonly Code[]): Code {
  if (terms.length === 1) return terms[0] ?? [];
  const half = terms.length / 2;
  return [...xored(terms.slice(0, half)), ...xored(terms.slice(half)), ...XOR_64];
}

const BYTES = [0, 1, 2, 3, 4, 5, 6, 7];

const sixteenBytes: Code = [
  ...[...get(FROM), ...load64(0), ...get(CRC), ...XOR_64, ...set(FIRST)],
  ...[...get(FROM), ...load64(8), ...set(SECOND)],
  ...xored(BYTES.map((byte) => entry(SECOND, byte, 7 - byte))),
  ...xored(BYTES.map((byte) => entry(FIRST, byte, 15 - byte))),
  ...[...XOR_64, ...set(CRC)],
  ...[...get(FROM), ...constant32(STEP_BYTES), ...ADD_32, ...set(FROM)],
];

const oneByte: Code = [
  ...[...get(CRC), ...get(FROM), ...loadByte64(0), ...XOR_64, ...set(FIRST)],
  ...[...get(CRC), ...constant64(8), ...SHIFT_RIGHT_64, ...entry(FIRST, 0, 0), ...XOR_64, ...set(CRC)],
  ...[...get(FROM), ...constant32(1), ...ADD_32, ...set(FROM)],
];

const loop = (leaveWhen: Code, body: Code): Code => [
  ...[...BLOCK, ...LOOP, ...leaveWhen, ...LEAVE_IF],
  ...[...body, ...AGAIN, ...END, ...END],
];

const instructions: Code = [
  ...loop([...get(FROM), ...constant32(STEP_BYTES), ...ADD_32, ...get(TO), ...GREATER_32], sixteenBytes),
  ...loop([...get(FROM), ...get(TO), ...GREATER_OR_EQUAL_32], oneByte),
  ...[...get(CRC), ...END],
];

const list = (items: readonly Code[]): Code => [...unsigned(items.length), ...items.flat()];
const sized = (code: Code): Code => [...unsigned(code.length), ...code];
const section = (id: number, content: Code): Code => [id, ...sized(content)];
const text = (name: string): Code => sized([...Buffer.from(name)]);

/** `crc(crc: i64, tables: i32, from: i32, to: i32): i64` over a memory of `pages` pages of 64 KiB. */
export function crcProgram(pages: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, list([[0x60, ...list([[I64], [I32], [I32], [I32]]), ...list([[I64]])]])),
    ...section(3, list([[0]])),
    ...section(5, list([[0, ...unsigned(pages)]])),
    ...section(
      7,
      list([
        [...text('memory'), 2, 0],
        [...text('crc'), 0, 0],
      ]),
    ),
    ...section(10, list([sized([...list([[2, I64]]), ...instructions])])),
  ]);
}

/** The 16 tables of a reflected polynomial, as the program reads them. */
export function crcTables(polynomial: bigint): BigUint64Array {
  const tables = new BigUint64Array(STEP_BYTES * ENTRIES);
  for (let index = 0; index < ENTRIES; index++) {
    let value = BigInt(index);
    for (let bit = 0; bit < 8; bit++) value = value & 1n ? (value >> 1n) ^ polynomial : value >> 1n;
    tables[index] = value;
  }
  for (let at = ENTRIES; at < tables.length; at++) {
    const before = tables[at - ENTRIES] ?? 0n;
    tables[at] = (before >> 8n) ^ (tables[Number(before & 255n)] ?? 0n);
  }
  return tables;
}
