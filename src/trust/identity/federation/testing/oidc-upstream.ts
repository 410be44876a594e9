/**
 * An organization's own OpenID Provider: another instance of `oidc-provider` on an address of its own, where whoever the test says is
 * signed in at once. Its tokens can be spoiled on the way. Tests only.
 */
import { generateKeyPairSync, sign } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { ProviderContext } from 'oidc-provider/lib/provider.js';
import { oidcLibrary } from '../../oidc/library.ts';

export interface Account {
  readonly sub: string;
  readonly [claim: string]: unknown;
}

export interface OidcUpstream {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Who signs in next. */
  account: Account;
  /** Changes what the token endpoint answers. */
  spoil: ((answer: Record<string, unknown>) => Record<string, unknown>) | undefined;
  /** A token with its own signature. */
  sign(claims: object): string;
  /** Changes the metadata. */
  metadata: Record<string, unknown>;
  close(): Promise<void>;
}

export interface OidcUpstreamOptions {
  readonly tls: { readonly key: string; readonly certificate: string };
  readonly redirectUris: readonly string[];
}

/** A connection that is still shaking hands is none that closing ends, so this bounds how long closing may take. */
const HANDSHAKE_MS_MAX = 10_000;

const CLIENT = { id: 'casemate', secret: 'a secret of at least thirty-two characters' };

/** A JWT by whatever signs: what nobody should believe is made here, too. */
export function compact(header: object, claims: object, signature: (data: Buffer) => Buffer): string {
  const data = [header, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  return `${data}.${signature(Buffer.from(data)).toString('base64url')}`;
}

/** Collects what the provider writes, so that it can be changed before it is sent. */
function rewriting(response: ServerResponse, change: (body: Record<string, unknown>) => object): void {
  const end = response.end.bind(response);
  response.end = ((chunk?: unknown) => {
    const text = chunk === undefined ? '' : String(chunk);
    const body = text.startsWith('{') ? JSON.stringify(change(JSON.parse(text))) : text;
    response.removeHeader('Content-Length');
    return end(body);
  }) as typeof response.end;
}

export async function oidcUpstream({ tls, redirectUris }: OidcUpstreamOptions): Promise<OidcUpstream> {
  let handle: (request: IncomingMessage, response: ServerResponse) => Promise<void> = async () => {};
  const secured = { key: tls.key, cert: tls.certificate, handshakeTimeout: HANDSHAKE_MS_MAX };
  const server: Server = createServer(secured, (request, response) => {
    handle(request, response).catch((error: unknown) => {
      // Said to whoever asked: a promise that nobody looks at would leave them waiting.
      if (!response.headersSent) response.writeHead(500, { 'Content-Type': 'text/plain' });
      response.end(`the upstream of the test failed: ${error}`);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `https://localhost:${(server.address() as AddressInfo).port}`;
  const { Provider } = await oidcLibrary();
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const upstream: OidcUpstream = {
    issuer,
    clientId: CLIENT.id,
    clientSecret: CLIENT.secret,
    account: { sub: 'nobody' },
    spoil: undefined,
    metadata: {},
    sign: (claims) =>
      compact({ alg: 'ES256', kid: 'one' }, claims, (data) =>
        sign('sha256', data, { key: privateKey, dsaEncoding: 'ieee-p1363' }),
      ),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: CLIENT.id,
        client_secret: CLIENT.secret,
        redirect_uris: [...redirectUris],
        response_types: ['code'],
        grant_types: ['authorization_code'],
        id_token_signed_response_alg: 'ES256',
      },
    ],
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), kid: 'one', use: 'sig', alg: 'ES256' }] },
    enabledJWA: { idTokenSigningAlgValues: ['ES256'] },
    pkce: { required: () => true },
    conformIdTokenClaims: false,
    claims: {
      openid: ['sub'],
      profile: ['name'],
      email: ['email', 'email_verified'],
      groups: ['groups', 'oid'],
    },
    scopes: ['openid', 'profile', 'email', 'groups'],
    cookies: { keys: ['only for tests'] },
    ttl: Object.fromEntries(
      ['AccessToken', 'AuthorizationCode', 'Grant', 'IdToken', 'Interaction', 'Session'].map((one) => [
        one,
        600,
      ]),
    ),
    features: { devInteractions: { enabled: false } },
    interactions: {
      url: (_ctx: unknown, interaction: { readonly uid: string }) => `/signs-in/${interaction.uid}`,
    },
    findAccount: async (_ctx: unknown, id: string) => ({
      accountId: id,
      claims: async () => ({ ...upstream.account, sub: id }),
    }),
    loadExistingGrant: async (ctx: ProviderContext) => {
      const grant = new provider.Grant({
        clientId: ctx.oidc.client.clientId,
        accountId: ctx.oidc.session.accountId,
      });
      grant.addOIDCScope('openid profile email groups');
      await grant.save();
      return grant;
    },
  });
  handle = async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', issuer);
    if (pathname.startsWith('/signs-in/')) {
      const result = { login: { accountId: upstream.account.sub, remember: false } };
      const location = await provider.interactionResult(request, response, result);
      response.writeHead(303, { Location: location }).end();
      return;
    }
    if (pathname === '/token') rewriting(response, (answer) => upstream.spoil?.(answer) ?? answer);
    if (pathname.startsWith('/.well-known'))
      rewriting(response, (metadata) => ({ ...metadata, ...upstream.metadata }));
    await provider.callback()(request, response);
  };
  return upstream;
}
