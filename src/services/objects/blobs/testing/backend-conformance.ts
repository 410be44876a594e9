/** What every backend does. One suite for all of them. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { type BlobBackend, type ByteRange, type GetOptions, MissingBlobError } from '../backend.ts';

const SEED = 20261122;
// Around the sizes at which something changes: a pack's limit, a block, a segment.
const EDGES = [0, 1, 65_536, 131_072, 262_144, 1_048_576];

/** Each is overwritten once it was used, as a buffer that is filled again would be. */
export async function* chunked(bytes: Uint8Array, size = 50_000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) {
    const chunk = Buffer.from(bytes.subarray(at, at + size));
    yield chunk;
    chunk.fill(0);
  }
}

export async function read(
  backend: BlobBackend,
  id: string,
  range?: ByteRange,
  options?: GetOptions,
): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of backend.get(id, range, options)) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

async function listed(backend: BlobBackend): Promise<string[]> {
  const ids: string[] = [];
  for await (const { id } of backend.list()) ids.push(id);
  return ids;
}

const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

export function backendConformance(name: string, open: () => Promise<BlobBackend>): void {
  describe(`${name}, as a place for blobs`, () => {
    let backend: BlobBackend;
    before(async () => {
      backend = await open();
    });
    after(() => backend.close());

    test('what was put comes back, all of it or any range', async () => {
      const sizes = fc.oneof(
        fc
          .tuple(fc.constantFrom(...EDGES), fc.integer({ min: -1, max: 1 }))
          .map(([edge, near]) => Math.max(0, edge + near)),
        fc.integer({ min: 0, max: 600_000 }),
      );
      await fc.assert(
        fc.asyncProperty(
          sizes,
          fc.nat(),
          fc.nat(),
          fc.integer({ min: 1_000, max: 300_000 }),
          async (size, a, b, chunk) => {
            const bytes = randomBytes(size);
            // As they come, or at once.
            const stored = await backend.put(chunk % 2 === 0 ? chunked(bytes, chunk) : bytes);
            assert.equal(stored.size, size);
            assert.match(stored.id, /^[A-Za-z0-9_./:-]{1,128}$/);
            assert.equal(digest(await read(backend, stored.id)), digest(bytes));
            assert.equal(digest(await backend.getWhole(stored.id)), digest(bytes));
            const [from = 0, to = 0] = [a % (size + 1), b % (size + 1)].toSorted((x, y) => x - y);
            assert.deepEqual(await read(backend, stored.id, { from, to }), bytes.subarray(from, to));
            const unchecked = await read(backend, stored.id, { from, to }, { authenticatedIn_bytes: chunk });
            assert.deepEqual(unchecked, bytes.subarray(from, to));
          },
        ),
        { seed: SEED, numRuns: 40 },
      );
    });

    test('many at once are each their own', async () => {
      const all = Array.from({ length: 200 }, (_, at) => randomBytes(1 + (at % 7) * 5_000));
      const stored = await Promise.all(
        all.map((bytes) => backend.put(chunked(bytes), { size: bytes.length })),
      );
      assert.equal(new Set(stored.map(({ id }) => id)).size, all.length);
      for (const [at, { id }] of stored.entries()) assert.deepEqual(await read(backend, id), all[at]);
    });

    test('what is deleted is gone, the rest stays; deleting again is no fault', async () => {
      const all = Array.from({ length: 60 }, (_, at) => randomBytes(at % 6 === 0 ? 200_000 : 3_000));
      const ids = (await Promise.all(all.map((bytes) => backend.put(chunked(bytes))))).map(({ id }) => id);
      const gone = ids.filter((_, at) => at % 3 !== 0);
      await backend.delete(gone);
      await backend.delete(gone);
      await backend.delete(['nobody’s', `f-${'0'.repeat(32)}`]);
      for (const [at, id] of ids.entries()) {
        if (at % 3 === 0) assert.deepEqual(await read(backend, id), all[at]);
        else await assert.rejects(read(backend, id), MissingBlobError);
        assert.equal(await backend.isThere(id), at % 3 === 0, id);
      }
      for (const id of ['nobody’s', `f-${'0'.repeat(32)}`, `p-${'0'.repeat(32)}`, `s-${'0'.repeat(32)}`])
        assert.equal(await backend.isThere(id), false, id);
      const left = new Set(await listed(backend));
      for (const [at, id] of ids.entries()) assert.equal(left.has(id), at % 3 === 0);
    });

    test('all are listed in the order of their ids, with size and time, and pass the scrub', async () => {
      const stored = await backend.put(chunked(randomBytes(10)));
      const all: { id: string; size: number; stored_ms: number }[] = [];
      for await (const one of backend.list()) all.push({ ...one });
      const found = all.find(({ id }) => id === stored.id);
      assert.equal(found?.size, 10);
      assert.ok((found?.stored_ms ?? 0) > 1_600_000_000_000);
      assert.deepEqual(
        all.map(({ id }) => id),
        all.map(({ id }) => id).toSorted(),
      );
      const scrubbed: string[] = [];
      for await (const { id, fault } of backend.scrub()) {
        assert.equal(fault, undefined);
        scrubbed.push(id);
      }
      assert.deepEqual(
        scrubbed,
        all.map(({ id }) => id),
      );
      const middle = scrubbed[Math.floor(scrubbed.length / 2)] ?? '';
      const rest: string[] = [];
      for await (const { id } of backend.scrub({ after: middle })) rest.push(id);
      assert.deepEqual(
        rest,
        scrubbed.filter((id) => id > middle),
      );
    });

    test('a source that fails, or is given up, leaves nothing', async () => {
      const before = await listed(backend);
      for (const size of [1_000, 2_000_000]) {
        async function* failing() {
          yield* chunked(randomBytes(size));
          throw new Error('the client went away');
        }
        await assert.rejects(backend.put(failing()), /the client went away/);
        const abort = new AbortController();
        async function* aborting() {
          yield* chunked(randomBytes(size));
          abort.abort(new Error('given up'));
          yield randomBytes(1);
        }
        await assert.rejects(backend.put(aborting(), { signal: abort.signal }), /given up/);
      }
      assert.deepEqual(await listed(backend), before);
    });
  });
}
