import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { cosignerVkey } from '#kernel/log/cosignature.ts';
import { parseNote } from '#kernel/log/note.ts';
import { judgeCheckpoint, requireQuorum } from './judge.ts';
import { describeRule, isMet, type Policy, parsePolicy, policyOfKeys } from './policy.ts';
import { checkReceipt, proveInclusion } from './receipt.ts';
import {
  cosignedBy,
  encodeAll,
  logFiles,
  memorySource,
  TEST_TIME_S,
  testCosigner,
  testLeaves,
  testSigner,
  vkeyOf,
} from './test-log.ts';
import { verifyLog } from './verify.ts';

const signer = testSigner();
const log = vkeyOf(signer);
const own = testCosigner(signer.origin, 6);
const w1 = testCosigner('tenant.example/w1');
const w2 = testCosigner('regulator.example/w2', 6);
const w3 = testCosigner('court.example/w3');
const POLICY = `# who counts
log ${log}
witness tenant ${cosignerVkey(w1)} https://tenant.example
\twitness  regulator\t${cosignerVkey(w2)}
witness court ${cosignerVkey(w3)}

group outsiders 2 tenant regulator court
quorum outsiders
`;
const entries = encodeAll(testLeaves(signer, 300));
const files = () => logFiles(signer, entries, [200]);
const noteOf = (map: ReadonlyMap<string, Buffer>) => map.get('checkpoint')?.toString() ?? assert.fail();

describe('a policy file', () => {
  test('says which logs and witnesses count, and how many of which', () => {
    const policy = parsePolicy(POLICY);
    assert.deepEqual(
      policy.logs.map(({ name, type }) => [name, type]),
      [[signer.origin, 1]],
    );
    assert.deepEqual(
      policy.witnesses.map(({ name, verifier, url }) => [name, verifier.name, verifier.type, url]),
      [
        ['tenant', w1.name, 4, 'https://tenant.example'],
        ['regulator', w2.name, 6, undefined],
        ['court', w3.name, 4, undefined],
      ],
    );
    assert.equal(describeRule(policy.quorum), '2 of (tenant, regulator, court)');
  });

  test('takes groups of groups, all, any and none', () => {
    const witness = (name: string) => `witness ${name} ${cosignerVkey(testCosigner(name))}\n`;
    const text = `${['a', 'b', 'c', 'd'].map(witness).join('')}group x any a b\ngroup y all c d\ngroup z all x y\nquorum z`;
    const { quorum } = parsePolicy(text);
    assert.equal(isMet(quorum, new Set(['b', 'c', 'd'])), true);
    assert.equal(isMet(quorum, new Set(['a', 'b', 'c'])), false);
    assert.equal(isMet(parsePolicy('quorum none\n').quorum, new Set()), true);
  });

  const w = `witness w ${cosignerVkey(w1)}\n`;
  for (const [what, text, message] of [
    ['no quorum', `log ${log}\n`, 'there is no quorum line'],
    ['two quorums', `${w}quorum w\nquorum none\n`, 'line 3: there is a quorum already'],
    ['an unknown name', 'quorum w\n', 'line 1: "w" is not the name of a witness or group of a line before'],
    ['a name used before its line', `group g 1 w\n${w}quorum g`, /^line 1: "w" is not the name/],
    ['a group that contains itself', `${w}group g any w g\nquorum g`, /^line 2: "g" is not the name/],
    [
      'too high a threshold',
      `${w}group g 2 w\nquorum g`,
      'line 2: "2" should be all, any, or a number from 1 to 1',
    ],
    ['a threshold of nothing', `${w}group g 0 w\nquorum g`, /"0" should be all/],
    [
      'a member of two groups',
      `${w}group g 1 w\ngroup h 1 w\nquorum g`,
      /"w" is a member of a group already/,
    ],
    ['a name twice', `${w}witness w ${cosignerVkey(w3)}\nquorum w`, /"w" is defined already/],
    ['one key under two names', `${w}witness v ${cosignerVkey(w1)}\nquorum w`, /is that of another witness/],
    [
      'one key as two types',
      `${w}witness v ${cosignerVkey({ ...w1, name: 'v' })}\nquorum w`,
      /of another witness/,
    ],
    ['a log key as witness', `witness w ${log}\nquorum w`, /^line 1: .*of type 1/],
    ['a witness key as log', `log ${cosignerVkey(w1)}\nquorum none`, /^line 1: .*of type 4/],
    ['a member named none', `${w}group g 1 none\nquorum g`, /"none" is not the name/],
    ['a word of its own', 'quorum none\nwitnesses 3\n', /^line 2: "witnesses" is none of/],
    ['a control character', 'quorum none\r\n', 'line 1: holds a control character'],
  ] as const) {
    test(`with ${what} is refused, and the line is named`, () => {
      assert.throws(() => parsePolicy(text), { code: 'MALFORMED_POLICY', message });
    });
  }
});

