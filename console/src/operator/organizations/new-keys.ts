/**
 * Keys of first administrators that were made in this page: in its memory alone, until whoever made them has downloaded the file for the person they
 * are for. Leaving the page forgets them, so it asks first.
 */
// Its container looks for this when it is loaded.
import '../../../../src/trust/certificates/reflect.ts';
import { Pkcs10CertificateRequestGenerator } from '@peculiar/x509';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const LINE = 64;

/** Private keys in PEM, by the uid of the organization. */
const made = new Map<string, string>();

const warn = (event: BeforeUnloadEvent) => event.preventDefault();

/** A fresh key, as PEM, and the request that proves it. */
export async function newKey(): Promise<{ readonly key: string; readonly request: string }> {
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const request = await Pkcs10CertificateRequestGenerator.create({ keys, signingAlgorithm: ALGORITHM });
  const bytes = new Uint8Array(await crypto.subtle.exportKey('pkcs8', keys.privateKey));
  const body = btoa(String.fromCharCode(...bytes)).replaceAll(new RegExp(`.{1,${LINE}}`, 'g'), '$&\n');
  return {
    key: `-----BEGIN PRIVATE KEY-----\n${body}-----END PRIVATE KEY-----\n`,
    request: request.toString('pem'),
  };
}

export function keep(uid: string, key: string): void {
  made.set(uid, key);
  addEventListener('beforeunload', warn);
}

export const keyOf = (uid: string): string | undefined => made.get(uid);

export function forget(uid: string): void {
  made.delete(uid);
  if (made.size === 0) removeEventListener('beforeunload', warn);
}
