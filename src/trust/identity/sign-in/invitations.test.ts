import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { REGION } from '#kernel/realm-id.ts';
import { finishRemovals } from '../../testing/removals.ts';
import { Credential } from '../people/credential.ts';
import { Invitation } from '../people/invitation.ts';
import { User } from '../people/user.ts';
import { Session } from '../sessions/session.ts';
import { appCode } from './testing/app.ts';
import { ACME, type SignInFixture, signInFixture } from './testing/fixture.ts';
import { shownKey, spoken, Visitor } from './testing/visitor.ts';

const PASSWORD = 'turnip lantern orbit';
const HOUR_MS = 3_600_000;
const ENDED = /This link works no more/;

describe('invitation links', () => {
  let region: SignInFixture;
  before(async () => {
    region = await signInFixture();
  });
  after(() => region.close());

  /** Sets up a password and an app on a page that is open. */
  async function setUp(visitor: Visitor, link: string, more: Record<string, string> = {}) {
    const { text } = await visitor.get(link);
    const code = appCode(shownKey(text), region.clock.now());
    return visitor.fill(link, text, '/password-and-app', {
      password: PASSWORD,
      repeat: PASSWORD,
      code,
      ...more,
    });
  }

  const answers = async (link: string) => {
    const { code, text } = await new Visitor(region.ca).get(link);
    return code === 404 && ENDED.test(spoken(text)) ? 'ended' : code;
  };

  it('open as often as one looks, and work once', async () => {
    const link = await region.invite(ACME, 'once');
    assert.match(link, /^https:\/\/localhost:\d+\/orgs\/acme\/account\/invitation\/[\w-]{36}\.[\w-]{43}$/);
    assert.equal(await answers(link), 200);
    assert.equal(await answers(link), 200);
    const visitor = new Visitor(region.ca);
    assert.equal((await setUp(visitor, link)).code, 200);
    assert.equal(await answers(link), 'ended');
  });

  it('of two that use one at the same time, one is let in', async () => {
    const link = await region.invite(ACME, 'race');
    const both = [new Visitor(region.ca), new Visitor(region.ca)];
    const outcomes = await Promise.all(both.map((visitor) => setUp(visitor, link)));
    assert.deepEqual(outcomes.map(({ code }) => code).sort(), [200, 404]);
    const types = (await region.secrets(ACME, 'race')).map(({ type }) => type).sort();
    assert.deepEqual(types, ['password', 'recovery-codes', 'totp']);
  });

  it('are of no use when changed, in another realm, after their time, or once their user is disabled, gone or another', async () => {
    const link = await region.invite(ACME, 'careful');
    const last = link.at(-1) === 'A' ? 'E' : 'A';
    assert.equal(await answers(`${link.slice(0, -1)}${last}`), 'ended');
    assert.equal(await answers(`${link}A`), 'ended');
    assert.equal(await answers(link.replace('/orgs/acme', '')), 'ended');
    assert.equal(await answers(link.replace(/invitation\/.*/, 'invitation/x')), 'ended');
    await region.change(ACME, User, 'careful', { disabled: true });
    assert.equal(await answers(link), 'ended');
    await region.change(ACME, User, 'careful', { disabled: false });
    assert.equal(await answers(link), 200);
    await region.clock.advance(72 * HOUR_MS - 1_000);
    assert.equal(await answers(link), 200);
    await region.clock.advance(1_000);
    assert.equal(await answers(link), 'ended');

    const other = await region.inviteAgain(ACME, 'careful');
    await region.remove(ACME, User, 'careful');
    assert.equal(await answers(other), 'ended');
    await finishRemovals(region, ACME);
    await region.make(ACME, User, 'careful', { displayName: 'Somebody Else' });
    assert.equal(await answers(other), 'ended');
  });

  it('the region invites its operators as an organization its people, each in its own directory', async () => {
    const link = await region.invite(REGION, 'operator');
    assert.match(link, /^https:\/\/localhost:\d+\/account\/invitation\//);
    const page = await new Visitor(region.ca).get(link);
    assert.match(spoken(page.text), /Casemate · Region operators Welcome, Operator Muller/);
    assert.equal((await setUp(new Visitor(region.ca), link)).code, 200);
    assert.equal((await region.secrets(REGION, 'operator')).length, 3);
    assert.equal((await region.secrets(ACME, 'operator')).length, 0);
  });

  it('the link is answered once; its secret is neither in the object nor in the ledger', async () => {
    const link = await region.invite(ACME, 'secretive');
    const [, secret = ''] = link.split('.').slice(-2);
    await assert.rejects(
      region.link(ACME, 'secretive'),
      /its link was given already, once; delete it and make another/,
    );
    const text = await region.inRealm(ACME, ({ view }) =>
      JSON.stringify(view.get(Invitation, { name: 'secretive' })),
    );
    assert.equal(text.includes(secret), false);
    assert.match(text, /"linkDigest"/);
  });

  it('for somebody who has credentials it says that they will go; then they do, with every session', async () => {
    const first = await region.invite(ACME, 'lost');
    await setUp(new Visitor(region.ca), first);
    const before = await region.inRealm(ACME, ({ view }) =>
      view
        .list(Credential)
        .filter(({ spec }) => spec.user === 'lost')
        .map(({ spec }) => spec.sealed),
    );
    await region.inRealm(ACME, async ({ resources, view }) => {
      const { uid = '' } = view.entry(User, { name: 'lost' }) ?? {};
      const ownerReferences = [{ apiVersion: User.apiVersion, kind: User.kind, name: 'lost', uid }];
      const time = '2026-01-01T00:00:00Z';
      const spec = {
        user: 'lost',
        userUid: uid,
        strength: 'passkey',
        client: 'x',
        startedAt: time,
        expiresAt: time,
      };
      const draft = { metadata: { name: 'old', ownerReferences }, spec };
      await resources.create(Session, undefined, draft, region.context(ACME));
    });
    const again = await region.inviteAgain(ACME, 'lost');
    await region.clock.advance(30_000);
    const page = await new Visitor(region.ca).get(again);
    assert.match(spoken(page.text), /What you signed in with before will stop working/);
    assert.equal((await setUp(new Visitor(region.ca), again)).code, 200);
    const now = await region.inRealm(ACME, ({ view }) =>
      view
        .list(Credential)
        .filter(({ spec }) => spec.user === 'lost')
        .map(({ spec }) => spec.sealed),
    );
    assert.equal(now.length, 3);
    assert.equal(
      now.some((sealed) => before.includes(sealed)),
      false,
    );
  });

  it('what does not fit is said beside its field, keeps the key that was shown, and leaves the link open', async () => {
    const link = await region.invite(ACME, 'hasty');
    const visitor = new Visitor(region.ca);
    const { text } = await visitor.get(link);
    const key = shownKey(text);
    const wrong = await visitor.fill(link, text, '/password-and-app', {
      password: 'Hasty Muller',
      repeat: 'Hasty Muller',
      code: '000000',
    });
    assert.equal(wrong.code, 400);
    assert.match(wrong.text, /id="password-error">This is too easy to guess/);
    assert.match(wrong.text, /id="code-error">This code does not fit/);
    assert.equal(wrong.text.includes('value="Hasty Muller"'), false);
    assert.equal(shownKey(wrong.text), key);
    const right = { password: PASSWORD, repeat: PASSWORD, code: appCode(key, region.clock.now()) };
    assert.equal((await visitor.fill(link, wrong.text, '/password-and-app', right)).code, 200);
  });

  it('the key of an app that was shown to one person is none for another, nor in another browser', async () => {
    const mine = await region.invite(ACME, 'mine');
    const theirs = await region.invite(ACME, 'theirs');
    const visitor = new Visitor(region.ca);
    const { text } = await visitor.get(mine);
    const pending = /name="pending" value="([^"]+)"/.exec(text)?.[1] ?? '';
    const code = appCode(shownKey(text), region.clock.now());
    const fields = { password: PASSWORD, repeat: PASSWORD, code, pending };
    for (const [who, link] of [
      [visitor, theirs],
      [new Visitor(region.ca), mine],
    ] as const) {
      const page = await who.get(link);
      assert.equal((await who.fill(link, page.text, '/password-and-app', fields)).code, 400);
    }
  });
});
