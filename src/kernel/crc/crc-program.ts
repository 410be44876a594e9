/**
 * A small WebAssembly program that computes reflected CRCs of up to 64 bits, 16 bytes a step with 16 tables ("slicing"), of two stretches at a time: each step of one waits for the one before,
 * and a processor has room for both. Node has CRC-32 natively, and neither CRC-32C
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
const SUBTRACT_32 = [0x6b];
const LESS_32 = [0x49];
const GREATER_32 = [0x4b];
const GREATER_OR_EQUAL_32 = [0x4f];
const SHIFT_RIGHT_64 = [0x88];
const XOR_64 = [0x85];
const TO_32 = [0xa7];

/** Locals of a function: its parameters, two words of input of each stretch, the CRC of the second stretch, and where the first ends. */
const CRC = 0;
const FROM = 1;
const TO = 2;
const FIRST = 3;
const SECOND = 4;
const OTHER_FIRST = 5;
const OTHER_SECOND = 6;
const OTHER_CRC = 7;
const MIDDLE = 8;

const STEP_BYTES = 16;
const ENTRY_BYTES = 8;
const ENTRIES = 256;
/** Of one stretch of two. */
const STRETCH_BYTES = 8_192;
const STEP_TABLES = STEP_BYTES;
const SKIP_TABLES = 8;
/** What a polynomial has in memory: the tables of a step, then those that skip a stretch. */
export const TABLES_BYTES = (STEP_TABLES + SKIP_TABLES) * ENTRIES * ENTRY_BYTES;

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
function entry(tables: number, word: number, byte: number, table: number): Code {
  // Times the size of an entry: shifted by three bits less.
  const shifted =
    byte === 0
      ? [...get(word), ...TO_32, ...constant32(3), ...SHIFT_LEFT_32]
      : [...get(word), ...constant64(8 * byte - 3), ...SHIFT_RIGHT_64, ...TO_32];
  const at = [...shifted, ...constant32((ENTRIES - 1) * ENTRY_BYTES), ...AND_32];
  return [...at, ...load64(tables + table * ENTRIES * ENTRY_BYTES)];
}

/** All of them xored pairwise rather than one after the other: a processor does several at once then. */
function xored(terms: readonly Code[]): Code {
  if (terms.length === 1) return terms[0] ?? [];
  const half = terms.length / 2;
  return [...xored(terms.slice(0, half)), ...xored(terms.slice(half)), ...XOR_64];
}

const BYTES = [0, 1, 2, 3, 4, 5, 6, 7];

/** The sixteen bytes from there on. */
const words = (crc: number, first: number, second: number, offset: number): Code => [
  ...[...get(FROM), ...load64(offset), ...get(crc), ...XOR_64, ...set(first)],
  ...[...get(FROM), ...load64(offset + 8), ...set(second)],
];

const step = (tables: number, crc: number, first: number, second: number): Code => [
  ...xored(BYTES.map((byte) => entry(tables, second, byte, 7 - byte))),
  ...xored(BYTES.map((byte) => entry(tables, first, byte, 15 - byte))),
  ...[...XOR_64, ...set(crc)],
];

const forward = (bytes: number): Code => [...get(FROM), ...constant32(bytes), ...ADD_32, ...set(FROM)];

const loop = (leaveWhen: Code, body: Code): Code => [
  ...[...BLOCK, ...LOOP, ...leaveWhen, ...LEAVE_IF],
  ...[...body, ...AGAIN, ...END, ...END],
];

