/** What the compute kinds share: their group, the schema of conditions, words typed as such, and common columns. */
import { type Static, Type } from 'typebox';
import { keyedBy } from '#kernel/list-type.ts';
import type { Condition, KubeObject } from '#kernel/object.ts';

export const COMPUTE_GROUP = 'compute.casemate.internal';
const CONDITIONS_MAX = 8;

/** A choice between words. */
export const oneOf = <const Words extends readonly string[]>(words: Words, options: object = {}) =>
  Type.Enum([...words] as Words[number][], { type: 'string', ...options });

export const INSTANCE_TYPES = ['container', 'virtual-machine'] as const;
export type InstanceTypeName = (typeof INSTANCE_TYPES)[number];

export const ConditionSchema = Type.Object({
  type: Type.String(),
  status: oneOf(['True', 'False', 'Unknown']),
  reason: Type.String(),
  message: Type.String({ description: 'What it means and what one can do about it.' }),
  lastTransitionTime: Type.String(),
  observedGeneration: Type.Optional(Type.Integer()),
});

export const CONDITIONS = Type.Optional(
  Type.Array(ConditionSchema, {
    ...keyedBy('type'),
    maxItems: CONDITIONS_MAX,
    description: 'Ready says whether it works and, if not, why.',
  }),
);

export const OBSERVED_GENERATION = Type.Optional(
  Type.Integer({ description: 'The generation this status is about.' }),
);

export type ConditionValue = Static<typeof ConditionSchema>;

function readyText(object: KubeObject): string | undefined {
  const conditions = (object.status as { conditions?: readonly Condition[] } | undefined)?.conditions;
  const ready = conditions?.find((condition) => condition.type === 'Ready');
  return ready?.status === 'True' ? 'True' : ready?.reason;
}

export const READY_COLUMN = {
  name: 'Ready',
  type: 'string',
  description: 'True, or why not.',
  value: readyText,
} as const;

export const AGE_COLUMN = {
  name: 'Age',
  type: 'date',
  description: 'When it was made.',
  value: 'metadata.creationTimestamp',
} as const;
