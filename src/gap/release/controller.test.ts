import assert from 'node:assert/strict';
import { test } from 'node:test';
import { REGION } from '#kernel/realm-id.ts';
import { testContext } from '#kernel/reconcile/testing/context.ts';
import { openTestRealms } from '#kernel/store/test-realms.ts';
import { releaseController, type Source } from './controller.ts';
import type { Current, Entry } from './journal.ts';
import { type Phase, Release } from './release-kind.ts';

const NEVER = () => Promise.reject(new Error('nothing is planned here'));
const ID = { version: '0.2.0', digest: 'sha256:2', folder: '/r/2' };
const NEXT = { version: '0.3.0', digest: 'sha256:3', folder: '/r/3' };

test('a release that ran until the next one is confirmed is Replaced then, and runs as long as it is not', async (t) => {
  const realms = await openTestRealms({ kinds: [Release] });
  t.after(() => realms.close());
  let current: Current = { ...ID, attempt: 1, since: '2126-11-22T00:00:00Z', before: [] };
  const at = '2126-11-22T00:00:00Z';
  const why = (object: string) => ({ kind: 'apply', object, by: 'ann', reason: 'agreed' }) as const;
  const journal: Entry[] = [
    { attempt: 1, at, step: 'Started', message: '', from: ID, to: ID, why: why('0.2.0') },
    { attempt: 1, at, step: 'Confirmed', message: '' },
    { attempt: 2, at, step: 'Started', message: '', from: ID, to: NEXT, why: why('0.3.0') },
    { attempt: 2, at, step: 'OnTrial', message: '' },
  ];
  const source: Source = {
    published: NEVER,
    config: NEVER,
    running: NEVER,
    journal: async () => journal,
    current: async () => current,
    begin: NEVER,
  };
  const controller = releaseController(source);
  const own = realms.context(REGION);
  await realms.realms.use(REGION, async (realm) => {
    const { resources } = realm;
    for (const { version, digest } of [ID, NEXT]) {
      await resources.create(Release, undefined, { metadata: { name: version }, spec: { version } }, own);
      const say = (phase: Phase) =>
        resources.modify(
          Release,
          { name: version },
          own,
          (object) => ({ ...object, status: { phase, requestedBy: 'ann', plan: planOf(digest) } }),
          { subresource: 'status' },
        );
      await say('AwaitingApproval');
      await resources.modify(Release, { name: version }, own, (object) => ({
        ...object,
        spec: { version, apply: digest },
      }));
      await say(version === '0.2.0' ? 'Running' : 'Approved');
    }
    const look = async (name: string) => {
      const again = await controller.reconcile({ name }, testContext(realms, realm, 'releases'));
      return [realm.view.get(Release, { name })?.status?.phase, again !== undefined];
    };
    assert.deepEqual(await look('0.2.0'), ['Running', true]);
    assert.deepEqual(await look('0.3.0'), ['Upgrading', true]);
    current = { ...NEXT, attempt: 2, since: at, before: [ID] };
    journal.push({ attempt: 2, at, step: 'Confirmed', message: '' });
    assert.deepEqual(await look('0.2.0'), ['Replaced', false]);
    assert.deepEqual(await look('0.3.0'), ['Running', false]);
  });
});