/** A CRC goes on from that of the first stretch as if the second were zeros, and the second's own is added: CRCs are linear. */
const twoStretches = (tables: number): Code => [
  ...[...get(FROM), ...constant32(STRETCH_BYTES), ...ADD_32, ...set(MIDDLE)],
  ...[...constant64(0), ...set(OTHER_CRC)],
  ...loop(
    [...get(FROM), ...get(MIDDLE), ...GREATER_OR_EQUAL_32],
    [
      ...words(CRC, FIRST, SECOND, 0),
      ...words(OTHER_CRC, OTHER_FIRST, OTHER_SECOND, STRETCH_BYTES),
      ...step(tables, CRC, FIRST, SECOND),
      ...step(tables, OTHER_CRC, OTHER_FIRST, OTHER_SECOND),
      ...forward(STEP_BYTES),
    ],
  ),
  ...xored(BYTES.map((byte) => entry(tables, CRC, byte, STEP_TABLES + byte))),
  ...[...get(OTHER_CRC), ...XOR_64, ...set(CRC)],
  ...forward(STRETCH_BYTES),
];

const sixteenBytes = (tables: number): Code => [
  ...words(CRC, FIRST, SECOND, 0),
  ...step(tables, CRC, FIRST, SECOND),
  ...forward(STEP_BYTES),
];

const oneByte = (tables: number): Code => [
  ...[...get(CRC), ...get(FROM), ...loadByte64(0), ...XOR_64, ...set(FIRST)],
  ...[
    ...get(CRC),
    ...constant64(8),
    ...SHIFT_RIGHT_64,
    ...entry(tables, FIRST, 0, 0),
    ...XOR_64,
    ...set(CRC),
  ],
  ...forward(1),
];

const instructions = (tables: number): Code => [
  ...loop(
    [...get(TO), ...get(FROM), ...SUBTRACT_32, ...constant32(2 * STRETCH_BYTES), ...LESS_32],
    twoStretches(tables),
  ),
  ...loop(
    [...get(FROM), ...constant32(STEP_BYTES), ...ADD_32, ...get(TO), ...GREATER_32],
    sixteenBytes(tables),
  ),
  ...loop([...get(FROM), ...get(TO), ...GREATER_OR_EQUAL_32], oneByte(tables)),
  ...[...get(CRC), ...END],
];

const list = (items: readonly Code[]): Code => [...unsigned(items.length), ...items.flat()];
const sized = (code: Code): Code => [...unsigned(code.length), ...code];
const section = (id: number, content: Code): Code => [id, ...sized(content)];
const text = (name: string): Code => sized([...Buffer.from(name)]);

const LOCALS: Code = list([
  [4, I64],
  [1, I64],
  [1, I32],
]);

/** For each name a function `(crc: i64, from: i32, to: i32): i64` whose tables lie there in the memory, which has so many pages of 64 KiB. */
export function crcProgram(
  pages: number,
  functions: readonly { readonly name: string; readonly tables: number }[],
): Uint8Array<ArrayBuffer> {
  return new Uint8Array([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, list([[0x60, ...list([[I64], [I32], [I32]]), ...list([[I64]])]])),
    ...section(3, list(functions.map(() => [0]))),
    ...section(5, list([[0, ...unsigned(pages)]])),
    ...section(
      7,
      list([
        [...text('memory'), 2, 0],
        ...functions.map(({ name }, index) => [...text(name), 0, ...unsigned(index)]),
      ]),
    ),
    ...section(10, list(functions.map(({ tables }) => sized([...LOCALS, ...instructions(tables)])))),
  ]);
}

/** The tables of a step for a reflected polynomial, as the program reads them. */
export function stepTables(polynomial: bigint): BigUint64Array {
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

/** The tables that go on from a CRC as if a stretch of zeros had come. `afterZeros` computes that, with the tables of a step alone. */
export function skipTables(afterZeros: (crc: bigint, bytes: number) => bigint): BigUint64Array {
  const tables = new BigUint64Array(SKIP_TABLES * ENTRIES);
  for (let bit = 0; bit < 8 * SKIP_TABLES; bit++) {
    const table = (bit >> 3) * ENTRIES;
    const one = 1 << (bit & 7);
    const skipped = afterZeros(1n << BigInt(bit), STRETCH_BYTES);
    // Every entry is the sum of those of its bits.
    for (let below = 0; below < one; below++)
      tables[table + one + below] = skipped ^ (tables[table + below] ?? 0n);
  }
  return tables;
}
