import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { isStatusError } from '../errors.ts';
import type { Admission } from '../kind.ts';
import { readWhole } from '../log/personal.ts';
import type { Realm, WriteResult } from '../realm.ts';
import { EXAMPLE_KINDS, Widget } from './example-kinds.ts';
import { MemoryStorage } from './memory-storage.ts';
import { type Append, type CommitOutcome, StorageFullError, type StoredChange } from './storage.ts';
import { openTestRealms, type TestRealms, type TestRealmsOptions } from './test-realms.ts';

const ACME = '/orgs/acme';

/** How a commit ends that was held: as it would have, or otherwise. */
type Ending = 'as it does' | 'full' | 'lost before' | 'lost after';

interface HeldCommit {
  readonly append: Append<StoredChange>;
  end(ending?: Ending): void;
}

/** Memory whose commits wait, once `hold` was called, until the test says how they end. */
class HeldStorage extends MemoryStorage {
  #held: ((commit: HeldCommit) => void) | undefined;

  /** The next commit, when it comes; it waits, and only it. */
  hold(): Promise<HeldCommit> {
    return new Promise((resolve) => {
      this.#held = resolve;
    });
  }

  override async commitChanges(append: Append<StoredChange>): Promise<CommitOutcome> {
    const held = this.#held;
    if (!held) return super.commitChanges(append);
    this.#held = undefined;
    const { promise, resolve } = Promise.withResolvers<Ending>();
    held({ append, end: (ending = 'as it does') => resolve(ending) });
    const ending = await promise;
    if (ending === 'full') throw new StorageFullError('no room');
    if (ending === 'lost before') throw new Error('the connection broke');
    const outcome = await super.commitChanges(append);
    if (ending === 'lost after') throw new Error('the connection broke');
    return outcome;
  }
}

interface Bench extends TestRealms {
  readonly storage: HeldStorage;
  readonly acme: Realm;
  create(name: string, size?: number): Promise<WriteResult>;
  resize(name: string, size: number): Promise<WriteResult>;
}

async function start(t: TestContext, options: Partial<TestRealmsOptions> = {}): Promise<Bench> {
  const storage = options.storage instanceof HeldStorage ? options.storage : new HeldStorage();
  const bench = await openTestRealms({ kinds: EXAMPLE_KINDS, onFault: () => {}, ...options, storage });
  const { realm: acme, release } = await bench.realms.acquire(ACME);
  t.after(async () => {
    release();
    await bench.close();
  });
  return {
    ...bench,
    storage,
    acme,
    create: (name, size = 1) =>
      acme.resources.create(Widget, 'shop', { metadata: { name }, spec: { size } }, bench.context(ACME)),
    resize: (name, size) =>
      acme.resources.modify(Widget, { namespace: 'shop', name }, bench.context(ACME), (current) => ({
        ...current,
        spec: { ...current.spec, size },
      })),
  };
}

/** Everything that can run without the held commit has run. */
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Whether a promise is still waiting. */
async function isPending(promise: Promise<unknown>): Promise<boolean> {
  await settled();
  const waiting = Symbol();
  return (await Promise.race([promise.catch(() => {}), Promise.resolve(waiting)])) === waiting;
}

/** The logged changes after those that every realm begins with: index, verb and name. */
async function changesOf({ storage, acme }: Bench): Promise<string[]> {
  const leaves = await storage.readLeaves(acme.uid, 'changes', 2, 1_000);
  return leaves.map((stored, at) => {
    const parsed = readWhole(stored);
    assert.equal(parsed.index, at + 2);
    return parsed.type === 'change' ? `${parsed.index} ${parsed.verb} ${parsed.name}` : parsed.type;
  });
}

const sizeOf = ({ acme }: Bench, name: string) =>
  acme.view.get(Widget, { namespace: 'shop', name })?.spec.size;