test('what people agreed to is begun once, each way; what hinders it stands there, and is tried again', async (t) => {
  const realms = await openTestRealms({ kinds: [Release] });
  t.after(() => realms.close());
  const at = '2126-11-22T00:00:00Z';
  const journal: Entry[] = [];
  const asked: string[] = [];
  let problem: string | undefined = 'nobody starts such processes';
  let current: Current | undefined;
  const controller = releaseController({
    published: NEVER,
    config: NEVER,
    running: NEVER,
    journal: async () => journal,
    current: async () => current,
    begin: async (name) => {
      asked.push(name);
      return problem;
    },
  });
  const own = realms.context(REGION);
  await realms.realms.use(REGION, async (realm) => {
    const { resources, view } = realm;
    const key = { name: NEXT.version };
    const spec = { version: NEXT.version };
    const [apply, rollback] = [NEXT.digest, ID.digest];
    const set = (more: object) =>
      resources.modify(Release, key, own, (object) => ({ ...object, spec: { ...object.spec, ...more } }));
    const say = (more: object) =>
      resources.modify(
        Release,
        key,
        own,
        (object) => ({
          ...object,
          status: { requestedBy: 'ann', plan: planOf(NEXT.digest), phase: 'AwaitingApproval', ...more },
        }),
        { subresource: 'status' },
      );
    const look = async () => {
      asked.length = 0;
      await controller.reconcile(key, testContext(realms, realm, 'releases'));
      const { phase, conditions } = view.get(Release, key)?.status ?? {};
      return [phase, conditions?.[0]?.reason, asked.length];
    };
    await resources.create(Release, undefined, { metadata: key, spec }, own);
    await say({});
    await set({ apply });
    await say({ phase: 'Approved' });
    assert.deepEqual(await look(), ['Approved', 'NotBegun', 1]);
    problem = undefined;
    assert.deepEqual(await look(), ['Approved', 'Approved', 1]);
    const why = (kind: 'apply' | 'rollback') => ({ kind, object: key.name, by: 'ann', reason: 'agreed' });
    journal.push({ attempt: 1, at, step: 'Started', message: '', from: ID, to: NEXT, why: why('apply') });
    assert.deepEqual(await look(), ['Upgrading', 'Upgrading', 0]);
    journal.push({ attempt: 1, at, step: 'Confirmed', message: '' });
    current = { ...NEXT, attempt: 1, since: at, before: [ID] };
    assert.deepEqual(await look(), ['Running', 'Running', 0]);
    await set({ rollback });
    assert.deepEqual(await look(), ['Running', 'Running', 1]);
    // What failed is not tried over and over.
    journal.push({ attempt: 2, at, step: 'Started', message: '', from: NEXT, to: ID, why: why('rollback') });
    journal.push({ attempt: 2, at, step: 'Failed', message: 'no room' });
    assert.deepEqual(await look(), ['Running', 'Running', 0]);
  });
});

test('an upgrade that is silent for long may have lost who drives it: that is asked for', async (t) => {
  const realms = await openTestRealms({ kinds: [Release] });
  t.after(() => realms.close());
  const past = '2001-01-01T00:00:00Z';
  const why = { kind: 'apply', object: NEXT.version, by: 'ann', reason: 'agreed' } as const;
  const journal: Entry[] = [{ attempt: 1, at: past, step: 'Started', message: '', from: ID, to: NEXT, why }];
  let asked = 0;
  const controller = releaseController({
    published: NEVER,
    config: NEVER,
    running: NEVER,
    journal: async () => journal,
    current: async () => undefined,
    begin: async () => {
      asked += 1;
      return undefined;
    },
  });
  const own = realms.context(REGION);
  await realms.realms.use(REGION, async (realm) => {
    const key = { name: NEXT.version };
    await realm.resources.create(Release, undefined, { metadata: key, spec: { version: NEXT.version } }, own);
    await realm.resources.modify(
      Release,
      key,
      own,
      (object) => ({ ...object, status: { requestedBy: 'ann', phase: 'Upgrading' } }),
      { subresource: 'status' },
    );
    const context = testContext(realms, realm, 'releases');
    await controller.reconcile(key, context);
    assert.equal(asked, 1);
    // A step that takes long is no reason to ask again and again.
    await controller.reconcile(key, context);
    assert.equal(asked, 1);
  });
});

const planOf = (digest: string) => ({
  from: '',
  to: '',
  digest,
  bundle: '',
  signers: [],
  node: '',
  bytes: 0,
  migrations: [],
  restarts: '',
  rollback: '',
  problems: [],
});
