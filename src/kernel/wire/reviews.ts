/**
 * Answers the questions a client may ask about itself. Anyone who is authenticated may ask; nothing is stored.
 */
import type { AccessDecision, Verb } from '../access.ts';
import { badRequest, invalid } from '../errors.ts';
import { realmType } from '../realm-id.ts';
import { encodeAnswer } from './answer.ts';
import { parseObjectBody } from './body.ts';
import type { ServedResource } from './catalogue.ts';
import { draftOf } from './draft.ts';
import { isObject } from './json-value.ts';
import { negotiate } from './media-type.ts';
import type { Wire } from './options.ts';
import type { Answer, WireRequest } from './request.ts';
import { SelfSubjectAccessReview, SelfSubjectReview, SelfSubjectRulesReview } from './review-kinds.ts';

/** Paths that every authenticated actor may read. */
const NON_RESOURCE_URLS = [
  '/api',
  '/api/*',
  '/apis',
  '/apis/*',
  '/healthz',
  '/livez',
  '/openapi',
  '/openapi/*',
  '/readyz',
  '/version',
];

/** POST of a review. */
export async function reviewAnswer(
  wire: Wire,
  request: WireRequest,
  resource: ServedResource,
): Promise<Answer> {
  const { kind } = resource;
  const bytes = await request.body();
  const body = bytes.length === 0 ? {} : parseObjectBody(bytes, request.contentType);
  const draft = draftOf(kind, body, undefined);
  const spec = draft.spec ?? {};
  if (!isObject(spec)) throw badRequest('spec: must be an object');
  const status = await answerOf(wire, request, kind.kind, spec);
  const representation = negotiate(request.accept, []);
  const metadata = { creationTimestamp: null };
  const review = {
    kind: kind.kind,
    apiVersion: kind.apiVersion,
    metadata,
    ...(kind.spec ? { spec } : {}),
    status,
  };
  return encodeAnswer(request, representation, review, 201);
}

async function answerOf(
  wire: Wire,
  request: WireRequest,
  kind: string,
  spec: Record<string, unknown>,
): Promise<unknown> {
  const { actor } = request;
  switch (kind) {
    case SelfSubjectAccessReview.kind:
      return accessOf(wire, request, spec);
    case SelfSubjectRulesReview.kind: {
      const namespace = text(spec, 'namespace', 'spec');
      const resourceRules = await wire.authorizer.rules(actor, namespace === '' ? undefined : namespace);
      return {
        resourceRules,
        nonResourceRules: [{ verbs: ['get'], nonResourceURLs: NON_RESOURCE_URLS }],
        incomplete: false,
      };
    }
    case SelfSubjectReview.kind:
      return {
        userInfo: {
          username: actor.name,
          groups: actor.groups,
          extra: { 'casemate.internal/credential': [actor.credential] },
        },
      };
    default:
      throw new TypeError(`no answer to ${kind}`);
  }
}

function text(from: Record<string, unknown>, field: string, path: string): string {
  const value = from[field] ?? '';
  if (typeof value !== 'string') throw badRequest(`${path}.${field}: must be a string`);
  return value;
}

async function accessOf(
  wire: Wire,
  request: WireRequest,
  spec: Record<string, unknown>,
): Promise<AccessDecision> {
  const { resourceAttributes, nonResourceAttributes } = spec;
  if (isObject(nonResourceAttributes)) {
    const path = text(nonResourceAttributes, 'path', 'spec.nonResourceAttributes');
    const verb = text(nonResourceAttributes, 'verb', 'spec.nonResourceAttributes');
    const readable = NON_RESOURCE_URLS.some((url) =>
      url.endsWith('/*') ? path.startsWith(url.slice(0, -1)) : path === url,
    );
    const allowed = verb === 'get' && readable;
    return {
      allowed,
      reason: allowed ? 'everyone who is authenticated may read it' : 'there is no such path to read',
    };
  }
  if (!isObject(resourceAttributes)) {
    throw invalid({ group: SelfSubjectAccessReview.group, kind: SelfSubjectAccessReview.kind }, [
      {
        reason: 'FieldValueRequired',
        field: 'spec.resourceAttributes',
        message: 'give resourceAttributes or nonResourceAttributes',
      },
    ]);
  }
  const attribute = (field: string) => text(resourceAttributes, field, 'spec.resourceAttributes');
  const group = attribute('group');
  const resource = attribute('resource');
  // A view's permissions are those of the kind behind it.
  const served = wire.catalogue
    .resources(realmType(request.realm))
    .find(({ kind }) => kind.group === group && kind.plural === resource);
  const namespace = attribute('namespace');
  const name = attribute('name');
  const subresource = attribute('subresource');
  const { allowed, reason } = await wire.authorizer.decide({
    realm: request.realm,
    actor: request.actor,
    // Any text may be asked about; verbs that do not exist are simply not granted.
    verb: attribute('verb') as Verb,
    group: served?.source.group ?? group,
    version: served?.source.version ?? attribute('version'),
    resource: served?.source.plural ?? resource,
    ...(namespace === '' ? {} : { namespace }),
    ...(name === '' ? {} : { name }),
    ...(subresource === '' ? {} : { subresource }),
  });
  return { allowed, reason };
}
