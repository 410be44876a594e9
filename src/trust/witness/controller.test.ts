// A realm's logs and its witnesses: the real store, real sockets, real witnesses with folders on disk.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { formatCheckpointList, readUnverifiedCheckpoint } from '#kernel/log/checkpoint.ts';
import type { RealmId } from '#kernel/realm-id.ts';
import { getCondition } from '#kernel/reconcile/conditions.ts';
import { testContext } from '#kernel/reconcile/testing/context.ts';
import { EXAMPLE_KINDS, Project } from '#kernel/store/example-kinds.ts';
import { openTestRealms, type TestRealms } from '#kernel/store/test-realms.ts';
import { judgeCheckpoint } from '../ledger/judge.ts';
import { parsePolicy } from '../ledger/policy.ts';
import { proveInclusion } from '../ledger/receipt.ts';
import type { TileSource } from '../ledger/source.ts';
import { witnessClient } from './client.ts';
import { witnessController } from './controller.ts';
import { forkDatabase, type RunningWitness, startWitness } from './testing.ts';
import { WitnessKind } from './witness-kind.ts';

const ACME: RealmId = '/orgs/acme';
const HERE = ['127.0.0.0/8'];
const ROUND_MS = 60_000;

async function openRegion(t: TestContext, from?: TestRealms, networks: readonly string[] = HERE) {
  const test = await openTestRealms({
    kinds: [...EXAMPLE_KINDS, WitnessKind],
    ...(from
      ? { keyring: from.keyring, storage: await forkDatabase(from.storage, ['/', ACME]), clock: from.clock }
      : {}),
  });
  t.after(() => test.close());
  const { logs } = test.realms;
  const controller = witnessController({ logs: () => logs, client: witnessClient(networks, test.clock) });
  return {
    ...test,
    logs,
    vkeys: (log: 'changes' | 'access' = 'changes') => logs.vkeys(ACME, log),
    change: (name: string) =>
      test.realms.use(ACME, ({ resources }) =>
        resources.create(Project, undefined, { metadata: { name } }, test.context(ACME)),
      ),
    addWitness: (name: string, url: string, keys: readonly string[], more: object = {}) =>
      test.realms.use(ACME, ({ resources }) =>
        resources.create(
          WitnessKind,
          undefined,
          { metadata: { name }, spec: { url, keys, ...more } },
          test.context(ACME),
        ),
      ),
    reconcile: (name: string) =>
      test.realms.use(ACME, (realm) => controller.reconcile({ name }, testContext(test, realm, 'witnesses'))),
    ready: (name: string) =>
      test.realms.use(ACME, ({ view }) => {
        const found = getCondition(view.get(WitnessKind, { name })?.status?.conditions, 'Ready');
        return found && { status: found.status, reason: found.reason, message: found.message };
      }),
    size: () => test.realms.use(ACME, ({ view }) => view.revision + 1),
  };
}

const follows = async (region: { vkeys(log?: 'changes' | 'access'): Promise<readonly string[]> }) => [
  ...(await region.vkeys('changes')),
  ...(await region.vkeys('access')),
];

const policyFor = (vkey: string, witnesses: readonly RunningWitness[], k: number) =>
  parsePolicy(
    [
      `log ${vkey}`,
      ...witnesses.map(({ keys }, n) => `witness w${n} ${keys[n % 2]}`),
      `group all-of-them ${k} ${witnesses.map((_, n) => `w${n}`).join(' ')}`,
      'quorum all-of-them',
    ].join('\n'),
  );

test('witnesses’ cosignatures come together on one checkpoint, and are served with it', async (t) => {
  const region = await openRegion(t);
  const one = await startWitness(t, 'tenant.example/w1', await follows(region), region.clock);
  const two = await startWitness(t, 'court.example/w2', await follows(region), region.clock);
  await region.addWitness('one', one.url, one.keys);
  await region.addWitness('two', two.url, two.keys);
  assert.deepEqual(await region.reconcile('one'), { retryAfter_ms: ROUND_MS });
  // The log grew, by the first one's condition among others; the second is still asked about the same checkpoint.
  await region.change('shop');
  await region.reconcile('two');
  assert.equal((await region.ready('one'))?.status, 'True');
  assert.equal((await region.ready('two'))?.reason, 'Cosigning');
  const [vkey = ''] = await region.vkeys();
  const policy = policyFor(vkey, [one, two], 2);
  const [cosigned, ...more] = await region.logs.cosigned(ACME, 'changes');
  assert.equal(more.length, 0);
  const judged = judgeCheckpoint(cosigned ?? '', policy);
  assert.deepEqual([judged.isMet, judged.checkpoint.size], [true, 4]);
  assert.equal(judgeCheckpoint(await region.logs.latestCheckpoint(ACME, 'changes'), policy).isMet, false);
});

test('witnesses that are asked at the same moment are asked about the same checkpoint, though the log grows meanwhile', async (t) => {
  const region = await openRegion(t);
  const [one, two] = [region.logs.toCosign(ACME, 'changes'), region.change('shop')];
  await two;
  assert.deepEqual(await region.logs.toCosign(ACME, 'changes'), await one);
});