describe('a checkpoint under a policy', () => {
  const policy = parsePolicy(POLICY);

  test('counts when enough of the witnesses cosigned it, in whatever order', async () => {
    const note = noteOf(files());
    const { cosigned } = requireQuorum(await cosignedBy(note, [w3, w2]), policy);
    assert.deepEqual(cosigned, [
      { witness: 'regulator', time_s: TEST_TIME_S },
      { witness: 'court', time_s: TEST_TIME_S },
    ]);
    const one = await cosignedBy(note, [w2]);
    assert.throws(() => requireQuorum(one, policy), {
      code: 'NO_QUORUM',
      message:
        'the checkpoint of 300 leaves has to be cosigned by 2 of (tenant, regulator, court); those who did: regulator',
    });
  });

  test('never counts a witness twice, nor one the policy does not name', async () => {
    const note = noteOf(files());
    const twice = await cosignedBy(await cosignedBy(note, [w1]), [w1], TEST_TIME_S + 60);
    assert.throws(() => requireQuorum(twice, policy), { code: 'NO_QUORUM' });
    const strangers = await cosignedBy(note, [testCosigner('x'), testCosigner(w2.name, 6), w1]);
    assert.throws(() => requireQuorum(strangers, policy), { code: 'NO_QUORUM' });
  });

  test('is worthless with a cosignature of a known key that does not fit: one of another checkpoint, or with another time', async () => {
    const note = noteOf(files());
    const older = noteOf(logFiles(signer, entries.slice(0, 200)));
    const { signatures } = parseNote(await cosignedBy(older, [w2]));
    const replayed = signatures.at(-1) ?? assert.fail();
    const line = `— ${replayed.name} ${Buffer.concat([replayed.keyId, replayed.signature]).toString('base64')}\n`;
    const enough = await cosignedBy(note, [w1, w3]);
    requireQuorum(enough, policy);
    assert.throws(() => judgeCheckpoint(`${enough}${line}`, policy), { code: 'BAD_SIGNATURE' });
  });

  test('is refused when it is signed by no log of the policy, however many cosigned', async () => {
    const stranger = testSigner();
    const note = await cosignedBy(noteOf(logFiles(stranger, entries)), [w1, w2, w3]);
    assert.throws(() => requireQuorum(note, policy), { code: 'UNKNOWN_KEY' });
    const elsewhere = testSigner('other.example/log');
    const other = await cosignedBy(noteOf(logFiles({ ...elsewhere, origin: signer.origin }, entries)), [
      w1,
      w2,
    ]);
    assert.throws(() => requireQuorum(other, policy), { code: 'UNKNOWN_KEY' });
  });

  test('loses its quorum with any byte of it changed', async () => {
    const note = await cosignedBy(noteOf(files()), [w1, w2]);
    const bytes = Buffer.from(note);
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const changed = Buffer.from(bytes);
        changed[at] = (changed[at] ?? 0) ^ flip;
        assert.throws(
          () => requireQuorum(changed.toString('utf8'), policy),
          (error: Error) => error.name === 'LogError',
        );
      }),
      { seed: 4, numRuns: 300 },
    );
  });

  test('of a log with a post-quantum key of its own needs both signatures, when both keys are known', async () => {
    const note = noteOf(files());
    const both = policyOfKeys(`${log}\n${cosignerVkey(own)}`);
    assert.equal(judgeCheckpoint(await cosignedBy(note, [own]), both).isMet, true);
    assert.equal(judgeCheckpoint(note, both).isMet, false);
    assert.throws(() => policyOfKeys(cosignerVkey(own)), { code: 'MALFORMED_KEY' });
    assert.throws(() => policyOfKeys(`${log} ${cosignerVkey(w2)}`), {
      message: /is not the ML-DSA-44 key of/,
    });
  });
});

describe('verifying by a policy', () => {
  const policy: Policy = parsePolicy(POLICY);
  const withCosigned = async (...cosigned: readonly string[]) => {
    const map = files();
    map.set('cosigned', Buffer.from(cosigned.join('\n')));
    return map;
  };
  const noteAt = (size: number) => noteOf(logFiles(signer, entries.slice(0, size)));

  test('a log tells up to which leaf it was witnessed, and by whom', async () => {
    const map = await withCosigned(
      await cosignedBy(noteAt(200), [w1, w2]),
      await cosignedBy(noteAt(250), [w1]),
    );
    const report = await verifyLog(memorySource(map), policy);
    assert.deepEqual(report.problems, []);
    assert.deepEqual([report.size, report.witnessedLeaves], [300, 200]);
    assert.deepEqual(
      report.cosigned.map(({ witness }) => witness),
      ['tenant', 'regulator'],
    );
  });

  test('a log that no quorum has seen does not pass', async () => {
    const report = await verifyLog(memorySource(files()), policy);
    assert.deepEqual(
      report.problems.map(({ code, size }) => [code, size]),
      [['NO_QUORUM', 300]],
    );
  });

  test('a log that shows witnesses another history than its leaves is caught', async () => {
    const forked = encodeAll(testLeaves(signer, 220, 'forged'));
    const map = await withCosigned(await cosignedBy(noteOf(logFiles(signer, forked)), [w1, w2]));
    const report = await verifyLog(memorySource(map), policy);
    assert.deepEqual(
      report.problems.map(({ code, size }) => [code, size]),
      [['CHECKPOINT_ROOT', 220]],
    );
  });

  test('receipts carry the cosignatures, and are checked offline by the policy', async () => {
    const map = await withCosigned(
      await cosignedBy(noteAt(200), [w1, w2]),
      await cosignedBy(noteAt(250), [w1]),
    );
    const receipt = await proveInclusion(memorySource(map), policy, 150);
    const { checkpoint, cosigned, leaf } = checkReceipt(receipt, policy);
    assert.deepEqual([checkpoint.size, cosigned.length, leaf.index], [200, 2, 150]);
    // Who has the log's key only is served too.
    assert.equal(checkReceipt(receipt, log).leaf.index, 150);
    await assert.rejects(proveInclusion(memorySource(map), policy, 230), { code: 'NO_QUORUM' });
    const without = await proveInclusion(memorySource(files()), log, 150);
    assert.throws(() => checkReceipt(without, policy), { code: 'NO_QUORUM' });
  });
});
