/** Carries out what an operator decided of a leftover. One that is accounted for again, or gone, is forgotten. */
import { isIncusError } from '#engines/incus/errors.ts';
import type { IncusInstance, IncusVolume } from '#engines/incus/types.ts';
import { rfc3339 } from '#kernel/clock.ts';
import type { Controller, ReconcileContext, RetryAfter } from '#kernel/controller.ts';
import { isStatusError } from '#kernel/errors.ts';
import type { ChangeContext, ObjectKey, Realm } from '#kernel/realm.ts';
import type { RealmId } from '#kernel/realm-id.ts';
import { Volume } from '#services/storage/volume.ts';
import { Namespace } from '#services/tenancy/namespace.ts';
import type { ComputeContext } from '../context.ts';
import { Image } from '../image.ts';
import { Instance } from '../instance.ts';
import { engineProject, LABELS } from '../names.ts';
import { Obstacle, obstacleOf } from '../obstacle.ts';
import { forceOff } from '../power.ts';
import { writeStatus } from '../status.ts';
import { instanceSpec, projectUid, volumeSpec } from './given-back.ts';
import { type Found, Leftover, type LeftoverObject } from './leftover.ts';

/** It may be accounted for, or be gone, by something else meanwhile. */
const LOOK_AGAIN_MS = 10 * 60_000;

type Held =
  | { readonly kind: 'Instance'; readonly value: IncusInstance }
  | { readonly kind: 'Volume'; readonly value: IncusVolume };

export function leftoverController(compute: ComputeContext): Controller {
  return {
    name: 'leftover',
    realms: ['region'],
    kind: Leftover,
    async reconcile(key, context) {
      const leftover = context.realm.view.get(Leftover, key);
      if (!leftover || leftover.metadata.deletionTimestamp !== undefined) return undefined;
      try {
        return await bringAbout(compute, key, leftover, context);
      } catch (error) {
        const { reason, message, detail, retryAfter_ms } = isStatusError(error)
          ? new Obstacle('Refused', error.message)
          : obstacleOf(error, 'looked at');
        if (detail) compute.logger.warn({ leftover: key.name, error: detail }, message);
        await writeStatus(
          context,
          Leftover,
          key,
          leftover.metadata.uid,
          {},
          { ready: false, reason, message },
        );
        return { retryAfter_ms };
      }
    },
  };
}

async function bringAbout(
  compute: ComputeContext,
  key: ObjectKey,
  leftover: LeftoverObject,
  context: ReconcileContext,
): Promise<RetryAfter | undefined> {
  const { found, decision, adoptAs } = leftover.spec;
  const held = await find(compute, found);
  // Whoever removed it may have come no further than that.
  if (held === undefined) await compute.projects.removeIfEmpty(found.engineProject);
  if (held === undefined || (await isAccountedFor(found, context))) {
    await forget(key, leftover, context);
    return undefined;
  }
  if (decision === undefined) {
    await writeStatus(
      context,
      Leftover,
      key,
      leftover.metadata.uid,
      {},
      {
        ready: false,
        reason: 'Undecided',
        message: 'it stays as it is until spec.decision says Adopt or Remove',
      },
    );
    return { retryAfter_ms: LOOK_AGAIN_MS };
  }
  if (decision === 'Remove') await remove(compute, held);
  else await adopt(compute, held, found, adoptAs ?? found.name, context);
  await forget(key, leftover, context);
  return undefined;
}

async function find({ incus, pool: hosts }: ComputeContext, found: Found): Promise<Held | undefined> {
  const { kind, engineProject: project, engineName: name, enginePool: pool = hosts } = found;
  try {
    const held =
      kind === 'Instance'
        ? ({ kind, value: (await incus.instances.get(project, name)).value } as const)
        : ({ kind, value: (await incus.volumes.get(project, pool, name)).value } as const);
    return held.value.config[LABELS.uid] === found.uid ? held : undefined;
  } catch (error) {
    if (isIncusError(error, 'NotFound')) return undefined;
    throw error;
  }
}

async function isAccountedFor({ realm, uid }: Found, { realms }: ReconcileContext): Promise<boolean> {
  if (!(await realms.exists(realm as RealmId))) return false;
  return realms.use(realm as RealmId, async ({ view }) => view.byUid(uid) !== undefined);
}

async function remove(compute: ComputeContext, held: Held): Promise<void> {
  const { incus, projects } = compute;
  const { project, name } = held.value;
  if (held.kind === 'Instance') {
    await forceOff(compute, project, name);
    await incus.instances.delete(project, name);
  } else {
    await incus.volumes.delete(project, held.value.pool, name);
  }
  await projects.removeIfEmpty(project);
}

/** Its object is made with the uid that it had, so that the controllers find it theirs. Repeated, it finds that object. */
async function adopt(
  { incus, pool: hosts }: ComputeContext,
  held: Held,
  found: Found,
  name: string,
  context: ReconcileContext,
): Promise<void> {
  const { realm: id, project: namespace, uid } = found;
  if (!(await context.realms.exists(id as RealmId))) {
    throw new Obstacle('OrganizationGone', `${id} does not exist any more; nobody is there to have it`);
  }
  const images = context.realm.view.list(Image);
  const node = held.kind === 'Instance' ? await nodeOf(held.value, () => incus.serverName()) : '';
  await context.realms.use(id as RealmId, async (realm) => {
    const { change } = context;
    await ensureProject(realm, found, context);
    const madeAt = rfc3339(context.clock.now());
    const metadata = { name };
    if (held.kind === 'Volume') {
      const { pool } = held.value;
      const born = { uid, status: { madeAt, ...(pool === hosts ? {} : { pool }) } };
      await realm.resources.create(Volume, namespace, { metadata, spec: volumeSpec(held.value) }, change, {
        born,
      });
    } else {
      // Where it is, is what says that it was made to its end.
      const born = { uid, status: { node } };
      const spec = instanceSpec(held.value, namespace, realm.view, images);
      await realm.resources.create(Instance, namespace, { metadata, spec }, change, { born });
    }
  });
}

async function nodeOf({ location }: IncusInstance, serverName: () => Promise<string>): Promise<string> {
  return location === '' || location === 'none' ? serverName() : location;
}

async function ensureProject(
  { view, resources }: Realm,
  { project, engineProject: held }: Found,
  { change, random }: { readonly change: ChangeContext; readonly random: ReconcileContext['random'] },
): Promise<void> {
  const there = view.get(Namespace, { name: project });
  if (there && engineProject(there.metadata.uid) === held) return;
  if (there) {
    throw new Obstacle(
      'ProjectDiffers',
      `project "${project}" was made anew since, and is another one; it can be removed, or its data brought over by hand`,
    );
  }
  const born = { uid: projectUid(held, random.uuid()), status: { phase: 'Active' } };
  await resources.create(Namespace, undefined, { metadata: { name: project } }, change, { born });
}

async function forget(
  key: ObjectKey,
  { metadata: { uid } }: LeftoverObject,
  { realm, change }: ReconcileContext,
): Promise<void> {
  try {
    await realm.resources.delete(Leftover, key, change, { preconditions: { uid } });
  } catch (error) {
    if (!isStatusError(error, 'NotFound')) throw error;
  }
}
