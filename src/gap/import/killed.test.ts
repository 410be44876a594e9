// A region that is killed while it receives, again and again, its last block torn: it copies one block again at most, and ends with what was signed.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { BLOCK_BYTES } from '../bundle/limits.ts';
import { openBundle } from '../bundle/source.ts';
import { startBundleWorld } from '../bundle/testing/bundle-world.ts';
import { metadataBytes } from '../bundle/tuf/metadata.ts';

const CHILD = join(import.meta.dirname, 'testing/receive-child.ts');
const KILLS = 5;
const SEED = 20_261_122;

/** Numbers from 0 up to below `end`, the same each time. */
function seeded(seed: number): (end: number) => number {
  let state = seed;
  return (end) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * end);
  };
}

test('killed at seeded points with the last block torn, it copies at most one block again each time, and ends whole', async (t) => {
  const world = await startBundleWorld(t);
  const bundle = await world.signed('seven', 'tar');
  const [root] = world.roots;
  assert.ok(root);
  await writeFile(world.path('root.json'), metadataBytes(root));
  const [folder, log] = [world.path('quarantine'), world.path('pieces')];
  const run = async (killAt: number) => {
    const child = spawn(
      process.execPath,
      [CHILD, bundle, folder, world.path('root.json'), log, String(killAt)],
      { stdio: 'inherit' },
    );
    const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
    return signal ?? code;
  };
  const next = seeded(SEED);
  for (let turn = 0; turn < KILLS; turn++) {
    assert.equal(await run(1 + next(4)), 'SIGKILL');
    await tearLast(join(folder, 'blobs/sha256'), next);
  }
  assert.equal(await run(0), 0);
  const pieces = (await readFile(log, 'utf8')).trim().split('\n');
  const source = await openBundle(bundle);
  await source.close();
  const distinct = new Set(pieces);
  // The largest blob has three blocks; every other file one, and two files are written from what was verified.
  const least = distinct.size + 2;
  assert.equal(distinct.size, source.entries.size - 2);
  assert.ok(pieces.length <= least + KILLS, `${pieces.length} pieces for ${least}`);
  assert.equal((await world.verify('quarantine')).version, 7);
});

/** What a power cut does to what was written last: cut at any byte, or zeros from there on. */
async function tearLast(blobs: string, next: (end: number) => number): Promise<void> {
  const name = (await readdir(blobs)).find((one) => one.endsWith('.part'));
  if (name === undefined) return;
  const file = await open(join(blobs, name), 'r+');
  try {
    const { size } = await file.stat();
    const torn = next((size % BLOCK_BYTES || Math.min(size, BLOCK_BYTES)) + 1);
    await file.truncate(size - torn);
    if (next(2) === 0) await file.truncate(size);
  } finally {
    await file.close();
  }
}