test('who is missing is said of the checkpoint that comes nearest to the quorum', async (t) => {
  const region = await openRegion(t);
  const one = await startWitness(t, 'tenant.example/w1', await follows(region), region.clock);
  const two = await startWitness(t, 'court.example/w2', await follows(region), region.clock);
  await region.addWitness('one', one.url, one.keys);
  await region.reconcile('one');
  // The current checkpoint is cosigned by nobody.
  await region.change('shop');
  const [vkey = ''] = await region.vkeys();
  const source: TileSource = {
    read: async (path) =>
      Buffer.from(
        path === 'checkpoint'
          ? await region.logs.latestCheckpoint(ACME, 'changes')
          : formatCheckpointList(await region.logs.cosigned(ACME, 'changes')),
      ),
  };
  await assert.rejects(
    proveInclusion(source, policyFor(vkey, [one, two], 2), 0),
    /has to be cosigned by 2 of \(w0, w1\); those who did: w0$/,
  );
});

test('a log that does not grow is served with its cosignatures as its current checkpoint, and costs nothing more', async (t) => {
  const region = await openRegion(t);
  const witness = await startWitness(t, 'tenant.example/w1', await follows(region), region.clock);
  await region.addWitness('one', witness.url, witness.keys);
  await region.reconcile('one');
  await region.clock.advance(ROUND_MS);
  await region.reconcile('one');
  const size = await region.size();
  const [vkey = ''] = await region.vkeys();
  const { checkpoint, isMet } = judgeCheckpoint(
    await region.logs.latestCheckpoint(ACME, 'changes'),
    policyFor(vkey, [witness], 1),
  );
  assert.deepEqual([isMet, checkpoint.size], [true, size]);
  for (let minute = 0; minute < 3; minute++) {
    await region.clock.advance(ROUND_MS);
    await region.reconcile('one');
  }
  assert.equal(await region.size(), size);
  const seen = (await witness.made.latest(checkpoint.origin)) ?? '';
  assert.equal(readUnverifiedCheckpoint(seen).size, size);
});

test('a witness that comes back is told what it missed; commits never waited for it', async (t) => {
  const region = await openRegion(t);
  const witness = await startWitness(t, 'tenant.example/w1', await follows(region), region.clock);
  await region.addWitness('one', 'http://127.0.0.1:1', witness.keys);
  const first = await region.reconcile('one');
  assert.ok(first && first.retryAfter_ms >= 5_000 && first.retryAfter_ms < 7_500);
  assert.deepEqual(await region.ready('one'), {
    status: 'False',
    reason: 'Unreachable',
    message: 'it cannot be reached: ECONNREFUSED',
  });
  await region.change('shop');
  const before = await region.size();
  await region.clock.advance(10_000);
  const second = await region.reconcile('one');
  assert.ok(second && second.retryAfter_ms >= 10_000);
  assert.equal(await region.size(), before, 'failing on is no news, so no leaf');
  await region.realms.use(ACME, ({ resources }) =>
    resources.modify(WitnessKind, { name: 'one' }, region.context(ACME), (current) => ({
      ...current,
      spec: { ...current.spec, url: witness.url },
    })),
  );
  assert.deepEqual(await region.reconcile('one'), { retryAfter_ms: ROUND_MS });
  assert.equal((await region.ready('one'))?.status, 'True');
});

test('what is wrong with a witness is said in its condition', async (t) => {
  const region = await openRegion(t);
  const stranger = await startWitness(t, 'tenant.example/w1', [], region.clock);
  await region.addWitness('stranger', stranger.url, stranger.keys);
  await region.reconcile('stranger');
  assert.equal((await region.ready('stranger'))?.reason, 'NotFollowed');
  const other = await startWitness(t, 'tenant.example/w2', await follows(region), region.clock);
  await region.addWitness('impostor', other.url, stranger.keys);
  await region.reconcile('impostor');
  assert.deepEqual(await region.ready('impostor'), {
    status: 'False',
    reason: 'BadCosignature',
    message: 'it cosigned with other keys than spec.keys',
  });
  assert.deepEqual(await region.logs.cosigned(ACME, 'changes'), []);
  await assert.rejects(region.addWitness('bad', other.url, ['nonsense']), {
    reason: 'Invalid',
    message: /spec\.keys\[0\]: a log key looks like/,
  });
});

