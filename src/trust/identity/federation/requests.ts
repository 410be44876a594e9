/**
 * What is kept between a browser's leaving for a provider and its coming back. Each record is found by an unguessable name, counts once,
 * and belongs to one browser and one attempt to sign in: whoever brings an answer that was begun elsewhere gets nowhere.
 */
import type { RealmId } from '#kernel/realm-id.ts';
import type { SealedRecords } from '../../sealed-records.ts';
import type { Refusal, Told } from './claims.ts';
import { REQUEST_MS, RESULT_MS } from './limits.ts';

const REQUESTS = 'federation-requests';
const RESULTS = 'federation-results';
const ID = /^[A-Za-z0-9_-]{16,128}$/;

/** An attempt to sign in, here. */
export interface Attempt {
  readonly browser: string;
  /** `/orgs/acme/oidc/interaction/<id>`: where the browser goes back to, and nowhere else. */
  readonly base: string;
}

export interface Outgoing extends Attempt {
  readonly providerUid: string;
  /** OpenID Connect only. */
  readonly nonce?: string;
  readonly verifier?: string;
}

export interface Incoming extends Attempt {
  readonly providerUid: string;
  readonly outcome: Told | Refusal;
}

export class FederationRequests {
  readonly #records: SealedRecords;
  readonly #now: () => number;

  constructor(records: SealedRecords, now: () => number) {
    this.#records = records;
    this.#now = now;
  }

  async keep(realm: RealmId, id: string, outgoing: Outgoing): Promise<void> {
    await this.#records.put(realm, REQUESTS, { id, value: outgoing, expires_ms: this.#now() + REQUEST_MS });
  }

  take(realm: RealmId, id: string | undefined): Promise<Outgoing | undefined> {
    return this.#take<Outgoing>(realm, REQUESTS, id);
  }

  async keepResult(realm: RealmId, id: string, incoming: Incoming): Promise<void> {
    await this.#records.put(realm, RESULTS, { id, value: incoming, expires_ms: this.#now() + RESULT_MS });
  }

  /** Undefined, too, for another browser or attempt: the record is used up all the same. */
  async takeResult(
    realm: RealmId,
    id: string | undefined,
    { browser, base }: Attempt,
  ): Promise<Incoming | undefined> {
    const found = await this.#take<Incoming>(realm, RESULTS, id);
    return found?.browser === browser && found.base === base ? found : undefined;
  }

  async #take<Value>(realm: RealmId, collection: string, id: string | undefined): Promise<Value | undefined> {
    if (id === undefined || !ID.test(id)) return undefined;
    return (await this.#records.take(realm, collection, id))?.value as Value | undefined;
  }
}
