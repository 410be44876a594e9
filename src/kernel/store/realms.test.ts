import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { isStatusError } from '../errors.ts';
import { openCheckpoint, readUnverifiedCheckpoint } from '../log/checkpoint.ts';
import { parseLeaf } from '../log/leaf.ts';
import { leafHash } from '../log/merkle.ts';
import { parseVkey } from '../log/note.ts';
import { readWhole } from '../log/personal.ts';
import { inclusionProof, tileHashReader, verifyInclusion } from '../log/proof.ts';
import { decodeEntryBundle, tileWidth } from '../log/tile.ts';
import type { Realm } from '../realm.ts';
import type { RealmId } from '../realm-id.ts';
import { EXAMPLE_KINDS, Note, Tenant, Widget } from './example-kinds.ts';
import { MemoryStorage } from './memory-storage.ts';
import { type LogStorage, type NewRealm, StorageFullError } from './storage.ts';
import { openTestRealms, type TestRealms } from './test-realms.ts';

const ACME = '/orgs/acme';

const makeWidget = (realm: Realm, bench: TestRealms, name: string) =>
  realm.resources.create(Widget, 'shop', { metadata: { name }, spec: {} }, bench.context(ACME));

async function leavesOf(storage: LogStorage, uid: string) {
  return (await storage.readLeaves(uid, 'changes', 0, 1_000)).map(({ leaf }) => parseLeaf(leaf));
}

