/**
 * The shape of what the root agent is sent, said as data and checked by a few lines. The kinds' schema library is not used here: it
 * makes code from text, which a process that may change packet filters should not, and takes more memory than all of the agent.
 */

export type Shape =
  | { readonly type: 'boolean' }
  | { readonly type: 'integer'; readonly minimum: number; readonly maximum: number }
  | { readonly type: 'text'; readonly length_max: number; readonly pattern?: RegExp }
  | { readonly type: 'one of'; readonly values: readonly (string | number)[] }
  | { readonly type: 'list'; readonly of: Shape; readonly items_min: number; readonly items_max: number }
  | {
      readonly type: 'group';
      readonly fields: Readonly<Record<string, Shape>>;
      readonly optional: readonly string[];
    };

const LENGTH_MAX = 64;

export const boolean: Shape = { type: 'boolean' };
export const integer = (minimum: number, maximum: number): Shape => ({ type: 'integer', minimum, maximum });
export const text = (length_max = LENGTH_MAX, pattern?: RegExp): Shape =>
  pattern === undefined ? { type: 'text', length_max } : { type: 'text', length_max, pattern };
export const oneOf = (...values: readonly (string | number)[]): Shape => ({ type: 'one of', values });
export const list = (of: Shape, items_max: number, items_min = 0): Shape => ({
  type: 'list',
  of,
  items_min,
  items_max,
});
/** Has all of these fields but the optional ones, and no other. */
export const group = (fields: Readonly<Record<string, Shape>>, optional: readonly string[] = []): Shape => ({
  type: 'group',
  fields,
  optional,
});

/** What is wrong first, as `PLACE: what would be right`, where a place is a JSON pointer; undefined when nothing is. */
export function problemWith(shape: Shape, value: unknown, place = ''): string | undefined {
  switch (shape.type) {
    case 'boolean':
      return typeof value === 'boolean' ? undefined : wrong(place, 'true or false');
    case 'integer': {
      const { minimum, maximum } = shape;
      const isRight = Number.isInteger(value) && Number(value) >= minimum && Number(value) <= maximum;
      return isRight ? undefined : wrong(place, `a whole number from ${minimum} to ${maximum}`);
    }
    case 'text': {
      const { length_max, pattern } = shape;
      if (typeof value !== 'string' || value.length > length_max) {
        return wrong(place, `text of at most ${length_max} characters`);
      }
      return pattern?.test(value) === false ? wrong(place, `text that matches ${pattern.source}`) : undefined;
    }
    case 'one of':
      return shape.values.some((known) => known === value)
        ? undefined
        : wrong(place, shape.values.join(' or '));
    case 'list':
      return problemInList(shape, value, place);
    case 'group':
      return problemInGroup(shape, value, place);
  }
}

function problemInList(
  { of, items_min, items_max }: Extract<Shape, { type: 'list' }>,
  value: unknown,
  place: string,
): string | undefined {
  if (!Array.isArray(value) || value.length < items_min || value.length > items_max) {
    return wrong(place, `a list of ${items_min} to ${items_max} items`);
  }
  for (let index = 0; index < value.length; index++) {
    const problem = problemWith(of, value[index], `${place}/${index}`);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function problemInGroup(
  { fields, optional }: Extract<Shape, { type: 'group' }>,
  value: unknown,
  place: string,
): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return wrong(place, 'a group of fields');
  }
  for (const name of Object.keys(value)) {
    if (!Object.hasOwn(fields, name)) return `${place}/${name}: there is no such field`;
  }
  for (const [name, shape] of Object.entries(fields)) {
    if (!Object.hasOwn(value, name)) {
      if (optional.includes(name)) continue;
      return `${place}/${name}: is missing`;
    }
    const problem = problemWith(
      shape,
      (value as Readonly<Record<string, unknown>>)[name],
      `${place}/${name}`,
    );
    if (problem !== undefined) return problem;
  }
  return undefined;
}

const wrong = (place: string, right: string): string => `${place || '/'}: must be ${right}`;
