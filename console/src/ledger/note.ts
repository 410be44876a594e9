/**
 * Keys and signed checkpoints of logs (C2SP signed-note, tlog-checkpoint), checked with WebCrypto's Ed25519. A log signs with ML-DSA-44 as well:
 * `cosignature.ts`. Pure.
 */
import { areEqual, type Bytes, base64, concat, fromBase64, hex, sha256, utf8 } from './bytes.ts';
import { HASH_BYTES } from './merkle.ts';
import { ProofError } from './problem.ts';

const ED25519 = 0x01;
const KEY_BYTES = 32;
const KEY_ID_BYTES = 4;
const SIGNATURE_BYTES = 64;
const NOTE_CHARACTERS_MAX = 128 * 1024;
const SIGNATURES_MAX = 64;

/** The Ed25519 public key of a log. */
export interface LogKey {
  /** As it is written on paper: `<name>+<key id>+<base64>`. */
  readonly vkey: string;
  readonly name: string;
  /** Eight hexadecimal digits. */
  readonly keyId: string;
  readonly publicKey: Bytes;
}

export interface NoteSignature {
  readonly name: string;
  readonly keyId: string;
  readonly signature: Bytes;
}

export interface Note {
  /** What the signatures cover; ends in a newline. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: Bytes;
}

async function keyIdOf(name: string, typed: Bytes): Promise<string> {
  return hex((await sha256(concat(utf8(`${name}\n`), typed))).subarray(0, KEY_ID_BYTES));
}

/** A vkey taken apart; its type may be one that is not known here. */
export interface VkeyParts {
  readonly name: string;
  readonly keyId: string;
  readonly type: number | undefined;
  readonly publicKey: Bytes;
}

/** Throws ProofError for what is no vkey, or whose id does not fit. */
export async function splitVkey(vkey: string): Promise<VkeyParts> {
  const [, name, keyId, encoded] = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})$/u.exec(vkey) ?? [];
  const typed = encoded === undefined ? undefined : fromBase64(encoded);
  if (name === undefined || typed === undefined)
    throw new ProofError('key', `not a key of the form <name>+<8 hex digits>+<base64>: ${vkey.slice(0, 80)}`);
  if ((await keyIdOf(name, typed)) !== keyId)
    throw new ProofError('key', `the id ${keyId} does not fit the key of ${name}: it was changed`);
  return { name, keyId: keyId ?? '', type: typed[0], publicKey: typed.slice(1) };
}

/** Reads a vkey. Undefined: of another type than Ed25519. Throws ProofError. */
async function parseVkey(vkey: string): Promise<LogKey | undefined> {
  const { name, keyId, type, publicKey } = await splitVkey(vkey);
  if (type !== ED25519) return undefined;
  if (publicKey.length !== KEY_BYTES)
    throw new ProofError('key', `an Ed25519 key has ${KEY_BYTES} bytes, not ${publicKey.length}`);
  return { vkey, name, keyId, publicKey };
}

/** The vkeys in a text, which white space separates. */
export const vkeysIn = (text: string): readonly string[] => text.split(/\s+/).filter((word) => word !== '');

/** The one Ed25519 key among a log's keys. Throws ProofError. */
export async function parseKeys(text: string): Promise<LogKey> {
  const words = vkeysIn(text);
  const keys = (await Promise.all(words.map(parseVkey))).filter((key) => key !== undefined);
  const [key, ...others] = keys;
  if (key === undefined || others.length > 0)
    throw new ProofError('key', `a log has one Ed25519 key; here are ${keys.length}`);
  return key;
}

/** Takes a note apart. Verifies nothing. Throws ProofError. */
export function parseNote(note: string): Note {
  if (note.length > NOTE_CHARACTERS_MAX) throw new ProofError('note', 'too long to be a checkpoint');
  if (/[\p{Cc}\ufffd]/u.test(note.replaceAll('\n', '')))
    throw new ProofError('note', 'the checkpoint holds control characters');
  const split = note.lastIndexOf('\n\n');
  if (split < 0 || !note.endsWith('\n'))
    throw new ProofError('note', 'a checkpoint is a text, an empty line and signatures');
  const lines = note.slice(split + 2, -1).split('\n');
  if (lines.length > SIGNATURES_MAX) throw new ProofError('note', `more than ${SIGNATURES_MAX} signatures`);
  return { text: note.slice(0, split + 1), signatures: lines.map(parseSignature) };
}

function parseSignature(line: string): NoteSignature {
  const [, name, encoded] = /^— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})$/u.exec(line) ?? [];
  const blob = encoded === undefined ? undefined : fromBase64(encoded);
  if (name === undefined || blob === undefined || blob.length <= KEY_ID_BYTES)
    throw new ProofError('note', `not a signature: ${line.slice(0, 80)}`);
  return { name, keyId: hex(blob.subarray(0, KEY_ID_BYTES)), signature: blob.slice(KEY_ID_BYTES) };
}

/** The three lines of a checkpoint. Verifies nothing. Throws ProofError. */
export function parseCheckpoint(text: string): Checkpoint {
  const [origin = '', size = '', rootText = '', ...rest] = text.split('\n');
  const root = fromBase64(rootText);
  if (origin === '' || rest.at(-1) !== '' || rest.slice(0, -1).includes(''))
    throw new ProofError('note', 'a checkpoint has three lines: origin, size, root');
  if (!/^(0|[1-9][0-9]{0,15})$/.test(size) || !Number.isSafeInteger(Number(size)))
    throw new ProofError('note', `the size of the log is no number: ${size.slice(0, 20)}`);
  if (root === undefined || root.length !== HASH_BYTES)
    throw new ProofError('note', `the root of the log is not ${HASH_BYTES} bytes in base64`);
  return { origin, size: Number(size), root };
}

/** The checkpoint that the key signed. Throws ProofError that says what does not fit. */
export async function openCheckpoint(note: string, key: LogKey): Promise<Checkpoint> {
  const { text, signatures } = parseNote(note);
  const own = signatures.filter(({ name, keyId }) => name === key.name && keyId === key.keyId);
  if (own.length === 0) {
    const signers = signatures.map(({ name, keyId }) => `${name}+${keyId}`).join(', ');
    throw new ProofError('unknown-key', `not signed by ${key.name}+${key.keyId}, but by ${signers}`);
  }
  const verifier = await crypto.subtle.importKey('raw', key.publicKey, 'Ed25519', false, ['verify']);
  for (const { signature } of own) {
    const isGood =
      signature.length === SIGNATURE_BYTES &&
      (await crypto.subtle.verify('Ed25519', verifier, signature, utf8(text)));
    if (!isGood)
      throw new ProofError('signature', `the signature of ${key.name} does not fit the checkpoint`);
  }
  const checkpoint = parseCheckpoint(text);
  if (checkpoint.origin !== key.name)
    throw new ProofError('unknown-key', `the checkpoint is of ${checkpoint.origin}, the key of ${key.name}`);
  return checkpoint;
}

/** Two keys that are the same, however they were written. */
export const isSameKey = (one: LogKey, other: LogKey): boolean =>
  one.name === other.name && areEqual(one.publicKey, other.publicKey);

export const rootText = ({ root }: Checkpoint): string => base64(root);
