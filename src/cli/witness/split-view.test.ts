// A region that shows two tenants, or two witnesses, different histories: done for real, and convicted by somebody who has only its key.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { readUnverifiedCheckpoint } from '#kernel/log/checkpoint.ts';
import { tilePath, tilesAtLevel } from '#kernel/log/tile.ts';
import type { RealmId } from '#kernel/realm-id.ts';
import { testContext } from '#kernel/reconcile/testing/context.ts';
import { EXAMPLE_KINDS, Project } from '#kernel/store/example-kinds.ts';
import { openTestRealms, type TestRealms } from '#kernel/store/test-realms.ts';
import { witnessClient } from '#trust/witness/client.ts';
import { witnessController } from '#trust/witness/controller.ts';
import { forkDatabase, startWitness } from '#trust/witness/testing.ts';
import { WitnessKind } from '#trust/witness/witness-kind.ts';
import { runCli } from '../resources/test-cli.ts';

const ACME: RealmId = '/orgs/acme';

async function openRegion(t: TestContext, from?: TestRealms): Promise<TestRealms> {
  const region = await openTestRealms({
    kinds: [...EXAMPLE_KINDS, WitnessKind],
    ...(from
      ? { keyring: from.keyring, storage: await forkDatabase(from.storage, ['/', ACME]), clock: from.clock }
      : {}),
  });
  t.after(() => region.close());
  return region;
}

async function change(region: TestRealms, ...names: readonly string[]): Promise<void> {
  for (const name of names) {
    await region.realms.use(ACME, ({ resources }) =>
      resources.create(Project, undefined, { metadata: { name } }, region.context(ACME)),
    );
  }
}

/** Has the region's log cosigned by a witness, as its controller does. */
async function witnessIt(region: TestRealms, url: string, keys: readonly string[]): Promise<void> {
  const spec = { url, keys, logs: ['changes'] };
  const { logs } = region.realms;
  const controller = witnessController({
    logs: () => logs,
    client: witnessClient(['127.0.0.0/8'], region.clock),
  });
  await region.realms.use(ACME, async (realm) => {
    await realm.resources.create(
      WitnessKind,
      undefined,
      { metadata: { name: 'w' }, spec },
      region.context(ACME),
    );
    await controller.reconcile({ name: 'w' }, testContext(region, realm, 'witnesses'));
  });
}

/** Copies what the region shows of the log, as a tenant does. */
async function mirror(region: TestRealms, folder: string): Promise<void> {
  const { logs } = region.realms;
  const checkpoint = await logs.latestCheckpoint(ACME, 'changes');
  const { size } = readUnverifiedCheckpoint(checkpoint);
  const write = async (path: string, content: string | Uint8Array) => {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  };
  await write('checkpoint', checkpoint);
  for (const level of ['entries', 0] as const) {
    for (const tile of tilesAtLevel(size, level))
      await write(tilePath(tile), await logs.tile(ACME, 'changes', tile));
  }
}

async function split(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'casemate-split-'));
  t.after(() => rm(folder, { recursive: true }));
  const region = await openRegion(t);
  await change(region, 'shop', 'lab');
  const [key = ''] = await region.realms.logs.vkeys(ACME, 'changes');
  // The operator copies the database. What follows happens in one copy only, and both go on signing with the realm's key.
  const fork = await openRegion(t, region);
  await change(region, 'honest');
  await change(fork, 'forged', 'more', 'and-more', 'still-more', 'another', 'enough');
  return { folder, region, fork, key, cli: (...args: string[]) => runCli(args, folder, {}) };
}

test('two witnesses that were shown different histories convict the log when they compare', async (t) => {
  const { folder, region, fork, key, cli } = await split(t);
  const ours = await startWitness(t, 'tenant.example/w1', [key], region.clock);
  const theirs = await startWitness(t, 'regulator.example/w2', [key], region.clock);
  await witnessIt(region, ours.url, ours.keys);
  await witnessIt(fork, theirs.url, theirs.keys);
  // Each on its own saw nothing wrong.
  assert.deepEqual([ours.caught, theirs.caught], [[], []]);
  const unknown = await cli('ledger', 'compare', ours.url, theirs.folder, '--key', key);
  assert.equal(unknown.code, 1);
  assert.match(unknown.stdout, /NOT COMPARED: nobody was asked for the hashes of the larger tree/);

  await mirror(fork, join(folder, 'shown-to-the-regulator'));
  const found = await cli(
    'ledger',
    'compare',
    ours.url,
    theirs.folder,
    '--key',
    key,
    '--from',
    'shown-to-the-regulator',
  );
  assert.equal(found.code, 1, found.stderr);
  assert.match(found.stdout, /^test\.casemate\.internal\/orgs\/acme\/changes: TWO HISTORIES: /);

  // A third person, with the evidence and the log's key.
  const elsewhere = await mkdtemp(join(tmpdir(), 'casemate-third-'));
  t.after(() => rm(elsewhere, { recursive: true }));
  await writeFile(join(elsewhere, 'evidence.txt'), await readFile(join(folder, 'split-view.txt')));
  const checked = await runCli(['ledger', 'check-evidence', 'evidence.txt', '--key', key], elsewhere, {});
  assert.equal(checked.code, 0, checked.stderr);
  assert.match(
    checked.stdout,
    /^evidence\.txt: proven\. test\.casemate\.internal\/orgs\/acme\/changes signed two histories:\n/,
  );
  const forged = (await readFile(join(folder, 'split-view.txt'), 'utf8')).replace(
    /^prefix .*$/m,
    `prefix ${'A'.repeat(43)}=`,
  );
  await writeFile(join(elsewhere, 'forged.txt'), forged);
  const refused = await runCli(['ledger', 'check-evidence', 'forged.txt', '--key', key], elsewhere, {});
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /does NOT prove anything/);
});

test('two tenants of one organization who compare what they were shown convict the log, whichever tree is larger', async (t) => {
  const { folder, region, fork, key, cli } = await split(t);
  await mirror(region, join(folder, 'alice'));
  await mirror(fork, join(folder, 'bob'));
  const found = await cli(
    'ledger',
    'compare',
    'alice/checkpoint',
    'bob/checkpoint',
    '--key',
    key,
    '--from',
    'alice',
    '--from',
    'bob',
  );
  assert.match(found.stdout, /TWO HISTORIES/);
  assert.equal((await cli('ledger', 'check-evidence', 'split-view.txt', '--key', key)).code, 0);
});

test('a log that only grew between two looks is found to be one history', async (t) => {
  const { folder, region, key, cli } = await split(t);
  await mirror(region, join(folder, 'before'));
  await change(region, 'later');
  await mirror(region, join(folder, 'after'));
  const found = await cli(
    'ledger',
    'compare',
    'after/checkpoint',
    'before/checkpoint',
    '--key',
    key,
    '--from',
    'after',
  );
  assert.deepEqual(
    [found.code, found.stdout],
    [0, 'test.casemate.internal/orgs/acme/changes: one history\n'],
  );
});
