/**
 * Signed notes (C2SP signed-note) and the keys that verify them, with Ed25519 only (signature type 0x01).
 * Text of a note must never be used before `openNote` has verified it.
 */
import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import type { LogSigner } from '../keys.ts';
import { LogError } from './log-error.ts';

/** Type byte of Ed25519 in key ids and vkeys. */
const ED25519 = 0x01;
const ED25519_KEY_BYTES = 32;
const ED25519_SIGNATURE_BYTES = 64;
const KEY_ID_BYTES = 4;

// A checkpoint with 16 post-quantum cosignatures stays below this.
const NOTE_BYTES_MAX = 128 * 1024;
const SIGNATURES_MAX = 64;

// Wraps a raw Ed25519 public key into SubjectPublicKeyInfo (RFC 8410, section 4).
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

/** A public key together with the name it signs under. */
export interface NoteVerifier {
  readonly name: string;
  readonly keyId: Buffer;
  /** Raw, 32 bytes. */
  readonly publicKey: Buffer;
  verify(message: Uint8Array, signature: Uint8Array): boolean;
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

/** First four bytes of `SHA-256(name ‖ 0x0A ‖ 0x01 ‖ publicKey)`. */
export function keyId(name: string, publicKey: Uint8Array): Buffer {
  return createHash('sha256')
    .update(name)
    .update(Buffer.from([0x0a, ED25519]))
    .update(publicKey)
    .digest()
    .subarray(0, KEY_ID_BYTES);
}

/** The verifier of a raw Ed25519 public key. */
export function noteVerifier(name: string, publicKey: Uint8Array): NoteVerifier {
  if (!isKeyName(name)) throw new LogError('MALFORMED_KEY', `"${name}" cannot be the name of a key`);
  if (publicKey.length !== ED25519_KEY_BYTES) {
    throw new LogError(
      'MALFORMED_KEY',
      `an Ed25519 key has ${ED25519_KEY_BYTES} bytes, not ${publicKey.length}`,
    );
  }
  const raw = Buffer.from(publicKey);
  const key: KeyObject = createPublicKey({
    key: Buffer.concat([SPKI_PREFIX, raw]),
    format: 'der',
    type: 'spki',
  });
  return {
    name,
    keyId: keyId(name, raw),
    publicKey: raw,
    verify: (message, signature) =>
      signature.length === ED25519_SIGNATURE_BYTES && verify(null, message, key, signature),
  };
}

/** `name+<key id in hex>+<base64 of type and key>`: the form in which a log's public key is handed around. */
export function encodeVkey(name: string, publicKey: Uint8Array): string {
  const verifier = noteVerifier(name, publicKey);
  const key = Buffer.concat([Buffer.from([ED25519]), verifier.publicKey]);
  return `${name}+${verifier.keyId.toString('hex')}+${key.toString('base64')}`;
}

/** Reads a vkey, refusing one whose id does not fit its key. */
export function parseVkey(vkey: string): NoteVerifier {
  const [, name, id, encoded] = /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})$/.exec(vkey.trim()) ?? [];
  if (name === undefined || id === undefined || encoded === undefined) {
    throw new LogError('MALFORMED_KEY', 'a log key looks like <name>+<8 hex digits>+<base64>');
  }
  const key = Buffer.from(encoded, 'base64');
  if (key[0] !== ED25519) {
    throw new LogError(
      'MALFORMED_KEY',
      `the key "${name}" is of type ${key[0] ?? 'none'}; only 1 (Ed25519) is used here`,
    );
  }
  const verifier = noteVerifier(name, key.subarray(1));
  if (verifier.keyId.toString('hex') !== id) {
    throw new LogError(
      'MALFORMED_KEY',
      `the id ${id} does not fit the key of "${name}": the vkey was changed`,
    );
  }
  return verifier;
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

/**
 * Verifies a note and returns it. Signatures by other keys are ignored; one by the known key that does not verify
 * makes the whole note worthless, as does having none by it.
 */
export function openNote(note: string, verifier: NoteVerifier): Note {
  const parsed = parseNote(note);
  const own = parsed.signatures.filter(
    (signature) => signature.name === verifier.name && signature.keyId.equals(verifier.keyId),
  );
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
