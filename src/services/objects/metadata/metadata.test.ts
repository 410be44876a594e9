import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { startTestPostgres, type TestPostgres } from '#engines/postgres/test-cluster.ts';
import { openMetadata } from './postgres/open.ts';
import type { Lock, MetadataStore, NewVersion, Page, Versioning } from './store.ts';
import { compareKeys, successor } from './successor.ts';
import { listing, Model } from './testing/model.ts';

const SEED = 20261122;
const PAGES_MAX = 100;
let postgres: TestPostgres;
let store: MetadataStore;
/** A second process’s, on the same database. */
let other: MetadataStore;
let now_ms = 1_800_000_000_000;

before(async () => {
  postgres = await startTestPostgres();
  const open = () =>
    openMetadata({
      connection: postgres.connection,
      clock: { now: () => now_ms },
      onFault: (error) => assert.fail(String(error)),
    });
  store = await open();
  other = await open();
});
after(async () => {
  await store.close();
  await other.close();
  await postgres.stop();
});

function version(bucket: string, key: string, more: Partial<NewVersion> = {}): NewVersion {
  return {
    bucket,
    key,
    versioning: 'off',
    size: 10,
    etag: 'e',
    checksums: { CRC32: 'AAAAAA==' },
    sealed: randomBytes(8),
    tagCount: 0,
    lock: {},
    pieces: [{ blob: randomUUID(), size: 10, wrappedKey: randomBytes(68) }],
    ...more,
  };
}

async function put(bucket: string, key: string, more: Partial<NewVersion> = {}) {
  const made = version(bucket, key, more);
  const outcome = await store.put(made);
  assert.equal(outcome.outcome, 'done');
  return { made, id: outcome.outcome === 'done' ? outcome.versionId : '' };
}

const freedBlobs = async () => (await store.freed(100_000)).map(({ blob }) => blob);

/** All pages one after the other. */
async function whole<Entry>(page: (after: Entry | undefined) => Promise<Page<Entry>>): Promise<Entry[]> {
  const entries: Entry[] = [];
  for (let pages = 0; ; pages++) {
    assert.ok(pages < PAGES_MAX, 'a listing comes to an end');
    const { entries: more, isTruncated } = await page(entries.at(-1));
    entries.push(...more);
    if (!isTruncated) return entries;
    assert.ok(more.length > 0, 'a page that is not the last one has something on it');
  }
}

const shown = (bucket: string, prefix: string, delimiter: string | undefined, limit: number) =>
  whole<{ readonly group: string } | { readonly version: { readonly key: string } }>((last) => {
    const name = last && ('group' in last ? last.group : last.version.key);
    return store.list({
      bucket,
      prefix,
      limit,
      ...(delimiter === undefined ? {} : { delimiter }),
      ...(name === undefined ? {} : { after: name }),
    });
  }).then((entries) =>
    entries.map((entry) => ('group' in entry ? `group ${entry.group}` : entry.version.key)),
  );

// Few letters, so that names meet; and those that a listing could stumble over.
const name = fc
  .array(
    fc.constantFrom('a', 'b', '/', '/', '%', '_', '\\', '\u{10ffff}', '\ud7ff', '\ue000', 'é', '😀', '.'),
    {
      minLength: 1,
      maxLength: 5,
    },
  )
  .map((letters) => letters.join(''));

describe('names', () => {
  test('the first text after all that begin with another is just that', () => {
    fc.assert(
      fc.property(name, name, name, (prefix, tail, any) => {
        const next = successor(prefix);
        if (next === undefined) return;
        assert.ok(compareKeys(prefix + tail, next) < 0);
        if (compareKeys(any, prefix) > 0 && !any.startsWith(prefix)) assert.ok(compareKeys(any, next) >= 0);
      }),
      { seed: SEED, numRuns: 500 },
    );
  });

  test('any prefix and delimiter, in pages of any size, shows what a search from end to end would', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(name, { maxLength: 30 }),
        fc.array(
          fc.tuple(
            fc.oneof(fc.constant(''), name),
            fc.option(name, { nil: undefined }),
            fc.integer({ min: 1, max: 5 }),
          ),
          {
            minLength: 4,
            maxLength: 4,
          },
        ),
        async (keys, asked) => {
          const bucket = randomUUID();
          await Promise.all(keys.map((key) => put(bucket, key)));
          const sorted = keys.toSorted(compareKeys);
          for (const [prefix, delimiter, limit] of asked) {
            if (delimiter !== undefined && successor(delimiter) === undefined) continue;
            assert.deepEqual(
              await shown(bucket, prefix, delimiter, limit),
              listing(sorted, prefix, delimiter),
            );
          }
        },
      ),
      { seed: SEED, numRuns: 40 },
    );
  });
});

