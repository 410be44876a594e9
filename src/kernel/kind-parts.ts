/**
 * What most kinds have in common, so that each says it the same way: conditions in the Kubernetes style, the generation a
 * status is about, a choice between words, and the column that tells readiness. (Name and age the tables add by themselves.)
 */
import { Type } from 'typebox';
import type { Column } from './kind.ts';
import { keyedBy } from './list-type.ts';
import type { Condition, KubeObject } from './object.ts';

const CONDITIONS_MAX = 16;

/** A choice between words, which OpenAPI shows as a string. */
export const oneOf = <const Words extends readonly string[]>(words: Words, options: object = {}) =>
  Type.Enum([...words] as Words[number][], { type: 'string', ...options });

/** `status.conditions`. */
export const CONDITIONS = Type.Optional(
  Type.Array(
    Type.Object({
      type: Type.String(),
      status: oneOf(['True', 'False', 'Unknown']),
      reason: Type.String({ description: 'One word for programs.' }),
      message: Type.String({ description: 'What it means and what one can do about it.' }),
      lastTransitionTime: Type.String(),
      observedGeneration: Type.Optional(Type.Integer()),
    }),
    {
      ...keyedBy('type'),
      maxItems: CONDITIONS_MAX,
      description: 'What is true of it now. Ready says whether it works and, if not, why.',
    },
  ),
);

/** `status.observedGeneration`. */
export const OBSERVED_GENERATION = Type.Optional(
  Type.Integer({ description: 'The generation this status is about.' }),
);

/** Shows True, or in a word why not. */
export const READY_COLUMN: Column = {
  name: 'Ready',
  type: 'string',
  description: 'True, or why not.',
  value: readyText,
};

function readyText(object: KubeObject): string | undefined {
  const conditions = (object.status as { conditions?: readonly Condition[] } | undefined)?.conditions;
  const ready = conditions?.find((condition) => condition.type === 'Ready');
  return ready?.status === 'True' ? 'True' : ready?.reason;
}
