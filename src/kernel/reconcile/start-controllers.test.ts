import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { Type } from 'typebox';
import type { Controller } from '../controller.ts';
import { defineKind, type ObjectOf } from '../kind.ts';
import { silentLogger } from '../logger.ts';
import type { ObjectKey, Realm } from '../realm.ts';
import { REGION, type RealmId } from '../realm-id.ts';
import { openTestRealms, type TestRealms, type TestRealmsOptions } from '../store/test-realms.ts';
import { type RunningControllers, startControllers } from './start-controllers.ts';

const GROUP = 'test.casemate.internal';
const ACME: RealmId = '/orgs/acme';

const Widget = defineKind({
  group: GROUP,
  version: 'v1',
  kind: 'Widget',
  plural: 'widgets',
  scope: 'Project',
  realms: ['region', 'organization'],
  description: 'Something to make.',
  spec: Type.Object({ size: Type.Integer(), part: Type.Optional(Type.String()) }),
  status: Type.Object({ made: Type.Integer() }),
});

const Part = defineKind({
  group: GROUP,
  version: 'v1',
  kind: 'Part',
  plural: 'parts',
  scope: 'Project',
  realms: ['organization'],
  description: 'What widgets are made of.',
  spec: Type.Object({ ready: Type.Boolean() }),
});

const noEvents = { recorder: () => ({ record: () => {} }), flush: async () => {} };

/** A controller that makes the status say what the spec does, and tells what it was called for. */
function maker(calls: string[], more: Partial<Controller> = {}): Controller {
  return {
    name: 'maker',
    realms: ['organization'],
    kind: Widget,
    async reconcile(key, { realm, change }) {
      calls.push(`${realm.id}/${key.name}`);
      const widget = realm.view.get(Widget, key);
      if (!widget || widget.status?.made === widget.spec.size) return undefined;
      await realm.resources.modify(
        Widget,
        key,
        change,
        (current: ObjectOf<typeof Widget>) => ({ ...current, status: { made: current.spec.size } }),
        { subresource: 'status' },
      );
      return undefined;
    },
    ...more,
  };
}

