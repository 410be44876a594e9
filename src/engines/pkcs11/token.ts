/**
 * One token of a PKCS#11 module, logged in: its keys by their labels. A session that was lost is opened again once within the same
 * operation; what cannot be repaired so is for `host.ts` to begin anew, in another process. Synchronous: one operation at a time.
 */
import { randomBytes } from 'node:crypto';
import type { HsmAlgorithm, HsmInfo, HsmKeyName } from '#kernel/hsm.ts';
import { CKA, CKF, CKK, CKM, CKO, CKR, CKU_USER, CURVES } from './constants.ts';
import {
  gcmMechanism,
  libraryText,
  mechanism,
  Pkcs11Error,
  Pkcs11Module,
  readUlong,
  type Template,
  type TokenInfo,
  template,
  tokenInfo,
  ulong,
  valueLength,
} from './module.ts';

const SLOTS_MAX = 256;
const FOUND_MAX = 256;
const HANDLES_MAX = 10_000;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;
const SIGNATURE_BYTES_MAX = 256;

/** A session that is gone, though the module still works. */
const LOST: readonly number[] = [
  CKR.SESSION_CLOSED,
  CKR.SESSION_HANDLE_INVALID,
  CKR.USER_NOT_LOGGED_IN,
  CKR.CRYPTOKI_NOT_INITIALIZED,
  CKR.DEVICE_ERROR,
  CKR.DEVICE_REMOVED,
  CKR.OPERATION_ACTIVE,
  CKR.TOKEN_NOT_PRESENT,
];
const STALE: readonly number[] = [CKR.KEY_HANDLE_INVALID, CKR.OBJECT_HANDLE_INVALID];

export const isLost = (error: unknown): boolean => error instanceof Pkcs11Error && LOST.includes(error.code);

export interface PublicPoint {
  readonly x: Buffer;
  readonly y: Buffer;
}

export class Token {
  readonly #module: Pkcs11Module;
  readonly #label: string;
  readonly #pin: string;
  readonly #handles = new Map<string, bigint>();
  /** What calls of this operation read through pointers: must not be collected before it is over. */
  #held: Template[] = [];
  #session: bigint | undefined;
  #slot = 0;

  constructor(modulePath: string, label: string, pin: string) {
    this.#module = new Pkcs11Module(modulePath);
    this.#label = label;
    this.#pin = pin;
  }

  /** Where the token was last found. */
  get slot(): number {
    return this.#slot;
  }