type Step =
  | {
      readonly do: 'put';
      readonly key: string;
      readonly etag: string;
      readonly how: number;
      readonly locked: number;
    }
  | { readonly do: 'remove'; readonly key: string }
  | { readonly do: 'removeVersion'; readonly at: number; readonly pass: boolean }
  | { readonly do: 'versioning'; readonly to: Versioning };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('put' as const),
      key: fc.constantFrom('a', 'a/b', 'b'),
      etag: fc.constantFrom('1', '2'),
      how: fc.nat(5),
      locked: fc.nat(9),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('remove' as const), key: fc.constantFrom('a', 'a/b', 'b') }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('removeVersion' as const), at: fc.nat(20), pass: fc.boolean() }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('versioning' as const),
      to: fc.constantFrom('enabled' as const, 'suspended' as const),
    }),
  },
);

const LOCKS: readonly Lock[] = [
  { mode: 'GOVERNANCE', retainUntil_ms: 4_000_000_000_000 },
  { mode: 'COMPLIANCE', retainUntil_ms: 4_000_000_000_000 },
  { mode: 'COMPLIANCE', retainUntil_ms: 1 },
  { legalHold: true },
];
const CONDITIONS = [{ ifNoneMatch: '*' as const }, { ifMatch: '1' }, { ifMatch: '*' }];

describe('versions', () => {
  test('whatever is written and removed, with versioning on, off or suspended, both processes tell what the model tells', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const bucket = randomUUID();
        const model = new Model();
        const blobs = new Map<string, string>();
        let versioning: Versioning = 'off';
        for (const [at, one] of steps.entries()) {
          const via = at % 2 === 0 ? store : other;
          if (one.do === 'versioning') versioning = one.to;
          else if (one.do === 'put') {
            const condition = CONDITIONS[one.how];
            const lock = LOCKS[one.locked] ?? {};
            const made = version(bucket, one.key, {
              etag: one.etag,
              lock,
              versioning,
              ...(condition && { condition }),
            });
            const expected = model.put(one.key, made, versioning, condition, now_ms);
            const outcome = await via.put(made);
            if (typeof expected !== 'object') assert.equal(outcome.outcome, expected);
            else {
              assert.equal(outcome.outcome, 'done');
              if (outcome.outcome === 'done') expected.id = outcome.versionId;
              blobs.set(made.pieces[0]?.blob ?? '', `${one.key} ${expected.id} ${made.etag}`);
            }
          } else if (one.do === 'remove') {
            const expected = model.put(one.key, undefined, versioning, {}, now_ms);
            const outcome = await via.remove({ bucket, key: one.key, versioning });
            assert.equal(outcome.outcome, typeof expected === 'string' ? expected : 'done');
            if (typeof expected === 'object' && outcome.outcome === 'done')
              expected.id = outcome.markerId ?? '';
          } else {
            const chosen = model.all[one.at % Math.max(1, model.all.length)];
            const [key, id] = chosen ? [chosen.key, chosen.id] : ['a', '00000000000000ff'];
            const outcome = await via.removeVersion(bucket, key, id, { passGovernance: one.pass });
            assert.equal(outcome.outcome, model.removeVersion(key, id, now_ms, one.pass));
          }
        }
        const told = await whole<{ readonly position: string; readonly version: { readonly key: string } }>(
          async (last) => {
            const page = await store.listVersions({
              bucket,
              prefix: '',
              limit: 2,
              ...(last === undefined ? {} : { after: last.version.key, afterVersion: last.position }),
            });
            return page as Page<{ readonly position: string; readonly version: { readonly key: string } }>;
          },
        );
        assert.deepEqual(
          told.map((entry) => {
            const { version: found, isNewest } = entry as unknown as {
              version: { key: string; versionId: string; isMarker: boolean };
              isNewest: boolean;
            };
            return `${found.key} ${found.versionId} ${found.isMarker} ${isNewest}`;
          }),
          model.all.map((one) => `${one.key} ${one.id} ${one.isMarker} ${model.newest(one.key) === one}`),
        );
        assert.deepEqual(
          await shown(bucket, '', undefined, 3),
          model.live.map(({ key }) => key),
        );
        for (const key of ['a', 'a/b', 'b']) {
          const [found, expected] = [await store.get(bucket, key), model.newest(key)];
          assert.equal(found?.versionId, expected?.id);
          assert.equal(found?.isMarker, expected?.isMarker);
        }
        for (const one of model.all) assert.equal((await store.get(bucket, one.key, one.id))?.etag, one.etag);
        // Every blob is either some version’s or let go.
        const freed = new Set(await freedBlobs());
        const kept = new Set(model.all.map((one) => `${one.key} ${one.id} ${one.etag}`));
        for (const [blob, owner] of blobs) if (!freed.has(blob)) assert.ok(kept.has(owner), owner);
        const { versions } = await store.usage(bucket);
        assert.equal(versions, model.all.length);
        assert.equal(
          (await store.usage(bucket)).bytes,
          10 * model.all.filter(({ isMarker }) => !isMarker).length,
        );
      }),
      { seed: SEED, numRuns: 60 },
    );
  });

  test('of many that write one name on the condition that there is none, in two processes, exactly one succeeds', async () => {
    const bucket = randomUUID();
    const outcomes = await Promise.all(
      Array.from({ length: 40 }, (_, at) =>
        (at % 2 === 0 ? store : other).put(version(bucket, 'one', { condition: { ifNoneMatch: '*' } })),
      ),
    );
    assert.equal(outcomes.filter(({ outcome }) => outcome === 'done').length, 1);
    assert.equal(outcomes.filter(({ outcome }) => outcome === 'exists').length, 39);
    assert.deepEqual(await store.usage(bucket), { versions: 1, bytes: 10 });
  });

  test('what two processes write side by side is all there, counted, and replaced bytes are let go', async () => {
    const bucket = randomUUID();
    const made = Array.from({ length: 400 }, (_, at) => version(bucket, `k${at % 50}`));
    await Promise.all(made.map((one, at) => (at % 2 === 0 ? store : other).put(one)));
    assert.deepEqual(await store.usage(bucket), { versions: 50, bytes: 500 });
    const freed = new Set(await freedBlobs());
    const blobs = made.map(({ pieces }) => pieces[0]?.blob ?? '');
    assert.equal(blobs.filter((blob) => freed.has(blob)).length, 350);
    const left = new Set(blobs.filter((blob) => !freed.has(blob)));
    assert.deepEqual(await store.referredTo(new Set([...left, 'nobody’s'])), left);
  });
});

