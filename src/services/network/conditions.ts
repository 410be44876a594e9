/**
 * Status conditions of the network kinds: their schema, and a pure way to set one without touching the others.
 */
import { Type } from 'typebox';
import { rfc3339 } from '#kernel/clock.ts';
import type { Condition } from '#kernel/object.ts';

const CONDITIONS_MAX = 8;

export const CONDITIONS = Type.Optional(
  Type.Array(
    Type.Object({
      type: Type.String(),
      status: Type.Enum(['True', 'False', 'Unknown']),
      reason: Type.String(),
      message: Type.String({ description: 'What it means and what one can do about it.' }),
      lastTransitionTime: Type.String(),
      observedGeneration: Type.Optional(Type.Integer()),
    }),
    { maxItems: CONDITIONS_MAX, description: 'Ready says whether it works and, if not, why.' },
  ),
);

export interface ConditionUpdate {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
}

/** The conditions with one set; the transition time moves only when its status changes. */
export function withCondition(
  conditions: readonly Condition[] | undefined,
  update: ConditionUpdate,
  generation: number,
  now_ms: number,
): Condition[] {
  const current = conditions?.find((condition) => condition.type === update.type);
  const lastTransitionTime = current?.status === update.status ? current.lastTransitionTime : rfc3339(now_ms);
  const next: Condition = { ...update, lastTransitionTime, observedGeneration: generation };
  return [...(conditions ?? []).filter((condition) => condition.type !== update.type), next];
}

/** Whether the object's condition of that type is True. */
export const isTrue = (conditions: readonly Condition[] | undefined, type: string): boolean =>
  conditions?.some((condition) => condition.type === type && condition.status === 'True') ?? false;
