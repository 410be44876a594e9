/**
 * One realm's OpenID Provider: `oidc-provider`, configured. What it may do is little: codes with PKCE, device codes, refresh, revocation,
 * logout. No registration, no implicit flow, no secret-less confidential client, nothing fetched from outside.
 */
import type { Provider, ProviderContext } from 'oidc-provider/lib/provider.js';
import type { AccessLog } from '#kernel/access.ts';
import { fromAddress } from '#kernel/client-address.ts';
import type { Clock } from '#kernel/clock.ts';
import type { Logger } from '#kernel/logger.ts';
import type { Realms } from '#kernel/realm.ts';
import type { RealmId } from '#kernel/realm-id.ts';
import type { SealedRecords } from '../../sealed-records.ts';
import { renewalProblem } from '../federation/renewal.ts';
import { endSession } from '../sessions/begin-session.ts';
import { Session } from '../sessions/session.ts';
import type { People, Person, ProviderPages } from '../sign-in.ts';
import type { SigningKeys } from '../tokens/signing-keys.ts';
import { adapterFor } from './adapter.ts';
import { builtInClients, type ClientSecrets, clientMetadata, isBuiltIn } from './clients.ts';
import type { OidcLibrary } from './library.ts';
import {
  ACCESS_TOKEN_S,
  API_AUDIENCE,
  API_RESOURCE,
  API_SCOPE,
  CODE_S,
  DEVICE_CODE_S,
  DEVICE_SESSION_MS,
  ID_TOKEN_S,
  INTERACTION_S,
  WEB_SESSION_MS,
} from './limits.ts';
import { requestIdOf } from './mount.ts';
import { pageSources } from './pages.ts';
import { signIns } from './sign-ins.ts';

