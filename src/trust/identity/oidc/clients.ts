/**
 * The clients of a realm's provider, as OpenID Connect client metadata: our own two, and the tenant's OAuthClients. A client's secret is
 * kept nowhere: it is derived, from a key of the realm, for this very object and generation.
 */
import { createHmac, randomBytes } from 'node:crypto';
import type { ActionConnector } from '#kernel/connect.ts';
import { badRequest } from '#kernel/errors.ts';
import type { RealmKeyring, WrappedKeyStorage } from '#kernel/keys.ts';
import type { RealmView } from '#kernel/realm.ts';
import type { RealmId } from '#kernel/realm-id.ts';
import { realmSecret } from '../../realm-sealing.ts';
import { OAuthClient, type OAuthClientObject } from './oauth-client.ts';

export const CLI_CLIENT = 'casemate-cli';
export const CONSOLE_CLIENT = 'casemate-console';
export const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code';

const BUILT_IN: ReadonlySet<string> = new Set([CLI_CLIENT, CONSOLE_CLIENT]);
/** Whether a client is ours, and so may have tokens for the API. */
export const isBuiltIn = (clientId: string): boolean => BUILT_IN.has(clientId);

const SECRET_NAME = 'oidc.clients';
const SECRET_BYTES = 32;

/** Our own clients. `realmUrl` is the realm's address, `https://host:port` or `https://host:port/orgs/<org>`: each realm has a console of its own. */
export function builtInClients(realmUrl: string): readonly Readonly<Record<string, unknown>>[] {
  const common = { token_endpoint_auth_method: 'none', id_token_signed_response_alg: 'EdDSA' };
  return [
    {
      ...common,
      client_id: CLI_CLIENT,
      client_name: 'Casemate command line',
      application_type: 'native',
      grant_types: [DEVICE_GRANT, 'refresh_token'],
      response_types: [],
      redirect_uris: [],
    },
    {
      ...common,
      client_id: CONSOLE_CLIENT,
      client_name: 'Casemate console',
      application_type: 'web',
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      response_modes: ['query'],
      redirect_uris: [`${realmUrl}/console/signed-in`],
      post_logout_redirect_uris: [`${realmUrl}/console/`],
    },
  ];
}

export interface ClientSecrets {
  of(realm: RealmId, client: OAuthClientObject): Promise<string>;
}

export interface ClientSecretsOptions {
  readonly keyring: Pick<RealmKeyring, 'open'>;
  readonly storage: Pick<WrappedKeyStorage, 'add' | 'get'>;
}

export function clientSecrets({ keyring, storage }: ClientSecretsOptions): ClientSecrets {
  return {
    async of(realm, { metadata, spec }) {
      const { sealer } = await keyring.open(realm);
      const key = await realmSecret(storage, realm, sealer, SECRET_NAME, () => randomBytes(SECRET_BYTES));
      const subject = `client secret\0${metadata.uid}\0${spec.secretGeneration ?? 1}`;
      return createHmac('sha256', key).update(subject).digest('base64url');
    },
  };
}

/** The metadata of an OAuthClient; undefined when there is none of that name. */
export async function clientMetadata(
  view: RealmView,
  secrets: ClientSecrets,
  id: string,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  const client: OAuthClientObject | undefined = view.get(OAuthClient, { name: id });
  if (!client || client.metadata.deletionTimestamp !== undefined) return undefined;
  const { spec } = client;
  const loopback = spec.redirectUris.length > 0 && spec.redirectUris.every((uri) => uri.startsWith('http:'));
  return {
    client_id: id,
    client_name: spec.displayName,
    // Of an application on somebody's own machine any port will do (RFC 8252, 7.3).
    application_type: loopback ? 'native' : 'web',
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    response_modes: ['query'],
    redirect_uris: [...spec.redirectUris],
    post_logout_redirect_uris: [...(spec.postLogoutRedirectUris ?? [])],
    id_token_signed_response_alg: 'EdDSA',
    token_endpoint_auth_method: spec.public === true ? 'none' : 'client_secret_basic',
    ...(spec.public === true ? {} : { client_secret: await secrets.of(view.realm, client) }),
    ...(spec.backchannelLogoutUri === undefined
      ? {}
      : { backchannel_logout_uri: spec.backchannelLogoutUri, backchannel_logout_session_required: true }),
  };
}

/** `oauthclients/secret`. */
export function clientSecretAction(secrets: ClientSecrets): ActionConnector {
  return {
    type: 'action',
    async call({ realm, object }) {
      const client = object as OAuthClientObject;
      if (client.spec.public === true) {
        throw badRequest('a public client has no secret; it proves itself with PKCE alone');
      }
      return { client_id: client.metadata.name, client_secret: await secrets.of(realm, client) };
    },
  };
}
