/**
 * Signed notes (C2SP signed-note), and the Ed25519 keys (signature type 0x01) that logs sign them with; `cosignature.ts` has the others.
 * Text of a note must never be used before `openNote` has verified it.
 */
import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import type { LogSigner } from '../keys.ts';
import { LogError } from './log-error.ts';

/** Type bytes in key ids and vkeys (C2SP signed-note, tlog-cosignature). */
export const SIGNATURE_TYPE = {
  ed25519: 0x01,
  /** Timestamped, by a witness. */
  ed25519Cosignature: 0x04,
  /** Timestamped, by a witness or by the log itself; holds when Ed25519 does not any more. */
  mlDsa44Cosignature: 0x06,
} as const;
export type SignatureType = (typeof SIGNATURE_TYPE)[keyof typeof SIGNATURE_TYPE];

const ED25519 = SIGNATURE_TYPE.ed25519;
const ED25519_KEY_BYTES = 32;
const ED25519_SIGNATURE_BYTES = 64;
const KEY_ID_BYTES = 4;

// A checkpoint with 16 post-quantum cosignatures stays below this.
export const NOTE_BYTES_MAX = 128 * 1024;
const SIGNATURES_MAX = 64;

/** A public key together with the name it signs under. */
export interface NoteVerifier {
  readonly name: string;
  readonly type: SignatureType;
  readonly keyId: Buffer;
  /** Raw: 32 bytes of Ed25519, 1312 of ML-DSA-44. */
  readonly publicKey: Buffer;
  /** `text` of the note, which the signature covers in the way of its type. Never throws. */
  verify(text: Uint8Array, signature: Uint8Array): boolean;
}

export interface NoteSignature {
  readonly name: string;
  readonly keyId: Buffer;
  readonly signature: Buffer;
}

export interface Note {
  /** Ends in a newline; it is what the signatures cover. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

/** Key names: not empty, no spaces, no plus sign, no control characters. */
export function isKeyName(name: string): boolean {
  return name !== '' && !/[\s+\p{Cc}\p{Z}]/u.test(name);
}

/** First four bytes of `SHA-256(name ‖ 0x0A ‖ type ‖ publicKey)`. */
export function keyId(name: string, publicKey: Uint8Array, type: SignatureType = ED25519): Buffer {
  return createHash('sha256')
    .update(name)
    .update(Buffer.from([0x0a, type]))
    .update(publicKey)
    .digest()
    .subarray(0, KEY_ID_BYTES);
}

/** A raw Ed25519 public key as OpenSSL takes it. Throws a LogError when it is none. */
export function ed25519Key(publicKey: Uint8Array): KeyObject {
  if (publicKey.length !== ED25519_KEY_BYTES) {
    throw new LogError(
      'MALFORMED_KEY',
      `an Ed25519 key has ${ED25519_KEY_BYTES} bytes, not ${publicKey.length}`,
    );
  }
  return createPublicKey({ key: publicKey, format: 'raw-public', asymmetricKeyType: 'ed25519' });
}

/** The verifier of a raw Ed25519 public key. */
export function noteVerifier(name: string, publicKey: Uint8Array): NoteVerifier {
  if (!isKeyName(name)) throw new LogError('MALFORMED_KEY', `"${name}" cannot be the name of a key`);
  const key = ed25519Key(publicKey);
  const raw = Buffer.from(publicKey);
  return {
    name,
    type: ED25519,
    keyId: keyId(name, raw),
    publicKey: raw,
    verify: (text, signature) =>
      signature.length === ED25519_SIGNATURE_BYTES && verify(null, text, key, signature),
  };
}

/** `name+<key id in hex>+<base64 of type and key>`: the form in which a log's public key is handed around. */
export function encodeVkey(name: string, publicKey: Uint8Array): string {
  return vkeyOf(noteVerifier(name, publicKey));
}

/** The vkey of any key. */
export function vkeyOf({ name, type, keyId: id, publicKey }: Omit<NoteVerifier, 'verify'>): string {
  return `${name}+${id.toString('hex')}+${Buffer.concat([Buffer.from([type]), publicKey]).toString('base64')}`;
}

/** A vkey taken apart; `type` may be one that is not known here. */
export interface VkeyParts {
  readonly name: string;
  readonly type: number;
  readonly publicKey: Buffer;
}

/** Takes a vkey apart, refusing one whose id does not fit its key. */
export function splitVkey(vkey: string): VkeyParts {
  const [, name, id, encoded] = /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})$/.exec(vkey.trim()) ?? [];
  if (name === undefined || id === undefined || encoded === undefined) {
    throw new LogError('MALFORMED_KEY', 'a log key looks like <name>+<8 hex digits>+<base64>');
  }
  const key = Buffer.from(encoded, 'base64');
  const type = key[0];
  if (type === undefined || key.toString('base64') !== encoded || !isKeyName(name)) {
    throw new LogError('MALFORMED_KEY', `the key of "${name}" is not proper base64`);
  }
  const publicKey = key.subarray(1);
  if (keyId(name, publicKey, type as SignatureType).toString('hex') !== id) {
    throw new LogError(
      'MALFORMED_KEY',
      `the id ${id} does not fit the key of "${name}": the vkey was changed`,
    );
  }
  return { name, type, publicKey };
}

