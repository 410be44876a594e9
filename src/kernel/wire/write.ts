/**
 * Changes: create, replace, patch, delete. The wire parses and checks that a request is about what its path says; every rule
 * over objects is decided in the realm's lane.
 */
import { isStatusError, type Status, StatusError } from '../errors.ts';
import type { DraftObject, KubeObject } from '../object.ts';
import type { DeleteResult, ObjectKey, Realm, WriteResult } from '../realm.ts';
import { encodeAnswer, OBJECT_SHAPES, warningHeaders } from './answer.ts';
import { parseObjectBody } from './body.ts';
import type { ServedResource } from './catalogue.ts';
import { readDeleteRequest } from './delete-options.ts';
import { draftOf } from './draft.ts';
import { DELETE_COLLECTION_CONCURRENCY } from './limits.ts';
import { listPage, parseSelection } from './list.ts';
import { JSON_TYPE, negotiate } from './media-type.ts';
import type { Wire } from './options.ts';
import { parsePatch, patchType } from './patch.ts';
import { parseBoolean } from './query.ts';
import { type Answer, changeContext, type WireRequest } from './request.ts';
import { parseIncludeObject, partialMetadata, tableOf } from './table.ts';
import { parseWriteParameters } from './write-options.ts';

export const keyOf = (namespace: string | undefined, name: string): ObjectKey => ({
  name,
  ...(namespace === undefined ? {} : { namespace }),
});

/** Answers with what was written. */
export function written(
  wire: Wire,
  request: WireRequest,
  resource: ServedResource,
  result: WriteResult,
  code: number,
): Answer {
  const headers = warningHeaders(result.warnings);
  const representation = negotiate(request.accept, OBJECT_SHAPES);
  // Its object costs a parse, so plain JSON does without.
  if (representation.shape !== 'Object') {
    const { object } = result;
    const entry = {
      namespace: object.metadata.namespace,
      name: object.metadata.name,
      uid: object.metadata.uid,
      revision: Number(object.metadata.resourceVersion),
      labels: object.metadata.labels ?? {},
      bytes: result.bytes,
      object: () => object,
    };
    const { version } = representation;
    const value =
      representation.shape === 'Table'
        ? tableOf(
            resource.kind,
            [entry],
            { resourceVersion: object.metadata.resourceVersion },
            { version, includeObject: parseIncludeObject(request.query), now_ms: wire.clock.now() },
          )
        : partialMetadata(object, version);
    return encodeAnswer(request, representation, value, code, headers);
  }
  if (representation.encoding === 'yaml' || parseBoolean(request.query, 'pretty')) {
    return encodeAnswer(request, representation, result.object, code, headers);
  }
  return {
    type: 'bytes',
    code,
    contentType: JSON_TYPE,
    body: result.bytes,
    ...(headers ? { headers } : {}),
  };
}

/** POST to a collection. */
export async function createAnswer(
  wire: Wire,
  request: WireRequest,
  resource: ServedResource,
  namespace: string | undefined,
): Promise<Answer> {
  const { kind } = resource;
  const parameters = parseWriteParameters(request);
  const body = parseObjectBody(await request.body(), request.contentType);
  const draft = draftOf(kind, body, namespace);
  const context = changeContext(request, parameters);
  const result = await wire.realms.use(request.realm, ({ resources }) =>
    resources.create(kind, namespace, draft, context, parameters.options),
  );
  return written(wire, request, resource, result, 201);
}

/** PUT of an object or of its status. */
export async function updateAnswer(
  wire: Wire,
  request: WireRequest,
  resource: ServedResource,
  namespace: string | undefined,
  name: string,
  status: boolean,
): Promise<Answer> {
  const { kind } = resource;
  const parameters = parseWriteParameters(request);
  const body = parseObjectBody(await request.body(), request.contentType);
  const draft = draftOf(kind, body, namespace, name);
  const context = changeContext(request, parameters);
  const result = await wire.realms.use(request.realm, ({ resources }) =>
    status
      ? resources.updateStatus(kind, keyOf(namespace, name), draft, context, parameters.options)
      : resources.update(kind, keyOf(namespace, name), draft, context, parameters.options),
  );
  return written(wire, request, resource, result, 200);
}

