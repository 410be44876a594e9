/** Volumes and instances as sources of backups, on an Incus that is real. An instance that is made again beside the first: `test/backup-machines.long.test.ts`. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, open, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { DEFAULT_POOL } from '#engines/incus/daemon.ts';
import { fileSha256 } from '#engines/incus/images.ts';
import { testClock } from '#engines/incus/test-incus.ts';
import { systemActor } from '#kernel/access.ts';
import { forbidden, isStatusError } from '#kernel/errors.ts';
import type { Kind } from '#kernel/kind.ts';
import { silentLogger } from '#kernel/logger.ts';
import type { KubeObject } from '#kernel/object.ts';
import { systemRandom } from '#kernel/random.ts';
import { REGION } from '#kernel/realm-id.ts';
import { EngineProjects } from '#services/compute/engine-projects.ts';
import { Instance, type InstanceObject } from '#services/compute/instance.ts';
import { engineInstance, engineVolume } from '#services/compute/names.ts';
import { ACME, type ComputeWorld, openComputeWorld, PROJECT } from '#services/compute/testing/world.ts';
import { storageService } from '#services/storage/service.ts';
import { Volume, type VolumeObject } from '#services/storage/volume.ts';
import { CARRIERS_MAX, Carriers } from '../carrier/carriers.ts';
import { Restore } from '../restore/restore.ts';
import { Backup } from '../run/backup.ts';
import { manifestEntry } from '../tar/manifest.ts';
import type { EngineSourceOptions } from './engine.ts';
import { instanceSource } from './instance.ts';
import { leftControllers } from './left.ts';
import type { BackupSource, RestoreInto, SourceContext } from './source.ts';
import { abandonVolume, volumeSource } from './volume.ts';

const SMALL = { image: 'debian-12', memory: '256Mi', disk: '1Gi' };

describe('volumes and containers as sources of backups', () => {
  let world: ComputeWorld;
  let carriers: Carriers;
  let common: EngineSourceOptions;
  let volumes: BackupSource;
  let instances: BackupSource;
  let refuse: string | undefined;
  const warned: string[] = [];

  const key = (name: string) => ({ namespace: PROJECT, name });
  const context = (signal = new AbortController().signal): SourceContext => ({
    realm: world.acme,
    change: { ...world.context(), actor: systemActor(ACME, 'backup') },
    async require(verb, kind) {
      if (refuse === `${verb} ${kind.plural}`) throw forbidden({ kind: kind.kind }, `may not ${verb}`);
    },
    accessKey: () => Promise.reject(new Error('no source here wants one')),
    clock: testClock,
    warn: (text) => void warned.push(text),
    signal,
  });
  const get = <T>(kind: Kind, name: string): T => {
    const found = world.acme.view.get(kind, key(name));
    assert.ok(found, `${kind.singular} ${name}`);
    return found as T;
  };
  const isReady = (kind: Kind, name: string) => {
    const { metadata, status } = get<VolumeObject>(kind, name);
    const ready = status?.conditions?.find(({ type }) => type === 'Ready');
    return ready?.status === 'True' && ready.observedGeneration === metadata.generation;
  };
  /** The controllers go on while it waits for them. */
  const meanwhile = async <T>(work: Promise<T>): Promise<T> => {
    let settled = false;
    const done = work.finally(() => {
      settled = true;
    });
    done.catch(() => {});
    await world.until('the source is done', () => settled);
    return done;
  };
  const sh = async (name: string, script: string) => {
    const { stdout, stderr, exitCode } = await world.run(name, 'sh', '-c', script);
    assert.equal(exitCode, 0, stderr);
    return stdout;
  };
  const takeTar = async (source: BackupSource, kind: Kind, name: string, run: string): Promise<Buffer> => {
    const item = { object: get<VolumeObject>(kind, name), run };
    await source.hold(item, context());
    const chunks: Buffer[] = [];
    for await (const chunk of await source.open(item, context())) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  };
  const release = (source: BackupSource, kind: Kind, name: string, run: string) =>
    source.release({ object: get<VolumeObject>(kind, name), run }, context());
  const into = (name: string, inPlace: boolean, run: string): RestoreInto => ({
    namespace: PROJECT,
    name,
    inPlace,
    run,
  });
  const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
  const setPower = async (name: string, powerState: 'Running' | 'Stopped') => {
    await world.change(Instance, name, { powerState });
    if (powerState === 'Running') await world.untilReady(name);
    else {
      await world.until(`${name} is stopped`, () => {
        const { status, metadata } = get<InstanceObject>(Instance, name);
        const ready = status?.conditions?.find(({ type }) => type === 'Ready');
        return ready?.reason === 'Stopped' && ready.observedGeneration === metadata.generation;
      });
    }
  };
  /** All that a file is, of all files there. */
  const FILES =
    "find . -mindepth 1 -printf '%p %y %m %U:%G %s %l %T@\\n' | sort; find . -type f | sort | xargs -d '\\n' -r sha256sum; getcap -r .";

  before(async () => {
    world = await openComputeWorld((parts) => {
      const { incus, regionId } = parts;
      const logger = silentLogger;
      carriers ??= new Carriers({ incus, logger, regionId, pool: DEFAULT_POOL });
      const projects = new EngineProjects(incus);
      common = { incus, regionId, carriers, pool: DEFAULT_POOL, projects, random: systemRandom, logger };
      const left = { name: 'backup', kinds: [Backup, Restore], controllers: leftControllers(common) };
      return [storageService(parts), left];
    });
    volumes = volumeSource(common);
    instances = instanceSource({
      ...common,
      useRegion: (work) => world.test.realms.use(REGION, async ({ view }) => work(view)),
    });
    await world.create(Volume, 'data', { size: '64Mi' });
    await world.create(Instance, 'web', { ...SMALL, volumes: [{ volume: 'data', path: '/srv/data' }] });
    await world.untilReady('web');
    await sh(
      'web',
      `cd /srv/data; head -c 3000000 /dev/urandom > big; echo hi > a; chown 1234:1235 a; ln a hard; ln -s /nowhere sym; mkfifo pipe
       mkdir -p 'd e'; touch 'd e/f'; chmod 4711 'd e/f'; truncate -s 20M sparse; cp /usr/bin/ping .; setcap cap_net_raw=ep ping
       touch casemate.json; echo one > /root/mark; chown 1234 /root/mark; sync`,
    );
  });
  after(async () => world?.close());

  const runs: Record<string, Buffer> = {};
  let filesThen: string;

  test('a volume that is in use is read at one moment, and twice the same bytes', async () => {
    filesThen = await sh('web', `cd /srv/data; ${FILES}`);
    const item = { object: get<VolumeObject>(Volume, 'data'), run: 'run-1' };
    await volumes.hold(item, context());
    await sh('web', 'echo later > /srv/data/later; sync');
    const first = await takeTar(volumes, Volume, 'data', 'run-1');
    assert.equal(digest(await takeTar(volumes, Volume, 'data', 'run-1')), digest(first));
    assert.ok(first.length < 5_000_000, `${first.length} bytes with 20 MiB of nothing in a file`);
    assert.match(first.subarray(0, 16).toString(), /^casemate\.json/);
    assert.equal(first.includes('files/later'), false);
    runs.volume = first;
    await release(volumes, Volume, 'data', 'run-1');
    await release(volumes, Volume, 'data', 'run-1');
    const { incus, pool } = world.engine;
    const { project } = (await incus.volumes.list(pool))[0] ?? { project: '' };
    const name = engineVolume(item.object.metadata.uid);
    assert.deepEqual(await incus.volumes.snapshots(project, pool, name), []);
  });

  test('it becomes a new volume, with owners, times, links, holes and capabilities as they were', async () => {
    await meanwhile(volumes.restore(Readable.from([runs.volume]), into('copy', false, 'back-1'), context()));
    await world.until('copy is ready', () => isReady(Volume, 'copy'));
    assert.equal(get<VolumeObject>(Volume, 'copy').status?.restoring, undefined);
    await world.change(Instance, 'web', {
      volumes: [
        { volume: 'data', path: '/srv/data' },
        { volume: 'copy', path: '/srv/copy' },
      ],
    });
    await world.untilReady('web');
    assert.equal(await sh('web', `cd /srv/copy; ${FILES}`), filesThen);
  });

  test('in place it takes that no instance has it; then it is what it was, and nothing of later', async () => {
    await assert.rejects(
      volumes.restore(Readable.from([runs.volume]), into('data', true, 'back-2'), context()),
      (error) => isStatusError(error, 'Conflict') && /belongs to instance "web"/.test(error.message),
    );
    await world.change(Instance, 'web', { volumes: [{ volume: 'copy', path: '/srv/copy' }] });
    await world.until(
      'data is free',
      () => get<InstanceObject>(Instance, 'web').status?.volumes?.length === 1,
    );
    await meanwhile(volumes.restore(Readable.from([runs.volume]), into('data', true, 'back-2'), context()));
    await world.change(Instance, 'web', { volumes: [{ volume: 'data', path: '/srv/data' }] });
    await world.untilReady('web');
    assert.equal(await sh('web', `cd /srv/data; ${FILES}`), filesThen);
  });

  test('what breaks off leaves the volume as it was before, and a new one gone', async () => {
    await sh('web', 'echo newer > /srv/data/newer; sync');
    const newer = await sh('web', `cd /srv/data; ${FILES}`);
    await world.change(Instance, 'web', { volumes: [] });
    await world.until(
      'data is free',
      () => get<InstanceObject>(Instance, 'web').status?.volumes === undefined,
    );
    const half = () => Readable.from([(runs.volume as Buffer).subarray(0, 2_000_000)]);
    await assert.rejects(
      meanwhile(volumes.restore(half(), into('data', true, 'back-3'), context())),
      /tar ended with 2/,
    );
    await assert.rejects(
      meanwhile(volumes.restore(half(), into('other', false, 'back-3'), context())),
      /tar ended with 2/,
    );
    await world.until('other is gone', () => world.acme.view.get(Volume, key('other')) === undefined);
    await world.change(Instance, 'web', { volumes: [{ volume: 'data', path: '/srv/data' }] });
    await world.untilReady('web');
    assert.equal(await sh('web', `cd /srv/data; ${FILES}`), newer);
  });

  test('while it is restored no instance gets it', async () => {
    await world.change(Instance, 'web', { volumes: [] });
    await world.until(
      'data is free',
      () => get<InstanceObject>(Instance, 'web').status?.volumes === undefined,
    );
    const stopped = new AbortController();
    async function* endless() {
      yield (runs.volume as Buffer).subarray(0, 1_000_000);
      await once(stopped.signal, 'abort');
      throw new Error('stopped');
    }
    const work = volumes.restore(Readable.from(endless()), into('data', true, 'back-4'), context());
    work.catch(() => {});
    await world.until(
      'it has begun',
      () => get<VolumeObject>(Volume, 'data').status?.restoring === 'in-place/back-4',
    );
    await world.change(Instance, 'web', { volumes: [{ volume: 'data', path: '/srv/data' }] });
    await world.until('web waits', () => {
      const { status } = get<InstanceObject>(Instance, 'web');
      return status?.conditions?.some(({ reason }) => reason === 'VolumeRestoring') ?? false;
    });
    stopped.abort();
    await assert.rejects(meanwhile(work), /stopped/);
    await world.untilReady('web');
    assert.equal(await sh('web', 'cat /srv/data/newer'), 'newer\n');
  });

  test('what a killed process left is gone on with by the same restore, and undone where there is none', async () => {
    const { incus, pool } = world.engine;
    const { metadata } = get<VolumeObject>(Volume, 'data');
    const name = engineVolume(metadata.uid);
    const project = (await incus.volumes.list(pool)).find((one) => one.name === name)?.project ?? '';
    /** As it is when the process is killed amid the files: those of before are in a snapshot. */
    const kill = async (run: string) => {
      await sh('web', 'echo before > /srv/data/before; rm -f /srv/data/half; sync');
      await incus.volumes.createSnapshot(project, pool, name, `r-${run}`);
      await sh('web', 'rm -r /srv/data/*; echo half > /srv/data/half; sync');
      await world.change(Instance, 'web', { volumes: [] });
      await world.until(
        'data is free',
        () => get<InstanceObject>(Instance, 'web').status?.volumes === undefined,
      );
      await world.acme.resources.modify(
        Volume,
        key('data'),
        world.context(),
        (current) => ({ ...current, status: { ...current.status, restoring: `in-place/${run}` } }),
        { subresource: 'status' },
      );
    };
    const mounted = async () => {
      await world.change(Instance, 'web', { volumes: [{ volume: 'data', path: '/srv/data' }] });
      await world.untilReady('web');
      return sh('web', 'ls /srv/data');
    };
    await kill('back-9');
    await meanwhile(volumes.restore(Readable.from([runs.volume]), into('data', true, 'back-9'), context()));
    assert.match(await mounted(), /^a\nbig\n(?!.*(half|before))/s);

    await kill('back-10');
    await abandonVolume(common, get<VolumeObject>(Volume, 'data'), context());
    assert.match(await mounted(), /before/);
    assert.deepEqual(await incus.volumes.snapshots(project, pool, name), []);
  });

  test('a restore in place that was asked for before the region itself was put back is not done again', async () => {
    const since = volumeSource({ ...common, lastRestore: async () => Date.now() });
    await assert.rejects(
      since.restore(Readable.from([runs.volume]), into('data', true, 'back-11'), context()),
      /it may have been done already: ask for it anew/,
    );
    assert.equal(get<VolumeObject>(Volume, 'data').status?.restoring, undefined);
  });

  test('a container is read while it runs, without the host’s devices, and put back in place once it is stopped', async () => {
    // Half of it is enough, and what it starts with is left.
    await sh(
      'web',
      'cd /usr; rm -r lib/python3* lib/*/gconv lib/*/perl* lib/udev/hwdb* share/i18n share/doc share/locale share/perl*; sync',
    );
    runs.instance = await takeTar(instances, Instance, 'web', 'run-2');
    await release(instances, Instance, 'web', 'run-2');
    const back = () => Readable.from([runs.instance]);
    await sh('web', 'rm /root/mark; echo later > /root/later; sync');
    await assert.rejects(
      instances.restore(back(), into('web', true, 'back-5'), context()),
      (error) =>
        isStatusError(error, 'Conflict') && /it runs; set spec.powerState to Stopped/.test(error.message),
    );
    await setPower('web', 'Stopped');
    await meanwhile(instances.restore(back(), into('web', true, 'back-5'), context()));
    await setPower('web', 'Running');
    assert.equal(
      await sh('web', 'cd /root; ls; cat mark; stat -c %u mark; getcap /usr/bin/ping'),
      'mark\none\n1234\n/usr/bin/ping cap_net_raw=ep\n',
    );
    const { instances: held } = world.engine.incus;
    const web = engineInstance(get<InstanceObject>(Instance, 'web').metadata.uid);
    const { project } = (await held.list()).find(({ name }) => name === web) ?? { project: '' };
    assert.deepEqual(await held.snapshots(project, web), []);
  });

  test('a tar that somebody forged reaches nothing but what it is restored to', async () => {
    const forged = await mkdtemp(join(tmpdir(), 'forged-'));
    const run = promisify(execFile);
    await run('sh', [
      '-c',
      `cd ${forged} && mkdir -p files out && ln -s /tmp files/out && echo x > files/a && echo evil > evil
       tar -cf t.tar -P files/a files/out --transform 's,^evil,../../../..${forged}/came,' evil
       tar -rf t.tar -P --transform 's,^evil,files/out/came,' evil && tar -rf t.tar -P --transform 's,^evil,${forged}/came,' evil`,
    ]);
    const manifest = manifestEntry({ ...get<KubeObject>(Volume, 'copy') });
    const tar = Buffer.concat([manifest, await readFile(join(forged, 't.tar'))]);
    await meanwhile(volumes.restore(Readable.from([tar]), into('forged', false, 'back-12'), context())).catch(
      (error: Error) => assert.match(error.message, /tar ended with 2/),
    );
    await assert.rejects(stat(join(forged, 'came')), /ENOENT/);
    await assert.rejects(stat('/tmp/came'), /ENOENT/);
    await rm(forged, { recursive: true });
  });

  test('more are read at once than there is room for: they wait, and one that is not wanted any more goes', async () => {
    const source = '/tmp';
    const opened = (name: string, signal = context().signal) =>
      carriers.open({ name, source, as: 'files', readOnly: true }, signal);
    const first = await Promise.all(
      Array.from({ length: CARRIERS_MAX }, (_, index) => opened(`read-n${index}`)),
    );
    const unwanted = new AbortController();
    const refused = assert.rejects(opened('read-unwanted', unwanted.signal), /unwanted/);
    const waits = opened('read-waits');
    unwanted.abort(new Error('unwanted'));
    await refused;
    const [one, ...others] = first;
    await one?.close();
    await one?.close();
    const last = await waits;
    await Promise.all([...others, last].map((carrier) => carrier.close()));
    assert.equal((await world.engine.incus.instances.list('cm-carriers-test')).length, 0);
  });

  test('who may not take a snapshot may not have one taken', async () => {
    refuse = 'create volumesnapshots';
    const item = { object: get<VolumeObject>(Volume, 'data'), run: 'run-3' };
    await assert.rejects(volumes.hold(item, context()), (error) => isStatusError(error, 'Forbidden'));
    refuse = undefined;
  });

  test('a disk of type block is read and made again, holes and all', async () => {
    await world.create(Volume, 'disk', { size: '64Mi', type: 'block' });
    await world.until('disk is ready', () => isReady(Volume, 'disk'));
    const { incus, pool, folder } = world.engine;
    const project = (await incus.volumes.list(pool))[0]?.project;
    const file = (name: string) => {
      const held = engineVolume(get<VolumeObject>(Volume, name).metadata.uid);
      return join(folder, 'storage-pools', pool, 'custom', `${project}_${held}`, 'root.img');
    };
    const disk = await open(file('disk'), 'r+');
    await disk.write('in the middle', 32 * 1024 ** 2);
    await disk.sync();
    const was = await fileSha256(file('disk'));
    const tar = await takeTar(volumes, Volume, 'disk', 'run-4');
    assert.ok(tar.length < 100_000, `${tar.length} bytes of a disk that is nearly empty`);
    await disk.write('later', 48 * 1024 ** 2);
    await disk.close();
    await world.change(Volume, 'disk', { size: '96Mi' });
    await world.until('disk is larger', () => isReady(Volume, 'disk'));
    await meanwhile(volumes.restore(Readable.from([tar]), into('disk2', false, 'back-7'), context()));
    await meanwhile(volumes.restore(Readable.from([tar]), into('disk', true, 'back-8'), context()));
    await world.until('both are ready', () => isReady(Volume, 'disk') && isReady(Volume, 'disk2'));
    assert.equal(await fileSha256(file('disk2')), was);
    assert.equal((await stat(file('disk'))).size, 96 * 1024 ** 2);
    const { stdout } = await promisify(execFile)('cmp', [
      '--bytes',
      String(64 * 1024 ** 2),
      file('disk'),
      file('disk2'),
    ]);
    assert.equal(stdout, '');
  });

  test('what is held for a run that goes on stays; once nobody goes on with it, it is swept', async () => {
    const { incus, pool } = world.engine;
    const object = get<VolumeObject>(Volume, 'copy');
    const held = async () => (await incus.volumes.listSnapshots(pool)).map(({ snapshot }) => snapshot);
    await world.create(Backup, 'one', { plan: 'nightly' });
    await world.create(Restore, 'two', { backup: 'one' });
    const run = get<KubeObject>(Backup, 'one').metadata.uid;
    const restore = get<KubeObject>(Restore, 'two').metadata.uid;
    await volumes.hold({ object, run }, context());
    const restoring = (value: string) =>
      world.acme.resources.modify(
        Volume,
        key('copy'),
        world.context(),
        (current) => ({ ...current, status: { ...current.status, restoring: value } }),
        { subresource: 'status' },
      );
    const setStatus = (kind: Kind, name: string, status: object) =>
      world.acme.resources.modify(
        kind,
        key(name),
        world.context(),
        (current) => ({ ...current, status: { ...(current.status as object), ...status } }),
        { subresource: 'status' },
      );
    await restoring(`in-place/${restore}`);
    await world.controllers.sweep();
    assert.deepEqual(await held(), [`b-${run}`]);
    assert.equal(get<VolumeObject>(Volume, 'copy').status?.restoring, `in-place/${restore}`);
    await setStatus(Backup, 'one', { phase: 'Failed' });
    await setStatus(Restore, 'two', { finishedAt: '2026-11-01T00:00:00Z' });
    await world.controllers.sweep();
    assert.equal(get<VolumeObject>(Volume, 'copy').status?.restoring, undefined);
    await world.controllers.sweep();
    assert.deepEqual(await held(), []);
    await restoring('new/of-nobody');
    await world.controllers.sweep();
    await world.until(
      'a new one that nobody completes is gone',
      () => world.acme.view.get(Volume, key('copy')) === undefined,
    );
  });

  test('what a crash left of carriers is swept', async () => {
    const source = '/tmp';
    const left = await carriers.open(
      { name: 'read-left', source, as: 'files', readOnly: true },
      context().signal,
    );
    assert.ok(left);
    const { incus, pool } = world.engine;
    const later = new Carriers({ incus, logger: silentLogger, regionId: 'test', pool });
    await world.until('none is left', async () => {
      await later.sweep();
      return (await incus.projects.list()).every(({ name }) => name !== 'cm-carriers-test');
    });
  });
});
