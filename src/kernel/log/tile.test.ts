import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  decodeEntryBundle,
  encodeEntryBundle,
  hashesAtLevel,
  parseTilePath,
  tilePath,
  tilesAtLevel,
  tileWidth,
} from './tile.ts';

// The same examples at every run.
fc.configureGlobal({ seed: 20_261_121 });

test('tiles are named as the standard names them', () => {
  assert.equal(tilePath({ level: 0, index: 1_234_067, width: 256 }), 'tile/0/x001/x234/067');
  assert.equal(tilePath({ level: 0, index: 0, width: 256 }), 'tile/0/000');
  assert.equal(tilePath({ level: 1, index: 999, width: 1 }), 'tile/1/999.p/1');
  assert.equal(tilePath({ level: 'entries', index: 1000, width: 255 }), 'tile/entries/x001/000.p/255');
});

test('a name read back is the tile it was written for', () => {
  const tile = fc.record(
    {
      level: fc.oneof(fc.constant<'entries'>('entries'), fc.integer({ min: 0, max: 63 })),
      index: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
      width: fc.integer({ min: 1, max: 256 }),
    },
    { noNullPrototype: true },
  );
  fc.assert(fc.property(tile, (one) => assert.deepEqual(parseTilePath(tilePath(one)), one)));
});

test('a tile has one name only; anything else names nothing', () => {
  for (const path of [
    'tile/00/000',
    'tile/64/000',
    'tile/0/00',
    'tile/0/0000',
    'tile/0/x000/001',
    'tile/0/001/002',
    'tile/0/000.p/0',
    'tile/0/000.p/256',
    'tile/0/000.p/01',
    'tile/0/x999/x999/x999/x999/x999/999',
    'tile/0/000/',
    '/tile/0/000',
    'tile/data/000',
    'checkpoint',
    '',
  ]) {
    assert.equal(parseTilePath(path), undefined, path);
  }
});

test('the tree of 70,000 leaves has the tiles that the standard says', () => {
  const widths = (level: number) => [...tilesAtLevel(70_000, level)].map((tile) => tile.width);
  assert.deepEqual(widths(0), [...Array(273).fill(256), 112]);
  assert.deepEqual(widths(1), [256, 17]);
  assert.deepEqual(widths(2), [1]);
  assert.deepEqual(widths(3), []);
  assert.equal(tileWidth(256, 0, 0), 256);
  assert.equal(tileWidth(256, 1, 0), 1);
  assert.equal(tileWidth(256, 0, 1), 0);
  assert.equal(hashesAtLevel(65_536, 2), 1);
});

test('entries come out of a bundle as they went in', () => {
  const entries = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 256 });
  fc.assert(
    fc.property(entries, (all) => {
      const decoded = decodeEntryBundle(encodeEntryBundle(all), all.length);
      assert.deepEqual(
        decoded.map((entry) => [...entry]),
        all.map((entry) => [...entry]),
      );
    }),
  );
});

test('a bundle that is cut off, too long or holds another number of entries is refused', () => {
  const bundle = encodeEntryBundle([Buffer.from('one'), Buffer.from('three')]);
  assert.throws(() => decodeEntryBundle(bundle.subarray(0, -1), 2), {
    code: 'MALFORMED_TILE',
    message: 'entry 1 of the bundle is cut off at byte 5',
  });
  assert.throws(() => decodeEntryBundle(bundle.subarray(0, 6), 2), { code: 'MALFORMED_TILE' });
  assert.throws(() => decodeEntryBundle(bundle, 1), {
    message: 'the bundle holds 1 entries and 7 bytes more; expected 1 entries',
  });
  assert.throws(() => decodeEntryBundle(bundle, 3), { code: 'MALFORMED_TILE' });
  assert.throws(() => encodeEntryBundle([Buffer.alloc(65_536)]), { code: 'OUT_OF_RANGE' });
});