describe('realms', () => {
  it('begin with who they are and the key that signs them, so the first object is at revision 2', async (t) => {
    const bench = await openTestRealms({ kinds: EXAMPLE_KINDS });
    t.after(() => bench.close());
    await bench.realms.use(ACME, async (acme) => {
      assert.equal(acme.view.revision, 1);
      const [genesis, key] = await leavesOf(bench.storage, acme.uid);
      assert.deepEqual(genesis, {
        v: 1,
        index: 0,
        time: '2026-01-01T00:00:00.000Z',
        type: 'genesis',
        origin: 'test.casemate.internal/orgs/acme/changes',
        realm: ACME,
        uid: acme.uid,
        format: 'casemate.internal/leaf@v1',
      });
      assert.equal(key?.type === 'key' && key.vkey, await bench.realms.logs.vkey(ACME, 'changes'));
    });
  });

  it('are made once, listed, and gone without trace when destroyed', async (t) => {
    const bench = await openTestRealms({ kinds: EXAMPLE_KINDS });
    t.after(() => bench.close());
    const { realms, storage } = bench;
    await assert.rejects(realms.create(ACME), (error) => isStatusError(error, 'AlreadyExists'));
    assert.deepEqual(await realms.list(), ['/', ACME]);
    const { realm, release } = await realms.acquire(ACME);
    await makeWidget(realm, bench, 'a');
    const watch = await realm.watch({ afterRevision: 2 });
    const next = watch.next();
    await realms.destroy(ACME);
    assert.equal(await next, undefined);
    release();
    assert.deepEqual(await realms.list(), ['/']);
    assert.equal(await realms.exists(ACME), false);
    await assert.rejects(realms.acquire(ACME), (error) => isStatusError(error, 'NotFound'));
    await assert.rejects(makeWidget(realm, bench, 'b'), (error) => isStatusError(error, 'NotFound'));
    assert.equal(await storage.readChanges(realm.uid, 0, 10), undefined);
    await realms.destroy(ACME);
    await realms.create(ACME);
    await realms.use(ACME, (again) => {
      assert.notEqual(again.uid, realm.uid);
      assert.equal(again.view.count(Widget), 0);
    });
  });

  it('leave memory when nobody used them for a while, and come back as they were', async (t) => {
    const bench = await openTestRealms({ kinds: EXAMPLE_KINDS, limits: { idle_ms: 60_000 } });
    t.after(() => bench.close());
    const loaded: Realm[] = [];
    bench.realms.onLoaded((realm) => {
      loaded.push(realm);
      void realm.watch({ afterRevision: realm.view.revision, passive: true });
    });
    await bench.realms.use(ACME, (acme) => makeWidget(acme, bench, 'a'));
    await bench.realms.use(ACME, (acme) =>
      acme.resources.create(Note, 'shop', { metadata: { name: 'n' }, data: { a: 'b' } }, bench.context(ACME)),
    );
    assert.equal(loaded.length, 0, 'it was in memory since it was made');
    const before = await bench.realms.use(ACME, (acme) => acme);
    await bench.clock.advance(70_000);
    const { realm, release } = await bench.realms.acquire(ACME);
    assert.deepEqual(loaded, [realm]);
    assert.notEqual(before, realm);
    assert.deepEqual(
      realm.view.list(Widget).map(({ metadata }) => metadata.name),
      ['a'],
    );
    assert.deepEqual(realm.view.entry(Note, { namespace: 'shop', name: 'n' })?.revision, 3);
    await bench.clock.advance(200_000);
    release();
    assert.equal((await bench.realms.acquire(ACME)).realm, realm);
  });

  it('leave memory earlier, the longest idle first, when many are idle at once', async (t) => {
    const bench = await openTestRealms({ kinds: EXAMPLE_KINDS, limits: { idleRealms_max: 2 } });
    t.after(() => bench.close());
    const orgs = ['/orgs/a', '/orgs/b', '/orgs/c', '/orgs/held'] as const;
    const held = await bench.realms.acquire('/');
    for (const id of orgs) await bench.realms.create(id);
    const lease = await bench.realms.acquire('/orgs/held');
    for (const id of ['/orgs/a', '/orgs/b', '/orgs/c', '/orgs/a'] as const)
      await bench.realms.use(id, () => {});
    const loaded: string[] = [];
    bench.realms.onLoaded(({ id }) => void loaded.push(id));
    for (const id of ['/orgs/held', '/orgs/a', '/orgs/c', '/orgs/b'] as const)
      await bench.realms.use(id, () => {});
    assert.deepEqual(loaded, ['/orgs/b']);
    lease.release();
    held.release();
  });

  it('stay in memory while a watch is open', async (t) => {
    const bench = await openTestRealms({ kinds: EXAMPLE_KINDS, limits: { idle_ms: 60_000 } });
    t.after(() => bench.close());
    const first = await bench.realms.use(ACME, async (acme) => {
      await acme.watch({ kind: Widget, afterRevision: 1 });
      return acme;
    });
    await bench.clock.advance(200_000);
    await bench.realms.use(ACME, (again) => assert.equal(again, first));
  });

  it('refuse writes beyond what may wait, saying when to come back', async (t) => {
    const bench = await openTestRealms({ kinds: EXAMPLE_KINDS, limits: { laneQueue_max: 2 } });
    t.after(() => bench.close());
    await bench.realms.use(ACME, async (acme) => {
      const outcomes = await Promise.allSettled(['a', 'b', 'c'].map((name) => makeWidget(acme, bench, name)));
      const refused = outcomes[2];
      assert.ok(refused?.status === 'rejected' && isStatusError(refused.reason, 'TooManyRequests'));
      assert.equal(refused.reason.details?.retryAfterSeconds, 1);
      assert.equal(acme.view.count(Widget), 2);
    });
  });

  it('split a batch that grows too large without losing a write or its place', async (t) => {
    const bench = await openTestRealms({ kinds: EXAMPLE_KINDS, limits: { laneBatch_bytes_max: 1 } });
    t.after(() => bench.close());
    await bench.realms.use(ACME, async (acme) => {
      const made = await Promise.all(['a', 'b', 'c'].map((name) => makeWidget(acme, bench, name)));
      assert.deepEqual(
        made.map(({ object }) => object.metadata.resourceVersion),
        ['2', '3', '4'],
      );
    });
  });
});

