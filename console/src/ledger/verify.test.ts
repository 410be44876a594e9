/** Held against the region's own log code: what it signs is verified here, what it proves is what is proven here, and nothing else is. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bodyDigest, encodeLeaf } from '../../../src/kernel/log/leaf.ts';
import { encodePersonal, personalDigest } from '../../../src/kernel/log/personal.ts';
import { checkReceipt, proveInclusion } from '../../../src/trust/ledger/receipt.ts';
import {
  encodeAll,
  logFiles,
  memorySource,
  testLeaves,
  testSigner,
  vkeyOf,
} from '../../../src/trust/ledger/test-log.ts';
import type { Bytes } from './bytes.ts';
import type { LogSource } from './proof.ts';
import { recall } from './remembered.ts';
import { type LogPlace, trustPaper } from './trusted-keys.ts';
import { type LeafClaim, verifyLeaf } from './verify.ts';

const SIZE = 700;
const signer = testSigner();
const vkey = vkeyOf(signer);
const entries = encodeAll(testLeaves(signer, SIZE));
const files = logFiles(signer, entries);

const bytesOf = (buffer: Buffer | undefined): Bytes => Uint8Array.from(buffer ?? []);

function storage() {
  const kept = new Map<string, string>();
  return {
    getItem: (name: string) => kept.get(name) ?? null,
    setItem: (name: string, value: string) => void kept.set(name, value),
  };
}

function placeOf(from: ReadonlyMap<string, Buffer>, memory = storage()): LogPlace {
  const source: LogSource = {
    read: async (path) => (from.has(path) ? bytesOf(from.get(path)) : undefined),
  };
  return { source, memory, prefix: '/orgs/ministry', log: 'changes', now: () => '2026-11-22T00:00:00Z' };
}

const claimOf = (index: number): LeafClaim => ({ index, bytes: bytesOf(entries[index]) });
const badOf = (verdict: Awaited<ReturnType<typeof verifyLeaf>>) =>
  verdict.steps.flatMap(({ name, error }) => (error === undefined ? [] : [`${name}: ${error.problem}`]));

/** The files, with one byte of one of them changed. */
function tampered(path: string, at: number): Map<string, Buffer> {
  const changed = new Map(files);
  const bytes = Buffer.from(files.get(path) ?? []);
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  return changed.set(path, bytes);
}

test('every leaf is verified, and its receipt is to the byte the one that the region’s own program makes', async () => {
  for (const index of [0, 1, 2, 255, 256, 511, 512, 698, 699]) {
    const verdict = await verifyLeaf(placeOf(files), claimOf(index));
    assert.deepEqual(badOf(verdict), [], `leaf ${index}`);
    assert.equal(verdict.isVerified, true);
    assert.equal(verdict.receipt, await proveInclusion(memorySource(files), vkey, index));
    assert.equal(checkReceipt(verdict.receipt ?? '', vkey).leaf.index, index);
  }
});

test('logs of every size up to some hundred verify at both ends', async () => {
  for (const size of [1, 2, 3, 7, 8, 255, 256, 257, 513]) {
    const place = placeOf(logFiles(signer, entries.slice(0, size)));
    for (const index of [0, size - 1])
      assert.equal((await verifyLeaf(place, claimOf(index))).isVerified, true, `leaf ${index} of ${size}`);
  }
});

test('one bit changed in a tile, the leaf, the checkpoint, its signature or the key is found out', async () => {
  const found = async (from: ReadonlyMap<string, Buffer>, claim = claimOf(300)) => {
    const verdict = await verifyLeaf(placeOf(from), claim);
    assert.equal(verdict.isVerified, false);
    assert.equal(verdict.receipt, undefined);
    return badOf(verdict);
  };
  assert.deepEqual(await found(tampered('tile/0/001', 32 * 45)), ['inclusion: not-included']);
  assert.deepEqual(await found(tampered('tile/0/000', 0), claimOf(1)), ['inclusion: not-included']);
  const changed = bytesOf(entries[300]);
  changed[changed.length - 30] = (changed[changed.length - 30] ?? 0) ^ 1;
  const [problem] = await found(files, { index: 300, bytes: changed });
  assert.equal(problem, 'inclusion: not-included');
  const note = (files.get('checkpoint') ?? Buffer.of()).toString();
  const rootAt = Buffer.from(note).indexOf('\n', note.indexOf('\n') + 1) + 2;
  const [signature] = await found(tampered('checkpoint', rootAt));
  assert.match(signature ?? '', /^signature: /);
  assert.deepEqual(await found(tampered('key', 2)), ['key: key']);
});