type Retention = { readonly mode: 'GOVERNANCE' | 'COMPLIANCE'; readonly retainUntil_ms: number };

describe('locks', () => {
  test('compliance is only ever made longer; governance is lifted by whoever may pass it', async () => {
    const bucket = randomUUID();
    const until = now_ms + 1_000;
    const { id } = await put(bucket, 'a', { versioning: 'enabled' });
    const set = async (retention: Retention | undefined, passGovernance = false) =>
      (await store.setLock(bucket, 'a', id, { retention }, { passGovernance })).outcome;
    const hold = async (legalHold: boolean) =>
      (await store.setLock(bucket, 'a', id, { legalHold }, { passGovernance: false })).outcome;
    assert.equal(await set({ mode: 'GOVERNANCE', retainUntil_ms: until }), 'done');
    assert.equal(await set(undefined), 'locked');
    assert.equal(await set({ mode: 'GOVERNANCE', retainUntil_ms: until - 1 }), 'locked');
    assert.equal(await set({ mode: 'GOVERNANCE', retainUntil_ms: until - 1 }, true), 'done');
    assert.equal(await set({ mode: 'COMPLIANCE', retainUntil_ms: until }), 'done');
    assert.equal(await set({ mode: 'GOVERNANCE', retainUntil_ms: until + 1 }, true), 'locked');
    assert.equal(await set({ mode: 'COMPLIANCE', retainUntil_ms: until - 1 }, true), 'locked');
    assert.equal(await set({ mode: 'COMPLIANCE', retainUntil_ms: until + 1 }), 'done');
    assert.equal(await hold(true), 'done');
    assert.deepEqual((await store.get(bucket, 'a', id))?.lock, {
      mode: 'COMPLIANCE',
      retainUntil_ms: until + 1,
      legalHold: true,
    });
    assert.equal(await set({ mode: 'COMPLIANCE', retainUntil_ms: until + 2 }), 'done');
    assert.equal(
      (await store.get(bucket, 'a', id))?.lock.legalHold,
      true,
      'the hold stays whatever retention becomes',
    );
    const remove = async () => (await store.removeVersion(bucket, 'a', id, { passGovernance: true })).outcome;
    assert.equal(await remove(), 'locked');
    now_ms += 10_000;
    assert.equal(await remove(), 'locked', 'the legal hold has no end');
    assert.equal(await hold(false), 'done');
    assert.equal(await remove(), 'done');
    assert.equal(await remove(), 'missing');
  });
});