describe('two replicas over one database', () => {
  it('see each other’s writes, and revisions have neither gaps nor doubles', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 9 }), fc.boolean()), { maxLength: 60 }),
        async (writes) => {
          const one = await openTestRealms({ kinds: EXAMPLE_KINDS });
          const two = await openTestRealms({
            kinds: EXAMPLE_KINDS,
            storage: one.storage,
            keyring: one.keyring,
            clock: one.clock,
            seed: 2,
          });
          const a = await one.realms.acquire(ACME);
          const b = await two.realms.acquire(ACME);
          const revisions: number[] = [];
          await Promise.all(
            writes.map(async ([first, number, remove]) => {
              const realm = (first ? a : b).realm;
              const key = { namespace: 'shop', name: `w${number}` };
              try {
                const { object } = await (remove
                  ? realm.resources.delete(Widget, key, one.context(ACME))
                  : makeWidget(realm, one, key.name));
                revisions.push(Number(object.metadata.resourceVersion));
              } catch (error) {
                assert.ok(isStatusError(error, 'AlreadyExists') || isStatusError(error, 'NotFound'));
              }
            }),
          );
          const head = 1 + revisions.length;
          await a.realm.waitFor(head, 0);
          await b.realm.waitFor(head, 0);
          assert.deepEqual(
            revisions.sort((x, y) => x - y),
            revisions.map((_, index) => index + 2),
          );
          const listed = (realm: Realm) => realm.view.list(Widget);
          assert.deepEqual(listed(a.realm), listed(b.realm));
          assert.deepEqual(
            readUnverifiedCheckpoint(await one.realms.logs.latestCheckpoint(ACME, 'changes')),
            readUnverifiedCheckpoint(await two.realms.logs.latestCheckpoint(ACME, 'changes')),
          );
          await one.realms.destroy(ACME);
          await assert.rejects(b.realm.waitFor(head + 1, 0), (error) => isStatusError(error, 'NotFound'));
          await one.close();
          await two.close();
        },
      ),
      { numRuns: 30 },
    );
  });

  it('wake each other’s watches', async (t) => {
    const one = await openTestRealms({ kinds: EXAMPLE_KINDS });
    const { storage, keyring, clock } = one;
    const two = await openTestRealms({ kinds: EXAMPLE_KINDS, storage, keyring, clock, seed: 2 });
    t.after(() => Promise.all([one.close(), two.close()]));
    const watch = await two.realms.use(ACME, (acme) => acme.watch({ kind: Widget, afterRevision: 1 }));
    const next = watch.next();
    await one.realms.use(ACME, (acme) => makeWidget(acme, one, 'a'));
    const events = await next;
    assert.deepEqual(
      events?.map((event) => event.type === 'ADDED' && event.entry.name),
      ['a'],
    );
    watch.close();
  });
});

/** Storage of which replicas hear nothing by themselves. */
class SilentStorage extends MemoryStorage {
  override async listen() {
    return async () => {};
  }
}

