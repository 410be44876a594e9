/**
 * Cosignatures of checkpoints (C2SP tlog-cosignature): timestamped Ed25519 (type 4) and ML-DSA-44 (type 6). A cosignature says that, as
 * of its time, this was the largest tree of the log that the cosigner had seen, consistent with all before.
 */
import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { parseCheckpointText } from './checkpoint.ts';
import { isLogError, LogError } from './log-error.ts';
import {
  ed25519Key,
  isKeyName,
  keyId,
  type NoteSignature,
  type NoteVerifier,
  SIGNATURE_TYPE,
  type SignatureType,
  splitVkey,
  vkeyOf,
} from './note.ts';

export type CosignatureType =
  | typeof SIGNATURE_TYPE.ed25519Cosignature
  | typeof SIGNATURE_TYPE.mlDsa44Cosignature;

const TIMESTAMP_BYTES = 8;
const ML_DSA_44_KEY_BYTES = 1312;
const SIGNATURE_BYTES: Readonly<Record<CosignatureType, number>> = {
  [SIGNATURE_TYPE.ed25519Cosignature]: 64,
  [SIGNATURE_TYPE.mlDsa44Cosignature]: 2420,
};
/** Names are written behind one byte of length. */
const NAME_BYTES_MAX = 255;
const LABEL = Buffer.from('subtree/v1\n\0', 'latin1');

export const isCosignatureType = (type: number): type is CosignatureType =>
  type === SIGNATURE_TYPE.ed25519Cosignature || type === SIGNATURE_TYPE.mlDsa44Cosignature;

/** Somebody who cosigns. `sign` signs the message it is given with the key of that type. */
export interface Cosigner {
  readonly name: string;
  readonly type: CosignatureType;
  /** Raw: 32 bytes of Ed25519, 1312 of ML-DSA-44. */
  readonly publicKey: Uint8Array;
  sign(message: Uint8Array): Promise<Uint8Array>;
}

function lengthPrefixed(name: string): Buffer {
  const bytes = Buffer.from(name);
  if (bytes.length === 0 || bytes.length > NAME_BYTES_MAX) {
    throw new LogError(
      'MALFORMED_KEY',
      `a name takes 1 to ${NAME_BYTES_MAX} bytes in a cosignature: "${name}"`,
    );
  }
  return Buffer.concat([Buffer.of(bytes.length), bytes]);
}

function uint64(value: number): Buffer {
  const bytes = Buffer.alloc(TIMESTAMP_BYTES);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}

/** What a cosigner signs of a checkpoint's text. Throws a LogError when the text is no checkpoint. */
export function cosignedMessage(type: CosignatureType, name: string, time_s: number, text: string): Buffer {
  const { origin, size, root } = parseCheckpointText(text);
  if (type === SIGNATURE_TYPE.ed25519Cosignature)
    return Buffer.from(`cosignature/v1\ntime ${time_s}\n${text}`);
  return Buffer.concat([
    LABEL,
    lengthPrefixed(name),
    uint64(time_s),
    lengthPrefixed(origin),
    uint64(0),
    uint64(size),
    root,
  ]);
}

/** Cosigns a checkpoint's text; gives the signature line, newline included. `time_s`: seconds since the Unix epoch. */
export async function cosign(text: string, cosigner: Cosigner, time_s: number): Promise<string> {
  const { name, type, publicKey } = cosigner;
  if (!isKeyName(name)) throw new LogError('MALFORMED_KEY', `"${name}" cannot be the name of a key`);
  const signature = await cosigner.sign(cosignedMessage(type, name, time_s, text));
  const blob = Buffer.concat([keyId(name, publicKey, type), uint64(time_s), signature]);
  return `— ${name} ${blob.toString('base64')}\n`;
}

/** When a cosignature says it was made, in seconds since the Unix epoch; undefined when it says nothing sensible. */
export function cosignatureTime({ signature }: Pick<NoteSignature, 'signature'>): number | undefined {
  if (signature.length < TIMESTAMP_BYTES) return undefined;
  const time_s = Number(signature.readBigUInt64BE());
  return Number.isSafeInteger(time_s) ? time_s : undefined;
}

/** The raw public key of a key, private or public: 32 bytes of Ed25519, 1312 of ML-DSA-44. */
export const rawPublicKey = (key: KeyObject): Uint8Array =>
  Uint8Array.from((key.type === 'private' ? createPublicKey(key) : key).export({ format: 'raw-public' }));

function openKey(name: string, type: CosignatureType, publicKey: Uint8Array): KeyObject {
  if (type === SIGNATURE_TYPE.ed25519Cosignature) return ed25519Key(publicKey);
  if (publicKey.length !== ML_DSA_44_KEY_BYTES) {
    throw new LogError(
      'MALFORMED_KEY',
      `the key of "${name}": an ML-DSA-44 key has ${ML_DSA_44_KEY_BYTES} bytes, not ${publicKey.length}`,
    );
  }
  return createPublicKey({ key: publicKey, format: 'raw-public', asymmetricKeyType: 'ml-dsa-44' });
}

/** The verifier of a cosigner's raw public key. */
export function cosignatureVerifier(
  name: string,
  type: CosignatureType,
  publicKey: Uint8Array,
): NoteVerifier {
  if (!isKeyName(name)) throw new LogError('MALFORMED_KEY', `"${name}" cannot be the name of a key`);
  const key = openKey(name, type, publicKey);
  return {
    name,
    type,
    keyId: keyId(name, publicKey, type),
    publicKey: Buffer.from(publicKey),
    verify(text, signature) {
      const blob = Buffer.from(signature.buffer, signature.byteOffset, signature.byteLength);
      const time_s = cosignatureTime({ signature: blob });
      if (time_s === undefined || blob.length !== TIMESTAMP_BYTES + SIGNATURE_BYTES[type]) return false;
      try {
        const message = cosignedMessage(type, name, time_s, Buffer.from(text).toString('utf8'));
        return verify(null, message, key, blob.subarray(TIMESTAMP_BYTES));
      } catch (error) {
        // A text that is no checkpoint was never cosigned.
        if (isLogError(error)) return false;
        throw error;
      }
    },
  };
}

/** The vkey of a cosigner. */
export const cosignerVkey = ({ name, type, publicKey }: Omit<Cosigner, 'sign'>): string =>
  vkeyOf({ name, type, publicKey: Buffer.from(publicKey), keyId: keyId(name, publicKey, type) });

const TYPE_NAMES: Readonly<Record<SignatureType, string>> = {
  [SIGNATURE_TYPE.ed25519]: '1 (Ed25519)',
  [SIGNATURE_TYPE.ed25519Cosignature]: '4 (Ed25519 cosignature)',
  [SIGNATURE_TYPE.mlDsa44Cosignature]: '6 (ML-DSA-44 cosignature)',
};

/** Reads the vkey of a cosigner: a witness, or a log's post-quantum key. */
export function parseCosignerVkey(vkey: string): NoteVerifier {
  const { name, type, publicKey } = splitVkey(vkey);
  if (!isCosignatureType(type)) {
    const known = TYPE_NAMES[type as SignatureType] ?? String(type);
    throw new LogError(
      'MALFORMED_KEY',
      `the key "${name}" is of type ${known}; a cosigner's is of type 4 (Ed25519) or 6 (ML-DSA-44)`,
    );
  }
  return cosignatureVerifier(name, type, publicKey);
}
