import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { ADDRESS_BURST } from '../oidc/limits.ts';
import { User } from '../people/user.ts';
import { FORGOTTEN_AFTER_MS, FREE_ATTEMPTS, WAIT_MAX_MS } from './lockout.ts';
import { appCode } from './testing/app.ts';
import { ACME, type SignInFixture, signInFixture } from './testing/fixture.ts';
import { type Answer, shownCodes, shownKey, spoken, Visitor } from './testing/visitor.ts';

const PASSWORD = 'turnip lantern orbit';
const STEP_MS = 30_000;
const REFUSED = /User name, password and code do not fit together/;

interface Person {
  readonly name: string;
  readonly key: string;
  readonly codes: readonly string[];
}

describe('signing in with a password, without scripts', () => {
  let region: SignInFixture;
  let people = 0;
  before(async () => {
    region = await signInFixture();
  });
  after(() => region.close());
  // Nobody's attempts are the next test's.
  beforeEach(() => region.clock.advance(FORGOTTEN_AFTER_MS + WAIT_MAX_MS));

  /** Somebody who set up a password and an app through their invitation, a step of time ago. */
  async function person(): Promise<Person> {
    people += 1;
    const name = `person-${people}`;
    const link = await region.invite(ACME, name);
    const visitor = new Visitor(region.ca);
    const { text } = await visitor.get(link);
    const key = shownKey(text);
    const done = await visitor.fill(link, text, '/password-and-app', {
      password: PASSWORD,
      repeat: PASSWORD,
      code: appCode(key, region.clock.now()),
    });
    assert.equal(done.code, 200, spoken(done.text));
    await region.clock.advance(STEP_MS);
    return { name, key, codes: shownCodes(done.text) };
  }

  const codeNow = ({ key }: Person) => appCode(key, region.clock.now());

  function attempt(
    visitor: Visitor,
    username: string,
    password: string,
    code: string,
    page = region.interaction(ACME),
  ): Promise<Answer> {
    return visitor.submit(page, '/password', { username, password, code });
  }

  const signsIn = async (visitor: Visitor, one: Person, code = codeNow(one)) => {
    const answer = await attempt(visitor, one.name, PASSWORD, code);
    return answer.code === 200 && JSON.parse(answer.text).user === one.name;
  };

  it('the name, the password and the code of the app together sign in, and it is on record', async () => {
    const one = await person();
    const answer = await attempt(
      new Visitor(region.ca),
      ` ${one.name.toUpperCase()} `,
      PASSWORD,
      codeNow(one),
    );
    assert.equal(answer.code, 200, answer.text);
    const uid = await region.inRealm(ACME, ({ view }) => view.entry(User, { name: one.name })?.uid);
    assert.deepEqual(JSON.parse(answer.text), {
      userUid: uid,
      user: one.name,
      strength: 'password+totp',
      at_ms: region.clock.now(),
    });
    const record = region.recorded.at(-1);
    assert.deepEqual(
      [record?.decision, record?.actor, record?.credential, record?.resource, record?.code],
      ['allowed', one.name, 'password+totp', 'sessions.identity.casemate.internal', 200],
    );
    assert.equal(record?.address, '127.0.0.1');
    const status = await region.inRealm(ACME, ({ view }) => view.get(User, { name: one.name })?.status);
    assert.equal(Date.parse(status?.lastSignInAt ?? ''), region.clock.now());
  });

  it('any of the three that is wrong is refused in the same words as somebody unknown or disabled', async () => {
    const one = await person();
    const other = await person();
    await region.change(ACME, User, other.name, { disabled: true });
    const tries: readonly (readonly [string, string, string])[] = [
      [one.name, 'not the password at all', codeNow(one)],
      [one.name, PASSWORD, '000000'],
      [one.name, PASSWORD, ''],
      ['nobody-here', PASSWORD, codeNow(one)],
      ['', PASSWORD, codeNow(one)],
      [other.name, PASSWORD, codeNow(other)],
      [one.name, PASSWORD, other.codes[0] ?? ''],
    ];
    const said = new Set<string>();
    for (const [name, password, code] of tries) {
      const answer = await attempt(new Visitor(region.ca), name, password, code);
      assert.equal(answer.code, 401, name);
      said.add(spoken(answer.text));
    }
    assert.equal(said.size, 1);
    assert.match([...said][0] ?? '', REFUSED);
  });

  it('whoever is named, the same work is done: one count for the name and one for the address, and one hash', async () => {
    const one = await person();
    const off = await person();
    await region.change(ACME, User, off.name, { disabled: true });
    await region.make(ACME, User, 'never-invited', { displayName: 'Never' });
    const names = [one.name, off.name, 'never-invited', 'nobody-here', ''];
    const since = (before: Readonly<Record<string, number>>) =>
      Object.entries(region.operations())
        .map(([name, count]) => [name, count - (before[name] ?? 0)] as const)
        .filter(([, count]) => count > 0);
    // The first attempt from an address makes its counter.
    await attempt(new Visitor(region.ca), 'somebody-else', 'x', 'y');
    const revision = await region.inRealm(ACME, ({ view }) => view.revision);
    for (const name of names) {
      const hashes = region.hashes();
      const operations = region.operations();
      const answer = await attempt(new Visitor(region.ca), name, 'not the password at all', '123456');
      assert.equal(answer.code, 401);
      assert.equal(region.hashes() - hashes, 1, name);
      // Looked at and counted: the name's new counter, and the address's.
      assert.deepEqual(Object.fromEntries(since(operations)), { get: 4, add: 1, replace: 1 }, name);
    }
    // And nothing was written down about any of them that others could see.
    assert.equal(await region.inRealm(ACME, ({ view }) => view.revision), revision);
  });

  it('a password that no longer comes first in time still needs its code: each code of the app counts once', async () => {
    const one = await person();
    const code = codeNow(one);
    assert.equal(await signsIn(new Visitor(region.ca), one, code), true);
    assert.equal(await signsIn(new Visitor(region.ca), one, code), false);
    // Codes of a step before one that was used are as old.
    await region.clock.advance(STEP_MS);
    assert.equal(await signsIn(new Visitor(region.ca), one, code), false);
    assert.equal(await signsIn(new Visitor(region.ca), one), true);
  });

  it('a code counts one step early and one step late, not two', async () => {
    const one = await person();
    const at = (steps: number) => appCode(one.key, region.clock.now() + steps * STEP_MS);
    assert.equal(await signsIn(new Visitor(region.ca), one, at(2)), false);
    await region.clock.advance(2 * STEP_MS);
    assert.equal(await signsIn(new Visitor(region.ca), one, at(-2)), false);
    assert.equal(await signsIn(new Visitor(region.ca), one, at(-1)), true);
    assert.equal(await signsIn(new Visitor(region.ca), one, at(1)), true);
  });

  it('of two that sign in with one code at the same time, one does', async () => {
    const one = await person();
    const code = codeNow(one);
    const outcomes = await Promise.all([1, 2].map(() => signsIn(new Visitor(region.ca), one, code)));
    assert.deepEqual(outcomes.sort(), [false, true]);
  });

  it('ten recovery codes stand in for the app, each once, however they are typed; never for the password', async () => {
    const one = await person();
    assert.equal(one.codes.length, 10);
    const [first = '', second = ''] = one.codes;
    assert.equal(
      (await attempt(new Visitor(region.ca), one.name, 'not the password at all', first)).code,
      401,
    );
    assert.equal(await signsIn(new Visitor(region.ca), one, first), true);
    assert.equal(await signsIn(new Visitor(region.ca), one, first), false);
    assert.equal(await signsIn(new Visitor(region.ca), one, second.toLowerCase().replaceAll('-', ' ')), true);
    const secrets = await region.secrets(ACME, one.name);
    const recovery = secrets.find(({ type }) => type === 'recovery-codes');
    assert.equal(recovery?.type === 'recovery-codes' && recovery.digests.length, 8);
  });

  it('after a few attempts one has to wait, and what comes too early is refused unread', async () => {
    const one = await person();
    const stranger = new Visitor(region.ca);
    for (let count = 0; count < FREE_ATTEMPTS.user; count++) {
      assert.equal((await attempt(stranger, one.name, 'not the password at all', '123456')).code, 401);
    }
    const before = region.hashes();
    const early = await attempt(stranger, one.name, PASSWORD, codeNow(one));
    assert.equal(early.code, 429);
    assert.match(spoken(early.text), /Too many attempts\. Wait one minute, or use a passkey\./);
    assert.equal(early.headers['retry-after'], '15');
    assert.equal(region.hashes(), before);
    await region.clock.advance(15_000);
    assert.equal(await signsIn(stranger, one), true);
    // And with that it is forgotten.
    await region.clock.advance(STEP_MS);
    assert.equal((await attempt(new Visitor(region.ca), one.name, 'not the password at all', '1')).code, 401);
  });

  it('somebody unknown has to wait as somebody known does', async () => {
    for (let count = 0; count < FREE_ATTEMPTS.user; count++) {
      assert.equal((await attempt(new Visitor(region.ca), 'nobody-at-all', 'whatever it is', '1')).code, 401);
    }
    assert.equal((await attempt(new Visitor(region.ca), 'nobody-at-all', 'whatever it is', '1')).code, 429);
  });

  it('a stranger who goes on trying cannot keep out a browser that signed in before', async () => {
    const one = await person();
    const own = new Visitor(region.ca);
    assert.equal(await signsIn(own, one), true);
    await region.clock.advance(STEP_MS);
    for (let count = 0; count <= FREE_ATTEMPTS.user; count++) {
      await attempt(new Visitor(region.ca), one.name, 'not the password at all', '123456');
    }
    assert.equal((await attempt(new Visitor(region.ca), one.name, PASSWORD, codeNow(one))).code, 429);
    assert.equal(await signsIn(own, one), true);
  });

  it('a form that another site sends, or that another browser was given, does nothing', async () => {
    const one = await person();
    const page = region.interaction(ACME);
    const mine = new Visitor(region.ca);
    const { text } = await mine.get(page);
    const fields = { username: one.name, password: PASSWORD, code: codeNow(one) };
    const token = /name="csrf" value="([^"]+)"/.exec(text)?.[1] ?? '';
    const refused: Answer[] = [
      // Without the cookie, as a form on another site comes.
      await new Visitor(region.ca).post(`${page}/password`, { ...fields, csrf: token }),
      // With the cookie, but told to come from elsewhere.
      await mine.post(
        `${page}/password`,
        { ...fields, csrf: token },
        { Origin: 'https://elsewhere.example' },
      ),
      await mine.post(`${page}/password`, { ...fields, csrf: token }, { Origin: 'null' }),
      await mine.post(`${page}/password`, fields),
      await mine.post(`${page}/password`, { ...fields, csrf: `${token}A` }),
      // The token of one interaction is none of another's.
      await mine.post(`${region.interaction(ACME)}/password`, { ...fields, csrf: token }),
    ];
    const before = region.hashes();
    for (const answer of refused) {
      assert.equal(answer.code, 403);
      assert.match(spoken(answer.text), /The page was out of date/);
    }
    assert.equal(region.hashes(), before);
    assert.equal((await mine.post(`${page}/password`, { ...fields, csrf: token })).code, 200);
  });

  it('the browser is told to load nothing from elsewhere, to frame nothing, and to keep its cookies to itself', async () => {
    const { headers, text } = await new Visitor(region.ca).get(region.interaction(ACME));
    const policy = String(headers['content-security-policy']).split('; ');
    assert.deepEqual(
      policy.map((one) => one.replace(/'sha256-[A-Za-z0-9+/=]+'/, 'DIGEST')),
      [
        "default-src 'none'",
        'style-src DIGEST',
        'script-src DIGEST',
        "connect-src 'self'",
        'img-src data:',
        "base-uri 'none'",
        "frame-ancestors 'none'",
      ],
    );
    assert.equal(headers['cache-control'], 'no-store');
    assert.deepEqual(text.match(/(?:src|href|action)="(?:https?:)?\/\/[^"]*"/g), null);
    for (const cookie of headers['set-cookie'] ?? []) {
      assert.match(cookie, /^__Host-[a-z-]+=[\w-]+; Path=\/; Secure; HttpOnly; SameSite=Lax/);
    }
    const account = await new Visitor(region.ca).get(`${region.url}/orgs/acme/account/sign-in`);
    assert.match(String(account.headers['content-security-policy']), /form-action 'self'/);
  });

  it('what is typed into a form comes back as text, never as markup', async () => {
    const name = '"><script>alert(1)</script>';
    const answer = await attempt(new Visitor(region.ca), name, 'x', 'y');
    assert.equal(answer.text.includes('<script>alert'), false);
    assert.match(answer.text, /value="&quot;&gt;&lt;script&gt;alert\(1\)&lt;\/script&gt;"/);
  });

  it('one address may ask the account page only so often', async () => {
    const visitor = new Visitor(region.ca);
    const codes = new Set<number>();
    for (let count = 0; count <= ADDRESS_BURST; count++) {
      codes.add((await visitor.get(`${region.url}/orgs/acme/account`)).code);
    }
    assert.deepEqual([...codes], [303, 429]);
  });

  it('bodies that are no form, or too large, are refused', async () => {
    const page = region.interaction(ACME);
    const visitor = new Visitor(region.ca);
    const json = await visitor.post(`${page}/password`, {}, { 'Content-Type': 'application/json' });
    assert.equal(json.code, 415);
    assert.equal((await visitor.post(`${page}/password`, { username: 'x'.repeat(40_000) })).code, 413);
    assert.equal((await visitor.get(`${page}/elsewhere`)).code, 404);
  });

  it('a name that is nobody’s is not written into the record: people type passwords into the wrong field', async () => {
    await attempt(new Visitor(region.ca), 'my-secret-password', 'x', 'y');
    const record = region.recorded.at(-1);
    assert.equal(record?.decision, 'unauthenticated');
    assert.equal(JSON.stringify(record).includes('my-secret-password'), false);
  });
});
