/**
 * TypeBox schemas as OpenAPI 3.0 schemas: what `kubectl explain`, generated clients and the console read. Pure.
 */
import type { TSchema } from 'typebox';
import type { Kind } from '../kind.ts';

type Schema = Record<string, unknown>;

/** Keywords that mean the same in both. */
const COPIED = [
  'type',
  'description',
  'title',
  'default',
  'enum',
  'format',
  'pattern',
  'minimum',
  'maximum',
  'multipleOf',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'uniqueItems',
  'minProperties',
  'maxProperties',
  'required',
  'nullable',
  'readOnly',
  'writeOnly',
  'example',
] as const;

/** Text that may be written as a number (a quantity): a string to OpenAPI, as Kubernetes says it, so that `explain` shows one. */
function intOrString({ description, default: value }: Schema): Schema {
  return {
    type: 'string',
    format: 'int-or-string',
    'x-kubernetes-int-or-string': true,
    ...(description === undefined ? {} : { description }),
    ...(value === undefined ? {} : { default: value }),
  };
}

/** Converts a schema; what OpenAPI 3.0 cannot say becomes the nearest wider thing it can. */
export function openApiSchema(schema: unknown): Schema {
  const source = schema as Schema;
  if (source['x-kubernetes-int-or-string'] === true) return intOrString(source);
  const result: Schema = {};
  for (const key of COPIED) if (source[key] !== undefined) result[key] = source[key];
  for (const [key, value] of Object.entries(source)) if (key.startsWith('x-')) result[key] = value;
  if ('const' in source) {
    result.enum = [source.const];
    result.type ??= typeof source.const;
  }
  if (Array.isArray(source.enum) && result.type === undefined) result.type = typeof source.enum[0];
  // Draft 2020-12 gives the limit itself; OpenAPI 3.0 gives a flag beside it.
  if (typeof source.exclusiveMinimum === 'number') {
    Object.assign(result, { minimum: source.exclusiveMinimum, exclusiveMinimum: true });
  }
  if (typeof source.exclusiveMaximum === 'number') {
    Object.assign(result, { maximum: source.exclusiveMaximum, exclusiveMaximum: true });
  }
  if (source.properties) {
    result.properties = Object.fromEntries(
      Object.entries(source.properties).map(([name, property]) => [name, openApiSchema(property)]),
    );
  }
  const mapped = source.patternProperties && Object.values(source.patternProperties)[0];
  if (mapped) result.additionalProperties = openApiSchema(mapped);
  else if (typeof source.additionalProperties === 'object' && source.additionalProperties !== null) {
    result.additionalProperties = openApiSchema(source.additionalProperties);
  }
  if (Array.isArray(source.items)) result.items = {};
  else if (source.items) result.items = openApiSchema(source.items);
  else if (source.type === 'array') result.items = {};
  if (Array.isArray(source.anyOf) || Array.isArray(source.oneOf)) {
    const options = ((source.anyOf ?? source.oneOf) as unknown[]).map(openApiSchema);
    Object.assign(result, unionOf(options));
  }
  if (Array.isArray(source.allOf)) result.allOf = source.allOf.map(openApiSchema);
  // TypeBox requires what has a default, because it is always there once stored; a client may leave it out.
  if (Array.isArray(source.required)) {
    const properties = source.properties as Record<string, Schema> | undefined;
    const required = source.required.filter((name: string) => properties?.[name]?.default === undefined);
    if (required.length > 0) result.required = required;
    else delete result.required;
  }
  return result;
}

/** Literals become one enum, which `kubectl explain` prints; other unions stay unions. */
function unionOf(options: Schema[]): Schema {
  const type = options[0]?.type;
  if (options.every((option) => Array.isArray(option.enum) && option.type === type)) {
    return { type, enum: options.flatMap((option) => option.enum as unknown[]) };
  }
  return { oneOf: options };
}

const string = (description: string) => ({ type: 'string', description });
const stringMap = (description: string) => ({
  type: 'object',
  description,
  additionalProperties: { type: 'string', default: '' },
});
const date = (description: string) => ({ type: 'string', format: 'date-time', description });

export const OBJECT_META = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';
const LIST_META = 'io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta';
export const STATUS = 'io.k8s.apimachinery.pkg.apis.meta.v1.Status';
export const DELETE_OPTIONS = 'io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions';
export const PATCH = 'io.k8s.apimachinery.pkg.apis.meta.v1.Patch';
const OWNER_REFERENCE = 'io.k8s.apimachinery.pkg.apis.meta.v1.OwnerReference';

