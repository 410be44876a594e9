/** How test files share the machine. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sortTestFiles } from './discover.ts';

const PATHS = [
  'test/air-gap.test.ts',
  'test/keys/sealed-region.test.ts',
  'test/keys/erasure.test.ts',
  'test/correctness/simulation.long.test.ts',
  'test/support/region.ts',
  'src/engines/incus/incus.test.ts',
  'src/engines/incus/incus.ts',
  'src/engines/nftables/packets.test.ts',
  'src/kernel/log/leaf.test.ts',
  'content/node_modules/somebody/else.test.ts',
  'bench/suite.test.ts',
];

test('what watches the machine has it to itself, what listens for silence has it with its like, what starts servers of its own shares it, whole regions first', () => {
  assert.deepEqual(sortTestFiles(PATHS, {}), {
    together: ['bench/suite.test.ts', 'src/kernel/log/leaf.test.ts'],
    sharing: [
      'test/keys/sealed-region.test.ts',
      'test/keys/erasure.test.ts',
      'src/engines/incus/incus.test.ts',
    ],
    quiet: ['src/engines/nftables/packets.test.ts'],
    alone: ['test/air-gap.test.ts'],
  });
});

test('a test of the whole that nobody placed runs alone', () => {
  const { alone } = sortTestFiles(['test/new/anything.test.ts'], {});
  assert.deepEqual(alone, ['test/new/anything.test.ts']);
});

test('long tests run when they are asked for, and alone', () => {
  const { alone, sharing } = sortTestFiles(PATHS, { only: 'correctness', long: true });
  assert.deepEqual({ alone, sharing }, { alone: ['test/correctness/simulation.long.test.ts'], sharing: [] });
});
