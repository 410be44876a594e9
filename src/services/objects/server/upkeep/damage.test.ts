import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { startTestPostgres, type TestPostgres } from '#engines/postgres/test-cluster.ts';
import { systemClock } from '#kernel/clock.ts';
import { silentLogger } from '#kernel/logger.ts';
import { ACME } from '#trust/testing/fixture.ts';
import type { BlobBackend } from '../../blobs/backend.ts';
import { filesystemBackend } from '../../blobs/filesystem/backend.ts';
import { placeOf } from '../../blobs/filesystem/ids.ts';
import { chunked } from '../../blobs/testing/backend-conformance.ts';
import type { BucketKnown, GateCalls } from '../../gate/protocol.ts';
import { openMetadata } from '../../metadata/postgres/open.ts';
import type { MetadataStore } from '../../metadata/store.ts';
import { Damage, SCRUB_TASK } from './damage.ts';

type Told = Parameters<GateCalls['damaged']>[0];

describe('damage', () => {
  let postgres: TestPostgres;
  let metadata: MetadataStore;
  let folder: string;
  let blobs: BlobBackend;
  const told: Told[] = [];
  const bucket: BucketKnown = {
    realm: ACME,
    uid: randomUUID(),
    name: 'data',
    expires: false,
    isReported: false,
    isDamaged: false,
  };
  let known: BucketKnown[] = [bucket];
  let wake = () => {};
  const ask = async (call: string, asked: unknown) => {
    if (call === 'allBuckets') return { buckets: known } as never;
    told.push(asked as Told);
    wake();
    return { ok: true } as never;
  };
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'casemate-damage-'));
    blobs = await filesystemBackend({ folder, clock: systemClock });
    postgres = await startTestPostgres();
    metadata = await openMetadata({
      connection: postgres.connection,
      clock: systemClock,
      onFault: (error) => assert.fail(String(error)),
    });
  });
  after(async () => {
    await blobs.close();
    await metadata.close();
    await postgres.stop();
    await rm(folder, { recursive: true });
  });

  const finder = (signal = new AbortController().signal) =>
    new Damage({ gate: () => ({ ask }), metadata, blobs, clock: systemClock, logger: silentLogger, signal });

  async function put(key: string, bytes = 300_000): Promise<string> {
    const stored = await blobs.put(chunked(randomBytes(bytes)));
    await metadata.put({
      bucket: bucket.uid,
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
  async function flip(id: string): Promise<void> {
    const place = placeOf(id);
    if (place?.in !== 'file') throw new Error('a large blob has a file of its own');
    const handle = await open(join(folder, 'files', place.name.slice(0, 2), place.name), 'r+');
    const byte = Buffer.alloc(1);
    await handle.read(byte, 0, 1, 200_000);
    await handle.write(Buffer.from([(byte[0] ?? 0) ^ 1]), 0, 1, 200_000);
    await handle.close();
  }
  const about = (keys: readonly string[], isAll: boolean): Told => ({
    realm: ACME,
    uid: bucket.uid,
    objects: keys.map((key) => ({ key, version: 'null' })),
    count: keys.length,
    isAll,
  });

  it('that a round finds is told of by bucket and name, and that it is no more, once', async () => {
    const [a] = [await put('a'), await put('b')];
    assert.equal(await finder().scrub(), 0);
    assert.deepEqual(told, []);
    await flip(a);
    assert.equal(await finder().scrub(), 1);
    assert.deepEqual(told.splice(0), [about(['a'], true)]);
    await flip(a);
    known = [{ ...bucket, isDamaged: true }];
    assert.equal(await finder().scrub(), 0);
    assert.deepEqual(told.splice(0), [about([], true)]);
    known = [bucket];
    assert.ok(((await metadata.progress(SCRUB_TASK))?.done_ms ?? 0) > 0);
  });

  it('objects whose bytes are gone altogether are told of as a round begins and at its end, packed ones too, until they are put again', async () => {
    const gone = await put('gone');
    const small = await put('small', 3_000);
    await blobs.delete([gone, small]);
    assert.equal(await finder().scrub(), 2);
    assert.deepEqual(told.splice(0), [about(['gone', 'small'], false), about(['gone', 'small'], true)]);
    for (const [key, bytes] of [
      ['gone', 300_000],
      ['small', 3_000],
    ] as const) {
      await put(key, bytes);
    }
    known = [{ ...bucket, isDamaged: true }];
    assert.equal(await finder().scrub(), 0);
    assert.deepEqual(told.splice(0), [about([], true)]);
    known = [bucket];
  });

  it('that was found before a round was broken off is told of at its end', async () => {
    const c = await put('c');
    await flip(c);
    const place = JSON.stringify({ after: 'z', faulty: [c] });
    await metadata.noteProgress(SCRUB_TASK, { done_ms: 0, place });
    assert.equal(await finder().scrub(), 1);
    assert.deepEqual(told.splice(0), [about(['c'], true)]);
  });

  it('that somebody met is told of at once and once; what was removed while it was read is none', async () => {
    const damage = finder();
    const blob = await put('d');
    const heard = new Promise<void>((resolve) => {
      wake = resolve;
    });
    const found = { realm: ACME, uid: bucket.uid, key: 'd', version: 'null', blob };
    finder().found({ ...found, blob: 'f-gone' });
    for (let at = 0; at < 3; at++) damage.found(found);
    await heard;
    assert.deepEqual(told.splice(0), [about(['d'], false)]);
  });
});
