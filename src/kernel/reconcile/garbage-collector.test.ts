import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { Type } from 'typebox';
import { defineKind, type Kind } from '../kind.ts';
import { silentLogger } from '../logger.ts';
import type { KubeObject, OwnerReference } from '../object.ts';
import type { DeleteOptions } from '../realm.ts';
import type { RealmId } from '../realm-id.ts';
import { openTestRealms, type TestRealms } from '../store/test-realms.ts';
import { garbageCollector } from './garbage-collector.ts';
import { type RunningControllers, startControllers } from './start-controllers.ts';

const ACME: RealmId = '/orgs/acme';

const define = (kind: string, scope: 'Project' | 'Realm') =>
  defineKind({
    group: 'test.casemate.internal',
    version: 'v1',
    kind,
    plural: `${kind.toLowerCase()}s`,
    scope,
    realms: ['organization'],
    description: 'For tests.',
    spec: Type.Optional(Type.Object({})),
  });
const Parent = define('Parent', 'Project');
const Child = define('Child', 'Project');
const Root = define('Root', 'Realm');

describe('the garbage collector', () => {
  let test: TestRealms;
  let running: RunningControllers;

  function start(): RunningControllers {
    return startControllers({
      realms: test.realms,
      controllers: [],
      workers: [garbageCollector(() => test.registry.all())],
      events: { recorder: () => ({ record: () => {} }), flush: async () => {} },
      clock: test.clock,
      random: test.random,
      logger: silentLogger,
    });
  }

  beforeEach(async () => {
    test = await openTestRealms({ kinds: [Parent, Child, Root] });
    running = start();
  });
  afterEach(async () => {
    await running.stop();
    await test.close();
  });

  const owner = (object: KubeObject, more: Partial<OwnerReference> = {}): OwnerReference => ({
    apiVersion: object.apiVersion,
    kind: object.kind,
    name: object.metadata.name,
    uid: object.metadata.uid,
    ...more,
  });
  const create = async (
    kind: Kind,
    name: string,
    owners: readonly OwnerReference[] = [],
    finalizers: readonly string[] = [],
    namespace = 'p',
  ): Promise<KubeObject> => {
    const { object } = await test.realms.use(ACME, ({ resources }) =>
      resources.create(
        kind,
        kind.scope === 'Realm' ? undefined : namespace,
        { metadata: { name, ownerReferences: owners, finalizers } },
        test.context(ACME),
      ),
    );
    return object;
  };
  const keyOf = (kind: Kind, name: string) => (kind.scope === 'Realm' ? { name } : { namespace: 'p', name });
  const remove = (kind: Kind, name: string, propagationPolicy?: DeleteOptions['propagationPolicy']) =>
    test.realms.use(ACME, ({ resources }) =>
      resources.delete(
        kind,
        keyOf(kind, name),
        test.context(ACME),
        propagationPolicy ? { propagationPolicy } : {},
      ),
    );
  const release = (kind: Kind, name: string) =>
    test.realms.use(ACME, ({ resources }) =>
      resources.modify(kind, keyOf(kind, name), test.context(ACME), (current) => ({
        ...current,
        metadata: {
          ...current.metadata,
          finalizers: current.metadata.finalizers?.filter((f) => !f.startsWith('test/')) ?? [],
        },
      })),
    );
  const get = (kind: Kind, name: string) =>
    test.realms.use(ACME, ({ view }) => view.get(kind, keyOf(kind, name)));
  const names = () =>
    test.realms.use(ACME, ({ view }) =>
      [Root, Parent, Child].flatMap((kind) => [...view.entries(kind)].map((entry) => entry.name)),
    );

  it('deletes dependents after their owner, down the whole chain', async () => {
    const root = await create(Root, 'root');
    const parent = await create(Parent, 'parent', [owner(root)]);
    for (let i = 0; i < 5; i++) await create(Child, `child-${i}`, [owner(parent)]);
    await running.idle();
    await remove(Root, 'root', 'Background');
    await running.idle();
    assert.deepEqual(await names(), []);
  });

  it('keeps an object while one of its owners lives, and drops the reference to the other', async () => {
    const a = await create(Parent, 'a');
    const b = await create(Parent, 'b');
    await create(Child, 'child', [owner(a), owner(b)]);
    await remove(Parent, 'a');
    await running.idle();
    assert.deepEqual((await get(Child, 'child'))?.metadata.ownerReferences, [owner(b)]);
    await remove(Parent, 'b');
    await running.idle();
    assert.deepEqual(await names(), []);
  });

  it('lets dependents live when the owner is deleted with Orphan', async () => {
    const parent = await create(Parent, 'parent');
    await create(Child, 'child', [owner(parent)]);
    await remove(Parent, 'parent', 'Orphan');
    await running.idle();
    assert.deepEqual(await names(), ['child']);
    assert.equal((await get(Child, 'child'))?.metadata.ownerReferences, undefined);
  });

  it('in the foreground removes the owner only after the dependents that block it', async () => {
    const parent = await create(Parent, 'parent');
    await create(Child, 'blocks', [owner(parent, { blockOwnerDeletion: true })], ['test/engine']);
    await create(Child, 'does-not', [owner(parent)], ['test/engine']);
    await remove(Parent, 'parent', 'Foreground');
    await running.idle();
    assert.deepEqual(await names(), ['parent', 'blocks', 'does-not']);
    assert.deepEqual((await get(Parent, 'parent'))?.metadata.finalizers, ['foregroundDeletion']);
    assert.notEqual((await get(Child, 'blocks'))?.metadata.deletionTimestamp, undefined);
    await release(Child, 'blocks');
    await running.idle();
    assert.deepEqual(await names(), ['does-not']);
    await release(Child, 'does-not');
    await running.idle();
    assert.deepEqual(await names(), []);
  });

  it('in the foreground waits for grandchildren too', async () => {
    const root = await create(Root, 'root');
    const parent = await create(Parent, 'parent', [owner(root, { blockOwnerDeletion: true })]);
    await create(Child, 'child', [owner(parent, { blockOwnerDeletion: true })], ['test/engine']);
    await remove(Root, 'root', 'Foreground');
    await running.idle();
    assert.deepEqual(await names(), ['root', 'parent', 'child']);
    await release(Child, 'child');
    await running.idle();
    assert.deepEqual(await names(), []);
  });

  it('deletes what refers only to owners that do not exist', async () => {
    const ghost = { apiVersion: Parent.apiVersion, kind: 'Parent', name: 'ghost', uid: 'no-such-uid' };
    await create(Child, 'child', [ghost]);
    await running.idle();
    assert.deepEqual(await names(), []);
  });

  it('does not take an owner of another project, or one whose name does not fit its uid, for one', async () => {
    const elsewhere = await create(Parent, 'elsewhere', [], [], 'q');
    const parent = await create(Parent, 'parent');
    await create(Child, 'a', [owner(elsewhere)]);
    await create(Child, 'b', [owner(parent, { name: 'other' })]);
    await create(Child, 'c', [owner(parent)]);
    await running.idle();
    assert.deepEqual(await names(), ['parent', 'elsewhere', 'c']);
  });

  it('finishes after a restart what was begun before', async () => {
    const parent = await create(Parent, 'parent');
    await create(Child, 'child', [owner(parent)]);
    await create(Child, 'kept', [owner(parent)]);
    await running.idle();
    await running.stop();
    await remove(Parent, 'parent');
    assert.deepEqual(await names(), ['child', 'kept']);
    running = start();
    await running.idle();
    assert.deepEqual(await names(), []);
  });
});
