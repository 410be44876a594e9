/**
 * The life of a Key's versions, as pure functions over its status: which is primary, what falls due when, what the conditions say.
 * Nothing here touches material.
 */
import { type Clock, rfc3339 } from '#kernel/clock.ts';
import { type ConditionChange, readyCondition, setCondition } from '#kernel/reconcile/conditions.ts';
import { isDeleting } from '#kernel/reconcile/finalizers.ts';
import { FACTS } from './algorithms.ts';
import type { KeyObject, KeyStatus, KeyVersion } from './key.ts';

const DAY_MS = 24 * 60 * 60_000;

export const versionsOf = ({ status }: KeyObject): readonly KeyVersion[] => status?.versions ?? [];

export const findVersion = (key: KeyObject, number: number): KeyVersion | undefined =>
  versionsOf(key).find(({ version }) => version === number);

/** The version that is used, when it may be. */
export function primaryOf(key: KeyObject): KeyVersion | undefined {
  const number = key.status?.primary;
  return number === undefined ? undefined : findVersion(key, number);
}

export const nextNumber = (key: KeyObject): number =>
  Math.max(0, ...versionsOf(key).map(({ version }) => version)) + 1;

/** With a new version, which becomes the primary one. */
export function withVersion(status: KeyStatus, version: KeyVersion): KeyStatus {
  return { ...status, versions: [...status.versions, version], primary: version.version };
}

export function changeVersions(
  status: KeyStatus,
  numbers: readonly number[],
  change: (version: KeyVersion) => KeyVersion,
): KeyStatus {
  const versions = status.versions.map((one) => (numbers.includes(one.version) ? change(one) : one));
  return { ...status, versions };
}

export const destructionTime = (key: KeyObject, from_ms: number): string =>
  rfc3339(from_ms + key.spec.destroyNotice_days * DAY_MS);

export const scheduled =
  (destroyAt: string) =>
  (version: KeyVersion): KeyVersion => ({ ...version, state: 'DestroyScheduled', destroyAt });

/** Disabled, for somebody to enable: what was about to go is not used again by accident. */
export function spared({ destroyAt: _, ...version }: KeyVersion): KeyVersion {
  return { ...version, state: 'Disabled' };
}

export const isLive = ({ state }: KeyVersion) => state === 'Enabled' || state === 'Disabled';

/** Versions whose notice is over. */
export const dueForDestruction = (key: KeyObject, now_ms: number): readonly number[] =>
  versionsOf(key)
    .filter(
      ({ state, destroyAt }) =>
        state === 'DestroyScheduled' && destroyAt !== undefined && Date.parse(destroyAt) <= now_ms,
    )
    .map(({ version }) => version);

/** Versions that are destroyed, but whose material may still be there. */
export const notErased = (key: KeyObject): readonly KeyVersion[] =>
  versionsOf(key).filter(({ state, destroyedAt }) => state === 'Destroyed' && destroyedAt === undefined);

/** When the primary version is to be replaced; undefined: never by itself. A key that somebody disabled stays as it is. */
export function rotationDue_ms(key: KeyObject): number | undefined {
  const primary = primaryOf(key);
  const period = key.spec.rotationPeriod_days;
  if (period === undefined || primary?.state !== 'Enabled' || isDeleting(key)) return undefined;
  return Date.parse(primary.createdAt) + period * DAY_MS;
}

/** When there is next something to do; undefined: not until somebody asks. */
export function nextMoment_ms(key: KeyObject): number | undefined {
  const moments = versionsOf(key)
    .filter(({ state }) => state === 'DestroyScheduled')
    .map(({ destroyAt }) => Date.parse(destroyAt ?? ''));
  const rotation_ms = rotationDue_ms(key);
  if (rotation_ms !== undefined) moments.push(rotation_ms);
  return moments.length === 0 ? undefined : Math.min(...moments);
}

/** The status with its conditions as they are now; the same status when nothing is different. */
export function withConditions(key: KeyObject, problem: string | undefined, clock: Clock): KeyStatus {
  const status = key.status ?? { versions: [] };
  const changes = [readiness(key, problem), destruction(key), rotation(key)];
  let conditions = status.conditions ?? [];
  for (const change of changes) if (change) conditions = [...setCondition(conditions, change, clock)];
  const { generation } = key.metadata;
  return { ...status, conditions, observedGeneration: generation };
}

function readiness(key: KeyObject, problem: string | undefined): ConditionChange {
  const { generation } = key.metadata;
  const not = (reason: string, message: string) => readyCondition('False', reason, message, generation);
  if (problem !== undefined) return not('ProviderUnavailable', problem);
  const primary = primaryOf(key);
  if (!primary) return not('Pending', 'its first version is being made');
  const version = `version ${primary.version}`;
  switch (primary.state) {
    case 'Enabled':
      return readyCondition(
        'True',
        'Usable',
        `${version} is in use: it can ${FACTS[key.spec.algorithm].purposes.includes(key.spec.purpose) ? key.spec.purpose : 'do nothing'}`,
        generation,
      );
    case 'Disabled':
      return not('Disabled', `${version} is disabled: enable it, or rotate`);
    case 'DestroyScheduled':
      return not('DestroyScheduled', `${version} will be destroyed: cancel-destroy undoes that, or rotate`);
    case 'Destroyed':
      return not(
        'Destroyed',
        `${version} was destroyed: what it encrypted can never be read again; rotate to go on`,
      );
  }
}

function destruction(key: KeyObject): ConditionChange | undefined {
  const going = versionsOf(key).filter(({ state }) => state === 'DestroyScheduled');
  const known = key.status?.conditions?.some(({ type }) => type === 'DestructionScheduled') ?? false;
  const { generation: observedGeneration } = key.metadata;
  if (going.length === 0) {
    if (!known) return undefined;
    return {
      type: 'DestructionScheduled',
      status: 'False',
      reason: 'NothingScheduled',
      message: 'no version is about to be destroyed',
      observedGeneration,
    };
  }
  const list = going.map(({ version, destroyAt }) => `version ${version} at ${destroyAt}`).join(', ');
  return {
    type: 'DestructionScheduled',
    status: 'True',
    reason: isDeleting(key) ? 'KeyDeleted' : 'AskedFor',
    message: `will be destroyed: ${list}; cancel-destroy undoes it until then`,
    observedGeneration,
  };
}

function rotation(key: KeyObject): ConditionChange | undefined {
  const due_ms = rotationDue_ms(key);
  const primary = primaryOf(key);
  if (due_ms === undefined || !primary) return undefined;
  return {
    type: 'RotationScheduled',
    status: 'True',
    reason: 'PeriodSet',
    message: `version ${primary.version} is of ${primary.createdAt}; the next one is made at ${rfc3339(due_ms)}`,
    observedGeneration: key.metadata.generation,
  };
}