describe('reads of a replica', () => {
  const replicas = async (options: { isAlone?: () => boolean; onFault?: (what: string) => void } = {}) => {
    const storage = new SilentStorage();
    const one = await openTestRealms({ kinds: EXAMPLE_KINDS, storage });
    const two = await openTestRealms({
      kinds: EXAMPLE_KINDS,
      storage,
      keyring: one.keyring,
      seed: 2,
      ...options,
    });
    return { one, two, storage, close: () => Promise.all([one.close(), two.close()]) };
  };

  it('see what another replica acknowledged, once they ask for what is fresh', async () => {
    const { one, two, close } = await replicas();
    const { realm: there } = await one.realms.acquire(ACME);
    const { realm: here } = await two.realms.acquire(ACME);
    await makeWidget(there, one, 'a');
    assert.equal(here.view.count(Widget), 0);
    await two.realms.fresh(ACME);
    assert.equal(here.view.count(Widget), 1);
    await close();
  });

  it('share one question to the storage, and those that come while it is asked share the next', async (t) => {
    const { two, storage, close } = await replicas();
    await two.realms.acquire(ACME);
    let answer = () => {};
    const asked = t.mock.method(storage, 'readSizes', async (uids: readonly string[]) => {
      await new Promise<void>((resolve) => {
        answer = resolve;
      });
      return MemoryStorage.prototype.readSizes.call(storage, uids);
    });
    const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
    const first = Array.from({ length: 50 }, () => two.realms.fresh(ACME));
    await turn();
    const second = Array.from({ length: 50 }, () => two.realms.fresh(ACME));
    answer();
    await Promise.all(first);
    await turn();
    answer();
    await Promise.all(second);
    assert.equal(asked.mock.callCount(), 2);
    asked.mock.restore();
    await close();
  });

  it('ask again beside a question that hangs', async (t) => {
    const { two, storage, close } = await replicas();
    await two.realms.acquire(ACME);
    const hung = Promise.withResolvers<ReadonlyMap<string, number>>();
    const asked = t.mock.method(storage, 'readSizes');
    asked.mock.mockImplementationOnce(() => hung.promise);
    const first = two.realms.fresh(ACME);
    await two.clock.advance(0);
    const second = two.realms.fresh(ACME);
    await two.clock.advance(50);
    await second;
    assert.equal(asked.mock.callCount(), 2);
    hung.resolve(new Map());
    await first;
    asked.mock.restore();
    await close();
  });

  it('ask nothing where no other process is', async (t) => {
    const { two, storage, close } = await replicas({ isAlone: () => true });
    await two.realms.acquire(ACME);
    const asked = t.mock.method(storage, 'readSizes');
    await two.realms.fresh(ACME);
    assert.equal(asked.mock.callCount(), 0);
    await close();
  });

  it('are refused with 503 when nobody can say what is fresh', async (t) => {
    const faults: string[] = [];
    const { two, storage, close } = await replicas({ onFault: (what) => faults.push(what) });
    await two.realms.acquire(ACME);
    const broken = t.mock.method(storage, 'readSizes', () => Promise.reject(new Error('no route')));
    await assert.rejects(two.realms.fresh(ACME), (error) => isStatusError(error, 'ServiceUnavailable'));
    assert.deepEqual(faults, ['asking how far logs have come']);
    broken.mock.restore();
    await two.realms.fresh(ACME);
    await close();
  });

  it('are of a realm read anew when its history was dropped before this replica saw it', async () => {
    const { one, two, storage, close } = await replicas();
    const { realm: there } = await one.realms.acquire(ACME);
    const { realm: here } = await two.realms.acquire(ACME);
    const watch = await here.watch({ kind: Widget, afterRevision: here.view.revision });
    const next = assert.rejects(watch.next(), (error) => isStatusError(error, 'Expired'));
    await makeWidget(there, one, 'a');
    const context = one.context(ACME);
    const changed = await there.resources.modify(Widget, { namespace: 'shop', name: 'a' }, context, (a) => ({
      ...a,
      spec: { ...a.spec, size: 2 },
    }));
    await storage.dropReplacedBodies(there.uid, there.view.revision);
    await two.realms.fresh(ACME);
    await next;
    assert.throws(
      () => here.view,
      (error) => isStatusError(error, 'ServiceUnavailable'),
    );
    await two.realms.use(ACME, async (again) => {
      assert.deepEqual(again.view.list(Widget), [changed.object]);
      await makeWidget(again, two, 'b');
    });
    await close();
  });

  it('find gone what another replica destroyed', async () => {
    const { one, two, close } = await replicas();
    await two.realms.acquire(ACME);
    await one.realms.destroy(ACME);
    await two.realms.fresh(ACME);
    await assert.rejects(two.realms.acquire(ACME), (error) => isStatusError(error, 'NotFound'));
    await close();
  });
});

const FAILURES = ['before', 'after', 'later'] as const;

/**
 * Storage that commits and then says it failed, or fails before, as a broken connection does; or fails and commits after all, just
 * ahead of the next append, as a database does that carries on with a statement whose sender is gone.
 */
class FlakyStorage extends MemoryStorage {
  readonly failures: (typeof FAILURES)[number][] = [];
  readonly #late: Parameters<MemoryStorage['commitChanges']>[0][] = [];

