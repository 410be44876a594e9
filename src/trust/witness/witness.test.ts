import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { formatAddCheckpoint } from '#kernel/log/add-checkpoint.ts';
import { cosignatureTime, cosignerVkey, parseCosignerVkey } from '#kernel/log/cosignature.ts';
import { openNote } from '#kernel/log/note.ts';
import { consistencyProof, tileHashReader } from '#kernel/log/proof.ts';
import { tilePath } from '#kernel/log/tile.ts';
import { ManualClock } from '#kernel/store/manual-clock.ts';
import { checkSplitView } from '../ledger/split-view.ts';
import { encodeAll, logFiles, testCosigner, testLeaves, testSigner, vkeyOf } from '../ledger/test-log.ts';
import { createWitness, openWitness } from './folder.ts';
import { lockFolder } from './lock.ts';
import { serveWitness } from './server.ts';
import { Witness } from './witness.ts';

const signer = testSigner();
const entries = encodeAll(testLeaves(signer, 600));
const forked = [...entries.slice(0, 150), ...encodeAll(testLeaves(signer, 600, 'forged')).slice(150)];

/** The signed checkpoint of the first `size` leaves. */
const noteAt = (size: number, leaves = entries, by = signer) =>
  logFiles(by, leaves.slice(0, size)).get('checkpoint')?.toString() ?? assert.fail();

async function bodyFor(oldSize: number, size: number, leaves = entries): Promise<string> {
  const files = logFiles(signer, leaves.slice(0, size));
  const read = tileHashReader(size, async (tile) => files.get(tilePath(tile)) ?? assert.fail(tilePath(tile)));
  const proof = oldSize <= size ? await consistencyProof(oldSize, size, read) : [];
  return formatAddCheckpoint({ oldSize, proof, checkpoint: noteAt(size, leaves) });
}

async function newWitness(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'casemate-witness-'));
  t.after(() => rm(folder, { recursive: true }));
  const made = await createWitness(folder, 'tenant.example/w1');
  await made.follow(vkeyOf(signer));
  const clock = new ManualClock();
  const caught: string[] = [];
  const start = async () =>
    new Witness(await openWitness(folder), clock, { splitView: (_origin, file) => caught.push(file ?? '') });
  return { folder, made, clock, caught, start, witness: await start() };
}

test('a witness cosigns a log as it grows, with both its keys, at the time it does so', async (t) => {
  const { witness, made, clock } = await newWitness(t);
  for (const [oldSize, size] of [
    [0, 5],
    [5, 300],
    [300, 300],
    [300, 512],
    [512, 600],
  ] as const) {
    const { code, body } = await witness.addCheckpoint(await bodyFor(oldSize, size));
    assert.equal(code, 200, body);
    const note = `${noteAt(size)}${body}`;
    for (const cosigner of made.cosigners) {
      const verifier = parseCosignerVkey(cosignerVkey(cosigner));
      const own = openNote(note, verifier).signatures.filter(({ keyId }) => keyId.equals(verifier.keyId));
      assert.deepEqual(own.map(cosignatureTime), [Math.floor(clock.now() / 1_000)]);
    }
  }
});

