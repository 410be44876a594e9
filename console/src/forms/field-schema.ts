/**
 * What a form needs to know of a field, read from the OpenAPI schema of its kind (3.0, as the realm serves it): references followed, `allOf` joined,
 * and every shape one of a few. Pure.
 */

interface Common {
  readonly description: string;
  /** Of what stands in its place where it is left out; undefined: nothing does. */
  readonly default: unknown;
  /** Once it is set it stays as it is. */
  readonly isImmutable: boolean;
}

export interface TextSchema extends Common {
  readonly type: 'text';
  readonly length_min: number;
  readonly length_max: number | undefined;
  readonly pattern: RegExp | undefined;
  readonly format: string | undefined;
}

export interface QuantitySchema extends Common {
  readonly type: 'quantity';
}

export interface NumberSchema extends Common {
  readonly type: 'number';
  readonly isInteger: boolean;
  readonly minimum: number | undefined;
  readonly maximum: number | undefined;
}

export interface BooleanSchema extends Common {
  readonly type: 'boolean';
}

export interface ChoiceSchema extends Common {
  readonly type: 'choice';
  readonly options: readonly (string | number)[];
}

export interface ListSchema extends Common {
  readonly type: 'list';
  readonly items: FieldSchema;
  readonly items_min: number;
  readonly items_max: number | undefined;
  /** No value twice. */
  readonly isSet: boolean;
  /** Fields of an item that tell it from the others. */
  readonly keys: readonly string[];
}

export interface MapSchema extends Common {
  readonly type: 'map';
  readonly values: FieldSchema;
  readonly entries_max: number | undefined;
}

export interface ObjectSchema extends Common {
  readonly type: 'object';
  readonly members: readonly Member[];
}

export interface UnionSchema extends Common {
  readonly type: 'union';
  readonly options: readonly FieldSchema[];
}

/** Something that only YAML can say. */
export interface AnySchema extends Common {
  readonly type: 'any';
}

export type FieldSchema =
  | TextSchema
  | QuantitySchema
  | NumberSchema
  | BooleanSchema
  | ChoiceSchema
  | ListSchema
  | MapSchema
  | ObjectSchema
  | UnionSchema
  | AnySchema;

export interface Member {
  readonly name: string;
  readonly schema: FieldSchema;
  readonly isRequired: boolean;
}

type Json = Readonly<Record<string, unknown>>;

export interface OpenApiDocument {
  readonly components: { readonly schemas: Readonly<Record<string, Json>> };
}

/** Deeper than any kind nests; what refers to itself ends here. */
const DEPTH_MAX = 12;
const IMMUTABLE_RULE = 'self == oldSelf';

const isRecord = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const records = (value: unknown): readonly Json[] => (Array.isArray(value) ? value.filter(isRecord) : []);
const numberOf = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);

/** The schema of a kind's objects; undefined where the document has none of that kind. */
export function kindSchema(
  document: OpenApiDocument,
  wanted: { readonly group: string; readonly version: string; readonly kind: string },
): ObjectSchema | undefined {
  const found = Object.values(document.components.schemas).find((schema) =>
    records(schema['x-kubernetes-group-version-kind']).some(
      ({ group, version, kind }) =>
        group === wanted.group && version === wanted.version && kind === wanted.kind,
    ),
  );
  if (found === undefined) return undefined;
  const read = new Reader(document).read(found, 0);
  return read.type === 'object' ? read : undefined;
}

class Reader {
  readonly #document: OpenApiDocument;

  constructor(document: OpenApiDocument) {
    this.#document = document;
  }

