/**
 * Signing in with an organization's own provider, from the button on the sign-in page to somebody who is signed in. The sign-in page asks
 * what to offer, where to send the browser and who came back; the routes (`oidc-route.ts`, `saml-route.ts`) take what providers send.
 */
import { randomBytes } from 'node:crypto';
import type { AccessLog } from '#kernel/access.ts';
import { fromAddress } from '#kernel/client-address.ts';
import type { Clock } from '#kernel/clock.ts';
import type { Realm, Realms } from '#kernel/realm.ts';
import type { RealmId } from '#kernel/realm-id.ts';
import type { RouteRequest } from '#kernel/route.ts';
import { StrangerRecords } from '#kernel/wire/stranger-records.ts';
import type { SealedRecords } from '../../sealed-records.ts';
import { IDENTITY_GROUP } from '../api-group.ts';
import type { SignedIn } from '../sign-in.ts';
import { admitPerson } from './admit-person.ts';
import type { PageProblem, Refusal, Told } from './claims.ts';
import { type ClientSecretParts, upstreamSecret } from './client-secret.ts';
import { IdentityProvider, type IdentityProviderObject } from './identity-provider.ts';
import { OFFERED_MAX } from './limits.ts';
import type { OidcUpstreams } from './oidc-upstream.ts';
import { type Attempt, FederationRequests, type Outgoing } from './requests.ts';
import type { SamlUpstreams } from './saml-upstream.ts';

export interface FederationParts extends ClientSecretParts {
  /** `https://host:port`, as browsers reach the region. */
  readonly apiUrl: string;
  readonly realms: Pick<Realms, 'use' | 'fresh'>;
  readonly records: SealedRecords;
  readonly accessLog: AccessLog;
  readonly clock: Clock;
  readonly oidc: OidcUpstreams;
  readonly saml: SamlUpstreams;
}

/** A provider as a button. */
export interface Offered {
  readonly name: string;
  readonly displayName: string;
}

/** What the sign-in page knows of federation. */
export interface FederatedSignIn {
  /** In order of name, at most `OFFERED_MAX`. */
  offered(realm: RealmId): Promise<readonly Offered[]>;
  /** Where to send the browser, or why not. */
  begin(
    request: RouteRequest,
    provider: string,
    attempt: Attempt,
  ): Promise<{ location: string } | PageProblem>;
  /** Who came back with a result; undefined when it is not of this browser and attempt, or was used. */
  finish(
    request: RouteRequest,
    result: string | undefined,
    attempt: Attempt,
  ): Promise<{ signedIn: SignedIn } | PageProblem | undefined>;
}

/** Where OpenID Connect providers send browsers back to. */
export const oidcCallback = (apiUrl: string, prefix: string, provider: string): string =>
  `${apiUrl}${prefix}/federation/${provider}/callback`;

const isOffered = ({ metadata, spec }: IdentityProviderObject): boolean =>
  metadata.deletionTimestamp === undefined && spec.disabled !== true;

export class Federation implements FederatedSignIn {
  readonly parts: FederationParts;
  readonly requests: FederationRequests;
  readonly #strangers: StrangerRecords;

  constructor(parts: FederationParts) {
    this.parts = parts;
    this.#strangers = new StrangerRecords(parts.accessLog, parts.clock);
    this.requests = new FederationRequests(parts.records, () => parts.clock.now());
  }

  /** The provider of that name in a realm as it is now; undefined when nobody signs in with it. */
  provider({ view }: Realm, name: string): IdentityProviderObject | undefined {
    const found: IdentityProviderObject | undefined = view.get(IdentityProvider, { name });
    return found && isOffered(found) ? found : undefined;
  }

  async inRealm<T>(id: RealmId, work: (realm: Realm) => Promise<T> | T): Promise<T> {
    await this.parts.realms.fresh(id);
    return this.parts.realms.use(id, work);
  }

  secretOf(realm: Realm, provider: IdentityProviderObject, requestId: string): string | undefined {
    return upstreamSecret(this.parts, realm, provider, requestId);
  }

  offered(id: RealmId): Promise<readonly Offered[]> {
    return this.inRealm(id, ({ view }) =>
      view
        .list(IdentityProvider)
        .filter(isOffered)
        .slice(0, OFFERED_MAX)
        .map(({ metadata, spec }) => ({ name: metadata.name, displayName: spec.displayName })),
    );
  }