test('an answer that is none, or that forges a cosignature, is refused', async (t) => {
  const region = await openRegion(t);
  const honest = await startWitness(t, 'tenant.example/w1', await follows(region), region.clock);
  let answer = '';
  const hostile = createServer((incoming, response) => {
    incoming.resume();
    response.end(answer);
  });
  await new Promise<void>((resolve) => hostile.listen(0, '127.0.0.1', resolve));
  t.after(() => hostile.close());
  const url = `http://127.0.0.1:${(hostile.address() as AddressInfo).port}`;
  const [key = ''] = honest.keys;
  const [name, id = ''] = key.split('+');
  const forged = `— ${name} ${Buffer.concat([Buffer.from(id, 'hex'), Buffer.alloc(72)]).toString('base64')}\n`;
  for (const [at, [text, message]] of (
    [
      ['', 'its answer is no cosignature'],
      ['<html>', 'its answer is no cosignature'],
      [forged, 'its cosignature does not verify'],
      ['x'.repeat(200_000), 'it cannot be reached: a broken connection'],
    ] as const
  ).entries()) {
    answer = text;
    await region.addWitness(`w${at}`, url, [key]);
    await region.reconcile(`w${at}`);
    assert.equal((await region.ready(`w${at}`))?.message, message);
  }
  assert.deepEqual(await region.logs.cosigned(ACME, 'changes'), []);
});

test('a region whose settings allow no network reaches none, whatever a tenant writes', async (t) => {
  const region = await openRegion(t, undefined, []);
  await region.addWitness(
    'one',
    'http://witness.example:7380',
    (await startWitness(t, 'w', [], region.clock)).keys,
  );
  await region.reconcile('one');
  assert.equal((await region.ready('one'))?.reason, 'NotAllowed');
  const narrow = await openRegion(t, undefined, ['10.0.0.0/8']);
  const witness = await startWitness(t, 'w', await follows(narrow), narrow.clock);
  await narrow.addWitness('one', witness.url, witness.keys);
  await narrow.reconcile('one');
  assert.deepEqual(await narrow.ready('one'), {
    status: 'False',
    reason: 'NotAllowed',
    message:
      'spec.url: 127.0.0.1 is at no address that this region may send to; its operator allows networks in region.yaml, at ledger.witnessNetworks',
  });
});

test('a region that forks its database cannot get both histories cosigned by one witness', async (t) => {
  const region = await openRegion(t);
  const witness = await startWitness(t, 'tenant.example/w1', await follows(region), region.clock);
  await region.addWitness('one', witness.url, witness.keys);
  await region.change('shop');
  const fork = await openRegion(t, region);
  await region.change('a');
  await region.reconcile('one');
  await fork.change('b');
  await fork.change('c');
  await fork.change('d');
  await fork.reconcile('one');
  assert.equal((await region.ready('one'))?.status, 'True');
  const caught = await fork.ready('one');
  assert.equal(caught?.reason, 'OtherHistory');
  assert.match(
    caught?.message ?? '',
    /^it was shown another history of test\.casemate\.internal\/orgs\/acme\/changes/,
  );
});

test('a region that was put back to an older database says so, once, before it has grown past what was cosigned', async (t) => {
  const region = await openRegion(t);
  const witness = await startWitness(t, 'tenant.example/w1', await follows(region), region.clock);
  await region.addWitness('one', witness.url, witness.keys);
  const old = await openRegion(t, region);
  for (const name of ['a', 'b', 'c']) await region.change(name);
  await region.reconcile('one');
  const seen = await region.size();
  await old.reconcile('one');
  const found = await old.ready('one');
  assert.deepEqual([found?.status, found?.reason], ['False', 'RolledBack']);
  // The checkpoint was taken before the condition was written.
  assert.match(
    found?.message ?? '',
    new RegExp(`^it cosigned ${seen - 1} leaves of test\\.casemate\\.internal/orgs/acme/changes, and this`),
  );
  const size = await old.size();
  await old.clock.advance(10_000);
  await old.reconcile('one');
  assert.equal(await old.size(), size, 'found again is no news, so no leaf');
  // Grown past it, it is another history.
  for (const name of ['d', 'e', 'f', 'g']) await old.change(name);
  await old.clock.advance(ROUND_MS);
  await old.reconcile('one');
  assert.equal((await old.ready('one'))?.reason, 'OtherHistory');
});

test('a witness that another replica was faster to ask is no finding', async (t) => {
  const region = await openRegion(t);
  const witness = await startWitness(t, 'tenant.example/w1', await follows(region), region.clock);
  await region.addWitness('one', 'http://127.0.0.1:1', witness.keys);
  await region.reconcile('one');
  const other = await openTestRealms({
    kinds: [...EXAMPLE_KINDS, WitnessKind],
    keyring: region.keyring,
    storage: region.storage,
    clock: region.clock,
  });
  t.after(() => other.close());
  await region.change('shop');
  const { logs } = other.realms;
  const controller = witnessController({ logs: () => logs, client: witnessClient(HERE, region.clock) });
  const point = (url: string) =>
    region.realms.use(ACME, ({ resources }) =>
      resources.modify(WitnessKind, { name: 'one' }, region.context(ACME), (current) => ({
        ...current,
        spec: { ...current.spec, url },
      })),
    );
  await point(witness.url);
  await other.realms.fresh(ACME);
  await other.realms.use(ACME, (realm) =>
    controller.reconcile({ name: 'one' }, testContext(other, realm, 'witnesses')),
  );
  // This replica's round is of before that.
  assert.deepEqual(await region.reconcile('one'), { retryAfter_ms: ROUND_MS });
  assert.equal((await region.ready('one'))?.status, 'True');
});
