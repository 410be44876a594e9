/**
 * The part of JSON Schema that kinds use, read from TypeBox schemas once, so that defaults, unknown fields and explanations agree on
 * what a schema says. Anything else a schema demands is still checked by TypeBox; it is only explained in less detail.
 */
import type { TSchema } from 'typebox';
import { isRecord } from './field-path.ts';

/** A schema's keywords, as JSON Schema names them. All are checked by type where they are read. */
export type SchemaKeywords = Readonly<Record<string, unknown>>;

export interface ObjectForm {
  readonly properties: ReadonlyMap<string, SchemaKeywords>;
  readonly required: ReadonlySet<string>;
  /** Schemas of keys that are not named, by pattern. */
  readonly patterns: readonly { readonly pattern: RegExp; readonly schema: SchemaKeywords }[];
  /** True: any other key; false: the schema says nothing, so such a key is unknown. */
  readonly open: boolean;
}

export const keywordsOf = (schema: TSchema): SchemaKeywords => schema as SchemaKeywords;

const forms = new WeakMap<SchemaKeywords, ObjectForm>();

/** What a schema says of an object's members, its `allOf` parts joined. */
export function objectForm(schema: SchemaKeywords): ObjectForm {
  const known = forms.get(schema);
  if (known) return known;
  const properties = new Map<string, SchemaKeywords>();
  const required = new Set<string>();
  const patterns: { pattern: RegExp; schema: SchemaKeywords }[] = [];
  let open = schema['x-kubernetes-preserve-unknown-fields'] === true;
  let described = false;
  for (const part of [schema, ...branches(schema, 'allOf')]) {
    if (isRecord(part.properties)) {
      described = true;
      for (const [name, property] of Object.entries(part.properties)) {
        if (isRecord(property)) properties.set(name, property);
      }
    }
    if (Array.isArray(part.required)) for (const name of part.required) required.add(String(name));
    if (isRecord(part.patternProperties)) {
      described = true;
      for (const [pattern, member] of Object.entries(part.patternProperties)) {
        if (isRecord(member)) patterns.push({ pattern: new RegExp(pattern, 'u'), schema: member });
      }
    }
    if (isRecord(part.additionalProperties)) {
      described = true;
      patterns.push({ pattern: /(?:)/, schema: part.additionalProperties });
    } else if (part.additionalProperties === true) open = true;
  }
  const form: ObjectForm = { properties, required, patterns, open: open || !described };
  forms.set(schema, form);
  return form;
}

/** The schema of one member; undefined when the schema does not know it. */
export function memberSchema(form: ObjectForm, key: string): SchemaKeywords | undefined {
  return form.properties.get(key) ?? form.patterns.find(({ pattern }) => pattern.test(key))?.schema;
}

/** The parts of `anyOf`, `oneOf` or `allOf`. */
export function branches(
  schema: SchemaKeywords,
  keyword: 'anyOf' | 'oneOf' | 'allOf',
): readonly SchemaKeywords[] {
  const parts = schema[keyword];
  return Array.isArray(parts) ? parts.filter(isRecord) : [];
}

const unions = new WeakMap<SchemaKeywords, readonly SchemaKeywords[]>();

/** The alternatives of a union; empty when the schema is none. */
export function alternatives(schema: SchemaKeywords): readonly SchemaKeywords[] {
  let known = unions.get(schema);
  if (known === undefined) {
    const any = branches(schema, 'anyOf');
    known = any.length > 0 ? any : branches(schema, 'oneOf');
    unions.set(schema, known);
  }
  return known;
}

/**
 * The alternative that a value means: the one whose constant members it has (`type: 'dhcp'`), else the only one of the value's
 * type. Undefined when that does not decide.
 */
export function meantAlternative(
  options: readonly SchemaKeywords[],
  value: unknown,
): SchemaKeywords | undefined {
  const sameType = options.filter((option) => typeMatches(option, value));
  if (sameType.length <= 1 || !isRecord(value)) return sameType.length === 1 ? sameType[0] : undefined;
  const tagged = sameType.filter((option) => {
    const constants = [...objectForm(option).properties].filter(([, member]) => 'const' in member);
    return constants.length > 0 && constants.every(([name, member]) => value[name] === member.const);
  });
  if (tagged.length === 1) return tagged[0];
  // Else the one that requires only what is there and knows most of it (`{address}` or `{cidr}`).
  const fitting = sameType.filter((option) =>
    [...objectForm(option).required].every((name) => value[name] !== undefined),
  );
  return fitting.length === 1 ? fitting[0] : undefined;
}

function typeMatches(schema: SchemaKeywords, value: unknown): boolean {
  if ('const' in schema) return schema.const === value;
  if (Array.isArray(schema.enum)) return schema.enum.includes(value);
  switch (schema.type) {
    case 'object':
      return isRecord(value);
    case 'array':
      return Array.isArray(value);
    case 'integer':
      return Number.isInteger(value);
    case undefined:
      return true;
    case 'null':
      return value === null;
    default:
      return typeof value === schema.type;
  }
}
