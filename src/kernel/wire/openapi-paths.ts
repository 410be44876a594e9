/**
 * The paths of one resource in OpenAPI 3.0. kubectl reads the PATCH operation: its `fieldValidation` parameter tells that the
 * server validates, and its request types tell which patches it takes. Pure.
 */
import type { ActionDefinition, ReportDefinition } from '../kind.ts';
import type { ServedResource, ServedSubresource } from './catalogue.ts';
import { DELETE_OPTIONS, openApiSchema, PATCH, STATUS, schemaName } from './openapi-schema.ts';

type Json = Record<string, unknown>;
type Ref = (name: string) => Json;

const parameter = (name: string, description: string, type = 'string') => ({
  name,
  in: 'query',
  description,
  schema: { type, uniqueItems: true },
});
const pathParameter = (name: string, description: string) => ({
  name,
  in: 'path',
  required: true,
  description,
  schema: { type: 'string', uniqueItems: true },
});

const PRETTY = parameter('pretty', 'Whether to indent the answer.');
const WRITE_PARAMETERS = [
  parameter('dryRun', 'All: decide, and change nothing.'),
  parameter('fieldManager', 'Who makes the change.'),
  parameter('fieldValidation', 'What to do with unknown fields: Ignore, Warn (the default) or Strict.'),
];
const PATCH_PARAMETERS = [
  ...WRITE_PARAMETERS,
  parameter('force', 'Server-side apply: take over what others manage, instead of a conflict.', 'boolean'),
];
const SELECTORS = [
  parameter('labelSelector', 'Only objects whose labels match.'),
  parameter('fieldSelector', 'Only objects whose fields match.'),
];
const LIST_PARAMETERS = [
  ...SELECTORS,
  parameter('limit', 'At most this many.', 'integer'),
  parameter('continue', 'The token of the part before.'),
  parameter('resourceVersion', 'How fresh the answer must be.'),
  parameter('resourceVersionMatch', 'NotOlderThan or Exact.'),
  parameter('watch', 'Whether to stream changes.', 'boolean'),
  parameter('allowWatchBookmarks', 'Whether bookmarks are welcome.', 'boolean'),
  parameter('sendInitialEvents', 'Whether a watch starts with what there is.', 'boolean'),
  parameter('timeoutSeconds', 'When a watch ends.', 'integer'),
];
const DELETE_PARAMETERS = [
  parameter('dryRun', 'All: decide, and change nothing.'),
  parameter('gracePeriodSeconds', 'How long deletion may take.', 'integer'),
  parameter('propagationPolicy', 'Foreground, Background or Orphan.'),
];

const answer = (description: string, schema: Json) => ({
  description,
  content: { 'application/json': { schema }, 'application/yaml': { schema } },
});

/** Patch types in the order kubectl should prefer them. Strategic merge is for the core group, as in Kubernetes. */
function patchTypes(group: string): string[] {
  return [
    'application/json-patch+json',
    'application/merge-patch+json',
    ...(group === '' ? ['application/strategic-merge-patch+json'] : []),
    'application/apply-patch+yaml',
  ];
}

/** All paths of a resource below the realm's prefix. */
export function resourcePaths(resource: ServedResource, ref: Ref): Record<string, Json> {
  const { kind } = resource;
  const root = kind.group === '' ? `/api/${kind.version}` : `/apis/${kind.group}/${kind.version}`;
  const namespaced = kind.scope === 'Project';
  const scope = namespaced ? '/namespaces/{namespace}' : '';
  const collection = `${root}${scope}/${kind.plural}`;
  const namespace = namespaced ? [pathParameter('namespace', 'The project.')] : [];
  const paths: Record<string, Json> = {
    [collection]: { ...collectionOperations(resource, ref, namespaced), parameters: [...namespace, PRETTY] },
  };
  if (resource.type === 'review') return paths;
  if (namespaced) {
    const { get } = collectionOperations(resource, ref, false) as { get?: Json };
    paths[`${root}/${kind.plural}`] = {
      get: { ...get, operationId: `${get?.operationId}ForAllNamespaces` },
      parameters: [PRETTY],
    };
  }
  const object = [...namespace, pathParameter('name', `Name of the ${kind.kind}.`), PRETTY];
  paths[`${collection}/{name}`] = {
    ...objectOperations(resource, ref, resource.verbs, ''),
    parameters: object,
  };
  for (const subresource of resource.subresources) {
    if (subresource.type === 'data') continue;
    const operations =
      subresource.type === 'status'
        ? objectOperations(resource, ref, subresource.verbs, 'Status')
        : subresource.action
          ? actionOperations(resource, subresource.name, subresource.action)
          : subresource.report
            ? reportOperations(resource, subresource.name, subresource.report)
            : streamOperations(resource, subresource);
    paths[`${collection}/{name}/${subresource.name}`] = { ...operations, parameters: object };
  }
  return paths;
}

