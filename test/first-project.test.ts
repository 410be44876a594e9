/**
 * The main job, as a new user does it: a region, an organization, a project, a network, machines on it, a shell in them, and
 * proof of who did what. With every kubectl of this machine, with the Kubernetes client for JavaScript, and with casemate.
 */
import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { CustomObjectsApi, KubeConfig, makeInformer } from '@kubernetes/client-node';
import { kubectls } from './support/kubectl.ts';
import { baseImage, createOrganization, EXAMPLES, type Member, manifest, member } from './support/project.ts';
import { startRegion, type TestRegion } from './support/region.ts';

const COMPUTE = { group: 'compute.casemate.internal', version: 'v1', plural: 'instances' };

suite('a first project', { timeout: 600_000 }, () => {
  let region: TestRegion;
  let alice: Member;
  let image: string;

  before(async () => {
    region = await startRegion();
    image = await baseImage(region);
    alice = await createOrganization(region, 'ministry');
  });
  after(() => region?.destroy());

  test('the base image came through the gap as any content does, and the ledger says that the machine’s own bring-up agreed', async () => {
    const { items } = JSON.parse(await region.casemate('gap', 'imports', '-o', 'json'));
    assert.equal(items.length, 1);
    const [{ metadata, spec, status }] = items;
    assert.equal(status.phase, 'Published');
    assert.deepEqual([status.bundle.signers, status.bundle.threshold], [['this-machine'], 1]);
    assert.equal(spec.publish, status.bundle.digest);
    const { spec: catalogued } = JSON.parse(await region.kubectl('get', 'image', 'debian-12', '-o', 'json'));
    const blob = join(region.data, 'gap/content/blobs/sha256', catalogued.source.sha256);
    assert.equal(hash('sha256', readFileSync(blob), 'hex'), catalogued.source.sha256);
    const shown = await region.casemate('ledger', 'show', '--from', '0', '--limit', '500', '-o', 'json');
    const agreed = shown
      .trim()
      .split('\n')
      .map((line): { actor?: string; resource?: string; name?: string; verb?: string } => JSON.parse(line))
      .filter(({ actor, name }) => actor === 'system:bootstrap' && name === metadata.name)
      .map(({ resource, verb }) => `${verb} ${resource}`);
    assert.deepEqual(
      agreed,
      ['create', 'update'].map((verb) => `${verb} bundleimports.gap.casemate.internal`),
    );
  });

  // The oldest and the newest; test/conformance/kubectl.test.ts takes every one of this machine.
  const every = kubectls();
  for (const { name, path } of new Set([every.at(0), every.at(-1)].flatMap((one) => one ?? []))) {
    test(`kubectl ${name} does the whole of it`, async () => {
      const project = `with-${name.replace('.', '-')}`;
      const user = member(region, alice.kubeconfig, path);
      assert.match(await user.kubectl('create', 'namespace', project), /created/);
      const items = manifest(['lan'], [{ name: 'web', image, networks: ['lan'] }]);
      assert.match(
        await user.apply(items, '-n', project),
        /network.*lan created[\s\S]*instance.*web created/,
      );
      await user.kubectl('-n', project, 'wait', '--for=condition=Ready', 'instance/web', '--timeout=60s');
      const row = (await user.kubectl('-n', project, 'get', 'instances', '--no-headers')).trim().split(/\s+/);
      assert.deepEqual(row.slice(0, 3), ['web', 'Running', 'True']);
      assert.match(await user.kubectl('-n', project, 'describe', 'instance', 'web'), /Type:\s+Ready/);
      const events = await user.kubectl('-n', project, 'events', '--for', 'instance/web');
      assert.match(events, /Normal\s+Created\s+\S*web\s+made from image/);
      assert.match(await user.kubectl('-n', project, 'describe', 'network', 'lan'), /Normal\s+Ready\s/);
      assert.match(await user.kubectl('explain', 'instance.spec.memory'), /128Mi/);
      assert.equal(await user.kubectl('-n', project, 'exec', 'web', '--', 'hostname'), 'web\n');
      assert.match(await user.kubectl('-n', project, 'logs', 'web', '--tail=5'), /\S/);
      await user.kubectl('-n', project, 'label', 'instance/web', 'tier=front');
      assert.equal(
        await user.kubectl('-n', project, 'get', 'instances', '-l', 'tier=front', '-o', 'name'),
        'instance.compute.casemate.internal/web\n',
      );
      await user.kubectl(
        '-n',
        project,
        'patch',
        'instance/web',
        '--type=merge',
        '-p',
        '{"spec":{"memory":"320Mi"}}',
      );
      await user.kubectl('-n', project, 'wait', '--for=condition=Ready', 'instance/web', '--timeout=60s');
      assert.equal(await user.kubectl('auth', 'can-i', 'delete', 'instances', '-n', project), 'yes\n');
      await user.kubectl('-n', project, 'delete', 'instance', 'web');
      await user.kubectl('delete', 'namespace', project);
    });
  }

  test('@kubernetes/client-node does the whole of it, and its informer sees every step', async () => {
    const config = new KubeConfig();
    config.loadFromFile(alice.kubeconfig);
    const objects = config.makeApiClient(CustomObjectsApi);
    await alice.kubectl('create', 'namespace', 'javascript');
    const where = { ...COMPUTE, namespace: 'javascript' };
    const informer = makeInformer(
      config,
      `/apis/${COMPUTE.group}/${COMPUTE.version}/namespaces/javascript/${COMPUTE.plural}`,
      () => objects.listNamespacedCustomObject(where),
    );
    const running = Promise.withResolvers<void>();
    const gone = Promise.withResolvers<void>();
    informer.on('update', (object) => {
      const { status } = object as { status?: { phase?: string } };
      if (status?.phase === 'Running') running.resolve();
    });
    informer.on('delete', () => gone.resolve());
    await informer.start();
    await objects.createNamespacedCustomObject({
      ...where,
      body: {
        apiVersion: `${COMPUTE.group}/${COMPUTE.version}`,
        kind: 'Instance',
        metadata: { name: 'worker' },
        spec: { image, memory: '256Mi' },
      },
    });
    await running.promise;
    await objects.deleteNamespacedCustomObject({ ...where, name: 'worker' });
    await gone.promise;
    await informer.stop();
  });

  test('casemate does the whole of it, with the examples of the documentation', async () => {
    await alice.casemate('project', 'create', 'web');
    await alice.casemate('apply', '-n', 'web', '-f', join(EXAMPLES, 'first-project.yaml'));
    await alice.kubectl('-n', 'web', 'wait', '--for=condition=Ready', 'instance', '--all', '--timeout=60s');
    const list = JSON.parse(await alice.casemate('get', 'instances', '-n', 'web', '-o', 'json'));
    assert.deepEqual(
      list.items.map((item: { metadata: { name: string } }) => item.metadata.name),
      ['db', 'web'],
    );
    assert.equal((await alice.inInstance('web', 'web', ['ping', '-c1', '-W2', 'db'])).code, 0);
    assert.equal((await alice.inInstance('web', 'web', ['sh', '-c', 'exit 7'])).code, 7);
    await alice.casemate('apply', '-n', 'web', '-f', join(EXAMPLES, 'database-only-from-web.yaml'));
    await alice.kubectl('-n', 'web', 'wait', '--for=condition=Ready', 'firewallpolicy/db', '--timeout=30s');
    assert.notEqual((await alice.inInstance('web', 'web', ['ping', '-c1', '-W1', 'db'])).code, 0);
  });

  test('a snapshot is taken, restored and cloned', async () => {
    await alice.inInstance('web', 'web', ['sh', '-c', 'echo before > /root/mark; sync']);
    const snapshot = {
      apiVersion: 'compute.casemate.internal/v1',
      kind: 'InstanceSnapshot',
      metadata: { name: 'web-1' },
      spec: { instance: 'web' },
    };
    await alice.apply(JSON.stringify(snapshot), '-n', 'web');
    await alice.kubectl(
      '-n',
      'web',
      'wait',
      '--for=condition=Ready',
      'instancesnapshot/web-1',
      '--timeout=60s',
    );
    await alice.inInstance('web', 'web', ['sh', '-c', 'echo after > /root/mark']);
    const clone = manifest([], [{ name: 'copy', image: '', source: { snapshot: 'web-1' } }]).replace(
      '"image":"",',
      '',
    );
    await alice.apply(clone, '-n', 'web');
    await alice.kubectl('-n', 'web', 'wait', '--for=condition=Ready', 'instance/copy', '--timeout=60s');
    assert.equal((await alice.inInstance('web', 'copy', ['cat', '/root/mark'])).stdout, 'before\n');
    await alice.kubectl(
      '-n',
      'web',
      'patch',
      'instance/web',
      '--type=merge',
      '-p',
      '{"spec":{"restoreFrom":"web-1"}}',
    );
    await alice.kubectl(
      '-n',
      'web',
      'wait',
      '--for=jsonpath={.status.restoredFrom}=web-1',
      'instance/web',
      '--timeout=60s',
    );
    await alice.kubectl('-n', 'web', 'wait', '--for=condition=Ready', 'instance/web', '--timeout=60s');
    assert.equal((await alice.inInstance('web', 'web', ['cat', '/root/mark'])).stdout, 'before\n');
  });

  test('a volume outlives its machine: the example of the documentation, and the next machine that has it', async () => {
    const inProject = (...args: readonly string[]) => alice.kubectl('-n', 'web', ...args);
    const ready = (object: string) => inProject('wait', '--for=condition=Ready', object, '--timeout=60s');
    await alice.casemate('apply', '-n', 'web', '-f', join(EXAMPLES, 'volume.yaml'));
    await ready('instance/store');
    await alice.inInstance('web', 'store', ['sh', '-c', 'echo kept > /srv/data/mark; sync']);
    const table = await alice.casemate('get', 'volumes', '-n', 'web');
    assert.match(table, /NAME +READY +TYPE +SIZE +ATTACHED TO +AGE\ndata +True +filesystem +1Gi +store /);
    assert.match(await alice.casemate('explain', 'instance.spec.volumes'), /Name of a Volume of the project/);
    const refused = await alice.tryCasemate('delete', 'volume', 'data', '-n', 'web');
    assert.match(refused.stderr, /belongs to instance "store"; take it out of spec\.volumes there first/);
    const snapshot = {
      apiVersion: 'storage.casemate.internal/v1',
      kind: 'VolumeSnapshot',
      metadata: { name: 'monday' },
      spec: { volume: 'data' },
    };
    await alice.apply(JSON.stringify(snapshot), '-n', 'web');
    await ready('volumesnapshot/monday');
    await inProject('delete', 'instance', 'store');
    const next = { name: 'next', image, volumes: [{ volume: 'data', path: '/data' }] };
    await alice.apply(manifest([], [next]), '-n', 'web');
    await ready('instance/next');
    assert.equal((await alice.inInstance('web', 'next', ['cat', '/data/mark'])).stdout, 'kept\n');
    await inProject('delete', 'instance', 'next');
    await inProject('delete', 'volume', 'data');
    await inProject('wait', '--for=delete', 'volumesnapshot/monday', '--timeout=60s');
    assert.equal(await inProject('get', 'volumes,volumesnapshots', '-o', 'name'), '');
  });

  test('casemate ssh signs in with a key of spec.sshKeys through a Forward, and cloud-init did what userData says', async () => {
    const key = join(region.scratch, 'ssh-key');
    assert.equal((await region.run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key])).code, 0);
    const host = {
      name: 'host',
      image,
      networks: ['lan'],
      sshKeys: [readFileSync(`${key}.pub`, 'utf8').trim()],
      userData:
        '#cloud-config\nwrite_files:\n- {path: /etc/motto, content: "mir wëlle bleiwen"}\nruncmd:\n- touch /run/told\n',
    };
    const forward = {
      apiVersion: 'network.casemate.internal/v1',
      kind: 'Forward',
      metadata: { name: 'ssh' },
      spec: {
        protocol: 'tcp',
        listen: { port: 20_122 },
        target: { instance: 'host', port: 22 },
        allowedSources: ['0.0.0.0/0'],
      },
    };
    await alice.apply(manifest([], [host]), '-n', 'web');
    await alice.apply(JSON.stringify(forward), '-n', 'web');
    for (const object of ['instance/host', 'forward/ssh']) {
      await alice.kubectl('-n', 'web', 'wait', '--for=condition=Ready', object, '--timeout=60s');
    }
    const booted = await alice.inInstance('web', 'host', ['cloud-init', 'status', '--wait']);
    assert.equal(booted.code, 0, booted.stdout);
    const known = join(region.scratch, 'known-hosts');
    const options = [
      'StrictHostKeyChecking=accept-new',
      `UserKnownHostsFile=${known}`,
      'BatchMode=yes',
      'HashKnownHosts=no',
    ];
    const where = ['-n', 'web', '-i', key, ...options.flatMap((option) => ['-o', option])];
    const ssh = (user: string, ...command: string[]) =>
      alice.tryCasemate('ssh', ...where, `${user}@host`, '--', ...command);
    const { code, stdout, stderr } = await ssh('debian', 'whoami; hostname; cat /etc/motto; ls /run/told');
    assert.equal(stdout, 'debian\nhost\nmir wëlle bleiwen/run/told\n', stderr);
    assert.equal(code, 0);
    assert.equal((await ssh('debian', 'exit 7')).code, 7);
    // The host key is remembered under the instance itself, for addresses are used again.
    assert.match(readFileSync(known, 'utf8'), /^casemate-[0-9a-f-]{36} /);
    const another = join(region.scratch, 'another-key');
    await region.run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', another]);
    const refused = await alice.tryCasemate('ssh', ...where.with(3, another), 'debian@host', '--', 'true');
    assert.equal(refused.code, 255);
    assert.match(refused.stderr, /Permission denied \(publickey/);
  });

  test('a virtual machine on a host that cannot run one says so in its condition', async () => {
    const info = JSON.parse(await alice.kubectl('get', 'images', '-o', 'json'));
    assert.ok(info.items.length >= 1);
    await alice
      .apply(manifest([], [{ name: 'vm', image, type: 'virtual-machine' }]), '-n', 'web')
      .then(async () => {
        const ready = '{.status.conditions[?(@.type=="Ready")].reason}';
        await alice.kubectl('-n', 'web', 'wait', `--for=jsonpath=${ready}`, 'instance/vm', '--timeout=30s');
        const reason = await alice.kubectl('-n', 'web', 'get', 'instance/vm', '-o', `jsonpath=${ready}`);
        assert.match(reason, /VirtualMachinesUnavailable|TypeDiffers/);
        await alice.kubectl('-n', 'web', 'delete', 'instance/vm');
      });
  });

  test('anyone can verify from the ledger who did what, and prove one leaf of it offline', async () => {
    const shown = await alice.casemate('ledger', 'show', '-o', 'json');
    assert.match(shown, /alice/);
    assert.match(await alice.casemate('ledger', 'verify'), /\bverif/i);
    const receipt = join(region.scratch, 'web.receipt');
    await alice.casemate('ledger', 'prove', 'instance', 'web', '-n', 'web', '-o', receipt);
    const key = join(region.scratch, 'ministry.vkey');
    writeFileSync(key, await alice.casemate('ledger', 'key'));
    const offline = await region.run('env', [
      '-i',
      'PATH=/usr/bin:/bin',
      join(EXAMPLES, '..', '..', 'casemate'),
      'ledger',
      'check-receipt',
      receipt,
      '--key',
      key,
    ]);
    assert.equal(offline.code, 0, offline.stderr);
    const check = (path: string) => alice.tryCasemate('ledger', 'check-receipt', path, '--key', key);
    // The leaf lies in the receipt in base64: another leaf, another hash, no proof.
    const forged = join(region.scratch, 'forged.receipt');
    const [head = '', leaf = '', ...rest] = readFileSync(receipt, 'utf8').split('\n');
    const changed = Buffer.from(leaf.split(' ')[1] ?? '', 'base64')
      .toString()
      .replace('"namespace":"web"', '"namespace":"wob"');
    assert.match(changed, /wob/);
    writeFileSync(forged, [head, `extra ${Buffer.from(changed).toString('base64')}`, ...rest].join('\n'));
    assert.equal((await check(forged)).code, 1);
    // What the leaf says of persons, the name among it, lies beside the receipt: it is held against the leaf.
    const record = readFileSync(`${receipt}.record.json`, 'utf8');
    const another = join(region.scratch, 'another.receipt');
    writeFileSync(another, readFileSync(receipt));
    writeFileSync(`${another}.record.json`, record);
    assert.equal((await check(another)).code, 0);
    const renamed = record.replace('"name":"web"', '"name":"wob"');
    assert.match(renamed, /wob/);
    writeFileSync(`${another}.record.json`, renamed);
    assert.equal((await check(another)).code, 1);
  });

  test('the operator’s own credential opens nothing of the organization', async () => {
    const operator = readFileSync(region.kubeconfig, 'utf8').replaceAll(
      region.url,
      `${region.url}/orgs/ministry`,
    );
    const crossed = join(region.scratch, 'operator-crossing.kubeconfig');
    writeFileSync(crossed, operator, { mode: 0o600 });
    const intruder = member(region, crossed);
    for (const resource of ['instances', 'secrets', 'namespaces', 'rolebindings']) {
      await assert.rejects(
        intruder.kubectl('get', resource, '-A'),
        /Unauthorized|must be logged in|not valid|401/i,
      );
    }
  });
});