describe('controllers', () => {
  const closing: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  async function open(options: Partial<TestRealmsOptions> = {}): Promise<TestRealms> {
    const test = await openTestRealms({ kinds: [Widget, Part], ...options });
    closing.push(() => test.close());
    return test;
  }

  function start(test: TestRealms, ...controllers: Controller[]): RunningControllers {
    const running = startControllers({
      realms: test.realms,
      controllers,
      events: noEvents,
      clock: test.clock,
      random: test.random,
      logger: silentLogger,
    });
    closing.push(() => running.stop());
    return running;
  }

  const create = (test: TestRealms, realm: RealmId, name: string, size = 1, part?: string) =>
    test.realms.use(realm, ({ resources }) =>
      resources.create(
        Widget,
        'p',
        { metadata: { name }, spec: { size, ...(part === undefined ? {} : { part }) } },
        test.context(realm),
      ),
    );

  const made = (test: TestRealms, realm: RealmId, name: string) =>
    test.realms.use(realm, ({ view }) => view.get(Widget, { namespace: 'p', name })?.status?.made);

  it('bring what is there at the start to its desired state, in every realm', async () => {
    const orgs: RealmId[] = Array.from({ length: 20 }, (_, i) => `/orgs/o${i}` as const);
    const test = await open({ create: [REGION, ...orgs] });
    for (const org of orgs) await create(test, org, 'w', 7);
    const calls: string[] = [];
    await start(test, maker(calls)).idle();
    for (const org of orgs) assert.equal(await made(test, org, 'w'), 7);
  });

  it('follow changes, and settle after their own status write', async () => {
    const test = await open();
    const calls: string[] = [];
    const running = start(test, maker(calls));
    await running.idle();
    assert.deepEqual(calls, []);
    await create(test, ACME, 'w', 3);
    await running.idle();
    assert.equal(await made(test, ACME, 'w'), 3);
    assert.deepEqual(calls, ['/orgs/acme/w', '/orgs/acme/w']);
  });

  it('work only in the realms they are for', async () => {
    const test = await open();
    const calls: string[] = [];
    const running = start(test, maker(calls));
    await create(test, REGION, 'w');
    await running.idle();
    assert.deepEqual(calls, []);
  });

  it('are woken by secondary objects, as they are and as they were', async () => {
    const test = await open();
    const calls: string[] = [];
    const keys = (part: { readonly metadata: { readonly name: string } }, realm: Realm): ObjectKey[] =>
      realm.view
        .list(Widget, 'p')
        .filter((widget) => widget.spec.part === part.metadata.name)
        .map((widget) => ({ namespace: 'p', name: widget.metadata.name }));
    const running = start(test, maker(calls, { watches: [{ kind: Part, keys }] }));
    await create(test, ACME, 'w', 1, 'bolt');
    await create(test, ACME, 'other', 1);
    await running.idle();
    calls.length = 0;
    await test.realms.use(ACME, ({ resources }) =>
      resources.create(Part, 'p', { metadata: { name: 'bolt' }, spec: { ready: true } }, test.context(ACME)),
    );
    await running.idle();
    assert.deepEqual(calls, ['/orgs/acme/w']);
    await test.realms.use(ACME, ({ resources }) =>
      resources.delete(Part, { namespace: 'p', name: 'bolt' }, test.context(ACME)),
    );
    await running.idle();
    assert.deepEqual(calls, ['/orgs/acme/w', '/orgs/acme/w']);
  });

  it('of the region are woken by what happens in an organization', async () => {
    const test = await open();
    const calls: string[] = [];
    const controller = maker(calls, {
      realms: ['region'],
      watches: [
        {
          kind: Part,
          from: 'organizations',
          keys: (_, realm) => [{ namespace: 'p', name: realm.id.slice(6) }],
        },
      ],
    });
    const running = start(test, controller);
    await running.idle();
    await test.realms.use(ACME, ({ resources }) =>
      resources.create(Part, 'p', { metadata: { name: 'bolt' }, spec: { ready: true } }, test.context(ACME)),
    );
    await running.idle();
    assert.deepEqual(calls, ['//acme']);
  });

  it('try again what failed, and say so in the status', async () => {
    const test = await open();
    let engineIsAway = true;
    const calls: string[] = [];
    const running = start(
      test,
      maker(calls, {
        async reconcile(key) {
          calls.push(key.name);
          if (engineIsAway) throw new Error('the engine is away');
          return undefined;
        },
      }),
    );
    await create(test, ACME, 'w');
    await running.idle();
    assert.deepEqual(running.status().controllers, [
      {
        name: 'maker',
        ready: 0,
        running: 0,
        delayed: 1,
        failing: [{ realm: ACME, key: 'p/w', failures: 1, message: 'the engine is away' }],
      },
    ]);
    engineIsAway = false;
    await test.clock.advance(200);
    await running.idle();
    assert.deepEqual(calls, ['w', 'w']);
    assert.deepEqual(running.status().controllers[0]?.failing, []);
  });

  it('do not keep an idle realm in memory, and are woken when somebody writes to it later', async () => {
    const test = await open({ limits: { idle_ms: 60_000 } });
    const calls: string[] = [];
    const running = start(test, maker(calls));
    await create(test, ACME, 'w', 1);
    await running.idle();
    assert.equal(running.status().realmsFollowed, 2);
    await test.clock.advance(180_000);
    await running.idle();
    assert.equal(running.status().realmsFollowed, 0);
    calls.length = 0;
    assert.equal(await made(test, ACME, 'w'), 1);
    await running.idle();
    assert.deepEqual(calls, [], 'reading an idle realm is no work for controllers');
    await create(test, ACME, 'v', 2);
    await running.idle();
    assert.equal(await made(test, ACME, 'v'), 2);
    assert.deepEqual(calls, ['/orgs/acme/v', '/orgs/acme/v']);
  });

  it('load an idle realm when a retry is due there', async () => {
    const test = await open({ limits: { idle_ms: 60_000 } });
    const calls: string[] = [];
    const running = start(
      test,
      maker(calls, {
        async reconcile(key, { clock }) {
          calls.push(`${key.name} at ${clock.now() - started_ms}`);
          return calls.length === 1 ? { retryAfter_ms: 200_000 } : undefined;
        },
      }),
    );
    const started_ms = test.clock.now();
    await create(test, ACME, 'w', 1);
    await running.idle();
    await test.clock.advance(199_999);
    assert.equal(running.status().realmsFollowed, 0);
    await test.clock.advance(1);
    await running.idle();
    assert.deepEqual(calls, ['w at 0', 'w at 200000']);
  });

  it('list a realm again when they fell behind its changes, and sweep it', async () => {
    const test = await open({ limits: { watchRing_max: 4 } });
    const calls: string[] = [];
    let sweeps = 0;
    const running = start(
      test,
      maker(calls, {
        async sweep() {
          sweeps++;
        },
      }),
    );
    await running.idle();
    sweeps = 0;
    await Promise.all(Array.from({ length: 50 }, (_, i) => create(test, ACME, `w${i}`, i + 1)));
    await running.idle();
    for (let i = 0; i < 50; i++) assert.equal(await made(test, ACME, `w${i}`), i + 1);
    assert.ok(sweeps >= 1);
  });

  it('sweep every realm at the start and for a while after, and then those that hold their objects', async () => {
    const test = await open({ create: [REGION, ACME, '/orgs/empty'] });
    await create(test, ACME, 'w');
    const swept: string[] = [];
    const controller = maker([], {
      async sweep({ realm }) {
        swept.push(realm.id);
      },
    });
    const running = start(test, controller);
    await running.idle();
    assert.deepEqual(swept.toSorted(), ['/orgs/acme', '/orgs/empty']);
    const sweepsOf = async (): Promise<string[]> => {
      swept.length = 0;
      await test.clock.advance(5 * 60_000);
      await running.idle();
      return swept.toSorted();
    };
    // Whoever led before may have asked an engine for something that is made only now.
    for (let n = 0; n < 3; n++) assert.deepEqual(await sweepsOf(), ['/orgs/acme', '/orgs/empty']);
    assert.deepEqual(await sweepsOf(), ['/orgs/acme']);
    await test.realms.use(ACME, ({ resources }) =>
      resources.delete(Widget, { namespace: 'p', name: 'w' }, test.context(ACME)),
    );
    for (let n = 0; n < 3; n++) {
      assert.deepEqual(await sweepsOf(), ['/orgs/acme'], 'for what an engine may still come to hold');
    }
    assert.deepEqual(await sweepsOf(), []);
  });

  it('leave idle realms out of memory when the engine says that it holds nothing of them, and sweep what it comes to hold', async () => {
    const idle: RealmId[] = Array.from({ length: 20 }, (_, i) => `/orgs/o${i}` as const);
    const test = await open({ create: [REGION, ACME, ...idle], limits: { idle_ms: 60_000 } });
    await create(test, ACME, 'w');
    const held = new Set<RealmId>([ACME, '/orgs/o3']);
    const swept: string[] = [];
    let asked = 0;
    const controller = maker([], {
      async sweep({ realm }) {
        swept.push(realm.id);
      },
      async holders() {
        asked++;
        return held;
      },
    });
    const running = start(test, controller);
    await running.idle();
    assert.deepEqual(swept.splice(0).toSorted(), [ACME, '/orgs/o3']);
    assert.equal(asked, 1, 'once for all realms');
    await test.clock.advance(2 * 60_000);
    const loaded: string[] = [];
    test.realms.onLoaded(({ id }) => {
      // The region's realm takes in checkpoints of the others.
      if (id !== REGION) loaded.push(id);
    });
    held.delete('/orgs/o3');
    held.add('/orgs/o7');
    await test.clock.advance(3 * 60_000);
    await running.idle();
    assert.deepEqual(swept.toSorted(), [ACME, '/orgs/o7']);
    assert.deepEqual(loaded.toSorted(), [ACME, '/orgs/o7']);
  });

  it('sweep every realm that may have something in it when the engine does not say what it holds', async () => {
    const test = await open({ create: [REGION, ACME, '/orgs/empty'] });
    const swept: string[] = [];
    const running = start(
      test,
      maker([], {
        async sweep({ realm }) {
          swept.push(realm.id);
        },
        async holders() {
          throw new Error('the engine is away');
        },
      }),
    );
    await running.idle();
    assert.deepEqual(swept.toSorted(), ['/orgs/acme', '/orgs/empty']);
  });

  it('reach every realm at the start, though the engine hangs for the objects of many', async () => {
    const orgs: RealmId[] = Array.from({ length: 20 }, (_, i) => `/orgs/o${i}` as const);
    const test = await open({ create: [REGION, ...orgs] });
    for (const org of orgs) await create(test, org, 'w');
    const reached = new Set<string>();
    const hanging = maker([], {
      concurrency: 20,
      reconcile: (_, { realm, signal }) => {
        reached.add(realm.id);
        return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      },
    });
    const running = start(test, hanging);
    for (let i = 0; i < 4; i++) await test.clock.advance(30_000);
    assert.equal(reached.size, 20);
    assert.equal(running.status().controllers[0]?.running, 20);
  });

  it('tell a reconcile that hangs to end, and try again', async () => {
    const test = await open();
    const aborted: string[] = [];
    const running = start(
      test,
      maker([], {
        reconcile: (_, { signal }) =>
          new Promise((_, reject) =>
            signal.addEventListener('abort', () => {
              aborted.push(String(signal.reason));
              reject(signal.reason);
            }),
          ),
      }),
    );
    await create(test, ACME, 'w');
    await test.clock.advance(10 * 60_000);
    assert.deepEqual(aborted, ['Error: not done after 10 minutes']);
    assert.equal(running.status().controllers[0]?.failing[0]?.message, 'not done after 10 minutes');
  });

  it('keep running when a sweep fails', async () => {
    const test = await open();
    const calls: string[] = [];
    const running = start(
      test,
      maker(calls, {
        async sweep() {
          throw new Error('the engine is away');
        },
      }),
    );
    await create(test, ACME, 'w', 4);
    await running.idle();
    assert.equal(await made(test, ACME, 'w'), 4);
  });

  it('forget a realm that is destroyed, and begin anew with one of the same name', async () => {
    const test = await open();
    const calls: string[] = [];
    const running = start(
      test,
      maker(calls, { reconcile: async (key) => void calls.push(key.name) as undefined }),
    );
    await create(test, ACME, 'old');
    await running.idle();
    await test.realms.destroy(ACME);
    await running.idle();
    await test.realms.create(ACME);
    await create(test, ACME, 'new');
    await running.idle();
    assert.deepEqual(calls, ['old', 'new']);
  });

  it('hear of the end through their signal, and are waited for', async () => {
    const test = await open();
    let ended = false;
    const running = start(
      test,
      maker([], {
        reconcile: (_, { signal }) =>
          new Promise((_, reject) =>
            signal.addEventListener('abort', () => {
              ended = true;
              reject(signal.reason);
            }),
          ),
      }),
    );
    await create(test, ACME, 'w');
    for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
    await running.stop();
    assert.equal(ended, true);
  });

  it('have names of their own', async () => {
    const test = await open();
    assert.throws(() => start(test, maker([]), maker([])), /two controllers have the same name/);
  });
});