describe('uploads in parts', () => {
  const part = (number: number, etag = `e${number}`) => ({
    number,
    etag,
    size: 5,
    checksums: {},
    pieces: [{ blob: randomUUID(), size: 5, wrappedKey: randomBytes(68) }],
  });

  test('become one object, once, however many complete them; what is not part of it is let go', async () => {
    const bucket = randomUUID();
    const { id } = await store.createUpload({
      bucket,
      key: 'big',
      sealed: randomBytes(3),
      wanted: { lock: {} },
    });
    const parts = [part(1), part(2, 'old'), part(2), part(7)];
    for (const one of parts) assert.equal(await store.putPart(id, one), true);
    const kept = await store.parts(id, 0, 10);
    assert.deepEqual(
      kept.map(({ number, etag }) => [number, etag]),
      [
        [1, 'e1'],
        [2, 'e2'],
        [7, 'e7'],
      ],
    );
    const wanted = [
      { number: 1, etag: 'e1' },
      { number: 2, etag: 'e2' },
    ];
    const pieces = kept.slice(0, 2).flatMap((one) => one.pieces);
    const made = version(bucket, 'big', {
      size: 10,
      etag: 'x-2',
      pieces,
      parts: wanted.map(({ number }) => ({ number, size: 5, checksums: {} })),
    });
    const wrong = await store.completeUpload(id, [{ number: 1, etag: 'other' }], made);
    assert.deepEqual(wrong, { outcome: 'differs' });
    const outcomes = await Promise.all(
      [store, other, store, other].map((via) => via.completeUpload(id, wanted, made)),
    );
    for (const outcome of outcomes) assert.deepEqual(outcome, outcomes[0]);
    assert.equal(outcomes[0]?.outcome, 'done');
    assert.deepEqual(await store.usage(bucket), { versions: 1, bytes: 10 });
    assert.equal(await store.upload(id), undefined);
    assert.equal(await store.putPart(id, part(3)), false);
    assert.equal(await store.abortUpload(id), false);
    const freed = new Set(await freedBlobs());
    assert.deepEqual(
      parts.map(({ pieces: [piece] }) => freed.has(piece?.blob ?? '')),
      [false, true, false, true],
    );
    assert.deepEqual((await store.get(bucket, 'big'))?.pieces, pieces);
    assert.deepEqual((await store.get(bucket, 'big'))?.parts, made.parts);
  });

  test('a condition that does not hold leaves the upload as it was', async () => {
    const bucket = randomUUID();
    await put(bucket, 'big');
    const { id } = await store.createUpload({ bucket, key: 'big', sealed: randomBytes(3), wanted: {} });
    await store.putPart(id, part(1));
    const made = version(bucket, 'big', { condition: { ifNoneMatch: '*' } });
    assert.deepEqual(await store.completeUpload(id, [{ number: 1, etag: 'e1' }], made), {
      outcome: 'exists',
    });
    assert.equal((await store.parts(id, 0, 5)).length, 1);
    assert.equal(await store.abortUpload(id), true);
    assert.deepEqual(await store.completeUpload(id, [], made), { outcome: 'noUpload' });
    assert.deepEqual(await store.completeUpload('../x', [], made), { outcome: 'noUpload' });
  });

  test('are listed by name and then by time, in pages', async () => {
    const bucket = randomUUID();
    const made: string[] = [];
    for (const key of ['a', 'b', 'b', 'b', 'c/d']) {
      now_ms += 1;
      made.push((await store.createUpload({ bucket, key, sealed: randomBytes(1), wanted: {} })).id);
    }
    const told = await whole<{ readonly id: string; readonly key: string }>((last) =>
      store.uploads({
        bucket,
        prefix: '',
        limit: 2,
        ...(last && { afterKey: last.key, afterUpload: last.id }),
      }),
    );
    assert.deepEqual(
      told.map(({ id }) => id),
      made,
    );
    const afterName = await store.uploads({ bucket, prefix: '', afterKey: 'b', limit: 5 });
    assert.deepEqual(
      afterName.entries.map(({ key }) => key),
      ['c/d'],
    );
  });
});

