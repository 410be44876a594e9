/** What every field of a form knows of the whole: what is wrong, and whether it is being made or changed. */
import { createContext, use } from 'react';
import type { FieldProblem } from './problems.ts';

export interface FormState {
  /** What is to be shown now: of fields that somebody has left, or of all of them once they tried to send. */
  readonly problems: readonly FieldProblem[];
  /** The object that is being changed; undefined: a new one. */
  readonly original: unknown;
  /** Whose objects are to choose from. */
  readonly project: string | undefined;
  /** Somebody has left the field. */
  leave(path: string): void;
}

export const FormContext = createContext<FormState>({
  problems: [],
  original: undefined,
  project: undefined,
  leave: () => {},
});

export const useForm = (): FormState => use(FormContext);

/** Of the element that somebody types into. */
export const fieldId = (path: string): string => `field:${path}`;
