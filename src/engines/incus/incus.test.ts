import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { isIncusError } from './errors.ts';
import { projectConfig, RESTRICTIONS } from './projects.ts';
import { findRemains } from './remains.ts';
import { type TestImage, testImage } from './test-image.ts';
import { startTestIncus, type TestIncus } from './test-incus.ts';
import { INSTANCE_STATUS, type InstanceDraft } from './types.ts';

describe('the Incus adapter against a private incusd', () => {
  let engine: TestIncus;
  let image: TestImage;
  let fingerprint: string;
  const project = 'cm-adapter';

  const draft = (name: string): InstanceDraft => ({
    name,
    type: 'container',
    source: { type: 'image', fingerprint },
    profiles: [],
    config: { 'limits.cpu': '1', 'limits.memory': '256MiB', 'security.idmap.isolated': 'true' },
    devices: { root: { type: 'disk', path: '/', pool: engine.pool, size: '1GiB' } },
  });
  const run = async (instance: string, ...command: string[]) => {
    let output = '';
    let errors = '';
    const session = await engine.incus.exec(project, instance, {
      command,
      interactive: false,
      stdout: async (chunk) => {
        output += chunk.toString();
      },
      stderr: async (chunk) => {
        errors += chunk.toString();
      },
    });
    session.end();
    return { code: await session.done, output, errors };
  };

  before(async () => {
    image = await testImage();
    engine = await startTestIncus();
    fingerprint = await engine.incus.images.import({ file: join(image.folder, image.file), properties: {} });
    const extensions = await engine.incus.extensions();
    await engine.incus.projects.create(project, 'tests', projectConfig(extensions, [], {}));
  });
  after(async () => engine?.close());

  test('an image is imported once and known by the SHA-256 of its file', async () => {
    assert.equal(fingerprint, image.sha256);
    const again = await engine.incus.images.import({ file: join(image.folder, image.file), properties: {} });
    assert.equal(again, image.sha256);
    const images = await engine.incus.images.list();
    assert.deepEqual(
      images.map((one) => one.fingerprint),
      [image.sha256],
    );
  });

  test('a project has every restriction that Incus knows', async () => {
    const { config } = await engine.incus.projects.get(project);
    assert.equal(config['restricted.devices.nic'], 'block'); // no network was named for it
    for (const { key, value } of RESTRICTIONS) {
      if (key !== 'restricted.devices.nic') assert.equal(config[key] ?? '', value, key);
    }
  });

  test('a project’s restrictions hold: no privileged instance, no host path, no raw configuration', async () => {
    const forbidden = [
      { ...draft('bad'), config: { 'security.privileged': 'true' } },
      {
        ...draft('bad'),
        config: { 'security.idmap.isolated': 'true', 'raw.lxc': 'lxc.mount.auto = cgroup:rw' },
      },
      {
        ...draft('bad'),
        devices: { ...draft('bad').devices, host: { type: 'disk', source: '/etc', path: '/mnt' } },
      },
    ];
    for (const one of forbidden) {
      await assert.rejects(engine.incus.instances.create(project, one), (error) =>
        isIncusError(error, 'Forbidden', 'Invalid'),
      );
    }
    assert.deepEqual(await engine.incus.instances.list(project), []);
  });

  test('an instance is created, started, changed while it runs, stopped and deleted', async () => {
    const { instances } = engine.incus;
    await instances.create(project, draft('one'));
    await assert.rejects(instances.create(project, draft('one')), (e) => isIncusError(e, 'AlreadyExists'));
    await instances.setState(project, 'one', { action: 'start' });
    assert.equal((await instances.state(project, 'one')).status_code, INSTANCE_STATUS.running);

    const current = await instances.get(project, 'one');
    await instances.update(project, current, {
      config: { 'limits.cpu': '2', 'limits.memory': '512MiB', 'security.idmap.isolated': 'true' },
      devices: { root: { type: 'disk', path: '/', pool: engine.pool, size: '2GiB' } },
    });
    const state = await instances.state(project, 'one');
    assert.equal(state.memory.total, 512 * 1024 ** 2);
    assert.equal(state.disk?.root?.total, 2 * 1024 ** 3);
    // Incus spreads CPUs a moment after it answered.
    const spread = 'until [ $(nproc) = 2 ]; do sleep 0.1; done';
    assert.equal((await run('one', 'timeout', '60', 'sh', '-c', spread)).code, 0);
    await assert.rejects(instances.update(project, current, { config: {}, devices: {} }), (e) =>
      isIncusError(e, 'Conflict'),
    );

    await assert.rejects(engine.incus.projects.delete(project), (e) => isIncusError(e, 'InUse'));
    await instances.setState(project, 'one', { action: 'stop', force: true });
    await instances.delete(project, 'one');
    await assert.rejects(instances.get(project, 'one'), (e) => isIncusError(e, 'NotFound'));
  });

  describe('with a running instance', () => {
    before(async () => {
      await engine.incus.instances.create(project, draft('two'));
      await engine.incus.instances.setState(project, 'two', { action: 'start' });
    });
    after(async () => {
      await engine.incus.instances.setState(project, 'two', { action: 'stop', force: true });
      await engine.incus.instances.delete(project, 'two');
    });

    test('a command’s output, errors and exit code come back apart', async () => {
      assert.deepEqual(await run('two', 'sh', '-c', 'echo out; echo err >&2; exit 7'), {
        code: 7,
        output: 'out\n',
        errors: 'err\n',
      });
    });

    test('a command that ends at once loses nothing of its output, however busy the machine is', async () => {
      const rounds = Array.from({ length: 25 }, (_, round) => round);
      for (const round of rounds) {
        const outputs = await Promise.all(
          [0, 1, 2, 3].map((lane) => run('two', 'sh', '-c', `echo ${round}.${lane}; echo err >&2`)),
        );
        assert.deepEqual(
          outputs,
          [0, 1, 2, 3].map((lane) => ({ code: 0, output: `${round}.${lane}\n`, errors: 'err\n' })),
        );
      }
    });

    test('a command that does not exist ends with 127', async () => {
      assert.equal((await run('two', '/no/such/command')).code, 127);
    });

    test('input reaches the command up to its end, and large output arrives whole', async () => {
      const sent = Buffer.alloc(3 * 1024 * 1024, 'casemate ');
      const received: Buffer[] = [];
      const session = await engine.incus.exec(project, 'two', {
        command: ['cat'],
        interactive: false,
        stdout: async (chunk) => void received.push(Buffer.from(chunk)),
        stderr: async () => {},
      });
      for (let at = 0; at < sent.length; at += 65_536) await session.write(sent.subarray(at, at + 65_536));
      session.end();
      assert.equal(await session.done, 0);
      assert.ok(Buffer.concat(received).equals(sent));
    });

    test('a terminal has the size it was given and takes a new one', async () => {
      let output = '';
      let first: () => void = () => {};
      const sized = new Promise<void>((resolve) => {
        first = resolve;
      });
      const session = await engine.incus.exec(project, 'two', {
        command: ['sh', '-c', 'stty size; read line; stty size; exit 3'],
        interactive: true,
        width: 100,
        height: 30,
        stdout: async (chunk) => {
          output += chunk.toString();
          if (output.includes('30 100')) first();
        },
        stderr: async () => {},
      });
      await sized;
      session.resize(132, 43);
      await session.write(Buffer.from('go\n'));
      assert.equal(await session.done, 3);
      assert.match(output, /30 100[\s\S]*43 132/);
    });

    test('a signal ends a command', async () => {
      let started: () => void = () => {};
      const running = new Promise<void>((resolve) => {
        started = resolve;
      });
      const session = await engine.incus.exec(project, 'two', {
        command: ['sh', '-c', 'echo up; exec sleep 1000'],
        interactive: false,
        stdout: async () => started(),
        stderr: async () => {},
      });
      await running;
      session.signal(15);
      assert.equal(await session.done, 128 + 15);
    });

    test('the console log holds what the instance said as it started', async () => {
      const log = await engine.incus.instances.consoleLog(project, 'two');
      assert.match(log.toString(), /Detected virtualization lxc/);
    });

    test('a snapshot brings the disk back, and a copy of it is an instance of its own', async () => {
      const { instances } = engine.incus;
      const marked = { code: 0, output: 'before\n', errors: '' };
      await run('two', 'sh', '-c', 'echo before > /root/mark; sync');
      await instances.createSnapshot(project, 'two', 's1');
      assert.deepEqual(
        (await instances.snapshots(project, 'two')).map((one) => one.name),
        ['s1'],
      );
      await run('two', 'sh', '-c', 'echo after > /root/mark; sync');
      await instances.restoreSnapshot(project, 'two', 's1');
      assert.deepEqual(await run('two', 'cat', '/root/mark'), marked);

      await instances.create(project, { ...draft('three'), source: { type: 'copy', source: 'two/s1' } });
      await instances.setState(project, 'three', { action: 'start' });
      assert.deepEqual(await run('three', 'cat', '/root/mark'), marked);
      await instances.setState(project, 'three', { action: 'stop', force: true });
      await instances.delete(project, 'three');
      await instances.deleteSnapshot(project, 'two', 's1');
      assert.deepEqual(await instances.snapshots(project, 'two'), []);
    });

    test('instances go on while the daemon is killed and started again, and the connection comes back', async () => {
      const before_ = (await engine.incus.instances.state(project, 'two')).pid;
      await engine.restart();
      assert.equal((await engine.incus.instances.state(project, 'two')).pid, before_);
      assert.equal((await run('two', 'true')).code, 0);
    });
  });

  test('a bridge is made, changed and removed', async () => {
    const { networks } = engine.incus;
    const config = {
      'ipv4.address': '10.211.7.1/24',
      'ipv4.nat': 'false',
      'ipv4.firewall': 'false',
      'ipv6.address': 'none',
    };
    const name = `cmt${process.pid}`;
    await networks.create({ name, config });
    await networks.update(name, 'changed', { ...config, 'dns.domain': 'test.internal' });
    assert.equal((await networks.get(name)).config['dns.domain'], 'test.internal');
    assert.deepEqual(findRemains(engine.folder).bridges, [name]);
    await networks.delete(name);
    await assert.rejects(networks.get(name), (e) => isIncusError(e, 'NotFound'));
  });

  test('a bridge is removed while interfaces of others come and go', async () => {
    const { networks } = engine.incus;
    const other = `cmo${process.pid}`;
    const look = 'ip link >/dev/null; '.repeat(3);
    const churn = spawn('sh', [
      '-c',
      `while ip link add ${other} type bridge && { ${look} } && ip link del ${other}; do ${look} done`,
    ]);
    try {
      for (let i = 0; i < 6; i++) {
        const name = `cmc${process.pid}`;
        await networks.create({ name, config: { 'ipv4.address': 'none', 'ipv6.address': 'none' } });
        await networks.delete(name);
      }
      assert.equal(churn.exitCode, null, 'others came and went all the while');
    } finally {
      churn.kill('SIGKILL');
      if (churn.exitCode === null && churn.signalCode === null) await once(churn, 'exit');
      await once(spawn('ip', ['link', 'del', other]), 'exit');
    }
  });

  test('nothing of a killed daemon is left: no process, mount, loop, bridge or control group', async () => {
    const second = await startTestIncus();
    const folder = second.folder;
    assert.ok(findRemains(folder).mounts.length > 0);
    await second.close();
    assert.deepEqual(findRemains(folder), { processes: [], bridges: [], mounts: [], loops: [], cgroups: [] });
    assert.equal((await engine.incus.server()).environment.server_clustered, false); // the other one goes on
  });

  test('a daemon that is not there is a clear, typed error', async () => {
    const { connectIncus } = await import('./client.ts');
    const { systemClock } = await import('#kernel/clock.ts');
    const nobody = connectIncus({ socketPath: join(engine.folder, 'nobody.socket') }, systemClock);
    await assert.rejects(nobody.server(), (e) => isIncusError(e, 'Unavailable') && /ENOENT/.test(e.message));
    nobody.close();
  });
});
