/**
 * Reads the protobuf wire format into plain objects, by a table of fields. Only what a request body needs: no groups, no writing.
 * Every length is checked; nothing is allocated for what the bytes do not hold.
 */

export type FieldType =
  | 'string'
  | 'bool'
  | 'int64'
  /** Base64 in the result, as in JSON. */
  | 'bytes'
  /** `metav1.Time`, RFC 3339 in the result. */
  | 'time'
  | { readonly message: MessageType }
  | { readonly map: 'string' | 'bytes' };

export interface FieldDescriptor {
  readonly name: string;
  readonly type: FieldType;
  readonly repeated?: boolean;
}

/** Fields by number. Numbers that are not listed are skipped. */
export type MessageType = Readonly<Record<number, FieldDescriptor>>;

export class ProtobufError extends Error {}

const VARINT = 0;
const FIXED_64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED_32 = 5;
const MESSAGE_DEPTH_MAX = 16;

class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw new ProtobufError('ends inside a number');
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asIntN(64, value);
    }
    throw new ProtobufError('has a number of more than 64 bits');
  }

  chunk(): Uint8Array {
    return this.take(Number(this.varint()));
  }

  take(length: number): Uint8Array {
    if (length < 0 || length > this.#bytes.length - this.#at) throw new ProtobufError('ends inside a field');
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  skip(wireType: number): void {
    if (wireType === VARINT) this.varint();
    else if (wireType === FIXED_64) this.take(8);
    else if (wireType === FIXED_32) this.take(4);
    else if (wireType === LENGTH_DELIMITED) this.chunk();
    else throw new ProtobufError(`has a field of the unknown wire type ${wireType}`);
  }
}

/** Strict: a request with broken text must not be stored as something else. */
const utf8 = new TextDecoder('utf-8', { fatal: true });

function text(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new ProtobufError('holds text that is not UTF-8');
  }
}

/** Decodes a message. Throws a ProtobufError that says what is wrong with the bytes. */
export function decodeMessage(bytes: Uint8Array, type: MessageType, depth = 0): Record<string, unknown> {
  if (depth > MESSAGE_DEPTH_MAX)
    throw new ProtobufError(`is nested deeper than ${MESSAGE_DEPTH_MAX} messages`);
  const reader = new Reader(bytes);
  const result: Record<string, unknown> = {};
  while (!reader.done) {
    const tag = Number(reader.varint());
    const field = type[tag >>> 3];
    const wireType = tag & 7;
    const expected = field?.type === 'bool' || field?.type === 'int64' ? VARINT : LENGTH_DELIMITED;
    if (field === undefined || wireType !== expected) {
      reader.skip(wireType);
      continue;
    }
    if (typeof field.type === 'object' && 'map' in field.type) {
      decodeMapEntry(reader.chunk(), field.type.map, result, field.name);
      continue;
    }
    const value = decodeValue(reader, field.type, depth);
    if (!field.repeated) {
      if (value !== undefined) result[field.name] = value;
      continue;
    }
    const list = result[field.name];
    if (Array.isArray(list)) list.push(value);
    else result[field.name] = [value];
  }
  return result;
}

function decodeValue(reader: Reader, type: Exclude<FieldType, { map: unknown }>, depth: number): unknown {
  switch (type) {
    case 'bool':
      return reader.varint() !== 0n;
    case 'int64':
      return Number(reader.varint());
    case 'string':
      return text(reader.chunk());
    case 'bytes':
      return Buffer.from(reader.chunk()).toString('base64');
    case 'time':
      return decodeTime(reader.chunk());
    default:
      return decodeMessage(reader.chunk(), type.message, depth + 1);
  }
}

const MAP_ENTRY = {
  string: { 1: { name: 'key', type: 'string' }, 2: { name: 'value', type: 'string' } },
  bytes: { 1: { name: 'key', type: 'string' }, 2: { name: 'value', type: 'bytes' } },
} as const satisfies Record<string, MessageType>;

function decodeMapEntry(
  bytes: Uint8Array,
  values: 'string' | 'bytes',
  result: Record<string, unknown>,
  name: string,
): void {
  const { key = '', value = '' } = decodeMessage(bytes, MAP_ENTRY[values]) as {
    key?: string;
    value?: string;
  };
  if (key === '__proto__') throw new ProtobufError('has a key "__proto__"');
  let map = result[name] as Record<string, string> | undefined;
  if (map === undefined) {
    map = {};
    result[name] = map;
  }
  map[key] = value;
}

const TIME: MessageType = { 1: { name: 'seconds', type: 'int64' } };

/** Go writes the zero time as an empty message. */
function decodeTime(bytes: Uint8Array): string | undefined {
  const { seconds } = decodeMessage(bytes, TIME) as { seconds?: number };
  if (seconds === undefined) return undefined;
  const date = new Date(seconds * 1_000);
  if (Number.isNaN(date.getTime())) throw new ProtobufError('holds a time out of range');
  return `${date.toISOString().slice(0, 19)}Z`;
}
