/** Private keys in PEM, and the signing requests that prove them. Everything this gives out but the request is secret. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, webcrypto } from 'node:crypto';
import { Pkcs10CertificateRequestGenerator } from './x509.ts';

/** A P-256 private key in PEM, for a person's credential. Secret. */
export function newPersonalKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** A signing request in PEM for a P-256 key in PEM. Only the key in it counts, so it names nobody. */
export async function signingRequest(key: string): Promise<string> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const privateKey = createPrivateKey(key);
  const subtle = webcrypto.subtle;
  const keys = {
    privateKey: await subtle.importKey(
      'pkcs8',
      Uint8Array.from(privateKey.export({ type: 'pkcs8', format: 'der' })),
      algorithm,
      false,
      ['sign'],
    ),
    publicKey: await subtle.importKey(
      'spki',
      Uint8Array.from(createPublicKey(privateKey).export({ type: 'spki', format: 'der' })),
      algorithm,
      true,
      ['verify'],
    ),
  };
  const request = await Pkcs10CertificateRequestGenerator.create({ keys, signingAlgorithm: algorithm });
  return request.toString('pem');
}

/** Whether both halves belong together: a crash may have written one of them only. */
export function keyMatches(certificate: string, key: string): boolean {
  try {
    return createPublicKey(createPrivateKey(key)).equals(createPublicKey(certificate));
  } catch {
    return false;
  }
}
