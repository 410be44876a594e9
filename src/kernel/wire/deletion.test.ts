/**
 * Deleting over the wire, with the real garbage collector beside it: propagation, preconditions, finalizers, and options from the
 * body or else from the query.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { silentLogger } from '../logger.ts';
import { garbageCollector } from '../reconcile/garbage-collector.ts';
import { type RunningControllers, startControllers } from '../reconcile/start-controllers.ts';
import { Machine, TEST_KINDS } from './test-kinds.ts';
import { startTestServer, type TestServer } from './test-server.ts';

const MACHINES = '/orgs/acme/apis/lab.casemate.internal/v1/namespaces/p/machines';
const HOLD = 'lab.casemate.internal/hold';
const MERGE = { 'Content-Type': 'application/merge-patch+json' };

interface Owner {
  readonly metadata: { readonly name: string; readonly uid: string };
}

describe('deleting', () => {
  let server: TestServer;
  let controllers: RunningControllers;
  const send = (...parameters: Parameters<TestServer['send']>) => server.send(...parameters);
  before(async () => {
    server = await startTestServer({ kinds: TEST_KINDS });
    const { realms, registry, clock, random } = server.testRealms;
    controllers = startControllers({
      realms,
      controllers: [],
      workers: [garbageCollector(() => registry.all())],
      events: { recorder: () => ({ record: () => {} }), flush: async () => {} },
      clock,
      random,
      logger: silentLogger,
    });
  });
  after(async () => {
    await controllers.stop();
    await server.close();
  });

  const create = async (name: string, owner?: Owner, metadata: object = {}) => {
    const ownerReferences = owner && [
      {
        apiVersion: Machine.apiVersion,
        kind: 'Machine',
        name: owner.metadata.name,
        uid: owner.metadata.uid,
        blockOwnerDeletion: true,
      },
    ];
    const body = { metadata: { name, ownerReferences, ...metadata }, spec: { image: 'debian' } };
    const answer = await send('POST', MACHINES, body);
    assert.equal(answer.code, 201, answer.text);
    return answer.json();
  };
  const names = async () => {
    await controllers.idle();
    const { items } = (await send('GET', MACHINES)).json();
    return items.map((item: Owner) => item.metadata.name);
  };
  const release = (name: string) =>
    send('PATCH', `${MACHINES}/${name}`, { metadata: { finalizers: null } }, MERGE);

  for (const [how, remove] of [
    ['in the body', (policy: string) => send('DELETE', `${MACHINES}/owner`, { propagationPolicy: policy })],
    ['in the query', (policy: string) => send('DELETE', `${MACHINES}/owner?propagationPolicy=${policy}`)],
  ] as const) {
    test(`in the background, said ${how}: the owner goes at once, its dependents soon after`, async () => {
      await create('child', await create('owner'));
      assert.equal((await remove('Background')).json().status, 'Success');
      assert.equal((await send('GET', `${MACHINES}/owner`)).code, 404);
      assert.deepEqual(await names(), []);
    });

    test(`in the foreground, said ${how}: the owner stays until its dependents are gone`, async () => {
      await create('child', await create('owner'), { finalizers: [HOLD] });
      const { kind, metadata } = (await remove('Foreground')).json();
      assert.deepEqual([kind, metadata.finalizers], ['Machine', ['foregroundDeletion']]);
      assert.match(metadata.deletionTimestamp, /^20/);
      assert.deepEqual(await names(), ['child', 'owner']);
      assert.equal((await release('child')).code, 200);
      assert.deepEqual(await names(), []);
    });

    test(`orphaning, said ${how}: the dependents live on without an owner`, async () => {
      await create('child', await create('owner'));
      assert.deepEqual((await remove('Orphan')).json().metadata.finalizers, ['orphan']);
      assert.deepEqual(await names(), ['child']);
      assert.equal((await send('GET', `${MACHINES}/child`)).json().metadata.ownerReferences, undefined);
      await send('DELETE', `${MACHINES}/child`);
    });
  }

  test('says nothing of how: in the background', async () => {
    await create('grandchild', await create('child', await create('owner')));
    assert.equal((await send('DELETE', `${MACHINES}/owner`)).json().status, 'Success');
    assert.deepEqual(await names(), []);
  });

  test('orphanDependents, the older way to say it, still works, and not beside the newer', async () => {
    await create('child', await create('owner'));
    const both = await send('DELETE', `${MACHINES}/owner`, {
      orphanDependents: true,
      propagationPolicy: 'Orphan',
    });
    assert.deepEqual([both.code, both.json().details.kind], [422, 'DeleteOptions']);
    assert.equal((await send('DELETE', `${MACHINES}/owner?orphanDependents=true`)).code, 200);
    assert.deepEqual(await names(), ['child']);
    await send('DELETE', `${MACHINES}/child`);
  });

  test('a body decides, and the query beside it does not', async () => {
    await create('child', await create('owner'));
    const query = 'propagationPolicy=Orphan&dryRun=All';
    assert.equal(
      (await send('DELETE', `${MACHINES}/owner?${query}`, { propagationPolicy: 'Background' })).code,
      200,
    );
    assert.deepEqual(await names(), []);
  });

  test('a dry run, in the body or in the query, answers and deletes nothing', async () => {
    await create('kept');
    assert.equal((await send('DELETE', `${MACHINES}/kept?dryRun=All`)).json().status, 'Success');
    assert.equal((await send('DELETE', `${MACHINES}/kept`, { dryRun: ['All'] })).json().status, 'Success');
    assert.deepEqual(await names(), ['kept']);
    await send('DELETE', `${MACHINES}/kept`);
  });

  test('only what the preconditions mean is deleted: this object, at this revision', async () => {
    const first = await create('meant');
    await send('PATCH', `${MACHINES}/meant`, { spec: { size: 2 } }, MERGE);
    const { metadata } = (await send('GET', `${MACHINES}/meant`)).json();
    for (const preconditions of [
      { uid: 'another' },
      { resourceVersion: first.metadata.resourceVersion },
      { uid: metadata.uid, resourceVersion: '1' },
    ]) {
      const refused = await send('DELETE', `${MACHINES}/meant`, { preconditions });
      assert.deepEqual([refused.code, refused.json().reason], [409, 'Conflict']);
    }
    const { uid, resourceVersion } = metadata;
    assert.equal(
      (await send('DELETE', `${MACHINES}/meant`, { preconditions: { uid, resourceVersion } })).code,
      200,
    );
    assert.equal((await send('GET', `${MACHINES}/meant`)).code, 404);
  });

  test('twice what a finalizer holds is the same answer twice; no finalizer may be added then', async () => {
    await create('held', undefined, { finalizers: [HOLD] });
    const first = (await send('DELETE', `${MACHINES}/held`)).json();
    const second = (await send('DELETE', `${MACHINES}/held`)).json();
    assert.deepEqual(second, first);
    assert.equal(first.metadata.deletionGracePeriodSeconds, 0);
    const added = await send(
      'PATCH',
      `${MACHINES}/held`,
      { metadata: { finalizers: [HOLD, 'x.example/y'] } },
      MERGE,
    );
    assert.deepEqual([added.code, added.json().details.causes[0].field], [422, 'metadata.finalizers']);
    assert.equal((await release('held')).code, 200);
    assert.equal((await send('GET', `${MACHINES}/held`)).code, 404);
    assert.equal((await send('DELETE', `${MACHINES}/held`)).code, 404);
  });

  for (const [title, query, body, code, field] of [
    ['a policy that is none', '', { propagationPolicy: 'Sideways' }, 422, 'propagationPolicy'],
    [
      'a policy in the query that is none',
      '?propagationPolicy=Sideways',
      undefined,
      422,
      'propagationPolicy',
    ],
    ['a policy that is no text', '', { propagationPolicy: 7 }, 422, 'propagationPolicy'],
    ['a stage of dry runs that is none', '', { dryRun: ['Some'] }, 422, 'dryRun'],
    ['a grace period below zero', '', { gracePeriodSeconds: -1 }, 400, 'gracePeriodSeconds'],
    ['a grace period that is no number', '?gracePeriodSeconds=soon', undefined, 400, 'gracePeriodSeconds'],
    ['preconditions that are none', '', { preconditions: 'x' }, 400, 'preconditions'],
    ['a uid that is no text', '', { preconditions: { uid: 7 } }, 400, 'preconditions.uid'],
    ['an orphanDependents that is neither', '', { orphanDependents: 'no' }, 400, 'orphanDependents'],
    ['the body of something else', '', { kind: 'Machine' }, 400, 'DeleteOptions'],
  ] as const) {
    test(`with ${title} is refused, and deletes nothing`, async () => {
      await create('stays');
      const answer = await send('DELETE', `${MACHINES}/stays${query}`, body);
      assert.deepEqual([answer.code, answer.json().kind], [code, 'Status'], answer.text);
      assert.ok(answer.json().message.includes(field), answer.json().message);
      assert.equal((await send('DELETE', `${MACHINES}/stays`)).code, 200);
    });
  }

  test('a collection deletes what is selected, by the same options', async () => {
    const owner = await create('owner', undefined, { labels: { batch: 'x' } });
    await create('child', owner);
    await create('other', undefined, { labels: { batch: 'x' } });
    const refused = await send('DELETE', `${MACHINES}?resourceVersionMatch=Exact`);
    assert.deepEqual([refused.code, refused.json().details.kind], [422, 'ListOptions']);
    assert.deepEqual(await names(), ['child', 'other', 'owner']);
    const dry = await send('DELETE', `${MACHINES}?labelSelector=batch%3Dx&dryRun=All`);
    assert.equal(dry.json().items.length, 2);
    const deleted = await send('DELETE', `${MACHINES}?labelSelector=batch%3Dx`, {
      propagationPolicy: 'Orphan',
    });
    assert.equal(deleted.json().kind, 'MachineList');
    assert.deepEqual(await names(), ['child']);
    await send('DELETE', MACHINES);
    assert.deepEqual(await names(), []);
  });
});
