/**
 * Serves a request on a resource once its sender is known: finds it, asks whether it is allowed, records what must be on record,
 * and hands it to the operation.
 */
import type { Actor, Verb } from '../access.ts';
import type { Connector } from '../connect.ts';
import { StatusError } from '../errors.ts';
import type { KubeObject } from '../object.ts';
import { realmType } from '../realm-id.ts';
import { isSecretRead, type RequestRecord, recordAllowed } from './access-recorder.ts';
import { actionAnswer } from './action.ts';
import { encodeAnswer, entryAnswer } from './answer.ts';
import { applyAnswer, isApplyPatch } from './apply.ts';
import { authorize, resourceName, verbOf } from './authorize.ts';
import type { ServedResource, ServedSubresource } from './catalogue.ts';
import { entryOf, listAnswer, waitForRevision } from './list.ts';
import { negotiate } from './media-type.ts';
import type { Wire } from './options.ts';
import type { ResourceTarget } from './path.ts';
import { parseBoolean, parseRevision } from './query.ts';
import type { Answer, WireRequest } from './request.ts';
import { reviewAnswer } from './reviews.ts';
import { serviceReviewAnswer } from './service-review.ts';
import { textStreamAnswer } from './text-stream.ts';
import { watchAnswer } from './watch.ts';
import {
  createAnswer,
  deleteAnswer,
  deleteCollectionAnswer,
  methodNotAllowed,
  patchAnswer,
  updateAnswer,
} from './write.ts';

export interface Routed {
  readonly resource: ServedResource;
  readonly subresource: ServedSubresource | undefined;
  readonly verb: Verb;
}

const unknownPath = () =>
  new StatusError(
    'NotFound',
    'the server could not find the requested resource; /apis and /api/v1 list what there is',
  );

const servedElsewhere = ({ kind }: ServedResource, { name, description }: ServedSubresource) =>
  new StatusError('MethodNotAllowed', `${kind.plural}/${name} is not served by this API: ${description}`);

/** Finds what a path names and what the method means there. Throws 404 and 405. Fills in the record. */
export function route(
  wire: Wire,
  request: WireRequest,
  target: ResourceTarget,
  record: RequestRecord,
): Routed {
  const { group, version, plural, namespace, name } = target;
  const type = realmType(request.realm);
  record.verb = request.method.toLowerCase();
  record.resource = resourceName(plural, group, target.subresource);
  if (namespace !== undefined) record.namespace = namespace;
  if (name !== undefined) record.name = name;
  const resource = wire.catalogue.find(type, group, version, plural);
  if (resource === undefined) throw unknownPath();
  const { kind } = resource;
  record.resource = resourceName(resource.source.plural, resource.source.group, target.subresource);
  if (kind.scope === 'Realm' ? namespace !== undefined : namespace === undefined && name !== undefined) {
    throw unknownPath();
  }
  const subresource = resource.subresources.find((candidate) => candidate.name === target.subresource);
  if (target.subresource !== undefined && subresource === undefined) throw unknownPath();
  const verb = verbOf(request.method, target, subresource, parseBoolean(request.query, 'watch'));
  if (verb === undefined) throw methodNotAllowed(resource, request.method);
  record.verb = verb;
  return { resource, subresource, verb };
}

/** Answers a request on a resource. */
export async function resourceAnswer(
  wire: Wire,
  request: WireRequest,
  target: ResourceTarget,
  record: RequestRecord,
): Promise<Answer> {
  const { resource, subresource, verb } = route(wire, request, target, record);
  if (resource.type === 'review') {
    if (verb !== 'create') throw methodNotAllowed(resource, request.method);
    if (request.actor.onRecord === true) await recordAllowed(wire.accessLog, record, 200);
    if (resource.kind.review !== true) return reviewAnswer(wire, request, resource);
    await authorizeRequest(wire, request, target, resource, verb);
    return serviceReviewAnswer(wire, request, resource, target.namespace);
  }
  const authorized = await authorizeRequest(wire, request, target, resource, verb);
  const allowed = subresource ? subresource.verbs : resource.verbs;
  if (!allowed.includes(verb)) throw methodNotAllowed(resource, request.method);
  if (subresource?.type === 'data') throw servedElsewhere(resource, subresource);
  // Streams and actions are on record whoever opens them; a report is read as the object is.
  const connects = subresource !== undefined && subresource.type !== 'status' && !subresource.report;
  if (isSecretRead(resource.source, verb) || (request.actor.onRecord === true && !connects)) {
    await recordAllowed(wire.accessLog, record, 200);
  }
  if (subresource && subresource.type !== 'status') {
    return connectAnswer(wire, authorized, target, record, resource, subresource);
  }
  return operate(wire, authorized, target, resource, verb, subresource !== undefined);
}

