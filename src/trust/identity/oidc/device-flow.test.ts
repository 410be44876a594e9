import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import * as client from 'openid-client';
import { Session } from '../sessions/session.ts';
import { formOf } from '../testing/browser.ts';
import { ACME, type IdentityFixture, identityFixture, RIVAL } from '../testing/fixture.ts';
import { approveDevice, deviceSignIn, discover } from '../testing/relying-party.ts';

const NAMESPACES = '/api/v1/namespaces';
const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code';

describe('signing in the command line by device code', () => {
  let region: IdentityFixture;
  before(async () => {
    region = await identityFixture();
    for (const name of ['alice', 'bob']) await region.user(ACME, name);
    await region.user(RIVAL, 'alice');
  });
  after(() => region.close());

  const begin = async () => {
    const config = await discover(region, ACME, 'casemate-cli');
    return { config, device: await client.initiateDeviceAuthorization(config, { scope: 'openid' }) };
  };
  const poll = (config: client.Configuration, device_code: string) =>
    client.genericGrantRequest(config, DEVICE_GRANT, { device_code });
  const sessions = () => region.realms.use(ACME, ({ view }) => view.list(Session));
  const code = async (token: string, realm = ACME) => (await region.api(realm, NAMESPACES, token)).code;

  it('gives a token that opens the API of its own realm and no other', async () => {
    const { tokens } = await deviceSignIn(region, { realm: ACME, user: 'alice' });
    assert.equal(await code(tokens.access_token), 200);
    assert.equal(await code(tokens.access_token, RIVAL), 401);
    assert.equal(await code(tokens.access_token, '/'), 401);
    assert.equal(tokens.expires_in, 600);
    const [session] = await sessions();
    assert.deepEqual([session?.spec.user, session?.spec.client], ['alice', 'casemate-cli']);
  });

  it('speaks for the User and the groups that list them, as of each request', async () => {
    const { Group } = await import('../people/group.ts');
    const { tokens } = await deviceSignIn(region, { realm: ACME, user: 'bob' });
    const who = async () => {
      const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
      const answer = await region.api(
        ACME,
        '/apis/authentication.k8s.io/v1/selfsubjectreviews',
        tokens.access_token,
        'POST',
        body,
      );
      const { username, groups } = JSON.parse(answer.text).status.userInfo;
      return [username, ...groups];
    };
    assert.deepEqual(await who(), ['bob', 'system:authenticated']);
    await region.make(ACME, Group, { metadata: { name: 'crew' }, spec: { members: ['bob'] } });
    assert.deepEqual(await who(), ['bob', 'crew', 'system:authenticated']);
    await region.remove(ACME, Group, 'crew');
    assert.deepEqual(await who(), ['bob', 'system:authenticated']);
  });

  it('waits until somebody entered the code, confirmed it, and signed in', async () => {
    const { config, device } = await begin();
    await assert.rejects(poll(config, device.device_code), { error: 'authorization_pending' });
    const browser = region.browser();
    const asked = formOf((await browser.get(device.verification_uri)).text);
    const shown = await browser.post(asked.action, { ...asked.fields, user_code: device.user_code });
    assert.match(shown.text, /confirm<\/h1><p>Casemate command line/);
    await assert.rejects(poll(config, device.device_code), { error: 'authorization_pending' });
    // Without the button nothing is confirmed.
    const form = formOf(shown.text);
    assert.equal(form.fields.confirm, undefined);
    const page = await browser.follow(await browser.post(form.action, { ...form.fields, confirm: 'yes' }));
    assert.match(page.text, /sign in to casemate-cli/);
    await assert.rejects(poll(config, device.device_code), { error: 'authorization_pending' });
    const uid = await region.uidOf(ACME, 'alice');
    const done = await browser.follow(await browser.post(`${page.url}?uid=${uid}&user=alice`, {}));
    assert.match(done.text, /done/);
    assert.equal(await code((await poll(config, device.device_code)).access_token), 200);
    await assert.rejects(poll(config, device.device_code), { error: 'invalid_grant' });
  });

  it('asks who it is for each device, in a browser that is signed in too: a code alone is not enough', async () => {
    const browser = region.browser();
    await deviceSignIn(region, { realm: ACME, user: 'alice', browser });
    const { device } = await begin();
    const form = formOf((await browser.get(device.verification_uri)).text);
    const confirm = formOf(
      (await browser.post(form.action, { ...form.fields, user_code: device.user_code })).text,
    );
    const page = await browser.follow(
      await browser.post(confirm.action, { ...confirm.fields, confirm: 'yes' }),
    );
    assert.match(page.text, /sign in to casemate-cli again/);
  });

  it('fills in the code that a link carries, and sends nothing by itself', async () => {
    const { config, device } = await begin();
    assert.ok(device.verification_uri_complete);
    const page = await region.browser().get(device.verification_uri_complete);
    assert.match(page.text, new RegExp(`enter.*value="${device.user_code}"`, 's'));
    assert.doesNotMatch(page.text, /<script/);
    await assert.rejects(poll(config, device.device_code), { error: 'authorization_pending' });
    const bad = await region
      .browser()
      .get(`${device.verification_uri}?user_code=${encodeURIComponent('"><script>')}`);
    assert.ok(bad.text.length < 2_000);
  });

  it('can be refused in the browser, and says so to the device', async () => {
    const { config, device } = await begin();
    const browser = region.browser();
    const form = formOf((await browser.get(device.verification_uri)).text);
    const shown = formOf(
      (await browser.post(form.action, { ...form.fields, user_code: device.user_code })).text,
    );
    await browser.post(shown.action, { ...shown.fields, abort: 'yes' });
    await assert.rejects(poll(config, device.device_code), { error: 'access_denied' });
    const again = await approveDevice(region, { realm: ACME, user: 'alice', userCode: device.user_code });
    assert.match(again.text, /wrong/);
  });

  it('knows no code that was never given, and none without the form’s own secret', async () => {
    const answer = await approveDevice(region, { realm: ACME, user: 'alice', userCode: 'BBBB-BBBB' });
    assert.match(answer.text, /wrong/);
    const { device } = await begin();
    const forged = await region
      .browser()
      .post(device.verification_uri, { user_code: device.user_code, confirm: 'yes' });
    assert.doesNotMatch(forged.text, /confirm|sign in to|done/);
  });

  it('refreshes with a token that is used once; who brings an old one again ends the session for all', async () => {
    const { config, tokens } = await deviceSignIn(region, { realm: ACME, user: 'alice' });
    const first = tokens.refresh_token ?? '';
    const second = await client.refreshTokenGrant(config, first);
    assert.notEqual(second.refresh_token, first);
    const third = await client.refreshTokenGrant(config, second.refresh_token ?? '');
    assert.equal(await code(third.access_token), 200);
    await assert.rejects(client.refreshTokenGrant(config, first), { error: 'invalid_grant' });
    for (const token of [tokens.access_token, second.access_token, third.access_token]) {
      assert.equal(await code(token), 401);
    }
    await assert.rejects(client.refreshTokenGrant(config, third.refresh_token ?? ''), {
      error: 'invalid_grant',
    });
  });

  it('refreshes for one of many that bring the same token at the same moment', async () => {
    const { config, tokens } = await deviceSignIn(region, { realm: ACME, user: 'alice' });
    const tries = await Promise.allSettled(
      [1, 2, 3, 4].map(() => client.refreshTokenGrant(config, tokens.refresh_token ?? '')),
    );
    assert.ok(tries.filter(({ status }) => status === 'fulfilled').length <= 1);
  });

  it('takes back a refresh token, and with it the session and its access tokens, at once', async () => {
    const { config, tokens } = await deviceSignIn(region, { realm: ACME, user: 'bob' });
    assert.equal(await code(tokens.access_token), 200);
    const stranger = await discover(region, ACME, 'casemate-console');
    await client.tokenRevocation(stranger, tokens.refresh_token ?? '');
    assert.equal(await code(tokens.access_token), 200);
    await client.tokenRevocation(config, tokens.refresh_token ?? '');
    assert.equal(await code(tokens.access_token), 401);
    await assert.rejects(client.refreshTokenGrant(config, tokens.refresh_token ?? ''), {
      error: 'invalid_grant',
    });
    assert.ok(!(await sessions()).some(({ spec }) => spec.user === 'bob' && spec.client === 'bob'));
  });

  it('is of no use to another client: not its codes, not its refresh tokens', async () => {
    const { tokens } = await deviceSignIn(region, { realm: ACME, user: 'alice' });
    const other = await discover(region, ACME, 'casemate-console');
    await assert.rejects(client.refreshTokenGrant(other, tokens.refresh_token ?? ''), {
      error: 'invalid_grant',
    });
    const elsewhere = await discover(region, RIVAL, 'casemate-cli');
    await assert.rejects(client.refreshTokenGrant(elsewhere, tokens.refresh_token ?? ''), {
      error: 'invalid_grant',
    });
    assert.equal(await code(tokens.access_token), 200);
  });
});
