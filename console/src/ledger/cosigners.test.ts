/** Held against the region's own cosignatures, and another implementation's: what they signed is verified here, and nothing else is. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Cosigner, cosign, cosignerVkey } from '../../../src/kernel/log/cosignature.ts';
import { SOMEBODY_ELSES } from '../../../src/kernel/log/cosignature-vectors.ts';
import { addSignatures } from '../../../src/kernel/log/note.ts';
import { cosignOwn, logCosignerVkey } from '../../../src/kernel/log/publish.ts';
import {
  cosignedBy,
  encodeAll,
  logFiles,
  testCosigner,
  testLeaves,
  testSigner,
  vkeyOf,
} from '../../../src/trust/ledger/test-log.ts';
import type { Bytes } from './bytes.ts';
import { type CosignerKey, checkCosignature, parseCosigner } from './cosignature.ts';
import { cosignersIn, readCosigned } from './cosigners.ts';
import { type NoteSignature, parseNote } from './note.ts';
import type { LogSource } from './proof.ts';
import { type LogPlace, trustPaper } from './trusted-keys.ts';
import { verifyLog } from './verify.ts';
import { forgetWitness, recallWitnesses, trustWitnesses, WITNESS_KEYS_MAX } from './witnesses.ts';

const TIME_S = 1_795_000_000;
const SIZE = 300;
const signer = testSigner();
const entries = encodeAll(testLeaves(signer, SIZE));

const cosignerOf = (type: Cosigner['type'], name = 'witness.example/w1') => testCosigner(name, type);
const WITNESS = cosignerOf(4);
const LATER = cosignerOf(6);

async function keyFrom(vkey: string): Promise<CosignerKey> {
  return (await parseCosigner(vkey)) ?? assert.fail(`${vkey} is no cosigner's`);
}

const sourceOf = (files: ReadonlyMap<string, Buffer>): LogSource => ({
  read: async (path) => (files.has(path) ? Uint8Array.from(files.get(path) ?? []) : undefined),
});

function storage() {
  const kept = new Map<string, string>();
  return {
    getItem: (name: string) => kept.get(name) ?? null,
    setItem: (name: string, value: string) => void kept.set(name, value),
  };
}

const noteOf = (files: ReadonlyMap<string, Buffer>) => (files.get('checkpoint') ?? Buffer.of()).toString();

/** The log, with a checkpoint of its first `then` leaves that these cosigned. */
async function cosignedLog(then: number, cosigners: readonly Cosigner[], seen = entries) {
  const files = new Map(logFiles(signer, entries));
  const note = await cosignedBy(noteOf(logFiles(signer, seen.slice(0, then))), cosigners, TIME_S);
  files.set('cosigned', Buffer.from(JSON.stringify({ items: [note] })));
  return { files, source: sourceOf(files), note: noteOf(files) };
}

async function statesIn(log: Awaited<ReturnType<typeof cosignedLog>>, keys: readonly CosignerKey[]) {
  const { cosigners, silent } = await cosignersIn(log.source, await readCosigned(log.source), log.note, keys);
  return {
    states: cosigners.map(({ name, keyId, size, state }) => [name, keyId, size, state]),
    silent: silent.map(({ vkey }) => vkey),
  };
}

for (const { type, vkey, line } of SOMEBODY_ELSES.cosignatures)
  test(`a type ${type} cosignature that another implementation made verifies, and no byte of it may change`, async () => {
    const key = await keyFrom(vkey);
    const [signature] = parseNote(`${SOMEBODY_ELSES.text}\n${line}`).signatures;
    assert.ok(signature);
    assert.equal(await checkCosignature(key, signature, SOMEBODY_ELSES.text), 'good');
    const other = SOMEBODY_ELSES.text.replace('\n300\n', '\n301\n');
    assert.equal(await checkCosignature(key, signature, other), 'bad');
    for (const at of [0, 7, 8, 40, signature.signature.length - 1]) {
      const changed: Bytes = signature.signature.slice();
      changed[at] = (changed[at] ?? 0) ^ 1;
      const claim: NoteSignature = { ...signature, signature: changed };
      assert.equal(await checkCosignature(key, claim, SOMEBODY_ELSES.text), 'bad', `byte ${at}`);
    }
    const short = { ...signature, signature: signature.signature.slice(0, -1) };
    assert.equal(await checkCosignature(key, short, SOMEBODY_ELSES.text), 'bad');
  });

test('a witness whose key was given is verified, others are named, and who says nothing is said', async () => {
  const log = await cosignedLog(256, [WITNESS, LATER]);
  const [ours, theirs] = await Promise.all([keyFrom(cosignerVkey(WITNESS)), keyFrom(cosignerVkey(LATER))]);
  const absent = await keyFrom(cosignerVkey(cosignerOf(4, 'court.example/w')));
  const { states, silent } = await statesIn(log, [ours, absent]);
  assert.deepEqual(
    new Set(states.map(([, keyId, size, state]) => `${keyId} ${size} ${state}`)),
    new Set([`${ours.keyId} 256 verified`, `${theirs.keyId} 256 named`]),
  );
  assert.deepEqual(silent, [absent.vkey]);
  const both = await statesIn(log, [ours, theirs]);
  assert.deepEqual(
    both.states.map(([, , , state]) => state),
    ['verified', 'verified'],
  );
});

