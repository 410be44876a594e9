/**
 * Signers on disk: the public half as JSON to hand to whoever makes the root, and the private one sealed under a passphrase. Not as encrypted PKCS#8,
 * because Node writes that with 2,048 rounds of PBKDF2, which a passphrase that a person can remember does not outlast; with argon2id instead.
 */
import { argon2, createPrivateKey, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { type Static, Type } from 'typebox';
import { KEY_BYTES, open, seal, symmetricKey } from '#trust/keys/wrapping.ts';
import { readerOf } from '../json.ts';
import { KEY_FILE_BYTES_MAX } from '../limits.ts';
import { BundleError } from '../problem.ts';
import { Ed25519Key, PostQuantumKey, SignerName } from './schema.ts';
import { keyIdOf, type PrivateSigner, type PublicSigner, publicKeyOf, signerOf } from './signer.ts';

export const PASSPHRASE_BYTES_MIN = 16;
export const PASSPHRASE_BYTES_MAX = 1_024;
/** RFC 9106, section 4, second choice, with four times its memory: about a second. */
export const STRONG_KDF = { memory_KiB: 256 * 1024, passes: 3, parallelism: 4 } as const;
const SALT_BYTES = 16;
const closed = { additionalProperties: false };

const PublicFile = Type.Object(
  {
    format: Type.Literal('casemate-signer-v1'),
    name: SignerName,
    classical: Ed25519Key,
    postQuantum: PostQuantumKey,
  },
  closed,
);
const Kdf = Type.Object(
  {
    name: Type.Literal('argon2id'),
    // Bounded, so that a file that somebody changed cannot take the machine's memory.
    memory_KiB: Type.Integer({ minimum: 8 * 1024, maximum: 4 * 1024 * 1024 }),
    passes: Type.Integer({ minimum: 1, maximum: 16 }),
    parallelism: Type.Integer({ minimum: 1, maximum: 16 }),
    salt: Type.String({ maxLength: 64 }),
  },
  closed,
);
const PrivateFile = Type.Object(
  {
    format: Type.Literal('casemate-signing-key-v1'),
    public: PublicFile,
    kdf: Kdf,
    /** PKCS#8 of each, sealed. */
    classical: Type.String({ maxLength: 16_384 }),
    postQuantum: Type.String({ maxLength: 16_384 }),
  },
  closed,
);
export type KdfCost = Pick<Static<typeof Kdf>, 'memory_KiB' | 'passes' | 'parallelism'>;

const readPublic = readerOf(PublicFile);
const readPrivate = readerOf(PrivateFile);
const pretty = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

const publicFile = ({ name, classical, postQuantum }: PublicSigner): Static<typeof PublicFile> => ({
  format: 'casemate-signer-v1',
  name,
  classical,
  postQuantum,
});

export const publicSignerText = (signer: PublicSigner): string => pretty(publicFile(signer));

/** Throws BundleError that names `path`. */
export function parsePublicSigner(bytes: Uint8Array, path: string): PublicSigner {
  requireSmall(bytes, path);
  const { name, classical, postQuantum } = readPublic(bytes, path);
  // Throws for bytes that are no key.
  try {
    for (const key of [classical, postQuantum]) publicKeyOf(key);
  } catch {
    throw new BundleError('Malformed', path, 'holds a key that is none');
  }
  return { name, classical, postQuantum };
}

/** Throws BundleError for a passphrase that is too short to mean anything. */
export async function privateSignerText(
  signer: PrivateSigner,
  passphrase: Uint8Array,
  cost: KdfCost = STRONG_KDF,
): Promise<string> {
  if (passphrase.length < PASSPHRASE_BYTES_MIN || passphrase.length > PASSPHRASE_BYTES_MAX) {
    const why = `must have ${PASSPHRASE_BYTES_MIN} to ${PASSPHRASE_BYTES_MAX} bytes: six random words, say`;
    throw new BundleError('Malformed', 'the passphrase', why);
  }
  const kdf = { name: 'argon2id', ...cost, salt: randomBytes(SALT_BYTES).toString('base64') } as const;
  const key = await deriveKey(passphrase, kdf);
  const sealed = (half: 'classical' | 'postQuantum') => {
    const der = signer[half].export({ type: 'pkcs8', format: 'der' });
    const text = Buffer.from(seal('CMS1', key, der, contextOf(signer.public, half))).toString('base64');
    der.fill(0);
    return text;
  };
  return pretty({
    format: 'casemate-signing-key-v1',
    public: publicFile(signer.public),
    kdf,
    classical: sealed('classical'),
    postQuantum: sealed('postQuantum'),
  });
}

/** Throws BundleError that names `path`; never with anything that was tried. */
export async function parsePrivateSigner(
  bytes: Uint8Array,
  passphrase: Uint8Array,
  path: string,
): Promise<PrivateSigner> {
  requireSmall(bytes, path);
  const file = readPrivate(bytes, path);
  const key = await deriveKey(passphrase, file.kdf);
  const opened = (half: 'classical' | 'postQuantum') => {
    try {
      const der = Buffer.from(
        open('CMS1', key, Buffer.from(file[half], 'base64'), contextOf(file.public, half)),
      );
      return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
    } catch {
      throw new BundleError('Malformed', path, 'does not open with this passphrase, or is damaged');
    }
  };
  return signerOf(file.public.name, opened('classical'), opened('postQuantum'));
}

function requireSmall(bytes: Uint8Array, path: string): void {
  if (bytes.length > KEY_FILE_BYTES_MAX) {
    throw new BundleError(
      'TooLarge',
      path,
      `has ${bytes.length} bytes; a key has at most ${KEY_FILE_BYTES_MAX}`,
    );
  }
}

/** Ties each private half to its place and to the public keys that the file shows. */
const contextOf = ({ name, classical, postQuantum }: PublicSigner, half: string): string =>
  ['bundle signing key', half, name, keyIdOf(classical), keyIdOf(postQuantum)].join('\0');

const derive = promisify(argon2);

async function deriveKey(passphrase: Uint8Array, kdf: Static<typeof Kdf>) {
  const key = await derive('argon2id', {
    message: passphrase,
    nonce: Buffer.from(kdf.salt, 'base64'),
    parallelism: kdf.parallelism,
    tagLength: KEY_BYTES,
    memory: kdf.memory_KiB,
    passes: kdf.passes,
  });
  return symmetricKey(key);
}
