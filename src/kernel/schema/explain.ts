/**
 * Says what is wrong with a value that a schema refused, and what would be right, in causes that name fields. Pure; whether a
 * value is valid is for TypeBox to decide, this only explains.
 */

import type { TSchema } from 'typebox';
import { Check } from 'typebox/schema';
import type { StatusCause } from '../errors.ts';
import { childPath, isRecord, jsonEqual, jsonType } from './field-path.ts';
import {
  alternatives,
  branches,
  meantAlternative,
  memberSchema,
  objectForm,
  type SchemaKeywords,
} from './schema-form.ts';

/** More than these help nobody. */
const CAUSES_MAX = 32;
const SHOWN_VALUE_CHARACTERS_MAX = 100;

export interface ExplainOptions {
  /** Whether messages may quote values: not for secrets. */
  readonly showValues: boolean;
}

export function explain(
  schema: SchemaKeywords,
  value: unknown,
  path: string,
  options: ExplainOptions,
): StatusCause[] {
  const explainer = new Explainer(options);
  explainer.visit(schema, value, path);
  return explainer.causes;
}

class Explainer {
  readonly causes: StatusCause[] = [];
  readonly #options: ExplainOptions;

  constructor(options: ExplainOptions) {
    this.#options = options;
  }

  visit(schema: SchemaKeywords, value: unknown, path: string): void {
    if (this.causes.length >= CAUSES_MAX) return;
    const options = alternatives(schema);
    if (options.length > 0) this.#union(schema, options, value, path);
    else if ('const' in schema) this.#oneOf([schema.const], value, path);
    else if (Array.isArray(schema.enum)) this.#oneOf(schema.enum, value, path);
    else if (this.#hasType(schema, value, path)) this.#members(schema, value, path);
  }

  #members(schema: SchemaKeywords, value: unknown, path: string): void {
    if (typeof value === 'string') this.#string(schema, value, path);
    else if (typeof value === 'number') this.#number(schema, value, path);
    else if (Array.isArray(value)) this.#array(schema, value, path);
    else if (isRecord(value)) this.#object(schema, value, path);
    // What only a part of an `allOf` says about a value that is no object.
    if (!isRecord(value)) for (const part of branches(schema, 'allOf')) this.visit(part, value, path);
  }

