import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { isStatusError, type StatusReason } from '#kernel/errors.ts';
import type { Kind } from '#kernel/kind.ts';
import { Instance } from '#services/compute/instance.ts';
import { engineInstance, engineProject, engineVolume } from '#services/compute/names.ts';
import { InstanceSnapshot } from '#services/compute/snapshot.ts';
import { type ComputeWorld, openComputeWorld, PROJECT } from '#services/compute/testing/world.ts';
import { Namespace } from '#services/tenancy/namespace.ts';
import { Quota } from '#services/tenancy/quota.ts';
import { quotaAdmission } from '#services/tenancy/quota-admission.ts';
import { storageService } from './service.ts';
import { VolumeSnapshot } from './snapshot.ts';
import { Volume, type VolumeObject } from './volume.ts';

const MEBIBYTE = 1024 ** 2;

describe('volumes over a private incusd', () => {
  let world: ComputeWorld;
  let project: string;

  const key = (name: string) => ({ namespace: PROJECT, name });
  const volume = (name: string): VolumeObject => {
    const found = world.acme.view.get(Volume, key(name));
    assert.ok(found, `volume ${name}`);
    return found;
  };
  const conditionOf = (kind: Kind, name: string, type = 'Ready') => {
    const { status } = world.acme.view.get(kind, key(name)) ?? {};
    const { conditions } = (status ?? {}) as VolumeObject['status'] & object;
    return conditions?.find((one) => one.type === type);
  };
  const untilReady = (kind: Kind, name: string) =>
    world.until(`${kind.singular} ${name} is ready`, () => {
      const ready = conditionOf(kind, name);
      const generation = world.acme.view.get(kind, key(name))?.metadata.generation;
      return ready?.status === 'True' && ready.observedGeneration === generation;
    });
  const untilReason = (kind: Kind, name: string, reason: string) =>
    world.until(`${kind.singular} ${name} says ${reason}`, () => conditionOf(kind, name)?.reason === reason);
  const gone = (kind: Kind, name: string) =>
    world.until(`${kind.singular} ${name} is gone`, () => world.acme.view.get(kind, key(name)) === undefined);
  const refused = (work: Promise<unknown>, reason: StatusReason, message: RegExp) =>
    assert.rejects(work, (error) => {
      assert.ok(isStatusError(error, reason), String(error));
      assert.match(error.message, message);
      return true;
    });
  const makeVolume = async (name: string, spec: object = {}) => {
    await world.create(Volume, name, { size: '64Mi', ...spec });
    await untilReady(Volume, name);
  };
  const small = { image: 'debian-12', memory: '256Mi', disk: '1Gi' };
  const volumesOf = (name: string) => world.instance(name)?.status?.volumes?.map((one) => one.volume);
  const mount = async (name: string, ...volumes: object[]) => {
    await world.change(Instance, name, { volumes });
    await world.untilReady(name);
  };
  const sh = async (name: string, script: string) => {
    const { stdout, stderr, exitCode } = await world.run(name, 'sh', '-c', script);
    return exitCode === 0 ? stdout : `${exitCode}: ${stderr}`;
  };
  /** How many whole MiB a file there can take. */
  const room = async (name: string, path: string) =>
    Number(
      await sh(
        name,
        `dd if=/dev/zero of=${path}/fill bs=1M count=512 conv=fsync 2>/dev/null; stat -c %s ${path}/fill; rm ${path}/fill; sync`,
      ),
    ) / MEBIBYTE;
  const held = async () => (await world.engine.incus.volumes.list(world.engine.pool)).map(({ name }) => name);

  before(async () => {
    world = await openComputeWorld((parts) => [
      storageService(parts),
      {
        name: 'quotas',
        kinds: [Quota],
        admissions: [quotaAdmission(() => [Instance, Volume, VolumeSnapshot])],
      },
    ]);
    const uid = world.acme.view.get(Namespace, { name: PROJECT })?.metadata.uid ?? '';
    project = engineProject(uid);
  });
  after(async () => world?.close());

  test('a volume is there before any instance, labelled with whose it is', async () => {
    await makeVolume('data');
    const { metadata, status } = volume('data');
    assert.equal(status?.size, '64Mi');
    const { value } = await world.engine.incus.volumes.get(
      project,
      world.engine.pool,
      engineVolume(metadata.uid),
    );
    assert.equal(value.config['user.casemate.uid'], metadata.uid);
    assert.equal(value.config['user.casemate.realm'], '/orgs/acme');
    assert.equal(value.config.size, `${64 * MEBIBYTE}B`);
  });

  test('its condition Encrypted is False, since nothing encrypts it under the organization’s key, and says why', () => {
    const encrypted = conditionOf(Volume, 'data', 'Encrypted');
    assert.equal(encrypted?.status, 'False');
    assert.equal(encrypted.reason, 'NotEncrypted');
    assert.match(encrypted.message, /btrfs.*encrypt within the instance/);
  });

  test('an instance starts with its volume, and cannot write more than its size', async () => {
    await world.create(Instance, 'web', { ...small, volumes: [{ volume: 'data', path: '/srv/data' }] });
    await world.untilReady('web');
    assert.equal(await sh('web', 'echo kept > /srv/data/mark; stat -c %u:%g /srv/data'), '0:0\n');
    const most = await room('web', '/srv/data');
    assert.ok(most > 48 && most <= 64, `${most} MiB`);
    await world.until('it says who has it', () => volume('data').status?.attachedTo?.[0] === 'web');
  });

  test('volumes come and go while the instance runs', async () => {
    const pid = async () =>
      (
        await world.engine.incus.instances.state(
          project,
          engineInstance(world.instance('web')?.metadata.uid ?? ''),
        )
      ).pid;
    const before_ = await pid();
    await makeVolume('more');
    const data = { volume: 'data', path: '/srv/data' };
    await mount('web', data, { volume: 'more', path: '/srv/more', readOnly: true });
    assert.match(await sh('web', 'touch /srv/more/x'), /Read-only file system/);
    await mount('web', data, { volume: 'more', path: '/srv/elsewhere' });
    assert.equal(await sh('web', 'echo more > /srv/elsewhere/x; cat /srv/data/mark'), 'kept\n');
    await mount('web', data);
    assert.deepEqual(volumesOf('web'), ['data']);
    assert.match(await sh('web', 'cat /srv/elsewhere/x'), /No such file/);
    await world.until('nobody has it', () => volume('more').status?.attachedTo === undefined);
    assert.equal(await pid(), before_);
  });

  test('a volume grows while an instance has it, and never shrinks', async () => {
    await world.change(Volume, 'data', { size: '96Mi' });
    await untilReady(Volume, 'data');
    const most = await room('web', '/srv/data');
    assert.ok(most > 64 && most <= 96, `${most} MiB`);
    await refused(
      world.change(Volume, 'data', { size: '64Mi' }),
      'Invalid',
      /spec\.size: cannot shrink from 96Mi/,
    );
  });

  test('one instance has a volume at a time: another one is refused it, and a deletion too, with what to do', async () => {
    const wants = { ...small, volumes: [{ volume: 'data', path: '/data' }] };
    await refused(
      world.create(Instance, 'thief', wants),
      'Invalid',
      /spec\.volumes\[0\]\.volume: "data" belongs to instance "web".*take it out of spec\.volumes there first/,
    );
    await refused(world.remove(Volume, 'data'), 'Conflict', /belongs to instance "web"; take it out/);
    await refused(
      world.change(Volume, 'data', { restoreFrom: 'any' }),
      'Invalid',
      /spec\.restoreFrom: .*belongs to instance "web"/,
    );
  });

  test('a volume goes from one instance to the next, with what is on it and whose it is inside', async () => {
    await sh('web', 'echo mine > /srv/data/of-1000; chown 1000:1000 /srv/data/of-1000; sync');
    await world.change(Instance, 'web', { volumes: undefined });
    await world.create(Instance, 'next', { ...small, volumes: [{ volume: 'data', path: '/data' }] });
    await world.untilReady('next');
    assert.equal(await sh('next', 'cat /data/mark; stat -c %u /data/of-1000'), 'kept\n1000\n');
    assert.equal(volumesOf('web'), undefined);
    assert.deepEqual(volume('data').status?.attachedTo, ['next']);
  });

  test('a volume is snapshotted while an instance has it, put back when none has it, and cloned', async () => {
    await world.create(VolumeSnapshot, 'first', { volume: 'data' });
    await untilReady(VolumeSnapshot, 'first');
    await world.change(Volume, 'data', { size: '128Mi' });
    await sh('next', 'echo later > /data/mark; sync');
    await makeVolume('copy', { size: '160Mi', source: { snapshot: 'first' } });
    await makeVolume('twin', { size: '128Mi', source: { volume: 'data' } });

    await world.change(Instance, 'next', { volumes: undefined });
    await world.until('nobody has it', () => volume('data').status?.attachedTo === undefined);
    await world.change(Volume, 'data', { restoreFrom: 'first' });
    await untilReady(Volume, 'data');
    assert.equal(volume('data').status?.restoredFrom, 'first');

    await mount(
      'next',
      { volume: 'data', path: '/data' },
      { volume: 'copy', path: '/copy' },
      { volume: 'twin', path: '/twin' },
    );
    assert.equal(await sh('next', 'cat /data/mark /copy/mark /twin/mark'), 'kept\nkept\nlater\n');
    // Put back and copied, each has the size that its own spec says.
    const [data = 0, copy = 0] = [await room('next', '/data'), await room('next', '/copy')];
    assert.ok(data > 96 && data <= 128, `${data} MiB`);
    assert.ok(copy > 128 && copy <= 160, `${copy} MiB`);
  });

  test('what cannot be copied or put back says so', async () => {
    await world.create(Volume, 'none', { size: '64Mi', source: { snapshot: 'nothing' } });
    await untilReason(Volume, 'none', 'SnapshotNotFound');
    await world.create(Volume, 'tight', { size: '64Mi', source: { snapshot: 'first' } });
    await untilReason(Volume, 'tight', 'SizeTooSmall');
    await world.create(Volume, 'disk', { size: '128Mi', type: 'block', source: { snapshot: 'first' } });
    await untilReason(Volume, 'disk', 'TypeDiffers');
    await world.change(Volume, 'more', { restoreFrom: 'first' });
    await untilReason(Volume, 'more', 'SnapshotOfAnother');
    await world.change(Volume, 'more', { restoreFrom: undefined });
    await untilReady(Volume, 'more');
    for (const name of ['none', 'tight', 'disk']) {
      await world.remove(Volume, name);
      await gone(Volume, name);
    }
  });

  test('a shared volume belongs to several instances at once', async () => {
    await makeVolume('common', { shared: true });
    await mount('web', { volume: 'common', path: '/common' });
    await mount('next', { volume: 'common', path: '/common' }, { volume: 'data', path: '/data' });
    await sh('web', 'echo hello > /common/x; chown 7:7 /common/x');
    assert.equal(await sh('next', 'cat /common/x; stat -c %u /common/x'), 'hello\n7\n');
    await refused(
      world.change(Volume, 'common', { shared: false }),
      'Invalid',
      /spec\.shared: cannot be taken away: it belongs to instances "next", "web"/,
    );
  });

  test('a block volume grows and is copied; a container is told that it cannot have one', async () => {
    await makeVolume('raw', { type: 'block' });
    await world.create(VolumeSnapshot, 'raw', { volume: 'raw' });
    await untilReady(VolumeSnapshot, 'raw');
    await world.change(Volume, 'raw', { size: '96Mi', restoreFrom: 'raw' });
    await untilReady(Volume, 'raw');
    await makeVolume('raw-copy', { type: 'block', source: { snapshot: 'raw' } });
    await refused(
      world.change(Instance, 'web', { volumes: [{ volume: 'raw' }] }),
      'Invalid',
      /spec\.volumes\[0\]\.volume: "raw" is a block volume, which only a virtual machine can have/,
    );
    await refused(
      world.create(Volume, 'bad', { size: '1Gi', type: 'block', shared: true }),
      'Invalid',
      /spec\.shared: is not for type block/,
    );
  });

  test('bad specs are refused with the field, what was wrong, and what would be right', async () => {
    const volumes: readonly [object, RegExp][] = [
      [{}, /spec\.size/],
      [{ size: '1Mi' }, /spec\.size: is 1Mi; it must be from 16Mi to 16Ti/],
      [{ size: '1Gi', type: 'tape' }, /spec\.type/],
      [{ size: '1Gi', source: {} }, /spec\.source: names one thing/],
      [{ size: '1Gi', source: { snapshot: 'a', volume: 'b' } }, /spec\.source: names one thing/],
    ];
    for (const [spec, message] of volumes) {
      await refused(world.create(Volume, 'bad', spec), 'Invalid', message);
    }
    const mounts: readonly [object[], RegExp][] = [
      [[{ volume: 'more' }], /spec\.volumes\[0\]\.path: is missing: where the files of "more"/],
      [[{ volume: 'raw', path: '/raw' }], /block volume/],
      ...['data', '/', '/a/../b', '/a//b', '/a/', '/a b', '/a,b=c', '/a\n'].map(
        (path): [object[], RegExp] => [
          [{ volume: 'more', path }],
          /spec\.volumes\[0\]\.path: [\s\S]*no path that files can be at/,
        ],
      ),
      [[{ volume: 'more', path: '/proc/x' }], /spec\.volumes\[0\]\.path: .*system keeps \/proc/],
      [
        [
          { volume: 'more', path: '/a' },
          { volume: 'other', path: '/a/b' },
        ],
        /lie in each other/,
      ],
      [
        [
          { volume: 'more', path: '/a' },
          { volume: 'more', path: '/b' },
        ],
        /spec\.volumes\[1\]: Duplicate value/,
      ],
    ];
    for (const [wanted, message] of mounts) {
      await refused(world.create(Instance, 'bad', { ...small, volumes: wanted }), 'Invalid', message);
    }
  });

  test('an instance waits for a volume that is not there yet', async () => {
    await world.create(Instance, 'early', { ...small, volumes: [{ volume: 'late', path: '/late' }] });
    await untilReason(Instance, 'early', 'VolumeNotFound');
    await makeVolume('late');
    await world.untilReady('early');
    assert.equal(await sh('early', 'touch /late/x && echo done'), 'done\n');
  });

  test('an instance that cannot be made lets go of a volume as it is told to', async () => {
    const wants = { ...small, image: 'nothing', volumes: [{ volume: 'more', path: '/more' }] };
    await world.create(Instance, 'lost', wants);
    await untilReason(Instance, 'lost', 'ImageNotFound');
    await refused(world.remove(Volume, 'more'), 'Conflict', /belongs to instance "lost"/);
    await world.change(Instance, 'lost', { volumes: undefined });
    await world.until('nobody has it', () => volume('more').status?.attachedTo === undefined);
    assert.equal(volumesOf('lost'), undefined);
    await world.remove(Instance, 'lost');
    await gone(Instance, 'lost');
  });

  test('of two instances that wait for the same volume one gets it, and the other one once it is let go', async () => {
    const wants = { ...small, volumes: [{ volume: 'wanted', path: '/wanted' }] };
    await world.create(Instance, 'one', wants);
    await world.create(Instance, 'two', wants);
    await untilReason(Instance, 'one', 'VolumeNotFound');
    await untilReason(Instance, 'two', 'VolumeNotFound');
    await makeVolume('wanted');
    const reasons = () => ['one', 'two'].map((name) => conditionOf(Instance, name)?.reason).sort();
    await world.until('one has it', () => reasons().join() === 'Running,VolumeHeld');
    const [holder = ''] = volume('wanted').status?.attachedTo ?? [];
    const other = holder === 'one' ? 'two' : 'one';
    assert.equal(await sh(holder, 'echo first > /wanted/x; cat /wanted/x'), 'first\n');
    await world.remove(Instance, holder);
    await world.untilReady(other);
    assert.equal(await sh(other, 'cat /wanted/x'), 'first\n');
    await world.remove(Instance, other);
    await gone(Instance, other);
    await world.remove(Volume, 'wanted');
    await gone(Volume, 'wanted');
  });

  test('volumes and their sizes count in the project’s quotas, growing too', async () => {
    await makeVolume('counted');
    const hard = { 'count/volumes.storage.casemate.internal': '100', volumes: '100', storage: '100Gi' };
    await world.create(Quota, 'limit', { hard });
    await refused(world.change(Volume, 'counted', { size: '100Gi' }), 'Forbidden', /allows 100Gi storage/);
    await world.change(Quota, 'limit', { hard: { volumes: '1' } });
    await refused(world.create(Volume, 'over', { size: '16Mi' }), 'Forbidden', /allows 1 volumes/);
    await world.remove(Quota, 'limit');
    await world.remove(Volume, 'counted');
    await gone(Volume, 'counted');
  });

  test('an instance is put back, and cloned, from a snapshot of when it had a volume that is another’s or gone since', async () => {
    await world.create(InstanceSnapshot, 'then', { instance: 'early' });
    await untilReady(InstanceSnapshot, 'then');
    await world.change(Instance, 'early', { volumes: undefined });
    await world.untilReady('early');
    await mount('web', { volume: 'late', path: '/late' });
    await world.change(Instance, 'early', { restoreFrom: 'then' });
    await world.until('it was put back', () => world.instance('early')?.status?.restoredFrom === 'then');
    await world.untilReady('early');
    assert.match(await sh('early', 'ls /late/x'), /No such file/);
    assert.equal(await sh('web', 'ls /late/x'), '/late/x\n');

    await world.change(Instance, 'web', { volumes: undefined });
    await world.untilReady('web');
    await world.remove(Volume, 'late');
    await gone(Volume, 'late');
    await world.change(Instance, 'early', { restoreFrom: undefined });
    await world.untilReady('early');
    await world.change(Instance, 'early', { restoreFrom: 'then' });
    await world.until(
      'it was put back again',
      () => world.instance('early')?.status?.restoredFrom === 'then',
    );
    await world.untilReady('early');
    await world.create(Instance, 'clone', {
      source: { snapshot: 'then' },
      memory: '256Mi',
      disk: '1Gi',
      volumes: [{ volume: 'more', path: '/more' }],
    });
    await world.untilReady('clone');
    assert.equal(await sh('clone', 'cat /more/x'), 'more\n');
    for (const name of ['early', 'clone']) {
      await world.remove(Instance, name);
      await gone(Instance, name);
    }
  });

  test('a volume stays when its instance is deleted', async () => {
    await mount('web', { volume: 'more', path: '/more' });
    await world.remove(Instance, 'web');
    await gone(Instance, 'web');
    await world.until('nobody has it', () => volume('more').status?.attachedTo === undefined);
    await mount('next', { volume: 'more', path: '/more' });
    assert.equal(await sh('next', 'cat /more/x'), 'more\n');
  });

  test('a volume that no object accounts for goes; one that is lost says so, and is never made anew, empty', async () => {
    const { incus, pool } = world.engine;
    const labels = {
      'user.casemate.region': 'test',
      'user.casemate.realm': '/orgs/acme',
      'user.casemate.uid': '00000000-0000-4000-8000-000000000000',
    };
    await incus.volumes.create(project, pool, {
      name: 'v000000000000',
      content_type: 'filesystem',
      config: labels,
    });
    await makeVolume('doomed');
    const name = engineVolume(volume('doomed').metadata.uid);
    await incus.volumes.delete(project, pool, name);
    await world.controllers.sweep();
    await untilReason(Volume, 'doomed', 'Lost');
    const names = await held();
    assert.ok(!names.includes(name) && !names.includes('v000000000000'), names.join());
    await world.remove(Volume, 'doomed');
    await gone(Volume, 'doomed');
  });

  test('controllers that start anew over what is there change nothing', async () => {
    const { revision } = world.acme.view;
    await world.restartControllers();
    await world.controllers.idle();
    assert.equal(world.acme.view.revision, revision);
  });

  test('deleting the project takes its instances, volumes and snapshots, and leaves nothing in Incus', async () => {
    await world.acme.resources.delete(Namespace, { name: PROJECT }, world.context());
    await world.until(
      'the project is gone',
      () => world.acme.view.get(Namespace, { name: PROJECT }) === undefined,
    );
    assert.deepEqual(await held(), []);
    assert.equal(world.acme.view.count(VolumeSnapshot), 0);
    assert.deepEqual(
      (await world.engine.incus.projects.list()).map((one) => one.name),
      ['default'],
    );
  });
});