export interface ProviderOptions {
  readonly library: OidcLibrary;
  readonly realm: RealmId;
  /** `<api url><prefix>/oidc`. */
  readonly issuer: string;
  readonly realms: Realms;
  readonly records: SealedRecords;
  readonly keys: SigningKeys;
  readonly cookieKeys: readonly string[];
  readonly clients: ClientSecrets;
  readonly people: People;
  readonly pages: ProviderPages;
  readonly accessLog: AccessLog;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** RFC 8176, as far as it has words for it. */
const AMR: Readonly<Record<string, readonly string[]>> = {
  passkey: ['hwk', 'user'],
  'password+totp': ['pwd', 'otp', 'mfa'],
  federated: [],
};
export const amrOf = (strength: string): readonly string[] => AMR[strength] ?? [];

export function createProvider(options: ProviderOptions): Provider {
  const { library, realm, issuer, realms, records, keys, clients, people, clock, logger, accessLog } =
    options;
  const { Provider, policy: policies, errors } = library;
  const sessions = signIns({ realm, realms, people, clock });
  const { renderError, logoutSource, postLogoutSuccessSource, ...devicePages } = pageSources(
    realm,
    options.pages,
  );

  const policy = policies.base();
  policy
    .get('login')
    ?.checks.add(
      new policies.Check('signed_out', 'the sign-in has ended', 'login_required', (ctx) =>
        sessions.mustSignIn(ctx),
      ),
    );
  // Every client was registered by an administrator of the realm: who signs in to it is not asked again. Who asks for the prompt gets it answered.
  policy.remove('consent');
  policy.add(new policies.Prompt({ name: 'consent', requestable: true }));

  const isDevice = (client: { grantTypeAllowed(type: string): boolean }) =>
    !client.grantTypeAllowed('authorization_code');
  const cookie = { path: new URL(issuer).pathname, httpOnly: true, sameSite: 'lax', secure: true };

  /** Who is signed in, or renews that, and holds what nobody may hold together. The client says to sign in again, and the page then says why. */
  const recordRefused = ({ req }: ProviderContext, { name }: Person, reason: string): Promise<void> =>
    accessLog.record(realm, {
      actor: name,
      credential: 'federated',
      ...fromAddress(req.socket),
      verb: 'update',
      resource: Session.resource,
      decision: 'denied',
      reason: reason.slice(0, 1_024),
      code: 403,
      requestId: requestIdOf(req),
    }).durable;

  const provider: Provider = new Provider(issuer, {
    adapter: adapterFor({
      realm,
      records,
      clock,
      library,
      client: (id) => realms.use(realm, ({ view }) => clientMetadata(view, clients, id)),
      isLive: async (uid) => (await sessions.find(uid)) !== undefined,
      async end(uid) {
        const context: ProviderContext | undefined = Provider.ctx;
        const requestId = context ? requestIdOf(context.req) : 'unknown';
        await realms.use(realm, (open) => endSession(open, uid, requestId));
      },
    }),
    clients: builtInClients(issuer.slice(0, -'/oidc'.length)),
    jwks: { keys: keys.published.map(({ jwk, kid }) => ({ ...jwk, kid, alg: 'EdDSA', use: 'sig' })) },
    cookies: {
      keys: options.cookieKeys,
      names: {
        session: '__Secure-casemate-session',
        interaction: '__Secure-casemate-interaction',
        resume: '__Secure-casemate-resume',
      },
      long: cookie,
      short: { httpOnly: true, sameSite: 'lax', secure: true },
    },
    claims: {
      openid: ['sub', 'acr', 'amr', 'auth_time'],
      profile: ['name', 'preferred_username'],
      email: ['email'],
      groups: ['groups'],
      sid: null,
      iss: null,
    },
    acrValues: Object.keys(AMR),
    scopes: ['openid', 'offline_access', 'profile', 'email', 'groups'],
    conformIdTokenClaims: false,
    clientDefaults: {
      grant_types: ['authorization_code'],
      id_token_signed_response_alg: 'EdDSA',
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
    },
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'none'],
    enabledJWA: { idTokenSigningAlgValues: ['EdDSA'], userinfoSigningAlgValues: ['EdDSA'] },
    responseTypes: ['code'],
    pkce: { required: () => true },
    allowOmittingSingleRegisteredRedirectUri: false,
    clientBasedCORS: (_ctx: unknown, origin: string, client: { redirectUris: readonly string[] }) =>
      origin !== 'null' && client.redirectUris.some((uri) => URL.parse(uri)?.origin === origin),
    rotateRefreshToken: true,
    issueRefreshToken: async (_ctx: unknown, client: { grantTypeAllowed(type: string): boolean }) =>
      client.grantTypeAllowed('refresh_token'),
    // Signing out in a browser ends what was signed in to with it; the command line is signed in by itself.
    expiresWithSession: async (ctx: ProviderContext) => !isDevice(ctx.oidc.client),
    extraTokenClaims: async (_ctx: unknown, token: { kind: string; grantId?: string }) =>
      token.kind === 'AccessToken' ? { sid: token.grantId } : undefined,
    loadExistingGrant: (ctx: ProviderContext) => sessions.grant(provider, ctx),
    findAccount: async (ctx: ProviderContext, sub: string) => {
      const { person, problem } = await realms.use(realm, ({ view }) => ({
        person: people.find(view, sub),
        problem: renewalProblem(view, sub),
      }));
      if (!person) return undefined;
      if (problem !== undefined) {
        await recordRefused(ctx, person, problem);
        return undefined;
      }
      const { name, displayName, email, groups } = person;
      const claims = { sub, name: displayName ?? name, preferred_username: name, groups };
      return { accountId: sub, claims: async () => (email === undefined ? claims : { ...claims, email }) };
    },
    interactions: {
      policy,
      url: async (_ctx: unknown, { uid }: { uid: string }) =>
        `${new URL(issuer).pathname}/interaction/${uid}`,
    },
    renderError,
    features: {
      devInteractions: { enabled: false },
      dPoP: { enabled: false },
      pushedAuthorizationRequests: { enabled: false },
      backchannelLogout: { enabled: true },
      revocation: { enabled: true, allowedPolicy: ownTokensOnly },
      rpInitiatedLogout: { enabled: true, logoutSource, postLogoutSuccessSource },
      deviceFlow: { enabled: true, deviceInfo: () => ({}), ...devicePages },
      resourceIndicators: {
        enabled: true,
        defaultResource: async (_ctx: unknown, client: { clientId: string }) =>
          isBuiltIn(client.clientId) ? API_RESOURCE : undefined,
        useGrantedResource: async () => true,
        getResourceServerInfo: async (_ctx: unknown, resource: string, client: { clientId: string }) => {
          if (resource !== API_RESOURCE || !isBuiltIn(client.clientId)) throw new errors.InvalidTarget();
          return {
            scope: API_SCOPE,
            audience: API_AUDIENCE,
            accessTokenTTL: ACCESS_TOKEN_S,
            accessTokenFormat: 'jwt',
            jwt: { sign: { alg: 'EdDSA', kid: keys.current.kid } },
          };
        },
      },
    },
    ttl: {
      AccessToken: ACCESS_TOKEN_S,
      AuthorizationCode: CODE_S,
      DeviceCode: DEVICE_CODE_S,
      IdToken: ID_TOKEN_S,
      Interaction: INTERACTION_S,
      Session: WEB_SESSION_MS / 1000,
      Grant: DEVICE_SESSION_MS / 1000,
      RefreshToken: (_ctx: unknown, _token: unknown, client: { grantTypeAllowed(type: string): boolean }) =>
        (isDevice(client) ? DEVICE_SESSION_MS : WEB_SESSION_MS) / 1000,
    },
    fetch: async () => {
      throw new Error('the provider fetches nothing');
    },
  });

  // What a browser's session remembers beside what the library puts there.
  const remembered = [...provider.Session.IN_PAYLOAD, 'signIn'];
  Object.defineProperty(provider.Session, 'IN_PAYLOAD', { value: remembered });
  // Applications are told when the Session ends, whatever ended it: see `sessions/controller.ts`.
  Object.defineProperty(provider.Client.prototype, 'backchannelLogout', { value: async () => {} });
  provider.on('error', (error) => logger.error({ err: error, realm }, 'the OpenID Provider failed'));
  provider.on('server_error', (_ctx, error) =>
    logger.error({ err: error, realm }, 'the OpenID Provider could not answer'),
  );
  return provider;
}

/** A client takes back its own tokens and nobody else's. */
async function ownTokensOnly(
  _ctx: unknown,
  client: { clientId: string },
  token: { clientId: string },
): Promise<boolean> {
  return token.clientId === client.clientId;
}