  #union(schema: SchemaKeywords, options: readonly SchemaKeywords[], value: unknown, path: string): void {
    if (options.some((option) => check(option, value))) return;
    const constants = options.flatMap(constantsOf);
    if (constants.length > 0 && options.every((option) => constantsOf(option).length > 0)) {
      this.#oneOf(constants, value, path);
      return;
    }
    const meant = meantAlternative(options, value);
    if (meant) {
      this.visit(meant, value, path);
      return;
    }
    const tag = tagOf(options);
    if (tag && isRecord(value)) {
      const tags = options.flatMap((option) => constantsOf(objectForm(option).properties.get(tag) ?? {}));
      if (value[tag] === undefined) {
        this.#add('FieldValueRequired', childPath(path, tag), `Required value: one of ${list(tags)}`);
      } else this.#oneOf(tags, value[tag], childPath(path, tag));
      return;
    }
    const wanted = [...new Set(options.map(describe))].join(', or ');
    this.#add('FieldValueInvalid', path, `${this.#invalid(value)}must be ${wanted}${note(schema)}`);
  }

  #oneOf(allowed: readonly unknown[], value: unknown, path: string): void {
    if (allowed.some((each) => jsonEqual(each, value))) return;
    const what = allowed.length === 1 ? `must be ${list(allowed)}` : `supported values: ${list(allowed)}`;
    this.#add('FieldValueNotSupported', path, `${this.#label('Unsupported value', value)}${what}`);
  }

  #hasType(schema: SchemaKeywords, value: unknown, path: string): boolean {
    const wanted = schema.type;
    if (typeof wanted !== 'string') return true;
    const actual = jsonType(value);
    if (wanted === actual || (wanted === 'integer' && Number.isInteger(value))) return true;
    const found = wanted === 'integer' && actual === 'number' ? 'a fraction' : article(actual);
    this.#add(
      'FieldValueTypeInvalid',
      path,
      `${this.#invalid(value)}must be ${article(wanted)}, not ${found}`,
    );
    return false;
  }

  #string(schema: SchemaKeywords, value: string, path: string): void {
    const { minLength, maxLength, pattern, format } = schema;
    if (typeof maxLength === 'number' && value.length > maxLength) {
      this.#add('FieldValueTooLong', path, `Too long: ${value.length} characters; the most is ${maxLength}`);
    }
    if (typeof minLength === 'number' && value.length < minLength) {
      const wanted = minLength === 1 ? 'must not be empty' : `must have at least ${minLength} characters`;
      this.#add('FieldValueInvalid', path, `${this.#invalid(value)}${wanted}`);
    } else if (typeof pattern === 'string' && !new RegExp(pattern, 'u').test(value)) {
      const wanted = typeof schema.patternDescription === 'string' ? schema.patternDescription : undefined;
      const rule = wanted ? `must be ${wanted}` : `must match ${pattern}${note(schema)}`;
      this.#add('FieldValueInvalid', path, `${this.#invalid(value)}${rule}`);
    }
    if (typeof format === 'string' && !check({ type: 'string', format }, value)) {
      this.#add(
        'FieldValueInvalid',
        path,
        `${this.#invalid(value)}must be of the form "${format}"${note(schema)}`,
      );
    }
  }

  #number(schema: SchemaKeywords, value: number, path: string): void {
    const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema;
    const low = (limit: unknown) => typeof limit === 'number';
    const outside =
      (low(minimum) && value < Number(minimum)) ||
      (low(maximum) && value > Number(maximum)) ||
      (low(exclusiveMinimum) && value <= Number(exclusiveMinimum)) ||
      (low(exclusiveMaximum) && value >= Number(exclusiveMaximum));
    if (outside) this.#add('FieldValueInvalid', path, `${this.#invalid(value)}must be ${rangeOf(schema)}`);
    // As TypeBox does it, so that both agree on fractions.
    if (typeof multipleOf === 'number' && !check({ type: 'number', multipleOf }, value)) {
      this.#add('FieldValueInvalid', path, `${this.#invalid(value)}must be a multiple of ${multipleOf}`);
    }
  }

  #array(schema: SchemaKeywords, value: readonly unknown[], path: string): void {
    const { minItems, maxItems, uniqueItems, items } = schema;
    if (typeof maxItems === 'number' && value.length > maxItems) {
      this.#add('FieldValueTooLong', path, `Too many: ${value.length} items; the most is ${maxItems}`);
      return;
    }
    if (typeof minItems === 'number' && value.length < minItems) {
      this.#add(
        'FieldValueRequired',
        path,
        `Required value: at least ${minItems} of them, not ${value.length}`,
      );
    }
    if (uniqueItems === true) {
      value.forEach((item, index) => {
        if (value.findIndex((other) => jsonEqual(other, item)) < index) {
          this.#add(
            'FieldValueDuplicate',
            childPath(path, index),
            this.#label('Duplicate value', item).replace(/: $/, ''),
          );
        }
      });
    }
    if (!isRecord(items)) return;
    value.forEach((item, index) => {
      this.visit(items, item, childPath(path, index));
    });
  }

  #object(schema: SchemaKeywords, value: Record<string, unknown>, path: string): void {
    const form = objectForm(schema);
    for (const name of form.required) {
      if (value[name] !== undefined) continue;
      const member = form.properties.get(name) ?? {};
      this.#add(
        'FieldValueRequired',
        childPath(path, name),
        `Required value: ${describe(member)}${note(member)}`,
      );
    }
    const { minProperties, maxProperties } = schema;
    const size = Object.keys(value).length;
    if (typeof maxProperties === 'number' && size > maxProperties) {
      this.#add('FieldValueTooLong', path, `Too many: ${size} entries; the most is ${maxProperties}`);
    }
    if (typeof minProperties === 'number' && size < minProperties) {
      this.#add('FieldValueRequired', path, `Required value: at least ${minProperties} entries, not ${size}`);
    }
    for (const [key, member] of Object.entries(value)) {
      if (member === undefined) continue;
      const of = memberSchema(form, key);
      if (of) this.visit(of, member, childPath(path, key));
      else if (!form.open && form.patterns.length > 0) this.#badKey(form.patterns, key, path);
    }
  }

  #badKey(patterns: readonly { readonly pattern: RegExp }[], key: string, path: string): void {
    const wanted = patterns.map(({ pattern }) => pattern.source).join(' or ');
    this.#add(
      'FieldValueInvalid',
      childPath(path, key),
      `Invalid value: the key "${key}" must match ${wanted}`,
    );
  }

  #invalid(value: unknown): string {
    return this.#label('Invalid value', value);
  }

  #label(what: string, value: unknown): string {
    return this.#options.showValues ? `${what}: ${shown(value)}: ` : `${what}: `;
  }

  #add(reason: StatusCause['reason'], field: string, message: string): void {
    if (this.causes.length < CAUSES_MAX) this.causes.push({ reason, field, message });
  }
}

