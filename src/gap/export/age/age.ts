/**
 * age (c2sp.org/age): encrypts a stream for one recipient, so that `age --decrypt`, which Debian has, opens it; and opens one. The primitives are OpenSSL's. Memory is one chunk
 * of 64 KiB. What was changed, cut or moved is found out at the chunk where it was; only whole, true chunks are ever given out.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';
import { ByteReader } from '../../archive/byte-reader.ts';
import { publicKeyOf, rawOf } from './keys.ts';

const VERSION = 'age-encryption.org/v1';
const X25519_LABEL = 'age-encryption.org/v1/X25519';
const CIPHER = 'chacha20-poly1305';
const FILE_KEY_BYTES = 16;
const NONCE_BYTES = 16;
const TAG_BYTES = 16;
const CHUNK_BYTES = 64 * 1024;
/** One line of base64 in a stanza's body. */
const COLUMNS = 64;
const HEADER_BYTES_MAX = 16 * 1024;

/** It is not what was encrypted, or not for this key. */
export class AgeError extends Error {}

const hkdf = (key: Uint8Array, salt: Uint8Array, info: string): Buffer =>
  Buffer.from(hkdfSync('sha256', key, salt, info, 32));

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64').replaceAll('=', '');

/** Only the one spelling. */
function unbase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return base64(bytes) === text ? bytes : undefined;
}

function seal(key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array): Buffer {
  const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
  return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

function unseal(key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array): Buffer | undefined {
  const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(0, -TAG_BYTES)), decipher.final()]);
  } catch {
    return undefined;
  }
}

const zeroNonce = () => Buffer.alloc(12);

/** Eleven bytes of counter, and one that says whether it is the last. */
function chunkNonce(index: number, last: boolean): Buffer {
  const nonce = zeroNonce();
  nonce.writeUIntBE(index, 5, 6);
  nonce[11] = last ? 1 : 0;
  return nonce;
}

const macOf = (fileKey: Uint8Array, header: string): Buffer =>
  createHmac('sha256', hkdf(fileKey, Buffer.alloc(0), 'header'))
    .update(header)
    .digest();

/** How large something becomes. Both in bytes. */
export function encryptedBytes(plain: number): number {
  const chunks = Math.max(1, Math.ceil(plain / CHUNK_BYTES));
  return (
    header(Buffer.alloc(32), Buffer.alloc(FILE_KEY_BYTES), Buffer.alloc(32)).length +
    NONCE_BYTES +
    plain +
    chunks * TAG_BYTES
  );
}

function header(share: Uint8Array, fileKey: Uint8Array, wrapKey: Uint8Array): Buffer {
  const body = seal(wrapKey, zeroNonce(), fileKey);
  const text = `${VERSION}\n-> X25519 ${base64(share)}\n${base64(body)}\n---`;
  return Buffer.from(`${text} ${base64(macOf(fileKey, text))}\n`);
}

const wrapKeyOf = (shared: Uint8Array, share: Uint8Array, recipient: Uint8Array): Buffer =>
  hkdf(shared, Buffer.concat([share, recipient]), X25519_LABEL);

/** Encrypts for a raw X25519 key. */
export async function* encrypt(source: AsyncIterable<Uint8Array>, recipient: Buffer): AsyncGenerator<Buffer> {
  const fileKey = randomBytes(FILE_KEY_BYTES);
  const { privateKey } = generateKeyPairSync('x25519');
  const share = rawOf(privateKey);
  const shared = diffieHellman({ privateKey, publicKey: publicKeyOf(recipient) });
  yield header(share, fileKey, wrapKeyOf(shared, share, recipient));
  const nonce = randomBytes(NONCE_BYTES);
  yield nonce;
  const key = hkdf(fileKey, nonce, 'payload');
  let index = 0;
  let held = Buffer.alloc(0);
  for await (const bytes of source) {
    held = Buffer.concat([held, bytes]);
    // One is always held back: which is the last is only known at the end.
    while (held.length > CHUNK_BYTES) {
      yield seal(key, chunkNonce(index, false), held.subarray(0, CHUNK_BYTES));
      held = held.subarray(CHUNK_BYTES);
      index += 1;
    }
  }
  yield seal(key, chunkNonce(index, true), held);
}

