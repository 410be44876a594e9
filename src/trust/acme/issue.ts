/**
 * From a proven order to a certificate (RFC 8555 §7.4): the signing request must ask for exactly the names that were ordered, with a key of its
 * own. Finishing the same order twice, in whichever process, gives the same certificate.
 */
import { createPublicKey, type KeyObject } from 'node:crypto';
import type { JWK } from 'jose';
import { type Clock, rfc3339 } from '#kernel/clock.ts';
import { isStatusError } from '#kernel/errors.ts';
import type { Realm } from '#kernel/realm.ts';
import { organizationOf, REGION } from '#kernel/realm-id.ts';
import { NOT_BEFORE_SLACK_MS } from '../certificates/authority.ts';
import { type IssuingAuthority, type RegionIssuers, revocationListUrl } from '../certificates/issuers.ts';
import { RequestError, type RequestedServer } from '../certificates/request.ts';
import { type CertificateTasks, certificateTasks } from '../certificates/tasks.ts';
import type { Keyring } from '../keys/keyring.ts';
import type { AcmeAccountObject } from './account.ts';
import { acmeContext } from './accounts.ts';
import { ACCOUNT_LABEL, IssuedCertificate, type IssuedCertificateObject } from './issued-certificate.ts';
import { CERTIFICATES_PER_ACCOUNT_DEFAULT, DAY_MS, TOO_MANY_RETRY_S, VALIDITY_DAYS_MAX } from './limits.ts';
import { certificateName, type Order } from './orders.ts';
import { Problem } from './problem.ts';

export interface IssueOptions {
  readonly issuers: RegionIssuers;
  readonly keyring: Pick<Keyring, 'clientAuthority'>;
  readonly apiUrl: () => string;
  readonly clock: Clock;
  readonly certificates?: CertificateTasks;
}

export interface Finalization {
  readonly realm: Realm;
  readonly account: AcmeAccountObject;
  readonly order: Order;
  /** DER in base64url, as the client sent it. */
  readonly csr: unknown;
  readonly requestId: string;
}

/** Throws badCSR, rateLimited. Gives the certificate's object. */
export async function issue(
  options: IssueOptions,
  { realm, account, order, csr, requestId }: Finalization,
): Promise<IssuedCertificateObject> {
  const { issuers, apiUrl, clock, certificates = certificateTasks } = options;
  const requested = await checked(certificates, csr);
  checkNames(requested, order.names);
  const issuer = await issuers.organization(realm.id);
  await checkOwnKey(options, realm, requested.spki, issuer, account.status?.key);
  checkCount(realm, account);
  // X.509 times are whole seconds.
  const now_ms = Math.floor(clock.now() / 1000) * 1000;
  const days = account.spec.validity_days ?? VALIDITY_DAYS_MAX;
  const notBefore_ms = now_ms - NOT_BEFORE_SLACK_MS;
  const notAfter_ms = Math.min(now_ms + days * DAY_MS, issuer.notAfter_ms);
  const signed = await issuer.sign({
    // No common name: verifiers and clients take it for a host name, and host names are those of the extension.
    subject: [{ O: [organizationOf(realm.id) ?? 'Casemate'] }],
    spki: requested.spki,
    notBefore_ms,
    notAfter_ms,
    usage: 'server',
    names: order.names.map((value) => ({ type: 'dns', value })),
    crlUrl: revocationListUrl(apiUrl(), realm.id, issuer.number),
  });
  const name = certificateName(order);
  const { name: accountName, uid } = account.metadata;
  try {
    const { object } = await realm.resources.create(
      IssuedCertificate,
      order.project,
      {
        metadata: { name, labels: { [ACCOUNT_LABEL]: accountName } },
        spec: {
          names: [...order.names],
          account: { name: accountName, uid },
          serial: signed.serial,
          issuer: issuer.number,
          keyType: requested.type,
          notBefore: rfc3339(notBefore_ms),
          notAfter: rfc3339(notAfter_ms),
          certificate: signed.pem,
        },
      },
      acmeContext(realm.id, requestId),
    );
    return object as IssuedCertificateObject;
  } catch (error) {
    // Somebody finished the same order at the same time; what was signed here is given to nobody.
    const first = realm.view.get(IssuedCertificate, { namespace: order.project, name });
    if (isStatusError(error, 'AlreadyExists') && first?.spec.account.uid === uid) return first;
    throw error;
  }
}