test('a leaf is not believed at another place, nor as another object’s', async () => {
  const moved = await verifyLeaf(placeOf(files), { index: 301, bytes: bytesOf(entries[300]) });
  assert.deepEqual(badOf(moved), ['inclusion: not-included', 'leaf: leaf']);
  const other = await verifyLeaf(placeOf(files), { ...claimOf(300), uid: 'another' });
  assert.deepEqual(badOf(other), ['leaf: other-object']);
  const early = await verifyLeaf(placeOf(logFiles(signer, entries.slice(0, 300))), claimOf(300));
  assert.deepEqual(badOf(early), ['inclusion: not-signed-yet']);
});

test('the key is remembered at first sight, and another one is an alarm until somebody brings it on paper', async () => {
  const memory = storage();
  assert.equal((await verifyLeaf(placeOf(files, memory), claimOf(5))).isVerified, true);
  assert.equal(recall(memory, '/orgs/ministry', 'changes')?.from, 'first sight');
  const other = testSigner();
  const forged = encodeAll(testLeaves(other, SIZE));
  const place = placeOf(logFiles(other, forged), memory);
  const verdict = await verifyLeaf(place, { index: 5, bytes: bytesOf(forged[5]) });
  assert.deepEqual(badOf(verdict), ['key: key-changed']);
  assert.equal(await trustPaper(place, vkey), false);
  await assert.rejects(trustPaper(place, vkeyOf(testSigner('elsewhere/changes'))), { problem: 'key' });
  await assert.rejects(trustPaper(place, vkey.replace('+', '+0')), { problem: 'key' });
  assert.equal(await trustPaper(place, vkeyOf(other)), true);
  assert.equal((await verifyLeaf(place, { index: 5, bytes: bytesOf(forged[5]) })).isVerified, true);
});

test('a log that was rolled back or rewritten since this browser verified it is found out', async () => {
  const memory = storage();
  const at = (count: number) => placeOf(logFiles(signer, entries.slice(0, count)), memory);
  for (const count of [3, 256, 300, 300, 700])
    assert.deepEqual(badOf(await verifyLeaf(at(count), claimOf(1))), [], `${count} leaves`);
  assert.deepEqual(badOf(await verifyLeaf(at(299), claimOf(1))), ['growth: rolled-back']);
  const rewritten = encodeAll(testLeaves(signer, 800, 'db'));
  const place = placeOf(logFiles(signer, rewritten), memory);
  assert.deepEqual(badOf(await verifyLeaf(place, { index: 799, bytes: bytesOf(rewritten[799]) })), [
    'growth: rewritten',
  ]);
});

test('what stands beside a leaf is held against its digest: who it was, and the object as it was recorded', async () => {
  const record = {
    salt: 'a'.repeat(36),
    actor: 'berta',
    credential: 'token:1',
    name: 'web',
    details: { b: 'ä', a: '1' },
  };
  const body = Buffer.from('{"kind":"Instance"}');
  const leaf = encodeLeaf({
    v: 2,
    type: 'change',
    index: 2,
    time: '2026-11-22T00:00:00.000Z',
    via: 'api',
    verb: 'create',
    resource: 'instances.compute.casemate.internal',
    uid: 'u-1',
    digest: bodyDigest(body),
    requestId: 'r-1',
    decision: 'allowed',
    personal: personalDigest(encodePersonal(record)),
  });
  const place = placeOf(logFiles(signer, [...entries.slice(0, 2), leaf]));
  const claim = { index: 2, bytes: bytesOf(leaf), uid: 'u-1' };
  const whole = await verifyLeaf(place, { ...claim, record, body: bytesOf(body) });
  assert.deepEqual(
    whole.steps.map(({ state }) => state),
    ['good', 'good', 'absent', 'absent', 'good', 'good', 'good', 'good'],
  );
  const erased = await verifyLeaf(place, claim);
  assert.deepEqual([erased.isVerified, erased.steps.at(-1)?.state], [true, 'absent']);
  const lied = await verifyLeaf(place, {
    ...claim,
    record: { ...record, actor: 'mallory' },
    body: bytesOf(Buffer.from('{"kind":"Instancf"}')),
  });
  assert.deepEqual(badOf(lied), ['record: record', 'body: body']);
});
