import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, describe, it } from 'node:test';
import { checksumOf } from '../s3/checksums/digest.ts';
import { HashThreads, SLOT_BYTES, SLOTS, THREAD_BYTES_MIN } from './hash-threads.ts';

const md5Of = (bytes: Uint8Array) => createHash('md5').update(bytes).digest('base64');
const crcOf = (bytes: Uint8Array) => checksumOf('CRC64NVME', bytes);
const hashesOf = (bytes: Uint8Array) => [md5Of(bytes), crcOf(bytes)];
const bytesOf = (length: number, seed: number) => Buffer.alloc(length, Buffer.from(`${seed} and more `));

describe('hashes on threads of their own', () => {
  const threads = new HashThreads(2);
  after(() => threads.close());

  async function through(bytes: Buffer, piece: number) {
    const hashes = threads.begin(new Set(['MD5', 'CRC64NVME']), bytes.length);
    for (let from = 0; from < bytes.length; from += piece)
      await hashes.update([bytes.subarray(from, from + piece)]);
    const all = await hashes.digest();
    return [all.get('MD5'), all.get('CRC64NVME')];
  }

  it('are those of the bytes, whatever pieces they come in', async () => {
    const bytes = bytesOf(THREAD_BYTES_MIN + 4_711, 1);
    for (const piece of [1_000, 65_536, SLOT_BYTES, SLOT_BYTES + 1, bytes.length])
      assert.deepEqual(await through(bytes, piece), hashesOf(bytes));
    for (const short of [0, 1, 100])
      assert.deepEqual(await through(bytesOf(short, 2), 7), hashesOf(bytesOf(short, 2)));
  });

  it('keep many streams apart, more than there are slots', async () => {
    const streams = Array.from({ length: SLOTS * 3 }, (_, seed) => bytesOf(THREAD_BYTES_MIN + seed, seed));
    const found = await Promise.all(streams.map((bytes, index) => through(bytes, 10_000 + 97 * index)));
    assert.deepEqual(found, streams.map(hashesOf));
  });

  it('go on where streams were given up halfway, and hold nothing for them', async () => {
    for (let given = 0; given < SLOTS * 2; given++) {
      const hashes = threads.begin(new Set(['MD5']), THREAD_BYTES_MIN);
      await hashes.update([bytesOf(SLOT_BYTES, given), Buffer.alloc(10)]);
      hashes.forget();
    }
    const bytes = bytesOf(THREAD_BYTES_MIN, 3);
    assert.deepEqual(await through(bytes, 65_536), hashesOf(bytes));
  });
});
