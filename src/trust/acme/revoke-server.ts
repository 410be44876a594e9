/** Revocation over ACME (RFC 8555 §7.6): deletes the IssuedCertificate, as a person would, and says why. */
import { X509Certificate } from 'node:crypto';
import { isStatusError } from '#kernel/errors.ts';
import type { Realm } from '#kernel/realm.ts';
import { REVOCATION_REASONS, type RevocationReason } from '../certificates/crl.ts';
import { acmeContext } from './accounts.ts';
import {
  type AcmeAnswer,
  type AcmeServerOptions,
  type Asked,
  type AskedByAccount,
  type AskedByKey,
  refused,
} from './asked.ts';
import { IssuedCertificate, type IssuedCertificateObject } from './issued-certificate.ts';
import { jsonOf, publicKeyOf, thumbprintOf } from './jws.ts';
import { malformed, Problem } from './problem.ts';

export class RevokeServer {
  readonly #options: Pick<AcmeServerOptions, 'accessLog'>;

  constructor(options: Pick<AcmeServerOptions, 'accessLog'>) {
    this.#options = options;
  }

  /** By the account that got the certificate, or by who holds its key (RFC 8555 §7.6). */
  async revoke(asked: AskedByAccount | AskedByKey): Promise<AcmeAnswer> {
    const wish = jsonOf(asked.payload) ?? {};
    const reason = reasonOf(wish.reason);
    const found = certificateOf(asked.realm, wish.certificate);
    const denied = new Problem(
      'unauthorized',
      'the certificate is neither this account’s nor is this its key',
    );
    if (!found) throw denied;
    const { certificate, object } = found;
    if ('account' in asked) {
      if (object.spec.account.uid !== asked.account.metadata.uid) {
        refused(this.#options, asked, asked.account, denied);
        throw denied;
      }
    } else if (
      (await thumbprintOf(publicKeyOf(certificate.publicKey.export({ format: 'jwk' })))) !==
      (await thumbprintOf(asked.key))
    ) {
      throw denied;
    }
    await this.#revoke(asked, object, reason);
    return { status: 200 };
  }

  async #revoke(
    { realm, requestId }: Asked,
    object: IssuedCertificateObject,
    reason: RevocationReason,
  ): Promise<void> {
    const already = new Problem('alreadyRevoked', 'the certificate was revoked before');
    const { name, namespace = '', uid, deletionTimestamp } = object.metadata;
    if (deletionTimestamp !== undefined) throw already;
    const key = { name, namespace };
    const context = acmeContext(realm.id, requestId);
    try {
      const status = { revocationReason: reason };
      await realm.resources.modify(IssuedCertificate, key, context, (current) => ({ ...current, status }), {
        subresource: 'status',
      });
      await realm.resources.delete(IssuedCertificate, key, context, { preconditions: { uid } });
    } catch (error) {
      if (isStatusError(error, 'NotFound')) throw already;
      throw error;
    }
  }
}

function reasonOf(value: unknown): RevocationReason {
  if (value === undefined) return 'unspecified';
  for (const [name, code] of Object.entries(REVOCATION_REASONS)) {
    if (code === value) return name as RevocationReason;
  }
  throw new Problem(
    'badRevocationReason',
    `reason is one of ${Object.values(REVOCATION_REASONS).join(', ')} (RFC 5280, 5.3.1)`,
  );
}

/** The certificate that a client sent, if it is one that the realm issued and has not forgotten. */
function certificateOf(
  realm: Realm,
  value: unknown,
): { readonly certificate: X509Certificate; readonly object: IssuedCertificateObject } | undefined {
  if (typeof value !== 'string') throw malformed('certificate is a certificate in DER, in base64url');
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(Buffer.from(value, 'base64url'));
  } catch {
    throw malformed('certificate is not a certificate in DER, in base64url');
  }
  const serial = certificate.serialNumber.toLowerCase();
  for (const object of realm.view.list(IssuedCertificate)) {
    if (object.spec.serial !== serial) continue;
    // A serial alone says nothing: it must be that very certificate.
    if (certificate.raw.equals(new X509Certificate(object.spec.certificate).raw))
      return { certificate, object };
  }
  return undefined;
}
