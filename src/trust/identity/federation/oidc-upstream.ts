/**
 * An organization's own OpenID Connect provider, with us as its relying party (`openid-client`): authorization code with PKCE, state and
 * nonce. An ID token counts only with a signature by its published keys, by an algorithm of the list, for us, from it, for this very
 * request, and within its times by our clock.
 */
import { decodeProtectedHeader } from 'jose';
import type { Configuration } from 'openid-client';
import type { Clock } from '#kernel/clock.ts';
import { BoundedMap } from '../../bounded-map.ts';
import { type BoundedFetchOptions, boundedFetch, type FetchInit } from './bounded-fetch.ts';
import type { Claims } from './claims.ts';
import type { IdentityProviderObject } from './identity-provider.ts';
import { METADATA_MS, PROVIDERS_MAX, SKEW_MS } from './limits.ts';

/** Loaded by the first who has a provider: most regions have none in memory. */
const openidClient = () => import('openid-client');

/** Asymmetric, and none that is broken. */
const ALGORITHMS: ReadonlySet<string> = new Set([
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
]);

export interface OidcAnswer {
  readonly claims: Claims;
  readonly subject: string;
}

export interface OidcRequest {
  readonly location: string;
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

export interface OidcUpstreams {
  /** Reads the provider's metadata (again, with `fresh`). Throws when it cannot be used, with why. */
  check(provider: IdentityProviderObject, secret: string | undefined, fresh: boolean): Promise<void>;
  begin(
    provider: IdentityProviderObject,
    secret: string | undefined,
    redirectUri: string,
  ): Promise<OidcRequest>;
  /** `back`: the address that the browser came back to, with all its parameters. Throws what is wrong with the answer. */
  finish(
    provider: IdentityProviderObject,
    secret: string | undefined,
    back: URL,
    expected: { readonly state: string; readonly nonce: string; readonly verifier: string },
  ): Promise<OidcAnswer>;
}

export interface OidcUpstreamOptions {
  readonly clock: Pick<Clock, 'now'>;
  readonly isAllowed?: BoundedFetchOptions['isAllowed'];
}

interface Known {
  readonly at_ms: number;
  readonly config: Promise<Configuration>;
}

export function oidcUpstreams({ clock, isAllowed }: OidcUpstreamOptions): OidcUpstreams {
  const known = new BoundedMap<string, Known>(PROVIDERS_MAX);

  async function discover({ spec }: IdentityProviderObject, secret: string | undefined) {
    if (!spec.oidc) throw new TypeError('an OpenID Connect provider');
    const { issuer, clientId, ca } = spec.oidc;
    const { origin } = new URL(issuer);
    const ask = boundedFetch({
      origin,
      ...(ca === undefined ? {} : { ca }),
      ...(isAllowed === undefined ? {} : { isAllowed }),
    });
    const client = await openidClient();
    const config = await client.discovery(
      new URL(issuer),
      clientId,
      { [client.clockTolerance]: SKEW_MS / 1000 },
      secret === undefined ? client.None() : client.ClientSecretBasic(secret),
      { [client.customFetch]: (url: string, init: object) => ask(url, init as FetchInit) },
    );
    // Signatures, too, where the token came over TLS.
    client.enableNonRepudiationChecks(config);
    const endpoint = config.serverMetadata().authorization_endpoint;
    if (endpoint === undefined || new URL(endpoint).protocol !== 'https:') {
      throw new Error(`${issuer} has no authorization endpoint by https`);
    }
    return config;
  }

  function configOf(provider: IdentityProviderObject, secret: string | undefined, fresh = false) {
    const { uid, generation } = provider.metadata;
    const key = `${uid} ${generation} ${secret ?? ''}`;
    const now_ms = clock.now();
    const found = known.get(key);
    if (found && !fresh && now_ms - found.at_ms < METADATA_MS) return found.config;
    const config = discover(provider, secret);
    known.set(key, { at_ms: now_ms, config });
    config.catch(() => known.delete(key));
    return config;
  }

  /** What the library holds against the machine's clock, against ours. */
  function requireTimes({ exp, iat, nbf }: { exp?: number; iat?: number; nbf?: unknown }): void {
    const now_ms = clock.now();
    const from_s = Math.max(iat ?? 0, typeof nbf === 'number' ? nbf : 0);
    if (exp === undefined || exp * 1000 + SKEW_MS <= now_ms) throw new Error('the ID token has expired');
    if (from_s * 1000 - SKEW_MS > now_ms) throw new Error('the ID token is of a later time than ours');
  }

  return {
    async check(provider, secret, fresh) {
      await configOf(provider, secret, fresh);
    },
    async begin(provider, secret, redirectUri) {
      const client = await openidClient();
      const config = await configOf(provider, secret);
      const [verifier, state, nonce] = [
        client.randomPKCECodeVerifier(),
        client.randomState(),
        client.randomNonce(),
      ];
      const scopes = new Set(['openid', ...(provider.spec.oidc?.scopes ?? [])]);
      const location = client.buildAuthorizationUrl(config, {
        redirect_uri: redirectUri,
        scope: [...scopes].join(' '),
        response_type: 'code',
        code_challenge: await client.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        state,
        nonce,
      });
      return { location: location.href, state, nonce, verifier };
    },
    async finish(provider, secret, back, { state, nonce, verifier }) {
      const client = await openidClient();
      const config = await configOf(provider, secret);
      const tokens = await client.authorizationCodeGrant(config, back, {
        expectedState: state,
        expectedNonce: nonce,
        pkceCodeVerifier: verifier,
        idTokenExpected: true,
      });
      const idClaims = tokens.claims();
      if (!idClaims || tokens.id_token === undefined) throw new Error('it gave no ID token');
      const { alg = 'none' } = decodeProtectedHeader(tokens.id_token);
      if (!ALGORITHMS.has(alg)) throw new Error(`the ID token is signed by ${alg}, which is not accepted`);
      requireTimes(idClaims);
      const more =
        config.serverMetadata().userinfo_endpoint === undefined
          ? {}
          : await client.fetchUserInfo(config, tokens.access_token, idClaims.sub);
      // What is signed counts before what is not.
      return { claims: { ...more, ...idClaims }, subject: idClaims.sub };
    },
  };
}
