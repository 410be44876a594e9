/**
 * The operations of ACME (RFC 8555 §7) on one realm, apart from HTTP: what a client whose request was verified may do with its account, its
 * orders and its certificates. Nothing here trusts a name, a number or an address that a client sent.
 */
import { X509Certificate } from 'node:crypto';
import type { JWK } from 'jose';
import type { AccessLog } from '#kernel/access.ts';
import { type Clock, rfc3339 } from '#kernel/clock.ts';
import { isStatusError } from '#kernel/errors.ts';
import type { Realm } from '#kernel/realm.ts';
import { REVOCATION_REASONS, type RevocationReason } from '../certificates/crl.ts';
import type { AcmeAccountObject } from './account.ts';
import {
  accountByThumbprint,
  accountByUid,
  acmeContext,
  type BindingKeys,
  bindKey,
  changeStatus,
  contactsOf,
  gone,
} from './accounts.ts';
import type { HttpChallenge } from './challenge.ts';
import { type IssueOptions, issue } from './issue.ts';
import { IssuedCertificate, type IssuedCertificateObject } from './issued-certificate.ts';
import {
  jsonOf,
  publicKeyOf,
  readJws,
  type SignedRequest,
  thumbprintOf,
  verified,
  verifiedBinding,
} from './jws.ts';
import { NAMES_MAX } from './limits.ts';
import { type Door, type InstanceNames, isPermitted, parseInstanceName } from './names.ts';
import {
  type Authorization,
  certificateName,
  type KeptOrder,
  type Order,
  type Orders,
  statusOf,
} from './orders.ts';
import { malformed, Problem } from './problem.ts';

export interface AcmeServerOptions extends IssueOptions {
  readonly orders: Orders;
  readonly bindings: BindingKeys;
  readonly names: InstanceNames;
  readonly challenge: HttpChallenge;
  readonly accessLog: AccessLog;
  readonly clock: Clock;
}

/** A request whose signature, address and nonce were found right. */
export interface Asked {
  readonly realm: Realm;
  /** Address of the realm's ACME server, without a slash at the end. */
  readonly base: string;
  readonly requestId: string;
  readonly url: string;
  readonly payload: Buffer;
}

export interface AskedByAccount extends Asked {
  readonly account: AcmeAccountObject;
}

export interface AskedByKey extends Asked {
  readonly key: JWK & { readonly kty: string };
}

export interface AcmeAnswer {
  readonly status: number;
  readonly location?: string;
  /** JSON, a certificate chain in PEM, or nothing. */
  readonly body?: Readonly<Record<string, unknown>> | string;
  readonly up?: string;
}

const accountUrl = (base: string, uid: string) => `${base}/account/${uid}`;
const orderUrl = (base: string, { id }: Order) => `${base}/order/${id}`;

function accountBody(
  base: string,
  { metadata, status }: AcmeAccountObject,
): Readonly<Record<string, unknown>> {
  return {
    status: status?.state === 'valid' ? 'valid' : 'deactivated',
    contact: status?.contacts ?? [],
    orders: `${accountUrl(base, metadata.uid)}/orders`,
  };
}

function orderBody(base: string, order: Order): Readonly<Record<string, unknown>> {
  const url = orderUrl(base, order);
  return {
    status: statusOf(order),
    expires: rfc3339(order.expires_ms),
    identifiers: order.names.map((value) => ({ type: 'dns', value })),
    authorizations: order.authorizations.map((_one, at) => `${base}/authorization/${order.id}/${at}`),
    finalize: `${url}/finalize`,
    ...(order.certificate === undefined
      ? {}
      : { certificate: `${base}/certificate/${order.project}/${order.certificate}` }),
  };
}

