/** `openid-client` as the relying party of a fixture's providers. Tests only. */
import * as client from 'openid-client';
import type { RealmId } from '#kernel/realm-id.ts';
import { type Browser, formOf } from './browser.ts';
import type { IdentityFixture } from './fixture.ts';

export type Tokens = client.TokenEndpointResponse & client.TokenEndpointResponseHelpers;

export function discover(
  region: IdentityFixture,
  realm: RealmId,
  id: string,
  auth: client.ClientAuth = client.None(),
): Promise<client.Configuration> {
  const metadata = { id_token_signed_response_alg: 'EdDSA' };
  return client.discovery(new URL(region.issuer(realm)), id, metadata, auth, {
    [client.customFetch]: region.fetch as client.CustomFetch,
  });
}

export interface CodeSignIn {
  readonly config: client.Configuration;
  readonly realm: RealmId;
  readonly user: string;
  readonly redirectUri: string;
  readonly browser?: Browser;
  readonly parameters?: Readonly<Record<string, string>>;
}

/** Where the browser is sent back to, with all that the relying party then needs. */
export async function authorize(
  region: IdentityFixture,
  { config, realm, user, redirectUri, browser = region.browser(), parameters = {} }: CodeSignIn,
) {
  const pkceCodeVerifier = client.randomPKCECodeVerifier();
  const expectedState = client.randomState();
  const expectedNonce = client.randomNonce();
  const start = client.buildAuthorizationUrl(config, {
    redirect_uri: redirectUri,
    scope: 'openid profile groups',
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
    state: expectedState,
    nonce: expectedNonce,
    ...parameters,
  });
  const back = await region.signIn(browser, start.href, realm, user);
  return { back, browser, checks: { pkceCodeVerifier, expectedState, expectedNonce } };
}

/** Signs in by code and PKCE. */
export async function codeSignIn(region: IdentityFixture, options: CodeSignIn): Promise<Tokens> {
  const { back, checks } = await authorize(region, options);
  if (back.location === undefined) throw new Error(`not sent back: ${back.code} ${back.text}`);
  return client.authorizationCodeGrant(options.config, new URL(back.location), checks);
}

/** Enters the code of a device in a browser, signs in and confirms. Gives the last page. */
export async function approveDevice(
  region: IdentityFixture,
  options: {
    readonly realm: RealmId;
    readonly user: string;
    readonly userCode: string;
    readonly browser?: Browser;
  },
) {
  const { realm, user, userCode, browser = region.browser() } = options;
  const at = `${region.issuer(realm)}/device`;
  const asked = formOf((await browser.get(at)).text);
  const shown = await browser.post(asked.action, { ...asked.fields, user_code: userCode });
  if (!shown.text.includes('<h1>confirm')) return shown;
  const confirm = formOf(shown.text);
  const page = await browser.follow(
    await browser.post(confirm.action, { ...confirm.fields, confirm: 'yes' }),
  );
  if (!page.text.includes('sign in to')) return page;
  const uid = await region.uidOf(realm, user);
  return browser.follow(await browser.post(`${page.url}?uid=${uid}&user=${user}`, {}));
}

/** Signs the command line in. */
export async function deviceSignIn(
  region: IdentityFixture,
  { realm, user, browser }: { readonly realm: RealmId; readonly user: string; readonly browser?: Browser },
): Promise<{ readonly config: client.Configuration; readonly tokens: Tokens }> {
  const config = await discover(region, realm, 'casemate-cli');
  const device = await client.initiateDeviceAuthorization(config, { scope: 'openid offline_access' });
  const userCode = device.user_code;
  const page = await approveDevice(region, { realm, user, userCode, ...(browser ? { browser } : {}) });
  if (!page.text.includes('<h1>done')) throw new Error(`not signed in: ${page.code} ${page.text}`);
  const tokens = await client.genericGrantRequest(config, 'urn:ietf:params:oauth:grant-type:device_code', {
    device_code: device.device_code,
  });
  return { config, tokens };
}
