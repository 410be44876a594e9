import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { isStatusError } from '../errors.ts';
import type { ChangeContext, Realm, Watch } from '../realm.ts';
import { EXAMPLE_KINDS, Note, Widget } from './example-kinds.ts';
import { openTestRealms, type TestRealms, type TestRealmsOptions } from './test-realms.ts';

const ACME = '/orgs/acme';

interface Bench extends TestRealms {
  readonly acme: Realm;
  readonly me: ChangeContext;
  make(name: string, namespace?: string): Promise<unknown>;
  resize(name: string, size: number): Promise<unknown>;
}

async function bench(test: TestContext, options: Partial<TestRealmsOptions> = {}): Promise<Bench> {
  const opened = await openTestRealms({ kinds: EXAMPLE_KINDS, ...options });
  const { realm, release } = await opened.realms.acquire(ACME);
  test.after(async () => {
    release();
    await opened.close();
  });
  const me = opened.context(ACME);
  return {
    ...opened,
    acme: realm,
    me,
    make: (name, namespace = 'shop') =>
      realm.resources.create(Widget, namespace, { metadata: { name }, spec: {} }, me),
    resize: (name, size) =>
      realm.resources.modify(Widget, { namespace: 'shop', name }, me, (current) => ({
        ...current,
        spec: { ...current.spec, size },
      })),
  };
}

/** Takes events until there are `count`, as `TYPE name@revision` (and the revision before, if there was one). */
async function take(watch: Watch, count: number): Promise<string[]> {
  const taken: string[] = [];
  while (taken.length < count) {
    const events = await watch.next();
    if (!events) throw new Error('the watch was closed');
    for (const event of events) {
      if (event.type === 'BOOKMARK') taken.push(`BOOKMARK ${event.revision}`);
      else {
        const before = event.previous ? ` was ${event.previous.revision}` : '';
        taken.push(`${event.type} ${event.entry.name}@${event.entry.revision}${before}`);
      }
    }
  }
  return taken;
}

