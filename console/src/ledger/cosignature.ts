/**
 * Cosignatures of checkpoints (C2SP tlog-cosignature), checked with WebCrypto: Ed25519 (type 4), and ML-DSA-44 (type 6) where the browser has it. A cosignature says
 * that, as of its time, this was the largest tree of the log that whoever cosigned had seen, consistent with all before. Pure but for asking what the browser can.
 */
import { type Bytes, concat, utf8 } from './bytes.ts';
import { type NoteSignature, parseCheckpoint, splitVkey } from './note.ts';
import { ProofError } from './problem.ts';

export const TYPES = { ed25519: 0x04, mlDsa44: 0x06 } as const;
type CosignatureType = (typeof TYPES)[keyof typeof TYPES];

const NAMES: Readonly<Record<CosignatureType, string>> = {
  [TYPES.ed25519]: 'Ed25519',
  [TYPES.mlDsa44]: 'ML-DSA-44',
};
const KEY_BYTES: Readonly<Record<CosignatureType, number>> = {
  [TYPES.ed25519]: 32,
  [TYPES.mlDsa44]: 1_312,
};
const SIGNATURE_BYTES: Readonly<Record<CosignatureType, number>> = {
  [TYPES.ed25519]: 64,
  [TYPES.mlDsa44]: 2_420,
};
const TIME_BYTES = 8;
/** Past this a Date has no more. */
const TIME_S_MAX = 8_640_000_000_000;
/** Names are written behind one byte of length. */
const NAME_BYTES_MAX = 255;
const LABEL = utf8('subtree/v1\n\0');

/** The public key of somebody who cosigns. */
export interface CosignerKey {
  readonly vkey: string;
  readonly name: string;
  /** Eight hexadecimal digits. */
  readonly keyId: string;
  readonly type: CosignatureType;
  readonly publicKey: Bytes;
}

const isCosigner = (type: number | undefined): type is CosignatureType =>
  type === TYPES.ed25519 || type === TYPES.mlDsa44;

/** Undefined: the key of another type, such as the one that a log signs with. Throws ProofError. */
export async function parseCosigner(vkey: string): Promise<CosignerKey | undefined> {
  const { name, keyId, type, publicKey } = await splitVkey(vkey);
  if (!isCosigner(type)) return undefined;
  if (publicKey.length !== KEY_BYTES[type])
    throw new ProofError(
      'key',
      `a key of ${NAMES[type]} has ${KEY_BYTES[type]} bytes, not ${publicKey.length}`,
    );
  return { vkey, name, keyId, type, publicKey };
}

export const algorithmOf = ({ type }: CosignerKey): string => NAMES[type];

/** When it says that it was made; undefined: it is no cosignature. */
export function cosignedAt({ signature }: NoteSignature): Date | undefined {
  if (!Object.values(SIGNATURE_BYTES).includes(signature.length - TIME_BYTES)) return undefined;
  const time_s = Number(timeIn(signature));
  return time_s > TIME_S_MAX ? undefined : new Date(time_s * 1_000);
}

const timeIn = (signature: Bytes): bigint =>
  new DataView(signature.buffer, signature.byteOffset, TIME_BYTES).getBigUint64(0);

function uint64(value: bigint): Bytes {
  const bytes = new Uint8Array(TIME_BYTES);
  new DataView(bytes.buffer).setBigUint64(0, value);
  return bytes;
}

function lengthPrefixed(name: string): Bytes {
  const bytes = utf8(name);
  if (bytes.length > NAME_BYTES_MAX)
    throw new ProofError('note', `a name takes at most ${NAME_BYTES_MAX} bytes in a cosignature`);
  return concat(Uint8Array.of(bytes.length), bytes);
}

/** What was signed of a checkpoint's text. */
function messageOf({ type, name }: CosignerKey, time_s: bigint, text: string): Bytes {
  if (type === TYPES.ed25519) return utf8(`cosignature/v1\ntime ${time_s}\n${text}`);
  const { origin, size, root } = parseCheckpoint(text);
  return concat(
    LABEL,
    lengthPrefixed(name),
    uint64(time_s),
    lengthPrefixed(origin),
    uint64(0n),
    uint64(BigInt(size)),
    root,
  );
}

/** Undefined: this browser has not the algorithm. Throws ProofError for what is no key of it. */
async function verifierOf({ type, name, publicKey }: CosignerKey): Promise<CryptoKey | undefined> {
  // The newer name of a raw key, which ML-DSA has alone; types of the DOM do not know it yet.
  const format = type === TYPES.ed25519 ? 'raw' : ('raw-public' as 'raw');
  try {
    return await crypto.subtle.importKey(format, publicKey, NAMES[type], false, ['verify']);
  } catch (error) {
    const { name: why } = error as DOMException;
    if (why === 'NotSupportedError' || error instanceof TypeError) return undefined;
    throw new ProofError('key', `the key of ${name} is none of ${NAMES[type]}`);
  }
}

/** Whether it is theirs, of this very text. `no-algorithm`: this browser cannot say. Throws ProofError. */
export async function checkCosignature(
  key: CosignerKey,
  { signature }: NoteSignature,
  text: string,
): Promise<'good' | 'bad' | 'no-algorithm'> {
  const verifier = await verifierOf(key);
  if (verifier === undefined) return 'no-algorithm';
  if (signature.length !== TIME_BYTES + SIGNATURE_BYTES[key.type]) return 'bad';
  const message = messageOf(key, timeIn(signature), text);
  const isGood = await crypto.subtle.verify(NAMES[key.type], verifier, signature.slice(TIME_BYTES), message);
  return isGood ? 'good' : 'bad';
}
