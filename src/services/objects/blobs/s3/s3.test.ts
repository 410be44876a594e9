import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { systemClock } from '#kernel/clock.ts';
import { ManualClock } from '#kernel/store/manual-clock.ts';
import { BlobsAwayError, DamagedBlobError, MissingBlobError } from '../backend.ts';
import { backendConformance, chunked, read } from '../testing/backend-conformance.ts';
import { s3Backend } from './backend.ts';
import { ANSWER_MS_MAX } from './client.ts';
import { BLOCK_BYTES, blockIn, FRAME_BYTES, framed, plainSize } from './frames.ts';
import { startEndpoint, type TestEndpoint } from './testing/endpoint.ts';

const SEED = 20261122;

let endpoint: TestEndpoint;
before(async () => {
  endpoint = await startEndpoint();
});
after(() => endpoint.close());

const open = (bucket: string, more: object = {}) =>
  s3Backend({ ...endpoint.connection, bucket, clock: systemClock, ...more });

backendConformance('a bucket of an S3 cluster (our own endpoint)', () => open('conformance'));

describe('blocks with their checksums', () => {
  test('come back as they were, and their length tells that of what is in them', async () => {
    const sizes = fc.oneof(
      fc.constantFrom(0, 1, BLOCK_BYTES - 1, BLOCK_BYTES, BLOCK_BYTES + 1, 2 * BLOCK_BYTES),
      fc.integer({ min: 0, max: 3 * BLOCK_BYTES }),
    );
    await fc.assert(
      fc.asyncProperty(sizes, fc.integer({ min: 1_000, max: 400_000 }), async (size, chunk) => {
        const bytes = randomBytes(size);
        const frames: Buffer[] = [];
        for await (const frame of framed('a', chunked(bytes, chunk))) frames.push(Buffer.from(frame));
        const all = Buffer.concat(frames);
        assert.equal(plainSize(all.length), size);
        const blocks = frames.map((frame, index) => blockIn('a', index, size, frame));
        assert.deepEqual(Buffer.concat(blocks), bytes);
        // Of another blob, or with its end cut off.
        assert.throws(() => blockIn('b', 0, size, all.subarray(0, FRAME_BYTES)), DamagedBlobError);
        if (frames.length > 1)
          assert.throws(
            () => blockIn('a', frames.length - 2, (frames.length - 1) * BLOCK_BYTES, frames.at(-2) ?? all),
            DamagedBlobError,
          );
      }),
      { seed: SEED, numRuns: 30 },
    );
  });
});

