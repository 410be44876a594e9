/**
 * What every `LogStorage` must do, as tests: an implementation's own test calls `describeStorage`.
 */
import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { append, EMPTY_FRONTIER, type Frontier, leafHash } from '../log/merkle.ts';
import type { RealmId } from '../realm-id.ts';
import type { Append, LogStorage, ObjectChange, StoredChange, StoredObject } from './storage.ts';

export interface OpenedStorage {
  readonly storage: LogStorage;
  /** The same data through another connection, as another replica has it. */
  readonly replica: LogStorage;
  close(): Promise<void>;
}

interface Step {
  readonly change?: ObjectChange;
  readonly text?: string;
}

let realms = 0;

/** A realm that a test has for itself, and the appends to it. */
class TestRealm {
  readonly id: RealmId;
  readonly uid: string;
  readonly storage: LogStorage;
  frontier: Frontier;

  private constructor(id: RealmId, uid: string, storage: LogStorage, frontier: Frontier) {
    this.id = id;
    this.uid = uid;
    this.storage = storage;
    this.frontier = frontier;
  }

  static async make(storage: LogStorage): Promise<TestRealm> {
    realms += 1;
    const id: RealmId = `/orgs/org-${String(realms).padStart(4, '0')}`;
    const uid = crypto.randomUUID();
    const first = appendOf(uid, EMPTY_FRONTIER, [{ text: 'genesis' }, { text: 'key' }]);
    assert.equal(await storage.createRealm({ id, uid, changes: first, access: first }), true);
    return new TestRealm(id, uid, storage, first.frontier);
  }

  next(steps: readonly Step[]): Append<StoredChange> {
    return appendOf(this.uid, this.frontier, steps);
  }

  async commit(...steps: Step[]): Promise<void> {
    const next = this.next(steps);
    assert.equal(await this.storage.commitChanges(next), 'committed');
    this.frontier = next.frontier;
  }

  async objects(): Promise<string[]> {
    const found: StoredObject[] = [];
    await this.storage.loadRealm(this.id, (portion) => found.push(...portion));
    return found
      .map(({ uid, revision, body, resource }) => `${resource} ${uid}@${revision} ${Buffer.from(body)}`)
      .sort();
  }
}

function appendOf(realmUid: string, frontier: Frontier, steps: readonly Step[]): Append<StoredChange> {
  const leaves = steps.map(({ change, text = change?.name ?? '' }, at): StoredChange => {
    const index = frontier.size + at;
    const leaf = Buffer.from(`${index} ${text}`);
    return { index, leaf, hash: leafHash(leaf), time_ms: 1_000 * index, ...(change ? { change } : {}) };
  });
  const appended = append(
    frontier,
    leaves.map(({ hash }) => hash),
  );
  return { realmUid, expectedSize: frontier.size, leaves, ...appended };
}

function step(type: ObjectChange['type'], uid: string, body: string, previous?: number): Step {
  return {
    change: {
      type,
      resource: 'widgets',
      namespace: 'shop',
      name: `name-${uid}`,
      uid,
      previous,
      body: Buffer.from(body),
    },
  };
}

