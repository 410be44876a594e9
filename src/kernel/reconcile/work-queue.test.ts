import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RealmId } from '../realm-id.ts';
import { ManualClock } from '../store/manual-clock.ts';
import { SeededRandom } from '../store/test-realms.ts';
import { WorkQueue, type WorkQueueOptions } from './work-queue.ts';

const A: RealmId = '/orgs/a';
const B: RealmId = '/orgs/b';

/** A queue whose runs wait until the test ends them. */
function openQueue(limits: Partial<Pick<WorkQueueOptions, 'perRealm_max' | 'total_max'>> = {}) {
  const clock = new ManualClock();
  const started: string[] = [];
  const ends: ((outcome: number | undefined | Error) => void)[] = [];
  const failures: { readonly key: string; readonly failures: number; readonly retry_ms: number }[] = [];
  const settled: RealmId[] = [];
  const queue = new WorkQueue({
    clock,
    random: new SeededRandom(1),
    perRealm_max: 4,
    total_max: 16,
    ...limits,
    run: (realm, key) => {
      started.push(`${realm}${key}`);
      return new Promise((resolve, reject) => {
        ends.push((outcome) => (outcome instanceof Error ? reject(outcome) : resolve(outcome)));
      });
    },
    onFailure: (_realm, key, count, retry_ms) => failures.push({ key, failures: count, retry_ms }),
    onSettled: (realm) => settled.push(realm),
  });
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const end = async (outcome?: number | Error): Promise<void> => {
    const first = ends.shift();
    assert.ok(first, 'nothing runs');
    first(outcome);
    await turn();
  };
  return { queue, clock, started, failures, settled, end, turn };
}

describe('the work queue', () => {
  it('runs an object that was asked for many times once', async () => {
    const { queue, started, end, turn, settled } = openQueue();
    for (let i = 0; i < 10; i++) queue.add(A, '/x');
    await turn();
    await end();
    assert.deepEqual(started, ['/orgs/a/x']);
    assert.deepEqual(queue.depth(), { ready: 0, running: 0, delayed: 0 });
    assert.deepEqual(settled, [A]);
  });

  it('never runs one object twice at the same time, and runs it once more for what came meanwhile', async () => {
    const { queue, started, end, turn } = openQueue();
    queue.add(A, '/x');
    await turn();
    queue.add(A, '/x');
    queue.add(A, '/x');
    await turn();
    assert.equal(started.length, 1);
    await end();
    assert.equal(started.length, 2);
    await end();
    assert.equal(started.length, 2);
  });

  it('keeps to its bounds, in one realm and in all, and lets realms take turns', async () => {
    const { queue, started, end, turn } = openQueue({ perRealm_max: 2, total_max: 3 });
    for (const key of ['/1', '/2', '/3', '/4']) queue.add(A, key);
    for (const key of ['/1', '/2']) queue.add(B, key);
    await turn();
    assert.deepEqual(started, ['/orgs/a/1', '/orgs/b/1', '/orgs/a/2']);
    assert.deepEqual(queue.depth(), { ready: 3, running: 3, delayed: 0 });
    await end();
    assert.equal(started.length, 4);
    while (started.length < 6) await end();
    assert.deepEqual(started.toSorted(), [
      '/orgs/a/1',
      '/orgs/a/2',
      '/orgs/a/3',
      '/orgs/a/4',
      '/orgs/b/1',
      '/orgs/b/2',
    ]);
  });

  it('tries again what failed, each time later, and forgets the failures after a success', async () => {
    const { queue, clock, started, failures, end, turn } = openQueue();
    queue.add(A, '/x');
    await turn();
    for (let i = 1; i <= 12; i++) {
      await end(new Error('engine away'));
      assert.equal(started.length, i);
      const wait_ms = failures.at(-1)?.retry_ms ?? 0;
      await clock.advance(wait_ms - 1);
      await turn();
      assert.equal(started.length, i, 'not before its time');
      await clock.advance(1);
      await turn();
      assert.equal(started.length, i + 1);
    }
    const full = (n: number) => Math.min(200 * 2 ** (n - 1), 60_000);
    for (const { failures: n, retry_ms } of failures) {
      assert.ok(retry_ms >= full(n) / 2 && retry_ms <= full(n), `${n}: ${retry_ms}`);
    }
    await end();
    queue.add(A, '/x');
    await turn();
    await end(new Error('away again'));
    assert.equal(failures.at(-1)?.failures, 1);
  });

  it('comes back when asked to, or earlier for a change', async () => {
    const { queue, clock, started, end, turn } = openQueue();
    queue.add(A, '/x');
    await turn();
    await end(60_000);
    assert.deepEqual(queue.depth(), { ready: 0, running: 0, delayed: 1 });
    queue.add(A, '/x', 'change');
    await turn();
    assert.equal(started.length, 2);
    await end(60_000);
    await clock.advance(60_000);
    await turn();
    assert.equal(started.length, 3);
  });

  it('does not let the status that a failing controller writes cut its backoff short', async () => {
    const { queue, started, end, turn } = openQueue();
    queue.add(A, '/x');
    await turn();
    queue.add(A, '/x', 'echo');
    await end(new Error('engine away'));
    queue.add(A, '/x', 'echo');
    await turn();
    assert.equal(started.length, 1);
    queue.add(A, '/x', 'change');
    await turn();
    assert.equal(started.length, 2);
  });

  it('slows down an object whose controller writes its status at every run', async () => {
    const { queue, started, end, turn } = openQueue();
    queue.add(A, '/x');
    await turn();
    for (let i = 0; i < 20 && queue.depth().running > 0; i++) {
      queue.add(A, '/x', 'echo');
      await end();
    }
    assert.equal(started.length, 6);
    assert.equal(queue.depth().delayed, 1);
  });

  it('comes back soon to an object that changed while a run of it failed', async () => {
    const { queue, clock, started, failures, end, turn } = openQueue();
    queue.add(A, '/x');
    await turn();
    while (failures.length < 10) {
      await end(new Error('engine away'));
      await clock.advance(60_000);
      await turn();
    }
    queue.add(A, '/x', 'change');
    await end(new Error('engine away'));
    const before = started.length;
    await clock.advance(1_000);
    await turn();
    assert.equal(started.length, before + 1);
  });

  it('drops what waits in a realm that is gone', async () => {
    const { queue, clock, started, end, turn } = openQueue({ perRealm_max: 1 });
    queue.add(A, '/1');
    queue.add(A, '/2');
    await turn();
    queue.forget(A);
    await end(new Error('gone'));
    await clock.advance(60_000);
    await turn();
    assert.deepEqual(started, ['/orgs/a/1', '/orgs/a/1']);
  });

  it('starts nothing once it is stopped', async () => {
    const { queue, clock, started, end, turn } = openQueue();
    queue.add(A, '/1');
    await turn();
    queue.stop();
    queue.add(A, '/2');
    await end(1);
    await clock.advance(60_000);
    await turn();
    assert.deepEqual(started, ['/orgs/a/1']);
  });
});
