import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, open, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { crc32 } from 'node:zlib';
import { systemClock } from '#kernel/clock.ts';
import { type BlobBackend, DamagedBlobError } from '../backend.ts';
import { backendConformance, chunked, read } from '../testing/backend-conformance.ts';
import { filesystemBackend } from './backend.ts';
import { placeOf } from './ids.ts';

const folders: string[] = [];
async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'casemate-blobs-'));
  folders.push(folder);
  return folder;
}
after(async () => {
  for (const folder of folders) await rm(folder, { recursive: true });
});

backendConformance('a folder', async () =>
  filesystemBackend({ folder: await newFolder(), clock: systemClock }),
);

const openIn = (folder: string) => filesystemBackend({ folder, clock: systemClock });

async function faults(backend: BlobBackend): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for await (const { id, fault } of backend.scrub()) if (fault !== undefined) found.set(id, fault);
  return found;
}

async function flip(path: string, offset: number): Promise<void> {
  const handle = await open(path, 'r+');
  const byte = Buffer.alloc(1);
  await handle.read(byte, 0, 1, offset);
  byte[0] = (byte[0] ?? 0) ^ 0x10;
  await handle.write(byte, 0, 1, offset);
  await handle.close();
}

function pathOf(folder: string, id: string): { path: string; offset: number } {
  const place = placeOf(id);
  assert.ok(place);
  if (place.in === 'file')
    return { path: join(folder, 'files', place.name.slice(0, 2), place.name), offset: 0 };
  return { path: join(folder, 'packs', `${place.pack}.pack`), offset: place.offset };
}

/** As files were before: a CRC-32 a block. */
async function asBefore(path: string): Promise<void> {
  const bytes = await readFile(path);
  const size = Number(bytes.readBigUInt64BE(bytes.length - 20));
  const blocks = Array.from({ length: Math.ceil(size / 262_144) }, (_, index) => {
    const crc = Buffer.alloc(4);
    crc.writeUInt32BE(crc32(bytes.subarray(index * 262_144, Math.min(size, (index + 1) * 262_144))));
    return crc;
  });
  const foot = bytes.subarray(-24);
  foot.write('CMB1', 'latin1');
  const table = Buffer.concat(blocks);
  foot.writeUInt32BE(crc32(foot.subarray(0, 20), crc32(table)), 20);
  await writeFile(path, Buffer.concat([bytes.subarray(0, size), table, foot]));
}

test('a blob of before is read, and what the disk changed of it found', async () => {
  const folder = await newFolder();
  const backend = await openIn(folder);
  for (const size of [200_000, 262_144, 1_000_000]) {
    const bytes = randomBytes(size);
    const { id } = await backend.put(chunked(bytes, 40_000));
    const { path } = pathOf(folder, id);
    await asBefore(path);
    assert.ok((await read(backend, id)).equals(bytes));
    assert.ok((await read(backend, id, { from: 100, to: 150_000 })).equals(bytes.subarray(100, 150_000)));
    assert.equal((await faults(backend)).size, 0);
    await flip(path, size - 1);
    await assert.rejects(read(backend, id), DamagedBlobError);
    assert.deepEqual([...(await faults(backend)).keys()], [id]);
    await backend.delete([id]);
  }
  await backend.close();
});

describe('bytes that the disk changed', () => {
  let folder: string;
  let backend: BlobBackend;
  before(async () => {
    folder = await newFolder();
    backend = await openIn(folder);
  });
  after(() => backend.close());

  for (const [what, size] of [
    ['a large blob', 700_000],
    ['a small blob', 5_000],
  ] as const) {
    test(`are found in ${what} wherever they are, are named by the scrub, and never given out`, async () => {
      const bytes = randomBytes(size);
      const neighbours = await Promise.all([1, 2].map(() => backend.put(chunked(randomBytes(4_000)))));
      const { id } = await backend.put(chunked(bytes));
      const later = await backend.put(chunked(randomBytes(4_000)));
      const { path, offset } = pathOf(folder, id);
      const length = placeOf(id)?.in === 'file' ? (await stat(path)).size : size + 20;
      for (let step = 0; step < 40; step++) {
        const at = offset + Math.floor((step * (length - 1)) / 39);
        await flip(path, at);
        await assert.rejects(read(backend, id), DamagedBlobError, `byte ${at}`);
        const found = await faults(backend);
        assert.equal(found.size, 1, `byte ${at}: ${[...found]}`);
        for (const { id: other } of [...neighbours, later]) await read(backend, other);
        await flip(path, at);
      }
      assert.deepEqual(await read(backend, id), bytes);
      assert.equal((await faults(backend)).size, 0);
    });
  }

  test('of a range only the blocks that it touches matter', async () => {
    const bytes = randomBytes(1_000_000);
    const { id } = await backend.put(chunked(bytes));
    await flip(pathOf(folder, id).path, 900_000);
    assert.deepEqual(await read(backend, id, { from: 10, to: 500_000 }), bytes.subarray(10, 500_000));
    await assert.rejects(read(backend, id, { from: 850_000, to: 850_001 }), DamagedBlobError);
    await backend.delete([id]);
  });
});

