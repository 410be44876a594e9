/**
 * Signs a realm's client certificates. The subject is what the ClientCertificate object says, never what the signing
 * request asked for; the object's uid is in it, so that verifying needs no search.
 */
import {
  type CertificateAuthority,
  DAY_MS,
  NOT_BEFORE_SLACK_MS,
  type SignedCertificate,
} from './authority.ts';

export const CLIENT_AUTH_OID = '1.3.6.1.5.5.7.3.2';
export const OBJECT_URI_PREFIX = 'urn:uuid:';

interface ClientContent {
  readonly user: string;
  readonly groups: readonly string[];
  /** Of the ClientCertificate object; becomes the subject alternative name `urn:uuid:<uid>`. */
  readonly objectUid: string;
  readonly now_ms: number;
  readonly validity_days: number;
}

export interface ClientCertificateOptions extends ClientContent {
  /** DER of the SubjectPublicKeyInfo to certify. */
  readonly spki: Uint8Array;
}

export interface ClientRequestOptions extends ClientContent {
  /** PKCS#10 in PEM: its key is certified. */
  readonly request: string;
}

export interface SignedClientCertificate extends SignedCertificate {
  readonly notBefore_ms: number;
  readonly notAfter_ms: number;
}

export async function signClientCertificate(
  authority: CertificateAuthority,
  { spki, ...options }: ClientCertificateOptions,
): Promise<SignedClientCertificate> {
  const content = contentOf(authority, options);
  return withDays(content, await authority.sign({ ...content, spki }));
}

/** As `signClientCertificate`, once the request is checked. Throws RequestError. */
export async function signClientRequest(
  authority: CertificateAuthority,
  { request, ...options }: ClientRequestOptions,
): Promise<SignedClientCertificate> {
  const content = contentOf(authority, options);
  return withDays(content, await authority.signRequested({ ...content, request }));
}

function contentOf(authority: CertificateAuthority, options: ClientContent) {
  // X.509 times are whole seconds.
  const now_ms = Math.floor(options.now_ms / 1000) * 1000;
  return {
    subject: [{ CN: [options.user] }, ...options.groups.map((group) => ({ O: [group] }))],
    notBefore_ms: now_ms - NOT_BEFORE_SLACK_MS,
    notAfter_ms: Math.min(now_ms + options.validity_days * DAY_MS, authority.notAfter_ms),
    usage: 'client' as const,
    names: [{ type: 'url' as const, value: `${OBJECT_URI_PREFIX}${options.objectUid}` }],
  };
}

const withDays = (
  { notBefore_ms, notAfter_ms }: Pick<SignedClientCertificate, 'notBefore_ms' | 'notAfter_ms'>,
  signed: SignedCertificate,
): SignedClientCertificate => ({ ...signed, notBefore_ms, notAfter_ms });
