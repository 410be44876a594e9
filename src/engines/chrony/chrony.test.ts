/** chronyd for real: a network of time servers in a namespace of its own, and the region's among them. Needs root. */
import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { chmod, chown, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { describeChronyd, findChrony, questionArguments } from './daemon.ts';
import { readTime, type TimeReport } from './report.ts';
import { directives, type TimeSettings, type TimeSource } from './settings.ts';

const run = promisify(execFile);
const CLIENT_PORT = 30_200;
const NOBODY = { name: 'nobody', uid: 65_534, gid: 65_534 };

describe('the region’s chronyd', () => {
  const place = `chr${process.pid}`;
  const network = `--net=/run/netns/${place}`;
  const children: ChildProcess[] = [];
  let folder: string;
  const programs =
    findChrony(join(process.env.CASEMATE_IMAGE_CACHE ?? '/var/cache/casemate', 'programs')) ??
    assert.fail('casemate up, or casemate test, unpacks chrony');

  const inside = (command: string, ...args: string[]) =>
    run('nsenter', [network, command, ...args], { timeout: 30_000 });
  /** A time server on an address of its own; `off_s`: how wrong it is. */
  async function server(address: string, from?: string, off_s = 0): Promise<void> {
    await run('ip', ['-n', place, 'address', 'add', `${address}/32`, 'dev', 'lo']);
    const clock =
      from === undefined ? 'local stratum 1' : `server ${from} iburst maxpoll 0 minpoll 0 offset ${off_s}`;
    start(
      programs.daemon,
      '-d',
      '-x',
      '-u',
      'root',
      clock,
      `bindaddress ${address}`,
      'allow',
      'cmdport 0',
      'bindcmdaddress /',
      `pidfile ${folder}/${address}.pid`,
    );
  }
  function start(...command: string[]): ChildProcess {
    const child = spawn('nsenter', [network, ...command], { stdio: 'ignore' });
    children.push(child);
    return child;
  }
  const settings = async (port: number, ...sources: TimeSource[]): Promise<TimeSettings> => {
    const own = join(folder, `${port}`);
    await mkdir(own);
    await chown(own, NOBODY.uid, NOBODY.gid);
    return { sources, allow: ['127.0.0.0/8'], port, folder: own, setsClock: false };
  };
  const ours = async (port: number, ...sources: TimeSource[]) => {
    const { command, args } = describeChronyd(programs, await settings(port, ...sources), NOBODY);
    return start(command, ...args);
  };
  /** What it says once that is what is waited for. */
  async function becomes(port: number, wanted: (report: TimeReport) => boolean): Promise<TimeReport> {
    let last: unknown;
    for (let tries = 0; tries < 300; tries++) {
      try {
        const [tracking, sources] = await Promise.all(
          (['tracking', 'sources'] as const).map((question) =>
            inside(programs.client, ...questionArguments(port, question)),
          ),
        );
        const report = readTime(tracking?.stdout ?? '', sources?.stdout ?? '');
        if (wanted(report)) return report;
        last = report;
      } catch (error) {
        last = error;
      }
      await sleep(100);
    }
    throw new Error(`it never came to that; last: ${JSON.stringify(last)}`);
  }

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'chr-'));
    await chmod(folder, 0o711);
    await run('ip', ['netns', 'add', place]);
    await run('ip', ['-n', place, 'link', 'set', 'lo', 'up']);
    await server('127.0.1.1');
    await server('127.0.1.2', '127.0.1.1');
    await server('127.0.1.3', '127.0.1.1');
    // Forty seconds wrong.
    await server('127.0.1.4', '127.0.1.1', 40);
  });
  after(async () => {
    for (const child of children) child.kill('SIGKILL');
    // What was killed above may be listed and gone the next moment.
    await run('sh', ['-c', `ip netns pids ${place} | xargs -r kill -9 || true`]);
    await run('ip', ['netns', 'delete', place]);
    await rm(folder, { recursive: true, force: true });
  });

  it('serves this machine’s clock to a real client where no source is declared, and says that this is all it is', async () => {
    await ours(CLIENT_PORT);
    const report = await becomes(CLIENT_PORT, () => true);
    assert.deepEqual([report.isReferenced, report.stratum, report.sources], [false, 10, []]);
    const asked = await inside(
      programs.daemon,
      '-Q',
      '-t',
      '10',
      '-u',
      'root',
      `server 127.0.0.1 port ${CLIENT_PORT} iburst maxsamples 1`,
    );
    assert.match(asked.stderr + asked.stdout, /System clock wrong by -?0\.0/);
  });

  it('takes time from declared servers, and says which of them is wrong while most are right', async () => {
    const port = CLIENT_PORT + 10;
    await ours(port, ...['1', '2', '3', '4'].map((last): TimeSource => ({ server: `127.0.1.${last}` })));
    const report = await becomes(
      port,
      ({ sources, isReferenced }) => isReferenced && sources.some(({ state }) => state === 'False'),
    );
    assert.deepEqual(
      report.sources.filter(({ state }) => state === 'False').map(({ name }) => name),
      ['127.0.1.4'],
    );
    assert.ok(report.offset_ms < 1_000, `${report.offset_ms}`);
  });

  it('measures how far this machine’s clock is off, and serves what is right all the same', async () => {
    const port = CLIENT_PORT + 20;
    await ours(port, { server: '127.0.1.4' });
    const report = await becomes(port, ({ isReferenced, offset_ms }) => isReferenced && offset_ms > 1_000);
    assert.ok(Math.abs(report.offset_ms - 40_000) < 1_000, `${report.offset_ms}`);
    const asked = await inside(
      programs.daemon,
      '-Q',
      '-t',
      '10',
      '-u',
      'root',
      `server 127.0.0.1 port ${port} iburst maxsamples 1`,
    );
    assert.match(asked.stderr + asked.stdout, /System clock wrong by 40\.0|System clock wrong by 39\.9/);
  });

  it('takes time by NTS from a server whose certificate is of a declared authority, and from no other', async () => {
    const address = '127.0.1.5';
    const file = (name: string) => join(folder, name);
    const subject = ['-subj', '/CN=time', '-addext', `subjectAltName=IP:${address}`];
    for (const name of ['server', 'other'])
      await run('openssl', [
        ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
        ...['-keyout', file(`${name}.key`), '-out', file(`${name}.pem`), ...subject],
      ]);
    await run('ip', ['-n', place, 'address', 'add', `${address}/32`, 'dev', 'lo']);
    start(
      ...[programs.daemon, '-d', '-x', '-u', 'root', 'local stratum 1', `bindaddress ${address}`, 'allow'],
      ...['cmdport 0', 'bindcmdaddress /', `pidfile ${file('nts.pid')}`],
      ...[`ntsserverkey ${file('server.key')}`, `ntsservercert ${file('server.pem')}`],
    );
    const port = CLIENT_PORT + 50;
    await ours(port + 10, { server: address, nts: file('other.pem') });
    await ours(port, { server: address, nts: file('server.pem') });
    await becomes(port, ({ isReferenced }) => isReferenced);
    const refused = await becomes(port + 10, ({ sources }) => sources.length === 1);
    assert.deepEqual([refused.isReferenced, refused.sources[0]?.isReached], [false, false]);
  });

  it('takes no orders: who asks may look, and change nothing', async () => {
    const port = CLIENT_PORT + 30;
    await ours(port);
    await becomes(port, () => true);
    const order = inside(programs.client, '-h', '127.0.0.1', '-p', `${port + 1}`, 'settime', '12:00');
    await assert.rejects(order, { stdout: /501 Not authorised/ });
  });

  it('says nothing to whoever is not allowed', async () => {
    const port = CLIENT_PORT + 40;
    const { command, args } = describeChronyd(
      programs,
      { ...(await settings(port)), allow: ['10.64.0.0/14'] },
      NOBODY,
    );
    start(command, ...args);
    await becomes(port, () => true);
    const asked = inside(
      programs.daemon,
      '-Q',
      '-t',
      '1',
      '-u',
      'root',
      `server 127.0.0.1 port ${port} iburst maxsamples 1`,
    );
    await assert.rejects(asked, { stderr: /Timeout reached/ });
  });
});