/** Reads the vkey of a log's Ed25519 key. */
export function parseVkey(vkey: string): NoteVerifier {
  const { name, type, publicKey } = splitVkey(vkey);
  if (type !== ED25519) {
    throw new LogError(
      'MALFORMED_KEY',
      `the key "${name}" is of type ${type}; the key a log signs with is of type 1 (Ed25519)`,
    );
  }
  return noteVerifier(name, publicKey);
}

/** Signs `text` (which must end in a newline) as the log. */
export function signNote(text: string, signer: LogSigner): string {
  if (!text.endsWith('\n')) throw new LogError('MALFORMED_NOTE', 'the text of a note ends in a newline');
  if (!isKeyName(signer.origin))
    throw new LogError('MALFORMED_KEY', `"${signer.origin}" cannot be the name of a key`);
  const blob = Buffer.concat([keyId(signer.origin, signer.publicKey), signer.sign(Buffer.from(text))]);
  return `${text}\n— ${signer.origin} ${blob.toString('base64')}\n`;
}

/** Takes a note apart. Verifies nothing. */
export function parseNote(note: string): Note {
  if (Buffer.byteLength(note) > NOTE_BYTES_MAX) {
    throw new LogError('MALFORMED_NOTE', `the note is longer than ${NOTE_BYTES_MAX} bytes`);
  }
  if (/[\p{Cc}\ufffd]/u.test(note.replaceAll('\n', ''))) {
    throw new LogError('MALFORMED_NOTE', 'the note holds control characters or is not UTF-8');
  }
  const split = note.lastIndexOf('\n\n');
  if (split < 0 || !note.endsWith('\n')) {
    throw new LogError(
      'MALFORMED_NOTE',
      'a note is a text, an empty line and signature lines, each ended by a newline',
    );
  }
  const lines = note.slice(split + 2, -1).split('\n');
  if (lines.length > SIGNATURES_MAX) {
    throw new LogError(
      'MALFORMED_NOTE',
      `the note has ${lines.length} signatures; the most is ${SIGNATURES_MAX}`,
    );
  }
  return { text: note.slice(0, split + 1), signatures: lines.map(parseSignatureLine) };
}

function parseSignatureLine(line: string): NoteSignature {
  const [, name, encoded] = /^— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})$/u.exec(line) ?? [];
  if (name === undefined || encoded === undefined) {
    throw new LogError(
      'MALFORMED_NOTE',
      `not a signature line ("— <name> <base64>"): ${JSON.stringify(line)}`,
    );
  }
  const blob = Buffer.from(encoded, 'base64');
  // One spelling only: trailing bits that decode to nothing would let a note be changed without being noticed.
  if (blob.toString('base64') !== encoded || blob.length <= KEY_ID_BYTES) {
    throw new LogError('MALFORMED_NOTE', `the signature of "${name}" is not proper base64`);
  }
  return { name, keyId: blob.subarray(0, KEY_ID_BYTES), signature: blob.subarray(KEY_ID_BYTES) };
}

/** A signature as a line of a note. */
export const signatureLine = ({ name, keyId: id, signature }: NoteSignature): string =>
  `— ${name} ${Buffer.concat([id, signature]).toString('base64')}\n`;

/** Whether a key made (or claims to have made) a signature. */
export const isSignatureOf =
  (key: { readonly name: string; readonly keyId: Buffer }) =>
  (signature: NoteSignature): boolean =>
    signature.name === key.name && signature.keyId.equals(key.keyId);

/** The note with only the signatures that `keep` says yes to. */
export function withSignatures(note: string, keep: (signature: NoteSignature) => boolean): string {
  const { text, signatures } = parseNote(note);
  return `${text}\n${signatures.filter(keep).map(signatureLine).join('')}`;
}

/** The note with more signature lines; one takes the place of an earlier one by the same key. */
export function addSignatures(note: string, lines: readonly string[]): string {
  const added = parseNote(`${parseNote(note).text}\n${lines.join('')}`).signatures;
  const isReplaced = (old: NoteSignature) => added.some((one) => isSignatureOf(one)(old));
  return `${withSignatures(note, (signature) => !isReplaced(signature))}${added.map(signatureLine).join('')}`;
}

/**
 * Verifies a note and returns it. Signatures by other keys are ignored; one by the known key that does not verify
 * makes the whole note worthless, as does having none by it.
 */
export function openNote(note: string, verifier: NoteVerifier): Note {
  const parsed = parseNote(note);
  const own = parsed.signatures.filter(isSignatureOf(verifier));
  if (own.length === 0) {
    const signers = parsed.signatures.map(
      (signature) => `${signature.name}+${signature.keyId.toString('hex')}`,
    );
    throw new LogError(
      'UNKNOWN_KEY',
      `not signed by ${verifier.name}+${verifier.keyId.toString('hex')}; signed by ${signers.join(', ')}`,
    );
  }
  const message = Buffer.from(parsed.text);
  for (const signature of own) {
    if (!verifier.verify(message, signature.signature)) {
      throw new LogError('BAD_SIGNATURE', `the signature of ${verifier.name} does not fit the text`);
    }
  }
  return parsed;
}
