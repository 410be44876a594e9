/** What a region that was put back to an earlier moment does with instances and volumes of later, on an Incus that is real. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { guardedTransition } from '#kernel/approvals/guarded.ts';
import { isStatusError } from '#kernel/errors.ts';
import type { Kind } from '#kernel/kind.ts';
import type { KubeObject } from '#kernel/object.ts';
import { Network } from '#services/network/network.ts';
import { storageService } from '#services/storage/service.ts';
import { Volume, type VolumeObject } from '#services/storage/volume.ts';
import { Namespace } from '#services/tenancy/namespace.ts';
import { Instance } from '../instance.ts';
import { engineInstance, engineProject, engineVolume } from '../names.ts';
import { type ComputeWorld, openComputeWorld, PROJECT } from '../testing/world.ts';
import { CLOCKS_APART_MS, isFromBefore } from './find.ts';
import { projectUid } from './given-back.ts';
import { Leftover, type LeftoverObject } from './leftover.ts';

const SMALL = { image: 'debian-12', memory: '256Mi', disk: '1Gi' };

test('what the engine made before a restore, or nobody knows when, may be somebody’s; what it made since is none of before', () => {
  const restored_ms = Date.parse('2026-11-20T12:00:00Z');
  assert.equal(isFromBefore('2026-11-20T11:00:00.123456789Z', restored_ms), true);
  assert.equal(isFromBefore(undefined, restored_ms), true);
  assert.equal(isFromBefore(new Date(restored_ms + CLOCKS_APART_MS + 1).toISOString(), restored_ms), false);
  assert.equal(isFromBefore('2026-11-20T11:00:00Z', undefined), false);
});

test('a project that is made again has the engine’s project', () => {
  const uid = projectUid('cm-0123456789ab', 'ffffffff-ffff-4fff-8fff-ffffffffffff');
  assert.equal(uid, '01234567-89ab-4fff-8fff-ffffffffffff');
  assert.equal(engineProject(uid), 'cm-0123456789ab');
});

describe('after the region was restored', () => {
  let world: ComputeWorld;
  let restored_ms: number | undefined;

  const key = (name: string) => ({ namespace: PROJECT, name });
  /** As if the region had been put back to when there was none of that name. */
  const forgotten = async (kind: Kind, name: string, at: object = key(name)) => {
    const { resources } = world.acme;
    const where = at as { namespace: string; name: string };
    await resources.modify(kind, where, world.context(), ({ metadata, ...rest }: KubeObject) => ({
      ...rest,
      metadata: { ...metadata, finalizers: [] },
    }));
    await resources.delete(kind, where, world.context());
  };
  const uidOf = (kind: Kind, name: string) => world.acme.view.get(kind, key(name))?.metadata.uid ?? '';
  const leftovers = () => world.region.view.list(Leftover);
  const leftoverOf = (kind: string): LeftoverObject => {
    const found = leftovers().find(({ spec }) => spec.found.kind === kind);
    assert.ok(found, `a leftover ${kind}`);
    return found;
  };
  const decide = async ({ metadata: { name } }: LeftoverObject, decision: string, more: object = {}) => {
    await world.region.resources.modify(
      Leftover,
      { name },
      world.test.context(world.region.id),
      (current) => ({
        ...current,
        spec: { ...current.spec, decision, ...more } as LeftoverObject['spec'],
      }),
    );
  };
  const isReady = (name: string) =>
    (world.acme.view.get(Volume, key(name)) as VolumeObject | undefined)?.status?.conditions?.some(
      ({ type, status }) => type === 'Ready' && status === 'True',
    ) ?? false;
  const heldVolumes = async () =>
    (await world.engine.incus.volumes.list(world.engine.pool)).map(({ name }) => name);
  let data: string;
  let web: string;
  let project: string;

  before(async () => {
    const lastRestore = async () => restored_ms;
    world = await openComputeWorld((parts) => [storageService({ ...parts, lastRestore })], { lastRestore });
    project = engineProject(world.acme.view.get(Namespace, { name: PROJECT })?.metadata.uid ?? '');
    await world.createNetwork('lan', '10.199.7.0/24');
    await world.create(Volume, 'data', { size: '64Mi' });
    await world.create(Volume, 'other', { size: '32Mi' });
    await world.until('volumes are ready', () => isReady('data') && isReady('other'));
    const mounts = { volumes: [{ volume: 'data', path: '/srv/data' }], networks: [{ network: 'lan' }] };
    await world.create(Instance, 'web', { ...SMALL, ...mounts });
    await world.untilReady('web');
    await world.run('web', 'sh', '-c', 'echo kept > /srv/data/mark; echo kept > /root/mark; sync');
    data = uidOf(Volume, 'data');
    web = uidOf(Instance, 'web');
    // The engine's own clock is the machine's.
    restored_ms = Date.now();
  });
  after(async () => world?.close());

  test('nothing that is unknown since is removed: it runs on, and an operator is told of it', async () => {
    await forgotten(Instance, 'web');
    await forgotten(Volume, 'data');
    await forgotten(Volume, 'other');
    await world.controllers.sweep();
    await world.controllers.sweep();
    await world.until('all are told of', () => leftovers().length === 3);
    assert.deepEqual(
      leftovers()
        .map(({ spec: { found } }) => [found.kind, found.realm, found.project, found.name])
        .sort(),
      [
        ['Instance', '/orgs/acme', PROJECT, 'web'],
        ['Volume', '/orgs/acme', PROJECT, 'data'],
        ['Volume', '/orgs/acme', PROJECT, 'other'],
      ],
    );
    const { value } = await world.engine.incus.instances.get(project, engineInstance(web));
    assert.equal(value.status, 'Running');
    assert.ok((await heldVolumes()).includes(engineVolume(data)));
    await world.until('it says what to do', () =>
      leftovers().every(({ status }) => status?.conditions?.some(({ reason }) => reason === 'Undecided')),
    );
  });

  test('an operator’s word gives them back: the same uids, files, address, and not even a restart', async () => {
    const { value } = await world.engine.incus.instances.get(project, engineInstance(web));
    const { pid } = await world.engine.incus.instances.state(project, value.name);
    const volume = leftovers().find(({ spec }) => spec.found.name === 'data');
    assert.ok(volume);
    await decide(volume, 'Adopt');
    await world.until('data is back', () => isReady('data'));
    assert.equal(uidOf(Volume, 'data'), data);
    await decide(leftoverOf('Instance'), 'Adopt', { adoptAs: 'web-again' });
    await world.until('web is back', () => world.instance('web-again') !== undefined);
    const { metadata, spec } = await world.untilReady('web-again');
    assert.equal(metadata.uid, web);
    assert.deepEqual(spec.volumes, [{ volume: 'data', path: '/srv/data' }]);
    assert.deepEqual(
      spec.networks.map(({ network }) => network),
      ['lan'],
    );
    const { stdout } = await world.run('web-again', 'cat', '/srv/data/mark', '/root/mark');
    assert.equal(stdout, 'kept\nkept\n');
    assert.equal((await world.engine.incus.instances.state(project, value.name)).pid, pid);
    await world.until('nothing else is left', () => leftovers().length === 1);
  });

  test('removing one takes the approval of somebody else, and nobody makes one up', async () => {
    const left = leftoverOf('Volume');
    const wanted = { ...left, spec: { ...left.spec, decision: 'Remove' } } as KubeObject;
    const transition = guardedTransition({
      operation: 'update',
      kind: Leftover,
      object: wanted,
      previous: left,
    });
    assert.equal(transition?.approvals, 1);
    await assert.rejects(
      world.region.resources.create(
        Leftover,
        undefined,
        { metadata: { name: 'mine' }, spec: left.spec },
        {
          ...world.test.context(world.region.id),
          actor: { name: 'op', realm: world.region.id, credential: 'certificate', groups: [] },
        },
      ),
      (error) => isStatusError(error, 'Forbidden'),
    );
    await decide(left, 'Remove');
    await world.until('it is gone', () => leftovers().length === 0);
    assert.deepEqual(await heldVolumes(), [engineVolume(data)]);
  });

  test('a volume that the restored state has as not made yet keeps what is on it', async () => {
    await world.acme.resources.modify(
      Volume,
      key('data'),
      world.context(),
      (current) => ({ ...current, status: {} }),
      { subresource: 'status' },
    );
    await world.until('it is ready again', () => isReady('data'));
    const { stdout } = await world.run('web-again', 'cat', '/srv/data/mark');
    assert.equal(stdout, 'kept\n');
  });

  test('a project that is gone with them comes back under them', async () => {
    await world.change(Instance, 'web-again', { volumes: undefined });
    await world.untilReady('web-again');
    await world.remove(Instance, 'web-again');
    await world.until('it is gone', () => world.instance('web-again') === undefined);
    await forgotten(Volume, 'data');
    await forgotten(Network, 'lan');
    await forgotten(Namespace, PROJECT, { name: PROJECT });
    await world.controllers.sweep();
    await world.until('it is told of', () => leftovers().length === 1);
    await decide(leftoverOf('Volume'), 'Adopt');
    await world.until('data is back', () => isReady('data'));
    assert.equal(
      engineProject(world.acme.view.get(Namespace, { name: PROJECT })?.metadata.uid ?? ''),
      project,
    );
  });
});