describe('what comes while a batch is being committed', () => {
  it('is decided on it, and neither is seen or answered before it is durable', async (t) => {
    const bench = await start(t);
    const holding = bench.storage.hold();
    const first = bench.create('a');
    const commit = await holding;
    const watch = await bench.acme.watch({ afterRevision: 1 });
    t.after(() => watch.close());
    const change = bench.resize('a', 7);
    const again = bench.create('a');
    const dryRun = bench.acme.resources.create(
      Widget,
      'shop',
      { metadata: { name: 'a' }, spec: {} },
      bench.context(ACME, { dryRun: true }),
    );
    for (const each of [first, change, again, dryRun]) assert.ok(await isPending(each));
    assert.equal(bench.acme.view.revision, 1);
    assert.equal(sizeOf(bench, 'a'), undefined);
    const next = bench.storage.hold();
    commit.end();
    assert.equal((await first).object.metadata.resourceVersion, '2');
    const second = await next;
    // The first is durable now, and what builds on it is not yet.
    for (const each of [change, again, dryRun]) assert.ok(await isPending(each));
    assert.equal(sizeOf(bench, 'a'), 1);
    assert.deepEqual(
      (await watch.next())?.map((event) => event.type),
      ['ADDED'],
    );
    second.end();
    assert.equal((await change).object.metadata.resourceVersion, '3');
    await assert.rejects(again, (error) => isStatusError(error, 'AlreadyExists'));
    await assert.rejects(dryRun, (error) => isStatusError(error, 'AlreadyExists'));
    assert.equal(sizeOf(bench, 'a'), 7);
    assert.deepEqual(await changesOf(bench), ['2 create a', '3 update a']);
  });

  it('counts what is being committed once, before and after', async (t) => {
    const counts: number[] = [];
    const admission: Admission = ({ view, operation }) => {
      if (operation !== 'create') return;
      counts.push(view.count(Widget, 'shop'));
      assert.equal([...view.entries(Widget)].length, view.count(Widget));
    };
    const bench = await start(t, { admissions: [admission] });
    await bench.create('a');
    const holding = bench.storage.hold();
    const b = bench.create('b');
    const first = await holding;
    const next = bench.storage.hold();
    const c = bench.create('c');
    const d = bench.create('d');
    await settled();
    first.end();
    const second = await next;
    const e = bench.create('e');
    await settled();
    second.end();
    await Promise.all([b, c, d, e]);
    await bench.create('f');
    assert.deepEqual(counts, [0, 1, 2, 3, 4, 5]);
    assert.equal(bench.acme.view.count(Widget, 'shop'), 6);
  });

  it('is decided again when another replica was quicker', async (t) => {
    const bench = await start(t);
    const other = await start(t, { storage: bench.storage, keyring: bench.keyring, seed: 2 });
    const holding = bench.storage.hold();
    const mine = bench.create('a', 1);
    const commit = await holding;
    const change = bench.resize('a', 7);
    const more = bench.create('b');
    await settled();
    const theirs = await other.create('a', 5);
    commit.end();
    await assert.rejects(mine, (error) => isStatusError(error, 'AlreadyExists'));
    const { object } = await change;
    assert.equal(object.metadata.uid, theirs.object.metadata.uid);
    assert.equal(object.metadata.resourceVersion, '3');
    assert.equal((await more).object.metadata.resourceVersion, '4');
    assert.deepEqual(await changesOf(bench), ['2 create a', '3 update a', '4 create b']);
    await other.acme.waitFor(4, 1_000);
    assert.equal(sizeOf(other, 'a'), 7);
    assert.equal(sizeOf(bench, 'a'), 7);
  });

  it('stands on what is there when that commit is refused for good', async (t) => {
    const bench = await start(t);
    const holding = bench.storage.hold();
    const first = bench.create('a');
    const commit = await holding;
    const change = bench.resize('a', 7);
    const more = bench.create('b');
    await settled();
    commit.end('full');
    await assert.rejects(first, /no room left/);
    await assert.rejects(change, (error) => isStatusError(error, 'NotFound'));
    assert.equal((await more).object.metadata.resourceVersion, '2');
    assert.deepEqual(await changesOf(bench), ['2 create b']);
    assert.equal(sizeOf(bench, 'a'), undefined);
  });

  for (const ending of ['lost before', 'lost after'] as const) {
    it(`is written once, and after it, when the answer to that commit is ${ending} it is made`, async (t) => {
      const bench = await start(t);
      const holding = bench.storage.hold();
      const first = bench.create('a');
      const commit = await holding;
      const change = bench.resize('a', 7);
      const more = bench.create('b');
      await settled();
      commit.end(ending);
      assert.ok(await isPending(first));
      assert.ok(await isPending(change));
      // Until it is known what became of the first, nothing is shown and nothing is built on it.
      assert.equal(sizeOf(bench, 'a'), undefined);
      bench.clock.advance(1_000);
      assert.equal((await first).object.metadata.resourceVersion, '2');
      assert.equal((await change).object.metadata.resourceVersion, '3');
      assert.equal((await more).object.metadata.resourceVersion, '4');
      assert.deepEqual(await changesOf(bench), ['2 create a', '3 update a', '4 create b']);
      assert.equal(sizeOf(bench, 'a'), 7);
    });
  }

  it('is refused when the realm closes, and that commit ends by its own outcome', async (t) => {
    const bench = await start(t);
    const holding = bench.storage.hold();
    const first = bench.create('a');
    const commit = await holding;
    const more = bench.create('b');
    await settled();
    const closing = bench.realms.close();
    await assert.rejects(more, (error) => isStatusError(error, 'ServiceUnavailable'));
    commit.end();
    assert.equal((await first).object.metadata.resourceVersion, '2');
    await closing;
    assert.deepEqual(await changesOf(bench), ['2 create a']);
  });

  it('stays decided when somebody asks what others wrote, and nobody wrote anything', async (t) => {
    let decisions = 0;
    const admission: Admission = () => {
      decisions += 1;
    };
    const bench = await start(t, { admissions: [admission] });
    const holding = bench.storage.hold();
    const first = bench.create('a');
    const commit = await holding;
    const more = bench.create('b');
    const fresh = bench.acme.waitFor(2, 1_000);
    await settled();
    commit.end();
    await Promise.all([first, more, fresh]);
    assert.equal(decisions, 2);
    assert.deepEqual(await changesOf(bench), ['2 create a', '3 create b']);
  });

  it('waits its turn beyond what one batch takes, and beyond what may wait is refused', async (t) => {
    const bench = await start(t, { limits: { laneBatch_max: 2, laneQueue_max: 3 } });
    const holding = bench.storage.hold();
    const first = bench.create('a');
    const commit = await holding;
    const waiting = ['b', 'c', 'd'].map((name) => bench.create(name));
    await settled();
    await assert.rejects(bench.create('e'), (error) => isStatusError(error, 'TooManyRequests'));
    commit.end();
    const written = await Promise.all([first, ...waiting]);
    assert.deepEqual(
      written.map(({ object }) => object.metadata.resourceVersion),
      ['2', '3', '4', '5'],
    );
  });
});
