/**
 * Arrays as PostgreSQL's binary protocol has them (`array_send` and `array_recv`): bytes go as bytes, where the text of an array would be
 * twice as long, to be written here and read there. Pure.
 */

// Of pg_type, the same in every database.
const BYTEA_OID = 17;
const INT8_OID = 20;
const INT2_OID = 21;
const TEXT_OID = 25;

/** Dimensions, whether there are nulls, the elements' type; then of the one dimension its length and first index. */
const HEAD_BYTES = 20;
const LENGTH_BYTES = 4;
const NULL_LENGTH = -1;

/** Each gives a value for a parameter of that array's type; null is SQL's. */
export const byteaArray = (values: readonly (Uint8Array | null)[]): Buffer =>
  binaryArray(
    BYTEA_OID,
    values,
    (value) => value.length,
    (array, value, at) => {
      array.set(value, at);
    },
  );

export const textArray = (values: readonly (string | null)[]): Buffer =>
  binaryArray(
    TEXT_OID,
    values,
    (value) => Buffer.byteLength(value),
    (array, value, at) => {
      array.write(value, at);
    },
  );

/** Of whole numbers below 2^53. */
export const bigintArray = (values: readonly (number | null)[]): Buffer =>
  binaryArray(
    INT8_OID,
    values,
    () => 8,
    (array, value, at) => {
      array.writeInt32BE(Math.floor(value / 2 ** 32), at);
      array.writeUInt32BE(value >>> 0, at + 4);
    },
  );

export const smallintArray = (values: readonly (number | null)[]): Buffer =>
  binaryArray(
    INT2_OID,
    values,
    () => 2,
    (array, value, at) => {
      array.writeInt16BE(value, at);
    },
  );

function binaryArray<Value>(
  elementOid: number,
  values: readonly (Value | null)[],
  lengthOf: (value: Value) => number,
  write: (array: Buffer, value: Value, at: number) => void,
): Buffer {
  let length = HEAD_BYTES;
  let nulls = 0;
  const lengths = values.map((value) => {
    const bytes = value === null ? NULL_LENGTH : lengthOf(value);
    if (bytes === NULL_LENGTH) nulls = 1;
    else length += bytes;
    length += LENGTH_BYTES;
    return bytes;
  });
  // An empty array has no dimension.
  const array = Buffer.allocUnsafe(values.length === 0 ? 12 : length);
  array.writeInt32BE(values.length === 0 ? 0 : 1, 0);
  array.writeInt32BE(nulls, 4);
  array.writeInt32BE(elementOid, 8);
  if (values.length === 0) return array;
  array.writeInt32BE(values.length, 12);
  array.writeInt32BE(1, 16);
  let at = HEAD_BYTES;
  values.forEach((value, index) => {
    const bytes = lengths[index] ?? NULL_LENGTH;
    at = array.writeInt32BE(bytes, at);
    if (value === null) return;
    write(array, value, at);
    at += bytes;
  });
  return array;
}
