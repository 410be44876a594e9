/**
 * `<prefix>/saml/<provider>/metadata` and `…/acs`: what a SAML identity provider asks of us and posts to us. A response counts only as the
 * answer to a request of ours, once; whatever it says in RelayState is not looked at.
 */
import { badRequest, notFound } from '#kernel/errors.ts';
import type { RealmRoute, RouteRequest } from '#kernel/route.ts';
import { readForm } from '../sign-in/form-body.ts';
import { sendOn } from '../sign-in/page.ts';
import { type Refusal, type Told, told } from './claims.ts';
import { type Federation, wordsOf } from './federation.ts';
import type { IdentityProviderObject } from './identity-provider.ts';
import { SAML_RESPONSE_BYTES_MAX } from './limits.ts';
import { NOT_BEGUN } from './oidc-route.ts';
import { type Shaped, shaped } from './saml-shape.ts';

export const SAML_SEGMENT = 'saml';
const PATH = /^\/([a-z0-9][-a-z0-9.]{0,252})\/(metadata|acs)$/;
/** Base64, with every third character written as three. */
const FORM_BYTES_MAX = SAML_RESPONSE_BYTES_MAX * 2;

export function samlRoute(federation: Federation): RealmRoute {
  const { apiUrl, saml } = federation.parts;
  const baseOf = ({ prefix }: RouteRequest) => `${apiUrl}${prefix}`;

  async function metadata(request: RouteRequest, provider: IdentityProviderObject): Promise<void> {
    const xml = await saml.metadata(provider, baseOf(request));
    const headers = { 'Content-Type': 'application/samlmetadata+xml', 'Cache-Control': 'no-store' };
    request.response.writeHead(200, headers);
    request.response.end(xml);
  }

  async function outcomeOf(
    request: RouteRequest,
    provider: IdentityProviderObject,
    response: Shaped,
  ): Promise<Told | Refusal> {
    try {
      const { claims, subject } = await saml.finish(provider, baseOf(request), response);
      return told(claims, subject, provider.spec.mapping);
    } catch (error) {
      return { problem: 'failed', detail: wordsOf(error) };
    }
  }

  async function consume(request: RouteRequest, provider: IdentityProviderObject): Promise<void> {
    const form = await readForm(request.incoming, FORM_BYTES_MAX);
    let response: Shaped;
    try {
      response = shaped(form.get('SAMLResponse') ?? '');
    } catch (error) {
      throw badRequest(wordsOf(error));
    }
    // Whose browser this is, the sign-in page finds out: a post from elsewhere brings no cookie.
    const outgoing = await federation.requests.take(request.realm, response.inResponseTo);
    if (outgoing?.providerUid !== provider.metadata.uid) throw badRequest(NOT_BEGUN);
    const outcome = await outcomeOf(request, provider, response);
    await sendOn(request.response, await federation.arrived(request.realm, outgoing, outcome));
  }

  return {
    segment: SAML_SEGMENT,
    realms: ['region', 'organization'],
    async handle(request) {
      const { realm, path, incoming } = request;
      const [, name = '', place] = PATH.exec(path) ?? [];
      const provider = await federation.inRealm(realm, (open) => federation.provider(open, name));
      if (provider?.spec.type !== 'saml') throw notFound({ kind: 'page', name: path });
      if (place === 'metadata' && incoming.method === 'GET') return metadata(request, provider);
      if (place === 'acs' && incoming.method === 'POST') return consume(request, provider);
      throw notFound({ kind: 'page', name: path });
    },
  };
}
