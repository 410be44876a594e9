/**
 * A PKCS#11 module called through node:ffi (docs/decisions/0016). Only the module host (`host.ts`) loads one, in a process of its own: a
 * call into somebody's library may crash or block whatever process makes it.
 *
 * Structures are those of 64-bit Linux: CK_ULONG and pointers have eight bytes.
 */
import { type DynamicLibrary, dlopen, type FunctionSignature, getRawPointer } from 'node:ffi';
import { CKR, returnName } from './constants.ts';

const ULONG_BYTES = 8;
const ATTRIBUTE_BYTES = 24;
const MECHANISM_BYTES = 24;
const GCM_PARAMETERS_BYTES = 48;
const TOKEN_INFO_BYTES = 208;
const LIBRARY_INFO_BYTES = 88;

const U = 'u64';
const P = 'pointer';
/** Name and arguments; all of them return a CK_RV. */
const FUNCTIONS = {
  C_Initialize: [P],
  C_Finalize: [P],
  C_GetInfo: [P],
  C_GetSlotList: ['u8', P, P],
  C_GetTokenInfo: [U, P],
  C_OpenSession: [U, U, P, P, P],
  C_CloseSession: [U],
  C_Login: [U, U, P, U],
  C_FindObjectsInit: [U, P, U],
  C_FindObjects: [U, P, U, P],
  C_FindObjectsFinal: [U],
  C_GetAttributeValue: [U, U, P, U],
  C_DestroyObject: [U, U],
  C_GenerateKey: [U, P, P, U, P],
  C_GenerateKeyPair: [U, P, P, U, P, U, P, P],
  C_EncryptInit: [U, P, U],
  C_Encrypt: [U, P, U, P, P],
  C_DecryptInit: [U, P, U],
  C_Decrypt: [U, P, U, P, P],
  C_SignInit: [U, P, U],
  C_Sign: [U, P, U, P, P],
  C_GenerateRandom: [U, P, U],
} as const;

export type FunctionName = keyof typeof FUNCTIONS;
type Argument = bigint | number | Buffer | null;

/** A call that the module refused. */
export class Pkcs11Error extends Error {
  override readonly name = 'Pkcs11Error';
  readonly code: number;

  constructor(call: string, code: number) {
    super(`${call}: ${returnName(code)}`);
    this.code = code;
  }
}

export class Pkcs11Module {
  readonly #library: DynamicLibrary;
  readonly #functions: Readonly<Record<string, (...args: Argument[]) => unknown>>;

  /** Throws when it is no PKCS#11 module that exports its functions by name. */
  constructor(path: string) {
    const signatures = Object.entries(FUNCTIONS).map(([name, args]): [string, FunctionSignature] => [
      name,
      { arguments: args, return: U },
    ]);
    const { lib, functions } = dlopen(path, Object.fromEntries(signatures));
    this.#library = lib;
    this.#functions = functions;
  }

  get path(): string {
    return this.#library.path;
  }

  /** Throws Pkcs11Error unless the module says CKR_OK, or one of `others`, which is given back. */
  call(name: FunctionName, args: readonly Argument[], others: readonly number[] = []): number {
    const code = Number(this.#functions[name]?.(...args));
    if (code === CKR.OK || others.includes(code)) return code;
    throw new Pkcs11Error(name, code);
  }
}

export const ulong = (value: number | bigint): Buffer => {
  const bytes = Buffer.alloc(ULONG_BYTES);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
};

export const readUlong = (bytes: Buffer): number => Number(bytes.readBigUInt64LE());
const TRUE = Buffer.from([1]);
const FALSE = Buffer.from([0]);

const pointerTo = (bytes: Buffer): bigint => (bytes.length === 0 ? 0n : getRawPointer(bytes));

/** What a call reads besides its arguments: kept alive for as long as somebody holds it. */
export interface Template {
  readonly bytes: Buffer;
  readonly count: number;
  readonly values: readonly Buffer[];
}

/** A CK_ATTRIBUTE array. */
export function template(attributes: readonly (readonly [number, Buffer | boolean | number])[]): Template {
  const values = attributes.map(([, value]) =>
    Buffer.isBuffer(value) ? value : typeof value === 'boolean' ? (value ? TRUE : FALSE) : ulong(value),
  );
  const bytes = Buffer.alloc(ATTRIBUTE_BYTES * attributes.length);
  for (const [index, [type]] of attributes.entries()) {
    const value = values[index] ?? FALSE;
    const at = index * ATTRIBUTE_BYTES;
    bytes.writeBigUInt64LE(BigInt(type), at);
    bytes.writeBigUInt64LE(pointerTo(value), at + 8);
    bytes.writeBigUInt64LE(BigInt(value.length), at + 16);
  }
  return { bytes, count: attributes.length, values };
}

/** How long the value of the first attribute is that a call filled in. */
export const valueLength = ({ bytes }: Template): number => Number(bytes.readBigUInt64LE(16));

/** A CK_MECHANISM, with what it points to. */
export function mechanism(type: number, parameter: Buffer = Buffer.alloc(0)): Template {
  const bytes = Buffer.alloc(MECHANISM_BYTES);
  bytes.writeBigUInt64LE(BigInt(type), 0);
  bytes.writeBigUInt64LE(pointerTo(parameter), 8);
  bytes.writeBigUInt64LE(BigInt(parameter.length), 16);
  return { bytes, count: 1, values: [parameter] };
}

/** CKM_AES_GCM with a CK_GCM_PARAMS. */
export function gcmMechanism(
  type: number,
  nonce: Buffer,
  additionalData: Buffer,
  tag_bits: number,
): Template {
  const parameters = Buffer.alloc(GCM_PARAMETERS_BYTES);
  const numbers = [
    pointerTo(nonce),
    BigInt(nonce.length),
    BigInt(8 * nonce.length),
    pointerTo(additionalData),
    BigInt(additionalData.length),
    BigInt(tag_bits),
  ];
  for (const [index, number] of numbers.entries()) parameters.writeBigUInt64LE(number, ULONG_BYTES * index);
  const { bytes, count, values } = mechanism(type, parameters);
  return { bytes, count, values: [...values, nonce, additionalData] };
}

const text = (bytes: Buffer, from: number, length: number) =>
  bytes.toString('utf8', from, from + length).trimEnd();
const version = (bytes: Buffer, at: number) => `${bytes[at] ?? 0}.${bytes[at + 1] ?? 0}`;

export interface TokenInfo {
  readonly label: string;
  readonly manufacturer: string;
  readonly model: string;
  readonly serial: string;
  readonly firmware: string;
}

/** A CK_TOKEN_INFO. */
export function tokenInfo(module: Pkcs11Module, slot: number): TokenInfo {
  const bytes = Buffer.alloc(TOKEN_INFO_BYTES);
  module.call('C_GetTokenInfo', [BigInt(slot), bytes]);
  return {
    label: text(bytes, 0, 32),
    manufacturer: text(bytes, 32, 32),
    model: text(bytes, 64, 16),
    serial: text(bytes, 80, 16),
    firmware: version(bytes, 186),
  };
}

/** Description and version from a CK_INFO. */
export function libraryText(module: Pkcs11Module): string {
  const bytes = Buffer.alloc(LIBRARY_INFO_BYTES);
  module.call('C_GetInfo', [bytes]);
  return `${text(bytes, 48, 32)} ${version(bytes, 80)}`;
}