describe('the end of a bucket', () => {
  test('it closes when it holds nothing, and takes nothing from then on', async () => {
    const bucket = randomUUID();
    await put(bucket, 'a');
    assert.equal(await store.closeIfEmpty(bucket), false);
    await store.remove({ bucket, key: 'a', versioning: 'off' });
    assert.equal(await store.closeIfEmpty(bucket), true);
    assert.deepEqual(await other.put(version(bucket, 'b')), { outcome: 'closed' });
    assert.equal(await store.closeIfEmpty(bucket), true, 'once more');
  });

  test('whoever writes while it closes either comes before, and it stays open, or is told', async () => {
    for (let round = 0; round < 20; round++) {
      const bucket = randomUUID();
      const [written, closed] = await Promise.all([
        store.put(version(bucket, 'a')),
        other.closeIfEmpty(bucket),
      ]);
      assert.equal(written.outcome, closed ? 'closed' : 'done');
    }
  });

  test('erasing lets go of all of it, some at a time', async () => {
    const bucket = randomUUID();
    const made = await Promise.all(Array.from({ length: 25 }, (_, at) => put(bucket, `k${at}`)));
    const { id } = await store.createUpload({ bucket, key: 'u', sealed: randomBytes(1), wanted: {} });
    const piece = { blob: randomUUID(), size: 1, wrappedKey: randomBytes(68) };
    await store.putPart(id, { number: 1, size: 1, etag: 'e', checksums: {}, pieces: [piece] });
    let rounds = 1;
    while (await store.eraseSome(bucket, 10)) rounds += 1;
    assert.equal(rounds, 3);
    assert.deepEqual(await store.usage(bucket), { versions: 0, bytes: 0 });
    const freed = await store.freed(100_000);
    const blobs = new Set(freed.map(({ blob }) => blob));
    for (const { made: one } of made) assert.ok(blobs.has(one.pieces[0]?.blob ?? ''));
    assert.ok(blobs.has(piece.blob));
    await store.givenBack(freed.map(({ id: one }) => one));
    assert.deepEqual(await store.freed(1), []);
  });
});

describe('what goes on beside requests', () => {
  const position = async (bucket: string, key: string, at: number) => {
    const { entries } = await store.listVersions({ bucket, prefix: key, limit: 10 });
    const entry = entries[at];
    return entry !== undefined && 'position' in entry ? entry.position : assert.fail('no such version');
  };

  test('removes a name only while its newest version is the one that was looked at', async () => {
    const bucket = randomUUID();
    await put(bucket, 'a');
    const first = await position(bucket, 'a', 0);
    await put(bucket, 'a');
    const removal = { bucket, key: 'a', versioning: 'off' } as const;
    assert.deepEqual(await store.remove({ ...removal, condition: { ifNewest: first } }), {
      outcome: 'differs',
    });
    const second = await position(bucket, 'a', 0);
    assert.deepEqual(await store.remove({ ...removal, condition: { ifNewest: second } }), {
      outcome: 'done',
    });
    assert.deepEqual(await store.remove({ ...removal, condition: { ifNewest: second } }), {
      outcome: 'differs',
    });
  });

  test('removes a version only while it is not the newest, or alone', async () => {
    const bucket = randomUUID();
    await put(bucket, 'a', { versioning: 'enabled' });
    await put(bucket, 'a', { versioning: 'enabled' });
    const [newest, older] = [await position(bucket, 'a', 0), await position(bucket, 'a', 1)];
    const remove = async (id: string, only: 'noncurrent' | 'alone') =>
      (await store.removeVersion(bucket, 'a', id, { passGovernance: false, only })).outcome;
    assert.equal(await remove(newest, 'noncurrent'), 'differs');
    assert.equal(await remove(newest, 'alone'), 'differs');
    assert.equal(await remove(older, 'noncurrent'), 'done');
    assert.equal(await remove(newest, 'noncurrent'), 'differs');
    assert.equal(await remove(newest, 'alone'), 'done');
    assert.deepEqual(await store.usage(bucket), { versions: 0, bytes: 0 });
  });

  test('tells which object a blob belongs to', async () => {
    const bucket = randomUUID();
    const { made, id } = await put(bucket, 'of many', { versioning: 'enabled' });
    const plain = await put(bucket, 'plain');
    const [one = '', other = ''] = [made, plain.made].map(({ pieces }) => pieces[0]?.blob ?? '');
    assert.deepEqual(
      [...(await store.ownersOf(new Set([one, other, 'nobody’s'])))].sort(),
      [
        [one, { bucket, key: 'of many', versionId: id }],
        [other, { bucket, key: 'plain', versionId: 'null' }],
      ].sort(),
    );
  });

  test('remembers how far a task has come', async () => {
    assert.equal(await store.progress('scrub'), undefined);
    await store.noteProgress('scrub', { done_ms: 0, place: 'f-1' });
    assert.deepEqual(await other.progress('scrub'), { done_ms: 0, place: 'f-1' });
    await store.noteProgress('scrub', { done_ms: 7 });
    assert.deepEqual(await other.progress('scrub'), { done_ms: 7 });
  });
});
