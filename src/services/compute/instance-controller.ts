/**
 * Makes Incus hold each Instance as its object says: addresses, disk, configuration, power. Every step asks what is there
 * first, so it can be repeated after any interruption; what it makes carries the instance's uid.
 */
import { isDeepStrictEqual } from 'node:util';
import { isIncusError } from '#engines/incus/errors.ts';
import type { Answer } from '#engines/incus/transport.ts';
import { INSTANCE_STATUS, type IncusInstance } from '#engines/incus/types.ts';
import { rfc3339 } from '#kernel/clock.ts';
import type { Controller, ReconcileContext, RetryAfter } from '#kernel/controller.ts';
import type { KubeObject } from '#kernel/object.ts';
import type { ObjectKey, Realm } from '#kernel/realm.ts';
import { isConditionTrue } from '#kernel/reconcile/conditions.ts';
import { isDeleting, removeFinalizer } from '#kernel/reconcile/finalizers.ts';
import { Network } from '#services/network/network.ts';
import { Volume } from '#services/storage/volume.ts';
import { allocate, planFor } from './attachments.ts';
import type { ComputeContext } from './context.ts';
import { differs, liveParts } from './engine-plan.ts';
import { INSTANCE_FINALIZER, Instance, type InstanceObject, type InstanceStatus } from './instance.ts';
import { create, isHalfMade, originOf, restore } from './instance-disk.ts';
import { resolveSource } from './instance-source.ts';
import { engineInstance, LABELS, type Owner } from './names.ts';
import { Obstacle, obstacleOf } from './obstacle.ts';
import { forceOff, setPower } from './power.ts';
import { InstanceSnapshot } from './snapshot.ts';
import { writeStatus } from './status.ts';
import { realmsHeld, sweepRealm } from './sweep.ts';
import { claimVolumes, letGo } from './volumes.ts';

/** Steps wait for Incus most of their time. */
const CONCURRENCY = 8;
/** How often we look whether the guest has taken its address; after the limit we say that it has not, and look less often. */
const ADDRESS_PACE = {
  container: { every_ms: 200, limit_ms: 10_000 },
  'virtual-machine': { every_ms: 1_000, limit_ms: 90_000 },
} as const;
const ADDRESS_SLOW_EVERY_MS = 5_000;
const WAITING_MAX = 100_000;

export function instanceController(compute: ComputeContext): Controller {
  /** Since when an instance that runs has not taken its address, by uid; milliseconds since the epoch. */
  const waiting = new Map<string, number>();
  return {
    name: 'instance',
    realms: ['organization'],
    kind: Instance,
    concurrency: CONCURRENCY,
    watches: [
      { kind: Network, keys: instancesOnNetwork },
      { kind: InstanceSnapshot, keys: instancesFromSnapshot },
      { kind: Volume, keys: instancesOnVolume },
    ],
    async reconcile(key, context) {
      const instance = context.realm.view.get(Instance, key);
      if (!instance) return undefined;
      const { uid } = instance.metadata;
      const doing = isDeleting(instance) ? 'deleted' : instance.status?.startedAt ? 'changed' : 'started';
      try {
        if (isDeleting(instance)) {
          waiting.delete(uid);
          return await remove(compute, key, instance, context);
        }
        return await bringAbout(compute, key, instance, context, waiting);
      } catch (error) {
        const obstacle = obstacleOf(error, doing);
        if (obstacle.detail) {
          compute.logger.warn({ realm: context.realm.id, uid, error: obstacle.detail }, obstacle.message);
        }
        const phase = instance.status?.phase ?? 'Pending';
        await writeStatus(
          context,
          Instance,
          key,
          uid,
          { phase: phase === 'Creating' ? 'Pending' : phase },
          { ready: false, reason: obstacle.reason, message: obstacle.message },
        );
        return { retryAfter_ms: obstacle.retryAfter_ms };
      }
    },
    sweep: (context) => sweepRealm(compute, context),
    holders: () => realmsHeld(compute),
  };
}

