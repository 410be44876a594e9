/** What is read of instances is what dpkg says in them, with nothing run there; of Incus, which is real. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Inventory } from '#gap/advisories/model.ts';
import { REGION } from '#kernel/realm-id.ts';
import { filesIn } from '#services/compute/image-files.ts';
import { Instance } from '#services/compute/instance.ts';
import { ACME, type ComputeWorld, openComputeWorld, PROJECT } from '#services/compute/testing/world.ts';
import { fileOfImage } from './image-packages.ts';
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
  const readInstance = (name: string) => {
    const { view } = world.acme;
    const subject = subjects()
      .list(view)
      .find((one) => one.name === name);
    assert.ok(subject, name);
    return subjects().read(subject, view, ACME, new AbortController().signal);
  };

  it('are the packages of an instance, by its own dpkg', async () => {
    const { release, packages, unidentified } = await readInstance('web');
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
    await assert.rejects(readInstance('web'), /\/var\/lib\/dpkg\/status of it cannot be read now/);
    await put('rm /var/lib/dpkg/status');
    await assert.rejects(readInstance('web'), /names no installed package/);
    await put('ln -s /root/status /var/lib/dpkg/status');
    await assert.rejects(readInstance('web'), /names no installed package/);
    await put('mv /root/status /var/lib/dpkg/status; mv /usr/lib/os-release /root/');
    await assert.rejects(readInstance('web'), /it runs "nothing", of which no advisories are read/);
    await put('mv /root/os-release /usr/lib/os-release');
    assert.ok((await readInstance('web')).packages.length > 50);
  });

  it('are in the region the program by its lock file, the machine by dpkg, and images by what is in them', async () => {
    const { view } = world.region;
    const parts = ownParts(filesIn(world.image.folder));
    const read = async (kind: string) => {
      const subject = parts.list(view).find((one) => one.kind === kind);
      assert.ok(subject, kind);
      return parts.read(subject, view, REGION, new AbortController().signal);
    };
    const { packages } = await read('program');
    const lock = JSON.parse(await readFile(new URL('../../package-lock.json', import.meta.url), 'utf8'));
    const fastify = lock.packages['node_modules/fastify'].version;
    assert.ok(packages.some(({ purl }) => purl === `pkg:npm/fastify@${fastify}`));
    assert.ok((await read('machine')).packages.some(({ name }) => name === 'dpkg'));
    // Nothing was installed in an instance of it since.
    const purls = (inventory: Inventory) => inventory.packages.map(({ purl }) => purl);
    assert.deepEqual(purls(await read('image')), purls(await readInstance('web')));
    await assert.rejects(
      fileOfImage(join(folder, 'none.tar'), '/etc/x', 1_000, new AbortController().signal),
      { name: 'Unreadable', message: '/etc/x cannot be read from its file (2)' },
    );
  });
});
