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

export interface ClientCertificateOptions {
  readonly user: string;
  readonly groups: readonly string[];
  /** Of the ClientCertificate object; becomes the subject alternative name `urn:uuid:<uid>`. */
  readonly objectUid: string;
  readonly spki: Uint8Array;
  readonly now_ms: number;
  readonly validity_days: number;
}

export interface SignedClientCertificate extends SignedCertificate {
  readonly notBefore_ms: number;
  readonly notAfter_ms: number;
}

export async function signClientCertificate(
  authority: CertificateAuthority,
  options: ClientCertificateOptions,
): Promise<SignedClientCertificate> {
  // X.509 times are whole seconds.
  const now_ms = Math.floor(options.now_ms / 1000) * 1000;
  const notBefore_ms = now_ms - NOT_BEFORE_SLACK_MS;
  const notAfter_ms = Math.min(now_ms + options.validity_days * DAY_MS, authority.notAfter_ms);
  const signed = await authority.sign({
    subject: [{ CN: [options.user] }, ...options.groups.map((group) => ({ O: [group] }))],
    spki: options.spki,
    notBefore_ms,
    notAfter_ms,
    usage: 'client',
    names: [{ type: 'url', value: `${OBJECT_URI_PREFIX}${options.objectUid}` }],
  });
  return { ...signed, notBefore_ms, notAfter_ms };
}
