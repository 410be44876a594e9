/**
 * Conditions in the Kubernetes style, as pure functions over a list. `lastTransitionTime` moves only when the status
 * does, so an unchanged world writes nothing.
 */
import { type Clock, rfc3339 } from '../clock.ts';
import type { Condition, ConditionStatus } from '../object.ts';

export interface ConditionChange {
  readonly type: string;
  readonly status: ConditionStatus;
  /** CamelCase, for programs. */
  readonly reason: string;
  /** What a person can do about it. */
  readonly message: string;
  /** The `metadata.generation` that this says something about. */
  readonly observedGeneration?: number;
}

/** Replaces or adds one condition. Gives the same list back when nothing is different. */
export function setCondition(
  conditions: readonly Condition[] | undefined,
  change: ConditionChange,
  clock: Clock,
): readonly Condition[] {
  const list = conditions ?? [];
  const index = list.findIndex((condition) => condition.type === change.type);
  const current = list[index];
  if (current && isSame(current, change)) return list;
  const next: Condition = {
    ...change,
    lastTransitionTime: current?.status === change.status ? current.lastTransitionTime : rfc3339(clock.now()),
  };
  return current ? list.with(index, next) : [...list, next];
}

function isSame(current: Condition, change: ConditionChange): boolean {
  return (
    current.status === change.status &&
    current.reason === change.reason &&
    current.message === change.message &&
    current.observedGeneration === change.observedGeneration
  );
}

/** The `Ready` condition of an object whose desired state is `generation`. */
export function readyCondition(
  status: ConditionStatus,
  reason: string,
  message: string,
  generation: number,
): ConditionChange {
  return { type: 'Ready', status, reason, message, observedGeneration: generation };
}

export function getCondition(
  conditions: readonly Condition[] | undefined,
  type: string,
): Condition | undefined {
  return conditions?.find((condition) => condition.type === type);
}

export function isConditionTrue(conditions: readonly Condition[] | undefined, type: string): boolean {
  return getCondition(conditions, type)?.status === 'True';
}
