import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { localeOf } from '../../texts/locale.ts';
import { formFieldOf, freeName, type NewInstance, SIZES, stepsFor } from './create/new-instance.ts';
import { cleanLine, LINE_CHARACTERS_MAX, LINES_MAX, LogLines } from './log-lines.ts';
import { bytesText, clockText, percentText, roundAbove, stretchesOf } from './metrics/figures.ts';
import { patchFor, possible } from './power.ts';

const WANTED: NewInstance = {
  project: 'shop',
  isNewProject: true,
  name: 'web',
  from: { image: 'debian-12' },
  type: 'container',
  size: SIZES[0],
  network: 'lan',
  isNewNetwork: true,
  sshKeys: '',
  userData: '',
};

suite('a new instance', () => {
  test('is asked for after what it stands on, and no more is asked for than is new', () => {
    assert.deepEqual(
      stepsFor(WANTED).map(({ path, body }) => [path, body.kind, body.metadata.name]),
      [
        ['/api/v1/namespaces', 'Namespace', 'shop'],
        ['/apis/network.casemate.internal/v1/namespaces/shop/networks', 'Network', 'lan'],
        ['/apis/compute.casemate.internal/v1/namespaces/shop/instances', 'Instance', 'web'],
      ],
    );
    const [only, ...others] = stepsFor({ ...WANTED, isNewProject: false, isNewNetwork: false });
    assert.deepEqual(others, []);
    assert.deepEqual(only?.body.spec, {
      image: 'debian-12',
      type: 'container',
      cpu: '1',
      memory: '512Mi',
      disk: '10Gi',
      networks: [{ network: 'lan' }],
    });
  });

  test('has keys and a first start where they were written, and may be on no network or of a snapshot', () => {
    const [only] = stepsFor({
      ...WANTED,
      isNewProject: false,
      from: { snapshot: 'monday' },
      network: '',
      sshKeys: '\n ssh-ed25519 AAAA a \n\nssh-ed25519 BBBB b\n',
      userData: '#cloud-config\n',
    });
    assert.ok(only);
    const { source, networks, sshKeys, userData } = only.body.spec as Record<string, unknown>;
    assert.deepEqual(
      [source, networks, sshKeys, userData],
      [{ snapshot: 'monday' }, [], ['ssh-ed25519 AAAA a', 'ssh-ed25519 BBBB b'], '#cloud-config\n'],
    );
  });

  test('has a name that nobody has, and refusals find their field', () => {
    assert.equal(freeName('instance', new Set(['instance-1', 'instance-3'])), 'instance-2');
    assert.equal(formFieldOf('Instance', 'spec.memory'), 'memory');
    assert.equal(formFieldOf('Network', 'metadata.name'), 'network');
    assert.equal(formFieldOf('Instance', 'spec.unheardOf'), undefined);
  });
});

suite('the log', () => {
  test('is text: what would move a cursor, colour or turn a line round is gone or seen', () => {
    assert.equal(cleanLine('\u001b[31mred\u001b[0m \u001b]0;title\u0007<b>bold</b>\r'), 'red <b>bold</b>');
    assert.equal(cleanLine('a\bb\u202ec'), 'a\ufffdb\ufffdc');
  });

  test('keeps the last lines, and of each no more than its bound', () => {
    const lines = new LogLines();
    lines.add('first\nsec');
    lines.add('ond\n');
    assert.equal(lines.text(), 'first\nsecond');
    for (let at = 0; at < LINES_MAX; at += 1) lines.add(`${at}\n`);
    assert.equal(lines.text().split('\n').length, LINES_MAX);
    assert.match(lines.text(), /^0\n/);
    const endless = new LogLines();
    for (let at = 0; at < 10; at += 1) endless.add('x'.repeat(LINE_CHARACTERS_MAX));
    assert.equal(endless.text().length, LINE_CHARACTERS_MAX);
  });
});

suite('power', () => {
  const running = { powerState: 'Running' } as const;
  test('what cannot be done says why', () => {
    assert.deepEqual(possible(running, { phase: 'Running' }, false), {
      start: 'compute.power.runs',
      stop: undefined,
      restart: undefined,
    });
    assert.deepEqual(possible({ powerState: 'Stopped' }, { phase: 'Stopped' }, false), {
      start: undefined,
      stop: 'compute.power.stopped',
      restart: 'compute.power.notRunning',
    });
    const now = '2026-01-01T00:00:00Z';
    const restarting = possible({ ...running, restartedAt: now }, { phase: 'Running' }, false);
    assert.equal(restarting.restart, 'compute.power.restarts');
    assert.equal(
      possible(running, { phase: 'Stopped', restoring: 'r' }, false).stop,
      'compute.power.restoring',
    );
    assert.equal(possible(running, { phase: 'Running' }, true).stop, 'compute.power.deleting');
    assert.deepEqual(patchFor('restart', now), { spec: { restartedAt: now } });
  });
});

suite('metrics', () => {
  const sample = (minute: number, cpu?: number) => ({
    at: new Date(minute * 60_000).toISOString(),
    ...(cpu === undefined ? {} : { cpu }),
  });
  test('a line has a gap where nothing was measured', () => {
    const stretches = stretchesOf(
      [sample(1, 1), sample(2, 2), sample(3), sample(4, 4), sample(60, 5)],
      ({ cpu }) => cpu,
      60,
    );
    assert.deepEqual(
      stretches.map((stretch) => stretch.map(({ value }) => value)),
      [[1, 2], [4], [5]],
    );
    assert.deepEqual(
      stretchesOf([], () => 1, 60),
      [],
    );
  });

  test('the scale is a round number that holds them', () => {
    assert.deepEqual(
      [[], [3], [1_001], [4_999], [5_001], [10_000]].map((values) => roundAbove(values, 1_000)),
      [1_000, 1_000, 2_000, 5_000, 10_000, 10_000],
    );
  });

  test('amounts and times are written as the reader writes them', () => {
    const plain = (text: string) => text.replaceAll(/\s/g, ' ');
    assert.deepEqual(
      [0, 1_023, 1_536, 512 * 1_024 ** 2, 3 * 1_024 ** 4].map((bytes) => plain(bytesText(bytes, 'en-GB'))),
      ['0 B', '1,023 B', '1.5 KiB', '512 MiB', '3 TiB'],
    );
    assert.equal(plain(bytesText(1_536, 'fr-FR')), '1,5 Kio');
    assert.deepEqual([percentText(0.004, 'en'), percentText(0.42, 'de')].map(plain), ['0.4%', '42 %']);
    const evening = new Date(2026, 10, 1, 18, 5).getTime();
    assert.equal(clockText(evening, localeOf('en', ['de-DE', 'en-GB']), '1h'), '18:05');
    assert.equal(plain(clockText(evening, localeOf('en', ['en-US']), '1h')), '06:05 PM');
    assert.match(clockText(evening, localeOf('fr', []), '24h'), /dim.*18:05/);
  });
});