async function bringAbout(
  compute: ComputeContext,
  key: ObjectKey,
  object: InstanceObject,
  context: ReconcileContext,
  waiting: Map<string, number>,
): Promise<RetryAfter | undefined> {
  const { incus, projects, regionId } = compute;
  const { realm } = context;
  const { uid, namespace = '' } = object.metadata;
  const project = projects.nameOf(realm.view, namespace);
  if (project === undefined) return undefined; // the project goes, and this with it
  if (object.spec.type === 'virtual-machine') await checkVirtualMachines(compute);

  const name = engineInstance(uid);
  /** Its disk is being written: it is made and changed, but neither started nor put back. */
  const isRestoring = object.status?.restoring !== undefined;
  let current = await find(compute, project, name);
  if (current && isHalfMade(current.value, object)) {
    compute.logger.warn({ realm: realm.id, uid }, 'an instance whose making was interrupted is made anew');
    await incus.instances.delete(project, name);
    current = undefined;
  }
  const instance = await settle(key, object, context, current !== undefined);
  const owner: Owner = { region: regionId, realm: realm.id, project: namespace };
  const plan = planFor(compute, instance, owner, realm.view, await compute.vendorData?.());
  /** What is done once; undefined takes the field away. */
  const status: { startedAt?: string; restartedAt?: string | undefined; restoredFrom?: string | undefined } =
    {};

  if (!current) {
    const source = await resolveSource(instance, context);
    await projects.ensure(project, realm.view, owner);
    const isMade = await create(compute, project, instance, plan, source, context.signal);
    context.events.record(instance, 'Normal', 'Created', `made ${originOf(instance)}`);
    current = await incus.instances.get(project, name);
    // Remembered before it starts: from here on it is never taken for one that was not made to the end.
    if (isMade)
      await writeStatus(context, Instance, key, uid, { node: await nodeOf(compute, current.value) });
    status.restartedAt = instance.spec.restartedAt;
    status.restoredFrom = instance.spec.restoreFrom;
  } else if (!isRestoring && instance.spec.restoreFrom !== instance.status?.restoredFrom) {
    if (instance.spec.restoreFrom !== undefined) {
      await restore(compute, project, instance, instance.spec.restoreFrom, context);
      const message = `its disk is again as snapshot "${instance.spec.restoreFrom}" took it`;
      context.events.record(instance, 'Normal', 'Restored', message);
      current = await incus.instances.get(project, name);
    }
    status.restoredFrom = instance.spec.restoreFrom;
  }
  if (current.value.config[LABELS.uid] !== uid) {
    throw new Obstacle(
      'NameTaken',
      'the engine holds another instance under its name; ask the region’s operator',
      {
        detail: `${project}/${name} belongs to ${current.value.config[LABELS.uid]}`,
      },
    );
  }
  const restart = instance.spec.restartedAt !== (status.restartedAt ?? instance.status?.restartedAt);
  const wanted = isRestoring ? 'Stopped' : instance.spec.powerState;
  let live = liveParts(current.value, plan);
  if (live.later.length > 0 && (restart || wanted === 'Stopped')) {
    await setPower(compute, project, current.value, 'Stopped', false);
    current = await incus.instances.get(project, name);
    live = liveParts(current.value, plan);
  }
  if (differs(current.value, live.plan)) {
    await projects.ensure(project, realm.view, owner);
    await incus.instances.update(project, current, live.plan);
    context.events.record(instance, 'Normal', 'Updated', 'the engine was brought up to what its spec says');
  }
  const kept = letGo(instance);
  if (kept.length !== (instance.status?.volumes ?? []).length) {
    // Only now may somebody else have it.
    await writeStatus(context, Instance, key, uid, { volumes: kept.length === 0 ? undefined : kept });
  }

  const power = await setPower(compute, project, current.value, wanted, restart);
  if (restart) status.restartedAt = instance.spec.restartedAt;
  if (power.started) {
    status.startedAt = rfc3339(context.clock.now());
    context.events.record(instance, 'Normal', 'Started', restart ? 'it was started again' : 'it was started');
  }
  if ('restoredFrom' in status || 'restartedAt' in status || power.started) {
    // What is done once is remembered before anything else can fail.
    await writeStatus(context, Instance, key, uid, { ...status });
  }
  const fields = {
    ...status,
    phase: power.running ? 'Running' : 'Stopped',
    node: await nodeOf(compute, current.value),
    imageFingerprint: current.value.config['volatile.base_image'],
  };
  if (!power.running) {
    waiting.delete(uid);
    const [reason, message] = isRestoring
      ? ['Restoring', 'it is being restored from a backup, and stays stopped until that is done']
      : ['Stopped', 'it is stopped because spec.powerState says so; set it to Running to start it'];
    await writeStatus(context, Instance, key, uid, fields, { ready: false, reason, message });
    return undefined;
  }
  return awaitAddresses(compute, key, instance, context, { project, fields, waiting, later: live.later });
}

