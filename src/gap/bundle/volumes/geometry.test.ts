// Where blocks stand, for any file and any parameters: nothing twice, nothing left out, and a burst takes little of each group.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FRAME_BYTES } from './frame.ts';
import { Geometry, parametersFor, volumesThatMayBeLost } from './geometry.ts';
import { FILE_BYTES_MAX, GROUP_BLOCKS_MAX, SPARE_BLOCKS, VOLUME_BLOCK_BYTES } from './limits.ts';

const RUNS = { numRuns: 300, seed: 20_261_122 };
const sizes = fc.oneof(
  fc.integer({ min: 1, max: 40 * VOLUME_BLOCK_BYTES }),
  fc.integer({ min: 1, max: 5 * GROUP_BLOCKS_MAX * VOLUME_BLOCK_BYTES }),
);
const parities = fc.integer({ min: 0, max: 100 });

function geometryOf(size: number, parity: number, perVolume?: number): Geometry {
  const geometry = Geometry.of(parametersFor(size, parity, perVolume));
  assert.ok(geometry);
  return geometry;
}

test('each position has one place in one group and stands in one volume, whatever the size, the parity and the volumes', () => {
  fc.assert(
    fc.property(sizes, parities, fc.integer({ min: 20, max: 4_000 }), (size, parity, perVolume) => {
      const geometry = geometryOf(size, parity, perVolume);
      const { blocks, groups, positions, parameters } = geometry;
      let own = 0;
      for (let group = 0; group < groups; group++) {
        assert.ok(geometry.sourceBlocks(group) <= GROUP_BLOCKS_MAX && geometry.sourceBlocks(group) > 0);
        own += geometry.sourceBlocks(group);
      }
      assert.equal(own, blocks);
      assert.equal(positions, blocks + groups * parameters.repair);
      for (const position of [0, 1, blocks - 1, blocks, positions - 1].filter((one) => one < positions)) {
        const place = geometry.placeOf(position);
        assert.equal(geometry.positionOf(place), position);
        assert.equal(place.symbol < geometry.sourceBlocks(place.group), position < blocks);
        const volume = geometry.volumeOf(position);
        assert.ok(geometry.firstOf(volume) <= position && position < geometry.endOf(volume));
      }
      assert.ok(geometry.volumePositions <= perVolume);
      assert.equal(geometry.endOf(parameters.volumes), positions);
      assert.ok(geometry.firstOf(parameters.volumes) < positions);
    }),
    RUNS,
  );
});

test('a burst of the share that was asked for, anywhere, leaves each group enough', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 200 * VOLUME_BLOCK_BYTES, max: 5 * GROUP_BLOCKS_MAX * VOLUME_BLOCK_BYTES }),
      fc.integer({ min: 5, max: 50 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (size, parity, where) => {
        const geometry = geometryOf(size, parity);
        // Of all blocks, repair blocks among them, half of the share: what 10 % of parity promises is 5 %.
        const burst = Math.floor((geometry.positions * parity) / 200);
        const first = Math.floor(where * (geometry.positions - burst));
        const lost = new Map<number, number>();
        for (let position = first; position < first + burst; position++) {
          const { group } = geometry.placeOf(position);
          lost.set(group, (lost.get(group) ?? 0) + 1);
        }
        for (const count of lost.values()) assert.ok(count <= geometry.parameters.repair - SPARE_BLOCKS);
      },
    ),
    RUNS,
  );
});

test('as many volumes as it says may be lost, whichever they are', () => {
  fc.assert(
    fc.property(sizes, parities, fc.integer({ min: 20, max: 2_000 }), (size, parity, perVolume) => {
      const geometry = geometryOf(size, parity, perVolume);
      const most = geometry.parameters.repair - SPARE_BLOCKS;
      const worst = Array.from({ length: geometry.groups }, () => [] as number[]);
      for (let volume = 1; volume <= geometry.parameters.volumes; volume++) {
        const lost = new Array<number>(geometry.groups).fill(0);
        for (let position = geometry.firstOf(volume); position < geometry.endOf(volume); position++) {
          const { group } = geometry.placeOf(position);
          lost[group] = (lost[group] ?? 0) + 1;
        }
        for (const [group, count] of lost.entries()) worst[group]?.push(count);
      }
      const may = volumesThatMayBeLost(geometry);
      for (const counts of worst) {
        const together = counts.toSorted((a, b) => b - a).slice(0, may);
        assert.ok(together.reduce((sum, count) => sum + count, 0) <= Math.max(0, most));
      }
    }),
    { ...RUNS, numRuns: 60 },
  );
});

test('what no set can be made of is refused: no bytes, too many, too much parity, too many volumes, volumes without room', () => {
  assert.throws(() => parametersFor(0, 10), /a file of 0 bytes cannot be split/);
  assert.throws(() => parametersFor(FILE_BYTES_MAX + 1, 10), /cannot be split/);
  assert.throws(() => parametersFor(1, 101), /not between 0 and 100/);
  assert.throws(() => parametersFor(1, Number.NaN), /not between 0 and 100/);
  assert.throws(() => parametersFor(1e9, 10, 1), /would be .* volumes; the most is 999: make them larger/);
  assert.throws(
    () => parametersFor(1e9, 10, Math.floor((FRAME_BYTES - 1) / FRAME_BYTES)),
    /not even one block/,
  );
  for (const bad of [
    { size: -1, repair: 0, volumes: 1 },
    { size: 1.5, repair: 0, volumes: 1 },
    { size: 2 ** 53, repair: 0, volumes: 1 },
    { size: 1, repair: 2 ** 32, volumes: 1 },
    { size: 1, repair: 0, volumes: 0 },
    { size: 1, repair: 0, volumes: 2 },
  ])
    assert.equal(Geometry.of(bad), undefined, JSON.stringify(bad));
});
