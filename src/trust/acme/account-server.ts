/** What clients may do with accounts (RFC 8555 §7.3): bind a key to an AcmeAccount, read and change it, give it up. */
import type { Realm } from '#kernel/realm.ts';
import type { AcmeAccountObject } from './account.ts';
import { accountByThumbprint, accountByUid, bindKey, changeStatus, contactsOf, gone } from './accounts.ts';
import {
  type AcmeAnswer,
  type AcmeServerOptions,
  type AskedByAccount,
  type AskedByKey,
  accountUrl,
  refused,
  requireOwn,
} from './asked.ts';
import {
  jsonOf,
  publicKeyOf,
  readJws,
  type SignedRequest,
  thumbprintOf,
  verified,
  verifiedBinding,
} from './jws.ts';
import { malformed, Problem } from './problem.ts';

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

/** The parts of an AcmeAccount that requests are held against; a deactivated one is nobody. */
export function requireLive(account: AcmeAccountObject | undefined): AcmeAccountObject {
  if (!account || account.status?.state === 'pending') throw gone();
  if (account.status?.state !== 'valid') throw new Problem('unauthorized', 'the account was deactivated');
  return account;
}

export class AccountServer {
  readonly #options: Pick<AcmeServerOptions, 'bindings' | 'accessLog' | 'clock'>;

  constructor(options: Pick<AcmeServerOptions, 'bindings' | 'accessLog' | 'clock'>) {
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
      if (error instanceof Problem) refused(this.#options, asked, pending, error);
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
      if (error instanceof Problem) refused(this.#options, asked, account, error);
      throw error;
    }
  }

  /** Reads, changes the contacts of, or gives up an account. */
  async account(asked: AskedByAccount, uid: string): Promise<AcmeAnswer> {
    const { base, account } = asked;
    requireOwn(account, uid);
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
}