/** Opens with an X25519 key. Throws AgeError: before anything was given out when it is not for this key, at the chunk that is wrong after that. */
export async function* decrypt(source: AsyncIterable<Buffer>, identity: KeyObject): AsyncGenerator<Buffer> {
  const reader = new ByteReader(source);
  const key = await payloadKey(reader, identity);
  let sealed = await upTo(reader, CHUNK_BYTES + TAG_BYTES);
  for (let index = 0; ; index++) {
    const next = await upTo(reader, CHUNK_BYTES + TAG_BYTES);
    const last = next.length === 0;
    if (sealed.length < TAG_BYTES) throw new AgeError('it breaks off');
    const chunk = unseal(key, chunkNonce(index, last), sealed);
    if (chunk === undefined || (chunk.length === 0 && index > 0)) {
      throw new AgeError(
        `it was changed or cut in its chunk ${index}, from byte ${index * CHUNK_BYTES} of what is in it`,
      );
    }
    yield chunk;
    if (last) return;
    sealed = next;
  }
}

async function payloadKey(reader: ByteReader, identity: KeyObject): Promise<Buffer> {
  const { text, stanzas, mac } = await readHeader(reader);
  const own = rawOf(identity);
  for (const { args, body } of stanzas) {
    const share = args[0] === 'X25519' && args.length === 2 ? unbase64(args[1] ?? '') : undefined;
    if (share?.length !== 32 || body.length !== FILE_KEY_BYTES + TAG_BYTES) continue;
    const shared = agreed(identity, share);
    const fileKey = shared && unseal(wrapKeyOf(shared, share, own), zeroNonce(), body);
    if (fileKey === undefined) continue;
    const expected = macOf(fileKey, text);
    if (mac.length !== expected.length || !timingSafeEqual(mac, expected))
      throw new AgeError('its header was changed');
    const nonce = await reader.take(NONCE_BYTES);
    if (nonce === undefined) throw new AgeError('it breaks off');
    return hkdf(fileKey, nonce, 'payload');
  }
  throw new AgeError('it is not encrypted for this key');
}

/** Undefined for a share of small order, which OpenSSL refuses. */
function agreed(privateKey: KeyObject, share: Buffer): Buffer | undefined {
  try {
    return diffieHellman({ privateKey, publicKey: publicKeyOf(share) });
  } catch {
    return undefined;
  }
}

interface Stanza {
  readonly args: readonly string[];
  readonly body: Buffer;
}

async function readHeader(
  reader: ByteReader,
): Promise<{ readonly text: string; readonly stanzas: readonly Stanza[]; readonly mac: Buffer }> {
  const noAge = () => new AgeError('it is no file of age, or of another version');
  let text = '';
  const line = async (): Promise<string> => {
    let read = '';
    for (;;) {
      const byte = await reader.take(1);
      if (byte === undefined || text.length + read.length > HEADER_BYTES_MAX) throw noAge();
      if (byte[0] === 0x0a) return read;
      read += byte.toString('latin1');
    }
  };
  if ((await line()) !== VERSION) throw noAge();
  text = `${VERSION}\n`;
  const stanzas: Stanza[] = [];
  for (;;) {
    const first = await line();
    if (first.startsWith('--- ')) {
      const mac = unbase64(first.slice(4));
      if (mac === undefined) throw noAge();
      return { text: `${text}---`, stanzas, mac };
    }
    if (!first.startsWith('-> ')) throw noAge();
    text += `${first}\n`;
    let body = '';
    for (;;) {
      const part = await line();
      if (part.length > COLUMNS) throw noAge();
      text += `${part}\n`;
      body += part;
      if (part.length < COLUMNS) break;
    }
    const bytes = unbase64(body);
    if (bytes === undefined) throw noAge();
    stanzas.push({ args: first.slice(3).split(' '), body: bytes });
  }
}

async function upTo(reader: ByteReader, count: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  for (let had = 0; had < count; ) {
    const part = await reader.some(count - had);
    if (part === undefined) break;
    parts.push(part);
    had += part.length;
  }
  return Buffer.concat(parts);
}
