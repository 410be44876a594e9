/** A process of its own finds what this one does; and whatever becomes of it, it takes nothing else with it, and its request ends in a verdict. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { systemClock } from '#kernel/clock.ts';
import { ManualClock } from '#kernel/store/manual-clock.ts';
import { type StartConfined, startedHere } from '../../confined/start.ts';
import { TRIES_MAX } from '../check-request.ts';
import type { ExportRules } from '../policy-kind.ts';
import { startExportWorld } from '../testing/export-world.ts';
import { chunksOf, PLANTED } from '../testing/planted.ts';
import { Verdict } from '../verdict.ts';
import { inspectCommand } from './inspect-command.ts';
import type { InspectorSettings, StartInspector } from './inspector.ts';
import { ownInspector } from './own-inspector.ts';
import { processInspector, SILENCE_MS_MAX } from './process-inspector.ts';

const SETTINGS: InspectorSettings = {
  types: ['text', 'gzip'],
  off: ['email'],
  markings: new Map([['secret', ['TOP SECRET']]]),
};
const POLICY: ExportRules = {
  labels: [{ name: 'public' }],
  mayLeave: 'public',
  types: ['text'],
  bytes: 1,
  files: 1,
  recipients: [],
  reviewHours: 1,
  keepDays: 1,
};
const realProcess = processInspector(startedHere(inspectCommand()), systemClock);

/** Our own bounds, and another program within them. */
const within = (bounds: Parameters<typeof inspectCommand>[0], script: string): StartConfined => {
  const { command, args } = inspectCommand(bounds);
  return startedHere({ command, args: [...args.slice(0, -1), '-e', script] });
};

async function found(start: StartInspector) {
  const verdict = new Verdict(POLICY);
  const inspector = start(SETTINGS);
  try {
    const log = gzipSync(`one\ntwo ${PLANTED['GitHub token']} ${PLANTED['e-mail address']}\n`.repeat(3_000));
    const files = { 'a.gz': log, 'empty.txt': Buffer.alloc(0), 'b.txt': Buffer.from('top secret') };
    for (const [file, bytes] of Object.entries(files))
      await inspector.inspect(file, chunksOf(bytes, 1_000), verdict.add);
    await assert.rejects(
      inspector.inspect(
        'c.txt',
        (async function* () {
          yield Buffer.from('begun');
          throw new RangeError('the source failed');
        })(),
        () => {},
      ),
      /the source failed/,
    );
    await inspector.inspect('d.bin', chunksOf(Buffer.from('\x7fELF', 'latin1')), verdict.add);
  } finally {
    await inspector.close();
  }
  return verdict.status;
}

test('a process of its own finds what is found without one', async () => {
  const expected = await found(ownInspector);
  assert.equal(expected.counts?.token, 3_000);
  assert.deepEqual(await found(realProcess), expected);
});

const BREAKS: readonly (readonly [what: string, start: StartConfined, wanted: RegExp, tries: number])[] = [
  ['breaks', within({}, 'process.exit(3)'), /what looked into it broke \(it ended by exit 3\)/, TRIES_MAX],
  [
    'fills its memory',
    within({}, 'const all = []; for (;;) all.push(new Array(10_000).fill(1.5));'),
    /it took more memory than a check may have/,
    1,
  ],
  ['goes round in circles', within({ cpu_s: 1 }, 'for (;;);'), /more time than a check may have/, 1],
  [
    'says what makes no sense',
    within({}, `console.log('{"type":"findings","findings":[{"rule":"none"}]}'); setInterval(() => {}, 1e6)`),
    /said what makes no sense/,
    1,
  ],
];

for (const [what, start, wanted, tries] of BREAKS) {
  test(`a check that ${what} blocks its request, which says so, and no other`, async (t) => {
    let starts = 0;
    const broken = processInspector(() => {
      starts += 1;
      return start();
    }, systemClock);
    // The second request is looked into by a process that is well.
    const world = await startExportWorld(t, (settings) =>
      settings.off.includes('iban') ? broken(settings) : realProcess(settings),
    );
    await world.policy({ rules: [{ rule: 'iban', action: 'off', atLeast: 1 }] });
    await world.create('bad', { 'a.txt': Buffer.from('plain') });
    const { status } = await world.submit('bad', { 'a.txt': Buffer.from('plain') });
    assert.deepEqual(
      [status?.phase, status?.findings?.map(({ rule, file, action }) => [rule, file, action])],
      ['Blocked', [['unchecked', 'a.txt', 'block']]],
    );
    assert.match(status?.findings?.[0]?.what ?? '', wanted);
    assert.equal(starts, tries);
    await world.policy({ rules: [] });
    await world.create('good', { 'a.txt': Buffer.from('plain') });
    const good = await world.submit('good', { 'a.txt': Buffer.from('plain') });
    assert.equal(good.status?.phase, 'AwaitingApproval');
  });
}

test('a check that says nothing any more is ended', async () => {
  const clock = new ManualClock(0);
  const start = within({}, `console.log('{"type":"more"}'); setInterval(() => {}, 1e6)`);
  const inspector = processInspector(start, clock)(SETTINGS);
  async function* source(): AsyncGenerator<Buffer> {
    yield Buffer.from('one');
  }
  const asked = inspector.inspect('a.txt', source(), () => {});
  let isOver = false;
  const rejected = assert.rejects(asked, /it took more time than a check may have/).finally(() => {
    isOver = true;
  });
  while (!isOver) {
    await clock.advance(SILENCE_MS_MAX);
    await new Promise(setImmediate);
  }
  await rejected;
});

test('nobody there to look into it is no fault of the content: it is asked for again later', async (t) => {
  const world = await startExportWorld(
    t,
    processInspector(() => Promise.reject(new Error('nobody starts such processes')), systemClock),
  );
  await world.policy();
  await world.create('early', { 'a.txt': Buffer.from('plain') });
  await assert.rejects(world.submit('early', { 'a.txt': Buffer.from('plain') }), /nobody starts/);
  assert.equal((await world.get('early')).status?.phase, 'Checking');
});

test('the process may not open a connection, start a program, read a file of the region, or write any', async () => {
  const tries = `
    const result = {};
    const attempt = async (name, work) => { try { await work(); result[name] = 'done'; } catch (error) { result[name] = error.code; } };
    const { once } = require('node:events');
    await attempt('connect', () => once(require('node:net').connect(9, '127.0.0.1'), 'connect'));
    await attempt('spawn', () => require('node:child_process').execFileSync('/bin/true'));
    await attempt('thread', () => new (require('node:worker_threads').Worker)('1', { eval: true }));
    await attempt('read', () => require('node:fs').readFileSync('/etc/passwd'));
    await attempt('write', () => require('node:fs').writeFileSync('/tmp/x', ''));
    await attempt('addon', () => process.dlopen({ exports: {} }, '/x.node'));
    console.log(JSON.stringify(result));`;
  const started = await within({}, `(async () => {${tries}})()`)();
  let said = '';
  for await (const chunk of started.output) said += Buffer.from(chunk).toString();
  const result = JSON.parse(said.split('\n')[0] ?? '') as Record<string, string>;
  assert.deepEqual(
    Object.entries(result).filter(([, how]) => how !== 'ERR_ACCESS_DENIED'),
    [['addon', 'ERR_DLOPEN_DISABLED']],
  );
  assert.equal(Object.keys(result).length, 6);
});
