/**
 * Names that the tenancy kinds share.
 */
import { Type } from 'typebox';
import { keyedBy } from '#kernel/list-type.ts';

export const TENANCY_GROUP = 'tenancy.casemate.internal';

/** The project every organization starts with; events about realm-scoped objects are kept in it. */
export const DEFAULT_PROJECT = 'default';

export const ConditionsSchema = Type.Array(
  Type.Object({
    type: Type.String(),
    status: Type.Enum(['True', 'False', 'Unknown']),
    reason: Type.String(),
    message: Type.String(),
    lastTransitionTime: Type.String(),
    observedGeneration: Type.Optional(Type.Integer()),
  }),
  { ...keyedBy('type'), description: 'What is true of the object now, and what to do where it is not.' },
);
