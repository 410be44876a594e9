import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, describe, it } from 'node:test';
import { Md5Threads, SLOT_BYTES, SLOTS, THREAD_BYTES_MIN } from './md5-threads.ts';

const md5Of = (bytes: Uint8Array) => createHash('md5').update(bytes).digest('hex');
const bytesOf = (length: number, seed: number) => Buffer.alloc(length, Buffer.from(`${seed} and more `));

describe('MD5 on threads of their own', () => {
  const threads = new Md5Threads(2);
  after(() => threads.close());

  async function through(bytes: Buffer, piece: number): Promise<string> {
    const md5 = threads.begin(bytes.length);
    for (let from = 0; from < bytes.length; from += piece)
      await md5.update(bytes.subarray(from, from + piece));
    return (await md5.digest()).toString('hex');
  }

  it('is that of the bytes, whatever pieces they come in', async () => {
    const bytes = bytesOf(THREAD_BYTES_MIN + 4_711, 1);
    for (const piece of [1_000, 65_536, SLOT_BYTES, SLOT_BYTES + 1, bytes.length])
      assert.equal(await through(bytes, piece), md5Of(bytes));
    for (const short of [0, 1, 100])
      assert.equal(await through(bytesOf(short, 2), 7), md5Of(bytesOf(short, 2)));
  });

  it('keeps many streams apart, more than there are slots', async () => {
    const streams = Array.from({ length: SLOTS * 3 }, (_, seed) => bytesOf(THREAD_BYTES_MIN + seed, seed));
    const found = await Promise.all(streams.map((bytes, index) => through(bytes, 10_000 + 97 * index)));
    assert.deepEqual(found, streams.map(md5Of));
  });

  it('goes on where streams were given up halfway, and holds nothing for them', async () => {
    for (let given = 0; given < SLOTS * 2; given++) {
      const md5 = threads.begin(THREAD_BYTES_MIN);
      await md5.update(bytesOf(SLOT_BYTES, given));
      md5.update(Buffer.alloc(10));
      md5.forget();
    }
    const bytes = bytesOf(THREAD_BYTES_MIN, 3);
    assert.equal(await through(bytes, 65_536), md5Of(bytes));
  });
});
