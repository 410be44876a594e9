/** What is read of instances is what dpkg says in them, with nothing run there; of Incus, which is real. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { REGION } from '#kernel/realm-id.ts';
import { Instance } from '#services/compute/instance.ts';
import { ACME, type ComputeWorld, openComputeWorld, PROJECT } from '#services/compute/testing/world.ts';
import { ownParts, runningInstances, SCAN_LABEL } from './vulnerable-subjects.ts';

describe('what vulnerability reports look into', () => {
  let world: ComputeWorld;
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'subjects-'));
    world = await openComputeWorld();
    for (const name of ['web', 'private'])
      await world.create(Instance, name, { image: 'debian-12', memory: '256Mi' });
    await world.untilReady('web');
    await world.untilReady('private');
  });
  after(async () => {
    await world?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const subjects = () => runningInstances(world.engine.incus);
  const read = (name: string) => {
    const { view } = world.acme;
    const subject = subjects()
      .list(view)
      .find((one) => one.name === name);
    assert.ok(subject, name);
    return subjects().read(subject, view, ACME, new AbortController().signal);
  };

  it('are the packages of an instance, by its own dpkg', async () => {
    const { release, packages, unidentified } = await read('web');
    const fields = ['source:Package', 'source:Version']
      .map((field) => ['$', '{', field, '}'].join(''))
      .join(' ');
    const { stdout } = await world.run('web', 'dpkg-query', '-W', '-f', `${fields}\\n`);
    assert.equal(release, 'bookworm');
    assert.deepEqual(unidentified, []);
    assert.deepEqual(
      packages.map(({ name, version }) => `${name} ${version}`).sort(),
      [...new Set(stdout.trim().split('\n'))].sort(),
    );
  });

  it('are never those of an instance that says no', async () => {
    const names = () =>
      subjects()
        .list(world.acme.view)
        .map(({ project, name }) => `${project}/${name}`);
    assert.deepEqual(names(), [`${PROJECT}/private`, `${PROJECT}/web`]);
    await world.acme.resources.modify(
      Instance,
      { namespace: PROJECT, name: 'private' },
      world.context(),
      (current) => ({
        ...current,
        metadata: { ...current.metadata, labels: { [SCAN_LABEL]: 'off' } },
      }),
    );
    assert.deepEqual(names(), [`${PROJECT}/web`]);
  });

  it('are bounded, and whatever a tenant puts there is told, not believed', async () => {
    const put = (script: string) => world.run('web', 'sh', '-c', script);
    await put('cp -a /var/lib/dpkg/status /root/status');
    await put('truncate -s 64M /var/lib/dpkg/status');
    await assert.rejects(read('web'), /\/var\/lib\/dpkg\/status of it cannot be read now/);
    await put('rm /var/lib/dpkg/status');
    await assert.rejects(read('web'), /names no installed package/);
    await put('ln -s /root/status /var/lib/dpkg/status');
    await assert.rejects(read('web'), /names no installed package/);
    await put('mv /root/status /var/lib/dpkg/status; mv /usr/lib/os-release /root/');
    await assert.rejects(read('web'), /it runs "nothing", of which no advisories are read/);
    await put('mv /root/os-release /usr/lib/os-release');
    assert.ok((await read('web')).packages.length > 50);
  });

  it('are in the region the program by its lock file and the machine by dpkg', async () => {
    const { view } = world.region;
    const [program, machine] = ownParts.list(view);
    assert.ok(program && machine);
    const { signal } = new AbortController();
    const { packages } = await ownParts.read(program, view, REGION, signal);
    const lock = JSON.parse(await readFile(new URL('../../package-lock.json', import.meta.url), 'utf8'));
    const fastify = lock.packages['node_modules/fastify'].version;
    assert.ok(packages.some(({ purl }) => purl === `pkg:npm/fastify@${fastify}`));
    assert.ok(
      (await ownParts.read(machine, view, REGION, signal)).packages.some(({ name }) => name === 'dpkg'),
    );
  });
});