describe('watch', () => {
  it('gives every change once, in commit order, with the object as it was before', async (t) => {
    const { acme, me, make, resize } = await bench(t);
    const watch = await acme.watch({ kind: Widget, afterRevision: acme.view.revision });
    await make('a');
    await resize('a', 2);
    await acme.resources.delete(Widget, { namespace: 'shop', name: 'a' }, me);
    assert.deepEqual(await take(watch, 3), ['ADDED a@2', 'MODIFIED a@3 was 2', 'DELETED a@4 was 3']);
    watch.close();
    assert.equal(await watch.next(), undefined);
  });

  it('gives only the kind and the project that were asked for, or all kinds', async (t) => {
    const { acme, me, make } = await bench(t);
    const afterRevision = acme.view.revision;
    const shop = await acme.watch({ kind: Widget, namespace: 'shop', afterRevision });
    const everything = await acme.watch({ afterRevision });
    await make('a', 'other');
    await acme.resources.create(Note, 'shop', { metadata: { name: 'n' } }, me);
    await make('b');
    assert.deepEqual(await take(shop, 1), ['ADDED b@4']);
    assert.deepEqual(await take(everything, 3), ['ADDED a@2', 'ADDED n@3', 'ADDED b@4']);
    shop.close();
    everything.close();
  });

  it('resumes from memory at any revision', async (t) => {
    const { acme, make } = await bench(t);
    for (const name of ['a', 'b', 'c']) await make(name);
    const watch = await acme.watch({ kind: Widget, afterRevision: 3 });
    assert.deepEqual(await take(watch, 1), ['ADDED c@4']);
    watch.close();
  });

  it('resumes from the log in storage when memory has forgotten, without a gap', async (t) => {
    const { acme, make, resize } = await bench(t, { limits: { watchRing_max: 2 } });
    await make('a');
    for (let size = 2; size <= 6; size++) await resize('a', size);
    const watching = acme.watch({ kind: Widget, afterRevision: 3 });
    await make('b');
    const watch = await watching;
    assert.deepEqual(await take(watch, 5), [
      'MODIFIED a@4 was 3',
      'MODIFIED a@5 was 4',
      'MODIFIED a@6 was 5',
      'MODIFIED a@7 was 6',
      'ADDED b@8',
    ]);
    watch.close();
  });

  it('is refused with Expired when history is gone from storage too', async (t) => {
    const { acme, make, resize, storage } = await bench(t, { limits: { watchRing_max: 1 } });
    await make('a');
    for (let size = 2; size <= 6; size++) await resize('a', size);
    await storage.raiseHistoryFloor(acme.uid, 5);
    await assert.rejects(acme.watch({ kind: Widget, afterRevision: 4 }), (error) =>
      isStatusError(error, 'Expired'),
    );
    const watch = await acme.watch({ kind: Widget, afterRevision: 5 });
    assert.deepEqual(await take(watch, 2), ['MODIFIED a@6 was 5', 'MODIFIED a@7 was 6']);
    watch.close();
  });

  it('ends with Expired rather than skip events when its reader is too slow', async (t) => {
    const { acme, make } = await bench(t, { limits: { watchRing_max: 3 } });
    const watch = await acme.watch({ kind: Widget, afterRevision: acme.view.revision });
    for (const name of ['a', 'b', 'c', 'd']) await make(name);
    await assert.rejects(watch.next(), (error) => isStatusError(error, 'Expired'));
    await assert.rejects(watch.next(), (error) => isStatusError(error, 'Expired'));
  });

  it('does not lose its place to changes that do not concern it', async (t) => {
    const { acme, me, make } = await bench(t, { limits: { watchRing_max: 3 } });
    const watch = await acme.watch({ kind: Widget, namespace: 'shop', afterRevision: acme.view.revision });
    for (let n = 0; n < 10; n++) {
      await make(`other-${n}`, 'other');
      await acme.resources.create(Note, 'shop', { metadata: { name: `n${n}` } }, me);
    }
    await make('mine');
    assert.deepEqual(await take(watch, 1), ['ADDED mine@22']);
    watch.close();
  });

  it('gives bounded portions', async (t) => {
    const { acme, make } = await bench(t, { limits: { watchBatch_max: 2 } });
    const watch = await acme.watch({ kind: Widget, afterRevision: acme.view.revision });
    for (const name of ['a', 'b', 'c']) await make(name);
    assert.equal((await watch.next())?.length, 2);
    assert.equal((await watch.next())?.length, 1);
    watch.close();
  });

  it('tells an idle watch how far the realm has come', async (t) => {
    const { acme, me, clock } = await bench(t);
    const watch = await acme.watch({ kind: Widget, afterRevision: acme.view.revision });
    const next = watch.next();
    await acme.resources.create(Note, 'shop', { metadata: { name: 'n' } }, me);
    await clock.advance(30_000);
    assert.deepEqual(await next, [{ type: 'BOOKMARK', revision: 2 }]);
    watch.close();
  });

  it('can be read without waiting: told that there is something, by whoever takes it', async (t) => {
    const { acme, make, clock } = await bench(t, { limits: { watchBatch_max: 2 } });
    const watch = await acme.watch({ kind: Widget, namespace: 'shop', afterRevision: acme.view.revision });
    let told = 0;
    watch.onReady(() => {
      told += 1;
    });
    assert.deepEqual([told, watch.take()], [1, []], 'once at the beginning, for what there is');
    await make('elsewhere', 'other');
    assert.deepEqual([told, watch.take()], [1, []], 'not for what is not asked for');
    for (const name of ['a', 'b', 'c']) await make(name);
    assert.equal(told, 4);
    assert.deepEqual(
      [watch.take()?.length, watch.take()?.length, watch.take()?.length],
      [2, 1, 0],
      'in portions, until there is nothing',
    );
    await clock.advance(30_000);
    assert.deepEqual([told, watch.take()], [5, [{ type: 'BOOKMARK', revision: 5 }]]);
    assert.throws(() => watch.onReady(() => {}), /one reader of a watch at a time/);
    watch.close();
    assert.deepEqual([told, watch.take()], [6, undefined]);
  });

  it('is idle from when it was found empty, however often there was something before', async (t) => {
    const { acme, make, clock } = await bench(t);
    const watch = await acme.watch({ kind: Widget, afterRevision: acme.view.revision });
    let told = 0;
    watch.onReady(() => {
      told += 1;
    });
    watch.take();
    await clock.advance(20_000);
    await make('a');
    assert.equal(watch.take()?.length, 1);
    watch.take();
    await clock.advance(29_999);
    assert.deepEqual([told, watch.take()], [2, []]);
    await clock.advance(1);
    assert.deepEqual([told, watch.take()], [3, [{ type: 'BOOKMARK', revision: 2 }]]);
    watch.close();
  });

  it('says Expired to who takes too late', async (t) => {
    const { acme, make } = await bench(t, { limits: { watchRing_max: 3 } });
    const watch = await acme.watch({ kind: Widget, afterRevision: acme.view.revision });
    for (const name of ['a', 'b', 'c', 'd']) await make(name);
    assert.throws(
      () => watch.take(),
      (error) => isStatusError(error, 'Expired'),
    );
  });

  it('opens no more watches than the bound', async (t) => {
    const { acme } = await bench(t, { limits: { watches_max: 1 } });
    const watch = await acme.watch({ afterRevision: 1 });
    await assert.rejects(acme.watch({ afterRevision: 1 }), (error) =>
      isStatusError(error, 'TooManyRequests'),
    );
    watch.close();
    (await acme.watch({ afterRevision: 1 })).close();
  });
});

describe('waitFor', () => {
  it('resolves once the revision is there', async (t) => {
    const { acme, make } = await bench(t);
    const waited = acme.waitFor(3, 3_000);
    await make('a');
    await make('b');
    await waited;
    assert.equal(acme.view.revision, 3);
  });

  it('gives up with the cause that clients know', async (t) => {
    const { acme, clock } = await bench(t);
    const waited = acme.waitFor(99, 3_000);
    const refused = assert.rejects(waited, (error) => {
      assert.ok(isStatusError(error, 'Timeout'));
      assert.equal(error.details?.causes?.[0]?.reason, 'ResourceVersionTooLarge');
      return true;
    });
    await clock.advance(3_000);
    await refused;
  });
});