describe('room', () => {
  test('of small blobs that were deleted is given back, and those that stay keep their names', async () => {
    const folder = await newFolder();
    const first = await openIn(folder);
    const all = Array.from({ length: 400 }, () => randomBytes(20_000));
    const ids = (await Promise.all(all.map((bytes) => first.put(chunked(bytes))))).map(({ id }) => id);
    // Only what nobody writes to any more is made anew.
    await first.close();
    const backend = await openIn(folder);
    const used = async () => {
      const packs = await readdir(join(folder, 'packs'));
      const stats = await Promise.all(packs.map((name) => stat(join(folder, 'packs', name))));
      return stats.reduce((sum, { blocks }) => sum + blocks * 512, 0);
    };
    const full = await used();
    await backend.delete(ids.filter((_, at) => at % 4 !== 0));
    assert.ok((await used()) < 0.35 * full);
    for (const [at, id] of ids.entries())
      if (at % 4 === 0) assert.deepEqual(await read(backend, id), all[at]);
    // Once more, of what is left; and again after a restart that forgot what was counted.
    await backend.delete(ids.filter((_, at) => at % 4 === 0 && at > 40));
    for (const [at, id] of ids.entries())
      if (at % 4 === 0 && at <= 40) assert.deepEqual(await read(backend, id), all[at]);
    await backend.delete(ids);
    assert.deepEqual(await readdir(join(folder, 'packs')), []);
    await backend.close();
  });

  test('a pack with damage in it is made anew without losing what comes after', async () => {
    const folder = await newFolder();
    const first = await openIn(folder);
    const all = Array.from({ length: 40 }, () => randomBytes(10_000));
    const ids = (await Promise.all(all.map((bytes) => first.put(chunked(bytes))))).map(({ id }) => id);
    await first.close();
    // The head of the 21st: how long it is, is not known any more.
    const { path, offset } = pathOf(folder, ids[20] ?? '');
    await flip(path, offset + 5);
    const backend = await openIn(folder);
    assert.equal((await faults(backend)).size, 1);
    await backend.delete(ids.slice(0, 15));
    await backend.delete(ids.slice(25, 38));
    assert.deepEqual(await read(backend, ids[16] ?? ''), all[16]);
    assert.deepEqual(await read(backend, ids[24] ?? ''), all[24]);
    assert.deepEqual(await read(backend, ids[39] ?? ''), all[39]);
    await assert.rejects(read(backend, ids[20] ?? ''), DamagedBlobError);
    await backend.close();
  });

  test('what an earlier process left half done is removed at the next start', async () => {
    const folder = await newFolder();
    const first = await openIn(folder);
    const { id } = await first.put(chunked(randomBytes(9_000)));
    await first.close();
    await writeFile(join(folder, 'incoming', 'a'.repeat(32)), 'half');
    await writeFile(join(folder, 'packs', `${'b'.repeat(16)}.new`), 'half');
    const { path } = pathOf(folder, id);
    // A write that was cut off: a whole head, and less than it says.
    const whole = await readFile(path);
    await writeFile(path, Buffer.concat([whole, whole.subarray(0, 5_000)]));
    const backend = await openIn(folder);
    assert.deepEqual(await readdir(join(folder, 'incoming')), []);
    assert.equal((await readdir(join(folder, 'packs'))).length, 1);
    assert.equal((await read(backend, id)).length, 9_000);
    assert.equal((await faults(backend)).size, 0);
    await backend.close();
  });
});
