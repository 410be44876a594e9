import assert from 'node:assert/strict';
import { after, before, describe, it, mock } from 'node:test';
import * as client from 'openid-client';
import { beginSession, SESSIONS_PER_USER_MAX } from '../sessions/begin-session.ts';
import { Session } from '../sessions/session.ts';
import { ACME, type IdentityFixture, identityFixture, RIVAL } from '../testing/fixture.ts';
import { authorize, codeSignIn, discover } from '../testing/relying-party.ts';
import { OAuthClient } from './oauth-client.ts';

const WIKI = 'https://wiki.acme.example/callback';
const FORGE = 'https://forge.acme.example/oauth';

const refused = (error: string) => (thrown: unknown) =>
  thrown instanceof client.ResponseBodyError && thrown.error === error;

describe('signing in to an application by code and PKCE', () => {
  let region: IdentityFixture;
  const said: unknown[][] = [];
  before(async () => {
    for (const method of ['log', 'info', 'warn', 'error'] as const) {
      mock.method(console, method, (...words: unknown[]) => said.push(words));
    }
    region = await identityFixture();
    for (const realm of [ACME, RIVAL]) await region.user(realm, 'alice');
    const spec = { displayName: 'Wiki', redirectUris: [WIKI], public: true };
    await region.make(ACME, OAuthClient, { metadata: { name: 'wiki' }, spec });
    await region.make(ACME, OAuthClient, {
      metadata: { name: 'forge' },
      spec: { displayName: 'Forge', redirectUris: [FORGE] },
    });
  });
  after(async () => {
    await region.close();
    mock.restoreAll();
  });

  const sessions = () => region.realms.use(ACME, ({ view }) => view.list(Session));
  const wiki = () => discover(region, ACME, 'wiki');
  const signIn = async (more: { browser?: ReturnType<IdentityFixture['browser']> } = {}) => {
    const config = await wiki();
    return {
      config,
      tokens: await codeSignIn(region, { config, realm: ACME, user: 'alice', redirectUri: WIKI, ...more }),
    };
  };

  it('tells it who they are, and is a Session that anybody allowed can see', async () => {
    const { config, tokens } = await signIn();
    const claims = tokens.claims();
    assert.ok(claims);
    assert.deepEqual(
      [claims.iss, claims.aud, claims.preferred_username, claims.acr],
      [region.issuer(ACME), 'wiki', 'alice', 'passkey'],
    );
    assert.equal(claims.sub, await region.uidOf(ACME, 'alice'));
    const info = await client.fetchUserInfo(config, tokens.access_token, claims.sub);
    assert.equal(info.name, 'alice of /orgs/acme');
    const found = (await sessions()).at(-1);
    assert.deepEqual(
      [found?.spec.user, found?.spec.client, found?.spec.strength, found?.metadata.ownerReferences?.[0]?.uid],
      ['alice', 'wiki', 'passkey', claims.sub],
    );
  });

  it('gives a tenant’s application no token for the API: neither its access token nor its ID token opens it', async () => {
    const { tokens } = await signIn();
    for (const token of [tokens.access_token, tokens.id_token ?? '', tokens.refresh_token ?? '']) {
      assert.equal((await region.api(ACME, '/api/v1/namespaces', token)).code, 401);
    }
    const asking = authorize(region, {
      config: await wiki(),
      realm: ACME,
      user: 'alice',
      redirectUri: WIKI,
      parameters: { resource: 'urn:casemate:api' },
    });
    assert.match((await asking).back.location ?? '', /error=invalid_target/);
  });

  it('does not ask again in the same browser for another application, until the Session that it stands on is deleted', async () => {
    const browser = region.browser();
    await signIn({ browser });
    const first = (await sessions()).find(({ spec }) => spec.client === 'wiki');
    assert.ok(first);
    const secret = client.ClientSecretBasic(await secretOf('forge'));
    const config = await discover(region, ACME, 'forge', secret);
    const at = { config, realm: ACME, user: 'nobody', redirectUri: FORGE, browser };
    const tokens = await codeSignIn(region, at);
    assert.equal(tokens.claims()?.preferred_username, 'alice');
    for (const { metadata } of await sessions()) await region.remove(ACME, Session, metadata.name);
    const parameters = { redirect_uri: FORGE, scope: 'openid', code_challenge: 'x'.repeat(43) };
    const start = client.buildAuthorizationUrl(config, { ...parameters, code_challenge_method: 'S256' });
    const page = await browser.follow(await browser.get(start.href));
    assert.match(page.text, /sign in to forge again/);
  });

  it('signs whoever was signed in with the browser out, when somebody else signs in with it', async () => {
    const browser = region.browser();
    const { config, tokens } = await signIn({ browser });
    const parameters = { prompt: 'login' };
    await region.user(ACME, 'bob');
    const others = { config, realm: ACME, user: 'bob', redirectUri: WIKI, browser, parameters };
    const theirs = await codeSignIn(region, others);
    assert.equal(theirs.claims()?.preferred_username, 'bob');
    await assert.rejects(
      client.refreshTokenGrant(config, tokens.refresh_token ?? ''),
      refused('invalid_grant'),
    );
    await assert.rejects(client.fetchUserInfo(config, tokens.access_token, tokens.claims()?.sub ?? ''));
    await client.refreshTokenGrant(config, theirs.refresh_token ?? '');
  });

  it('leaves a person a hundred Sessions: one more ends the oldest', async () => {
    await region.user(ACME, 'busy');
    const userUid = await region.uidOf(ACME, 'busy');
    const signedIn = { userUid, user: 'busy', strength: 'passkey', at_ms: 0 } as const;
    const begun: string[] = [];
    await region.realms.use(ACME, async (realm) => {
      for (let at = 0; at <= SESSIONS_PER_USER_MAX; at++) {
        const session = { signedIn, client: 'wiki', lifetime_ms: 60_000, isTold: false, requestId: 'r' };
        begun.push(await beginSession(realm, region.clock, session));
      }
    });
    const left = (await sessions())
      .filter(({ spec }) => spec.user === 'busy')
      .map(({ metadata }) => metadata.uid);
    assert.deepEqual(left.sort(), begun.slice(1).sort());
  });

  const secretOf = async (name: string) => {
    const object = await region.realms.use(ACME, ({ view }) => view.get(OAuthClient, { name }));
    const action = region.identity.connectors['oauthclients.identity.casemate.internal/secret'];
    assert.ok(object && action?.type === 'action');
    const request = { realm: ACME, object, body: {}, query: new URLSearchParams(), requestId: 'r' };
    const actor = region.context(ACME).actor;
    const answer = await action.call({ ...request, actor, signal: new AbortController().signal });
    return String(answer.client_secret);
  };

  it('takes the secret of a confidential application, until its generation is raised', async () => {
    const old = await secretOf('forge');
    const at = { realm: ACME, user: 'alice', redirectUri: FORGE } as const;
    const config = await discover(region, ACME, 'forge', client.ClientSecretBasic(old));
    await codeSignIn(region, { ...at, config });
    const wrong = await discover(region, ACME, 'forge', client.ClientSecretBasic(`${old}x`));
    await assert.rejects(codeSignIn(region, { ...at, config: wrong }), {
      code: 'OAUTH_WWW_AUTHENTICATE_CHALLENGE',
    });
    await region.realms.use(ACME, ({ resources }) =>
      resources.modify(OAuthClient, { name: 'forge' }, region.context(ACME), (current) => ({
        ...current,
        spec: { ...current.spec, secretGeneration: 2 },
      })),
    );
    await assert.rejects(codeSignIn(region, { ...at, config }), { code: 'OAUTH_WWW_AUTHENTICATE_CHALLENGE' });
    const renewed = client.ClientSecretBasic(await secretOf('forge'));
    await codeSignIn(region, { ...at, config: await discover(region, ACME, 'forge', renewed) });
  });

  it('takes a code once: who brings it again gets nothing, and the Session it belongs to ends', async () => {
    const config = await wiki();
    const { back, checks } = await authorize(region, {
      config,
      realm: ACME,
      user: 'alice',
      redirectUri: WIKI,
    });
    const at = new URL(back.location ?? '');
    const tokens = await client.authorizationCodeGrant(config, at, checks);
    const sub = tokens.claims()?.sub ?? '';
    await client.fetchUserInfo(config, tokens.access_token, sub);
    const before = (await sessions()).length;
    await assert.rejects(client.authorizationCodeGrant(config, at, checks), refused('invalid_grant'));
    assert.equal((await sessions()).length, before - 1);
    await assert.rejects(client.fetchUserInfo(config, tokens.access_token, sub));
    await assert.rejects(
      client.refreshTokenGrant(config, tokens.refresh_token ?? ''),
      refused('invalid_grant'),
    );
  });

  it('gives tokens to one of many that bring the same code at the same moment', async () => {
    const config = await wiki();
    const { back, checks } = await authorize(region, {
      config,
      realm: ACME,
      user: 'alice',
      redirectUri: WIKI,
    });
    const tries = await Promise.allSettled(
      [1, 2, 3, 4].map(() => client.authorizationCodeGrant(config, new URL(back.location ?? ''), checks)),
    );
    assert.equal(tries.filter(({ status }) => status === 'fulfilled').length <= 1, true);
  });

  it('needs PKCE with S256, and the verifier that belongs to the code', async () => {
    const config = await wiki();
    const at = { config, realm: ACME, user: 'alice', redirectUri: WIKI } as const;
    const start = (parameters: Record<string, string>) =>
      region.browser().get(
        client.buildAuthorizationUrl(config, {
          redirect_uri: WIKI,
          scope: 'openid',
          state: 's',
          ...parameters,
        }).href,
      );
    assert.match((await start({})).location ?? '', /error=invalid_request/);
    const plain = { code_challenge: 'x'.repeat(43), code_challenge_method: 'plain' };
    assert.match((await start(plain)).location ?? '', /error=invalid_request/);
    const { back, checks } = await authorize(region, at);
    const other = { ...checks, pkceCodeVerifier: client.randomPKCECodeVerifier() };
    await assert.rejects(
      client.authorizationCodeGrant(config, new URL(back.location ?? ''), other),
      refused('invalid_grant'),
    );
  });

  it('redirects nowhere but to a registered address, letter by letter', async () => {
    const config = await wiki();
    const challenge = await client.calculatePKCECodeChallenge(client.randomPKCECodeVerifier());
    for (const redirect_uri of [
      'https://evil.example/callback',
      `${WIKI}/`,
      `${WIKI}?next=https://evil.example`,
      `${WIKI}#fragment`,
      `${WIKI}/../other`,
      'https://wiki.acme.example:444/callback',
      'https://wiki.acme.example.evil.example/callback',
      'https://user@wiki.acme.example/callback',
      'http://wiki.acme.example/callback',
      'HTTPS://wiki.acme.example/callback',
      'https://wiki.acme.example/%63allback',
      'javascript:alert(1)',
      '//evil.example',
    ]) {
      const url = client.buildAuthorizationUrl(config, {
        redirect_uri,
        scope: 'openid',
        code_challenge: challenge,
        code_challenge_method: 'S256',
      });
      const answer = await region.browser().get(url.href);
      assert.deepEqual([answer.code, answer.location], [400, undefined], redirect_uri);
      assert.match(answer.text, /invalid_redirect_uri/);
    }
    const twice = new URL(`${region.issuer(ACME)}/auth?client_id=wiki&response_type=code&scope=openid`);
    twice.searchParams.append('redirect_uri', WIKI);
    twice.searchParams.append('redirect_uri', 'https://evil.example/');
    assert.equal((await region.browser().get(twice.href)).location?.startsWith('https://evil'), undefined);
  });

  it('says its own address whatever host a client claims to talk to', async () => {
    const headers = { Host: 'evil.example', 'X-Forwarded-Host': 'evil.example', 'X-Forwarded-Proto': 'http' };
    const path = '/.well-known/openid-configuration';
    const answer = await region.browser().get(`${region.issuer(ACME)}${path}`, headers);
    assert.doesNotMatch(answer.text, /evil/);
    assert.equal(JSON.parse(answer.text).token_endpoint, `${region.issuer(ACME)}/token`);
    const start = `${region.issuer(ACME)}/auth?client_id=wiki&response_type=code&scope=openid&redirect_uri=${encodeURIComponent(WIKI)}&code_challenge=${'x'.repeat(43)}&code_challenge_method=S256`;
    const sent = await region.browser().get(start, headers);
    assert.ok(
      sent.location?.startsWith(`${region.issuer(ACME)}/interaction/`),
      sent.location ?? 'sent nowhere',
    );
  });

  it('belongs to one browser: another cannot go on with it, nor use its address', async () => {
    const config = await wiki();
    const [mine, other] = [region.browser(), region.browser()];
    const start = client.buildAuthorizationUrl(config, {
      redirect_uri: WIKI,
      scope: 'openid',
      code_challenge: 'x'.repeat(43),
      code_challenge_method: 'S256',
    });
    const page = await mine.follow(await mine.get(start.href));
    assert.match(page.text, /sign in to wiki/);
    const uid = await region.uidOf(ACME, 'alice');
    const stolen = await other.post(`${page.url}?uid=${uid}&user=alice`, {});
    assert.deepEqual([stolen.code, stolen.location], [400, undefined]);
    const theirs = await other.follow(await other.get(start.href));
    const mixed = await mine.get(theirs.url);
    assert.equal(mixed.code, 400);
  });

  it('offers nothing else: no registration, no implicit flow, no other grant, no DPoP', async () => {
    const found = JSON.parse(
      (await region.browser().get(`${region.issuer(ACME)}/.well-known/openid-configuration`)).text,
    );
    assert.equal(found.issuer, region.issuer(ACME));
    assert.deepEqual(found.response_types_supported, ['code']);
    assert.deepEqual(found.id_token_signing_alg_values_supported, ['EdDSA']);
    assert.deepEqual(found.code_challenge_methods_supported, ['S256']);
    assert.deepEqual(
      [found.registration_endpoint, found.introspection_endpoint, found.dpop_signing_alg_values_supported],
      [undefined, undefined, undefined],
    );
    assert.deepEqual(found.grant_types_supported.toSorted(), [
      'authorization_code',
      'refresh_token',
      'urn:ietf:params:oauth:grant-type:device_code',
    ]);
  });

  it('knows nobody of another organization: not its people, not its applications', async () => {
    await assert.rejects(
      codeSignIn(region, {
        config: await discover(region, RIVAL, 'wiki'),
        realm: RIVAL,
        user: 'alice',
        redirectUri: WIKI,
      }),
    );
    const config = await wiki();
    const uid = await region.uidOf(RIVAL, 'alice');
    const start = await authorize(region, { config, realm: ACME, user: 'nobody', redirectUri: WIKI });
    assert.equal(start.back.location, undefined);
    const browser = region.browser();
    const page = await browser.follow(
      await browser.get(
        `${region.issuer(ACME)}/auth?client_id=wiki&response_type=code&scope=openid&redirect_uri=${encodeURIComponent(WIKI)}&code_challenge=${'x'.repeat(43)}&code_challenge_method=S256`,
      ),
    );
    const answer = await browser.follow(await browser.post(`${page.url}?uid=${uid}&user=alice`, {}));
    assert.doesNotMatch(answer.location ?? '', /code=/);
  });

  it('says nothing on the console: what goes wrong is in the log', () => {
    assert.deepEqual(said, []);
  });
});

describe('an OAuthClient', () => {
  let region: IdentityFixture;
  before(async () => {
    region = await identityFixture();
  });
  after(() => region.close());

  it('is refused with a redirect address that is not safe, or a name of ours', async () => {
    const make = (name: string, redirectUris: readonly string[]) =>
      region.make(ACME, OAuthClient, { metadata: { name }, spec: { displayName: 'x', redirectUris } });
    for (const uri of [
      'http://app.example/',
      'https://app.example/#x',
      'https://a:b@app.example/',
      'https://*.example/',
      'javascript:alert(1)',
      'myapp:/callback',
      'nothing',
    ]) {
      await assert.rejects(make('app', [uri]), { reason: 'Invalid' }, uri);
    }
    for (const name of ['casemate', 'casemate-cli', 'casemate-other']) {
      await assert.rejects(make(name, ['https://app.example/']), /the region’s own/);
    }
    await make('app', ['https://app.example/', 'http://127.0.0.1/callback', 'http://[::1]:1/x']);
  });
});
