/**
 * Keys in software: each version's material lies wrapped under its realm's key, is opened when it is first used, and stays in OpenSSL's
 * memory. Destroyed is deleted.
 */
import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  decapsulate,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto';
import { unavailable } from '#kernel/errors.ts';
import { BoundedMap } from '../../bounded-map.ts';
import type { MaterialStore } from '../keyring.ts';
import { KEY_BYTES } from '../wrapping.ts';
import { type Algorithm, FACTS } from './algorithms.ts';
import type { KeyBackend, MadeVersion, VersionRef } from './backend.ts';
import { openAesGcm, sealAesGcm } from './kem.ts';

/** Versions that are kept open. */
const OPEN_MAX = 4_096;
const RETRY_S = 1;

const prefixOf = (keyUid: string) => `key.${keyUid}.`;
const nameOf = ({ keyUid, version }: VersionRef) => `${prefixOf(keyUid)}${String(version).padStart(6, '0')}`;

/** New material: 32 bytes, or PKCS#8 DER. Secret: the caller zeroes it. */
function newMaterial(algorithm: Algorithm): Buffer {
  const { material } = FACTS[algorithm];
  switch (material.type) {
    case 'secret':
      return randomBytes(KEY_BYTES);
    case 'ec':
      return exported(generateKeyPairSync('ec', { namedCurve: material.curve }).privateKey);
    case 'pair':
      return exported(generatePair(material.name));
  }
}

// One call each: the overloads of node:crypto take one name at a time.
function generatePair(name: Extract<MaterialOf, { type: 'pair' }>['name']): KeyObject {
  switch (name) {
    case 'ed25519':
      return generateKeyPairSync('ed25519').privateKey;
    case 'ml-dsa-65':
    case 'ml-dsa-87':
      return generateKeyPairSync(name).privateKey;
    case 'ml-kem-768':
    case 'ml-kem-1024':
      return generateKeyPairSync(name).privateKey;
  }
}

type MaterialOf = (typeof FACTS)[Algorithm]['material'];

const exported = (key: KeyObject): Buffer => key.export({ type: 'pkcs8', format: 'der' });

/** Undefined when the bytes are no material of that algorithm. */
function load(algorithm: Algorithm, bytes: Buffer): KeyObject | undefined {
  const { material } = FACTS[algorithm];
  if (material.type === 'secret') return bytes.length === KEY_BYTES ? createSecretKey(bytes) : undefined;
  try {
    const key = createPrivateKey({ key: bytes, format: 'der', type: 'pkcs8' });
    const curve = { 'P-256': 'prime256v1', 'P-384': 'secp384r1' };
    const fits =
      material.type === 'ec'
        ? key.asymmetricKeyDetails?.namedCurve === curve[material.curve]
        : key.asymmetricKeyType === material.name;
    return fits ? key : undefined;
  } catch {
    return undefined;
  }
}

export interface SoftwareBackend extends KeyBackend {
  /** The secret that a party encapsulated to this key; undefined when it is none. Secret. */
  decapsulate(ref: VersionRef, encapsulation: Uint8Array): Promise<Buffer | undefined>;
  /** The material itself, to be wrapped for export. Secret: the caller zeroes it. */
  read(ref: VersionRef): Promise<Buffer>;
  /**
   * Takes material in as that version, and zeroes it. `unfit`: it is none of that algorithm. `taken`: there is material of that version.
   */
  take(ref: VersionRef, material: Buffer): Promise<MadeVersion | 'unfit' | 'taken'>;
}

export function softwareBackend(store: MaterialStore): SoftwareBackend {
  const opened = new BoundedMap<string, KeyObject>(OPEN_MAX);

  async function keyOf(ref: VersionRef): Promise<KeyObject> {
    const name = nameOf(ref);
    const known = opened.get(name);
    if (known) return known;
    const bytes = await read(ref);
    const key = load(ref.algorithm, bytes);
    bytes.fill(0);
    if (!key) throw new Error(`the material of ${name} is not ${ref.algorithm}`);
    opened.set(name, key);
    return key;
  }

  async function read(ref: VersionRef): Promise<Buffer> {
    const bytes = await store.get(ref.realm, nameOf(ref));
    if (bytes) return bytes;
    throw unavailable(`version ${ref.version} is not there; if it was just destroyed, that is why`, RETRY_S);
  }

  const madeOf = (key: KeyObject): MadeVersion =>
    key.type === 'private' ? { publicKey: createPublicKey(key).export({ type: 'spki', format: 'pem' }) } : {};

  return {
    async make(ref) {
      await store.add(ref.realm, nameOf(ref), newMaterial(ref.algorithm));
      return madeOf(await keyOf(ref));
    },
    async seal(ref, plaintext, additionalData) {
      return sealAesGcm(await keyOf(ref), plaintext, additionalData);
    },
    async open(ref, sealed, additionalData) {
      return openAesGcm(await keyOf(ref), sealed, additionalData);
    },
    async sign(ref, message) {
      const key = await keyOf(ref);
      const { material } = FACTS[ref.algorithm];
      if (material.type === 'ec') return sign(material.digest, message, { key, dsaEncoding: 'ieee-p1363' });
      return sign(null, message, key);
    },
    async mac(ref, message) {
      return createHmac('sha256', await keyOf(ref))
        .update(message)
        .digest();
    },
    async decapsulate(ref, encapsulation) {
      const key = await keyOf(ref);
      try {
        return decapsulate(key, encapsulation);
      } catch {
        return undefined;
      }
    },
    read,
    async take(ref, material) {
      const key = load(ref.algorithm, material);
      if (!key) {
        material.fill(0);
        return 'unfit';
      }
      return (await store.add(ref.realm, nameOf(ref), material)) ? madeOf(key) : 'taken';
    },
    random: async (bytes) => randomBytes(bytes),
    async destroy(ref) {
      opened.delete(nameOf(ref));
      await store.delete(ref.realm, nameOf(ref));
    },
    async destroyAll(realm, keyUid) {
      for (const name of await store.names(realm, prefixOf(keyUid))) {
        opened.delete(name);
        await store.delete(realm, name);
      }
    },
  };
}
