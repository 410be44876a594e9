/**
 * PATCH with an applied configuration: server-side apply. The wire checks that the request is about what its path says, and that its
 * sender may create where there is nothing yet; what an apply does is decided in the realm's lane.
 */
import { badRequest, isStatusError } from '../errors.ts';
import type { Kind } from '../kind.ts';
import type { DraftObject } from '../object.ts';
import type { ApplyOptions, ApplyResult, Realm } from '../realm.ts';
import { authorize } from './authorize.ts';
import { parseJson, parseYamlText } from './body.ts';
import type { ServedResource } from './catalogue.ts';
import { draftOf } from './draft.ts';
import { isObject } from './json-value.ts';
import { parseMediaType } from './media-type.ts';
import type { Wire } from './options.ts';
import { type Answer, changeContext, type WireRequest } from './request.ts';
import { keyOf, written } from './write.ts';
import { parseWriteParameters } from './write-options.ts';

/** How often an apply looks again for an object that others make and delete under it. */
const APPLY_TRIES_MAX = 5;

export const APPLY_PATCH = 'application/apply-patch+yaml';

export const isApplyPatch = (contentType: string | undefined): boolean =>
  parseMediaType(contentType ?? '').type === APPLY_PATCH;

/** 200 with the object, or 201 when the apply created it. */
export async function applyAnswer(
  wire: Wire,
  request: WireRequest,
  resource: ServedResource,
  namespace: string | undefined,
  name: string,
  status: boolean,
): Promise<Answer> {
  const { kind } = resource;
  const parameters = parseWriteParameters(request, true);
  const { options, force } = parameters;
  const configuration = parseConfiguration(kind, await request.body(), namespace, name);
  const context = changeContext(request, parameters);
  const key = keyOf(namespace, name);
  const apply = ({ resources }: Realm, create: boolean) => {
    const how: ApplyOptions = { ...options, force, create, ...(status ? { subresource: 'status' } : {}) };
    return resources.apply(kind, key, configuration, context, how);
  };
  const result = await wire.realms.use(request.realm, async (realm): Promise<ApplyResult> => {
    for (let tries = 1; ; tries++) {
      try {
        return await apply(realm, false);
      } catch (error) {
        // A status has nothing to be made from.
        if (status || !isStatusError(error, 'NotFound')) throw error;
        if (!realm.view.entry(kind, key)) break;
        // Somebody has made it meanwhile: what was missing is there to be patched, or something else is missing.
        if (tries === APPLY_TRIES_MAX) throw error;
      }
    }
    // To patch is not to create: whoever makes an object may do that too.
    await authorize(wire.authorizer, request.realm, request.actor, 'create', resource.source, key);
    return apply(realm, true);
  });
  return written(wire, request, resource, result, result.created ? 201 : 200);
}

/** Reads the configuration: YAML, or JSON, which is the same to it. Throws 400. */
function parseConfiguration(
  kind: Kind,
  bytes: Buffer,
  namespace: string | undefined,
  name: string,
): DraftObject {
  const body = parseYamlOrJson(bytes);
  if (!isObject(body)) throw badRequest('the applied configuration must be an object');
  for (const field of ['apiVersion', 'kind']) {
    if (typeof body[field] !== 'string' || body[field] === '') {
      throw badRequest(
        `${field}: an applied configuration says it; it is ${kind[field === 'kind' ? 'kind' : 'apiVersion']}`,
        [{ reason: 'FieldValueRequired', field, message: 'Required value' }],
      );
    }
  }
  return draftOf(kind, body, namespace, name);
}

const OPEN_BRACE = 0x7b;

function parseYamlOrJson(bytes: Buffer): unknown {
  // kubectl sends JSON, which is parsed a hundred times faster than YAML.
  if (bytes[0] === OPEN_BRACE) {
    try {
      return parseJson(bytes);
    } catch {
      // YAML may begin like that as well, and its parser says what is wrong.
    }
  }
  return parseYamlText(bytes);
}
