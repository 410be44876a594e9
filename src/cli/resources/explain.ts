/** `casemate explain`: what a kind and its fields mean, from the server's OpenAPI v3. */
import { apiVersionOf, type ResourceType, resolveType } from './discovery.ts';
import { CliError, EXIT, usageError } from './errors.ts';
import { isRecord, textAt, valueAt } from './objects.ts';
import type { SessionOptions } from './options.ts';
import { printLines } from './output.ts';
import { inSession, type Session } from './session.ts';
import { didYouMean } from './suggest.ts';

const DEPTH_MAX = 20;

type Schema = Readonly<Record<string, unknown>>;
type Schemas = Readonly<Record<string, unknown>>;

/** Follows `$ref`, and an `allOf` of one; keeps the description nearest to where it is used. */
function resolveSchema(schema: unknown, schemas: Schemas): Schema {
  let at = schema;
  let description: unknown;
  for (let depth = 0; depth < DEPTH_MAX && isRecord(at); depth++) {
    description ??= at.description;
    const reference = textAt(at, '$ref');
    const [only, ...more] = Array.isArray(at.allOf) ? at.allOf : [];
    if (reference !== undefined) at = schemas[reference.replace('#/components/schemas/', '')];
    else if (only !== undefined && more.length === 0 && at.properties === undefined) at = only;
    else return description === undefined ? at : { ...at, description };
  }
  return isRecord(at) ? at : {};
}

/** The schema of the objects within: a list's items, a map's values. */
function innerSchema(schema: Schema, schemas: Schemas): Schema {
  if (schema.items !== undefined) return innerSchema(resolveSchema(schema.items, schemas), schemas);
  if (isRecord(schema.additionalProperties) && schema.properties === undefined) {
    return innerSchema(resolveSchema(schema.additionalProperties, schemas), schemas);
  }
  return schema;
}

function typeText(schema: Schema, schemas: Schemas): string {
  if (schema.items !== undefined) return `[]${typeText(resolveSchema(schema.items, schemas), schemas)}`;
  if (isRecord(schema.additionalProperties) && schema.properties === undefined) {
    return `map[string]${typeText(resolveSchema(schema.additionalProperties, schemas), schemas)}`;
  }
  const options = Array.isArray(schema.anyOf) ? schema.anyOf : schema.oneOf;
  if (schema.type === undefined && Array.isArray(options)) {
    return [...new Set(options.map((option) => typeText(resolveSchema(option, schemas), schemas)))].join(
      ' or ',
    );
  }
  return typeof schema.type === 'string' ? schema.type : 'object';
}

/** What may be said, beyond the type. */
function rules(schema: Schema): string[] {
  const values = Array.isArray(schema.enum) ? schema.enum : undefined;
  const limits = (
    [
      ['default', 'default'],
      ['minimum', 'at least'],
      ['maximum', 'at most'],
      ['maxLength', 'characters at most'],
      ['maxItems', 'items at most'],
      ['pattern', 'pattern'],
    ] as const
  ).flatMap(([key, words]) =>
    schema[key] === undefined ? [] : [`${words}: ${JSON.stringify(schema[key])}`],
  );
  return [...(values === undefined ? [] : [`one of: ${values.join(', ')}`]), ...limits];
}

/** Breaks text into lines of at most `width` characters. */
export function wrap(text: string, indent: string, width = 88): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/).filter(Boolean)) {
    if (line !== '' && line.length + 1 + word.length > width - indent.length) {
      lines.push(indent + line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return line === '' ? lines : [...lines, indent + line];
}

function fieldLines(schema: Schema, schemas: Schemas, recursive: boolean, depth = 1): string[] {
  const properties = isRecord(schema.properties) ? schema.properties : {};
  const required = new Set(Array.isArray(schema.required) ? schema.required : []);
  const indent = '  '.repeat(depth);
  return Object.entries(properties).flatMap(([name, property]) => {
    const resolved = resolveSchema(property, schemas);
    const head = `${indent}${name} <${typeText(resolved, schemas)}>${required.has(name) ? ' -required-' : ''}`;
    if (recursive) {
      return depth >= DEPTH_MAX
        ? [head]
        : [head, ...fieldLines(innerSchema(resolved, schemas), schemas, true, depth + 1)];
    }
    const about = [
      ...wrap(String(resolved.description ?? ''), `${indent}  `),
      ...rules(resolved).map((rule) => `${indent}  ${rule}`),
    ];
    return [head, ...about, ''];
  });
}

/** The lines of `explain`: a kind, or the field at `path` in it. */
export function explainLines(
  type: ResourceType,
  root: unknown,
  schemas: Schemas,
  path: readonly string[],
  recursive: boolean,
): string[] {
  let schema = resolveSchema(root, schemas);
  const walked: string[] = [];
  for (const field of path) {
    const inner = innerSchema(schema, schemas);
    const properties = isRecord(inner.properties) ? inner.properties : {};
    if (!Object.hasOwn(properties, field)) {
      const where = [type.singular, ...walked].join('.');
      throw new CliError(`${where} has no field "${field}"`, {
        exitCode: EXIT.notFound,
        hint:
          didYouMean(field, Object.keys(properties)) ??
          `its fields: ${Object.keys(properties).join(', ') || 'none'}`,
      });
    }
    schema = resolveSchema(properties[field], schemas);
    walked.push(field);
  }
  const fields = fieldLines(innerSchema(schema, schemas), schemas, recursive);
  return [
    `KIND:       ${type.kind}`,
    `VERSION:    ${apiVersionOf(type)}`,
    '',
    ...(walked.length === 0 ? [] : [`FIELD: ${walked.at(-1)} <${typeText(schema, schemas)}>`, '']),
    'DESCRIPTION:',
    ...wrap(String(schema.description ?? '<none>'), '  '),
    ...rules(schema).map((rule) => `  ${rule}`),
    ...(fields.length === 0 ? [] : ['', 'FIELDS:', ...fields]),
  ]
    .join('\n')
    .trimEnd()
    .split('\n');
}

export interface ExplainOptions extends SessionOptions {
  readonly recursive?: boolean;
}

export const explain = inSession(async (session: Session, options: ExplainOptions, target: string) => {
  // `instance.spec.image`, or with the group in full: `instances.compute.casemate.internal`.
  const types = await session.types();
  const full = types.find((type) => type.group !== '' && target.startsWith(`${type.plural}.${type.group}`));
  const [word = '', ...rest] = full
    ? [full.plural, ...target.slice(`${full.plural}.${full.group}`.length).split('.').slice(1)]
    : target.split('.');
  if (rest.includes('')) throw usageError(`"${target}" is not TYPE.FIELD.FIELD`);
  const type = full ?? resolveType(types, word);
  const document = await session.client.json({
    path:
      type.group === ''
        ? `/openapi/v3/api/${type.version}`
        : `/openapi/v3/apis/${type.group}/${type.version}`,
  });
  const schemas = valueAt(document, 'components', 'schemas');
  const all = isRecord(schemas) ? schemas : {};
  const root = Object.values(all).find((schema) => {
    const kinds = valueAt(schema, 'x-kubernetes-group-version-kind');
    return (
      Array.isArray(kinds) &&
      kinds.some((gvk) => textAt(gvk, 'kind') === type.kind && (textAt(gvk, 'group') ?? '') === type.group)
    );
  });
  if (root === undefined) throw new CliError(`the server says nothing about ${type.kind}`);
  printLines(explainLines(type, root, all, rest, options.recursive === true));
});