describe('what chronyd is told', () => {
  const base: TimeSettings = { sources: [], allow: [], port: 30_000, folder: '/x', setsClock: false };

  it('holds no directive that a setting smuggles in', () => {
    for (const source of [
      { server: 'time.example' },
      { server: '203.0.113.1 offset 5' },
      { refclock: 'PPS /dev/pps0\nallow all' },
      { refclock: 'SHELL rm' },
      { server: '203.0.113.1', nts: '/x\nallow all' },
      { server: '203.0.113.1', nts: 'relative.pem' },
    ])
      assert.throws(() => directives({ ...base, sources: [source] }), RangeError, JSON.stringify(source));
    assert.throws(
      () => directives({ ...base, sources: Array.from({ length: 17 }, () => ({ server: '203.0.113.1' })) }),
      /at most 16/,
    );
  });

  it('says where time comes from, and by which authorities', () => {
    const told = directives({
      ...base,
      sources: [
        { server: '203.0.113.1', nts: '/etc/state.pem' },
        { server: '2001:db8::1', port: 1_123 },
        { refclock: 'PPS /dev/pps0 lock NMEA' },
      ],
    });
    assert.deepEqual(told.slice(0, 4), [
      'server 203.0.113.1 port 123 iburst minpoll 4 maxpoll 8 nts certset 1',
      'server 2001:db8::1 port 1123 iburst minpoll 4 maxpoll 8',
      'refclock PPS /dev/pps0 lock NMEA',
      'ntstrustedcerts 1 /etc/state.pem',
    ]);
  });

  it('is read back field by field, and what is none is refused', () => {
    assert.throws(() => readTime('506 Cannot talk to daemon', ''), SyntaxError);
    const report = readTime(
      'CB007101,203.0.113.1,3,1795323808.390327227,-0.250000000,0.0,0.0,0.0,0.0,0.0,0.020000000,0.001000000,64.0,Normal\n',
      '^,*,203.0.113.1,2,4,377,11,0.0001,0.0001,0.01\n^,x,203.0.113.2,2,4,377,9,40.0,40.0,0.01\n#,?,PPS0,0,4,0,4294967295,0,0,0\n',
    );
    assert.deepEqual(
      [report.isReferenced, report.stratum, report.offset_ms, report.error_ms],
      [true, 3, 250, 11],
    );
    assert.deepEqual(
      report.sources.map(({ name, state, isReached }) => [name, state, isReached]),
      [
        ['203.0.113.1', 'Selected', true],
        ['203.0.113.2', 'False', true],
        ['PPS0', 'Unreachable', false],
      ],
    );
  });
});
