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
