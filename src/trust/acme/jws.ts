/**
 * Signed requests of ACME (RFC 8555 §6.2): form, algorithm, address and signature. The algorithm is one of a list for public keys, whatever
 * the header says: `none` and HMAC never verify a request. Whether the nonce is fresh is for the caller, after this.
 */
import {
  calculateJwkThumbprint,
  errors,
  type FlattenedJWSInput,
  flattenedVerify,
  importJWK,
  type JWK,
} from 'jose';
import { URL_LENGTH_MAX } from './limits.ts';
import { malformed, Problem } from './problem.ts';

/** For keys of accounts and of certificates. */
export const ALGORITHMS = ['ES256', 'ES384', 'EdDSA', 'Ed25519', 'RS256', 'RS384', 'RS512'] as const;
const EAB_ALGORITHM = 'HS256';
const NONCE = /^[A-Za-z0-9_-]{1,128}$/;
const HEADER_LENGTH_MAX = 16_384;

/** What a request says of itself; nothing of it is verified yet. */
export interface SignedRequest {
  readonly jws: FlattenedJWSInput;
  readonly url: string;
  /** Absent in the inner ones. */
  readonly nonce: string | undefined;
  readonly algorithm: string;
  /** Exactly one of the two. */
  readonly kid?: string;
  readonly jwk?: JWK;
}

const isText = (value: unknown): value is string => typeof value === 'string';
const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The parts of a public key that thumbprints are of; anything else in a key, and private parts, are refused. */
const KEY_PARTS: Readonly<Record<string, readonly string[]>> = {
  EC: ['crv', 'x', 'y'],
  OKP: ['crv', 'x'],
  RSA: ['n', 'e'],
};
const PRIVATE_PARTS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];
const CURVES = new Set(['P-256', 'P-384', 'Ed25519']);

/** A public key in its least form. Throws badPublicKey. */
export function publicKeyOf(value: unknown): JWK & { readonly kty: string } {
  if (!isObject(value) || !isText(value.kty)) throw new Problem('badPublicKey', 'jwk is not a JSON Web Key');
  const parts = KEY_PARTS[value.kty];
  if (PRIVATE_PARTS.some((part) => part in value)) {
    throw new Problem('badPublicKey', 'jwk holds a private or symmetric key; send the public key only');
  }
  if (!parts?.every((part) => isText(value[part]))) {
    throw new Problem('badPublicKey', 'use a key on P-256, P-384 or Ed25519, or RSA of 2048 bits or more');
  }
  if (isText(value.crv) && !CURVES.has(value.crv)) {
    throw new Problem('badPublicKey', `curve ${value.crv} is not accepted; use P-256, P-384 or Ed25519`);
  }
  return { kty: value.kty, ...Object.fromEntries(parts.map((part) => [part, value[part]])) };
}

/** Reads the outer form of a request, or of a JWS inside one. Throws malformed and others. */
export function readJws(value: unknown, nonce: 'with nonce' | 'without nonce' = 'with nonce'): SignedRequest {
  if (!isObject(value) || !isText(value.protected) || !isText(value.payload) || !isText(value.signature)) {
    throw malformed('not a JWS in flattened JSON serialization with protected, payload and signature');
  }
  if ('header' in value || 'signatures' in value) throw malformed('a JWS here has no unprotected header');
  if (value.protected.length > HEADER_LENGTH_MAX) throw malformed('the protected header is too long');
  let header: unknown;
  try {
    header = JSON.parse(Buffer.from(value.protected, 'base64url').toString('utf8'));
  } catch {
    throw malformed('the protected header is not JSON in base64url');
  }
  if (!isObject(header)) throw malformed('the protected header is not a JSON object');
  const { alg, url, kid, jwk } = header;
  if (!isText(alg)) throw malformed('the protected header has no alg');
  if ('crit' in header || 'b64' in header)
    throw malformed('extensions of the protected header are not known here');
  if (!isText(url) || url.length > URL_LENGTH_MAX) throw malformed('the protected header has no url');
  if (nonce === 'without nonce' ? 'nonce' in header : !isText(header.nonce) || !NONCE.test(header.nonce)) {
    throw nonce === 'without nonce'
      ? malformed('an inner JWS has no nonce')
      : new Problem('badNonce', 'the protected header has no nonce in base64url');
  }
  if ((kid === undefined) === (jwk === undefined))
    throw malformed('the protected header has kid or jwk, not both');
  if (kid !== undefined && (!isText(kid) || kid.length > URL_LENGTH_MAX))
    throw malformed('kid is not an address');
  const { protected: head, payload, signature } = value;
  return {
    jws: { protected: head, payload, signature },
    url,
    nonce: isText(header.nonce) ? header.nonce : undefined,
    algorithm: alg,
    ...(isText(kid) ? { kid } : { jwk: publicKeyOf(jwk) }),
  };
}

/** The payload, once the signature holds under that key. Throws badSignatureAlgorithm, badPublicKey, malformed. */
export async function verified({ jws, algorithm }: SignedRequest, key: JWK): Promise<Buffer> {
  if (!(ALGORITHMS as readonly string[]).includes(algorithm)) {
    throw new Problem('badSignatureAlgorithm', `alg ${algorithm.slice(0, 32)} is not accepted`, {
      algorithms: ALGORITHMS,
    });
  }
  try {
    const imported = await importJWK(key, algorithm);
    const { payload } = await flattenedVerify(jws, imported, { algorithms: [...ALGORITHMS] });
    return Buffer.from(payload);
  } catch (error) {
    if (error instanceof errors.JWSSignatureVerificationFailed) {
      throw malformed('the signature is not of that key');
    }
    throw new Problem('badPublicKey', `the key does not fit alg ${algorithm}, or is too weak`);
  }
}

/** As `verified`, of an external account binding under its HMAC key. */
export async function verifiedBinding(
  { jws, algorithm }: SignedRequest,
  hmacKey: Uint8Array,
): Promise<Buffer> {
  if (algorithm !== EAB_ALGORITHM) {
    throw new Problem(
      'badSignatureAlgorithm',
      `an external account binding is signed with ${EAB_ALGORITHM}`,
      {
        algorithms: [EAB_ALGORITHM],
      },
    );
  }
  try {
    const { payload } = await flattenedVerify(jws, hmacKey, { algorithms: [EAB_ALGORITHM] });
    return Buffer.from(payload);
  } catch {
    throw new Problem(
      'unauthorized',
      'the external account binding is not signed with that account’s HMAC key',
    );
  }
}

/** A payload as a JSON object; an empty one, of POST-as-GET, is undefined. */
export function jsonOf(payload: Buffer): Readonly<Record<string, unknown>> | undefined {
  if (payload.length === 0) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(payload.toString('utf8'));
  } catch {
    throw malformed('the payload is not JSON');
  }
  if (!isObject(value)) throw malformed('the payload is not a JSON object');
  return value;
}

export const thumbprintOf = (key: JWK): Promise<string> => calculateJwkThumbprint(key, 'sha256');
