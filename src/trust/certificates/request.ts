/**
 * Checks a PKCS#10 signing request. Only its key counts: whatever else it asks for (subject, extensions) is ignored, so
 * nobody can talk themselves into a name. Must never accept a key whose owner did not prove to hold it.
 */
import { createPublicKey, type KeyObject } from 'node:crypto';
import { Pkcs10CertificateRequest } from './x509.ts';

/** Characters of PEM. An RSA-8192 request is about 2,500. */
export const REQUEST_LENGTH_MAX = 8_192;

const RSA_BITS_MIN = 3_072;
const RSA_BITS_MAX = 8_192;
const RSA_EXPONENT_MIN = 65_537n;
const RSA_EXPONENT_MAX = 2n ** 32n;
const CURVES: Readonly<Record<string, string>> = { prime256v1: 'P-256', secp384r1: 'P-384' };
const SIGNATURE_HASHES = new Set(['SHA-256', 'SHA-384', 'SHA-512']);

const PEM =
  /^\s*-----BEGIN (?:NEW )?CERTIFICATE REQUEST-----\s+([A-Za-z0-9+/=\s]+?)\s*-----END (?:NEW )?CERTIFICATE REQUEST-----\s*$/;

const WANTED = 'use P-256, P-384, Ed25519, or RSA of 3072 to 8192 bits';

/** A request that was refused: `reason` is stable, the message says what was wrong and what would be right. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
  readonly reason: 'Malformed' | 'UnsupportedKey' | 'WeakKey' | 'BadSignature';

  constructor(reason: RequestError['reason'], message: string) {
    super(message);
    this.reason = reason;
  }
}

export interface RequestedKey {
  /** `P-256`, `P-384`, `Ed25519`, `RSA-3072`, … */
  readonly type: string;
  /** DER of the SubjectPublicKeyInfo. */
  readonly spki: Uint8Array;
}

/** What kind of key it is; throws RequestError when it is none that we sign. */
function checkKey(key: KeyObject): string {
  const details = key.asymmetricKeyDetails ?? {};
  switch (key.asymmetricKeyType) {
    case 'ed25519':
      return 'Ed25519';
    case 'ec': {
      const curve = CURVES[details.namedCurve ?? ''];
      if (curve) return curve;
      throw new RequestError(
        'UnsupportedKey',
        `curve ${details.namedCurve ?? '(unnamed)'} is not accepted; ${WANTED}`,
      );
    }
    case 'rsa': {
      const bits = details.modulusLength ?? 0;
      if (bits < RSA_BITS_MIN || bits > RSA_BITS_MAX) {
        throw new RequestError('WeakKey', `an RSA key of ${bits} bits is not accepted; ${WANTED}`);
      }
      const exponent = details.publicExponent ?? 0n;
      if (exponent < RSA_EXPONENT_MIN || exponent > RSA_EXPONENT_MAX || exponent % 2n === 0n) {
        throw new RequestError('WeakKey', `RSA exponent ${exponent} is not accepted; use 65537`);
      }
      return `RSA-${bits}`;
    }
    default:
      throw new RequestError(
        'UnsupportedKey',
        `a key of type ${key.asymmetricKeyType} is not accepted; ${WANTED}`,
      );
  }
}

/**
 * Parses and checks a request in PEM: its form, its key, and the signature that proves possession of the key.
 * Throws RequestError.
 */
export async function checkRequest(pem: string): Promise<RequestedKey> {
  if (pem.length > REQUEST_LENGTH_MAX) {
    throw new RequestError(
      'Malformed',
      `is ${pem.length} characters long; at most ${REQUEST_LENGTH_MAX} are accepted`,
    );
  }
  const body = PEM.exec(pem)?.[1];
  if (body === undefined) {
    throw new RequestError(
      'Malformed',
      'is not one PEM block "CERTIFICATE REQUEST"; make one with: openssl req -new -key KEY.pem -subj /CN=me',
    );
  }
  let request: Pkcs10CertificateRequest;
  let key: KeyObject;
  let spki: Uint8Array;
  try {
    request = new Pkcs10CertificateRequest(Buffer.from(body, 'base64'));
    spki = new Uint8Array(request.publicKey.rawData);
    key = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
  } catch {
    throw new RequestError('Malformed', 'does not contain a readable PKCS#10 request');
  }
  const type = checkKey(key);
  if (!(await provesPossession(request, type))) {
    throw new RequestError(
      'BadSignature',
      'is not signed by the key it names; sign it with that key and SHA-256 or better',
    );
  }
  return { type, spki };
}

async function provesPossession(request: Pkcs10CertificateRequest, type: string): Promise<boolean> {
  const hash = (request.signatureAlgorithm as { hash?: { name?: string } }).hash?.name;
  if (type !== 'Ed25519' && (hash === undefined || !SIGNATURE_HASHES.has(hash))) return false;
  try {
    return await request.verify();
  } catch {
    return false;
  }
}
