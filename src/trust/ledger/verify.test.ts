import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { signCheckpoint } from '#kernel/log/checkpoint.ts';
import { encodeLeaf, type Leaf } from '#kernel/log/leaf.ts';
import { leafHash } from '#kernel/log/merkle.ts';
import { decodeEntryBundle, encodeEntryBundle } from '#kernel/log/tile.ts';
import { directorySource } from './source.ts';
import {
  encodeAll,
  logFiles,
  memorySource,
  TEST_ORIGIN,
  testLeaves,
  testSigner,
  vkeyOf,
} from './test-log.ts';
import { verifyLog } from './verify.ts';

const SIZE = 700;
const signer = testSigner();
const vkey = vkeyOf(signer);
const leaves = testLeaves(signer, SIZE);
const entries = encodeAll(leaves);
const whole = logFiles(signer, entries, [2, 256, 300, 600]);

/** The log's files with some replaced. */
const tampered = (changes: Record<string, Buffer | undefined>) => {
  const files = new Map(whole);
  for (const [path, bytes] of Object.entries(changes)) {
    if (bytes) files.set(path, bytes);
    else files.delete(path);
  }
  return memorySource(files);
};

const file = (path: string): Buffer => whole.get(path) ?? assert.fail(`no ${path}`);
const entry = (index: number): Buffer => entries[index] ?? assert.fail(`no entry ${index}`);

/** The second bundle (leaves 256–511) with its entries changed. */
function secondBundle(change: (list: Buffer[]) => Buffer[]): Record<string, Buffer> {
  return { 'tile/entries/001': encodeEntryBundle(change(decodeEntryBundle(file('tile/entries/001'), 256))) };
}

/** A leaf like the one at `index`, by another actor. */
const forged = (index: number): Buffer => encodeLeaf({ ...leaves[index], actor: 'mallory' } as Leaf);

test('a log that nobody touched verifies, and the report says what is in it', async () => {
  const report = await verifyLog(memorySource(whole), vkey);
  assert.deepEqual(report.problems, []);
  assert.equal(report.origin, TEST_ORIGIN);
  assert.equal(report.size, SIZE);
  assert.equal(report.verifiedLeaves, SIZE);
  assert.equal(report.verifiedCheckpoints, 5);
  assert.deepEqual(report.types, { genesis: 1, key: 1, change: SIZE - 2 });
  assert.equal(report.firstTime, '2026-11-21T00:00:00.000Z');
  assert.equal(report.lastTime, '2026-11-21T00:00:00.699Z');
  assert.equal(report.clockSteps, 0);
});

test('logs of every awkward size verify, with worker threads too', async () => {
  for (const size of [2, 3, 255, 256, 257, 512, 513]) {
    const files = logFiles(signer, entries.slice(0, size), [1]);
    assert.deepEqual((await verifyLog(memorySource(files), vkey)).problems, [], `${size} leaves`);
  }
  const threaded = await verifyLog(memorySource(whole), vkey, { threads: 2 });
  assert.deepEqual(threaded, await verifyLog(memorySource(whole), vkey, { threads: 0 }));
});

test('a log copied into a folder verifies from there', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'casemate-ledger-'));
  t.after(() => rm(folder, { recursive: true }));
  for (const [path, bytes] of whole) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), bytes);
  }
  assert.deepEqual((await verifyLog(directorySource(folder), vkey)).problems, []);
});

test('a leaf that was changed is named', async () => {
  const source = tampered(secondBundle((list) => list.with(300 - 256, forged(300))));
  const { problems, verifiedCheckpoints } = await verifyLog(source, vkey);
  assert.deepEqual(problems, [
    {
      code: 'LEAF_CHANGED',
      leaf: 300,
      message:
        "leaf 300 was changed: in its place is an entry that was never logged there, with another hash than the tree's",
    },
  ]);
  // The tile still holds what was signed, so every checkpoint is confirmed.
  assert.equal(verifiedCheckpoints, 5);
});

test('a leaf changed together with its tile is found between two checkpoints', async () => {
  const tile = Buffer.from(file('tile/0/001'));
  tile.set(leafHash(forged(400)), (400 - 256) * 32);
  const source = tampered({
    ...secondBundle((list) => list.with(400 - 256, forged(400))),
    'tile/0/001': tile,
  });
  const { problems } = await verifyLog(source, vkey);
  assert.deepEqual(
    problems.map(({ code, size, tile }) => ({ code, at: size ?? tile })),
    [
      { code: 'TILE_CHANGED', at: 'tile/1/000.p/2' },
      { code: 'CHECKPOINT_ROOT', at: 600 },
      { code: 'CHECKPOINT_ROOT', at: 700 },
    ],
  );
  assert.match(problems[0]?.message ?? '', /is not that of leaves 256 to 511$/);
  assert.match(problems[1]?.message ?? '', /^stored checkpoint 4 of 5 .* a leaf from 300 to 599 was changed/);
});

