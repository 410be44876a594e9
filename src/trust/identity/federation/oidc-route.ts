/**
 * `<prefix>/federation/<provider>/callback`: where a browser comes back to from an OpenID Connect provider. It goes on to the sign-in page
 * that it came from, as kept here, and nowhere that anybody names in the request.
 */
import { badRequest, notFound } from '#kernel/errors.ts';
import type { RealmRoute, RouteRequest } from '#kernel/route.ts';
import { browserOf } from '../sign-in/browser.ts';
import { sendOn } from '../sign-in/page.ts';
import type { Refusal, Told } from './claims.ts';
import { told } from './claims.ts';
import { type Federation, oidcCallback, wordsOf } from './federation.ts';
import type { IdentityProviderObject } from './identity-provider.ts';
import type { Outgoing } from './requests.ts';

export const FEDERATION_SEGMENT = 'federation';
const PATH = /^\/([a-z0-9][-a-z0-9.]{0,252})\/callback$/;

/** Of another browser, over, or never begun: all the same answer. */
export const NOT_BEGUN =
  'this sign-in has ended or was begun in another browser; start again where you came from';

export function oidcCallbackRoute(federation: Federation): RealmRoute {
  const { apiUrl, oidc } = federation.parts;

  async function outcomeOf(
    request: RouteRequest,
    provider: IdentityProviderObject,
    outgoing: Outgoing,
    query: URLSearchParams,
  ): Promise<Told | Refusal> {
    const { nonce = '', verifier = '' } = outgoing;
    const back = new URL(oidcCallback(apiUrl, request.prefix, provider.metadata.name));
    back.search = query.toString();
    try {
      const secret = await federation.inRealm(request.realm, (realm) =>
        federation.secretOf(realm, provider, request.requestId),
      );
      const state = query.get('state') ?? '';
      const { claims, subject } = await oidc.finish(provider, secret, back, { state, nonce, verifier });
      return told(claims, subject, provider.spec.mapping);
    } catch (error) {
      return { problem: 'failed', detail: wordsOf(error) };
    }
  }

  return {
    segment: FEDERATION_SEGMENT,
    realms: ['region', 'organization'],
    async handle(request) {
      const { realm, incoming, response } = request;
      const name = PATH.exec(request.path)?.[1];
      if (name === undefined || incoming.method !== 'GET')
        throw notFound({ kind: 'page', name: request.path });
      const query = new URL(incoming.url ?? '/', apiUrl).searchParams;
      const outgoing = await federation.requests.take(realm, query.get('state') ?? undefined);
      const provider = await federation.inRealm(realm, (open) => federation.provider(open, name));
      const isTheirs = outgoing !== undefined && browserOf(request).id === outgoing.browser;
      // An answer of one provider to a question to another is none.
      if (!isTheirs || provider?.metadata.uid !== outgoing.providerUid) throw badRequest(NOT_BEGUN);
      const outcome = await outcomeOf(request, provider, outgoing, query);
      await sendOn(response, await federation.arrived(realm, outgoing, outcome));
    },
  };
}