test('a cosignature with another key of that name is not theirs, and one of another history is an alarm', async () => {
  const log = await cosignedLog(256, [WITNESS]);
  const other = await keyFrom(cosignerVkey(cosignerOf(4)));
  assert.deepEqual(
    (await statesIn(log, [other])).states.map(([, , , state]) => state),
    ['named'],
  );
  const forged = parseNote(noteOf(log.files)).text;
  const line = await cosign(forged, WITNESS, TIME_S + 1);
  // The signature of one checkpoint, below another.
  const moved = addSignatures(noteOf(logFiles(signer, entries.slice(0, 200))), [line]);
  log.files.set('cosigned', Buffer.from(JSON.stringify({ items: [moved] })));
  const key = await keyFrom(cosignerVkey(WITNESS));
  assert.deepEqual(
    (await statesIn(log, [key])).states.map(([, , size, state]) => [size, state]),
    [[200, 'wrong']],
  );
  const rewritten = encodeAll(testLeaves(signer, SIZE, 'db'));
  const split = await cosignedLog(256, [WITNESS], rewritten);
  assert.deepEqual(
    (await statesIn(split, [key])).states.map(([, , , state]) => state),
    ['other-history'],
  );
  // They saw more than the log now shows.
  const longer = encodeAll(testLeaves(signer, SIZE + 10));
  const back = await cosignedLog(SIZE + 10, [WITNESS], longer);
  assert.deepEqual(
    (await statesIn(back, [key])).states.map(([, , , state]) => state),
    ['other-history'],
  );
});

test('the log’s own ML-DSA-44 signature is verified with the key that is remembered, and missed when it is gone', async () => {
  const memory = storage();
  const own = testCosigner(signer.origin, 6);
  const plain = logFiles(signer, entries);
  const keys = `${vkeyOf(signer)}\n${logCosignerVkey(own)}\n`;
  const files = new Map(plain).set('key', Buffer.from(keys));
  files.set('checkpoint', Buffer.from(await cosignOwn(noteOf(plain), own, TIME_S)));
  const place = (from: ReadonlyMap<string, Buffer>): LogPlace => ({
    source: sourceOf(from),
    memory,
    prefix: '/orgs/ministry',
    log: 'changes',
    now: () => '2026-11-22T00:00:00Z',
  });
  const step = async (from: ReadonlyMap<string, Buffer>) => {
    const { steps, isVerified } = await verifyLog(place(from));
    const { name, state, error } = steps.find((one) => one.state === 'bad') ?? steps[2] ?? assert.fail();
    return [name, state, error?.problem, isVerified];
  };
  assert.deepEqual(await step(plain), ['postQuantum', 'absent', undefined, true]);
  assert.deepEqual(await step(files), ['postQuantum', 'good', undefined, true]);
  // From now on the log cannot do without it.
  assert.deepEqual(await step(plain), ['postQuantum', 'bad', 'signature', false]);
  const line = await cosign(parseNote(noteOf(plain)).text.replace('\n300\n', '\n301\n'), own, TIME_S);
  files.set('checkpoint', Buffer.from(addSignatures(noteOf(plain), [line])));
  assert.deepEqual(await step(files), ['postQuantum', 'bad', 'signature', false]);
  const other = testCosigner(signer.origin, 6);
  const changed = `${vkeyOf(signer)}\n${logCosignerVkey(other)}\n`;
  assert.deepEqual(await step(new Map(plain).set('key', Buffer.from(changed))), [
    'key',
    'bad',
    'key-changed',
    false,
  ]);
  assert.equal(await trustPaper(place(files), keys), true);
  assert.equal(await trustPaper(place(files), changed), false);
});

test('keys of witnesses are remembered until they are forgotten; what is none is refused', async () => {
  const memory = storage();
  const vkeys = [cosignerVkey(WITNESS), cosignerVkey(LATER)];
  assert.equal(await trustWitnesses(memory, '/orgs/ministry', `witness w ${vkeys.join('\n')}\n`), 2);
  assert.equal(await trustWitnesses(memory, '/orgs/ministry', vkeys[0] ?? ''), 0);
  const known = async () => (await recallWitnesses(memory, '/orgs/ministry')).map(({ vkey }) => vkey);
  assert.deepEqual(await known(), vkeys);
  assert.deepEqual(await recallWitnesses(memory, '/orgs/other'), []);
  for (const wrong of ['', 'hello', vkeyOf(signer), (vkeys[0] ?? '').replace('+', '+0'), `${vkeys[0]}AAAA`])
    await assert.rejects(trustWitnesses(memory, '/orgs/ministry', wrong), { problem: 'key' }, wrong);
  forgetWitness(memory, '/orgs/ministry', vkeys[0] ?? '');
  assert.deepEqual(await known(), [vkeys[1]]);
  const many = Array.from({ length: WITNESS_KEYS_MAX }, (_, at) => cosignerVkey(cosignerOf(4, `w${at}`)));
  await assert.rejects(trustWitnesses(memory, '/orgs/ministry', many.join(' ')), /at most 32 keys/);
});
