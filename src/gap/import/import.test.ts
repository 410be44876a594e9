// Imports, from the inbox to content: what is signed comes in, what is not is refused with the part named, and nothing older comes after.
import assert from 'node:assert/strict';
import { copyFile, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { REGION } from '#kernel/realm-id.ts';
import { BLOCK_BYTES } from '../bundle/limits.ts';
import { extendChain, LARGE_BYTES, planFor, RECIPE } from '../bundle/testing/bundle-world.ts';
import { ContentStore } from './content-store.ts';
import { BundleImport } from './import-kind.ts';
import { startImportWorld } from './testing/import-world.ts';
import { BundleTrust, TRUST_KEY } from './trust-kind.ts';

test('a signed bundle is received, verified, scanned, and waits; published, its blobs are content and quarantine is empty', async (t) => {
  const world = await startImportWorld(t);
  await world.trust();
  await world.bundles.signed('seven', 'tar');
  await world.carry('seven');
  const waiting = await world.bring('seven');
  assert.equal(waiting.phase, 'AwaitingApproval');
  const { bundle, bytes, scan } = waiting;
  assert.deepEqual(
    [bundle?.name, bundle?.version, bundle?.ageDays, bundle?.signers, bundle?.threshold],
    ['town-models', 7, 2, ['alice', 'bob'], 2],
  );
  assert.deepEqual(bundle?.items, ['files/handbook/2026.11', 'files/models/1.2']);
  assert.equal(bytes?.done, bytes?.total);
  assert.ok((bytes?.total ?? 0) > LARGE_BYTES);
  assert.match(scan?.message ?? '', /no advisory data was ever imported/);
  const content = new ContentStore(world.folders.content);
  assert.deepEqual(await content.bundles(), []);

  assert.equal((await world.publish('seven')).phase, 'Published');
  const [published, ...more] = await content.bundles();
  assert.deepEqual(more, []);
  assert.equal(published?.digest, bundle?.digest);
  for (const { manifest } of published?.items ?? []) {
    assert.equal((await readFile(content.blobPath(manifest.digest))).length, manifest.size);
  }
  assert.deepEqual(await readdir(world.folders.quarantine), []);
});

test('without a root that people agreed to nothing is taken, and it goes on once there is one', async (t) => {
  const world = await startImportWorld(t);
  await world.bundles.signed('seven', 'tar');
  await world.carry('seven');
  const status = await world.bring('seven');
  assert.deepEqual(
    [status.phase, status.conditions?.map(({ reason }) => reason)],
    ['Receiving', ['NoTrust']],
  );
  await world.trust();
  assert.equal((await world.settle('seven')).phase, 'AwaitingApproval');
});

test('a bundle with one wrong byte is refused with blob and block named, and nothing of it is kept', async (t) => {
  const world = await startImportWorld(t);
  await world.trust();
  const path = await world.bundles.signed('seven', 'tar');
  const [bytes, model] = [await readFile(path), await readFile(world.bundles.path('model.bin'))];
  const at = bytes.indexOf(model.subarray(0, 64)) + BLOCK_BYTES + 5;
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  await writeFile(join(world.folders.inbox, 'bad'), bytes);
  const { phase, refusals } = await world.bring('bad');
  assert.equal(phase, 'Refused');
  assert.equal(refusals?.[0]?.reason, 'WrongDigest');
  assert.match(refusals?.[0]?.part ?? '', /^files\/models\/1\.2: blob sha256:[0-9a-f]{64}, block 1$/);
  assert.deepEqual(await readdir(world.folders.quarantine), []);
});

test('what too few signed, and what is not there, is refused by name', async (t) => {
  const world = await startImportWorld(t);
  await world.trust();
  await world.bundles.build('unsigned', 'tar');
  await world.carry('unsigned');
  const [unsigned, missing] = [await world.bring('unsigned'), await world.bring('missing')];
  assert.deepEqual(
    [unsigned.phase, unsigned.refusals?.[0]?.reason, unsigned.refusals?.[0]?.part],
    ['Refused', 'Unsigned', 'timestamp'],
  );
  assert.match(
    unsigned.refusals?.[0]?.message ?? '',
    /^timestamp: 0 of the 2 signers .* asks for signed it: .*alice did not sign/,
  );
  assert.deepEqual(
    [missing.phase, missing.refusals?.[0]?.reason, missing.refusals?.[0]?.part],
    ['Refused', 'Missing', 'missing'],
  );
});

test('nothing older than what was published comes in: not later, and not when it waited meanwhile', async (t) => {
  const world = await startImportWorld(t);
  await world.trust();
  for (const version of [7, 8, 9]) {
    await world.bundles.signed(`v${version}`, 'tar', {
      recipe: RECIPE.replace('version: 7', `version: ${version}`),
    });
    await world.carry(`v${version}`);
  }
  assert.equal((await world.bring('v8')).phase, 'AwaitingApproval');
  assert.equal((await world.bring('v9')).phase, 'AwaitingApproval');
  assert.equal((await world.publish('v9')).phase, 'Published');
  const late = await world.publish('v8');
  assert.deepEqual([late.phase, late.refusals?.[0]?.reason], ['Refused', 'Rollback']);
  const old = await world.bring('v7');
  assert.deepEqual([old.phase, old.refusals?.[0]?.part], ['Refused', 'targets']);
  assert.match(old.refusals?.[0]?.message ?? '', /town-models 7 is older than town-models 9/);
});

test('a clock that was put back opens nothing that has expired: the ledger knows better', async (t) => {
  const world = await startImportWorld(t);
  await world.trust();
  await world.bundles.signed('seven', 'tar');
  await world.carry('seven');
  await world.age({ expired: 'refuse' });
  world.ledger_ms = Date.parse('2028-01-01T00:00:00Z');
  const { phase, refusals } = await world.bring('seven');
  assert.deepEqual([phase, refusals?.[0]?.reason, refusals?.[0]?.part], ['Refused', 'Expired', 'timestamp']);
});

for (const [where, clock] of [
  ['far back', '1990-01-01T00:00:00Z'],
  ['far ahead', '2099-01-01T00:00:00Z'],
] as const) {
  test(`a clock that is ${where} bricks nothing: what expired meanwhile comes before people, with what is strange about it`, async (t) => {
    const world = await startImportWorld(t);
    await world.trust();
    await world.bundles.signed('seven', 'tar');
    await world.carry('seven');
    world.clock.set(Date.parse(clock));
    const { phase, bundle } = await world.bring('seven');
    assert.equal(phase, 'AwaitingApproval');
    const remarks = bundle?.remarks.join('\n') ?? '';
    assert.match(remarks, where === 'far back' ? /one of them is wrong/ : /targets expired at 2027/);
    assert.ok((bundle?.ageDays ?? -1) >= 0);
  });
}

test('a policy on age refuses what is older than its days, also when the clock was put back after the ledger had gone on', async (t) => {
  const world = await startImportWorld(t);
  await world.trust();
  await world.age({ days: 30, expired: 'refuse' });
  await world.bundles.signed('seven', 'tar');
  await world.carry('seven');
  // Two days old by the clock.
  assert.equal((await world.bring('seven')).phase, 'AwaitingApproval');
  await copyFile(join(world.folders.inbox, 'seven'), join(world.folders.inbox, 'again'));
  world.ledger_ms = Date.parse('2027-01-15T00:00:00Z');
  const { phase, refusals } = await world.bring('again');
  assert.deepEqual([phase, refusals?.[0]?.reason, refusals?.[0]?.part], ['Refused', 'Expired', 'targets']);
  assert.match(refusals?.[0]?.message ?? '', /more than 30 days before 2027-01-15T00:00:00Z/);
});

test('a policy that only remarks lets what is old before people, and says how old it may be', async (t) => {
  const world = await startImportWorld(t);
  await world.trust();
  await world.age({ days: 1 });
  await world.bundles.signed('seven', 'tar');
  await world.carry('seven');
  const { phase, bundle } = await world.bring('seven');
  assert.equal(phase, 'AwaitingApproval');
  assert.match(bundle?.remarks.join('\n') ?? '', /more than a day before/);
});

test('a bundle that brings ten roots since the trusted one is taken, and its last root is kept though nobody published it', async (t) => {
  const world = await startImportWorld(t);
  await world.trust();
  const { signers } = world.bundles;
  let roots = [...world.bundles.roots];
  for (let turn = 0; turn < 10; turn++) {
    roots = extendChain(roots, planFor(signers, 'hybrid'), [signers.alice, signers.carol]);
  }
  await world.bundles.signed('rotated', 'tar', { roots });
  await world.carry('rotated');
  const { phase, bundle } = await world.bring('rotated');
  assert.deepEqual([phase, bundle?.root], ['AwaitingApproval', 11]);
  const kept = await world.test.realms.use(REGION, async ({ view }) => view.get(BundleTrust, TRUST_KEY));
  assert.deepEqual([kept?.status?.phase, kept?.status?.version], ['Trusted', 11]);
});

test('what is published is what people agreed to: another digest, or too early, is refused in the lane', async (t) => {
  const world = await startImportWorld(t);
  await world.bundles.signed('seven', 'tar');
  await world.carry('seven');
  await world.bring('seven');
  const set = (publish: string) =>
    world.test.realms.use(REGION, ({ resources }) =>
      resources.modify(BundleImport, { name: 'seven' }, world.test.context(REGION), (current) => ({
        ...current,
        spec: { ...current.spec, publish },
      })),
    );
  await assert.rejects(set('sha256:00'), /it is Receiving, and must be AwaitingApproval/);
  await world.trust();
  await world.settle('seven');
  await assert.rejects(set('sha256:00'), /must be status\.bundle\.digest/);
});