  override async commitChanges(append: Parameters<MemoryStorage['commitChanges']>[0]) {
    for (const late of this.#late.splice(0)) await super.commitChanges(late);
    const failure = this.failures.shift();
    if (failure === 'later') {
      this.#late.push(append);
      throw new Error('connection lost');
    }
    if (failure === 'before') throw new Error('connection lost');
    const outcome = await super.commitChanges(append);
    if (failure === 'after') throw new Error('connection lost');
    return outcome;
  }
}

describe('a database whose connection breaks', () => {
  it('makes no write count twice or get lost, whenever it breaks', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom(...FAILURES), { maxLength: 6 }), async (failures) => {
        const storage = new FlakyStorage();
        const faults: string[] = [];
        const onFault = (what: string) => faults.push(what);
        const bench = await openTestRealms({ kinds: EXAMPLE_KINDS, storage, onFault });
        const { realm } = await bench.realms.acquire(ACME);
        storage.failures.push(...failures);
        const made = Promise.all(['a', 'b', 'c'].map((name) => makeWidget(realm, bench, name)));
        await bench.clock.advance(60_000);
        const revisions = (await made).map(({ object }) => object.metadata.resourceVersion);
        assert.deepEqual(revisions, ['2', '3', '4']);
        assert.equal(faults.length, failures.length - storage.failures.length);
        assert.equal(realm.view.revision, 4);
        assert.equal((await storage.readLeaves(realm.uid, 'changes', 0, 100)).length, 5);
        await bench.close();
      }),
      { numRuns: 30 },
    );
  });
});

describe('a realm that is made with its first objects', () => {
  const first = (bench: TestRealms) => async (realm: Realm) => {
    await Promise.all([makeWidget(realm, bench, 'a'), makeWidget(realm, bench, 'b')]);
  };
  const NEW: RealmId = '/orgs/new';

  it('has them and its first checkpoints as soon as it is there, in one transaction', async (t) => {
    const storage = new MemoryStorage();
    const bench = await openTestRealms({ kinds: EXAMPLE_KINDS, storage });
    t.after(() => bench.close());
    const made = t.mock.method(storage, 'createRealm');
    const commits = t.mock.method(storage, 'commitChanges');
    await bench.realms.create(NEW, first(bench));
    assert.equal(made.mock.callCount(), 1);
    const uid = await bench.realms.use(NEW, (realm) => realm.uid);
    assert.ok(commits.mock.calls.every(({ arguments: [append] }) => append.realmUid !== uid));
    const replica = await openTestRealms({
      kinds: EXAMPLE_KINDS,
      storage,
      keyring: bench.keyring,
      create: [],
    });
    t.after(() => replica.close());
    for (const { realms } of [bench, replica]) {
      await realms.use(NEW, ({ view }) => {
        assert.deepEqual(
          view.list(Widget).map(({ metadata }) => `${metadata.name}@${metadata.resourceVersion}`),
          ['a@2', 'b@3'],
        );
        assert.equal(view.revision, 3);
      });
      const [checkpoint = ''] = await realms.logs.checkpoints(NEW, 'changes');
      const verifier = parseVkey(await realms.use(NEW, ({ vkeys }) => vkeys.changes));
      assert.equal(openCheckpoint(checkpoint, verifier).size, 4);
    }
  });

  it('is not there at all when one of them is refused before anything was written', async (t) => {
    const bench = await openTestRealms({ kinds: EXAMPLE_KINDS });
    t.after(() => bench.close());
    await assert.rejects(
      bench.realms.create(NEW, async (realm) => {
        await makeWidget(realm, bench, 'not a name');
      }),
      (error) => isStatusError(error, 'Invalid'),
    );
    assert.equal(await bench.realms.exists(NEW), false);
    await bench.realms.create(NEW, first(bench));
    await bench.realms.use(NEW, ({ view }) => assert.equal(view.count(Widget), 2));
  });

  it('is refused when there is one of that name, whose objects stay as they are', async (t) => {
    const bench = await openTestRealms({ kinds: EXAMPLE_KINDS });
    t.after(() => bench.close());
    await assert.rejects(bench.realms.create(ACME, first(bench)), (error) =>
      isStatusError(error, 'AlreadyExists'),
    );
    await bench.realms.use(ACME, ({ view }) => assert.equal(view.count(Widget), 0));
  });

  for (const failure of ['before', 'after'] as const) {
    it(`is made once though the connection breaks ${failure} it was, or is tried again by whoever asked`, async (t) => {
      const storage = new MemoryStorage();
      const bench = await openTestRealms({ kinds: EXAMPLE_KINDS, storage, onFault: () => {} });
      t.after(() => bench.close());
      const real = storage.createRealm.bind(storage);
      t.mock.method(
        storage,
        'createRealm',
        async (realm: NewRealm) => {
          if (failure === 'after') await real(realm);
          throw new Error('connection lost');
        },
        { times: 1 },
      );
      const attempt = bench.realms.create(NEW, first(bench)).then(
        () => 'made',
        (error: unknown) => (isStatusError(error) ? error.reason : String(error)),
      );
      await bench.clock.advance(5_000);
      assert.equal(await attempt, failure === 'after' ? 'made' : 'ServiceUnavailable');
      if (failure === 'before') await bench.realms.create(NEW, first(bench));
      await bench.realms.use(NEW, ({ view }) => assert.equal(view.count(Widget), 2));
      assert.equal((await bench.realms.logs.checkpoints(NEW, 'access')).length, 1);
    });
  }
});