async function checked(certificates: CertificateTasks, csr: unknown): Promise<RequestedServer> {
  if (typeof csr !== 'string' || !/^[A-Za-z0-9_-]+$/.test(csr)) {
    throw new Problem('badCSR', 'csr is a signing request in DER, in base64url');
  }
  const body = Buffer.from(csr, 'base64url').toString('base64');
  try {
    return await certificates.checkServerRequest(
      `-----BEGIN CERTIFICATE REQUEST-----\n${body}\n-----END CERTIFICATE REQUEST-----\n`,
    );
  } catch (error) {
    if (error instanceof RequestError) throw new Problem('badCSR', `the signing request ${error.message}`);
    throw error;
  }
}

function checkNames({ dnsNames, others }: RequestedServer, ordered: readonly string[]): void {
  if (others.length > 0) {
    throw new Problem(
      'badCSR',
      `the signing request asks for more than DNS names: ${others.slice(0, 3).join(', ')}`,
    );
  }
  const wanted = new Set(dnsNames);
  const foreign = dnsNames.filter((name) => !ordered.includes(name));
  const missing = ordered.filter((name) => !wanted.has(name));
  if (foreign.length === 0 && missing.length === 0) return;
  throw new Problem(
    'badCSR',
    `the signing request must ask for exactly the names that were ordered; ${[
      ...(foreign.length > 0 ? [`not ordered: ${foreign.slice(0, 3).join(', ')}`] : []),
      ...(missing.length > 0 ? [`missing: ${missing.slice(0, 3).join(', ')}`] : []),
    ].join('; ')}`,
  );
}

/** A certificate's key is nobody else's: not an authority's, not the account's (RFC 8555 §11.1). */
async function checkOwnKey(
  { issuers, keyring }: IssueOptions,
  realm: Realm,
  spki: Uint8Array,
  issuer: IssuingAuthority,
  accountKey: JWK | undefined,
): Promise<void> {
  const key = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
  const authorities: KeyObject[] = [issuer.publicKey, (await issuers.root()).root.publicKey];
  for (const id of [REGION, realm.id]) {
    for (const number of await issuers.numbers(id)) {
      const other = await issuers.byNumber(id, number);
      if (other) authorities.push(other.publicKey);
    }
    const clients = await keyring.clientAuthority(id);
    if (clients) authorities.push(clients.publicKey);
  }
  if (authorities.some((other) => other.equals(key))) {
    throw new Problem('badCSR', 'the signing request names the key of an authority');
  }
  if (accountKey && createPublicKey({ key: accountKey, format: 'jwk' }).equals(key)) {
    throw new Problem(
      'badCSR',
      'the signing request names the key of the account; make a key for the certificate',
    );
  }
}

function checkCount(realm: Realm, { metadata, spec }: AcmeAccountObject): void {
  const most = spec.certificates_max ?? CERTIFICATES_PER_ACCOUNT_DEFAULT;
  let count = 0;
  for (const { labels } of realm.view.entries(IssuedCertificate, metadata.namespace)) {
    if (labels[ACCOUNT_LABEL] === metadata.name) count += 1;
  }
  if (count < most) return;
  throw new Problem(
    'rateLimited',
    `the account has ${count} certificates; spec.certificates_max of its AcmeAccount allows ${most}`,
    { retryAfter_s: TOO_MANY_RETRY_S },
  );
}
