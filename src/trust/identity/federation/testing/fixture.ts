/**
 * An organization that lets its people sign in with a provider of its own: the real sign-in pages, the real OpenID Provider of the
 * organization, and browsers that go to and fro. Tests only.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as client from 'openid-client';
import { systemClock } from '#kernel/clock.ts';
import { accessAuthorizer } from '../../../access/authorizer.ts';
import { dutiesAdmission } from '../../../access/duties-admission.ts';
import { ensureServerIdentity } from '../../../certificates/server-identity.ts';
import { Secret } from '../../../testing/kinds.ts';
import { ClientCertificate } from '../../client-certificate.ts';
import { Credential } from '../../people/credential.ts';
import { peopleAdmission } from '../../people/guard.ts';
import { Invitation } from '../../people/invitation.ts';
import { User, type UserObject } from '../../people/user.ts';
import { type Browser, type BrowserAnswer, formOf } from '../../testing/browser.ts';
import { ACME, type IdentityFixture, identityFixture } from '../../testing/fixture.ts';
import { discover } from '../../testing/relying-party.ts';
import { federationAdmission } from '../guard.ts';
import { IdentityProvider } from '../identity-provider.ts';

export interface FederationFixture extends IdentityFixture {
  readonly tls: { readonly key: string; readonly certificate: string };
  provider(name: string, spec: object): Promise<void>;
  found(name: string): Promise<UserObject | undefined>;
  /** Opens the sign-in page of the console and takes the button of a provider. Gives where that leads, away from the region. */
  leave(browser: Browser, provider: string): Promise<Leaving>;
  /** Goes on within the region from where the provider sent the browser back to; the token, or the page that says why not. */
  arrive(browser: Browser, leaving: Leaving, back: BrowserAnswer): Promise<Arrival>;
}

export interface Leaving {
  readonly page: BrowserAnswer;
  readonly answer: BrowserAnswer;
  readonly config: client.Configuration;
  readonly checks: { readonly pkceCodeVerifier: string; readonly expectedState: string };
}

export interface Arrival {
  readonly page: BrowserAnswer;
  /** An access token of the organization. */
  readonly token?: string;
  /** What the console renews it with. */
  readonly renewal?: string;
}

export async function federationFixture(): Promise<FederationFixture> {
  const region = await identityFixture({
    kinds: [ClientCertificate, Credential, Invitation, Secret],
    admissions: [peopleAdmission, federationAdmission, dutiesAdmission],
    authorizer: ({ realms, registry, clock }) => accessAuthorizer({ realms, registry, clock }),
    secretKind: Secret,
    isProviderAllowed: () => true,
    pages: 'real',
  });
  const folder = await mkdtemp(join(tmpdir(), 'casemate-federation-'));
  const names = { dnsNames: ['localhost'], ips: ['127.0.0.1'] };
  const tls = await ensureServerIdentity({ folder, names, keyring: region.keyring, clock: systemClock });
  await rm(folder, { recursive: true });
  return {
    ...region,
    tls,
    async provider(name, spec) {
      await region.make(ACME, IdentityProvider, { metadata: { name }, spec });
    },
    found: (name) =>
      region.realms.use(ACME, ({ view }) => view.get(User, { name }) as UserObject | undefined),
    async leave(browser, provider) {
      const config = await discover(region, ACME, 'casemate-console');
      const pkceCodeVerifier = client.randomPKCECodeVerifier();
      const expectedState = client.randomState();
      const start = client.buildAuthorizationUrl(config, {
        redirect_uri: `${region.url}${ACME}/console/signed-in`,
        scope: 'openid',
        resource: 'urn:casemate:api',
        code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
        code_challenge_method: 'S256',
        state: expectedState,
        prompt: 'login',
      });
      const page = await browser.follow(await browser.get(start.href));
      const form = federatedForm(page.text, provider);
      const answer = await browser.post(new URL(form.action, page.url).href, form.fields);
      return { page, answer, config, checks: { pkceCodeVerifier, expectedState } };
    },
    async arrive(browser, { config, checks }, back) {
      const page = await browser.follow(back);
      if (page.location === undefined) return { page };
      const tokens = await client.authorizationCodeGrant(config, new URL(page.location), checks, {
        resource: 'urn:casemate:api',
      });
      const { access_token: token, refresh_token: renewal } = tokens;
      return { page, token, ...(renewal === undefined ? {} : { renewal }) };
    },
  };
}

function federatedForm(html: string, provider: string) {
  const forms = html.split('<form ').map((one) => `<form ${one}`);
  const form = forms.find((one) => one.includes(`name="provider" value="${provider}"`));
  if (!form) throw new Error(`no button of ${provider}: ${html}`);
  return formOf(form);
}