describe('a database without room', () => {
  it('refuses a change at once, in words an operator can act on, and takes the next one when there is room', async (t) => {
    const storage = new MemoryStorage();
    const faults: string[] = [];
    const onFault = (_what: string, error: unknown) => faults.push((error as Error).name);
    const bench = await openTestRealms({ kinds: EXAMPLE_KINDS, storage, onFault });
    t.after(() => bench.close());
    const { realm } = await bench.realms.acquire(ACME);
    const full = t.mock.method(storage, 'commitChanges', () => Promise.reject(new StorageFullError('full')));
    await assert.rejects(
      makeWidget(realm, bench, 'a'),
      (error) =>
        isStatusError(error, 'ServiceUnavailable') &&
        /no room left, so nothing was changed/.test(error.message) &&
        error.details?.retryAfterSeconds === 10,
    );
    assert.deepEqual(faults, ['StorageFullError']);
    full.mock.restore();
    assert.equal((await makeWidget(realm, bench, 'a')).object.metadata.resourceVersion, '2');
  });
});

describe('a realm that cannot be read', () => {
  it('is refused with 503 and a fault for the operator, and read again later', async (t) => {
    const storage = new MemoryStorage();
    const faults: string[] = [];
    const bench = await openTestRealms({
      kinds: EXAMPLE_KINDS,
      storage,
      onFault: (what, error) => faults.push(`${what}: ${error}`),
    });
    t.after(() => bench.close());
    await bench.clock.advance(400_000);
    const broken = t.mock.method(storage, 'loadRealm', () => Promise.reject(new Error('no route')));
    await assert.rejects(bench.realms.acquire(ACME), (error) => isStatusError(error, 'ServiceUnavailable'));
    assert.deepEqual(faults, [`reading ${ACME} into memory: Error: no route`]);
    broken.mock.restore();
    await bench.realms.use(ACME, (acme) => assert.equal(acme.view.revision, 1));
  });

  it('is read anew when the database lost what it had confirmed; watches end with Expired', async (t) => {
    const storage = new MemoryStorage();
    const bench = await openTestRealms({ kinds: EXAMPLE_KINDS, storage });
    t.after(() => bench.close());
    const { realm } = await bench.realms.acquire(ACME);
    await makeWidget(realm, bench, 'a');
    const watch = await realm.watch({ kind: Widget, afterRevision: 2 });
    const next = assert.rejects(watch.next(), (error) => isStatusError(error, 'Expired'));
    // A standby that lags took over: it never heard of the last change.
    const sizes = t.mock.method(storage, 'readSizes', async () => new Map([[realm.uid, 2]]));
    await assert.rejects(realm.waitFor(9, 0), (error) => isStatusError(error, 'ServiceUnavailable'));
    await next;
    sizes.mock.restore();
    await bench.realms.use(ACME, (again) => assert.notEqual(again, realm));
  });
});

