/**
 * Tells the story of an object as events: one for each change of a condition. Conditions say how it is now; events, how it came to that.
 */
import type { EventRecorder } from '../controller.ts';
import type { Condition, KubeObject } from '../object.ts';
import { type ConditionChange, getCondition } from './conditions.ts';

/**
 * Records `change` as an event about `object` unless the condition was so before. It is a warning when the condition is not true, but for
 * reasons in `ordinary`: steps on the way, and states that somebody asked for.
 */
export function recordTransition(
  events: EventRecorder,
  object: KubeObject,
  before: readonly Condition[] | undefined,
  change: ConditionChange,
  ordinary: ReadonlySet<string>,
): void {
  const { status, reason, message } = change;
  const last = getCondition(before, change.type);
  if (last?.status === status && last.reason === reason && last.message === message) return;
  const type = status === 'True' || ordinary.has(reason) ? 'Normal' : 'Warning';
  events.record(object, type, reason, message);
}
