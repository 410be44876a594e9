import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { INSTANCE_STATUS } from '#engines/incus/types.ts';
import { isStatusError } from '#kernel/errors.ts';
import { Event, type EventObject } from '#services/tenancy/event.ts';
import { Namespace } from '#services/tenancy/namespace.ts';
import { Image } from './image.ts';
import { Instance } from './instance.ts';
import type { InstanceMetricsAnswer } from './metrics/answer.ts';
import { engineInstance, engineProject } from './names.ts';
import { InstanceSnapshot } from './snapshot.ts';
import { type ComputeWorld, openComputeWorld, PROJECT } from './testing/world.ts';

describe('compute over a private incusd', () => {
  let world: ComputeWorld;
  let project: string;

  const small = { image: 'debian-12', memory: '256Mi', disk: '2Gi' };
  const engineOf = async (name: string) => {
    const uid = world.instance(name)?.metadata.uid ?? '';
    return (await world.engine.incus.instances.get(project, engineInstance(uid))).value;
  };
  const ready = (name: string) => world.instance(name)?.status?.conditions?.find((c) => c.type === 'Ready');
  const untilReason = (name: string, reason: string) =>
    world.until(`${name} says ${reason}`, () => ready(name)?.reason === reason);
  const logConnector = () => {
    const connector = world.service.connectors?.[`${Instance.resource}/log`];
    if (connector?.type !== 'text') throw new TypeError('a log is text');
    return connector;
  };
  const readLog = async (name: string, query: Readonly<Record<string, string>>) => {
    const parts: Uint8Array[] = [];
    for await (const part of await logConnector().open(world.connectRequest(name, query))) parts.push(part);
    return Buffer.concat(parts).toString();
  };
  const gone = (name: string) => world.until(`${name} is gone`, () => world.instance(name) === undefined);

  before(async () => {
    world = await openComputeWorld();
    const uid = world.acme.view.get(Namespace, { name: PROJECT })?.metadata.uid ?? '';
    project = engineProject(uid);
    await world.createNetwork('inside', '10.213.5.0/28');
  });
  after(async () => world?.close());

  test('an image is ready once its file was checked and imported', async () => {
    const image = world.region.view.get(Image, { name: 'debian-12' });
    assert.equal(image?.status?.fingerprint, world.image.sha256);
    assert.equal(image?.status?.conditions?.[0]?.reason, 'Imported');
  });

  test('an image whose file is not what it says is not imported, and says so', async () => {
    const make = (name: string, source: object) =>
      world.region.resources.create(
        Image,
        undefined,
        { metadata: { name }, spec: { type: 'container', architecture: 'amd64', source } },
        world.test.context('/'),
      );
    await make('forged', { file: world.image.file, sha256: '0'.repeat(64) });
    await make('absent', { file: 'absent.tar.zst', sha256: '1'.repeat(64) });
    await world.controllers.idle();
    const reason = (name: string) => world.region.view.get(Image, { name })?.status?.conditions?.[0]?.reason;
    assert.equal(reason('forged'), 'DigestDiffers');
    assert.equal(reason('absent'), 'FileMissing');
    assert.equal((await world.engine.incus.images.list()).length, 1);
  });

  test('an instance gets an address, starts, and is ready', async () => {
    await world.create(Instance, 'web', {
      ...small,
      networks: [{ network: 'inside' }],
      sshKeys: ['ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFYvKmZpbGxlcmZpbGxlcmZpbGxlcmZpbGxlcmZp me@here'],
      userData: '#cloud-config\nwrite_files:\n- {path: /etc/mark, content: from-user-data}\n',
    });
    const { status, metadata } = await world.untilReady('web');
    assert.equal(status?.phase, 'Running');
    assert.equal(status?.addresses?.[0]?.address, '10.213.5.2');
    const { stdout } = await world.run('web', 'ip', '-4', '-o', 'addr', 'show', 'eth0');
    assert.match(stdout, /10\.213\.5\.2\/28/);
    assert.equal((await world.run('web', 'hostname')).stdout, 'web\n');
    const { config } = await engineOf('web');
    assert.equal(config['user.casemate.uid'], metadata.uid);
    assert.equal(config['user.casemate.realm'], '/orgs/acme');
  });

  test('cloud-init takes the user data and the SSH keys', async () => {
    assert.equal((await world.run('web', 'cloud-init', 'status', '--wait')).exitCode, 0);
    assert.equal((await world.run('web', 'cat', '/etc/mark')).stdout, 'from-user-data');
    assert.match((await world.run('web', 'cat', '/home/debian/.ssh/authorized_keys')).stdout, /AAAAC3Nza/);
    assert.equal((await world.run('web', 'systemctl', 'is-active', 'ssh')).stdout, 'active\n');
  });

  test('what it uses is measured, and told beside what it may use', async () => {
    const connector = world.service.connectors?.[`${Instance.resource}/metrics`];
    if (connector?.type !== 'report') throw new TypeError('metrics are a report');
    const read = async (query = {}) =>
      (await connector.read(world.connectRequest('web', query))) as InstanceMetricsAnswer;
    const newest = async () => (await read()).samples.at(-1);
    await world.until('it is measured', async () => (await newest()) !== undefined);
    await world.run('web', 'sh', '-c', 'ping -c 20 -i 0.01 10.213.5.1; cat /usr/bin/* | sha256sum');
    await world.until('work and traffic are seen', async () => {
      const { cpu = 0, sent = 0, received = 0 } = (await newest()) ?? {};
      return cpu > 0 && sent > 0 && received > 0;
    });
    const { limits, periodSeconds, samples } = await read();
    assert.deepEqual(limits, { cpu: 1, memory: 256 * 1024 ** 2, disk: 2 * 1024 ** 3 });
    assert.equal(periodSeconds, 60);
    const { memory = 0, disk = 0 } = samples.at(-1) ?? {};
    assert.ok(memory > 1024 ** 2 && memory < limits.memory, `${memory} bytes of memory`);
    assert.ok(disk > 0 && disk < limits.disk, `${disk} bytes of disk`);
    assert.equal((await read({ window: '24h' })).periodSeconds, 300);
    await assert.rejects(
      read({ window: '7d' }),
      (error) => isStatusError(error, 'BadRequest') && /one of 1h and 24h/.test(error.message),
    );
  });

  test('a second instance reaches the first over their network, and a fixed address is kept', async () => {
    await world.create(Instance, 'client', {
      ...small,
      networks: [{ network: 'inside', address: '10.213.5.9' }],
    });
    const { status } = await world.untilReady('client');
    assert.equal(status?.addresses?.[0]?.address, '10.213.5.9');
    assert.equal((await world.run('client', 'ping', '-c1', '-W5', '10.213.5.2')).exitCode, 0);
    await assert.rejects(
      world.create(Instance, 'thief', { ...small, networks: [{ network: 'inside', address: '10.213.5.9' }] }),
      (error) => isStatusError(error, 'Invalid') && /taken by instance "client"/.test(error.message),
    );
    await world.remove(Instance, 'client');
    await gone('client');
  });

  test('events tell its story, from its making to its end, and why one does not start', async () => {
    await world.create(Instance, 'nowhere', { ...small, image: 'nothing' });
    await untilReason('nowhere', 'ImageNotFound');
    await world.remove(Instance, 'nowhere');
    await gone('nowhere');
    const story = (name: string) =>
      world.acme.view
        .list(Event, PROJECT)
        .map((event) => event as unknown as EventObject)
        .filter(({ involvedObject }) => involvedObject.name === name)
        .map(({ type, reason, message }) => `${type} ${reason}: ${message}`);
    await world.until('all of it is told', () => story('client').some((line) => line.includes('Deleted')));
    // On a slow machine it also tells that the guest takes its time.
    const told = story('client').filter((line) => !line.includes(' AddressPending: '));
    assert.deepEqual(
      new Set(told),
      new Set([
        'Normal Created: made from image "debian-12"',
        'Normal Started: it was started',
        'Normal Running: it runs and has its addresses',
        'Normal Deleted: it and its disk are gone; its addresses are free again',
      ]),
    );
    assert.match(story('nowhere').join('\n'), /^Warning ImageNotFound: .*nothing/);
  });

  test('CPU, memory and disk change while it runs; a disk never shrinks', async () => {
    const { pid } = await world.engine.incus.instances.state(
      project,
      engineInstance(world.instance('web')?.metadata.uid ?? ''),
    );
    await world.change(Instance, 'web', { cpu: '2', memory: '384Mi', disk: '3Gi' });
    await world.untilReady('web');
    const state = await world.engine.incus.instances.state(
      project,
      engineInstance(world.instance('web')?.metadata.uid ?? ''),
    );
    assert.equal(state.pid, pid);
    assert.equal(state.memory.total, 384 * 1024 ** 2);
    assert.equal(state.disk?.root?.total, 3 * 1024 ** 3);
    await assert.rejects(
      world.change(Instance, 'web', { disk: '2Gi' }),
      (error) => isStatusError(error, 'Invalid') && /spec\.disk: cannot shrink/.test(error.message),
    );
  });

  test('power follows the desired state, and a restart happens once', async () => {
    await world.change(Instance, 'web', { powerState: 'Stopped' });
    await untilReason('web', 'Stopped');
    assert.equal((await engineOf('web')).status_code, INSTANCE_STATUS.stopped);
    await assert.rejects(world.run('web', 'true'), (error) => isStatusError(error, 'Conflict'));
    assert.match(await readLog('web', {}), /Detected virtualization lxc/);

    await world.change(Instance, 'web', { powerState: 'Running' });
    await world.untilReady('web');
    const pid = async () =>
      (await world.engine.incus.instances.state(project, (await engineOf('web')).name)).pid;
    const first = await pid();
    await world.change(Instance, 'web', { restartedAt: '2026-11-21T12:00:00Z' });
    await world.untilReady('web');
    const second = await pid();
    assert.notEqual(second, first);
    await world.change(Instance, 'web', { memory: '256Mi' });
    await world.untilReady('web');
    assert.equal(await pid(), second);
  });

  test('a snapshot is taken, restored once, and cloned into an instance with an identity of its own', async () => {
    await world.run('web', 'sh', '-c', 'echo before > /root/mark; sync');
    await world.create(InstanceSnapshot, 'first', { instance: 'web' });
    await world.until('the snapshot is taken', () => world.snapshot('first')?.status?.takenAt !== undefined);
    await world.run('web', 'sh', '-c', 'echo after > /root/mark; sync');

    await world.create(Instance, 'copy', {
      source: { snapshot: 'first' },
      memory: '256Mi',
      disk: '3Gi',
      networks: [{ network: 'inside' }],
    });
    await world.untilReady('copy');
    assert.equal((await world.run('copy', 'cat', '/root/mark')).stdout, 'before\n');
    assert.equal((await world.run('copy', 'hostname')).stdout, 'copy\n');
    const machineId = async (name: string) => (await world.run(name, 'cat', '/etc/machine-id')).stdout;
    assert.notEqual(await machineId('copy'), await machineId('web'));
    assert.notEqual(world.instance('copy')?.status?.addresses?.[0]?.address, '10.213.5.2');

    await world.change(Instance, 'web', { restoreFrom: 'first' });
    await world.until('it was restored', () => world.instance('web')?.status?.restoredFrom === 'first');
    await world.untilReady('web');
    assert.equal((await world.run('web', 'cat', '/root/mark')).stdout, 'before\n');
    await world.run('web', 'sh', '-c', 'echo again > /root/mark; sync');
    await world.change(Instance, 'web', { memory: '300Mi' });
    await world.untilReady('web');
    assert.equal((await world.run('web', 'cat', '/root/mark')).stdout, 'again\n');

    await world.remove(Instance, 'copy');
    await gone('copy');
  });

  test('its log is the journal of its system, whole, by lines, by bytes, or followed', async () => {
    assert.match(await readLog('web', {}), /systemd-journald\[\d+\]: Journal started/);
    await world.run(
      'web',
      'sh',
      '-c',
      'for n in 1 2 3; do echo line-$n; done | systemd-cat -t marker; journalctl --sync',
    );
    assert.match(await readLog('web', { tailLines: '200' }), /line-1[\s\S]*line-2[\s\S]*line-3/);
    assert.equal((await readLog('web', { tailLines: '2' })).trimEnd().split('\n').length, 2);
    assert.equal(Buffer.byteLength(await readLog('web', { limitBytes: '100' })), 100);

    const stream = await logConnector().open(world.connectRequest('web', { follow: 'true', tailLines: '0' }));
    const following = (async () => {
      let text = '';
      for await (const part of stream) {
        text += Buffer.from(part).toString();
        if (text.includes('came-later')) break;
      }
      return text;
    })();
    // Written until it was heard: when the reader is attached inside cannot be seen from here.
    let heard = false;
    void following.then(() => {
      heard = true;
    });
    while (!heard) await world.run('web', 'sh', '-c', 'echo came-later | systemd-cat -t marker');
    assert.doesNotMatch(await following, /Journal started/);
  });

  test('without a journal its log is the console, and reading it twice gives it twice', async () => {
    await world.run('web', 'mv', '/usr/bin/journalctl', '/usr/bin/journalctl.off');
    await world.run('web', 'sh', '-c', 'echo on-the-console > /dev/console');
    assert.match(await readLog('web', {}), /on-the-console/);
    assert.match(await readLog('web', {}), /on-the-console/);
    await world.run('web', 'mv', '/usr/bin/journalctl.off', '/usr/bin/journalctl');
  });

  test('what cannot be is said in a condition that tells what to do', async () => {
    await world.create(Instance, 'lost', { ...small, image: 'nothing' });
    await untilReason('lost', 'ImageNotFound');
    await world.create(Instance, 'offnet', { ...small, networks: [{ network: 'nowhere' }] });
    await untilReason('offnet', 'NetworkNotFound');
    await world.create(Instance, 'outside', {
      ...small,
      networks: [{ network: 'inside', address: '10.9.9.9' }],
    });
    await untilReason('outside', 'AddressNotInNetwork');
    const { environment } = await world.engine.incus.server();
    if (!environment.driver.includes('qemu')) {
      await world.create(Instance, 'machine', { ...small, type: 'virtual-machine' });
      await untilReason('machine', 'VirtualMachinesUnavailable');
      assert.match(ready('machine')?.message ?? '', /type: container/);
    }
    for (const name of ['lost', 'offnet', 'outside', 'machine']) {
      if (world.instance(name)) await world.remove(Instance, name);
      await gone(name);
    }
  });

  test('bad specs are refused with the field, what was wrong, and what would be right', async () => {
    const cases: readonly [object, RegExp][] = [
      [{ memory: '256Mi' }, /spec\.image: is missing/],
      [{ ...small, source: { snapshot: 'x' } }, /spec\.source: cannot be given beside/],
      [{ ...small, cpu: '500m' }, /spec\.cpu: is 500m; it must be a whole number from 1 to 512/],
      [{ ...small, memory: '64Mi' }, /spec\.memory: is 64Mi; it must be at least 128Mi/],
      [{ ...small, disk: '100Mi' }, /spec\.disk: is 100Mi/],
      [
        { ...small, networks: [{ network: 'inside' }, { network: 'inside' }] },
        /spec\.networks\[1\]: Duplicate value/,
      ],
      [{ ...small, networks: [{ network: 'inside', address: '300.1.1.1' }] }, /spec\.networks\[0\]\.address/],
      [{ ...small, sshKeys: ['not a key'] }, /spec\.sshKeys\[0\]/],
      [{ ...small, powerState: 'Off' }, /spec\.powerState/],
    ];
    for (const [spec, message] of cases) {
      await assert.rejects(
        world.create(Instance, 'bad', spec),
        (error) => isStatusError(error, 'Invalid') && message.test(error.message),
        String(message),
      );
    }
    await assert.rejects(world.change(Instance, 'web', { image: 'other' }), (error) =>
      isStatusError(error, 'Invalid'),
    );
  });

  test('an instance that stopped by itself, or vanished, is put right by a sweep; one without an object goes', async () => {
    const before_ = await engineOf('web');
    await world.engine.incus.instances.setState(project, before_.name, { action: 'stop', force: true });
    await world.engine.incus.instances.create(project, {
      name: 'i-stray',
      type: 'container',
      source: { type: 'image', fingerprint: world.image.sha256 },
      profiles: [],
      config: {
        'security.idmap.isolated': 'true',
        'user.casemate.region': 'test',
        'user.casemate.realm': '/orgs/acme',
        'user.casemate.uid': '00000000-0000-4000-8000-000000000000',
      },
      devices: { root: { type: 'disk', path: '/', pool: world.engine.pool } },
    });
    await world.controllers.sweep();
    await world.until(
      'it runs again',
      async () => (await engineOf('web')).status_code === INSTANCE_STATUS.running,
    );
    await world.untilReady('web');
    const names = (await world.engine.incus.instances.list(project)).map(({ name }) => name);
    assert.deepEqual(names, [before_.name]);

    await world.engine.incus.instances.setState(project, before_.name, { action: 'stop', force: true });
    await world.engine.incus.instances.delete(project, before_.name);
    await world.controllers.sweep();
    await world.until('it is there again', async () => {
      const all = await world.engine.incus.instances.list(project);
      return all.some((one) => one.status_code === INSTANCE_STATUS.running);
    });
    await world.untilReady('web');
  });

  test('controllers that start anew over what is there change nothing', async () => {
    const { revision } = world.acme.view;
    const { pid } = await world.engine.incus.instances.state(project, (await engineOf('web')).name);
    await world.restartControllers();
    await world.controllers.idle();
    assert.equal(world.acme.view.revision, revision);
    assert.equal((await world.engine.incus.instances.state(project, (await engineOf('web')).name)).pid, pid);
  });

  test('deleting the project takes its instances and snapshots, and leaves nothing in Incus', async () => {
    await world.create(Instance, 'other', small);
    await world.untilReady('other');
    await world.acme.resources.delete(Namespace, { name: PROJECT }, world.context());
    await world.until(
      'the project is gone',
      () => world.acme.view.get(Namespace, { name: PROJECT }) === undefined,
    );
    assert.deepEqual(await world.engine.incus.instances.list(), []);
    assert.deepEqual(
      (await world.engine.incus.projects.list()).map(({ name }) => name),
      ['default'],
    );
    assert.equal(world.acme.view.count(InstanceSnapshot), 0);
  });
});
