import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { systemClock } from '#kernel/clock.ts';
import { silentLogger } from '#kernel/logger.ts';
import { MissingBlobError } from '../blobs/backend.ts';
import { chunked, read } from '../blobs/testing/backend-conformance.ts';
import { inventoryTask } from './inventory/inventory.ts';
import { Recorder } from './recorder.ts';
import { type TestParts, testParts } from './testing/parts.ts';
import { lifecycleTask } from './upkeep/lifecycle.ts';
import { UsageNotes } from './upkeep/usage.ts';
import { Upkeep } from './upkeep.ts';

const DAY_MS = 86_400_000;

describe('what goes on beside requests', () => {
  let world: TestParts;
  let later_ms = 0;
  const clock = { now: () => systemClock.now() + later_ms, after: () => () => {} };
  before(async () => {
    world = await testParts();
  });
  after(() => world.close());

  const upkeep = () => {
    const parts = { ...world.parts, clock };
    const { signal } = new AbortController();
    const usage = new UsageNotes({
      gate: () => parts.gate,
      metadata: parts.metadata,
      clock,
      realmOf: () => undefined,
      onFault: (error) => assert.fail(String(error)),
    });
    const recorder = new Recorder(() => parts.gate);
    return new Upkeep({
      parts,
      recorder,
      usage,
      damage: { scrub: async () => 0 },
      clock,
      logger: silentLogger,
      signal,
    });
  };

  async function put(bucket: string, key: string): Promise<string> {
    const stored = await world.parts.blobs.put(chunked(randomBytes(5_000)));
    await world.parts.metadata.put({
      bucket,
      key,
      versioning: 'off',
      size: stored.size,
      etag: 'e',
      checksums: {},
      sealed: Buffer.from('s'),
      tagCount: 0,
      lock: {},
      pieces: [{ blob: stored.id, size: stored.size, wrappedKey: randomBytes(68) }],
    });
    return stored.id;
  }

  it('gives room back of what was removed or overwritten', async () => {
    const { uid } = world.bucket('room', {});
    const first = await put(uid, 'a');
    const second = await put(uid, 'a');
    assert.equal(await upkeep().giveBack(), 1);
    await assert.rejects(read(world.parts.blobs, first), MissingBlobError);
    assert.equal((await read(world.parts.blobs, second)).length, 5_000);
  });

  it('removes bytes that nothing refers to once they can be nobody’s upload any more', async () => {
    const { uid } = world.bucket('swept', {});
    const kept = await put(uid, 'a');
    const { id: orphan } = await world.parts.blobs.put(chunked(randomBytes(5_000)));
    assert.equal(await upkeep().sweep(), 0);
    later_ms = 3 * DAY_MS;
    assert.equal(await upkeep().sweep(), 1);
    await assert.rejects(read(world.parts.blobs, orphan), MissingBlobError);
    assert.equal((await read(world.parts.blobs, kept)).length, 5_000);
    later_ms = 0;
  });

  it('makes the reports of each bucket, once a day or once a week', async () => {
    const report = {
      enabled: true,
      targetBucket: 'reports',
      prefix: '',
      includedObjectVersions: 'Current',
      optionalFields: [],
    };
    const inventory = {
      daily: { ...report, schedule: 'Daily' },
      weekly: { ...report, schedule: 'Weekly' },
      off: { ...report, schedule: 'Daily', enabled: false },
    };
    const { uid } = world.bucket('reported', { inventory });
    const rounds = { daily: new Set<number>(), weekly: new Set<number>(), off: new Set<number>() };
    for (let hours = 0; hours < 15 * 24; hours += 6) {
      later_ms = hours * 3_600_000;
      await upkeep().visitBuckets();
      for (const [id, made] of Object.entries(rounds)) {
        const known = await world.parts.metadata.progress(inventoryTask(id, uid));
        if (known !== undefined) made.add(known.done_ms);
      }
    }
    // At once, for they never were; then at their hour.
    const [daily, weekly, off] = [rounds.daily.size, rounds.weekly.size, rounds.off.size];
    assert.ok(daily >= 15 && daily <= 16, `${daily} of each day`);
    assert.ok(weekly >= 3 && weekly <= 4, `${weekly} of each week`);
    assert.equal(off, 0);
    later_ms = 0;
  });

  it('carries out the rules of each bucket once a day', async () => {
    const { uid } = world.bucket('rules', {
      lifecycle: [{ id: 'r', enabled: true, expiration: { days: 1 } }],
    });
    await put(uid, 'a');
    const rounds: (number | undefined)[] = [];
    for (let hour = 0; hour < 72; hour++) {
      later_ms = hour * 3_600_000;
      await upkeep().visitBuckets();
      const done = (await world.parts.metadata.progress(lifecycleTask(uid)))?.done_ms;
      if (rounds.at(-1) !== done) rounds.push(done);
    }
    // At once, for it never was; then at its hour on each of three days.
    assert.ok(rounds.length >= 3 && rounds.length <= 4, `${rounds.length} rounds`);
    assert.equal(await world.parts.metadata.get(uid, 'a'), undefined);
    assert.equal(world.records.at(-1)?.actor, 'system:lifecycle');
  });
});