interface Running {
  /** In Incus. */
  readonly project: string;
  /** Of its status. */
  readonly fields: Readonly<Record<string, unknown>>;
  readonly waiting: Map<string, number>;
  /** What of its spec waits for its next start, in words. */
  readonly later: readonly string[];
}

/** Ready once the guest has taken every address; until then looks again soon, and says so only when it takes long. */
async function awaitAddresses(
  { incus }: ComputeContext,
  key: ObjectKey,
  instance: InstanceObject,
  context: ReconcileContext,
  { project, fields, waiting, later }: Running,
): Promise<RetryAfter | undefined> {
  const pace = ADDRESS_PACE[instance.spec.type];
  const { uid } = instance.metadata;
  const wanted = (instance.status?.addresses ?? []).map(({ address }) => address);
  const missing = new Set(wanted);
  if (missing.size > 0 && instance.status?.conditions?.some(isSettled(instance))) missing.clear();
  if (missing.size > 0) {
    const state = await incus.instances.state(project, engineInstance(uid));
    for (const { addresses } of Object.values(state.network ?? {})) {
      for (const { address } of addresses) missing.delete(address);
    }
  }
  if (missing.size === 0) {
    waiting.delete(uid);
    await writeStatus(context, Instance, key, uid, fields, {
      ready: true,
      reason: 'Running',
      message: `${wanted.length === 0 ? 'it runs, on no network' : 'it runs and has its addresses'}${later.length === 0 ? '' : `; ${later.join(', ')} of its spec from its next start on: set spec.restartedAt`}`,
    });
    return undefined;
  }
  if (waiting.size >= WAITING_MAX) waiting.clear();
  const since_ms = waiting.get(uid) ?? context.clock.now();
  waiting.set(uid, since_ms);
  if (context.clock.now() - since_ms < pace.limit_ms) return { retryAfter_ms: pace.every_ms };
  await writeStatus(context, Instance, key, uid, fields, {
    ready: false,
    reason: 'AddressPending',
    message: `it runs, but has not taken ${[...missing].join(', ')}; see its console log: its system must ask for an address by DHCP`,
  });
  return { retryAfter_ms: ADDRESS_SLOW_EVERY_MS };
}

/** It had its addresses already since it was last started or changed: no need to ask the guest again. */
const isSettled =
  (instance: InstanceObject) => (condition: NonNullable<InstanceStatus['conditions']>[number]) =>
    condition.type === 'Ready' &&
    condition.status === 'True' &&
    condition.observedGeneration === instance.metadata.generation;

/** Allocates in the lane, and gives the instance with its addresses and volumes. */
async function settle(
  key: ObjectKey,
  object: InstanceObject,
  { realm, change }: ReconcileContext,
  isInEngine: boolean,
): Promise<InstanceObject> {
  const { object: written } = await realm.resources.modify(
    Instance,
    key,
    change,
    (current, view) => {
      if (current.metadata.uid !== object.metadata.uid) return current;
      const { status } = current;
      const addresses = [...allocate(current, view)];
      const volumes = [...claimVolumes(current, view, isInEngine)];
      const phase = status?.phase === undefined ? 'Creating' : status.phase;
      const same =
        isDeepStrictEqual(addresses, status?.addresses ?? []) &&
        isDeepStrictEqual(volumes, status?.volumes ?? []);
      if (same && phase === status?.phase) return current;
      const { volumes: _, ...others } = status ?? {};
      const holds = volumes.length === 0 ? {} : { volumes };
      return { ...current, status: { ...others, phase, addresses, ...holds } };
    },
    { subresource: 'status' },
  );
  return written as InstanceObject;
}

