// Bundles through the API: what came is kept, whatever breaks off, and goes on at the very next byte; nothing else than that byte is taken.
import assert from 'node:assert/strict';
import { open, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { REGION } from '#kernel/realm-id.ts';
import { MIB } from '../bundle/limits.ts';
import { BundleImport } from './import-kind.ts';
import { startImportWorld } from './testing/import-world.ts';
import { CHUNK_BYTES_MAX, OffsetError, Uploads } from './uploads.ts';

async function* body(...chunks: readonly (Uint8Array | Error)[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) {
    if (chunk instanceof Error) throw chunk;
    yield chunk;
  }
}

test('an upload that breaks off at any byte goes on at the next one, and is published like one from the inbox', async (t) => {
  const world = await startImportWorld(t);
  await world.trust();
  const bytes = await readFile(await world.bundles.signed('seven', 'tar'));
  const make = () =>
    world.test.realms.use(REGION, ({ resources }) =>
      resources.create(
        BundleImport,
        undefined,
        { metadata: { name: 'seven' }, spec: { upload: true } },
        world.test.context(REGION),
      ),
    );
  await make();
  const found = await world.test.realms.use(REGION, async ({ view }) =>
    view.get(BundleImport, { name: 'seven' }),
  );
  const uid = found?.metadata.uid ?? '';
  const waiting = await world.settle('seven');
  assert.deepEqual([waiting.phase, waiting.conditions?.[0]?.reason], ['Receiving', 'Uploading']);

  const { uploads } = world.store;
  let at = 0;
  for (const step of [1, 511, 65_536, 3 * MIB + 7]) {
    await assert.rejects(
      uploads.add(uid, at, body(bytes.subarray(at, at + step), new Error('cut')), true),
      /^Error: cut$/,
    );
    at += step;
    assert.deepEqual(await uploads.arrived(uid), { bytes: at, complete: false });
  }
  for (const wrong of [0, at - 1, at + 1]) {
    await assert.rejects(
      uploads.add(uid, wrong, body(bytes.subarray(wrong)), false),
      (error) => error instanceof OffsetError && error.bytes === at,
    );
  }
  for (; at < bytes.length; at += CHUNK_BYTES_MAX) {
    const chunk = bytes.subarray(at, at + CHUNK_BYTES_MAX);
    await uploads.add(uid, at, body(chunk), at + chunk.length === bytes.length);
  }
  assert.deepEqual(await uploads.arrived(uid), { bytes: bytes.length, complete: true });
  await world.test.realms.use(REGION, ({ resources }) =>
    resources.modify(
      BundleImport,
      { name: 'seven' },
      world.test.context(REGION),
      ({ status, ...rest }) => ({
        ...rest,
        ...(status === undefined ? {} : { status: { ...status, upload: { bytes: bytes.length } } }),
      }),
      { subresource: 'status' },
    ),
  );
  assert.equal((await world.settle('seven')).phase, 'AwaitingApproval');
  assert.deepEqual(await uploads.list(), []);
  assert.equal((await world.publish('seven')).phase, 'Published');
});

test('one request brings no more than its bound, and what came before that is kept', async (t) => {
  const { folders } = await startImportWorld(t);
  const uploads = new Uploads(folders.uploads);
  const piece = Buffer.alloc(MIB);
  const more = Array.from({ length: CHUNK_BYTES_MAX / MIB + 1 }, () => piece);
  await assert.rejects(uploads.add('u', 0, body(...more), true), /one request brings at most 16 MiB/);
  assert.deepEqual(await uploads.arrived('u'), { bytes: CHUNK_BYTES_MAX, complete: false });
  await uploads.discard('u');
  assert.deepEqual(await uploads.list(), []);
});

test('two requests never write into one upload at the same time', async (t) => {
  const { folders } = await startImportWorld(t);
  const uploads = new Uploads(folders.uploads);
  const gate = Promise.withResolvers<void>();
  async function* slow(): AsyncGenerator<Uint8Array> {
    await gate.promise;
    yield Buffer.from('a');
  }
  const first = uploads.add('u', 0, slow(), false);
  await assert.rejects(uploads.add('u', 0, body(Buffer.from('b')), false), /another request/);
  gate.resolve();
  assert.deepEqual(await first, { bytes: 1, complete: false });
});

test('what lies in quarantine by now takes no room in the upload any more', async (t) => {
  const { folders } = await startImportWorld(t);
  const uploads = new Uploads(folders.uploads);
  for (let at = 0; at < 4; at++) await uploads.add('u', at * MIB, body(Buffer.alloc(MIB, 1 + at)), at === 3);
  await uploads.giveBack('u', { from: MIB, to: 3 * MIB });
  const file = await open(join(folders.uploads, 'u'));
  t.after(() => file.close());
  const { blocks, size } = await stat(join(folders.uploads, 'u'));
  assert.deepEqual([size, blocks * 512 <= 2 * MIB + 65_536], [4 * MIB, true]);
  const kept = Buffer.alloc(2);
  await file.read(kept, 0, 1, 0);
  await file.read(kept, 1, 1, 3 * MIB);
  assert.deepEqual([...kept], [1, 4]);
});
