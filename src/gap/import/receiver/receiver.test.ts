// The receiver's process: it does what the region's own would, may touch nothing else, and when it runs wild the bundle is refused and the region goes on.
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ManualClock } from '#kernel/store/manual-clock.ts';
import { MIB } from '../../bundle/limits.ts';
import { extendChain, NOW_ms, planFor, startBundleWorld } from '../../bundle/testing/bundle-world.ts';
import { metadataBytes } from '../../bundle/tuf/metadata.ts';
import { type StartConfined, startedHere } from '../../confined/start.ts';
import { startImportWorld } from '../testing/import-world.ts';
import { processReceiver, SILENCE_MS_MAX } from './client.ts';
import { MEMORY_BYTES_MAX, receiverCommand } from './command.ts';

/** A region whose receivers are processes, started by `start`. */
const worldWith = (t: TestContext, start?: StartConfined, clock = new ManualClock(NOW_ms)) =>
  startImportWorld(t, {
    receiver: (folders, advisories) =>
      processReceiver(start ?? startedHere(receiverCommand({ folders, advisories })), clock),
  });

/** A program that is asked as a receiver is, and does something else. */
const program = (text: string): StartConfined =>
  startedHere({ command: process.execPath, args: ['--max-old-space-size=64', '-e', text] });

test('a bundle comes in through a process of its own: received, verified, scanned, published; and one wrong byte is named', async (t) => {
  const world = await worldWith(t);
  await world.trust();
  const path = await world.bundles.signed('seven', 'tar');
  await world.carry('seven');
  const waiting = await world.bring('seven');
  assert.deepEqual(
    [waiting.phase, waiting.bundle?.signers, waiting.refusals],
    ['AwaitingApproval', ['alice', 'bob'], undefined],
  );
  assert.equal((await world.publish('seven')).phase, 'Published');

  const [bytes, model] = [await readFile(path), await readFile(world.bundles.path('model.bin'))];
  const at = bytes.indexOf(model.subarray(0, 64)) + 5;
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  await writeFile(join(world.folders.inbox, 'bad'), bytes);
  const bad = await world.bring('bad');
  // What the region has is not even read from the medium.
  assert.equal(bad.phase, 'AwaitingApproval');
});

test('what nobody signed is refused by the part, in the words of whoever read it', async (t) => {
  const world = await worldWith(t);
  await world.trust();
  await world.bundles.build('unsigned', 'tar');
  await world.carry('unsigned');
  const { phase, refusals } = await world.bring('unsigned');
  assert.deepEqual([phase, refusals?.[0]?.reason, refusals?.[0]?.part], ['Refused', 'Unsigned', 'timestamp']);
  assert.match(refusals?.[0]?.message ?? '', /alice did not sign/);
});

test('a receiver that takes more memory than it may ends as a refusal by name, whichever way it takes it', async (t) => {
  const world = await worldWith(t, program('const a = []; for (;;) a.push(new Array(1e5).fill(a.length))'));
  await world.trust();
  const { phase, refusals } = await world.bring('heap');
  assert.deepEqual(
    [phase, refusals?.[0]?.reason, refusals?.[0]?.part],
    ['Refused', 'TooMuchMemory', 'the receiver'],
  );
  assert.match(
    refusals?.[0]?.message ?? '',
    /whoever reads it was ended: it ended by signal SIG(?:ABRT|TRAP)/,
  );

  // Outside of V8's own bound the kernel's holds.
  const { command, args } = receiverCommand({ folders: world.folders, advisories: '/nowhere' });
  const bounds = args.slice(0, args.indexOf('--permission'));
  const bomb =
    'let n = 0; const a = []; try { for (;;) { a.push(Buffer.alloc(64 * 2 ** 20, 1)); n += 64; } } catch { console.log(n); }';
  const { output } = await startedHere({ command, args: [...bounds, '-e', bomb] })();
  let said = '';
  for await (const chunk of output) said += Buffer.from(chunk).toString();
  const taken = Number(said.split('\n')[0]) * MIB;
  assert.ok(taken > 0 && taken < MEMORY_BYTES_MAX, said);
});

test('a receiver that says nothing is ended when its time is up, and the bundle refused', async (t) => {
  const clock = new ManualClock(NOW_ms);
  let started = () => {};
  const running = new Promise<void>((resolve) => {
    started = resolve;
  });
  const endless = program('for (;;);');
  const world = await worldWith(
    t,
    async () => {
      setImmediate(started);
      return endless();
    },
    clock,
  );
  await world.trust();
  const ended = world.bring('endless');
  await running;
  clock.advance(SILENCE_MS_MAX);
  const { phase, refusals } = await ended;
  assert.deepEqual([phase, refusals?.[0]?.reason], ['Refused', 'TooMuchTime']);
});