/** Schemas that every group-version shares. */
export function commonSchemas(ref: (name: string) => Schema): Record<string, Schema> {
  return {
    [OBJECT_META]: {
      description: 'What every object has: its name, its labels, and what the server knows about it.',
      type: 'object',
      properties: {
        name: string(
          'Unique for its kind in its project. Set once. Lower-case letters, digits, "-" and "." as a DNS name.',
        ),
        generateName: string('A prefix: the server completes it to a free name when `name` is absent.'),
        namespace: string('The project that the object is in. Set once; absent for objects of the realm.'),
        labels: stringMap('Keys and values to select objects by (`kubectl get -l`).'),
        annotations: stringMap('Keys and values for people and tools; nothing is selected by them.'),
        uid: string('Identity of the object in time and space; set by the server.'),
        resourceVersion: string(
          "Index of the leaf in the realm's changes log that last changed the object. Send it back with an update to be refused if somebody else was quicker.",
        ),
        generation: {
          type: 'integer',
          format: 'int64',
          description: 'Rises by one when the desired state changes; set by the server.',
        },
        creationTimestamp: date('When the object was created; set by the server.'),
        deletionTimestamp: date('When deletion was asked for; the object goes once its finalizers are gone.'),
        deletionGracePeriodSeconds: {
          type: 'integer',
          format: 'int64',
          description: 'How long deletion may take; set by the server.',
        },
        finalizers: {
          type: 'array',
          description: 'Whoever must clean up before the object may go. Each removes its own entry.',
          items: { type: 'string', default: '' },
          'x-kubernetes-list-type': 'set',
          'x-kubernetes-patch-strategy': 'merge',
        },
        ownerReferences: {
          type: 'array',
          description: 'Objects that this one belongs to; it is deleted when all of them are gone.',
          items: { allOf: [ref(OWNER_REFERENCE)], default: {} },
          'x-kubernetes-list-map-keys': ['uid'],
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-patch-merge-key': 'uid',
          'x-kubernetes-patch-strategy': 'merge',
        },
      },
    },
    [OWNER_REFERENCE]: {
      description: 'An object that this one belongs to, in the same project or the realm.',
      type: 'object',
      required: ['apiVersion', 'kind', 'name', 'uid'],
      properties: {
        apiVersion: string('API version of the owner.'),
        kind: string('Kind of the owner.'),
        name: string('Name of the owner.'),
        uid: string('Uid of the owner: an object made anew under the same name is another.'),
        controller: {
          type: 'boolean',
          description: 'Whether the owner manages this object. At most one does.',
        },
        blockOwnerDeletion: {
          type: 'boolean',
          description: 'Whether deleting the owner in the foreground waits for this object.',
        },
      },
    },
    [LIST_META]: {
      description: 'What a list says of itself.',
      type: 'object',
      properties: {
        resourceVersion: string('Index of the last leaf that the list includes: watch from here.'),
        continue: string('Send it back as `continue` for the next part of the list.'),
        remainingItemCount: {
          type: 'integer',
          format: 'int64',
          description: 'How many objects follow, where that is known.',
        },
      },
    },
    [DELETE_OPTIONS]: {
      description: 'How to delete.',
      type: 'object',
      properties: {
        propagationPolicy: string('Foreground, Background (the default) or Orphan.'),
        gracePeriodSeconds: { type: 'integer', format: 'int64', description: 'How long deletion may take.' },
        dryRun: { type: 'array', items: { type: 'string' }, description: 'All: decide, and change nothing.' },
        preconditions: {
          type: 'object',
          description: 'Refuse unless the object is still this one.',
          properties: { uid: string('Its uid.'), resourceVersion: string('Its resourceVersion.') },
        },
      },
    },
    [PATCH]: { description: 'A change, in the form that Content-Type says.', type: 'object' },
    [STATUS]: {
      description: 'The answer to a request that gives no object, and to every request that is refused.',
      type: 'object',
      properties: {
        status: string('Success or Failure.'),
        reason: string('Why, for programs.'),
        message: string('What was wrong and what would be right, for people.'),
        code: { type: 'integer', format: 'int32', description: 'The HTTP status.' },
        details: { type: 'object', description: 'The object it is about, and causes that name fields.' },
      },
    },
  };
}

/** As a CustomResourceDefinition says it (in CEL), so that clients which know those know this. */
const IMMUTABLE = [{ rule: 'self == oldSelf', message: 'field is immutable' }];

/** Notes the fields that stay as they were set first, in the schema of a kind's objects. */
function markImmutable(schema: Schema, paths: readonly string[]): void {
  for (const path of paths) {
    let at: Schema | undefined = schema;
    for (const step of path.split('.')) at = (at?.properties as Record<string, Schema> | undefined)?.[step];
    if (at !== undefined) at['x-kubernetes-validations'] = IMMUTABLE;
  }
}

const GROUP_PREFIX = 'internal.casemate';

/** The name of a kind's schema: `internal.casemate.compute.v1.Instance`. */
export function schemaName(kind: Kind): string {
  const group = kind.group === '' ? 'core' : kind.group.split('.')[0];
  return `${GROUP_PREFIX}.${group}.${kind.version}.${kind.kind}`;
}

/** The schema of a kind's objects. */
export function kindSchema(kind: Kind, ref: (name: string) => Schema): Schema {
  const body = openApiSchema(kind.body as TSchema) as { properties?: Record<string, Schema> };
  markImmutable(body, kind.immutable ?? []);
  const { spec, status } = body.properties ?? {};
  if (spec) spec.description ??= `What is wanted of the ${kind.kind}.`;
  if (status) status.description ??= `What was observed of the ${kind.kind}; written by the region.`;
  return {
    description: kind.description,
    type: 'object',
    properties: {
      apiVersion: string(`Always ${kind.apiVersion}.`),
      kind: string(`Always ${kind.kind}.`),
      metadata: {
        description: 'Name, labels and what the server knows.',
        allOf: [ref(OBJECT_META)],
        default: {},
      },
      ...body.properties,
    },
    'x-kubernetes-group-version-kind': [{ group: kind.group, version: kind.version, kind: kind.kind }],
  };
}

export function listSchema(kind: Kind, ref: (name: string) => Schema): Schema {
  return {
    description: `A list of ${kind.kind}.`,
    type: 'object',
    required: ['items'],
    properties: {
      apiVersion: string(`Always ${kind.apiVersion}.`),
      kind: string(`Always ${kind.kind}List.`),
      metadata: { allOf: [ref(LIST_META)], default: {} },
      items: { type: 'array', items: { allOf: [ref(schemaName(kind))], default: {} } },
    },
    'x-kubernetes-group-version-kind': [
      { group: kind.group, version: kind.version, kind: `${kind.kind}List` },
    ],
  };
}
