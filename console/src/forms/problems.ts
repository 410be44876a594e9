/**
 * What is wrong with what somebody wrote, by the same schema that the API decides by, so that it can be said at the field and in their language
 * before anything is sent. The API has the last word: what it refuses is put at its field too. Pure.
 */
import type { StatusCause } from '../../../src/kernel/errors.ts';
import { isQuantity } from '../../../src/kernel/quantity.ts';
import type { TextId } from '../texts/en.ts';
import type { FieldSchema, ListSchema, NumberSchema, TextSchema } from './field-schema.ts';
import { childPath, isRecord, jsonEqual } from './value.ts';

export interface FieldProblem {
  /** `spec.networks[0].network`. */
  readonly path: string;
  /** Ours, in the person's language, or the API's own words. */
  readonly what:
    | { readonly id: TextId; readonly values?: Readonly<Record<string, string | number>> }
    | { readonly message: string };
}

/** More than these help nobody. */
const PROBLEMS_MAX = 64;
const LABEL_LENGTH_MAX = 63;
const NAME_LENGTH_MAX = 253;
const LABEL = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/;
const SUBDOMAIN = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;

const problem = (
  path: string,
  id: TextId,
  values?: Readonly<Record<string, string | number>>,
): FieldProblem => ({
  path,
  what: values === undefined ? { id } : { id, values },
});

/** Forms that kinds ask for again and again, in words. */
const IN_WORDS: readonly (readonly [source: RegExp, id: TextId])[] = [
  [/^\^\[a-z0-9\]\(\[(?:-a-z0-9|a-z0-9-)\](?:\*|\{0,61\})\[a-z0-9\]\)\?\$$/, 'forms.problem.label'],
  [/^\^\[0-9a-f\]\{64\}\$$/, 'forms.problem.sha256'],
  [/^\^\(\[01\]\[0-9\]\|2\[0-3\]\):\[0-5\]\[0-9\]\$$/, 'forms.problem.clock'],
  [/^\^https:\/\//, 'forms.problem.https'],
];

function patternProblem(path: string, pattern: RegExp): FieldProblem {
  const source = pattern.source.replaceAll('\\/', '/');
  const known = IN_WORDS.find(([form]) => form.test(source));
  return known === undefined
    ? problem(path, 'forms.problem.pattern', { pattern: source })
    : problem(path, known[1]);
}

/** `metadata.name`, by the rules for names of objects. A project's name is one label, as it is part of host names. */
export function nameProblems(name: string, isProject: boolean): readonly FieldProblem[] {
  const path = 'metadata.name';
  const max = isProject ? LABEL_LENGTH_MAX : NAME_LENGTH_MAX;
  if (name === '') return [problem(path, 'forms.problem.required')];
  if (name.length > max) return [problem(path, 'forms.problem.tooLong', { max, length: name.length })];
  if (!(isProject ? LABEL : SUBDOMAIN).test(name))
    return [problem(path, isProject ? 'forms.problem.label' : 'forms.problem.name')];
  return [];
}

/** `value` as `filledIn` leaves it. */
export function problemsOf(schema: FieldSchema, value: unknown, path: string): readonly FieldProblem[] {
  const found: FieldProblem[] = [];
  visit(schema, value, path, found);
  return found.slice(0, PROBLEMS_MAX);
}

function visit(schema: FieldSchema, value: unknown, path: string, found: FieldProblem[]): void {
  if (found.length >= PROBLEMS_MAX || value === undefined) return;
  switch (schema.type) {
    case 'text':
      found.push(...textProblems(schema, value, path));
      return;
    case 'quantity':
      if ((typeof value !== 'string' && typeof value !== 'number') || !isQuantity(value))
        found.push(problem(path, 'forms.problem.quantity'));
      return;
    case 'number':
      found.push(...numberProblems(schema, value, path));
      return;
    case 'boolean':
      if (typeof value !== 'boolean') found.push(problem(path, 'forms.problem.boolean'));
      return;
    case 'choice':
      if (!schema.options.some((option) => option === value))
        found.push(problem(path, 'forms.problem.choice', { options: schema.options.join(', ') }));
      return;
    case 'list':
      visitList(schema, value, path, found);
      return;
    case 'map':
      if (!isRecord(value)) found.push(problem(path, 'forms.problem.object'));
      else
        for (const [key, member] of Object.entries(value))
          visit(schema.values, member, childPath(path, key), found);
      return;
    case 'object':
      if (!isRecord(value)) {
        found.push(problem(path, 'forms.problem.object'));
        return;
      }
      for (const { name, schema: member, isRequired } of schema.members) {
        const at = childPath(path, name);
        if (value[name] !== undefined) visit(member, value[name], at, found);
        else if (isRequired) found.push(problem(at, 'forms.problem.required'));
      }
      return;
    default:
  }
}

function textProblems(schema: TextSchema, value: unknown, path: string): readonly FieldProblem[] {
  if (typeof value !== 'string') return [problem(path, 'forms.problem.text')];
  const { length } = value;
  if (schema.length_max !== undefined && length > schema.length_max)
    return [problem(path, 'forms.problem.tooLong', { max: schema.length_max, length })];
  if (length < schema.length_min)
    return [problem(path, 'forms.problem.tooShort', { min: schema.length_min })];
  if (schema.format === 'date-time' && Number.isNaN(Date.parse(value)))
    return [problem(path, 'forms.problem.time')];
  if (schema.pattern !== undefined && !schema.pattern.test(value))
    return [patternProblem(path, schema.pattern)];
  return [];
}

function numberProblems(schema: NumberSchema, value: unknown, path: string): readonly FieldProblem[] {
  if (typeof value !== 'number') return [problem(path, 'forms.problem.number')];
  if (schema.isInteger && !Number.isInteger(value)) return [problem(path, 'forms.problem.integer')];
  if (schema.minimum !== undefined && value < schema.minimum)
    return [problem(path, 'forms.problem.minimum', { minimum: schema.minimum })];
  if (schema.maximum !== undefined && value > schema.maximum)
    return [problem(path, 'forms.problem.maximum', { maximum: schema.maximum })];
  return [];
}

function visitList(schema: ListSchema, value: unknown, path: string, found: FieldProblem[]): void {
  if (!Array.isArray(value)) {
    found.push(problem(path, 'forms.problem.list'));
    return;
  }
  if (value.length < schema.items_min)
    found.push(problem(path, 'forms.problem.tooFew', { min: schema.items_min }));
  if (schema.items_max !== undefined && value.length > schema.items_max)
    found.push(problem(path, 'forms.problem.tooMany', { max: schema.items_max }));
  for (const [index, item] of value.entries()) {
    const at = childPath(path, index);
    visit(schema.items, item, at, found);
    if (value.slice(0, index).some((other) => isSame(schema, other, item)))
      found.push(problem(at, 'forms.problem.duplicate'));
  }
}

function isSame({ isSet, keys }: ListSchema, one: unknown, other: unknown): boolean {
  if (isSet) return jsonEqual(one, other);
  if (keys.length === 0 || !isRecord(one) || !isRecord(other)) return false;
  return keys.every((key) => one[key] !== undefined && jsonEqual(one[key], other[key]));
}

/** What the API refused, at the fields that it names. */
export const refusedFields = (causes: readonly StatusCause[] = []): readonly FieldProblem[] =>
  causes.map(({ field = '', message }) => ({ path: field, what: { message } }));
