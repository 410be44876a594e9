/**
 * Orders under way (RFC 8555 §7.1.3), as short-lived records: what came of an order that was finished is an IssuedCertificate. The record says
 * what was asked and what was proven; what state that makes is worked out. Pure but for the records.
 */
import { randomBytes } from 'node:crypto';
import type { RealmId } from '#kernel/realm-id.ts';
import type { SealedRecords } from '../sealed-records.ts';
import { ORDER_MS, ORDERS_PER_ACCOUNT_MAX, TOO_MANY_RETRY_S } from './limits.ts';
import { malformed, Problem } from './problem.ts';

const COLLECTION = 'acme-orders';
const ID_BYTES = 16;
const TOKEN_BYTES = 32;

export interface Authorization {
  readonly name: string;
  readonly status: 'pending' | 'valid' | 'invalid' | 'deactivated';
  /** What the client answers with at the instance. */
  readonly token: string;
  readonly validated_ms?: number;
  /** Why it is invalid. */
  readonly problem?: Readonly<Record<string, unknown>>;
}

export interface Order {
  /** 32 hex digits. */
  readonly id: string;
  readonly accountUid: string;
  readonly project: string;
  readonly names: readonly string[];
  readonly authorizations: readonly Authorization[];
  readonly expires_ms: number;
  /** Name of the IssuedCertificate. */
  readonly certificate?: string;
}

export type OrderStatus = 'pending' | 'ready' | 'valid' | 'invalid';

export interface KeptOrder {
  readonly order: Order;
  readonly version: number;
}

export function statusOf({ authorizations, certificate }: Order): OrderStatus {
  if (certificate !== undefined) return 'valid';
  if (authorizations.every(({ status }) => status === 'valid')) return 'ready';
  return authorizations.some(({ status }) => status === 'invalid' || status === 'deactivated')
    ? 'invalid'
    : 'pending';
}

/** The IssuedCertificate that an order becomes: the same however often it is finished. */
export const certificateName = ({ names, id }: Order): string =>
  `${(names[0] ?? '').split('.', 1)[0]}-${id.slice(0, 12)}`;

export class Orders {
  readonly #records: SealedRecords;

  constructor(records: SealedRecords) {
    this.#records = records;
  }

  /** `proven`: whether the names need no further proof. Throws rateLimited. */
  async begin(
    realm: RealmId,
    account: { readonly uid: string; readonly project: string },
    names: readonly string[],
    proven: boolean,
    now_ms: number,
  ): Promise<Order> {
    if ((await this.of(realm, account.uid)).length >= ORDERS_PER_ACCOUNT_MAX) {
      throw new Problem('rateLimited', `${ORDERS_PER_ACCOUNT_MAX} orders of this account are under way`, {
        retryAfter_s: TOO_MANY_RETRY_S,
      });
    }
    const order: Order = {
      id: randomBytes(ID_BYTES).toString('hex'),
      accountUid: account.uid,
      project: account.project,
      names,
      authorizations: names.map((name) => ({
        name,
        status: proven ? 'valid' : 'pending',
        token: randomBytes(TOKEN_BYTES).toString('base64url'),
        ...(proven ? { validated_ms: now_ms } : {}),
      })),
      expires_ms: now_ms + ORDER_MS,
    };
    if (!(await this.#records.add(realm, COLLECTION, recordOf(order))))
      throw new Error('an order id came twice');
    return order;
  }

  /** Orders of an account that are not finished. */
  async of(realm: RealmId, accountUid: string): Promise<readonly Order[]> {
    const found = await this.#records.findBy(realm, COLLECTION, accountKey(accountUid));
    return found.map(({ value }) => value as Order).filter(({ certificate }) => certificate === undefined);
  }

  /** Throws malformed (404) for one that is not there, or is of another account. */
  async get(realm: RealmId, id: string, accountUid: string): Promise<KeptOrder> {
    const found = await this.#records.get(realm, COLLECTION, id);
    const order = found?.value as Order | undefined;
    // One answer for both, so that nobody learns which orders others have.
    if (!found || order?.accountUid !== accountUid)
      throw malformed('there is no such order of this account', 404);
    return { order, version: found.version };
  }

  /** Writes an order unless it changed meanwhile; says whether it did. */
  replace(realm: RealmId, { version }: KeptOrder, order: Order): Promise<boolean> {
    return this.#records.replace(realm, COLLECTION, version, recordOf(order));
  }
}

const accountKey = (uid: string): string => `account:${uid}`;

const recordOf = (order: Order) => ({
  id: order.id,
  value: order,
  expires_ms: order.expires_ms,
  keys: [accountKey(order.accountUid)],
});