describe('blobs in an S3 cluster', () => {
  test('of many parts come back, all of them or any range', async () => {
    const backend = await open('large');
    const bytes = randomBytes(12_000_000);
    const { id, size } = await backend.put(chunked(bytes, 300_000));
    assert.equal(size, bytes.length);
    assert.ok((await read(backend, id)).equals(bytes));
    const range = { from: 5_000_000, to: 6_000_001 };
    assert.ok((await read(backend, id, range)).equals(bytes.subarray(range.from, range.to)));
    await assert.rejects(read(backend, id, { from: 0, to: bytes.length + 1 }), RangeError);
    await backend.close();
  });

  test('that the cluster changed are named by the scrub and never given out', async () => {
    const backend = await open('rotten');
    const bytes = randomBytes(700_000);
    const { id } = await backend.put(chunked(bytes));
    const key = `blobs/${id.slice(2)}`;
    const stored = await endpoint.read('rotten', key);
    const faults = async () => {
      const found: string[] = [];
      for await (const one of backend.scrub()) if (one.fault !== undefined) found.push(one.id);
      return found;
    };
    const flipped = Buffer.from(stored);
    flipped[300_000] = (flipped[300_000] ?? 0) ^ 1;
    for (const changed of [
      flipped,
      stored.subarray(0, -1),
      stored.subarray(0, FRAME_BYTES),
      Buffer.alloc(0),
    ]) {
      await endpoint.write('rotten', key, changed);
      await assert.rejects(read(backend, id), DamagedBlobError);
      assert.deepEqual(await faults(), [id]);
    }
    await endpoint.write('rotten', key, flipped);
    assert.ok((await read(backend, id, { from: 0, to: 1_000 })).equals(bytes.subarray(0, 1_000)));
    await endpoint.write('rotten', key, stored);
    assert.deepEqual(await faults(), []);
    await backend.close();
  });

  test('that an earlier process did not finish are removed at the next start', async () => {
    const first = await open('unfinished');
    const at = Promise.withResolvers<void>();
    const never = Promise.withResolvers<void>();
    async function* stuck() {
      yield* chunked(randomBytes(6_000_000));
      at.resolve();
      await never.promise;
    }
    const putting = first.put(stuck());
    await at.promise;
    assert.equal(await endpoint.uploads('unfinished'), 1);
    const second = await open('unfinished');
    assert.equal(await endpoint.uploads('unfinished'), 0);
    never.resolve();
    await assert.rejects(putting);
    const ids: string[] = [];
    for await (const { id } of second.list()) ids.push(id);
    assert.deepEqual(ids, []);
    await first.close();
    await second.close();
  });

  test('are put and read although the cluster fails now and then', async () => {
    const backend = await open('shaky');
    const bytes = randomBytes(6_000_000);
    endpoint.failEvery(3);
    const { id } = await backend.put(chunked(bytes));
    assert.ok((await read(backend, id)).equals(bytes));
    await backend.delete([id]);
    endpoint.failEvery(0);
    await assert.rejects(read(backend, id), MissingBlobError);
    await backend.close();
  });

  test('are given up in time when the cluster stands still, before an answer or within one, and then nothing is waited for twice', async (t) => {
    const clock = new ManualClock();
    const frames: Buffer[] = [];
    const bytes = randomBytes(2 * BLOCK_BYTES);
    for await (const frame of framed('0'.repeat(32), chunked(bytes))) frames.push(Buffer.from(frame));
    const whole = Buffer.concat(frames);
    let asked = Promise.withResolvers<string>();
    // Lists uploads and then answers nothing, and of what is read the first half.
    const still = createServer((request, response) => {
      const { method = '', url = '' } = request;
      if (url.includes('uploads')) response.end('<ListMultipartUploadsResult></ListMultipartUploadsResult>');
      else if (method === 'GET') {
        const from = Number(/^bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1]);
        response.writeHead(206, { 'content-range': `bytes ${from}-${whole.length - 1}/${whole.length}` });
        response.write(whole.subarray(from, FRAME_BYTES + 10));
      }
      asked.resolve(method);
    });
    still.listen(0, '127.0.0.1');
    await once(still, 'listening');
    const { port } = still.address() as AddressInfo;
    const backend = await open('still', { endpoint: `http://127.0.0.1:${port}`, clock });
    t.after(async () => {
      await backend.close();
      still.closeAllConnections();
      still.close();
    });
    asked = Promise.withResolvers();
    const put = backend.put(randomBytes(1_000));
    const refused = assert.rejects(put, (error: Error) => {
      assert.ok(error instanceof BlobsAwayError);
      assert.match(error.message, /no answer within 30 s/);
      return true;
    });
    await asked.promise;
    await clock.advance(ANSWER_MS_MAX);
    await refused;
    const got: Uint8Array[] = [];
    const reading = assert.rejects(async () => {
      for await (const block of backend.get(`s-${'0'.repeat(32)}`)) got.push(block);
    }, /nothing came for 30 s|no answer within 30 s/);
    let isOver = false;
    reading
      .finally(() => {
        isOver = true;
      })
      .catch(() => {});
    while (!isOver) {
      await new Promise(setImmediate);
      if (got.length > 0) await clock.advance(ANSWER_MS_MAX);
    }
    assert.deepEqual(Buffer.concat(got), bytes.subarray(0, BLOCK_BYTES), 'what came whole was given out');
  });

  test('are refused with what the cluster says of the key, and never with the key', async () => {
    await assert.rejects(open('refused', { secret: 'another' }), (error: Error) => {
      assert.match(error.message, /403 SignatureDoesNotMatch/);
      assert.doesNotMatch(error.message, /another/);
      return true;
    });
  });
});
