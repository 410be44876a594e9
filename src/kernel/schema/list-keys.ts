/**
 * Lists whose elements are told apart by some of their fields, or by their value: that each element says who it is, and no two are the
 * same. Pure.
 */
import type { StatusCause } from '../errors.ts';
import { childPath, isRecord } from './field-path.ts';
import {
  alternatives,
  meantAlternative,
  memberSchema,
  objectForm,
  type SchemaKeywords,
} from './schema-form.ts';

/** A key field of a keyed list, and what it is where an element leaves it out. */
export interface ListKey {
  readonly name: string;
  readonly default: unknown;
}

/** Throws for a schema that says `map` and names no keys. */
export function listKeys(schema: SchemaKeywords): readonly ListKey[] {
  const names = schema['x-kubernetes-list-map-keys'];
  if (!Array.isArray(names) || names.length === 0) {
    throw new TypeError('x-kubernetes-list-type "map" needs x-kubernetes-list-map-keys');
  }
  const form = objectForm(isRecord(schema.items) ? schema.items : {});
  return names.map((name) => ({ name: String(name), default: form.properties.get(String(name))?.default }));
}

/** The values of the keys; undefined when the element is no object, or has no value for one of them. */
export function keyValues(keys: readonly ListKey[], element: unknown): Record<string, unknown> | undefined {
  if (!isRecord(element)) return undefined;
  const values: Record<string, unknown> = {};
  for (const key of keys) {
    const value = element[key.name] ?? key.default;
    if (value === undefined || value === null || typeof value === 'object') return undefined;
    values[key.name] = value;
  }
  return values;
}

/** Causes beyond this say nothing new. */
const CAUSES_MAX = 16;

/** What is wrong with the lists in a value; empty when nothing is. Wrong types are for others to find. */
export function listCauses(schema: SchemaKeywords, value: unknown, path = ''): StatusCause[] {
  const causes: StatusCause[] = [];
  if (holdsKeyedLists(schema)) walk(schema, value, path, causes);
  return causes.slice(0, CAUSES_MAX);
}

const holding = new WeakMap<SchemaKeywords, boolean>();

/** Whether there is anything to look for: most schemas have no such list. */
function holdsKeyedLists(schema: SchemaKeywords): boolean {
  let known = holding.get(schema);
  if (known === undefined) {
    const parts: unknown[] = [...alternatives(schema), schema.items];
    const { properties, patterns } = objectForm(schema);
    parts.push(...properties.values(), ...patterns.map((pattern) => pattern.schema));
    known =
      schema['x-kubernetes-list-type'] === 'map' ||
      schema['x-kubernetes-list-type'] === 'set' ||
      parts.some((part) => isRecord(part) && holdsKeyedLists(part));
    holding.set(schema, known);
  }
  return known;
}

function walk(schema: SchemaKeywords, value: unknown, path: string, causes: StatusCause[]): void {
  if (causes.length >= CAUSES_MAX) return;
  const options = alternatives(schema);
  if (options.length > 0) {
    const meant = meantAlternative(options, value);
    if (meant) walk(meant, value, path, causes);
    return;
  }
  if (Array.isArray(value)) {
    checkElements(schema, value, path, causes);
    const { items } = schema;
    if (!isRecord(items)) return;
    for (const [index, item] of value.entries()) walk(items, item, childPath(path, index), causes);
    return;
  }
  if (!isRecord(value)) return;
  const form = objectForm(schema);
  for (const [name, member] of Object.entries(value)) {
    const of = memberSchema(form, name);
    if (of) walk(of, member, childPath(path, name), causes);
  }
}

function checkElements(
  schema: SchemaKeywords,
  list: readonly unknown[],
  path: string,
  causes: StatusCause[],
) {
  const type = schema['x-kubernetes-list-type'];
  if (type !== 'map' && type !== 'set') return;
  const keys = type === 'map' ? listKeys(schema) : [];
  const seen = new Set<string>();
  for (const [index, element] of list.entries()) {
    const field = childPath(path, index);
    const identity = type === 'map' ? keyValues(keys, element) : element;
    if (identity === undefined) {
      const names = keys.map(({ name }) => name).join(' and ');
      causes.push({
        reason: 'FieldValueRequired',
        field,
        message: `Required value: an object that says its ${names}`,
      });
      continue;
    }
    const text = JSON.stringify(identity);
    if (seen.has(text)) {
      causes.push({
        reason: 'FieldValueDuplicate',
        field,
        message: `Duplicate value: ${text.slice(0, 200)}`,
      });
    }
    seen.add(text);
  }
}
