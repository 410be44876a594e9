/**
 * What clients may do with orders (RFC 8555 §7.4): begin one, prove its names, finish it, fetch the certificate. Which names an account may
 * have is asked anew at every step.
 */
import { rfc3339 } from '#kernel/clock.ts';
import type { Realm } from '#kernel/realm.ts';
import type { AcmeAccountObject } from './account.ts';
import {
  type AcmeAnswer,
  type AcmeServerOptions,
  type AskedByAccount,
  refused,
  requireOwn,
} from './asked.ts';
import { issue } from './issue.ts';
import { IssuedCertificate } from './issued-certificate.ts';
import { jsonOf } from './jws.ts';
import { NAMES_MAX } from './limits.ts';
import { type Door, isPermitted, parseInstanceName } from './names.ts';
import { type Authorization, certificateName, type KeptOrder, type Order, statusOf } from './orders.ts';
import { malformed, Problem } from './problem.ts';

const orderUrl = (base: string, { id }: Order): string => `${base}/order/${id}`;

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

export class OrderServer {
  readonly #options: AcmeServerOptions;

  constructor(options: AcmeServerOptions) {
    this.#options = options;
  }

  async ordersOf({ realm, base, account }: AskedByAccount, uid: string): Promise<AcmeAnswer> {
    requireOwn(account, uid);
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
      if (error instanceof Problem) refused(this.#options, asked, account, error);
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
      refused(this.#options, asked, account, error);
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
      if (error instanceof Problem) refused(this.#options, asked, account, error);
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
}

function authorizationAt({ authorizations }: Order, at: number): Authorization {
  const one = authorizations[at];
  if (!one) throw malformed('there is no such authorization of this account', 404);
  return one;
}