function challengeBody(base: string, order: Order, at: number, one: Authorization) {
  return {
    type: 'http-01',
    url: `${base}/challenge/${order.id}/${at}`,
    token: one.token,
    status: one.status === 'deactivated' ? 'invalid' : one.status,
    ...(one.validated_ms === undefined ? {} : { validated: rfc3339(one.validated_ms) }),
    ...(one.problem === undefined ? {} : { error: one.problem }),
  };
}

function authorizationBody(base: string, order: Order, at: number, one: Authorization) {
  return {
    status: one.status,
    expires: rfc3339(order.expires_ms),
    identifier: { type: 'dns', value: one.name },
    challenges: [challengeBody(base, order, at, one)],
  };
}

/** The parts of an AcmeAccount that requests are held against; a deactivated one is nobody. */
export function requireLive(account: AcmeAccountObject | undefined): AcmeAccountObject {
  if (!account || account.status?.state === 'pending') throw gone();
  if (account.status?.state !== 'valid') throw new Problem('unauthorized', 'the account was deactivated');
  return account;
}

export class AcmeServer {
  readonly #options: AcmeServerOptions;

  constructor(options: AcmeServerOptions) {
    this.#options = options;
  }

  /** Of the account whose address `kid` is. */
  accountOf(realm: Realm, base: string, kid: string): AcmeAccountObject {
    const prefix = accountUrl(base, '');
    return requireLive(
      kid.startsWith(prefix) ? accountByUid(realm.view, kid.slice(prefix.length)) : undefined,
    );
  }

  async newAccount(asked: AskedByKey): Promise<AcmeAnswer> {
    const { realm, base, key } = asked;
    const wish = jsonOf(asked.payload) ?? {};
    const known = accountByThumbprint(realm.view, await thumbprintOf(key));
    if (known) {
      const account = requireLive(known);
      return {
        status: 200,
        location: accountUrl(base, account.metadata.uid),
        body: accountBody(base, account),
      };
    }
    if (wish.onlyReturnExisting === true) throw gone();
    const contacts = contactsOf(wish.contact);
    const pending = await this.#bound(asked, wish.externalAccountBinding);
    try {
      const account = await bindKey({ ...asked, clock: this.#options.clock }, pending, key, contacts);
      return {
        status: 201,
        location: accountUrl(base, account.metadata.uid),
        body: accountBody(base, account),
      };
    } catch (error) {
      if (error instanceof Problem) this.#refused(asked, pending, error);
      throw error;
    }
  }

  /** The account that an external account binding is for, once it holds (RFC 8555 §7.3.4). */
  async #bound(asked: AskedByKey, binding: unknown): Promise<AcmeAccountObject> {
    if (binding === undefined) {
      throw new Problem(
        'externalAccountRequired',
        'register with an external account: kid and HMAC key from the action eab of an AcmeAccount',
      );
    }
    const inner = readJws(binding, 'without nonce');
    const wrong = new Problem(
      'unauthorized',
      'the external account binding is of no AcmeAccount that waits for a client',
    );
    if (inner.url !== asked.url)
      throw malformed('url of the external account binding is not that of the request');
    const account = accountByUid(asked.realm.view, inner.kid ?? '');
    if (!account) throw wrong;
    try {
      const hmacKey = await this.#options.bindings.of(asked.realm.id, account.metadata.uid);
      const bound = publicKeyOf(jsonOf(await verifiedBinding(inner, hmacKey)));
      if ((await thumbprintOf(bound)) !== (await thumbprintOf(asked.key))) {
        throw malformed('the external account binding is for another key');
      }
      return account;
    } catch (error) {
      if (error instanceof Problem) this.#refused(asked, account, error);
      throw error;
    }
  }

  /** Reads, changes the contacts of, or gives up an account. */
  async account(asked: AskedByAccount, uid: string): Promise<AcmeAnswer> {
    const { base, account } = asked;
    this.#requireOwn(account, uid);
    const wish = jsonOf(asked.payload);
    if (wish === undefined) return { status: 200, body: accountBody(base, account) };
    if (wish.status !== undefined && wish.status !== 'deactivated') {
      throw malformed('the status of an account can only become deactivated');
    }
    const contacts = wish.contact === undefined ? undefined : contactsOf(wish.contact);
    const changed = await changeStatus({ ...asked, clock: this.#options.clock }, account, (status) => ({
      ...status,
      ...(contacts === undefined ? {} : { contacts: [...contacts] }),
      ...(wish.status === 'deactivated' ? { state: 'deactivated' as const } : {}),
    }));
    return { status: 200, body: accountBody(base, changed) };
  }

