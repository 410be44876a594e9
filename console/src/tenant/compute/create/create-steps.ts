/** Asks for one thing after the other, and goes on where it stopped when it is asked again. */
import { ApiError, askJson } from '../../../api/client.ts';
import { type FormField, formFieldOf, type Step } from './new-instance.ts';

export interface StepProblem {
  readonly error: Error;
  /** What each field of the form has to do with it, in the region's own words. */
  readonly fields: Readonly<Partial<Record<FormField, string>>>;
}

const nameOf = ({ path, body }: Step) => `${path}/${body.metadata.name}`;

/** `made`: what was made before, and what is made now. Undefined: everything is. */
export async function takeSteps(steps: readonly Step[], made: Set<string>): Promise<StepProblem | undefined> {
  for (const step of steps) {
    if (made.has(nameOf(step))) continue;
    try {
      await askJson(step.path, { method: 'POST', body: step.body });
      made.add(nameOf(step));
    } catch (error) {
      return { error: error as Error, fields: fieldsOf(step, error) };
    }
  }
  return undefined;
}

function fieldsOf({ body }: Step, error: unknown): StepProblem['fields'] {
  if (!(error instanceof ApiError)) return {};
  const causes = error.status.details?.causes ?? [];
  const about = causes.flatMap(({ field, message }) => {
    const known = formFieldOf(body.kind, field);
    return known === undefined ? [] : [[known, message] as const];
  });
  if (about.length === 0 && error.code === 409) {
    const field = formFieldOf(body.kind, 'metadata.name');
    return field === undefined ? {} : { [field]: error.message };
  }
  return Object.fromEntries(about);
}