/** PATCH of an object or of its status. */
export async function patchAnswer(
  wire: Wire,
  request: WireRequest,
  resource: ServedResource,
  namespace: string | undefined,
  name: string,
  status: boolean,
): Promise<Answer> {
  const { kind } = resource;
  const type = patchType(request.contentType);
  const parameters = parseWriteParameters(request);
  const change = parsePatch(kind, type, await request.body());
  const context = changeContext(request, parameters);
  const result = await wire.realms.use(request.realm, ({ resources }) =>
    resources.modify(
      kind,
      keyOf(namespace, name),
      context,
      (current) => change(current as KubeObject) as DraftObject,
      {
        ...parameters.options,
        ...(status ? { subresource: 'status' as const } : {}),
      },
    ),
  );
  return written(wire, request, resource, result, 200);
}

/** DELETE of an object: the object while finalizers hold it back, else a Status. */
export async function deleteAnswer(
  wire: Wire,
  request: WireRequest,
  resource: ServedResource,
  namespace: string | undefined,
  name: string,
): Promise<Answer> {
  const { kind } = resource;
  const { dryRun, options } = await readDeleteRequest(request);
  const context = changeContext(request, { dryRun });
  const result: DeleteResult = await wire.realms.use(request.realm, ({ resources }) =>
    resources.delete(kind, keyOf(namespace, name), context, options),
  );
  if (!result.removed) return written(wire, request, resource, result, 200);
  const status: Status = {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: {
      name,
      ...(kind.group === '' ? {} : { group: kind.group }),
      kind: kind.plural,
      uid: result.object.metadata.uid,
    },
    code: 200,
  };
  const representation = negotiate(request.accept, OBJECT_SHAPES);
  return encodeAnswer(request, representation, status, 200, warningHeaders(result.warnings));
}

/** DELETE of a collection: what the selectors select, each object by its own rules. Answers what was deleted. */
export async function deleteCollectionAnswer(
  wire: Wire,
  request: WireRequest,
  resource: ServedResource,
  namespace: string | undefined,
): Promise<Answer> {
  const { kind } = resource;
  const { dryRun, options } = await readDeleteRequest(request);
  const selection = parseSelection(resource, request);
  const context = changeContext(request, { dryRun });
  return wire.realms.use(request.realm, async (realm) => {
    const { entries, metadata } = await listPage(realm, request, resource, namespace, selection);
    const items: unknown[] = [];
    for (let start = 0; start < entries.length; start += DELETE_COLLECTION_CONCURRENCY) {
      const part = entries.slice(start, start + DELETE_COLLECTION_CONCURRENCY);
      const results = await Promise.allSettled(
        part.map((entry) =>
          deleteOne(realm, resource, keyOf(entry.namespace, entry.name), context, {
            ...options,
            // What was selected, and not what took its name since.
            preconditions: { ...options.preconditions, uid: entry.uid },
          }),
        ),
      );
      for (const result of results) {
        if (result.status === 'rejected') throw result.reason;
        if (result.value) items.push(result.value.object);
      }
    }
    const representation = negotiate(request.accept, []);
    const list = { apiVersion: kind.apiVersion, kind: `${kind.kind}List`, metadata, items };
    return encodeAnswer(request, representation, list);
  });
}

/** Undefined when somebody else was quicker. */
async function deleteOne(
  realm: Realm,
  resource: ServedResource,
  key: ObjectKey,
  context: Parameters<Realm['resources']['delete']>[2],
  options: Parameters<Realm['resources']['delete']>[3],
): Promise<DeleteResult | undefined> {
  try {
    return await realm.resources.delete(resource.kind, key, context, options);
  } catch (error) {
    if (isStatusError(error, 'NotFound') || isStatusError(error, 'Conflict')) return undefined;
    throw error;
  }
}

/** The refusal of a method that a resource does not have. */
export function methodNotAllowed(resource: ServedResource, method: string): StatusError {
  const { kind } = resource;
  return new StatusError(
    'MethodNotAllowed',
    `${method} is not allowed on ${kind.resource}${resource.readOnlyBecause ? `: ${resource.readOnlyBecause}` : ''}`,
    { ...(kind.group === '' ? {} : { group: kind.group }), kind: kind.plural },
  );
}