/** The request with the question of access added to what is asked again while a stream is open. Throws 403. */
export async function authorizeRequest(
  wire: Wire,
  request: WireRequest,
  target: ResourceTarget,
  { source }: ServedResource,
  verb: Verb,
): Promise<WireRequest> {
  const ask = (actor: Actor) => authorize(wire.authorizer, request.realm, actor, verb, source, target);
  await ask(request.actor);
  return {
    ...request,
    recheck: async () => {
      const actor = await request.recheck();
      // In other groups by now, perhaps.
      await ask(actor);
      return actor;
    },
  };
}

async function operate(
  wire: Wire,
  request: WireRequest,
  target: ResourceTarget,
  resource: ServedResource,
  verb: Verb,
  status: boolean,
): Promise<Answer> {
  const { namespace, name } = target;
  if (name === undefined) {
    switch (verb) {
      case 'list':
        return listAnswer(wire, request, resource, namespace);
      case 'watch':
        return watchAnswer(wire, request, resource, target);
      case 'create':
        // Without a project in the path there is nowhere to put it.
        if (resource.kind.scope === 'Project' && namespace === undefined) break;
        return createAnswer(wire, request, resource, namespace);
      case 'deletecollection':
        if (resource.kind.scope === 'Project' && namespace === undefined) break;
        return deleteCollectionAnswer(wire, request, resource, namespace);
    }
    throw methodNotAllowed(resource, request.method);
  }
  switch (verb) {
    case 'get': {
      const revision = parseRevision(request.query);
      const entry = await wire.realms.use(resource.home(request.realm), async (realm) => {
        await waitForRevision(realm, revision);
        return entryOf(realm, resource, namespace, name);
      });
      return entryAnswer(request, resource, entry, wire.clock.now());
    }
    case 'watch':
      return watchAnswer(wire, request, resource, target);
    case 'update':
      return updateAnswer(wire, request, resource, namespace, name, status);
    case 'patch':
      return isApplyPatch(request.contentType)
        ? applyAnswer(wire, request, resource, namespace, name, status)
        : patchAnswer(wire, request, resource, namespace, name, status);
    case 'delete':
      return deleteAnswer(wire, request, resource, namespace, name);
    default:
      throw methodNotAllowed(resource, request.method);
  }
}

export interface ConnectTarget {
  readonly connector: Connector;
  readonly object: KubeObject;
}

/** What a stream goes into. Throws 404 for the object, and 503 where no service gives the stream. */
export async function connectTarget(
  wire: Wire,
  request: WireRequest,
  target: ResourceTarget,
  resource: ServedResource,
  subresource: ServedSubresource,
): Promise<ConnectTarget> {
  const object = await wire.realms.use(resource.home(request.realm), (realm) =>
    entryOf(realm, resource, target.namespace, target.name ?? '').object(),
  );
  const connector = wire.connectors[`${resource.source.resource}/${subresource.name}`];
  if (connector === undefined) {
    throw new StatusError(
      'ServiceUnavailable',
      `${resource.source.plural}/${subresource.name} is not available here`,
    );
  }
  return { connector, object };
}

async function connectAnswer(
  wire: Wire,
  request: WireRequest,
  target: ResourceTarget,
  record: RequestRecord,
  resource: ServedResource,
  subresource: ServedSubresource,
): Promise<Answer> {
  const { connector, object } = await connectTarget(wire, request, target, resource, subresource);
  if (subresource.action && connector.type === 'action') {
    return actionAnswer(wire, request, record, subresource.action, { connector, object });
  }
  if (subresource.report && connector.type === 'report') {
    const { realm, actor, query, signal } = request;
    const report = await connector.read({ realm, actor, object, query, signal });
    return encodeAnswer(request, negotiate(request.accept, []), report);
  }
  if (connector.type !== 'text') {
    throw new StatusError(
      'BadRequest',
      `${subresource.name} is a terminal: connect by WebSocket with the subprotocol v5.channel.k8s.io or v4.channel.k8s.io`,
    );
  }
  const release = wire.streams.take(`${request.realm} ${request.actor.name}`);
  try {
    await recordAllowed(wire.accessLog, record, 200);
  } catch (error) {
    release();
    throw error;
  }
  const { realm, actor, query, signal } = request;
  return textStreamAnswer(wire, request, connector, { realm, actor, object, query, signal }, release);
}