async function find(
  { incus }: ComputeContext,
  project: string,
  name: string,
  /** Without an engine there is nothing of it; should one come back, a sweep finds what it held. */
  whenAbsent: 'throw' | 'gone' = 'throw',
): Promise<Answer<IncusInstance> | undefined> {
  try {
    return await incus.instances.get(project, name);
  } catch (error) {
    if (isIncusError(error, 'NotFound')) return undefined;
    if (whenAbsent === 'gone' && isIncusError(error, 'Absent')) return undefined;
    throw error;
  }
}

async function remove(
  compute: ComputeContext,
  key: ObjectKey,
  instance: InstanceObject,
  { realm, change, events }: ReconcileContext,
): Promise<undefined> {
  const { uid, namespace } = instance.metadata;
  const project = compute.projects.nameOf(realm.view, namespace);
  if (project !== undefined) {
    const name = engineInstance(uid);
    const current = await find(compute, project, name, 'gone');
    if (current && current.value.config[LABELS.uid] === uid) {
      if (current.value.status_code !== INSTANCE_STATUS.stopped) await forceOff(compute, project, name);
      await compute.incus.instances.delete(project, name);
      events.record(instance, 'Normal', 'Deleted', 'it and its disk are gone; its addresses are free again');
    }
    await compute.projects.removeIfEmpty(project);
  }
  await removeFinalizer(realm.resources, Instance, key, INSTANCE_FINALIZER, change, uid);
  return undefined;
}

async function checkVirtualMachines({ incus }: ComputeContext): Promise<void> {
  const { environment } = await incus.server();
  if (/\bqemu\b/.test(environment.driver)) return;
  throw new Obstacle(
    'VirtualMachinesUnavailable',
    'this region’s hosts cannot run virtual machines (they have no KVM, no vhost_vsock or no QEMU); use type: container, or ask the operator for a host that can',
    { retryAfter_ms: 60_000 },
  );
}

async function nodeOf({ incus }: ComputeContext, instance: IncusInstance): Promise<string> {
  const { location } = instance;
  if (location !== '' && location !== 'none') return location;
  return incus.serverName();
}

function instancesOnNetwork(network: KubeObject, realm: Realm): readonly ObjectKey[] {
  return instancesWhere(network, realm, ({ spec }) =>
    spec.networks.some((one) => one.network === network.metadata.name),
  );
}

function instancesOnVolume(volume: KubeObject, realm: Realm): readonly ObjectKey[] {
  const { name } = volume.metadata;
  return instancesWhere(
    volume,
    realm,
    ({ spec, status }) =>
      (spec.volumes?.some((one) => one.volume === name) ?? false) &&
      !isConditionTrue(status?.conditions, 'Ready'),
  );
}

function instancesFromSnapshot(snapshot: KubeObject, realm: Realm): readonly ObjectKey[] {
  const { name } = snapshot.metadata;
  return instancesWhere(
    snapshot,
    realm,
    ({ spec, status }) =>
      (spec.restoreFrom === name && status?.restoredFrom !== name) ||
      (spec.source?.snapshot === name && status?.startedAt === undefined),
  );
}

function instancesWhere(
  { metadata: { namespace } }: KubeObject,
  { view }: Realm,
  test: (instance: InstanceObject) => boolean,
): ObjectKey[] {
  return view
    .list(Instance, namespace)
    .filter(test)
    .map(({ metadata }) => ({ ...(namespace === undefined ? {} : { namespace }), name: metadata.name }));
}
