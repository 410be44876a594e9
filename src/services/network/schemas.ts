/**
 * What the network kinds share: their group, the schema of conditions, and the column that shows readiness.
 */
import { Type } from 'typebox';
import { keyedBy } from '#kernel/list-type.ts';
import type { Condition, KubeObject } from '#kernel/object.ts';

export const NETWORK_GROUP = 'network.casemate.internal';
const CONDITIONS_MAX = 8;

/** A choice between words, typed so that OpenAPI says `string`. */
export const oneOf = <const Words extends readonly string[]>(words: Words, options: object = {}) =>
  Type.Enum([...words] as Words[number][], { type: 'string', ...options });

export const CONDITIONS = Type.Optional(
  Type.Array(
    Type.Object({
      type: Type.String(),
      status: oneOf(['True', 'False', 'Unknown']),
      reason: Type.String(),
      message: Type.String({ description: 'What it means and what one can do about it.' }),
      lastTransitionTime: Type.String(),
      observedGeneration: Type.Optional(Type.Integer()),
    }),
    {
      ...keyedBy('type'),
      maxItems: CONDITIONS_MAX,
      description: 'Ready says whether it works and, if not, why.',
    },
  ),
);

export const READY_COLUMN = {
  name: 'Ready',
  type: 'string',
  description: 'True, or why not.',
  value: (object: KubeObject): string | undefined => {
    const conditions = (object.status as { conditions?: readonly Condition[] } | undefined)?.conditions;
    const ready = conditions?.find((condition) => condition.type === 'Ready');
    return ready?.status === 'True' ? 'True' : ready?.reason;
  },
} as const;

export const AGE_COLUMN = {
  name: 'Age',
  type: 'date',
  description: 'When it was made.',
  value: 'metadata.creationTimestamp',
} as const;
