/**
 * Fills in the defaults a schema declares. Pure: gives a new value where something was filled in, the same value otherwise.
 */
import { isRecord } from './field-path.ts';
import {
  alternatives,
  meantAlternative,
  memberSchema,
  objectForm,
  type SchemaKeywords,
} from './schema-form.ts';

export function withDefaults(schema: SchemaKeywords, value: unknown): unknown {
  if (value === undefined) {
    return 'default' in schema ? withDefaults(schema, copyOf(schema.default)) : undefined;
  }
  const options = alternatives(schema);
  if (options.length > 0) {
    const meant = meantAlternative(options, value);
    return meant ? withDefaults(meant, value) : value;
  }
  if (Array.isArray(value)) {
    const items = schema.items;
    if (!isRecord(items)) return value;
    const filled = value.map((item) => withDefaults(items, item));
    return filled.some((item, index) => item !== value[index]) ? filled : value;
  }
  if (!isRecord(value)) return value;
  return objectWithDefaults(schema, value);
}

/** Of a JSON value: `structuredClone` takes longer for a number than this does for a small object. */
function copyOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copyOf);
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, copyOf(member)]));
}

function objectWithDefaults(schema: SchemaKeywords, value: Record<string, unknown>): unknown {
  const form = objectForm(schema);
  let filled: Record<string, unknown> | undefined;
  const put = (key: string, member: unknown) => {
    filled ??= { ...value };
    filled[key] = member;
  };
  for (const [key, member] of Object.entries(value)) {
    // Only what may have members, and null, can be filled in.
    if (typeof member !== 'object') continue;
    const of = memberSchema(form, key);
    if (!of) continue;
    // As in Kubernetes, null for a field with a default means "not given".
    const given = member === null && 'default' in of ? undefined : member;
    const next = withDefaults(of, given);
    if (next !== member) put(key, next);
  }
  for (const [key, of] of form.properties) {
    if (value[key] !== undefined) continue;
    const next = withDefaults(of, undefined);
    if (next !== undefined) put(key, next);
  }
  return filled ?? value;
}