test('its answers are those of the protocol', async (t) => {
  const { witness } = await newWitness(t);
  const answers = async (body: string) => {
    const { code, contentType, body: said } = await witness.addCheckpoint(body);
    return [code, contentType.split(';', 1)[0], code === 409 ? said : ''];
  };
  const grown = await bodyFor(0, 300);
  assert.deepEqual(await answers(''), [400, 'text/plain', '']);
  assert.deepEqual(await answers(grown.replace('old 0', 'old 00')), [400, 'text/plain', '']);
  assert.deepEqual(await answers(grown.replace('old 0\n', `old 0\n${'A'.repeat(44)}\n`)), [
    400,
    'text/plain',
    '',
  ]);
  const lines = `${Buffer.alloc(32).toString('base64')}\n`.repeat(64);
  assert.deepEqual(await answers(grown.replace('old 0\n', `old 0\n${lines}`)), [400, 'text/plain', '']);
  assert.deepEqual(await answers(grown.replace('old 0\n', `old 0\n${lines.slice(0, 45)}`)), [
    422,
    'text/plain',
    '',
  ]);
  const stranger = testSigner('stranger.example/log');
  const unknown = formatAddCheckpoint({ oldSize: 0, proof: [], checkpoint: noteAt(5, entries, stranger) });
  assert.deepEqual(await answers(unknown), [404, 'text/plain', '']);
  const unsigned = formatAddCheckpoint({
    oldSize: 0,
    proof: [],
    checkpoint: noteAt(5, entries, testSigner()),
  });
  assert.deepEqual(await answers(unsigned), [403, 'text/plain', '']);
  assert.deepEqual(await answers(await bodyFor(5, 300)), [409, 'text/x.tlog.size', '0\n']);
  assert.equal((await witness.addCheckpoint(grown)).code, 200);
  assert.deepEqual(await answers(await bodyFor(301, 300)), [400, 'text/plain', '']);
  assert.deepEqual(await answers(await bodyFor(0, 600)), [409, 'text/x.tlog.size', '300\n']);
  assert.deepEqual(await answers(await bodyFor(5, 200)), [409, 'text/x.tlog.size', '300\n']);
  const wrong = (await bodyFor(300, 600)).replace(/old 300\n[^\n]+\n/, `old 300\n${lines.slice(0, 45)}`);
  assert.deepEqual(await answers(wrong), [422, 'text/plain', '']);
});

test('what it cosigned it remembers: a log rolled back, or replayed from before a restart, is not cosigned', async (t) => {
  const { witness, start } = await newWitness(t);
  assert.equal((await witness.addCheckpoint(await bodyFor(0, 300))).code, 200);
  const restarted = await start();
  for (const [oldSize, size] of [
    [0, 200],
    [200, 300],
    [0, 300],
    [200, 250],
  ] as const) {
    const { code, body } = await restarted.addCheckpoint(await bodyFor(oldSize, size));
    assert.deepEqual([code, body], [409, '300\n']);
  }
  assert.equal((await restarted.addCheckpoint(await bodyFor(300, 200))).code, 400);
  assert.equal((await restarted.addCheckpoint(await bodyFor(300, 600))).code, 200);
});

test('two histories of one size, or of two, leave evidence that convinces anybody with the log’s key', async (t) => {
  const { witness, folder, caught } = await newWitness(t);
  assert.equal((await witness.addCheckpoint(await bodyFor(0, 300))).code, 200);
  assert.equal((await witness.addCheckpoint(await bodyFor(300, 300, forked))).code, 409);
  assert.equal((await witness.addCheckpoint(await bodyFor(300, 600, forked))).code, 422);
  assert.equal((await readdir(join(folder, 'split-views'))).length, 2);
  const sizes: number[][] = [];
  for (const file of caught) {
    const text = await readFile(file, 'utf8');
    const { origin, checkpoints } = checkSplitView(text, vkeyOf(signer));
    assert.equal(origin, signer.origin);
    sizes.push(checkpoints.map(({ size }) => size));
    assert.throws(() => checkSplitView(text, vkeyOf(testSigner())), { code: 'UNKNOWN_KEY' });
  }
  assert.deepEqual(sizes, [
    [300, 300],
    [300, 600],
  ]);
  // Nonsense is no evidence: who sends it may not be the log.
  const nonsense = (await bodyFor(300, 600)).replace(
    /old 300\n[^\n]+\n/,
    `old 300\n${Buffer.alloc(32).toString('base64')}\n`,
  );
  assert.equal((await witness.addCheckpoint(nonsense)).code, 422);
  assert.equal(caught.length, 2);
});