const text = (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString();

/** Runs the suite; `open` is called once. */
export function describeStorage(name: string, open: () => Promise<OpenedStorage>): void {
  describe(`${name} as the store's storage`, () => {
    let opened: OpenedStorage;
    let storage: LogStorage;
    before(async () => {
      opened = await open();
      storage = opened.storage;
    });
    after(() => opened.close());

    it('makes a realm with its first objects and checkpoints', async () => {
      const uid = crypto.randomUUID();
      const id: RealmId = '/orgs/begun';
      const access = appendOf(uid, EMPTY_FRONTIER, [{ text: 'genesis' }]);
      const changes = appendOf(uid, EMPTY_FRONTIER, [
        { text: 'genesis' },
        step('created', 'a', '1'),
        step('created', 'b', '2'),
        step('updated', 'a', '3', 1),
      ]);
      const checkpoints = { changes: { size: 4, note: 'c' }, access: { size: 1, note: 'a' } };
      const realm = { id, uid, changes, access, checkpoints };
      assert.equal(await storage.createRealm(realm), true);
      const objects: StoredObject[] = [];
      const record = await opened.replica.loadRealm(id, (portion) => objects.push(...portion));
      assert.deepEqual(record?.changes, changes.frontier);
      assert.deepEqual(record?.access, access.frontier);
      assert.deepEqual(
        objects.map((object) => `${object.uid}@${object.revision} ${text(object.body)}`).sort(),
        ['a@3 3', 'b@2 2'],
      );
      assert.deepEqual(await storage.readCheckpoints(uid, 'changes'), [checkpoints.changes]);
      assert.deepEqual(await storage.readCheckpoints(uid, 'access'), [checkpoints.access]);
      const other = { ...realm, uid: crypto.randomUUID() };
      assert.equal(await storage.createRealm(other), false);
      assert.deepEqual(await storage.readCheckpoints(other.uid, 'changes'), []);
    });

    it('makes a realm once, lists it, and forgets all of it when destroyed', async () => {
      const realm = await TestRealm.make(storage);
      await realm.commit(step('created', 'a', '1'));
      const again = {
        id: realm.id,
        uid: crypto.randomUUID(),
        changes: realm.next([]),
        access: realm.next([]),
      };
      assert.equal(await storage.createRealm(again), false);
      assert.equal((await storage.listRealms()).includes(realm.id), true);
      const record = await storage.readRealm(realm.id);
      assert.equal(record?.uid, realm.uid);
      assert.equal(record?.historyFloor, -1);
      assert.deepEqual(record?.changes, realm.frontier);
      assert.equal(record?.access.size, 2);

      await storage.destroyRealm(realm.uid);
      await storage.destroyRealm(realm.uid);
      assert.equal((await storage.listRealms()).includes(realm.id), false);
      assert.equal(await storage.readRealm(realm.id), undefined);
      assert.equal(await storage.loadRealm(realm.id, () => assert.fail('no objects')), undefined);
      assert.equal(await storage.readChanges(realm.uid, 0, 10), undefined);
      assert.deepEqual(await storage.readLeaves(realm.uid, 'changes', 0, 10), []);
      assert.equal((await storage.readSizes([realm.uid])).size, 0);
      assert.equal(await storage.commitChanges(realm.next([step('created', 'b', '1')])), 'stale');
    });

    it('commits only on the size that was expected, and then all or nothing', async () => {
      const realm = await TestRealm.make(storage);
      const first = realm.next([step('created', 'a', 'mine')]);
      const second = realm.next([step('created', 'b', 'yours')]);
      const outcomes = await Promise.all([
        storage.commitChanges(first),
        opened.replica.commitChanges(second),
      ]);
      assert.deepEqual(outcomes.sort(), ['committed', 'stale']);
      assert.equal((await realm.objects()).length, 1);
      assert.equal((await storage.readChanges(realm.uid, 0, 10))?.length, 3);
      assert.equal((await storage.readSizes([realm.uid, crypto.randomUUID()])).get(realm.uid), 3);
    });

    it('keeps every object as its last change left it, however many one append holds', async () => {
      const realm = await TestRealm.make(storage);
      await realm.commit(
        step('created', 'a', 'a1'),
        step('updated', 'a', 'a2', 2),
        step('created', 'b', 'b1'),
        step('deleted', 'b', 'b2', 4),
        step('created', 'c', 'c1'),
      );
      assert.deepEqual(await realm.objects(), ['widgets a@3 a2', 'widgets c@6 c1']);
      await realm.commit(
        step('deleted', 'c', 'c2', 6),
        { text: 'a checkpoint' },
        step('updated', 'a', 'a3', 3),
      );
      assert.deepEqual(await realm.objects(), ['widgets a@9 a3']);
    });

    it('loads many objects in portions', async () => {
      const realm = await TestRealm.make(storage);
      const count = 2_500;
      await realm.commit(...Array.from({ length: count }, (_, n) => step('created', `o${n}`, 'x')));
      const portions: number[] = [];
      const record = await storage.loadRealm(realm.id, (portion) => portions.push(portion.length));
      assert.equal(
        portions.reduce((sum, each) => sum + each, 0),
        count,
      );
      assert.ok(Math.max(...portions) <= 1_000);
      assert.equal(record?.changes.size, count + 2);
    });

    it('gives changes in order with what they did, for replicas to catch up', async () => {
      const realm = await TestRealm.make(storage);
      await realm.commit(step('created', 'a', 'a1'), { text: 'note' }, step('deleted', 'a', 'a2', 2));
      const changes = await opened.replica.readChanges(realm.uid, 2, 2);
      assert.deepEqual(
        changes?.map(({ index, leaf, time_ms, change }) => [
          index,
          text(leaf),
          time_ms,
          change?.type,
          change?.namespace,
          text(change?.body),
        ]),
        [
          [2, '2 name-a', 2_000, 'created', 'shop', 'a1'],
          [3, '3 note', 3_000, undefined, undefined, undefined],
        ],
      );
      assert.deepEqual(await storage.readChanges(realm.uid, 5, 10), []);
    });

    it('gives history with what was before, by kind and project', async () => {
      const realm = await TestRealm.make(storage);
      await realm.commit(
        step('created', 'a', 'a1'),
        step('updated', 'a', 'a2', 2),
        { text: 'note' },
        step('deleted', 'a', 'a3', 3),
        step('created', 'b', 'b1'),
      );
      const query = { realmUid: realm.uid, after: 2, upTo: 5, limit: 10 };
      const history = async (more: object) =>
        (await storage.readHistory({ ...query, ...more }))?.map(
          ({ index, change, previousBody }) =>
            `${index} ${change.type} ${text(change.body)} was ${text(previousBody)}`,
        );
      const expected = ['3 updated a2 was a1', '5 deleted a3 was a2'];
      assert.deepEqual(await history({}), expected);
      assert.deepEqual(await history({ resource: 'widgets', namespace: 'shop' }), expected);
      assert.deepEqual(await history({ limit: 1 }), expected.slice(0, 1));
      assert.deepEqual(await history({ resource: 'others' }), []);
      assert.deepEqual(await history({ namespace: 'other' }), []);
      assert.deepEqual(await history({ upTo: 6, after: 5 }), ['6 created b1 was undefined']);
    });

    it('drops the bodies that old changes replaced, none that is needed, and no history with them', async () => {
      const realm = await TestRealm.make(storage);
      await realm.commit(
        step('created', 'a', 'a1'),
        step('updated', 'a', 'a2', 2),
        step('updated', 'a', 'a3', 3),
        step('created', 'b', 'b1'),
        step('deleted', 'b', 'b2', 5),
        step('updated', 'a', 'a4', 4),
      );
      assert.equal(await storage.lastChangeBefore(realm.uid, 4_500), 4);
      assert.equal(await storage.lastChangeBefore(realm.uid, 0), -1);
      const bodies = async () =>
        (await storage.readChanges(realm.uid, 2, 10))?.map(({ change }) => text(change?.body));
      const looked = await storage.replacedBodies(realm.uid, 4_500, 100);
      assert.deepEqual(looked, { floor: -1, upTo: 4, next_ms: 5_000, bodies: { from: 2, to: 3, count: 2 } });
      assert.deepEqual((await storage.replacedBodies(realm.uid, 4_500, 4))?.upTo, 3);
      assert.equal(await storage.dropReplacedBodies(realm.uid, 4), 2);
      assert.deepEqual(await bodies(), ['', '', 'a3', 'b1', 'b2', 'a4']);
      const kept = await storage.readRealm(realm.id);
      assert.deepEqual([kept?.bodiesFloor, kept?.historyFloor], [4, -1]);
      await storage.raiseHistoryFloor(realm.uid, 4);
      await storage.raiseHistoryFloor(realm.uid, 3);
      assert.equal((await storage.readRealm(realm.id))?.historyFloor, 4);
      const query = { realmUid: realm.uid, upTo: 7, limit: 10 };
      assert.equal(await storage.readHistory({ ...query, after: 3 }), undefined);
      assert.equal((await storage.readHistory({ ...query, after: 4 }))?.length, 3);
      assert.equal(await storage.dropReplacedBodies(realm.uid, 2), 0);
      assert.equal(await storage.dropReplacedBodies(realm.uid, 6), 2);
      assert.deepEqual(await bodies(), ['', '', 'a3', '', '', 'a4']);
      assert.deepEqual(await storage.replacedBodies(realm.uid, 1_000, 100), {
        floor: 6,
        upTo: 6,
        next_ms: 7_000,
        bodies: undefined,
      });
      assert.equal(await storage.dropReplacedBodies(realm.uid, 7), 1);
      assert.deepEqual(await bodies(), ['', '', '', '', '', 'a4']);
      assert.deepEqual(await realm.objects(), ['widgets a@7 a4']);
      assert.equal((await storage.readLeaves(realm.uid, 'changes', 0, 100)).length, 8);
    });

    it('erases the bodies that are asked for, except of objects as they are now', async () => {
      const realm = await TestRealm.make(storage);
      await realm.commit(
        step('created', 'a', 'a1'),
        step('updated', 'a', 'a2', 2),
        { text: 'note' },
        step('created', 'b', 'b1'),
        step('deleted', 'b', 'b2', 5),
      );
      assert.deepEqual(await storage.pastBodies(realm.uid, 0, 100), { from: 2, to: 6, count: 3 });
      assert.equal(await storage.pastBodies(realm.uid, 3, 4), undefined);
      const digest = `sha256:${hash('sha256', 'a1', 'hex')}`;
      assert.equal((await storage.bodyDigests(realm.uid, 0, 3)).get(2), digest);
      assert.equal(await storage.erasePastBodies(realm.uid, 2, 5), 2);
      assert.equal(await storage.erasePastBodies(realm.uid, 2, 5), 0);
      assert.deepEqual([...(await storage.bodyDigests(realm.uid, 0, 100)).keys()].sort(), [3, 6]);
      assert.deepEqual(await realm.objects(), ['widgets a@3 a2']);
    });

    it('says in which realms to look for bodies whose time is over', async () => {
      const [first, second] = [await TestRealm.make(storage), await TestRealm.make(storage)];
      await storage.setBodiesDue(first.uid, 2_000);
      await storage.setBodiesDue(second.uid, 1_000);
      const due = async (now_ms: number) =>
        (await storage.realmsWithBodiesDue(now_ms, 1_000)).filter((id) => [first.id, second.id].includes(id));
      assert.deepEqual(await due(999), []);
      assert.deepEqual(await due(1_000), [second.id]);
      assert.deepEqual(await due(2_000), [second.id, first.id]);
      assert.equal((await storage.realmsWithBodiesDue(2_000, 1)).length, 1);
      assert.equal((await storage.readRealm(first.id))?.bodiesDue_ms, 2_000);
    });

    it('keeps leaves, their hashes and those of whole tiles, of both logs', async () => {
      const realm = await TestRealm.make(storage);
      const many = realm.next(Array.from({ length: 600 }, (_, n) => ({ text: `entry ${n}` })));
      assert.equal(await storage.commitChanges(many), 'committed');
      assert.equal(await storage.commitAccess(many), 'committed');
      assert.equal(await storage.commitAccess(many), 'stale');
      for (const log of ['changes', 'access'] as const) {
        const leaves = await storage.readLeaves(realm.uid, log, 256, 256);
        assert.equal(leaves.length, 256);
        assert.equal(text(leaves[0]?.leaf), '256 entry 254');
        assert.deepEqual(Buffer.from(leaves[0]?.hash ?? []), leafHash(Buffer.from('256 entry 254')));
        const nodes = await storage.readNodes(realm.uid, log, 1, 0, 256);
        assert.deepEqual(
          nodes.map((hash) => Buffer.from(hash)),
          many.tileNodes.map(({ hash }) => hash),
        );
        assert.equal((await storage.readNodes(realm.uid, log, 1, 1, 1)).length, 1);
      }
      assert.deepEqual((await storage.readRealm(realm.id))?.access, many.frontier);
    });

    it('keeps signed checkpoints of each log in order, each size once, up to a number', async () => {
      const realm = await TestRealm.make(storage);
      const keep = (size: number, note = `note ${size}`) =>
        opened.replica.keepCheckpoint(realm.uid, 'changes', { size, note }, 3);
      const kept = async (log: 'changes' | 'access' = 'changes') =>
        (await storage.readCheckpoints(realm.uid, log)).map(({ size, note }) => `${size} ${note}`);
      for (const size of [2, 9, 5]) await keep(size);
      await keep(5, 'another');
      assert.deepEqual(await kept(), ['2 note 2', '5 note 5', '9 note 9']);
      await keep(300);
      assert.deepEqual(await kept(), ['5 note 5', '9 note 9', '300 note 300']);
      assert.deepEqual(await kept('access'), []);
      await storage.destroyRealm(realm.uid);
      await keep(400);
      assert.deepEqual(await kept(), []);
    });

    it('keeps what an access leaf says of persons beside it until it is erased, and the leaf for ever', async () => {
      const realm = await TestRealm.make(storage);
      const before = await storage.readRealm(realm.id);
      assert.ok(before);
      const first = before.access.size;
      const leaves = [10, 20, 30].map((time_ms, n) => {
        const leaf = Buffer.from(`access ${n}`);
        const personal = n === 1 ? {} : { personal: Buffer.from(`person ${n}`) };
        return { index: first + n, leaf, hash: leafHash(leaf), time_ms, ...personal };
      });
      const { frontier, tileNodes } = append(
        before.access,
        leaves.map(({ hash }) => hash),
      );
      const commit = { realmUid: realm.uid, expectedSize: first, leaves, frontier, tileNodes };
      assert.equal(await storage.commitAccess(commit), 'committed');
      const read = async () =>
        (await opened.replica.readLeaves(realm.uid, 'access', first, 3)).map(
          ({ leaf, personal }) => `${text(leaf)}: ${personal === undefined ? '-' : text(personal)}`,
        );
      assert.deepEqual(await read(), ['access 0: person 0', 'access 1: -', 'access 2: person 2']);
      const all = { from: 0, to: first + 2, before_ms: 100 };
      assert.deepEqual(await storage.personalRecords(realm.uid, 'access', all), {
        from: first,
        to: first + 2,
        count: 2,
      });
      assert.equal(await storage.erasePersonal(realm.uid, 'access', { ...all, before_ms: 30 }), 1);
      assert.deepEqual(await read(), ['access 0: -', 'access 1: -', 'access 2: person 2']);
      assert.equal(await storage.erasePersonal(realm.uid, 'access', { ...all, to: first + 1 }), 0);
      assert.equal(await storage.erasePersonal(realm.uid, 'access', all), 1);
      assert.equal(await storage.personalRecords(realm.uid, 'access', all), undefined);
      assert.deepEqual(await read(), ['access 0: -', 'access 1: -', 'access 2: -']);
    });

    it('keeps what a change says of persons beside its leaf until it is erased, and the name with it', async () => {
      const realm = await TestRealm.make(storage);
      const append = realm.next([
        step('created', 'a', 'a1'),
        { text: 'note' },
        step('updated', 'a', 'a2', 2),
      ]);
      const leaves = append.leaves.map((leaf) =>
        leaf.change ? { ...leaf, personal: Buffer.from(`person ${leaf.index}`) } : leaf,
      );
      assert.equal(await storage.commitChanges({ ...append, leaves }), 'committed');
      const read = async () =>
        (await opened.replica.readLeaves(realm.uid, 'changes', 2, 3)).map(
          ({ leaf, personal }) => `${text(leaf)}: ${personal === undefined ? '-' : text(personal)}`,
        );
      const names = async () =>
        (await opened.replica.readChanges(realm.uid, 2, 3))?.map(({ change }) => change?.name);
      assert.deepEqual(await read(), ['2 name-a: person 2', '3 note: -', '4 name-a: person 4']);
      const all = { from: 0, to: 100, before_ms: 100_000 };
      assert.deepEqual(await storage.personalRecords(realm.uid, 'changes', all), {
        from: 2,
        to: 4,
        count: 2,
      });
      assert.equal(await storage.personalRecords(realm.uid, 'access', all), undefined);
      assert.equal(await storage.erasePersonal(realm.uid, 'changes', { ...all, to: 3 }), 1);
      assert.equal(await storage.erasePersonal(realm.uid, 'changes', { ...all, to: 3 }), 0);
      assert.deepEqual(await read(), ['2 name-a: -', '3 note: -', '4 name-a: person 4']);
      assert.deepEqual(await names(), ['', undefined, 'name-a']);
      assert.deepEqual(await realm.objects(), ['widgets a@4 a2']);
      assert.equal(await storage.oldChanges(realm.uid, -1, 3_500, 100), 3);
      assert.equal(await storage.oldChanges(realm.uid, 3, 3_500, 100), 3);
      assert.equal(await storage.oldChanges(realm.uid, -1, 3_500, 2), 1);
      await storage.raiseRecordsFloor(realm.uid, 3);
      await storage.raiseRecordsFloor(realm.uid, 2);
      assert.equal((await storage.readRealm(realm.id))?.recordsFloor, 3);
    });

    it('keeps cosigned checkpoints, each in the place of the very note it was made from', async () => {
      const realm = await TestRealm.make(storage);
      const keep = (size: number, note: string, previous?: string) =>
        opened.replica.keepCosigned(realm.uid, 'access', { size, note }, previous, 2);
      const kept = async (log: 'changes' | 'access' = 'access') =>
        (await storage.readCosigned(realm.uid, log)).map(({ size, note }) => `${size} ${note}`);
      assert.equal(await keep(2, 'a'), true);
      assert.equal(await keep(2, 'a b', 'a'), true);
      assert.equal(await keep(2, 'a c', 'a'), false);
      assert.equal(await keep(2, 'c'), false);
      assert.equal(await keep(9, 'd', 'c'), false);
      assert.deepEqual(await kept(), ['2 a b']);
      assert.equal(await keep(9, 'd'), true);
      assert.equal(await keep(5, 'e'), true);
      assert.deepEqual(await kept(), ['5 e', '9 d']);
      assert.deepEqual(await kept('changes'), []);
      await storage.destroyRealm(realm.uid);
      assert.equal(await keep(12, 'f'), false);
      assert.deepEqual(await kept(), []);
    });

    it('wakes those who listen when another writer commits, or destroys the realm', async () => {
      const realm = await TestRealm.make(storage);
      const heard: string[] = [];
      let tell = () => {};
      const until = async (wanted: string) => {
        while (!heard.includes(wanted)) await new Promise<void>((resolve) => (tell = resolve));
      };
      const stop = await opened.replica.listen((uid, size) => {
        heard.push(`${uid} ${size}`);
        tell();
      });
      await realm.commit(step('created', 'a', '1'));
      await until(`${realm.uid} 3`);
      await storage.destroyRealm(realm.uid);
      await until(`${realm.uid} 0`);
      await stop();
    });
  });
}
