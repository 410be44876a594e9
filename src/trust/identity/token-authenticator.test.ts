import assert from 'node:assert/strict';
import { createHmac, generateKeyPairSync } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { decodeJwt, decodeProtectedHeader, exportJWK, SignJWT } from 'jose';
import { isStatusError } from '#kernel/errors.ts';
import { REGION, type RealmId } from '#kernel/realm-id.ts';
import { ManualClock } from '#kernel/store/manual-clock.ts';
import { memoryKeyStorage } from '../keys/memory-key-storage.ts';
import { finishRemovals } from '../testing/removals.ts';
import { people } from './people/directory.ts';
import { User } from './people/user.ts';
import { Session } from './sessions/session.ts';
import { ACME, type IdentityFixture, identityFixture, RIVAL } from './testing/fixture.ts';
import { deviceSignIn } from './testing/relying-party.ts';
import { tokenAuthenticator } from './token-authenticator.ts';
import { type RealmSigningKeys, realmSigningKeys, type SigningKey } from './tokens/signing-keys.ts';

const REFUSED =
  'no valid credential for this address; sign in with casemate login, or use a token or client certificate of this very realm';

const segment = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('authentication by token', () => {
  let region: IdentityFixture;
  let keys: RealmSigningKeys;
  let key: SigningKey;
  let good: string;
  before(async () => {
    region = await identityFixture();
    for (const realm of [ACME, RIVAL, REGION]) await region.user(realm, 'alice');
    const { realms, keyring, storage, clock } = { ...region, storage: region.keyStorage };
    keys = realmSigningKeys({ realms, keyring, storage, clock });
    ({ current: key } = await keys.of(ACME));
    good = (await deviceSignIn(region, { realm: ACME, user: 'alice' })).tokens.access_token;
  });
  after(() => region.close());

  const authenticate = (token: string, realm: RealmId = ACME) =>
    region.identity.authenticator.authenticate(realm, { bearerToken: token });
  async function refusal(token: string, realm: RealmId = ACME): Promise<string> {
    try {
      const actor = await authenticate(token, realm);
      assert.fail(`let in as ${actor.name}`);
    } catch (error) {
      if (!isStatusError(error, 'Unauthorized')) throw error;
      assert.equal(error.details, undefined);
      return error.message;
    }
  }

  /** A token like a good one, signed by whom and with what the test says. */
  async function forge(
    changes: { payload?: object; header?: object; key?: Parameters<SignJWT['sign']>[0] } = {},
  ): Promise<string> {
    const header = { ...decodeProtectedHeader(good), ...changes.header };
    return new SignJWT({ ...decodeJwt(good), ...changes.payload })
      .setProtectedHeader(header as Parameters<SignJWT['setProtectedHeader']>[0])
      .sign(changes.key ?? key.privateKey);
  }

  it('the actor is the person of the Session, with how and when they proved it', async () => {
    const actor = await authenticate(good);
    const { sid } = decodeJwt(good);
    assert.deepEqual(
      { ...actor, authenticatedAt: typeof actor.authenticatedAt },
      {
        realm: ACME,
        name: 'alice',
        groups: ['system:authenticated'],
        credential: `session:${sid}`,
        strength: 'passkey',
        authenticatedAt: 'number',
      },
    );
    assert.deepEqual(await authenticate(await forge()), actor);
  });

  it('a token of another realm, a forged one, and none are refused in the same words', async () => {
    const rival = (await deviceSignIn(region, { realm: RIVAL, user: 'alice' })).tokens.access_token;
    const operator = (await deviceSignIn(region, { realm: REGION, user: 'alice' })).tokens.access_token;
    const stranger = generateKeyPairSync('ed25519').privateKey;
    const refusals = await Promise.all([
      refusal(rival),
      refusal(operator),
      refusal(good, RIVAL),
      refusal(good, REGION),
      refusal(good, '/orgs/nowhere'),
      refusal('x', '/orgs/nowhere'),
      refusal(await forge({ key: stranger })),
      refusal(await forge({ key: stranger, header: { kid: 'unknown' } })),
      refusal('not a token'),
      refusal(''),
      refusal('a.b.c'),
      refusal(`${good}.${good}`),
      refusal('x'.repeat(100_000)),
    ]);
    assert.deepEqual(new Set(refusals), new Set([REFUSED]));
  });

  it('a token of another realm is refused also when it says it is of this one', async () => {
    const { current } = await keys.of(RIVAL);
    const iss = region.issuer(ACME);
    assert.equal(await refusal(await forge({ key: current.privateKey, payload: { iss } })), REFUSED);
    const itsKid = { header: { kid: current.kid }, key: current.privateKey };
    assert.equal(await refusal(await forge(itsKid)), REFUSED);
  });

  it('the algorithm is ours, not the token’s: none, HMAC with the public key, and another curve are refused', async () => {
    const payload = decodeJwt(good);
    const header = decodeProtectedHeader(good);
    for (const alg of ['none', 'None', 'NONE', 'nOnE', '']) {
      assert.equal(await refusal(`${segment({ ...header, alg })}.${segment(payload)}.`), REFUSED);
    }
    const pem = key.publicKey.export({ type: 'spki', format: 'pem' });
    const der = key.publicKey.export({ type: 'spki', format: 'der' });
    const raw = Buffer.from((await exportJWK(key.publicKey)).x ?? '', 'base64url');
    for (const secret of [pem, der, raw, Buffer.from(JSON.stringify(await exportJWK(key.publicKey)))]) {
      const input = `${segment({ ...header, alg: 'HS256' })}.${segment(payload)}`;
      const mac = createHmac('sha256', secret).update(input).digest('base64url');
      assert.equal(await refusal(`${input}.${mac}`), REFUSED);
      // The same signature under the name of our own algorithm.
      const confused = `${segment(header)}.${segment(payload)}`;
      const other = createHmac('sha256', secret).update(confused).digest('base64url');
      assert.equal(await refusal(`${confused}.${other}`), REFUSED);
    }
    const p256 = generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey;
    assert.equal(await refusal(await forge({ header: { alg: 'ES256' }, key: p256 })), REFUSED);
  });

  it('no key that a token brings or points to is looked at', async () => {
    const mine = generateKeyPairSync('ed25519');
    const jwk = await exportJWK(mine.publicKey);
    for (const header of [{ jwk }, { jku: 'https://evil.example/jwks' }, { kid: '../../../dev/null', jwk }]) {
      assert.equal(await refusal(await forge({ header, key: mine.privateKey })), REFUSED);
    }
  });

  it('a token that the realm signed for something else is refused: another audience, issuer or sort', async () => {
    for (const aud of ['wiki', ['wiki'], 'casemate2', '', undefined]) {
      assert.equal(await refusal(await forge({ payload: { aud } })), REFUSED);
    }
    for (const iss of [region.issuer(RIVAL), `${region.issuer(ACME)}/`, 'https://evil.example', undefined]) {
      assert.equal(await refusal(await forge({ payload: { iss } })), REFUSED);
    }
    for (const typ of ['JWT', 'logout+jwt', 'sa+jwt', undefined]) {
      assert.equal(await refusal(await forge({ header: { typ } })), REFUSED);
    }
    for (const payload of [
      { sid: undefined },
      { sub: undefined },
      { exp: undefined },
      { iat: undefined },
      { sid: 7 },
    ]) {
      assert.equal(await refusal(await forge({ payload })), REFUSED);
    }
    const { id_token } = (await deviceSignIn(region, { realm: ACME, user: 'alice' })).tokens;
    assert.equal(await refusal(id_token ?? ''), REFUSED);
  });

  it('a token in which any bit was changed is refused', async () => {
    const bytes = Buffer.from(good);
    for (let at = 0; at < bytes.length; at += 7) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      const text = changed.toString('latin1');
      // The last character of a part has bits that mean nothing.
      if (
        Buffer.from(text.split('.')[2] ?? '', 'base64url').equals(
          Buffer.from(good.split('.')[2] ?? '', 'base64url'),
        ) &&
        text.split('.').slice(0, 2).join() === good.split('.').slice(0, 2).join()
      )
        continue;
      await assert.rejects(authenticate(text), { reason: 'Unauthorized' }, `byte ${at}`);
    }
  });

  it('a token whose words are another’s is refused: of somebody else’s Session, of a Session that never was', async () => {
    await region.user(ACME, 'mallory');
    const sub = await region.uidOf(ACME, 'mallory');
    assert.match(await refusal(await forge({ payload: { sub } })), /has ended/);
    const uid = '00000000-0000-4000-8000-000000000000';
    assert.match(await refusal(await forge({ payload: { sid: uid } })), /has ended/);
    const user = await region.uidOf(ACME, 'alice');
    assert.match(await refusal(await forge({ payload: { sid: user } })), /has ended/);
  });

  it('an expired token says when it expired, to the second; what it opened stays open as long as the Session', async () => {
    const { exp = 0, iat = 0 } = decodeJwt(good);
    const clock = new ManualClock(exp * 1000 - 1);
    const at = tokenAuthenticator({ ...region, apiUrl: region.url, keys, people, clock });
    const show = (isOpen = false) => at.authenticate(ACME, { bearerToken: good, isOpen });
    assert.equal((await show()).name, 'alice');
    await clock.advance(1);
    await assert.rejects(show(), {
      reason: 'Unauthorized',
      message: `the token expired on ${new Date(exp * 1000).toISOString().slice(0, 19)}Z; get a new one`,
    });
    assert.equal((await show(true)).name, 'alice');
    await clock.advance(8 * 24 * 3_600_000);
    await assert.rejects(show(true), /has ended/);
    const early = tokenAuthenticator({
      ...region,
      apiUrl: region.url,
      keys,
      people,
      clock: new ManualClock(iat * 1000 - 6_000),
    });
    await assert.rejects(early.authenticate(ACME, { bearerToken: good }), /later than this region’s clock/);
  });

  it('deleting the Session, and disabling or deleting the User, refuse it with the next request', async () => {
    const signIn = async (user: string) =>
      (await deviceSignIn(region, { realm: ACME, user })).tokens.access_token;
    for (const name of ['carol', 'dave']) await region.user(ACME, name);
    const [first, second] = [await signIn('carol'), await signIn('carol')];
    const sessions = await region.realms.use(ACME, ({ view }) => view.list(Session));
    const { sid } = decodeJwt(first);
    const { name = '' } = sessions.find(({ metadata }) => metadata.uid === sid)?.metadata ?? {};
    await region.remove(ACME, Session, name);
    assert.match(await refusal(first), /has ended/);
    assert.equal((await authenticate(second)).name, 'carol');
    const disable = (disabled: boolean) =>
      region.realms.use(ACME, ({ resources }) =>
        resources.modify(User, { name: 'carol' }, region.context(ACME), (current) => ({
          ...current,
          spec: { ...current.spec, disabled },
        })),
      );
    await disable(true);
    assert.match(await refusal(second), /has ended/);
    await disable(false);
    const dave = await signIn('dave');
    await region.remove(ACME, User, 'dave');
    assert.match(await refusal(dave), /has ended/);
    await finishRemovals(region, ACME);
    await region.user(ACME, 'dave');
    assert.match(await refusal(dave), /has ended/);
  });

  it('a realm that is destroyed and made anew under its name knows none of its old tokens', async () => {
    const realm = '/orgs/phoenix';
    await region.realms.create(realm);
    await region.user(realm, 'alice');
    const old = (await deviceSignIn(region, { realm, user: 'alice' })).tokens.access_token;
    assert.equal((await authenticate(old, realm)).name, 'alice');
    await region.realms.destroy(realm);
    assert.equal(await refusal(old, realm), REFUSED);
    await region.realms.create(realm);
    await region.user(realm, 'alice');
    assert.equal(await refusal(old, realm), REFUSED);
  });

  it('over the wire, an organization says the same of every token it does not take', async () => {
    const answers = await Promise.all(
      [
        region.api(
          ACME,
          '/api/v1/namespaces',
          await forge({ key: generateKeyPairSync('ed25519').privateKey }),
        ),
        region.api('/orgs/nowhere', '/api/v1/namespaces', good),
        region.api(RIVAL, '/api/v1/namespaces', good),
      ].map(async (answer) => JSON.parse((await answer).text).message),
    );
    assert.equal(new Set(answers).size, 1);
  });
});

