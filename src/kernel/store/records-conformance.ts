/**
 * What every `ExpiringRecords` must do, as tests: an implementation's own test calls `describeRecords`.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type ExpiringRecords, type NewRecord, RECORD_LIMITS, RecordsFullError } from '../records.ts';
import { ManualClock } from './manual-clock.ts';

export interface OpenedRecords {
  readonly records: ExpiringRecords;
  /** The same data as another process has it. */
  readonly replica: ExpiringRecords;
  /** The same, but with at most this many records a collection. */
  small(records_max: number): ExpiringRecords;
  close(): Promise<void>;
}

const CODES = 'codes';
const LIFE_MS = 60_000;

export function describeRecords(name: string, open: (clock: ManualClock) => Promise<OpenedRecords>): void {
  describe(`short-lived records in ${name}`, () => {
    const clock = new ManualClock();
    let opened: OpenedRecords;
    let records: ExpiringRecords;
    before(async () => {
      opened = await open(clock);
      records = opened.records;
    });
    after(() => opened.close());

    const aRealm = () => crypto.randomUUID();
    const record = (id: string, text = id, ...keys: string[]): NewRecord => ({
      id,
      payload: Buffer.from(text),
      expires_ms: clock.now() + LIFE_MS,
      keys,
    });
    const textOf = (found: { readonly payload: Uint8Array } | undefined) =>
      found && Buffer.from(found.payload).toString();

    it('are found in their realm and collection only, by whichever process', async () => {
      const realm = aRealm();
      await records.put(realm, CODES, record('one'));
      assert.equal(textOf(await opened.replica.get(realm, CODES, 'one')), 'one');
      assert.equal(await records.get(aRealm(), CODES, 'one'), undefined);
      assert.equal(await records.get(realm, 'other', 'one'), undefined);
      assert.equal(await records.get(realm, CODES, 'two'), undefined);
    });

    it('are not there from the moment they expire, and their ids can be used again', async () => {
      const realm = aRealm();
      await records.put(realm, CODES, record('one', 'old', 'user:a'));
      await clock.advance(LIFE_MS - 1);
      assert.equal(textOf(await records.get(realm, CODES, 'one')), 'old');
      await clock.advance(1);
      const [{ version = 0 } = {}] = await records.findBy(realm, CODES, 'user:a');
      assert.equal(version, 0);
      assert.equal(await records.get(realm, CODES, 'one'), undefined);
      assert.equal(await records.take(realm, CODES, 'one'), undefined);
      await records.put(realm, CODES, { ...record('two'), expires_ms: clock.now() });
      assert.equal(await records.add(realm, CODES, record('two', 'new')), true);
      assert.equal(textOf(await records.get(realm, CODES, 'two')), 'new');
    });

    it('are added once, whoever else tries', async () => {
      const realm = aRealm();
      const tries = await Promise.all(
        [1, 2, 3, 4].map((at) =>
          (at % 2 ? records : opened.replica).add(realm, CODES, record('once', String(at))),
        ),
      );
      assert.equal(tries.filter(Boolean).length, 1);
      assert.equal(textOf(await records.get(realm, CODES, 'once')), String(tries.indexOf(true) + 1));
    });

    it('are taken once, whoever else tries', async () => {
      const realm = aRealm();
      await records.put(realm, CODES, record('code'));
      const taken = await Promise.all(
        [1, 2, 3, 4].map((at) => (at % 2 ? records : opened.replica).take(realm, CODES, 'code')),
      );
      assert.deepEqual(taken.filter((each) => each !== undefined).map(textOf), ['code']);
      assert.equal(await records.get(realm, CODES, 'code'), undefined);
    });

    it('are replaced only as they were read: a second writer loses, also after one was made anew', async () => {
      const realm = aRealm();
      await records.put(realm, CODES, record('counter', '1'));
      const read = await records.get(realm, CODES, 'counter');
      assert.ok(read);
      const tries = await Promise.all(
        ['2', '3', '4'].map((text) => records.replace(realm, CODES, read.version, record('counter', text))),
      );
      assert.equal(tries.filter(Boolean).length, 1);
      await records.delete(realm, CODES, 'counter');
      assert.equal(await records.replace(realm, CODES, read.version, record('counter', '5')), false);
      await records.put(realm, CODES, record('counter', '6'));
      assert.equal(await records.replace(realm, CODES, read.version, record('counter', '7')), false);
      assert.equal(textOf(await records.get(realm, CODES, 'counter')), '6');
    });

    it('are found and removed by their keys, which a replacement replaces', async () => {
      const realm = aRealm();
      await records.put(realm, CODES, record('a', 'a', 'grant:1', 'user:x'));
      await records.put(realm, CODES, record('b', 'b', 'grant:1'));
      await records.put(realm, CODES, record('c', 'c', 'grant:2', 'user:x'));
      const by = async (key: string) => (await opened.replica.findBy(realm, CODES, key)).map(textOf).sort();
      assert.deepEqual(await by('grant:1'), ['a', 'b']);
      await records.put(realm, CODES, record('b', 'B', 'grant:2'));
      assert.deepEqual([await by('grant:1'), await by('grant:2')], [['a'], ['B', 'c']]);
      const c = await records.get(realm, CODES, 'c');
      assert.equal(await records.replace(realm, CODES, c?.version ?? 0, record('c', 'C', 'user:x')), true);
      assert.deepEqual([await by('grant:2'), await by('user:x')], [['B'], ['C', 'a']]);
      assert.equal(await records.deleteBy(realm, CODES, 'user:x'), 2);
      assert.equal(await records.deleteBy(realm, CODES, 'user:x'), 0);
      assert.deepEqual([await by('grant:1'), await by('user:x'), await by('grant:2')], [[], [], ['B']]);
      assert.equal(await records.get(realm, CODES, 'a'), undefined);
    });

    it('that expired are swept in bounded batches, and those that live stay', async () => {
      while ((await records.sweep()) > 0);
      const realm = aRealm();
      const expiring = RECORD_LIMITS.sweep_max + 5;
      for (let at = 0; at < expiring; at++) {
        await records.put(realm, CODES, { ...record(`gone-${at}`, '', 'k'), expires_ms: clock.now() + 1 });
      }
      await records.put(realm, CODES, record('stays'));
      assert.equal(await records.sweep(), 0);
      await clock.advance(1);
      assert.equal(await records.sweep(), RECORD_LIMITS.sweep_max);
      assert.equal(await records.sweep(), 5);
      assert.equal(await records.sweep(), 0);
      assert.equal(textOf(await records.get(realm, CODES, 'stays')), 'stays');
    });

    it('have bounds: how many, how long, how large', async () => {
      const realm = aRealm();
      const small = opened.small(3);
      for (const id of ['a', 'b', 'c']) await small.put(realm, CODES, record(id));
      await small.put(realm, CODES, record('c', 'again'));
      await assert.rejects(small.put(realm, CODES, record('d')), RecordsFullError);
      await assert.rejects(small.add(realm, CODES, record('d')), RecordsFullError);
      await small.put(realm, 'other', record('d'));
      await small.delete(realm, CODES, 'a');
      await small.put(realm, CODES, record('d'));
      const long = 'x'.repeat(RECORD_LIMITS.name_characters_max + 1);
      const many = Array.from({ length: RECORD_LIMITS.keys_max + 1 }, (_, at) => `k${at}`);
      const large = Buffer.alloc(RECORD_LIMITS.payload_bytes_max + 1);
      for (const wrong of [
        record(''),
        record(long),
        record('k', '', ''),
        record('k', '', long),
        record('k', '', ...many),
        record('k', '', 'twice', 'twice'),
        { ...record('k'), payload: large },
        { ...record('k'), expires_ms: Number.NaN },
      ]) {
        await assert.rejects(records.put(realm, CODES, wrong), RangeError);
        await assert.rejects(records.add(realm, CODES, wrong), RangeError);
      }
      await assert.rejects(records.get(realm, 'No Collection', 'a'), RangeError);
    });
  });
}
