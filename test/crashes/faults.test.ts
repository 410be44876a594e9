/** What an operator's worst days look like: a database that restarts or has no room, an Incus that hangs, everything killed. Nobody lends a hand. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { dirname } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { baseImage, createOrganization, type Member, manifest } from '../support/project.ts';
import { startRegion, type TestRegion } from '../support/region.ts';
import { type Answered, type Api, type Outcome, openApi } from './api.ts';
import { type Found, MARK } from './kinds.ts';
import { childrenOf, isRunning, killNow, type Machine, machineOf, processesNaming } from './machine.ts';
import { verifyLedgers } from './ordeal.ts';
import { describe, findOrphans } from './orphans.ts';
import { smallDisk } from './small-disk.ts';
import { until } from './until.ts';

const INSTANCE = '/apis/compute.casemate.internal/v1/namespaces/ward/instances';
const CONFIG_MAPS = '/api/v1/namespaces/ward/configmaps';
const LIMIT_MS = 90_000;

suite('a region on its worst days', { timeout: 600_000 }, () => {
  let region: TestRegion;
  let machine: Machine;
  let member: Member;
  let organization: Api;
  let operator: Api;
  let image: string;

  before(async () => {
    region = await startRegion({ name: 'worst-days' });
    machine = machineOf(region);
    member = await createOrganization(region, 'ministry');
    organization = openApi(member.kubeconfig);
    operator = openApi(region.kubeconfig);
    image = await baseImage(region);
    await member.casemate('project', 'create', 'ward');
    const items = [{ name: 'web', image, networks: ['lan'] }];
    await member.apply(manifest(['lan'], items), '-n', 'ward');
    await untilReady('web');
  });
  after(async () => {
    organization?.close();
    operator?.close();
    await region?.destroy();
  });

  async function instance(name: string): Promise<Found> {
    const answer = await organization.call('GET', `${INSTANCE}/${name}`);
    assert.equal(answer?.code, 200);
    return answer?.body as unknown as Found;
  }

  const readyOf = ({ status }: Found) => status?.conditions?.find(({ type }) => type === 'Ready');

  function untilReady(name: string): Promise<unknown> {
    let last: unknown;
    return until(
      `instance ${name} is ready`,
      LIMIT_MS,
      async () => {
        const ready = readyOf(await instance(name));
        last = ready;
        return ready?.status === 'True';
      },
      () => JSON.stringify(last),
    );
  }

  /** Nothing is left to do, nothing is left over, and every ledger holds. */
  async function untilSound(): Promise<void> {
    await machine.untilReady();
    await untilReady('web');
    let found = '';
    await until(
      'the host holds what the objects say',
      LIMIT_MS,
      async () => {
        found = describe(await findOrphans(machine, organization, operator));
        return found === '';
      },
      () => found,
    );
    await verifyLedgers(region, member);
  }

  const write = (name: string): Promise<Outcome> =>
    organization.call('POST', CONFIG_MAPS, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, annotations: { [MARK]: name } },
      data: { name },
    });

  const read = (): Promise<Outcome> => organization.call('GET', CONFIG_MAPS);

  /** An answer that a client can act on: done, or told when to come back. */
  function assertClear(answer: Outcome, what: string): asserts answer is Answered {
    assert.ok(answer, `${what} was not answered`);
    if (answer.code < 300) return;
    assert.equal(answer.code, 503, `${what}: ${JSON.stringify(answer.body)}`);
    assert.equal(answer.body.kind, 'Status');
    assert.match(String(answer.headers['retry-after']), /^\d+$/);
  }

  const untilWritten = (name: string): Promise<unknown> =>
    until('a change is acknowledged', LIMIT_MS, async () => {
      const answer = await write(name);
      return answer?.code === 201 || answer?.code === 409;
    });

  test('PostgreSQL killed: reads go on, and a change waits for it or is told when to come back', async () => {
    const pid = await machine.kill('postgres');
    assert.equal((await read())?.code, 200);
    assertClear(await write('while-postgres-starts'), 'a change');
    assert.notEqual(await machine.pidOf('postgres'), pid);
    await untilWritten('after-postgres-was-killed');
    await untilSound();
  });

  test('PostgreSQL stopped for long: reads go on, changes are told when to come back, and nothing of them is lost', async () => {
    const pid = await machine.pidOf('postgres');
    const backends = () => [pid, ...childrenOf(pid)].filter(isRunning);
    const stopped = backends();
    for (const one of stopped) process.kill(one, 'SIGSTOP');
    let pending: Promise<Outcome>;
    try {
      assert.equal((await read())?.code, 200);
      pending = write('while-postgres-hangs');
      assert.equal((await read())?.code, 200);
    } finally {
      for (const one of stopped) if (isRunning(one)) process.kill(one, 'SIGCONT');
    }
    const answer = await pending;
    assertClear(answer, 'a change');
    if (answer.code === 201) {
      const found = await organization.call('GET', `${CONFIG_MAPS}/while-postgres-hangs`);
      assert.equal(found?.code, 200);
    }
    await untilWritten('after-postgres-hung');
    await untilSound();
  });

  test('Incus hangs: the API goes on, conditions say so, and afterwards everything comes to be', async () => {
    const pid = await machine.pidOf('incus');
    process.kill(pid, 'SIGSTOP');
    try {
      await member.apply(manifest([], [{ name: 'late', image, networks: ['lan'] }]), '-n', 'ward');
      assertClear(await write('while-incus-hangs'), 'a change');
      const ready = await until('a condition says what is wrong', LIMIT_MS, async () =>
        readyOf(await instance('late')),
      );
      assert.equal(ready.status, 'False');
      assert.equal(ready.reason, 'EngineUnavailable');
      assert.match(ready.message, /compute engine does not answer; it is tried again, and what runs goes on/);
      // What runs says what it said, or, where its turn came meanwhile, that the engine does not answer: never that it is broken.
      const web = readyOf(await instance('web'));
      assert.ok(web?.status === 'True' || web?.reason === 'EngineUnavailable', JSON.stringify(web));
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    await untilReady('late');
    await member.kubectl('-n', 'ward', 'delete', 'instance', 'late', '--wait=true', '--timeout=60s');
    await untilSound();
  });

  test('the packet filter’s agent killed: what is in force stays, and changes come into force once it is back', async () => {
    await machine.kill('firewall');
    const policy = {
      apiVersion: 'network.casemate.internal/v1',
      kind: 'FirewallPolicy',
      metadata: { name: 'meanwhile' },
      spec: { instances: {}, ingress: [{ action: 'Deny', protocol: 'tcp', ports: [{ port: 25 }] }] },
    };
    await member.apply(JSON.stringify(policy), '-n', 'ward');
    await member.kubectl(
      '-n',
      'ward',
      'wait',
      '--for=condition=Ready',
      'firewallpolicy/meanwhile',
      '--timeout=60s',
    );
    await untilSound();
  });

  test('the supervisor killed: the region goes on, and the next up takes over', async () => {
    const { pid } = await machine.supervisor();
    killNow(pid);
    assertClear(await write('without-a-supervisor'), 'a change');
    assert.equal((await write('without-a-supervisor'))?.code, 409);
    await until('the supervisor has ended', LIMIT_MS, () => !isRunning(pid));
    await region.up();
    await untilSound();
  });

  test('the machine loses power: up brings everything back, instances too, with nothing lost', async () => {
    assert.equal((await write('before-the-power-cut'))?.code, 201);
    // What is in /run does not outlive a restart of the instance's system.
    await member.inInstance('ward', 'web', ['sh', '-c', 'echo kept > /root/mark; touch /run/mark; sync']);
    await pullThePlug();
    await region.up();
    await machine.untilReady();
    const found = await organization.call('GET', `${CONFIG_MAPS}/before-the-power-cut`);
    assert.equal(
      (found?.body as unknown as Found | undefined)?.metadata.annotations?.[MARK],
      'before-the-power-cut',
    );
    await untilReady('web');
    await until('the instance answers', LIMIT_MS, async () => {
      return (await member.inInstance('ward', 'web', ['true'])).code === 0;
    });
    assert.equal((await member.inInstance('ward', 'web', ['cat', '/root/mark'])).stdout, 'kept\n');
    assert.equal((await member.inInstance('ward', 'web', ['test', '-e', '/run/mark'])).code, 1);
    await untilSound();
  });

  test('the database’s disk is full: reads go on, changes are refused with what to do, and room is all it takes', async () => {
    await region.casemate('down');
    const disk = smallDisk(dirname(machine.layout.postgres.cluster), '256m');
    try {
      await region.up();
      assert.equal((await write('before-the-disk-was-full'))?.code, 201);
      disk.fill();
      let number = 0;
      const refused = await until('a change is refused', LIMIT_MS, async () => {
        const answer = await organization.call('POST', CONFIG_MAPS, {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name: `large-${number++}` },
          data: { noise: randomBytes(300_000).toString('base64') },
        });
        assertClear(answer, 'a change');
        return answer.code === 503 ? answer : undefined;
      });
      assert.match(String(refused.body.message), /no room left|does not answer/);
      const found = await organization.call('GET', `${CONFIG_MAPS}/before-the-disk-was-full`);
      assert.equal(found?.code, 200);
      disk.free();
      await untilWritten('after-there-was-room');
      await untilSound();
    } finally {
      disk.free();
      await region.casemate('down');
      disk.remove();
      await region.up();
    }
    assert.equal((await organization.call('GET', `${CONFIG_MAPS}/after-there-was-room`))?.code, 200);
  });

  /** Everything of the region ends at once, instances too, and nothing gets to tidy up. */
  async function pullThePlug(): Promise<void> {
    const { pid } = await machine.supervisor();
    killNow(pid);
    const all = processesNaming(region.data);
    const inside = [...all.keys()].flatMap((one) => childrenOf(one));
    for (const one of [...all.keys(), ...inside]) killNow(one);
    await until('every process of the region has ended', LIMIT_MS, () => {
      const left = processesNaming(region.data);
      for (const one of left.keys()) killNow(one);
      return left.size === 0;
    });
  }
});