test('a receiver that breaks is started again, and what breaks it each time is refused', async (t) => {
  let starts = 0;
  const broken = program('process.exit(3)');
  const world = await worldWith(t, () => {
    starts += 1;
    return broken();
  });
  await world.trust();
  await assert.rejects(world.bring('broken'), /it ended by exit 3/);
  await assert.rejects(world.settle('broken'), /it ended by exit 3/);
  const { phase, refusals } = await world.settle('broken');
  assert.deepEqual([phase, refusals?.[0]?.reason, starts], ['Refused', 'Unreadable', 3]);
});

const say = (...said: object[]) =>
  program(
    `process.stdin.once('data', () => { for (const one of ${JSON.stringify(said)}) console.log(JSON.stringify(one)); });`,
  );

for (const [what, start, wanted] of [
  [
    'asks for a file that no bundle has',
    say({ type: 'take', name: '../../content/published.json', size: 1 }),
    /no file "\.\.\/\.\.\//,
  ],
  ['names a file that it never asked for', say({ type: 'done', name: 'index.json' }), /was not asked for/],
  ['claims a verdict that is none', say({ type: 'checked', summary: { name: 'town' } }), /what it says/],
  [
    'talks without a newline',
    program(`process.stdout.write('x'.repeat(5 * ${MIB}))`),
    /a line has more than/,
  ],
] as const) {
  test(`a receiver that ${what} is ended, and the bundle refused`, async (t) => {
    const world = await worldWith(t, start);
    await world.trust();
    const { phase, refusals } = await world.bring('strange');
    assert.deepEqual([phase, refusals?.[0]?.reason], ['Refused', 'Unreadable']);
    assert.match(refusals?.[0]?.message ?? '', wanted);
  });
}

test('a root that a receiver makes up is not trusted, whatever it says of the bundle', async (t) => {
  const bundles = await startBundleWorld(t);
  const { signers, roots } = bundles;
  const [first] = roots;
  assert.ok(first);
  // Signed by its own signers alone: the one before knows none of them.
  const [stranger] = extendChain([first], planFor(signers, 'hybrid'), [signers.alice, signers.carol]).slice(
    -1,
  );
  assert.ok(stranger);
  const forged = { ...stranger, signatures: stranger.signatures.slice(0, 1) };
  const summary = {
    name: 'town',
    version: 1,
    created: '2026-11-20T00:00:00Z',
    digest: '0'.repeat(64),
    metadata: `sha256:${'0'.repeat(64)}`,
    size: 0,
    signers: ['mallory'],
    threshold: 1,
    remarks: [],
    root: 2,
    items: [],
  };
  const world = await worldWith(
    t,
    say({ type: 'root', root: metadataBytes(forged).toString('utf8') }, { type: 'checked', summary }),
  );
  await world.trust();
  const { phase, refusals } = await world.bring('forged');
  assert.deepEqual([phase, refusals?.[0]?.reason, refusals?.[0]?.part], ['Refused', 'Unsigned', 'root 2']);
});

test('the process may not open a connection, start a program, or read a file of the region', async () => {
  const folders = { inbox: '/i', uploads: '/u', quarantine: '/q', content: '/c' };
  const { command, args } = receiverCommand({ folders, advisories: '/a' });
  const tries = `
    const result = {};
    const attempt = async (name, work) => { try { await work(); result[name] = 'done'; } catch (error) { result[name] = error.code; } };
    const { once } = require('node:events');
    await attempt('connect', () => once(require('node:net').connect(9, '127.0.0.1'), 'connect'));
    await attempt('socket', () => once(require('node:net').connect('/run/x.sock'), 'connect'));
    await attempt('spawn', () => require('node:child_process').execFileSync('/bin/true'));
    await attempt('read', () => require('node:fs').readFileSync('/etc/passwd'));
    await attempt('write', () => require('node:fs').writeFileSync('/tmp/x', ''));
    await attempt('addon', () => process.dlopen({ exports: {} }, '/x.node'));
    console.log(JSON.stringify(result));`;
  const started = await startedHere({
    command,
    args: [...args.slice(0, -1), '-e', `(async () => {${tries}})()`],
  })();
  let said = '';
  for await (const chunk of started.output) said += Buffer.from(chunk).toString();
  const [line = ''] = said.split('\n');
  const found = JSON.parse(line) as Record<string, string>;
  assert.deepEqual(
    Object.entries(found).filter(([, how]) => how !== 'ERR_ACCESS_DENIED'),
    [['addon', 'ERR_DLOPEN_DISABLED']],
  );
});
