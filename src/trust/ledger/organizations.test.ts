import assert from 'node:assert/strict';
import { test } from 'node:test';
import { signCheckpoint } from '#kernel/log/checkpoint.ts';
import { type Leaf, leafTime } from '#kernel/log/leaf.ts';
import { leafHash } from '#kernel/log/merkle.ts';
import { signNote } from '#kernel/log/note.ts';
import { readLeaves } from './leaves.ts';
import { followOrganizations } from './organizations.ts';
import { encodeAll, logFiles, memorySource, testLeaves, testSigner, vkeyOf } from './test-log.ts';

const region = testSigner('lux-1.casemate.internal/changes');
const ministry = testSigner('lux-1.casemate.internal/orgs/ministry/changes');
const hospital = testSigner('lux-1.casemate.internal/orgs/hospital/changes');
const rootOf = (text: string) => leafHash(Buffer.from(text));

async function* taking(...checkpoints: readonly string[]): AsyncGenerator<Leaf> {
  for (const [index, checkpoint] of checkpoints.entries()) {
    yield {
      v: 1,
      index,
      time: leafTime(index),
      type: 'checkpoint',
      realm: '/orgs/x',
      log: 'changes',
      checkpoint,
    };
  }
}

test("operators see how far each organization's log has grown, without reading it", async () => {
  const report = await followOrganizations(
    taking(
      signCheckpoint(ministry, 2, rootOf('a')),
      signCheckpoint(hospital, 2, rootOf('b')),
      signCheckpoint(ministry, 9, rootOf('c')),
    ),
  );
  assert.deepEqual(report.problems, []);
  assert.deepEqual(
    report.logs.map(({ origin, size, checkpoints }) => ({ origin, size, checkpoints })),
    [
      { origin: hospital.origin, size: 2, checkpoints: 1 },
      { origin: ministry.origin, size: 9, checkpoints: 2 },
    ],
  );
});

test('an organization log that was rolled back, told two ways or not signed is named by the leaf that shows it', async () => {
  const report = await followOrganizations(
    taking(
      signCheckpoint(ministry, 9, rootOf('a')),
      signCheckpoint(ministry, 9, rootOf('b')),
      signCheckpoint(ministry, 5, rootOf('c')),
      signNote(`${ministry.origin}\n3\n${rootOf('d').toString('base64')}\n`, hospital),
      'nonsense',
    ),
  );
  assert.deepEqual(
    report.problems.map(({ code, leaf }) => ({ code, leaf })),
    [
      { code: 'FORKED', leaf: 1 },
      { code: 'ROLLED_BACK', leaf: 2 },
      { code: 'CHECKPOINT_INVALID', leaf: 3 },
      { code: 'CHECKPOINT_INVALID', leaf: 4 },
    ],
  );
});

test('an organization made anew under an old name is another log, not a rollback', async () => {
  const again = testSigner(ministry.origin);
  const report = await followOrganizations(
    taking(signCheckpoint(ministry, 9, rootOf('a')), signCheckpoint(again, 2, rootOf('b'))),
  );
  assert.deepEqual(report.problems, []);
  assert.equal(report.logs.length, 2);
});

test('any stretch of leaves can be read, across bundles, in order', async () => {
  const leaves = testLeaves(region, 600);
  const source = memorySource(logFiles(region, encodeAll(leaves)));
  const stretch = await Array.fromAsync(readLeaves(source, 600, 250, 520));
  assert.deepEqual(stretch, leaves.slice(250, 520));
  assert.deepEqual(await Array.fromAsync(readLeaves(source, 600, 598, 9999)), leaves.slice(598));
  assert.deepEqual(await Array.fromAsync(readLeaves(source, 600, 600, 700)), []);
});

test('with an organization’s public key, a checkpoint it never signed is found in the region’s log', async () => {
  const vkeys = new Map([[ministry.origin, vkeyOf(ministry)]]);
  const genuine = signCheckpoint(ministry, 9, rootOf('a'));
  assert.deepEqual((await followOrganizations(taking(genuine), vkeys)).problems, []);
  const { problems } = await followOrganizations(taking(genuine, genuine.replace('\n9\n', '\n10\n')), vkeys);
  assert.deepEqual(
    problems.map(({ code, leaf }) => ({ code, leaf })),
    [{ code: 'CHECKPOINT_INVALID', leaf: 1 }],
  );
});
