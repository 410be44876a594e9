/**
 * A signer: one person (or one machine) with two keys, Ed25519 and ML-DSA, that sign together. Nothing here stores a private key; see key-file.ts.
 */
import { createPublicKey, generateKeyPairSync, hash, type KeyObject, sign } from 'node:crypto';
import { canonicalBytes, type Signable } from './metadata.ts';
import {
  type Ed25519Key,
  type PostQuantumKey,
  type PostQuantumScheme,
  PROFILES,
  type Profile,
  type Signature,
} from './schema.ts';

export interface PublicSigner {
  readonly name: string;
  readonly classical: Ed25519Key;
  readonly postQuantum: PostQuantumKey;
}

export interface PrivateSigner {
  readonly public: PublicSigner;
  readonly classical: KeyObject;
  readonly postQuantum: KeyObject;
}

/** TUF 1.0.34, section 4.2: SHA-256 of the key's canonical JSON. */
export const keyIdOf = (key: Ed25519Key | PostQuantumKey): string =>
  hash('sha256', canonicalBytes(key), 'hex');

export const profileOf = ({ postQuantum }: PublicSigner): Profile =>
  postQuantum.scheme === PROFILES.cnsa ? 'cnsa' : 'hybrid';

/** A new pair of keys. */
export function newSigner(name: string, profile: Profile): PrivateSigner {
  const classical = generateKeyPairSync('ed25519').privateKey;
  const postQuantum = generateKeyPairSync(PROFILES[profile]).privateKey;
  return signerOf(name, classical, postQuantum);
}

/** Throws for keys that are of another kind. */
export function signerOf(name: string, classical: KeyObject, postQuantum: KeyObject): PrivateSigner {
  if (classical.asymmetricKeyType !== 'ed25519') throw new TypeError('the classical key must be Ed25519');
  const scheme = postQuantum.asymmetricKeyType;
  if (scheme !== 'ml-dsa-65' && scheme !== 'ml-dsa-87') {
    throw new TypeError('the post-quantum key must be ML-DSA-65 or ML-DSA-87');
  }
  return {
    public: {
      name,
      classical: { keytype: 'ed25519', scheme: 'ed25519', keyval: { public: rawHex(classical) } },
      postQuantum: { keytype: 'ml-dsa', scheme, keyval: { public: rawHex(postQuantum) } },
    },
    classical,
    postQuantum,
  };
}

const rawHex = (key: KeyObject): string =>
  createPublicKey(key).export({ format: 'raw-public' }).toString('hex');

/** The key to verify with: of the kind that it says it is, because its bytes are read as just that. */
export function publicKeyOf(key: Ed25519Key | PostQuantumKey): KeyObject {
  const asymmetricKeyType: 'ed25519' | PostQuantumScheme = key.scheme;
  const object = createPublicKey({
    key: Buffer.from(key.keyval.public, 'hex'),
    format: 'raw-public',
    asymmetricKeyType,
  });
  if (object.asymmetricKeyType !== asymmetricKeyType)
    throw new TypeError(`this is no ${asymmetricKeyType} key`);
  return object;
}

/** Both signatures of a signer, in place of earlier ones. */
export function signWith<S>(file: Signable<S>, signer: PrivateSigner): Signable<S> {
  const own: Signature[] = [
    {
      keyid: keyIdOf(signer.public.classical),
      sig: sign(null, file.bytes, signer.classical).toString('hex'),
    },
    {
      keyid: keyIdOf(signer.public.postQuantum),
      sig: sign(null, file.bytes, signer.postQuantum).toString('hex'),
    },
  ];
  const ids = new Set(own.map(({ keyid }) => keyid));
  return { ...file, signatures: [...file.signatures.filter(({ keyid }) => !ids.has(keyid)), ...own] };
}