describe('logs', () => {
  it('serve checkpoints, tiles and entries that prove every leaf', async (t) => {
    const bench = await openTestRealms({ kinds: EXAMPLE_KINDS });
    t.after(() => bench.close());
    const { logs } = bench.realms;
    await bench.realms.use(ACME, async (acme) => {
      await Promise.all(Array.from({ length: 600 }, (_, n) => makeWidget(acme, bench, `w${n}`)));
    });
    const verifier = parseVkey(await logs.vkey(ACME, 'changes'));
    const { size, root } = openCheckpoint(await logs.latestCheckpoint(ACME, 'changes'), verifier);
    assert.equal(size, 602);
    const read = tileHashReader(size, (tile) => logs.tile(ACME, 'changes', tile));
    const width = tileWidth(size, 'entries', 2);
    const entries = decodeEntryBundle(
      await logs.tile(ACME, 'changes', { level: 'entries', index: 2, width }),
      width,
    );
    for (const index of [0, 255, 256, 601]) {
      const proof = await inclusionProof(index, size, read);
      const leaf = await read(0, index, 1);
      assert.ok(verifyInclusion({ index, size, leafHash: leaf, proof, root }));
    }
    assert.deepEqual(leafHash(entries[0] ?? Buffer.alloc(0)), Buffer.from(await read(0, 512, 1)));
    await assert.rejects(logs.tile(ACME, 'changes', { level: 0, index: 2, width: 256 }), (error) =>
      isStatusError(error, 'NotFound'),
    );
  });

  it('of organizations are taken into the region’s, when they are made, every minute and when they go', async (t) => {
    const bench = await openTestRealms({ kinds: EXAMPLE_KINDS });
    t.after(() => bench.close());
    const region = await bench.realms.use('/', (realm) => realm);
    const taken = async () =>
      (await leavesOf(bench.storage, region.uid)).flatMap((leaf) =>
        leaf.type === 'checkpoint'
          ? [`${leaf.realm} ${leaf.log} ${readUnverifiedCheckpoint(leaf.checkpoint).size}`]
          : [],
      );
    assert.deepEqual(await taken(), [`${ACME} changes 2`, `${ACME} access 2`]);
    await bench.realms.use(ACME, (acme) => makeWidget(acme, bench, 'a'));
    await bench.clock.advance(66_000);
    assert.deepEqual((await taken()).slice(2), ['/ access 2', `${ACME} changes 3`]);
    await bench.clock.advance(66_000);
    assert.equal((await taken()).length, 4);
    await bench.realms.use(ACME, (acme) => makeWidget(acme, bench, 'b'));
    await bench.realms.destroy(ACME);
    assert.deepEqual((await taken()).slice(4), [`${ACME} changes 4`]);
    assert.equal(region.view.count(Tenant), 0);
  });
});