// TypeBox schemas are plain JSON Schema; the keywords came out of one.
const check = (schema: SchemaKeywords, value: unknown) => Check(schema as TSchema, value);

function constantsOf(schema: SchemaKeywords): readonly unknown[] {
  if ('const' in schema) return [schema.const];
  return Array.isArray(schema.enum) ? schema.enum : [];
}

/** The member whose constant tells the alternatives apart. */
function tagOf(options: readonly SchemaKeywords[]): string | undefined {
  const [first] = options;
  if (!first) return undefined;
  for (const name of objectForm(first).properties.keys()) {
    const isTag = options.every((option) => 'const' in (objectForm(option).properties.get(name) ?? {}));
    if (isTag) return name;
  }
  return undefined;
}

/** What a schema wants, in words: `a string`, `a whole number from 1 to 64`. */
function describe(schema: SchemaKeywords): string {
  const constants = [...constantsOf(schema), ...alternatives(schema).flatMap(constantsOf)];
  if (constants.length === 1) return list(constants);
  if (constants.length > 1) return `one of ${list(constants)}`;
  const options = alternatives(schema);
  if (options.length > 0) return options.map(describe).join(', or ');
  if (typeof schema.patternDescription === 'string') return schema.patternDescription;
  if (schema.type === 'integer' || schema.type === 'number') {
    const range = rangeOf(schema);
    return range === '' ? article(String(schema.type)) : `${article(String(schema.type))} ${range}`;
  }
  return typeof schema.type === 'string' ? article(schema.type) : 'a value';
}

function rangeOf(schema: SchemaKeywords): string {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema;
  const low =
    minimum !== undefined
      ? `at least ${minimum}`
      : exclusiveMinimum !== undefined
        ? `more than ${exclusiveMinimum}`
        : '';
  const high =
    maximum !== undefined
      ? `at most ${maximum}`
      : exclusiveMaximum !== undefined
        ? `less than ${exclusiveMaximum}`
        : '';
  if (minimum !== undefined && maximum !== undefined) return `from ${minimum} to ${maximum}`;
  return [low, high].filter((part) => part !== '').join(' and ');
}

const ARTICLES: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  null: 'null',
};

const article = (type: string) => ARTICLES[type] ?? type;

const list = (values: readonly unknown[]) => values.map((value) => JSON.stringify(value)).join(', ');

const note = (schema: SchemaKeywords) =>
  typeof schema.description === 'string' ? ` (${schema.description.replace(/\.$/, '')})` : '';

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'undefined';
  return text.length > SHOWN_VALUE_CHARACTERS_MAX ? `${text.slice(0, SHOWN_VALUE_CHARACTERS_MAX)}…` : text;
}