  begin(request: RouteRequest, name: string, attempt: Attempt): Promise<{ location: string } | PageProblem> {
    return this.inRealm(request.realm, async (realm) => {
      const provider = this.provider(realm, name);
      if (!provider) return { problem: 'failed' };
      const outgoing = { ...attempt, providerUid: provider.metadata.uid };
      try {
        return { location: await this.#leave(realm, provider, request, outgoing) };
      } catch (error) {
        this.#record(request, provider, { problem: 'unreachable', detail: wordsOf(error) });
        return { problem: 'unreachable' };
      }
    });
  }

  async #leave(realm: Realm, provider: IdentityProviderObject, request: RouteRequest, outgoing: Outgoing) {
    const { apiUrl, oidc, saml } = this.parts;
    const { name } = provider.metadata;
    if (provider.spec.type === 'saml') {
      const { location, id } = await saml.begin(provider, `${apiUrl}${request.prefix}`);
      await this.requests.keep(realm.id, id, outgoing);
      return location;
    }
    const secret = this.secretOf(realm, provider, request.requestId);
    const begun = await oidc.begin(provider, secret, oidcCallback(apiUrl, request.prefix, name));
    const { location, state, nonce, verifier } = begun;
    await this.requests.keep(realm.id, state, { ...outgoing, nonce, verifier });
    return location;
  }

  /** Keeps what a provider said and gives the path that the browser takes back to the sign-in page. */
  async arrived(realm: RealmId, outgoing: Outgoing, outcome: Told | Refusal): Promise<string> {
    const id = randomBytes(32).toString('base64url');
    const { browser, base, providerUid } = outgoing;
    await this.requests.keepResult(realm, id, { browser, base, providerUid, outcome });
    return `${base}/federated?result=${id}`;
  }

  async finish(
    request: RouteRequest,
    result: string | undefined,
    attempt: Attempt,
  ): Promise<{ signedIn: SignedIn } | PageProblem | undefined> {
    const incoming = await this.requests.takeResult(request.realm, result, attempt);
    if (!incoming) return undefined;
    const { outcome, providerUid } = incoming;
    return this.inRealm(request.realm, async (realm) => {
      const found = realm.view.byUid(providerUid);
      const provider = found ? this.provider(realm, found.entry.name) : undefined;
      // Deleted, disabled or made anew since.
      if (!provider || provider.metadata.uid !== providerUid) return { problem: 'failed' };
      if ('problem' in outcome) {
        this.#record(request, provider, outcome);
        return outcome;
      }
      const at_ms = this.parts.clock.now();
      const { requestId } = request;
      const admission = await admitPerson(realm, { provider, who: outcome, requestId, now_ms: at_ms });
      if (admission.type === 'refused') {
        if (admission.problem === 'duties') await this.#recordDuties(request, provider, admission);
        else this.#record(request, provider, admission);
        return admission;
      }
      const { name, uid } = admission.user.metadata;
      await this.#recordAdmitted(request, provider, name);
      return { signedIn: { userUid: uid, user: name, strength: 'federated', at_ms } };
    });
  }

  #recordOf({ requestId, incoming }: RouteRequest, { metadata }: IdentityProviderObject) {
    return {
      credential: 'federated',
      verb: 'create',
      resource: `sessions.${IDENTITY_GROUP}`,
      ...fromAddress(incoming.socket),
      details: { identityProvider: metadata.name.slice(0, 256) },
      requestId,
    };
  }

  #recordAdmitted(request: RouteRequest, provider: IdentityProviderObject, name: string): Promise<void> {
    const record = { ...this.#recordOf(request, provider), actor: name, name, code: 200 };
    return this.parts.accessLog.record(request.realm, { ...record, decision: 'allowed' }).durable;
  }

  /** Always by itself, and before the page says so: the provider has confirmed who it was. */
  #recordDuties(request: RouteRequest, provider: IdentityProviderObject, refusal: Refusal): Promise<void> {
    const { user, detail } = refusal;
    return this.parts.accessLog.record(request.realm, {
      ...this.#recordOf(request, provider),
      ...(user === undefined ? { actor: 'anonymous' } : { actor: user, name: user }),
      decision: 'denied',
      reason: detail.slice(0, 1_024),
      code: 403,
    }).durable;
  }

  #record(request: RouteRequest, provider: IdentityProviderObject, { problem, detail }: Refusal): void {
    if (!this.#strangers.admit(request.requestId)) return;
    this.parts.accessLog.record(request.realm, {
      ...this.#recordOf(request, provider),
      actor: 'anonymous',
      decision: problem === 'unreachable' ? 'failed' : 'unauthenticated',
      reason: detail.slice(0, 1_024),
      code: problem === 'unreachable' ? 503 : 401,
    });
  }
}

/** What went wrong, with its cause, for the record. */
export function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  return cause instanceof Error ? `${error.message}: ${cause.message}` : error.message;
}