test('a leaf that was deleted is named, and those after it are not blamed', async () => {
  const { problems } = await verifyLog(tampered(secondBundle((list) => list.toSpliced(7, 1))), vkey);
  assert.deepEqual(problems, [
    { code: 'LEAF_MISSING', leaf: 263, message: 'leaf 263 is missing from its bundle' },
  ]);
});

test('the last leaf of the log that was cut off is named', async () => {
  const path = 'tile/entries/002.p/188';
  const { problems } = await verifyLog(tampered({ [path]: file(path).subarray(0, -1) }), vkey);
  assert.deepEqual(
    problems.map(({ code, leaf }) => ({ code, leaf })),
    [{ code: 'LEAF_MISSING', leaf: 699 }],
  );
});

test('two leaves that were swapped are both named', async () => {
  const source = tampered(secondBundle((list) => list.with(10, entry(256 + 20)).with(20, entry(256 + 10))));
  const { problems } = await verifyLog(source, vkey);
  assert.deepEqual(
    problems.map(({ code, leaf }) => ({ code, leaf })),
    [
      { code: 'LEAF_MISPLACED', leaf: 266 },
      { code: 'LEAF_CHANGED', leaf: 266 },
      { code: 'LEAF_MISPLACED', leaf: 276 },
      { code: 'LEAF_CHANGED', leaf: 276 },
    ],
  );
  assert.match(problems[1]?.message ?? '', /in its place is the entry of leaf 276/);
});

test('a leaf that is missing from its bundle and from the hashes, as from one table, is named', async () => {
  const bundle = Buffer.concat(
    entries
      .slice(256, 512)
      .toSpliced(7, 1)
      .flatMap((entry) => {
        const length = Buffer.alloc(2);
        length.writeUInt16BE(entry.length);
        return [length, entry];
      }),
  );
  const hashes = file('tile/0/001');
  const { problems } = await verifyLog(
    tampered({
      'tile/entries/001': bundle,
      'tile/0/001': Buffer.concat([hashes.subarray(0, 7 * 32), hashes.subarray(8 * 32)]),
    }),
    vkey,
  );
  assert.deepEqual(
    problems.map(({ code, leaf, tile }) => ({ code, leaf, tile })),
    [
      { code: 'TILE_UNREADABLE', leaf: undefined, tile: 'tile/0/001' },
      { code: 'TILE_UNREADABLE', leaf: 256, tile: undefined },
      { code: 'LEAF_MISSING', leaf: 263, tile: undefined },
    ],
  );
});

test('a changed tile of hashes is told from a changed leaf', async () => {
  const tile = Buffer.from(file('tile/0/001'));
  tile.writeUInt8(tile.readUInt8(32 * 3) ^ 1, 32 * 3);
  const { problems } = await verifyLog(tampered({ 'tile/0/001': tile }), vkey);
  assert.deepEqual(problems, [
    {
      code: 'TILE_CHANGED',
      leaf: 259,
      message: 'the tile of leaf hashes was changed at leaf 259; the leaf itself is as it was signed',
    },
  ]);
});

test('a changed tile higher up is named with the leaves it covers', async () => {
  const tile = Buffer.from(file('tile/1/000.p/2'));
  tile.writeUInt8(tile.readUInt8(40) ^ 1, 40);
  const { problems } = await verifyLog(tampered({ 'tile/1/000.p/2': tile }), vkey);
  assert.deepEqual(
    problems.map(({ code, tile, message }) => ({ code, tile, message })),
    [
      {
        code: 'TILE_CHANGED',
        tile: 'tile/1/000.p/2',
        message: 'tile/1/000.p/2: its hash 1 is not that of leaves 256 to 511',
      },
    ],
  );
});

test('a log rolled back to an older state is found by a checkpoint that somebody kept', async () => {
  const older = memorySource(logFiles(signer, entries.slice(0, 300), [2, 256]));
  assert.deepEqual((await verifyLog(older, vkey)).problems, []);
  const { problems } = await verifyLog(older, vkey, { known: [file('checkpoint').toString()] });
  assert.deepEqual(
    problems.map(({ code, size }) => ({ code, size })),
    [{ code: 'ROLLED_BACK', size: 700 }],
  );
});

