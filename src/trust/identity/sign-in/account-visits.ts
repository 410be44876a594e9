/**
 * Who is at the account page. A visit begins with a sign-in there, lasts ten minutes, and is good for nothing else: what changes credentials
 * always has a fresh sign-in behind it.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { Clock } from '#kernel/clock.ts';
import type { RouteRequest } from '#kernel/route.ts';
import type { SealedRecords } from '../../sealed-records.ts';
import { isActive, userByUid } from '../people/directory.ts';
import type { UserObject } from '../people/user.ts';
import { cookieOf, setCookie } from './cookies.ts';
import { realmCookie } from './known-device.ts';
import type { Vault } from './vault.ts';

const COLLECTION = 'account-visits';
const LIFE_MS = 10 * 60_000;

const idOf = (secret: string): string => createHash('sha256').update(`visit\0${secret}`).digest('base64url');

export class AccountVisits {
  readonly #records: SealedRecords;
  readonly #clock: Pick<Clock, 'now'>;

  constructor(records: SealedRecords, clock: Pick<Clock, 'now'>) {
    this.#records = records;
    this.#clock = clock;
  }

  async begin({ realm, response }: RouteRequest, vault: Vault, userUid: string): Promise<void> {
    const secret = randomBytes(32).toString('base64url');
    const expires_ms = this.#clock.now() + LIFE_MS;
    await this.#records.put(realm, COLLECTION, { id: idOf(secret), value: userUid, expires_ms });
    setCookie(response, realmCookie('account', vault.realm.uid), secret, LIFE_MS / 1000);
  }

  async user({ realm, incoming }: RouteRequest, vault: Vault): Promise<UserObject | undefined> {
    const secret = cookieOf(incoming, realmCookie('account', vault.realm.uid));
    if (secret === undefined) return undefined;
    const record = await this.#records.get(realm, COLLECTION, idOf(secret));
    const user = typeof record?.value === 'string' ? userByUid(vault.realm.view, record.value) : undefined;
    return user && isActive(user) ? user : undefined;
  }

  async end({ realm, incoming, response }: RouteRequest, vault: Vault): Promise<void> {
    const name = realmCookie('account', vault.realm.uid);
    const secret = cookieOf(incoming, name);
    if (secret !== undefined) await this.#records.delete(realm, COLLECTION, idOf(secret));
    setCookie(response, name, '', 0);
  }
}