describe('checkpoints', () => {
  const sizes = (notes: readonly string[]) => notes.map((note) => readUnverifiedCheckpoint(note).size);

  it('that were taken or served are kept, at most one a minute of those served', async (t) => {
    const bench = await openTestRealms({ kinds: EXAMPLE_KINDS });
    t.after(() => bench.close());
    const { logs } = bench.realms;
    const kept = async () => sizes(await logs.checkpoints(ACME, 'changes'));
    const served = async () => sizes([await logs.latestCheckpoint(ACME, 'changes')]);
    const change = (name: string) =>
      bench.realms.use(ACME, async (acme) => {
        await makeWidget(acme, bench, name);
      });
    assert.deepEqual(await kept(), [2]);
    await change('a');
    assert.deepEqual(await served(), [3]);
    assert.deepEqual(await kept(), [2]);
    await bench.clock.advance(66_000);
    assert.deepEqual(await kept(), [2, 3]);
    await change('b');
    await bench.realms.takeCheckpoints(ACME);
    assert.deepEqual(await kept(), [2, 3, 4]);
    const verifier = parseVkey(await logs.vkey(ACME, 'changes'));
    for (const note of await logs.checkpoints(ACME, 'changes')) openCheckpoint(note, verifier);
  });

  it('of the region’s own log are kept too, as many as the limit says', async (t) => {
    const bench = await openTestRealms({ kinds: EXAMPLE_KINDS, limits: { checkpoints_max: 2 } });
    t.after(() => bench.close());
    const { logs } = bench.realms;
    for (let minute = 0; minute < 3; minute++) {
      await bench.realms.use(ACME, (acme) => makeWidget(acme, bench, `w${minute}`));
      await bench.realms.takeCheckpoints(ACME);
      await bench.clock.advance(66_000);
      await logs.latestCheckpoint('/', 'changes');
    }
    assert.equal((await logs.checkpoints('/', 'changes')).length, 2);
    assert.equal((await logs.checkpoints('/', 'access')).length, 1);
  });

  it('are served only of a realm that exists', async (t) => {
    const bench = await openTestRealms({ kinds: EXAMPLE_KINDS });
    t.after(() => bench.close());
    await assert.rejects(bench.realms.logs.checkpoints('/orgs/nobody', 'changes'), (error) =>
      isStatusError(error, 'NotFound'),
    );
  });
});

describe('the access log', () => {
  const record = (name: string) => ({
    actor: 'alice',
    credential: 'certificate:01',
    verb: 'get',
    resource: 'notes',
    namespace: 'shop',
    name,
    decision: 'allowed' as const,
    code: 200,
    requestId: 'r1',
  });

  async function accessLeaves(storage: LogStorage, uid: string) {
    const leaves = await storage.readLeaves(uid, 'access', 2, 100);
    return leaves.map(readWhole);
  }

  it('keeps records in order, signed for by a checkpoint', async (t) => {
    const bench = await openTestRealms({ kinds: EXAMPLE_KINDS, limits: { accessBatch_max: 2 } });
    t.after(() => bench.close());
    const uid = await bench.realms.use(ACME, ({ uid }) => uid);
    const names = ['a', 'b', 'c', 'd', 'e'];
    await Promise.all(names.map((name) => bench.realms.access.record(ACME, record(name)).durable));
    const leaves = await accessLeaves(bench.storage, uid);
    assert.deepEqual(
      leaves.map((leaf) => leaf.type === 'access' && leaf.name),
      names,
    );
    const checkpoint = await bench.realms.logs.latestCheckpoint(ACME, 'access');
    assert.equal(readUnverifiedCheckpoint(checkpoint).size, 7);
  });

  it('puts records about a realm that does not exist into the region’s', async (t) => {
    const bench = await openTestRealms({ kinds: EXAMPLE_KINDS });
    t.after(() => bench.close());
    const region = await bench.realms.use('/', ({ uid }) => uid);
    await bench.realms.access.record('/orgs/nobody', record('a')).durable;
    assert.equal((await accessLeaves(bench.storage, region)).length, 1);
  });

  it('says in the log itself when records found no room', async (t) => {
    const bench = await openTestRealms({ kinds: EXAMPLE_KINDS, limits: { accessQueue_max: 2 } });
    t.after(() => bench.close());
    const uid = await bench.realms.use(ACME, ({ uid }) => uid);
    const outcomes = await Promise.allSettled(
      ['a', 'b', 'c', 'd'].map((name) => bench.realms.access.record(ACME, record(name)).durable),
    );
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ['fulfilled', 'fulfilled', 'rejected', 'rejected'],
    );
    const leaves = await accessLeaves(bench.storage, uid);
    assert.deepEqual(
      leaves.map((leaf) => leaf.type === 'access' && (leaf.reason ?? leaf.name)),
      ['a', 'b', '2 records found no room and were not kept'],
    );
  });

  it('keeps a record whatever a client put into it', async (t) => {
    const bench = await openTestRealms({ kinds: EXAMPLE_KINDS });
    t.after(() => bench.close());
    const hostile = { ...record('\ud800'.repeat(100_000)), reason: '\u0000"\\', actor: '' };
    await bench.realms.access.record(ACME, hostile).durable;
  });
});
