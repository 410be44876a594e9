import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { checkReceipt, formatProof, parseProof, proveInclusion } from './receipt.ts';
import {
  encodeAll,
  logFiles,
  memorySource,
  TEST_ORIGIN,
  testLeaves,
  testSigner,
  vkeyOf,
} from './test-log.ts';

// The same examples at every run.
fc.configureGlobal({ seed: 20_261_121 });

const SIZE = 300;
const signer = testSigner();
const vkey = vkeyOf(signer);
const leaves = testLeaves(signer, SIZE);
const source = memorySource(logFiles(signer, encodeAll(leaves)));

test('the receipt of any leaf is checked with nothing but the key', async () => {
  for (const index of [0, 1, 2, 255, 256, 299]) {
    const receipt = await proveInclusion(source, vkey, index);
    const { checkpoint, leaf } = checkReceipt(receipt, vkey);
    assert.deepEqual(leaf, leaves[index]);
    assert.equal(checkpoint.origin, TEST_ORIGIN);
    assert.equal(checkpoint.size, SIZE);
  }
});

test('a receipt is a tlog-proof as the standard lays it out, the leaf in its extra line', async () => {
  const receipt = await proveInclusion(source, vkey, 299);
  const lines = receipt.split('\n');
  assert.equal(lines[0], 'c2sp.org/tlog-proof@v1');
  assert.equal(lines[1], `extra ${encodeAll(leaves)[299]?.toString('base64')}`);
  assert.equal(lines[2], 'index 299');
  assert.ok(receipt.endsWith(`\n\n${Buffer.from((await source.read('checkpoint')) ?? []).toString()}`));
  assert.equal(formatProof(parseProof(receipt)), receipt);
});

test('a receipt with any character changed is refused', async () => {
  const receipt = await proveInclusion(source, vkey, 123);
  fc.assert(
    fc.property(fc.nat({ max: receipt.length - 1 }), fc.integer({ min: 33, max: 126 }), (at, code) => {
      const changed = receipt.slice(0, at) + String.fromCharCode(code) + receipt.slice(at + 1);
      if (changed !== receipt) assert.throws(() => checkReceipt(changed, vkey), { name: 'LogError' });
    }),
    { numRuns: 500 },
  );
});

test('a receipt proves its own leaf and no other', async () => {
  const receipt = await proveInclusion(source, vkey, 123);
  const entries = encodeAll(leaves);
  assert.equal(checkReceipt(receipt, vkey, entries[123]).leaf.index, 123);
  assert.throws(() => checkReceipt(receipt, vkey, entries[124]), {
    message: `the leaf is not proven to be at index 123 of the 300 leaves that ${TEST_ORIGIN} signed`,
  });
  assert.throws(() => checkReceipt(receipt, vkeyOf(testSigner())), { code: 'UNKNOWN_KEY' });
});

test('without its extra line a receipt needs the leaf beside it', async () => {
  const { extra, ...bare } = parseProof(await proveInclusion(source, vkey, 7));
  const receipt = formatProof(bare);
  assert.equal(checkReceipt(receipt, vkey, extra).leaf.index, 7);
  assert.throws(() => checkReceipt(receipt, vkey), { message: /give the leaf beside it/ });
});

test('a leaf that the signed log does not have cannot be proven', async () => {
  await assert.rejects(proveInclusion(source, vkey, 300), {
    code: 'OUT_OF_RANGE',
    message: 'index: the signed log has leaves 0 to 299, not 300',
  });
});

test('a log that serves something else than it signed gives no receipt', async () => {
  const files = logFiles(signer, encodeAll(leaves));
  const tile = files.get('tile/0/000') ?? Buffer.of();
  tile.writeUInt8(tile.readUInt8(32) ^ 1, 32);
  await assert.rejects(proveInclusion(memorySource(files), vkey, 0), { code: 'MALFORMED_PROOF' });
});

test('what is no receipt is refused with what is wrong', () => {
  const refused = (text: string, message: RegExp) =>
    assert.throws(() => parseProof(text), { code: 'MALFORMED_PROOF', message });
  refused('', /first line/);
  refused('c2sp.org/tlog-proof@v1\nindex 1\n', /first line/);
  refused('c2sp.org/tlog-proof@v1\nindex 01\n\nx', /index <number>/);
  refused('c2sp.org/tlog-proof@v1\nindex 1\nAAAA\n\nx', /^hash 1: not 32 bytes/);
  refused('c2sp.org/tlog-proof@v1\nindex 1\n!\n\nx', /^hash 1: not base64/);
  refused(`c2sp.org/tlog-proof@v1\nindex 1\n${'AAAA\n'.repeat(65)}\nx`, /more than 64/);
  refused('x'.repeat(500_000), /longer than/);
});