  #requireOwn(account: AcmeAccountObject, uid: string): void {
    if (account.metadata.uid !== uid) throw new Problem('unauthorized', 'that is another account');
  }

  async ordersOf({ realm, base, account }: AskedByAccount, uid: string): Promise<AcmeAnswer> {
    this.#requireOwn(account, uid);
    const orders = await this.#options.orders.of(realm.id, uid);
    return { status: 200, body: { orders: orders.map((order) => orderUrl(base, order)) } };
  }

  async newOrder(asked: AskedByAccount): Promise<AcmeAnswer> {
    const { realm, base, account } = asked;
    const { orders, clock } = this.#options;
    try {
      const names = this.#ordered(jsonOf(asked.payload) ?? {});
      for (const name of names) this.#requireName(realm, account, name);
      const { uid, namespace: project = '' } = account.metadata;
      const proven = account.spec.validation !== 'http-01';
      const order = await orders.begin(realm.id, { uid, project }, names, proven, clock.now());
      return { status: 201, location: orderUrl(base, order), body: orderBody(base, order) };
    } catch (error) {
      if (error instanceof Problem) this.#refused(asked, account, error);
      throw error;
    }
  }

  #ordered(wish: Readonly<Record<string, unknown>>): readonly string[] {
    if (wish.notBefore !== undefined || wish.notAfter !== undefined) {
      throw malformed(
        'how long certificates are valid is said by the AcmeAccount; leave notBefore and notAfter out',
      );
    }
    const { identifiers } = wish;
    if (!Array.isArray(identifiers) || identifiers.length === 0 || identifiers.length > NAMES_MAX) {
      throw malformed(`identifiers is a list of 1 to ${NAMES_MAX}`);
    }
    const names = identifiers.map((one: unknown) => {
      const { type, value } = (one ?? {}) as Readonly<Record<string, unknown>>;
      if (type !== 'dns') throw new Problem('unsupportedIdentifier', 'identifiers are of type dns');
      if (typeof value !== 'string') throw malformed('the value of an identifier is a name');
      return value.toLowerCase();
    });
    if (new Set(names).size < names.length) throw malformed('identifiers: each once');
    return names;
  }

  /** Throws rejectedIdentifier unless the account may have the name and there is an instance of it. */
  #requireName(realm: Realm, account: AcmeAccountObject, name: string): { readonly door?: Door } {
    const parsed = parseInstanceName(realm.id, name);
    if (parsed?.instance === '*') {
      throw new Problem(
        'rejectedIdentifier',
        `"${name.slice(0, 253)}": no certificates are issued for wildcards`,
      );
    }
    if (
      !parsed ||
      parsed.project !== account.metadata.namespace ||
      !isPermitted(account.spec.names, parsed)
    ) {
      throw new Problem(
        'rejectedIdentifier',
        `"${name.slice(0, 253)}" is none of the names that this account is for`,
      );
    }
    const found = this.#options.names.find(realm.view, parsed);
    if (found) return found;
    throw new Problem(
      'rejectedIdentifier',
      `there is no instance ${parsed.instance} on network ${parsed.network}`,
    );
  }

  async order({ realm, base, account }: AskedByAccount, id: string): Promise<AcmeAnswer> {
    const { order } = await this.#kept(realm, account, id);
    return { status: 200, body: orderBody(base, order) };
  }

  /** As it is; one that was finished by somebody who then died counts as finished. */
  async #kept(realm: Realm, account: AcmeAccountObject, id: string): Promise<KeptOrder> {
    const kept = await this.#options.orders.get(realm.id, id, account.metadata.uid);
    const { order } = kept;
    if (order.certificate !== undefined) return kept;
    const certificate = certificateName(order);
    const made = realm.view.get(IssuedCertificate, { namespace: order.project, name: certificate });
    return made?.spec.account.uid === account.metadata.uid
      ? { ...kept, order: { ...order, certificate } }
      : kept;
  }

  async authorization(asked: AskedByAccount, id: string, at: number): Promise<AcmeAnswer> {
    const { realm, base, account } = asked;
    const kept = await this.#kept(realm, account, id);
    const one = authorizationAt(kept.order, at);
    const wish = jsonOf(asked.payload);
    if (wish === undefined) return { status: 200, body: authorizationBody(base, kept.order, at, one) };
    if (wish.status !== 'deactivated')
      throw malformed('the status of an authorization can only become deactivated');
    const order = await this.#settle(realm, kept, at, { ...one, status: 'deactivated' });
    return { status: 200, body: authorizationBody(base, order, at, authorizationAt(order, at)) };
  }

  /** Checks what the client says is ready; the answer says what came of it. */
  async challenge(asked: AskedByAccount, id: string, at: number): Promise<AcmeAnswer> {
    const { realm, base, account } = asked;
    const kept = await this.#kept(realm, account, id);
    const one = authorizationAt(kept.order, at);
    const answer = (order: Order): AcmeAnswer => ({
      status: 200,
      up: `${base}/authorization/${id}/${at}`,
      body: challengeBody(base, order, at, authorizationAt(order, at)),
    });
    // POST-as-GET only reads; an empty object says "check now" (RFC 8555 §7.5.1).
    if (one.status !== 'pending' || jsonOf(asked.payload) === undefined) return answer(kept.order);
    const proven = await this.#prove(asked, one);
    return answer(await this.#settle(realm, kept, at, proven));
  }

  async #prove(asked: AskedByAccount, one: Authorization): Promise<Authorization> {
    const { realm, account } = asked;
    const { challenge, clock } = this.#options;
    try {
      const { door } = this.#requireName(realm, account, one.name);
      if (!door) {
        throw new Problem(
          'connection',
          `no Forward leads to port 80 of ${one.name}; make one that lets the region's address in, or use validation: policy`,
        );
      }
      const thumbprint = account.status?.thumbprint ?? '';
      await challenge.check({ door, name: one.name, token: one.token, thumbprint });
      return { ...one, status: 'valid', validated_ms: clock.now() };
    } catch (error) {
      // Too many at once says nothing of this one: the client comes again.
      if (!(error instanceof Problem) || error.type === 'rateLimited') throw error;
      this.#refused(asked, account, error);
      return { ...one, status: 'invalid', problem: error.toJSON() };
    }
  }

  /** Writes what became of an authorization; when somebody else was first, what they wrote counts. */
  async #settle(realm: Realm, kept: KeptOrder, at: number, one: Authorization): Promise<Order> {
    const { order } = kept;
    const authorizations = order.authorizations.map((other, index) => (index === at ? one : other));
    const next: Order = { ...order, authorizations };
    if (await this.#options.orders.replace(realm.id, kept, next)) return next;
    const now = await this.#options.orders.get(realm.id, order.id, order.accountUid);
    if (authorizationAt(now.order, at).status !== 'pending') return now.order;
    return this.#settle(realm, now, at, one);
  }

  async finalize(asked: AskedByAccount, id: string): Promise<AcmeAnswer> {
    const { realm, base, account, requestId } = asked;
    const kept = await this.#kept(realm, account, id);
    const { order } = kept;
    const answer = (finished: Order): AcmeAnswer => ({
      status: 200,
      location: orderUrl(base, finished),
      body: orderBody(base, finished),
    });
    const status = statusOf(order);
    if (status === 'valid') return answer(order);
    try {
      if (status !== 'ready') {
        throw new Problem('orderNotReady', `the order is ${status}; every name has to be proven first`);
      }
      // What was allowed when the order began may not be any more.
      for (const name of order.names) this.#requireName(realm, account, name);
      const csr = jsonOf(asked.payload)?.csr;
      const certificate = await issue(this.#options, { realm, account, order, csr, requestId });
      const finished: Order = { ...order, certificate: certificate.metadata.name };
      // Who was first wrote the same.
      await this.#options.orders.replace(realm.id, kept, finished);
      return answer(finished);
    } catch (error) {
      if (error instanceof Problem) this.#refused(asked, account, error);
      throw error;
    }
  }

  async certificate({ realm, account }: AskedByAccount, project: string, name: string): Promise<AcmeAnswer> {
    const found = realm.view.get(IssuedCertificate, { namespace: project, name });
    if (!found || found.spec.account.uid !== account.metadata.uid) {
      throw malformed('there is no such certificate of this account', 404);
    }
    const issuer = await this.#options.issuers.byNumber(realm.id, found.spec.issuer);
    if (!issuer) throw new Error(`issuer ${found.spec.issuer} of ${realm.id} is gone`);
    return { status: 200, body: `${found.spec.certificate}${issuer.chain}` };
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
        this.#refused(asked, asked.account, denied);
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

  /** Binds another key to the account: signed by the old one outside and the new one inside (RFC 8555 §7.3.5). */
  async keyChange(asked: AskedByAccount): Promise<AcmeAnswer> {
    const { base, account } = asked;
    const inner: SignedRequest = readJws(jsonOf(asked.payload), 'without nonce');
    if (inner.jwk === undefined) throw malformed('the inner JWS of a key change carries the new key as jwk');
    const key = publicKeyOf(inner.jwk);
    const wish = jsonOf(await verified(inner, key)) ?? {};
    if (inner.url !== asked.url) throw malformed('url of the inner JWS is not that of the request');
    if (wish.account !== accountUrl(base, account.metadata.uid))
      throw malformed('the inner JWS is about another account');
    const thumbprint = await thumbprintOf(key);
    if ((await thumbprintOf(publicKeyOf(wish.oldKey))) !== account.status?.thumbprint) {
      throw malformed('oldKey is not the key of the account');
    }
    const changed = await changeStatus({ ...asked, clock: this.#options.clock }, account, (status, view) => {
      const other = accountByThumbprint(view, thumbprint);
      if (other) {
        const location = accountUrl(base, other.metadata.uid);
        throw new Problem('malformed', 'the new key is bound to an account already', {
          status: 409,
          location,
        });
      }
      if (status.state !== 'valid' || status.thumbprint !== account.status?.thumbprint) {
        throw new Problem('unauthorized', 'the key of the account was changed meanwhile');
      }
      return { ...status, key, thumbprint };
    });
    return { status: 200, body: accountBody(base, changed) };
  }

  /** On record in the tenant's access log: what an account was refused. */
  #refused({ realm, requestId }: Asked, { metadata, status }: AcmeAccountObject, problem: Problem): void {
    this.#options.accessLog.record(realm.id, {
      actor: `system:acme:${metadata.name}`,
      credential: status?.thumbprint === undefined ? 'acme:unbound' : `acme:${status.thumbprint}`,
      verb: 'create',
      resource: IssuedCertificate.resource,
      ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
      decision: 'denied',
      reason: `${problem.type}: ${problem.message}`,
      code: problem.status,
      requestId,
    });
  }
}

function authorizationAt({ authorizations }: Order, at: number): Authorization {
  const one = authorizations[at];
  if (!one) throw malformed('there is no such authorization of this account', 404);
  return one;
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