  info(): HsmInfo {
    return this.#run(() => {
      const { label, ...rest } = tokenInfo(this.#module, this.#slot);
      return { library: libraryText(this.#module), token: label, ...rest };
    });
  }

  make({ label, group }: HsmKeyName, algorithm: HsmAlgorithm): PublicPoint | undefined {
    return this.#run((session) => {
      const named = [
        [CKA.TOKEN, true],
        [CKA.LABEL, Buffer.from(label)],
        [CKA.ID, Buffer.from(group)],
      ] as const;
      if (algorithm === 'P-256' || algorithm === 'P-384')
        return this.#makePair(session, label, named, algorithm);
      if (this.#find(session, label) !== undefined) return undefined;
      const isAes = algorithm === 'AES-256-GCM';
      const made = Buffer.alloc(8);
      const how = this.#hold(mechanism(isAes ? CKM.AES_KEY_GEN : CKM.GENERIC_SECRET_KEY_GEN));
      const what = this.#hold(
        template([
          [CKA.CLASS, CKO.SECRET_KEY],
          [CKA.KEY_TYPE, isAes ? CKK.AES : CKK.GENERIC_SECRET],
          [CKA.VALUE_LEN, KEY_BYTES],
          ...named,
          [CKA.PRIVATE, true],
          [CKA.SENSITIVE, true],
          [CKA.EXTRACTABLE, false],
          ...(isAes
            ? ([
                [CKA.ENCRYPT, true],
                [CKA.DECRYPT, true],
              ] as const)
            : ([
                [CKA.SIGN, true],
                [CKA.VERIFY, true],
              ] as const)),
        ]),
      );
      this.#module.call('C_GenerateKey', [session, how.bytes, what.bytes, BigInt(what.count), made]);
      return undefined;
    });
  }

  #makePair(
    session: bigint,
    label: string,
    named: readonly (readonly [number, Buffer | boolean])[],
    curve: keyof typeof CURVES,
  ): PublicPoint {
    const { parameters, bytes } = CURVES[curve];
    if (this.#find(session, label) === undefined) {
      const how = this.#hold(mechanism(CKM.EC_KEY_PAIR_GEN));
      const open = this.#hold(template([...named, [CKA.EC_PARAMS, parameters], [CKA.VERIFY, true]]));
      const secret = this.#hold(
        template([
          ...named,
          [CKA.PRIVATE, true],
          [CKA.SENSITIVE, true],
          [CKA.EXTRACTABLE, false],
          [CKA.SIGN, true],
        ]),
      );
      this.#module.call('C_GenerateKeyPair', [
        session,
        how.bytes,
        open.bytes,
        BigInt(open.count),
        secret.bytes,
        BigInt(secret.count),
        Buffer.alloc(8),
        Buffer.alloc(8),
      ]);
    }
    const found = this.#search(session, [
      [CKA.LABEL, Buffer.from(label)],
      [CKA.CLASS, CKO.PUBLIC_KEY],
    ])[0];
    if (found === undefined) throw new Error('the HSM has no public half of a key pair that it made');
    const point = this.#attribute(session, found, CKA.EC_POINT);
    // An OCTET STRING around 04 ‖ x ‖ y; some modules leave the wrapping away.
    const coordinates = point.subarray(-2 * bytes);
    return { x: coordinates.subarray(0, bytes), y: coordinates.subarray(bytes) };
  }

  #attribute(session: bigint, object: bigint, type: number): Buffer {
    const value = Buffer.alloc(512);
    const what = this.#hold(template([[type, value]]));
    this.#module.call('C_GetAttributeValue', [session, object, what.bytes, 1n]);
    return value.subarray(0, valueLength(what));
  }

  seal(label: string, plaintext: Buffer, additionalData: Buffer): Buffer | undefined {
    const nonce = randomBytes(NONCE_BYTES);
    const how = this.#hold(gcmMechanism(CKM.AES_GCM, nonce, additionalData, 8 * TAG_BYTES));
    return this.#with(label, (session, key) => {
      this.#module.call('C_EncryptInit', [session, how.bytes, key]);
      const sealed = this.#output('C_Encrypt', session, plaintext, plaintext.length + TAG_BYTES);
      return Buffer.concat([nonce, sealed]);
    });
  }

  open(label: string, sealed: Buffer, additionalData: Buffer): Buffer | undefined {
    if (sealed.length < NONCE_BYTES + TAG_BYTES) return undefined;
    const nonce = Buffer.from(sealed.subarray(0, NONCE_BYTES));
    const rest = Buffer.from(sealed.subarray(NONCE_BYTES));
    const how = this.#hold(gcmMechanism(CKM.AES_GCM, nonce, additionalData, 8 * TAG_BYTES));
    return this.#with(label, (session, key) => {
      this.#module.call('C_DecryptInit', [session, how.bytes, key]);
      try {
        return this.#output('C_Decrypt', session, rest, rest.length);
      } catch (error) {
        // What a module says of a tag that does not fit differs; nothing else can be wrong with the data.
        if (isLost(error)) throw error;
        return undefined;
      }
    });
  }

  sign(label: string, digest: Buffer): Buffer | undefined {
    return this.#signature(label, CKM.ECDSA, digest);
  }

  mac(label: string, message: Buffer): Buffer | undefined {
    return this.#signature(label, CKM.SHA256_HMAC, message);
  }

  #signature(label: string, type: number, message: Buffer): Buffer | undefined {
    const how = this.#hold(mechanism(type));
    return this.#with(label, (session, key) => {
      this.#module.call('C_SignInit', [session, how.bytes, key]);
      return this.#output('C_Sign', session, message, SIGNATURE_BYTES_MAX);
    });
  }

  random(bytes: number): Buffer {
    return this.#run((session) => {
      const made = Buffer.alloc(bytes);
      this.#module.call('C_GenerateRandom', [session, made, BigInt(bytes)]);
      return made;
    });
  }

  destroy(label: string): void {
    this.#destroyAll([CKA.LABEL, Buffer.from(label)]);
  }

  destroyGroup(group: string): void {
    this.#destroyAll([CKA.ID, Buffer.from(group)]);
  }

  #destroyAll(which: readonly [number, Buffer]): void {
    this.#run((session) => {
      for (;;) {
        const found = this.#search(session, [which]);
        if (found.length === 0) break;
        for (const object of found) this.#module.call('C_DestroyObject', [session, object]);
      }
      this.#handles.clear();
    });
  }

  /** Calls one of the functions that fill a buffer of at most `bytes_max`. */
  #output(
    name: 'C_Encrypt' | 'C_Decrypt' | 'C_Sign',
    session: bigint,
    input: Buffer,
    bytes_max: number,
  ): Buffer {
    const made = Buffer.alloc(bytes_max);
    const length = ulong(bytes_max);
    // No module takes a null pointer for nothing.
    const from = input.length === 0 ? Buffer.alloc(1) : input;
    this.#module.call(name, [session, from, BigInt(input.length), made, length]);
    return made.subarray(0, readUlong(length));
  }

  /** With the secret or private key of that label. */
  #with(label: string, work: (session: bigint, key: bigint) => Buffer | undefined): Buffer | undefined {
    return this.#run((session) => {
      const known = this.#handles.has(label);
      const key = this.#find(session, label);
      if (key === undefined) return undefined;
      try {
        return work(session, key);
      } catch (error) {
        if (!known || !(error instanceof Pkcs11Error) || !STALE.includes(error.code)) throw error;
      }
      // Somebody else destroyed it, or the token counts anew.
      this.#handles.delete(label);
      const again = this.#find(session, label);
      return again === undefined ? undefined : work(session, again);
    });
  }

  #find(session: bigint, label: string): bigint | undefined {
    const known = this.#handles.get(label);
    if (known !== undefined) return known;
    for (const type of [CKO.SECRET_KEY, CKO.PRIVATE_KEY]) {
      const found = this.#search(session, [
        [CKA.LABEL, Buffer.from(label)],
        [CKA.CLASS, type],
      ])[0];
      if (found === undefined) continue;
      if (this.#handles.size >= HANDLES_MAX) this.#handles.clear();
      this.#handles.set(label, found);
      return found;
    }
    return undefined;
  }

  #search(session: bigint, attributes: readonly (readonly [number, Buffer | number])[]): bigint[] {
    const what = this.#hold(template(attributes));
    this.#module.call('C_FindObjectsInit', [session, what.bytes, BigInt(what.count)]);
    try {
      const handles = Buffer.alloc(8 * FOUND_MAX);
      const count = ulong(0);
      this.#module.call('C_FindObjects', [session, handles, BigInt(FOUND_MAX), count]);
      return Array.from({ length: readUlong(count) }, (_, at) => handles.readBigUInt64LE(8 * at));
    } finally {
      this.#module.call('C_FindObjectsFinal', [session]);
    }
  }

  #hold(what: Template): Template {
    this.#held.push(what);
    return what;
  }

  /** Runs work in a session, and once more in a new one when the session turns out to be lost. */
  #run<Result>(work: (session: bigint) => Result): Result {
    const had = this.#session !== undefined;
    try {
      return work(this.#open());
    } catch (error) {
      if (!isLost(error)) throw error;
      this.#forget();
      if (!had) throw error;
      return work(this.#open());
    } finally {
      this.#held = [];
    }
  }

  #forget(): void {
    this.#session = undefined;
    this.#handles.clear();
    // A module only notices that a token is back when it begins anew; whether it minds ending does not matter.
    try {
      this.#module.call('C_Finalize', [null]);
    } catch (error) {
      if (!(error instanceof Pkcs11Error)) throw error;
    }
  }

  #open(): bigint {
    if (this.#session !== undefined) return this.#session;
    this.#module.call('C_Initialize', [null], [CKR.CRYPTOKI_ALREADY_INITIALIZED]);
    this.#slot = this.#findSlot();
    const handle = Buffer.alloc(8);
    const flags = BigInt(CKF.RW_SESSION | CKF.SERIAL_SESSION);
    this.#module.call('C_OpenSession', [BigInt(this.#slot), flags, null, null, handle]);
    const session = handle.readBigUInt64LE();
    const pin = Buffer.from(this.#pin, 'utf8');
    try {
      const login = [session, BigInt(CKU_USER), pin, BigInt(pin.length)];
      this.#module.call('C_Login', login, [CKR.USER_ALREADY_LOGGED_IN]);
    } finally {
      pin.fill(0);
    }
    this.#session = session;
    return session;
  }

  #findSlot(): number {
    const count = ulong(SLOTS_MAX);
    const slots = Buffer.alloc(8 * SLOTS_MAX);
    this.#module.call('C_GetSlotList', [1, slots, count]);
    const seen: TokenInfo[] = [];
    for (let at = 0; at < readUlong(count); at++) {
      const slot = Number(slots.readBigUInt64LE(8 * at));
      const info = tokenInfo(this.#module, slot);
      if (info.label === this.#label) return slot;
      seen.push(info);
    }
    // As the standard says it: it may be back the next time.
    throw new Pkcs11Error(
      `no token "${this.#label}" (there are: ${seen.map(({ label }) => label || 'unnamed').join(', ') || 'none'})`,
      CKR.TOKEN_NOT_PRESENT,
    );
  }
}