  read(given: Json, depth: number): FieldSchema {
    const schema = this.#joined(given, depth);
    const common: Common = {
      description: typeof schema.description === 'string' ? schema.description : '',
      default: schema.default,
      isImmutable: records(schema['x-kubernetes-validations']).some(({ rule }) => rule === IMMUTABLE_RULE),
    };
    if (depth > DEPTH_MAX) return { ...common, type: 'any' };
    const options = [...records(schema.oneOf), ...records(schema.anyOf)];
    if (options.length > 0)
      return { ...common, type: 'union', options: options.map((option) => this.read(option, depth + 1)) };
    if (schema['x-kubernetes-int-or-string'] === true) return { ...common, type: 'quantity' };
    if (Array.isArray(schema.enum)) return { ...common, type: 'choice', options: schema.enum };
    switch (schema.type) {
      case 'string':
        return { ...common, ...textRules(schema) };
      case 'integer':
      case 'number':
        return { ...common, ...numberRules(schema) };
      case 'boolean':
        return { ...common, type: 'boolean' };
      case 'array':
        return { ...common, ...this.#list(schema, depth) };
      case 'object':
        return this.#object(common, schema, depth);
      default:
        return { ...common, type: 'any' };
    }
  }

  /** What a reference names and the parts of an `allOf`, as one; what stands beside them counts more. */
  #joined(schema: Json, depth: number): Json {
    if (depth > DEPTH_MAX) return schema;
    const { $ref, allOf, ...own } = schema;
    const named =
      typeof $ref === 'string' ? this.#document.components.schemas[$ref.split('/').at(-1) ?? ''] : undefined;
    const parts = [...(named === undefined ? [] : [named]), ...records(allOf)];
    const whole: Record<string, unknown> = {};
    const properties: Record<string, unknown> = {};
    const required: unknown[] = [];
    for (const part of [...parts.map((one) => this.#joined(one, depth + 1)), own]) {
      Object.assign(whole, part);
      Object.assign(properties, part.properties);
      if (Array.isArray(part.required)) required.push(...part.required);
    }
    if (Object.keys(properties).length > 0) whole.properties = properties;
    if (required.length > 0) whole.required = required;
    return whole;
  }

  #list(schema: Json, depth: number): Omit<ListSchema, keyof Common> {
    const keys = schema['x-kubernetes-list-map-keys'];
    return {
      type: 'list',
      items: this.read(isRecord(schema.items) ? schema.items : {}, depth + 1),
      items_min: numberOf(schema.minItems) ?? 0,
      items_max: numberOf(schema.maxItems),
      isSet: schema.uniqueItems === true || schema['x-kubernetes-list-type'] === 'set',
      keys: Array.isArray(keys) ? keys.map(String) : [],
    };
  }

  #object(common: Common, schema: Json, depth: number): ObjectSchema | MapSchema | AnySchema {
    if (isRecord(schema.properties)) {
      const required = Array.isArray(schema.required) ? schema.required : [];
      const members = Object.entries(schema.properties).flatMap(([name, member]) =>
        isRecord(member)
          ? [{ name, schema: this.read(member, depth + 1), isRequired: required.includes(name) }]
          : [],
      );
      return { ...common, type: 'object', members };
    }
    if (isRecord(schema.additionalProperties)) {
      const values = this.read(schema.additionalProperties, depth + 1);
      return { ...common, type: 'map', values, entries_max: numberOf(schema.maxProperties) };
    }
    return { ...common, type: 'any' };
  }
}

function textRules(schema: Json): Omit<TextSchema, keyof Common> {
  return {
    type: 'text',
    length_min: numberOf(schema.minLength) ?? 0,
    length_max: numberOf(schema.maxLength),
    pattern: typeof schema.pattern === 'string' ? new RegExp(schema.pattern, 'u') : undefined,
    format: typeof schema.format === 'string' ? schema.format : undefined,
  };
}

/** A limit that is itself excluded is left to the server, which says it better than a rounded one would. */
function numberRules(schema: Json): Omit<NumberSchema, keyof Common> {
  return {
    type: 'number',
    isInteger: schema.type === 'integer',
    minimum: schema.exclusiveMinimum === true ? undefined : numberOf(schema.minimum),
    maximum: schema.exclusiveMaximum === true ? undefined : numberOf(schema.maximum),
  };
}
