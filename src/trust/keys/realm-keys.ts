/**
 * The keys of one realm, opened: what signs its logs and seals its secrets. Once destroyed or closed they refuse to work, so nothing
 * can go on with the keys of a realm that was destroyed.
 */
import { createPrivateKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { promisify } from 'node:util';
import type { LogCosigner, LogName, LogSigner, RealmKeys, Sealer } from '#kernel/keys.ts';
import { rawPublicKey } from '#kernel/log/cosignature.ts';
import { organizationOf, type RealmId } from '#kernel/realm-id.ts';
import { open, SealError, type SymmetricKey, seal, sealedUnder } from './wrapping.ts';

const signAside = promisify(
  (
    algorithm: null,
    message: Uint8Array,
    key: KeyObject,
    done: (error: Error | null, signature: Buffer) => void,
  ) => sign(algorithm, message, key, done),
);

/** The origin of a realm's log: `<region>.casemate.internal/changes`, `<region>.casemate.internal/orgs/<org>/changes`. */
export function logOrigin(region: string, realm: RealmId, log: LogName): string {
  const organization = organizationOf(realm);
  const path = organization === undefined ? log : `orgs/${organization}/${log}`;
  return `${region}.casemate.internal/${path}`;
}

/** A new Ed25519 key, which signs a log's checkpoints. */
export const newSigningKey = (): KeyObject => generateKeyPairSync('ed25519').privateKey;

/** PKCS#8 DER of a private key. Secret: wrap it and zero it. */
export const encodePrivateKey = (key: KeyObject): Uint8Array => key.export({ type: 'pkcs8', format: 'der' });

/** Loads a signing key and zeroes the bytes. */
export function loadSigningKey(pkcs8: Buffer): KeyObject {
  const key = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
  pkcs8.fill(0);
  if (key.asymmetricKeyType !== 'ed25519') throw new SealError('a log key is not Ed25519');
  return key;
}

/** A new ML-DSA-44 key, which cosigns a log's checkpoints. */
export const newCosigningKey = (): KeyObject => generateKeyPairSync('ml-dsa-44').privateKey;

/** Loads a cosigning key and zeroes the bytes. */
export function loadCosigningKey(pkcs8: Buffer): KeyObject {
  const key = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
  pkcs8.fill(0);
  if (key.asymmetricKeyType !== 'ml-dsa-44') throw new SealError('a cosigning key is not ML-DSA-44');
  return key;
}

export interface RealmKeyMaterial {
  readonly region: string;
  readonly realm: RealmId;
  /** Asked before every use; false once the realm was destroyed or the keyring closed. */
  readonly usable: () => boolean;
  readonly logs: Readonly<Record<LogName, KeyObject>>;
  readonly cosigners: Readonly<Record<LogName, KeyObject>>;
  /** Oldest first; the last one seals, all of them open. */
  readonly sealers: readonly SymmetricKey[];
}

export function openRealmKeys(material: RealmKeyMaterial): RealmKeys {
  const { region, realm } = material;
  const use = (): RealmKeyMaterial => {
    if (material.usable()) return material;
    throw new SealError(`the keys of realm ${realm} were destroyed or closed`);
  };

  const signer = (log: LogName): LogSigner => ({
    origin: logOrigin(region, realm, log),
    publicKey: rawPublicKey(material.logs[log]),
    sign: (message) => new Uint8Array(sign(null, message, use().logs[log])),
  });

  const cosigner = (log: LogName): LogCosigner => ({
    name: logOrigin(region, realm, log),
    publicKey: rawPublicKey(material.cosigners[log]),
    async sign(message) {
      // On a thread of its own: it takes many times as long as Ed25519.
      return new Uint8Array(await signAside(null, message, use().cosigners[log]));
    },
  });

  const sealer: Sealer = {
    seal(plaintext, context) {
      const current = use().sealers.at(-1);
      if (!current) throw new SealError(`realm ${realm} has no sealing key`);
      return seal('CMS1', current, plaintext, `${realm}\0${context}`);
    },
    open(sealed, context) {
      const { sealers } = use();
      const id = sealedUnder('CMS1', sealed);
      const key = sealers.find((candidate) => candidate.id === id);
      if (!key) throw new SealError(`sealed under key ${id}, which realm ${realm} does not have`);
      return open('CMS1', key, sealed, `${realm}\0${context}`);
    },
  };

  return {
    logs: { changes: signer('changes'), access: signer('access') },
    cosigners: { changes: cosigner('changes'), access: cosigner('access') },
    sealer,
  };
}
