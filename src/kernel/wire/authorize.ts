/**
 * What a resource request means in terms of access, and the question whether it is allowed. Every request on a resource goes
 * through `authorize`, subresources too.
 */
import type { AccessAttributes, Actor, Authorizer, Verb } from '../access.ts';
import { forbidden } from '../errors.ts';
import type { RealmId } from '../realm-id.ts';
import type { ServedResource, ServedSubresource } from './catalogue.ts';
import type { ResourceTarget } from './path.ts';

/** What a request means on data that the API does not serve: who may not is told so, before where they are served. */
const DATA_VERBS: Readonly<Record<string, Verb>> = {
  GET: 'get',
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

/** The verb of a request; undefined when the method means nothing there. */
export function verbOf(
  method: string,
  target: Pick<ResourceTarget, 'name'>,
  subresource: ServedSubresource | undefined,
  watch: boolean,
): Verb | undefined {
  if (subresource?.type === 'data') return DATA_VERBS[method];
  if (subresource && subresource.type !== 'status') {
    if (subresource.type === 'terminal') return method === 'GET' || method === 'POST' ? 'create' : undefined;
    if (subresource.type === 'action') return method === 'POST' ? 'create' : undefined;
    return method === 'GET' ? 'get' : undefined;
  }
  if (target.name === undefined) {
    switch (method) {
      case 'GET':
        return watch ? 'watch' : 'list';
      case 'POST':
        return 'create';
      case 'DELETE':
        return 'deletecollection';
      default:
        return undefined;
    }
  }
  switch (method) {
    case 'GET':
      return watch && !subresource ? 'watch' : 'get';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return subresource ? undefined : 'delete';
    default:
      return undefined;
  }
}

/** `<plural>[.<group>][/<subresource>]`, as records name it. */
export function resourceName(plural: string, group: string, subresource?: string): string {
  return `${plural}${group === '' ? '' : `.${group}`}${subresource === undefined ? '' : `/${subresource}`}`;
}

/** Throws 403 with the reason and what would be needed. */
export async function authorize(
  authorizer: Authorizer,
  realm: RealmId,
  actor: Actor,
  verb: Verb,
  source: Pick<ServedResource['source'], 'group' | 'version' | 'plural'>,
  target: Pick<ResourceTarget, 'namespace' | 'name' | 'subresource'>,
): Promise<void> {
  const attributes: AccessAttributes = {
    realm,
    actor,
    verb,
    group: source.group,
    version: source.version,
    resource: source.plural,
    ...(target.subresource === undefined ? {} : { subresource: target.subresource }),
    ...(target.namespace === undefined ? {} : { namespace: target.namespace }),
    ...(target.name === undefined ? {} : { name: target.name }),
  };
  const { allowed, reason } = await authorizer.decide(attributes);
  if (allowed) return;
  const what = target.subresource === undefined ? source.plural : `${source.plural}/${target.subresource}`;
  const where = target.namespace === undefined ? '' : ` in the project "${target.namespace}"`;
  throw forbidden(
    {
      ...(source.group === '' ? {} : { group: source.group }),
      kind: source.plural,
      ...(target.name === undefined ? {} : { name: target.name }),
    },
    `"${actor.name}" may not ${verb} ${what}${where}: ${reason}`,
  );
}
