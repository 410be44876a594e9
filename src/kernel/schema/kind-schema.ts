/**
 * Everything the kernel asks of a kind's schema, compiled once: defaults, unknown fields, validity.
 */
import { type TSchema, Type } from 'typebox';
import { Compile } from 'typebox/schema';
import type { StatusCause } from '../errors.ts';
import type { Kind } from '../kind.ts';
import { withDefaults } from './defaults.ts';
import { explain } from './explain.ts';
import { listCauses } from './list-keys.ts';
import { metadataCauses, ObjectMetaSchema } from './metadata.ts';
import { keywordsOf, type SchemaKeywords } from './schema-form.ts';
import { prune, type UnknownField } from './unknown-fields.ts';

export interface KnownFields {
  readonly object: Record<string, unknown>;
  readonly unknown: readonly UnknownField[];
}

export interface KindSchema {
  /** The object without the fields that neither the kind nor Kubernetes' metadata know, and which those were. */
  prune(object: Readonly<Record<string, unknown>>): KnownFields;
  /** The object with the defaults of its schema filled in. */
  withDefaults(object: Readonly<Record<string, unknown>>): Record<string, unknown>;
  /** What is wrong with metadata and the kind's own fields; empty when nothing is. */
  causes(object: Readonly<Record<string, unknown>>): StatusCause[];
  /** What is wrong with a status. */
  statusCauses(status: unknown): StatusCause[];
  /** What is wrong with the keyed lists of an object that may be incomplete otherwise. */
  sharedListCauses(object: Readonly<Record<string, unknown>>): StatusCause[];
}

const compiled = new WeakMap<Kind, KindSchema>();

/** The kind's schema, compiled on first use. */
export function schemaOf(kind: Kind): KindSchema {
  let schema = compiled.get(kind);
  if (!schema) {
    schema = compileKind(kind);
    compiled.set(kind, schema);
  }
  return schema;
}

function compileKind(kind: Kind): KindSchema {
  const body: Record<string, TSchema> = { ...kind.fields };
  if (kind.spec) body.spec = kind.spec;
  const bodySchema = Type.Object(body);
  const statusSchema = kind.status ?? Type.Undefined();
  const whole = keywordsOf(
    Type.Object({
      apiVersion: Type.String(),
      kind: Type.String(),
      metadata: ObjectMetaSchema,
      ...body,
      ...(kind.status ? { status: kind.status } : {}),
    }),
  );
  const options = { showValues: kind.secret !== true };
  const checkBody = checker(bodySchema, '', options);
  const checkStatus = checker(statusSchema, 'status', options);
  const checkMetadata = checker(ObjectMetaSchema, 'metadata', options);
  return {
    prune(object) {
      const { value, unknown } = prune(whole, object, '');
      return { object: value as Record<string, unknown>, unknown };
    },
    withDefaults: (object) => withDefaults(keywordsOf(bodySchema), object) as Record<string, unknown>,
    causes(object) {
      const typeCauses = checkMetadata(object.metadata);
      const metadata = typeCauses.length > 0 ? typeCauses : metadataCauses(kind, object.metadata);
      const body = checkBody(object);
      return [...metadata, ...body, ...(body.length > 0 ? [] : listCauses(keywordsOf(bodySchema), object))];
    },
    statusCauses(status) {
      if (status === undefined) return [];
      const causes = checkStatus(status);
      return causes.length > 0 ? causes : listCauses(keywordsOf(statusSchema), status, 'status');
    },
    sharedListCauses: (object) => listCauses(whole, object),
  };
}

/** Says what is wrong with a value, in causes below `path`; nothing when it is valid. */
export function checker(schema: TSchema, path: string, options: { readonly showValues: boolean }) {
  const validator = Compile(schema);
  const keywords: SchemaKeywords = keywordsOf(schema);
  return (value: unknown): StatusCause[] => {
    if (validator.Check(value)) return [];
    const causes = explain(keywords, value, path, options);
    if (causes.length > 0) return causes;
    // A rule beyond what `explain` reads (a refinement, a dependency): TypeBox says it in its own words.
    return validator.Errors(value)[1].map((error) => ({
      reason: 'FieldValueInvalid',
      field: pointerPath(path, error.instancePath),
      message: `Invalid value: ${error.message}`,
    }));
  };
}

function pointerPath(path: string, pointer: string): string {
  const rest = pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  return rest.reduce((at, step) => {
    if (/^[0-9]+$/.test(step)) return `${at}[${step}]`;
    return at === '' ? step : `${at}.${step}`;
  }, path);
}
