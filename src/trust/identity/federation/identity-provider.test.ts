import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Actor } from '#kernel/access.ts';
import { testContext } from '#kernel/reconcile/testing/context.ts';
import { ACME, type TrustFixture, trustFixture } from '../../testing/fixture.ts';
import { boundedFetch } from './bounded-fetch.ts';
import { told } from './claims.ts';
import { identityProviderController } from './controller.ts';
import { IdentityProvider, type IdentityProviderObject } from './identity-provider.ts';
import { METADATA_AGAIN_MS, METADATA_MS } from './limits.ts';
import type { OidcUpstreams } from './oidc-upstream.ts';

const mapping = { user: 'email', displayName: 'name', email: 'email' };
const OIDC = {
  type: 'oidc',
  displayName: 'Ministry',
  oidc: { issuer: 'https://login.ministry.example', clientId: 'casemate' },
};

describe('an identity provider', () => {
  let region: TrustFixture;
  let admin: Actor;
  let helper: Actor;
  before(async () => {
    region = await trustFixture();
    admin = await region.administrator(ACME);
    helper = await region.person(ACME, 'helper');
  });
  after(() => region.close());
  const make = (name: string, spec: object, actor = admin) =>
    region.makeAs(actor, IdentityProvider, { metadata: { name }, spec });

  it('is made and changed by an administrator only, whatever verbs somebody else may have', async () => {
    await assert.rejects(
      make('mine', OIDC, helper),
      /would give role organization-admin, which "helper" does not hold/,
    );
    const { spec } = (await make('ministry', OIDC)) as IdentityProviderObject;
    assert.deepEqual(spec.mapping, mapping);
    assert.deepEqual([spec.autoCreateUsers, spec.oidc?.scopes], [false, ['openid', 'profile', 'email']]);
    const change = (to: object) =>
      region.realms.use(ACME, ({ resources }) =>
        resources.modify(
          IdentityProvider,
          { name: 'ministry' },
          { ...region.context(ACME), actor: helper },
          (current) => ({
            ...current,
            ...to,
          }),
        ),
      );
    await assert.rejects(
      change({ spec: { ...spec, oidc: { ...spec.oidc, issuer: 'https://mine.example' } } }),
      {
        reason: 'Forbidden',
      },
    );
  });

  it('says what it speaks and where, with certificates that are some, and a prefix for its groups', async () => {
    const saml = { entityId: 'x', ssoUrl: 'https://x.example/sso', certificates: ['no certificate'] };
    const wrong: readonly (readonly [object, RegExp])[] = [
      [{ type: 'oidc', displayName: 'X' }, /spec.oidc: needed where type is oidc/],
      [{ ...OIDC, saml }, /spec.saml: not where type is oidc/],
      [{ type: 'saml', displayName: 'X', saml }, /spec.saml.certificates\[0\]: must be a certificate/],
      [{ ...OIDC, oidc: { ...OIDC.oidc, issuer: 'http://login.example' } }, /spec.oidc.issuer/],
      [{ ...OIDC, oidc: { ...OIDC.oidc, issuer: 'https://u:p@login.example' } }, /without a user name/],
      [{ ...OIDC, mapping: { groups: 'groups' } }, /spec.mapping.groupPrefix: needed where groups are taken/],
      [{ ...OIDC, mapping: { groups: 'groups', groupPrefix: 'system:' } }, /spec.mapping.groupPrefix/],
    ];
    for (const [spec, why] of wrong) await assert.rejects(make('wrong', spec), why, JSON.stringify(spec));
    await make('one', { ...OIDC, mapping: { groups: 'groups', groupPrefix: 'one.' } });
    await assert.rejects(
      make('two', { ...OIDC, mapping: { groups: 'groups', groupPrefix: 'one.two.' } }),
      /too like the prefix "one." of one/,
    );
  });

  it('says whether it works: that it answers, or until when its certificates are good', async () => {
    let answers = false;
    const oidc = {
      async check() {
        if (!answers) throw new Error('it does not answer');
      },
    } as unknown as OidcUpstreams;
    const controller = identityProviderController({ oidc, accessLog: region.realms.access });
    const reconcile = (name: string, later_ms = 0) =>
      region.realms.use(ACME, (realm) =>
        controller.reconcile(
          { name },
          {
            ...testContext(region, realm, controller.name),
            clock: { now: () => region.clock.now() + later_ms, after: () => () => {} },
          },
        ),
      );
    const status = (name: string) =>
      region.realms.use(
        ACME,
        ({ view }) => (view.get(IdentityProvider, { name }) as IdentityProviderObject).status,
      );
    const ready = async (name: string) => {
      const [condition] = (await status(name))?.conditions ?? [];
      return [condition?.status, condition?.reason, condition?.message];
    };
    assert.deepEqual(await reconcile('ministry'), { retryAfter_ms: METADATA_AGAIN_MS });
    assert.deepEqual(await ready('ministry'), ['False', 'Unreachable', 'it does not answer']);
    answers = true;
    assert.deepEqual(await reconcile('ministry'), { retryAfter_ms: METADATA_MS });
    assert.equal((await ready('ministry'))[1], 'Reachable');
    assert.ok((await status('ministry'))?.metadataFetchedAt);
    const { pem } = await region.credential(ACME, 'somebody');
    const saml = { entityId: 'x', ssoUrl: 'https://x.example/sso', certificates: [pem] };
    await make('by-saml', { type: 'saml', displayName: 'X', saml });
    await reconcile('by-saml');
    assert.equal((await ready('by-saml'))[1], 'Usable');
    // The region's own clock would run the store's timers of all that time.
    await reconcile('by-saml', 2 * 365 * 24 * 3_600_000);
    assert.equal((await ready('by-saml'))[1], 'CertificateExpired');
  });
});

describe('what a provider says of somebody', () => {
  const full = { ...mapping, groups: 'groups', groupPrefix: 'm.' };

  it('counts only as far as it can be a name here, and never as one of ours', () => {
    const claims = {
      email: ' Alice_Muller@Ministry.example ',
      name: 'Alice',
      groups: ['Developers', 'system:masters', '', 'a b', 'x'.repeat(80), 7, null, 'developers'],
    };
    assert.deepEqual(told(claims, 's', full), {
      subject: 's',
      name: 'alice-muller.ministry.example',
      displayName: 'Alice',
      email: 'Alice_Muller@Ministry.example',
      groups: ['m.developers'],
    });
    assert.deepEqual(told({ email: 'system:admin', groups: 'one' }, 's', full), {
      subject: 's',
      name: undefined,
      displayName: undefined,
      email: undefined,
      groups: ['m.one'],
    });
  });

  it('is looked for among what it said, and nowhere else', () => {
    const odd = { ...mapping, subject: 'constructor', user: '__proto__' };
    assert.deepEqual(told({}, 's', odd), {
      problem: 'incomplete',
      detail: 'it did not say who it is: the subject is missing',
    });
  });
});

describe('asking a provider', () => {
  it('goes to its own origin, by https, and to no address of this machine', async () => {
    const ask = boundedFetch({ origin: 'https://localhost:8443' });
    const get = { method: 'GET', headers: {} };
    await assert.rejects(ask('https://elsewhere.example/x', get), /only that is asked/);
    await assert.rejects(ask('http://localhost:8443/x', get), /only that is asked/);
    await assert.rejects(ask('https://localhost:8443/x', get), /is no address to ask/);
  });
});