function operation(
  resource: ServedResource,
  action: string,
  id: string,
  description: string,
  rest: Json,
): Json {
  const { kind } = resource;
  const tag = kind.group === '' ? `core_${kind.version}` : `${kind.group.split('.')[0]}_${kind.version}`;
  return {
    tags: [tag],
    description,
    operationId: `${id}`,
    ...rest,
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': { group: kind.group, version: kind.version, kind: kind.kind },
  };
}

function operationId(resource: ServedResource, verb: string, suffix = ''): string {
  const { kind } = resource;
  const group = kind.group === '' ? 'Core' : capitalize(kind.group.split('.')[0] ?? '');
  const scope = kind.scope === 'Project' ? 'Namespaced' : '';
  return `${verb}${group}${capitalize(kind.version)}${scope}${kind.kind}${suffix}`;
}

const capitalize = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

function collectionOperations(resource: ServedResource, ref: Ref, full: boolean): Json {
  const { kind, verbs } = resource;
  const one = ref(schemaName(kind));
  const many = ref(`${schemaName(kind)}List`);
  const operations: Json = {};
  if (verbs.includes('list')) {
    operations.get = operation(
      resource,
      'list',
      operationId(resource, 'list'),
      `List or watch ${kind.plural}.`,
      {
        parameters: LIST_PARAMETERS,
        responses: { 200: answer('OK', many) },
      },
    );
  }
  if (kind.scope === 'Project' && !full) return operations;
  if (verbs.includes('create')) {
    operations.post = operation(resource, 'post', operationId(resource, 'create'), `Create a ${kind.kind}.`, {
      parameters: WRITE_PARAMETERS,
      requestBody: { required: true, content: { 'application/json': { schema: one } } },
      responses: { 201: answer('Created', one), 202: answer('Accepted', one) },
    });
  }
  if (verbs.includes('deletecollection')) {
    operations.delete = operation(
      resource,
      'deletecollection',
      operationId(resource, 'deleteCollection'),
      `Delete ${kind.plural} by selector.`,
      {
        parameters: [...DELETE_PARAMETERS, ...SELECTORS],
        requestBody: { content: { 'application/json': { schema: ref(DELETE_OPTIONS) } } },
        responses: { 200: answer('OK', many) },
      },
    );
  }
  return operations;
}

function objectOperations(
  resource: ServedResource,
  ref: Ref,
  verbs: readonly string[],
  suffix: string,
): Json {
  const { kind } = resource;
  const one = ref(schemaName(kind));
  const of = suffix === '' ? `a ${kind.kind}` : `the status of a ${kind.kind}`;
  const id = (verb: string) => operationId(resource, verb, suffix);
  const operations: Json = {};
  if (verbs.includes('get')) {
    operations.get = operation(resource, 'get', id('read'), `Read ${of}.`, {
      responses: { 200: answer('OK', one) },
    });
  }
  if (verbs.includes('update')) {
    operations.put = operation(resource, 'put', id('replace'), `Replace ${of}.`, {
      parameters: WRITE_PARAMETERS,
      requestBody: { required: true, content: { 'application/json': { schema: one } } },
      responses: { 200: answer('OK', one), 201: answer('Created', one) },
    });
  }
  if (verbs.includes('patch')) {
    const content = Object.fromEntries(patchTypes(kind.group).map((type) => [type, { schema: ref(PATCH) }]));
    operations.patch = operation(resource, 'patch', id('patch'), `Change ${of}.`, {
      parameters: PATCH_PARAMETERS,
      requestBody: { required: true, content },
      responses: { 200: answer('OK', one), 201: answer('Created', one) },
    });
  }
  if (verbs.includes('delete')) {
    operations.delete = operation(resource, 'delete', id('delete'), `Delete ${of}.`, {
      parameters: DELETE_PARAMETERS,
      requestBody: { content: { 'application/json': { schema: ref(DELETE_OPTIONS) } } },
      responses: { 200: answer('OK', ref(STATUS)), 202: answer('Accepted', ref(STATUS)) },
    });
  }
  return operations;
}

function actionOperations(resource: ServedResource, name: string, action: ActionDefinition): Json {
  const id = operationId(resource, 'create', capitalize(name));
  return {
    post: operation(resource, 'create', id, action.description, {
      requestBody: { content: { 'application/json': { schema: openApiSchema(action.request) } } },
      responses: { 200: answer('OK', openApiSchema(action.response)) },
    }),
  };
}

function reportOperations(resource: ServedResource, name: string, report: ReportDefinition): Json {
  const id = operationId(resource, 'read', capitalize(name));
  return {
    get: operation(resource, 'get', id, report.description, {
      parameters: Object.entries(report.parameters ?? {}).map(([parameterName, description]) =>
        parameter(parameterName, description),
      ),
      responses: { 200: answer('OK', openApiSchema(report.response)) },
    }),
  };
}

function streamOperations(resource: ServedResource, subresource: ServedSubresource): Json {
  const id = operationId(resource, 'connect', capitalize(subresource.name));
  return {
    get: operation(resource, 'connect', id, subresource.description, {
      responses: { 200: { description: 'OK', content: { 'text/plain': { schema: { type: 'string' } } } } },
    }),
  };
}