test('requests that race are answered one after the other: never two histories, never back', async (t) => {
  const { witness, made } = await newWitness(t);
  await witness.addCheckpoint(await bodyFor(0, 200));
  const bodies = await Promise.all([
    bodyFor(200, 300),
    bodyFor(200, 600),
    bodyFor(200, 300, forked),
    bodyFor(200, 512, forked),
  ]);
  const answers = await Promise.all(bodies.map((body) => witness.addCheckpoint(body)));
  const cosigned = bodies.filter((_, index) => answers[index]?.code === 200);
  assert.equal(cosigned.length, 1);
  const [origin, size, root] = (await made.latest(signer.origin))?.split('\n') ?? [];
  assert.ok(cosigned[0]?.includes(`${origin}\n${size}\n${root}\n`), 'what it keeps is what it cosigned');
});

test('whatever is sent in whatever order, the sizes it cosigns only grow, and are of one history', async (t) => {
  const { witness } = await newWitness(t);
  let last = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.nat(620),
      fc.integer({ min: 1, max: 600 }),
      fc.boolean(),
      fc.nat(3),
      async (claimed, size, isForked, kind) => {
        const oldSize = kind === 0 ? claimed : last;
        const leaves = isForked ? forked : entries;
        const { code } = await witness.addCheckpoint(await bodyFor(oldSize, size, leaves));
        if (code !== 200) return;
        assert.ok(size >= last, `${last} to ${size}`);
        // The first that is cosigned past the fork decides which history it is.
        if (isForked && size > 150) assert.fail('the forged history was cosigned');
        last = size;
      },
    ),
    { seed: 7, numRuns: 60, examples: [[0, 160, false, 0]] },
  );
});

test('a checkpoint with as many signatures as a note may have leaves a state that can be read', async (t) => {
  const { witness, made } = await newWitness(t);
  const others = Array.from({ length: 30 }, () => testCosigner('other.example', 6));
  const filler = others.map(
    ({ name, publicKey }) => `— ${name} ${Buffer.from(publicKey).toString('base64')}\n`,
  );
  const body = await bodyFor(0, 300);
  assert.equal((await witness.addCheckpoint(`${body}${filler.join('')}`)).code, 200);
  assert.ok(((await made.latest(signer.origin))?.length ?? 0) < 5_000);
  assert.equal((await witness.addCheckpoint(await bodyFor(300, 600))).code, 200);
});

test('keys are for their owner only, and a witness is made once', async (t) => {
  const { folder } = await newWitness(t);
  for (const file of ['ed25519.pem', 'ml-dsa-44.pem']) {
    assert.equal((await stat(join(folder, 'keys', file))).mode & 0o777, 0o600);
  }
  await assert.rejects(createWitness(folder, 'other.example'), /there is a witness already/);
  await assert.rejects(createWitness(folder, 'two words'), /--name two words: should be like/);
  await assert.rejects(openWitness(join(folder, 'nowhere')), /there is no witness/);
  const release = await lockFolder(folder);
  await assert.rejects(lockFolder(folder), /another process runs this witness/);
  await release();
  await (await lockFolder(folder))();
});

test('over HTTP it takes checkpoints, tells monitors what it saw, and bounds what it reads', async (t) => {
  const { witness } = await newWitness(t);
  const faults: unknown[] = [];
  const server = await serveWitness(witness, {
    host: '127.0.0.1',
    port: 0,
    onFault: (error) => faults.push(error),
  });
  t.after(() => server.close());
  const url = (path: string) => `http://127.0.0.1:${server.port}${path}`;
  const post = (body: string) => fetch(url('/add-checkpoint'), { method: 'POST', body });
  const added = await post(await bodyFor(0, 300));
  assert.equal(added.status, 200);
  const lines = await added.text();
  assert.match(lines, /^(— tenant\.example\/w1 [A-Za-z0-9+/=]+\n){2}$/);
  assert.equal(await (await fetch(url('/checkpoints'))).text(), `${noteAt(300)}${lines}`);
  const conflict = await post(await bodyFor(0, 600));
  assert.deepEqual(
    [conflict.status, conflict.headers.get('content-type'), await conflict.text()],
    [409, 'text/x.tlog.size', '300\n'],
  );
  assert.equal((await post('x'.repeat(200_000))).status, 413);
  assert.equal((await fetch(url('/add-checkpoint'))).status, 405);
  assert.equal((await fetch(url('/'))).status, 404);
  assert.deepEqual(faults, []);
});
