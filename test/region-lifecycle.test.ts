/** A region's life on one machine, as its operator sees it: up, again, after crashes, beside another, and gone. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { PROGRAM_FOLDER } from '#region/program.ts';
import type { RegionStatus } from '#region/status.ts';
import { baseImage, createOrganization, manifest } from './support/project.ts';
import { startRegion, type TestRegion } from './support/region.ts';

const CASEMATE = join(PROGRAM_FOLDER, 'casemate');

let region: TestRegion;

before(async () => {
  region = await startRegion();
});

after(() => region.destroy());

async function status(of: TestRegion): Promise<RegionStatus> {
  const { stdout } = await of.run(CASEMATE, ['status', '-o', 'json']);
  return JSON.parse(stdout) as RegionStatus;
}

const processOf = (found: RegionStatus, name: string) =>
  found.supervisor?.processes.find((process) => process.name === name);

const pids = (found: RegionStatus) =>
  Object.fromEntries(found.supervisor?.processes.map(({ name, pid }) => [name, pid]) ?? []);

async function untilReadyAgain(of: TestRegion, what: string, isDone: (found: RegionStatus) => boolean) {
  const deadline = performance.now() + 60_000;
  for (;;) {
    const found = await status(of);
    if (found.state === 'ready' && isDone(found)) return found;
    assert.ok(performance.now() < deadline, `not within a minute: ${what}`);
  }
}

test('a region that was brought up says where it is and that it is ready', async () => {
  const found = await status(region);
  assert.equal(found.state, 'ready');
  assert.equal(found.api, region.url);
  assert.equal(found.kubeconfig, region.kubeconfig);
  assert.deepEqual(
    found.supervisor?.processes.map(({ name }) => name),
    ['postgres', 'incus', 'firewall', 'time', 'region'],
  );
  assert.deepEqual(
    found.supervisor?.processes.flatMap(({ notes }) => notes),
    [],
  );
});

test('the base image is in the catalogue, and instances can start from it', async () => {
  const ready = await region.kubectl(
    'get',
    'images',
    '-o',
    'jsonpath={.items[*].status.conditions[?(@.type=="Ready")].status}',
  );
  assert.equal(ready, 'True');
});

test('up again changes nothing', async () => {
  const before = pids(await status(region));
  await region.up();
  assert.deepEqual(pids(await status(region)), before);
});

test('a stopped region is ready again, with all it held', async (t) => {
  const images = await region.kubectl('get', 'images', '-o', 'name');
  await region.casemate('down');
  assert.equal((await status(region)).state, 'stopped');
  const { duration_ms } = await region.up();
  assert.equal(await region.kubectl('get', 'images', '-o', 'name'), images);
  t.diagnostic(`a warm start took ${Math.round(duration_ms)} ms; the target is 5000`);
});

for (const name of ['postgres', 'incus', 'firewall', 'time', 'region']) {
  test(`${name}, killed, is back by itself, and the region with it`, async () => {
    const pid = processOf(await status(region), name)?.pid ?? 0;
    process.kill(pid, 'SIGKILL');
    await untilReadyAgain(region, `${name} is back`, (found) => {
      const now = processOf(found, name)?.pid;
      return now !== undefined && now !== pid;
    });
    await region.kubectl('get', 'images');
  });
}

test('after its supervisor was killed, the next up takes everything over', async () => {
  const before = await status(region);
  process.kill(before.supervisor?.pid ?? 0, 'SIGKILL');
  const deadline = performance.now() + 20_000;
  while ((await status(region)).state !== 'abandoned') assert.ok(performance.now() < deadline);
  await region.up();
  const after = await status(region);
  assert.equal(after.state, 'ready');
  assert.notEqual(processOf(after, 'postgres')?.pid, processOf(before, 'postgres')?.pid);
  await region.kubectl('get', 'images');
});

test('the region process is nobody special, and cannot become it', async () => {
  const pid = processOf(await status(region), 'region')?.pid ?? 0;
  const fields = new Map(
    readFileSync(`/proc/${pid}/status`, 'utf8')
      .split('\n')
      .map((line) => line.split(':\t') as [string, string]),
  );
  assert.ok(!fields.get('Uid')?.split('\t').includes('0'));
  assert.ok(!fields.get('Gid')?.split('\t').includes('0'));
  assert.equal(fields.get('CapEff'), '0000000000000000');
  assert.equal(fields.get('CapBnd'), '0000000000000000');
  assert.equal(fields.get('NoNewPrivs'), '1');
});

test('in the foreground it shows its logs until it is interrupted, and then has stopped', async () => {
  await region.casemate('down');
  const child = spawn(CASEMATE, ['up', '--foreground', '--data', region.data], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  for await (const line of createInterface({ input: child.stdout })) {
    // Once it is ready, something happens that is logged.
    if (line.includes('casemate status')) {
      process.kill(processOf(await status(region), 'firewall')?.pid ?? 0, 'SIGKILL');
    }
    if (line.includes('firewall: ')) break;
  }
  child.kill('SIGINT');
  assert.deepEqual(await ended, [0, null]);
  assert.equal((await status(region)).state, 'stopped');
  await region.up();
});

test('destroy asks to be meant, and refuses what is no region', async () => {
  const unmeant = await region.run(CASEMATE, ['destroy']);
  assert.equal(unmeant.code, 1);
  assert.match(unmeant.stderr, /for good\. If you mean it: .*destroy --yes/);
  const foreign = await region.run(CASEMATE, ['destroy', '--yes', '--data', dirname(region.scratch)]);
  assert.equal(foreign.code, 1);
  assert.match(foreign.stderr, /holds no region \(no region\.yaml\): nothing was removed/);
  assert.equal((await status(region)).state, 'ready');
});

test('a second region runs beside the first, and its end leaves nothing but the first', async () => {
  const second = await startRegion({ name: 'second' });
  const { data } = second;
  const { id } = await status(second);
  const bridges: string[] = [];
  try {
    assert.notEqual(id, (await status(region)).id);
    await region.kubectl('get', 'images');
    const member = await createOrganization(second, 'acme');
    const image = await baseImage(second);
    await member.apply(manifest(['lan'], [{ name: 'web', image, networks: ['lan'] }]));
    await member.kubectl('wait', '--for=condition=Ready', 'instance/web', '--timeout=60s');
    bridges.push(await member.kubectl('get', 'network/lan', '-o', 'jsonpath={.status.bridge}'));
    assert.deepEqual(bridges.map(isInterface), [true]);
  } finally {
    await second.destroy();
  }
  assert.equal(existsSync(data), false);
  assert.deepEqual(commandsNaming(data), []);
  assert.deepEqual(bridges.filter(isInterface), []);
  assert.ok(!readFileSync('/proc/self/mountinfo', 'utf8').includes(data));
  assert.ok(
    !execFileSync('losetup', ['--all', '--noheadings', '--output', 'BACK-FILE']).toString().includes(data),
  );
  assert.ok(
    !execFileSync('nft', ['list', 'tables'])
      .toString()
      .includes(id ?? ''),
  );
  assert.equal((await status(region)).state, 'ready');
});

const isInterface = (name: string): boolean => existsSync(`/sys/class/net/${name}`);

/** Command lines of running processes that name a folder. */
function commandsNaming(folder: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      } catch {
        return ''; // It has ended meanwhile.
      }
    })
    .filter((command) => command.includes(folder));
}

test('up refuses an address that it cannot have, before it makes or starts anything', async () => {
  const data = join(region.scratch, 'taken');
  const up = (listen: string) => region.run(CASEMATE, ['up', '--data', data, '--listen', listen]);
  const taken = await up(new URL(region.url).host);
  assert.equal(taken.code, 1);
  assert.match(
    taken.stderr,
    /^casemate: --listen 127\.0\.0\.1:\d+: something else listens there already; choose a free port: say --listen ADDRESS:PORT\n$/,
  );
  assert.match((await up('192.0.2.99:7443')).stderr, /192\.0\.2\.99 is no address of this machine/);
  assert.match((await up('127.0.0.1:443')).stderr, /may not take port 443; choose one from 1024 on/);
  assert.equal(existsSync(data), false);
});