test('a log that was rolled back and grew again otherwise is found by a checkpoint that somebody kept', async () => {
  const other = encodeAll(testLeaves(signer, 800, 'other'));
  const source = memorySource(logFiles(signer, other, [700]));
  assert.deepEqual((await verifyLog(source, vkey)).problems, []);
  const { problems } = await verifyLog(source, vkey, { known: [file('checkpoint').toString()] });
  assert.deepEqual(
    problems.map(({ code, size }) => ({ code, size })),
    [
      { code: 'FORKED', size: 700 },
      { code: 'CHECKPOINT_ROOT', size: 700 },
    ],
  );
});

test('a stored checkpoint that was changed, or signed by somebody else, is named', async () => {
  const notes = file('checkpoints').toString();
  const changed = await verifyLog(
    tampered({ checkpoints: Buffer.from(notes.replace('\n300\n', '\n301\n')) }),
    vkey,
  );
  assert.deepEqual(changed.problems, [
    {
      code: 'CHECKPOINT_INVALID',
      message: `stored checkpoint 3 of 5: the signature of ${TEST_ORIGIN} does not fit the text`,
    },
  ]);
  const alien = signCheckpoint(testSigner(), 9, leafHash(Buffer.of()));
  const added = await verifyLog(tampered({ checkpoints: Buffer.from(`${notes}\n${alien}`) }), vkey);
  assert.equal(added.problems.length, 1);
  assert.match(added.problems[0]?.message ?? '', /^stored checkpoint 6 of 6: not signed by/);
});

test('checkpoints out of order are found', async () => {
  const notes = file('checkpoints')
    .toString()
    .split(/\n(?=lux-1)/);
  const { problems } = await verifyLog(
    tampered({ checkpoints: Buffer.from(notes.toReversed().join('\n')) }),
    vkey,
  );
  assert.deepEqual(
    problems.map(({ code, size }) => ({ code, size })),
    [600, 300, 256, 2].map((size) => ({ code: 'CHECKPOINT_ORDER', size })),
  );
});

test('what the log cannot give is named, and the rest is still verified', async () => {
  const missing = await verifyLog(tampered({ 'tile/entries/001': undefined }), vkey);
  assert.equal(missing.verifiedCheckpoints, 5);
  assert.deepEqual(missing.problems, [
    {
      code: 'TILE_UNREADABLE',
      tile: 'tile/entries/001',
      message: 'tile/entries/001: the log does not have it',
    },
  ]);
  const both = await verifyLog(tampered({ 'tile/entries/001': undefined, 'tile/0/001': undefined }), vkey);
  assert.equal(both.verifiedLeaves, 256);
  assert.equal(both.problemCount, 3);
});

test('a partial tile that is gone is read from the full one', async () => {
  const files = new Map(logFiles(signer, entries.slice(0, 300)));
  for (const [path] of files) if (path.includes('001.p/')) files.delete(path);
  files.set('tile/entries/001', file('tile/entries/001')).set('tile/0/001', file('tile/0/001'));
  assert.deepEqual((await verifyLog(memorySource(files), vkey)).problems, []);
});

test('leaves that do not belong are found although the log signed them', async () => {
  const strange = entries
    .with(1, encodeAll([{ ...testLeaves(testSigner(), 2)[1], index: 1 } as Leaf])[0] ?? Buffer.of())
    .with(5, Buffer.from('not a leaf'))
    .with(6, encodeAll([{ ...leaves[0], index: 6 } as Leaf])[0] ?? Buffer.of());
  const { problems } = await verifyLog(memorySource(logFiles(signer, strange)), vkey);
  assert.deepEqual(
    problems.map(({ code, leaf }) => ({ code, leaf })),
    [
      { code: 'LEAF_UNEXPECTED', leaf: 1 },
      { code: 'LEAF_MALFORMED', leaf: 5 },
      { code: 'LEAF_UNEXPECTED', leaf: 6 },
    ],
  );
});

test('a log whose current checkpoint is not signed by the key cannot be verified at all', async () => {
  await assert.rejects(verifyLog(memorySource(whole), vkeyOf(testSigner())), { code: 'UNKNOWN_KEY' });
  await assert.rejects(verifyLog(tampered({ checkpoint: undefined }), vkey), {
    message: 'the log has no checkpoint',
  });
});
