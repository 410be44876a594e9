/**
 * The network service on real engines: a private incusd, the real agent and nftables, real containers. Needs root.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type HostsFolder, hostsFolder } from '#engines/dnsmasq/hosts-folder.ts';
import { projectConfig } from '#engines/incus/projects.ts';
import { testImage } from '#engines/incus/test-image.ts';
import { startTestIncus, type TestIncus } from '#engines/incus/test-incus.ts';
import { type FilterClient, filterClient } from '#engines/nftables/client.ts';
import type { FilterModel } from '#engines/nftables/model.ts';
import { agentCommand } from '#engines/nftables/spawn.ts';
import { labProblem } from '#engines/nftables/testing/lab.ts';
import { isStatusError } from '#kernel/errors.ts';
import type { Kind } from '#kernel/kind.ts';
import { silentLogger } from '#kernel/logger.ts';
import type { Condition, KubeObject } from '#kernel/object.ts';
import { REGION, type RealmId } from '#kernel/realm-id.ts';
import { withoutFinalizer } from '#kernel/reconcile/finalizers.ts';
import { type RunningControllers, startControllers } from '#kernel/reconcile/start-controllers.ts';
import { openTestRealms, type TestRealms } from '#kernel/store/test-realms.ts';
import { INSTANCE_FINALIZER, Instance } from '#services/compute/instance.ts';
import { allocateAddress } from './addresses.ts';
import { AddressRange, ForwardPort } from './claims.ts';
import { FirewallPolicy, type FirewallPolicyObject } from './firewall-policy.ts';
import { Forward } from './forward.ts';
import { macAddress, portName } from './names.ts';
import { Network, type NetworkObject } from './network.ts';
import { NETWORK_KINDS, networkService } from './service.ts';

const REGION_ID = `t${process.pid.toString(36)}`;
const ACME: RealmId = '/orgs/acme';
const GLOBEX: RealmId = '/orgs/globex';
const PROJECT = 'default';
// Two runs on one machine keep out of each other's way.
const BLOCK = (process.pid % 16) * 16;
const POOL = `10.126.${BLOCK}.0/20`;
const EXPLICIT = `10.126.${BLOCK + 7}`;
// Until it has its address and its sshd greets.
const WAIT_UNTIL_ONLINE = `for i in $(seq 200); do
  ip -4 -o address show dev eth0 | grep -q inet && timeout 1 bash -c 'head -c 4 < /dev/tcp/127.0.0.1/22' 2>/dev/null | grep -q SSH && exit 0
  sleep 0.1
done; exit 1`;
const noEvents = { recorder: () => ({ record: () => {} }), flush: async () => {} };

describe('the network service', { skip: labProblem() }, () => {
  let engine: TestIncus;
  let fingerprint: string;
  let folder: string;
  let names: HostsFolder;
  let agent: ChildProcess;
  let filter: FilterClient;
  /** Every model that was applied since the controllers were last started. */
  let applied: FilterModel[] = [];
  let realms: TestRealms;
  let running: RunningControllers;

  const start = () => {
    applied = [];
    const observed: FilterClient = {
      ...filter,
      apply: (model) => {
        applied.push(model);
        return filter.apply(model);
      },
    };
    const service = networkService({
      incus: engine.incus,
      filter: observed,
      regionId: REGION_ID,
      names,
      instanceKind: Instance,
      clock: realms.clock,
      logger: silentLogger,
      pools: [POOL],
      forwardAddresses: ['127.0.0.1'],
    });
    running = startControllers({
      realms: realms.realms,
      controllers: service.controllers ?? [],
      events: noEvents,
      clock: realms.clock,
      random: realms.random,
      logger: silentLogger,
    });
  };

  before(async () => {
    const image = await testImage();
    engine = await startTestIncus();
    fingerprint = await engine.incus.images.import({ file: join(image.folder, image.file), properties: {} });
    folder = mkdtempSync(join(tmpdir(), 'casemate-network-'));
    chmodSync(folder, 0o755);
    for (const name of ['run', 'state']) mkdirSync(join(folder, name), { mode: 0o750 });
    mkdirSync(join(folder, 'names'), { mode: 0o755 });
    names = hostsFolder(join(folder, 'names'));
    const socket = join(folder, 'run', 'filter.sock');
    const { command, args } = agentCommand({
      node: process.execPath,
      region: REGION_ID,
      socket,
      state: join(folder, 'state'),
      gid: process.getegid?.() ?? 0,
    });
    agent = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise((resolve) => agent.stdout?.once('data', resolve));
    filter = filterClient(socket);
    realms = await openTestRealms({
      kinds: [...NETWORK_KINDS, Instance],
      admissions:
        networkService({
          incus: engine.incus,
          filter,
          regionId: REGION_ID,
          names,
          instanceKind: Instance,
          clock: engineClock,
          logger: silentLogger,
          pools: [POOL],
          forwardAddresses: ['127.0.0.1'],
        }).admissions ?? [],
      create: [REGION, ACME, GLOBEX],
    });
    start();
  });

  after(async () => {
    await running?.stop();
    await realms?.close();
    await filter?.clear();
    agent?.kill();
    await engine?.close();
    if (folder) rmSync(folder, { recursive: true });
  });

  // Only its admissions are used.
  const engineClock = { now: () => 0, after: () => () => {} };

  const create = (
    realm: RealmId,
    kind: Kind,
    name: string,
    spec: object,
    labels: Record<string, string> = {},
  ) =>
    realms.realms.use(realm, ({ resources }) =>
      resources.create(kind, PROJECT, { metadata: { name, labels }, spec }, realms.context(realm)),
    );
  const remove = (realm: RealmId, kind: Kind, name: string) =>
    realms.realms.use(realm, ({ resources }) =>
      resources.delete(kind, { namespace: PROJECT, name }, realms.context(realm)),
    );
  const get = (realm: RealmId, kind: Kind, name: string) =>
    realms.realms.use(
      realm,
      ({ view }) => view.get(kind, { namespace: PROJECT, name }) as KubeObject | undefined,
    );
  const ready = async (realm: RealmId, kind: Kind, name: string) => {
    await running.idle();
    const object = await get(realm, kind, name);
    const { conditions } = (object?.status ?? {}) as { conditions?: Condition[] };
    return conditions?.find(({ type }) => type === 'Ready');
  };
  const network = async (realm: RealmId, name: string) => (await get(realm, Network, name)) as NetworkObject;

  /** An instance as the compute service would make it: object, address, container. */
  async function instance(realm: RealmId, name: string, on: string, labels: Record<string, string> = {}) {
    await create(realm, Instance, name, { image: 'debian', networks: [{ network: on }] }, labels);
    const { status } = await network(realm, on);
    assert.ok(status?.cidr && status.bridge);
    const { cidr, bridge } = status;
    const { address, mac, uid } = await realms.realms.use(realm, async ({ resources, view }) => {
      const used = view
        .list(Instance, PROJECT)
        .flatMap((other) => other.status?.addresses ?? [])
        .map((one) => one.address);
      const own = view.get(Instance, { namespace: PROJECT, name });
      assert.ok(own);
      const given = {
        network: on,
        address: allocateAddress(cidr, used) ?? '',
        mac: macAddress(own.metadata.uid, 0),
      };
      await resources.modify(
        Instance,
        { namespace: PROJECT, name },
        realms.context(realm),
        (current) => ({ ...current, status: { addresses: [given] } }),
        { subresource: 'status' },
      );
      return { ...given, uid: own.metadata.uid };
    });
    await running.idle();
    const project = incusProject(realm);
    await engine.incus.instances.create(project, {
      name: engineName(name),
      type: 'container',
      source: { type: 'image', fingerprint },
      profiles: [],
      config: { 'limits.cpu': '1', 'limits.memory': '256MiB', 'security.idmap.isolated': 'true' },
      devices: {
        root: { type: 'disk', path: '/', pool: engine.pool, size: '1GiB' },
        eth0: {
          type: 'nic',
          network: bridge,
          'ipv4.address': address,
          hwaddr: mac,
          host_name: portName(REGION_ID, uid, 0),
        },
      },
    });
    await engine.incus.instances.setState(project, engineName(name), { action: 'start' });
    const online = await run(realm, name, WAIT_UNTIL_ONLINE);
    assert.deepEqual(online, { code: 0, output: '' });
    return address;
  }

  /** Incus' name of an instance is none of the names it is found by. */
  const engineName = (name: string) => `i-${name}`;
  const incusProject = (realm: RealmId) => `cm-${realm.slice('/orgs/'.length)}`;

  async function run(realm: RealmId, name: string, script: string) {
    let output = '';
    const keep = async (chunk: Uint8Array) => {
      output += Buffer.from(chunk).toString();
    };
    const session = await engine.incus.exec(incusProject(realm), engineName(name), {
      command: ['sh', '-c', script],
      interactive: false,
      stdout: keep,
      stderr: keep,
    });
    session.end();
    return { code: await session.done, output };
  }

  // sshd listens in every instance, and greets.
  const greets = async (realm: RealmId, from: string, to: string) =>
    (await run(realm, from, `timeout 2 bash -c 'head -c 4 < /dev/tcp/${to}/22'`)).output === 'SSH-';
  const hostReaches = (port: number) =>
    new Promise<boolean>((resolve) => {
      const socket = connect({ host: '127.0.0.1', port, timeout: 2_000 });
      const end = (answer: boolean) => {
        socket.destroy();
        resolve(answer);
      };
      socket.once('data', (data) => end(data.toString().startsWith('SSH-')));
      socket.once('error', () => end(false));
      socket.once('timeout', () => end(false));
    });

  it('gives each network a range of its own, a bridge, and readiness', async () => {
    await create(ACME, Network, 'front', {});
    await create(ACME, Network, 'back', { cidr: `${EXPLICIT}.0/28` });
    await create(GLOBEX, Network, 'front', {});
    assert.equal((await ready(ACME, Network, 'front'))?.reason, 'Ready');
    assert.equal((await ready(ACME, Network, 'back'))?.reason, 'Ready');
    assert.equal((await ready(GLOBEX, Network, 'front'))?.reason, 'Ready');
    const [one, two, three] = await Promise.all([
      network(ACME, 'front'),
      network(ACME, 'back'),
      network(GLOBEX, 'front'),
    ]);
    assert.equal(two.status?.cidr, `${EXPLICIT}.0/28`);
    assert.equal(two.status?.gateway, `${EXPLICIT}.1`);
    assert.deepEqual(
      new Set([one.status?.cidr, three.status?.cidr]),
      new Set([`10.126.${BLOCK}.0/24`, `10.126.${BLOCK + 1}.0/24`]),
    );
    for (const { status } of [one, two, three]) {
      const bridge = execFileSync('ip', ['-4', '-o', 'address', 'show', 'dev', status?.bridge ?? ''], {
        encoding: 'utf8',
      });
      assert.ok(bridge.includes(`${status?.gateway}/`));
    }
    assert.equal((await filter.state()).absentBridges.length, 0);
  });

  it('refuses a range that others have, without saying who', async () => {
    const { status } = await network(GLOBEX, 'front');
    await create(ACME, Network, 'greedy', { cidr: status?.cidr });
    const condition = await ready(ACME, Network, 'greedy');
    assert.equal(condition?.reason, 'RangeTaken');
    assert.equal(condition?.message.includes('globex'), false);
    await remove(ACME, Network, 'greedy');
    await running.idle();
    assert.equal(await get(ACME, Network, 'greedy'), undefined);
    await assert.rejects(create(ACME, Network, 'far', { cidr: '10.1.0.0/24' }), (error: unknown) => {
      assert.ok(isStatusError(error, 'Invalid'));
      assert.match(error.message, /spec\.cidr: must lie within this region's range for networks: 10\.126\./);
      return true;
    });
  });

  it('instances find each other by name and reach each other on a network, and nobody else', async () => {
    const extensions = await engine.incus.extensions();
    for (const realm of [ACME, GLOBEX]) {
      const bridges: string[] = [];
      for (const name of realm === ACME ? ['front', 'back'] : ['front']) {
        bridges.push((await network(realm, name)).status?.bridge ?? '');
      }
      await engine.incus.projects.create(
        incusProject(realm),
        'tests',
        projectConfig(extensions, bridges, {}),
      );
    }
    const web = await instance(ACME, 'web', 'front', { app: 'web' });
    const peer = await instance(ACME, 'peer', 'front');
    const db = await instance(ACME, 'db', 'back', { app: 'db' });
    const foreign = await instance(GLOBEX, 'foreign', 'front');
    assert.deepEqual(await run(ACME, 'web', 'getent hosts peer | tr -s " "'), {
      code: 0,
      output: `${peer} peer.front.default.acme.internal\n`,
    });
    assert.equal((await run(ACME, 'web', 'getent hosts db')).code, 2);
    assert.equal((await run(ACME, 'web', 'getent hosts www.example.com')).code, 2);
    assert.equal(await greets(ACME, 'web', peer), true);
    assert.equal(await greets(ACME, 'web', db), false);
    assert.equal(await greets(ACME, 'web', foreign), false);
    assert.equal(await greets(GLOBEX, 'foreign', web), false);
  });

  it('policies open a way between two networks, and a deny shuts one within', async () => {
    const address = async (name: string) =>
      ((await get(ACME, Instance, name)) as { status?: { addresses?: { address: string }[] } }).status
        ?.addresses?.[0]?.address ?? '';
    const ssh = { protocol: 'tcp', ports: [{ port: 22 }] };
    await create(ACME, FirewallPolicy, 'web', {
      instances: { matchLabels: { app: 'web' } },
      egress: [{ action: 'Allow', ...ssh, to: [{ instances: { matchLabels: { app: 'db' } } }] }],
    });
    assert.equal((await ready(ACME, FirewallPolicy, 'web'))?.status, 'True');
    assert.equal(await greets(ACME, 'web', await address('db')), false);
    await create(ACME, FirewallPolicy, 'db', {
      instances: { matchLabels: { app: 'db' } },
      ingress: [{ action: 'Allow', ...ssh, from: [{ instances: { matchLabels: { app: 'web' } } }] }],
    });
    assert.equal((await ready(ACME, FirewallPolicy, 'db'))?.status, 'True');
    assert.equal(await greets(ACME, 'web', await address('db')), true);
    assert.equal(await greets(ACME, 'peer', await address('db')), false);
    await create(ACME, FirewallPolicy, 'shut', {
      instances: { matchLabels: { app: 'web' } },
      ingress: [{ action: 'Deny' }],
    });
    assert.equal((await ready(ACME, FirewallPolicy, 'shut'))?.status, 'True');
    assert.equal(await greets(ACME, 'peer', await address('web')), false);
    await remove(ACME, FirewallPolicy, 'shut');
    await running.idle();
    assert.equal(await greets(ACME, 'peer', await address('web')), true);
  });

  it('labels that change take an instance into a policy', async () => {
    const matched = async () =>
      ((await get(ACME, FirewallPolicy, 'web')) as FirewallPolicyObject).status?.matchedInstances;
    assert.equal(await matched(), 1);
    await realms.realms.use(ACME, ({ resources }) =>
      resources.modify(Instance, { namespace: PROJECT, name: 'peer' }, realms.context(ACME), (current) => ({
        ...current,
        metadata: { ...current.metadata, labels: { app: 'web' } },
      })),
    );
    await running.idle();
    assert.equal(await matched(), 2);
    const db = (await get(ACME, Instance, 'db')) as { status?: { addresses?: { address: string }[] } };
    assert.equal(await greets(ACME, 'peer', db.status?.addresses?.[0]?.address ?? ''), true);
  });

  it('a forward opens one port of the region, once, to its sources', async () => {
    const spec = { protocol: 'tcp', listen: { port: 21_022 }, target: { instance: 'web', port: 22 } };
    await create(ACME, Forward, 'ssh', { ...spec, allowedSources: ['127.0.0.0/8'] });
    assert.equal((await ready(ACME, Forward, 'ssh'))?.status, 'True');
    assert.equal(await hostReaches(21_022), true);
    await create(GLOBEX, Forward, 'mine', {
      ...spec,
      target: { instance: 'foreign', port: 22 },
      allowedSources: ['0.0.0.0/0'],
    });
    const condition = await ready(GLOBEX, Forward, 'mine');
    assert.equal(condition?.reason, 'PortTaken');
    assert.equal(condition?.message.includes('acme'), false);
    await remove(ACME, Forward, 'ssh');
    await running.idle();
    assert.equal(await hostReaches(21_022), false);
    await realms.clock.advance(61_000);
    assert.equal((await ready(GLOBEX, Forward, 'mine'))?.status, 'True');
    assert.equal(await hostReaches(21_022), true);
  });

  it('a region that starts anew puts nothing in force before it knows every organization', async () => {
    const before = applied.at(-1);
    await running.stop();
    start();
    await running.idle();
    assert.deepEqual(applied[0], before);
    assert.equal(await hostReaches(21_022), true);
  });

  it('finds what nobody accounts for, and removes it', async () => {
    await engine.incus.networks.create({
      name: 'cmffffffffffff',
      config: {
        'ipv4.address': 'none',
        'ipv6.address': 'none',
        'user.casemate.region': REGION_ID,
        'user.casemate.uid': 'ffffffff-ffff-4fff-8fff-ffffffffffff',
      },
    });
    const owner = {
      organization: 'gone',
      project: 'default',
      name: 'n',
      uid: 'eeeeeeee-eeee-4eee-8eee-eeeeeeeeeeee',
    };
    await realms.realms.use(REGION, ({ resources }) =>
      resources.create(
        AddressRange,
        undefined,
        { metadata: { name: `network-${owner.uid}` }, spec: { cidr: `10.126.${BLOCK + 9}.0/24`, owner } },
        realms.context(REGION),
      ),
    );
    const { digest } = await filter.state();
    await filter.clear();
    await running.sweep();
    const names = (await engine.incus.networks.list()).map(({ name }) => name);
    assert.equal(names.includes('cmffffffffffff'), false);
    assert.equal((await filter.state()).digest, digest);
    const claims = await realms.realms.use(REGION, ({ view }) => view.list(AddressRange).length);
    assert.equal(claims, 3);
  });

  it('a network goes once no instance is on it, and leaves nothing', async () => {
    await remove(ACME, Network, 'front');
    const condition = await ready(ACME, Network, 'front');
    assert.equal(condition?.reason, 'InUse');
    assert.match(condition?.message ?? '', /delete peer, web/);
    for (const [realm, name] of [
      [ACME, 'web'],
      [ACME, 'peer'],
      [ACME, 'db'],
      [GLOBEX, 'foreign'],
    ] as const) {
      await engine.incus.instances.setState(incusProject(realm), engineName(name), {
        action: 'stop',
        force: true,
      });
      await engine.incus.instances.delete(incusProject(realm), engineName(name));
      await remove(realm, Instance, name);
      await realms.realms.use(realm, ({ resources }) =>
        resources.modify(Instance, { namespace: PROJECT, name }, realms.context(realm), (current) =>
          withoutFinalizer(current, INSTANCE_FINALIZER),
        ),
      );
    }
    await remove(ACME, Network, 'back');
    await remove(GLOBEX, Network, 'front');
    await remove(GLOBEX, Forward, 'mine');
    await running.idle();
    await realms.clock.advance(6_000);
    await running.idle();
    for (const [realm, name] of [
      [ACME, 'front'],
      [ACME, 'back'],
      [GLOBEX, 'front'],
    ] as const) {
      assert.equal(await get(realm, Network, name), undefined);
    }
    const left = await realms.realms.use(
      REGION,
      ({ view }) => view.count(AddressRange) + view.count(ForwardPort),
    );
    assert.equal(left, 0);
    assert.deepEqual(
      (await engine.incus.networks.list()).filter(({ managed }) => managed),
      [],
    );
    assert.deepEqual(applied.at(-1)?.zones, []);
  });
});