describe('a realm’s signing keys', () => {
  const DAY_MS = 24 * 3_600_000;

  it('take turns every thirty days: the next is published before it signs, the last as long as its tokens live', async (t) => {
    const region = await identityFixture();
    t.after(() => region.close());
    const clock = new ManualClock(Date.UTC(2026, 0, 1));
    const storage = memoryKeyStorage();
    const open = () => realmSigningKeys({ realms: region.realms, keyring: region.keyring, storage, clock });
    const [one, other] = [open(), open()];
    const kids = async (keys: RealmSigningKeys) => (await keys.of(ACME)).published.map(({ kid }) => kid);
    const both = async () => {
      const [a, b] = [await kids(one), await kids(other)];
      assert.deepEqual(a, b);
      return a;
    };
    // Two processes that begin at the same moment make the same keys.
    await Promise.all([one.of(ACME), other.of(ACME)]);
    const [first, second, ...none] = await both();
    assert.deepEqual(none, []);
    await clock.advance(30 * DAY_MS - 1);
    assert.deepEqual(await both(), [first, second]);
    await clock.advance(60_001);
    const [now, ...rest] = await both();
    assert.equal(now, second);
    assert.equal(rest.length, 2);
    assert.ok(rest.includes(first ?? ''));
    const third = rest.find((kid) => kid !== first);
    await clock.advance(DAY_MS);
    assert.deepEqual(await both(), [second, third]);
    assert.equal((await storage.list(ACME)).filter((name) => name.startsWith('oidc.signing.')).length, 2);
    await clock.advance(100 * DAY_MS);
    assert.equal((await both()).length, 2);
  });

  it('go on counting when the next one signs: a token outlives the change', async (t) => {
    const region = await identityFixture();
    t.after(() => region.close());
    await region.user(ACME, 'alice');
    const { current } = await region.identity.keys.of(ACME);
    const change_ms = current.from_ms + 30 * DAY_MS;
    // The provider reads no clock but the machine's.
    t.mock.timers.enable({ apis: ['Date'], now: change_ms - 120_000 });
    const signIn = async () =>
      (await deviceSignIn(region, { realm: ACME, user: 'alice' })).tokens.access_token;
    const before = await signIn();
    t.mock.timers.setTime(change_ms + 1_000);
    const after = await signIn();
    assert.notEqual(decodeProtectedHeader(after).kid, decodeProtectedHeader(before).kid);
    for (const token of [before, after]) {
      assert.equal((await region.api(ACME, '/api/v1/namespaces', token)).code, 200);
    }
  });

  it('are kept sealed: the storage has no key in the clear', async (t) => {
    const region = await identityFixture();
    t.after(() => region.close());
    const storage = memoryKeyStorage();
    const { realms, keyring, clock } = region;
    const { published } = await realmSigningKeys({ realms, keyring, storage, clock }).of(ACME);
    const kept = Buffer.concat([...(await storage.all(ACME)).values()]).toString('latin1');
    for (const { jwk } of published) {
      assert.ok(!kept.includes(jwk.d));
      assert.ok(!kept.includes(Buffer.from(jwk.d, 'base64url').toString('latin1')));
    }
  });
});
