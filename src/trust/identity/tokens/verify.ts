/**
 * Checks a bearer token's signature, issuer, audience and times, and reads whom it speaks for. Two sorts are ours: access tokens of people
 * (RFC 9068, `at+jwt`), which name a Session, and service accounts' (`sa+jwt`). Everything else that the realm's key signed (ID tokens,
 * logout tokens) is none: their type is another, whatever their audience. The algorithm is EdDSA, whatever the token says.
 */

import type { KeyObject } from 'node:crypto';
import { jwtVerify } from 'jose';
import { API_AUDIENCE } from '../oidc/limits.ts';

/** Ours are under 2 KiB. */
export const TOKEN_LENGTH_MAX = 8_192;
export const PERSON_TOKEN = 'at+jwt';
export const SERVICE_ACCOUNT_TOKEN = 'sa+jwt';
const ALGORITHM = 'EdDSA';

export type TokenSubject =
  | { readonly type: 'person'; readonly userUid: string; readonly sessionUid: string }
  | {
      readonly type: 'service-account';
      readonly uid: string;
      readonly namespace: string;
      readonly name: string;
      /** The instance of that project which it was given to; absent: whoever asked for it. */
      readonly workload?: { readonly name: string; readonly uid: string };
    };

export interface VerifiedToken {
  readonly subject: TokenSubject;
  readonly issuedAt_ms: number;
  readonly notBefore_ms: number;
  readonly expires_ms: number;
}

/** The claims of a service account's token, as Kubernetes has them. */
export interface ServiceAccountClaims {
  readonly namespace: string;
  readonly serviceaccount: { readonly name: string; readonly uid: string };
  /** It counts only while that very instance runs as the account. */
  readonly instance?: { readonly name: string; readonly uid: string };
}

/** What a token says of the key that signed it; undefined when it can be none of ours. Costs no cryptography. */
export function keyIdOf(token: string): string | undefined {
  if (token.length > TOKEN_LENGTH_MAX) return undefined;
  const parts = token.split('.');
  if (parts.length !== 3) return undefined;
  try {
    const header = JSON.parse(Buffer.from(parts[0] ?? '', 'base64url').toString('utf8'));
    return header?.alg === ALGORITHM && typeof header.kid === 'string' ? header.kid : undefined;
  } catch {
    return undefined;
  }
}

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

function subjectOf(type: unknown, payload: Readonly<Record<string, unknown>>): TokenSubject | undefined {
  if (type === PERSON_TOKEN) {
    const [userUid, sessionUid] = [text(payload.sub), text(payload.sid)];
    return userUid && sessionUid ? { type: 'person', userUid, sessionUid } : undefined;
  }
  if (type === SERVICE_ACCOUNT_TOKEN) {
    const claims = payload['kubernetes.io'] as Partial<ServiceAccountClaims> | undefined;
    const namespace = text(claims?.namespace);
    const [name, uid] = [text(claims?.serviceaccount?.name), text(claims?.serviceaccount?.uid)];
    if (!namespace || !name || !uid) return undefined;
    const account = { type: 'service-account', uid, namespace, name } as const;
    if (claims?.instance === undefined) return account;
    const workload = { name: text(claims.instance.name), uid: text(claims.instance.uid) };
    return workload.name && workload.uid
      ? { ...account, workload: { name: workload.name, uid: workload.uid } }
      : undefined;
  }
  return undefined;
}

/** Undefined for whatever is not a genuine token for the API by this issuer. Times are the caller's to look at. */
export async function verifyToken(
  token: string,
  key: KeyObject,
  issuer: string,
): Promise<VerifiedToken | undefined> {
  try {
    const { payload, protectedHeader } = await jwtVerify(token, key, {
      algorithms: [ALGORITHM],
      issuer,
      audience: API_AUDIENCE,
      requiredClaims: ['sub', 'exp', 'iat'],
      // Times are compared with the region's clock, and what a genuine token died of is said in words.
      currentDate: new Date(0),
      clockTolerance: Number.MAX_SAFE_INTEGER,
    });
    const { iat, nbf, exp } = payload;
    const subject = subjectOf(protectedHeader.typ, payload);
    if (!subject || iat === undefined || exp === undefined) return undefined;
    return {
      subject,
      issuedAt_ms: iat * 1000,
      notBefore_ms: (nbf ?? iat) * 1000,
      expires_ms: exp * 1000,
    };
  } catch {
    return undefined;
  }
}
