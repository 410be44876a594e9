/**
 * `<prefix>/scim/v2`: SCIM 2.0 (RFC 7643, 7644) of an organization, for whatever keeps its people elsewhere. Every request is
 * authenticated and authorized like one on the API, and what is refused is on record.
 */
import type { AccessLog, Actor, Authenticator, Authorizer } from '#kernel/access.ts';
import { fromAddress } from '#kernel/client-address.ts';
import type { Clock } from '#kernel/clock.ts';
import { StatusError } from '#kernel/errors.ts';
import type { Logger } from '#kernel/logger.ts';
import type { Realms } from '#kernel/realm.ts';
import type { RealmRoute, RouteRequest } from '#kernel/route.ts';
import { type RequestRecord, recordFailure } from '#kernel/wire/access-recorder.ts';
import { addressed, authenticate, credentialsOf, presented } from '#kernel/wire/authenticate.ts';
import { StrangerRecords } from '#kernel/wire/stranger-records.ts';
import { providerProvisionedBy } from '../federation/provisioning.ts';
import { AddressLimit } from '../oidc/address-limit.ts';
import { readScimBody, send } from './answer.ts';
import { type Body, Directory, type PageWanted, type Shown } from './directory.ts';
import { resourceTypes, schemas, serviceProviderConfig } from './discovery.ts';
import { CLIENT_BURST, CLIENT_PER_SECOND, CLIENTS_MAX, PAGE_DEFAULT, PAGE_MAX } from './limits.ts';
import { patched } from './patch.ts';
import { SCIM_PLACE } from './place.ts';
import { asScimError, ScimError } from './scim-error.ts';

const LIST = 'urn:ietf:params:scim:api:messages:2.0:ListResponse';
const SEARCH = 'urn:ietf:params:scim:api:messages:2.0:SearchRequest';

export interface ScimRouteOptions {
  /** `https://host:port`, as clients reach the region. */
  readonly apiUrl: string;
  readonly realms: Pick<Realms, 'use' | 'fresh'>;
  readonly authenticator: Authenticator;
  readonly authorizer: Authorizer;
  readonly accessLog: AccessLog;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Asked {
  readonly request: RouteRequest;
  readonly base: string;
  readonly method: string;
  readonly query: URLSearchParams;
  readonly directory: Directory;
}

type Resources = Directory['users'] | Directory['groups'];

export function scimRoute(options: ScimRouteOptions): RealmRoute {
  const { apiUrl, realms, authenticator, authorizer, accessLog, clock, logger } = options;
  const strangers = new StrangerRecords(accessLog, clock);
  const limit = new AddressLimit({
    clock,
    burst: CLIENT_BURST,
    perSecond: CLIENT_PER_SECOND,
    addresses_max: CLIENTS_MAX,
  });

  async function whoAsks({ realm, incoming }: RouteRequest, record: RequestRecord): Promise<Actor> {
    const credentials = credentialsOf(incoming.socket, incoming.headers);
    record.credential = presented(credentials);
    Object.assign(record, fromAddress(incoming.socket));
    await realms.fresh(realm);
    const actor = addressed(await authenticate(authenticator, realm, credentials), incoming.socket);
    record.actor = actor.name;
    record.credential = actor.credential;
    const wait_s = limit.take(`${realm} ${actor.name}`);
    if (wait_s > 0) {
      const details = { retryAfterSeconds: wait_s };
      throw new StatusError('TooManyRequests', 'too many requests of this client; wait a while', details);
    }
    return actor;
  }

  async function answer(request: RouteRequest, record: RequestRecord): Promise<void> {
    const actor = await whoAsks(request, record);
    const { realm: id, prefix, requestId, incoming } = request;
    const base = `${apiUrl}${prefix}/${SCIM_PLACE.segment}/v2`;
    const query = new URL(incoming.url ?? '/', apiUrl).searchParams;
    await realms.use(id, (realm) => {
      const link = providerProvisionedBy(realm.view, actor.name);
      const directory = new Directory({ realm, actor, authorizer, requestId, base, link });
      return dispatch({ request, base, method: incoming.method ?? 'GET', query, directory });
    });
  }

  return {
    ...SCIM_PLACE,
    async handle(request) {
      const record: RequestRecord = {
        requestId: request.requestId,
        realm: request.realm,
        actor: 'anonymous',
        credential: 'none',
        verb: (request.incoming.method ?? 'GET').toLowerCase(),
        resource: SCIM_PLACE.segment,
      };
      try {
        await answer(request, record);
      } catch (error) {
        const known = asScimError(error);
        if (!known) logger.error({ err: error, requestId: request.requestId }, 'a SCIM request failed');
        const shown = known ?? new ScimError(500, undefined, 'this failed for a reason of ours; see the log');
        const { code, message, retryAfter_s } = shown;
        const isRecorded =
          code !== 429 && code !== 404 && (code !== 401 || strangers.admit(request.requestId));
        if (isRecorded) recordFailure(accessLog, record, code, message);
        const headers = retryAfter_s === undefined ? {} : { 'Retry-After': String(retryAfter_s) };
        await send(request.response, code, shown.toBody(), headers);
      }
    },
  };
}

const nothingHere = (what: string) =>
  new ScimError(404, undefined, `there is nothing at ${what.slice(0, 128)}`);
const notOffered = (why: string) => new ScimError(501, undefined, why);

async function dispatch(asked: Asked): Promise<void> {
  const { request, base, method, directory } = asked;
  const [version, place, id, more] = request.path.split('/').slice(1).map(decoded);
  if (version !== 'v2' || place === undefined || more !== undefined) throw nothingHere(request.path);
  if (place === 'Users') return resources(asked, directory.users, id);
  if (place === 'Groups') return resources(asked, directory.groups, id);
  if (place === 'Bulk') throw notOffered('Bulk: not offered; send each change by itself');
  if (place === 'Me') throw notOffered('Me: not offered; a SCIM client is a service account');
  if (method !== 'GET') throw new ScimError(405, undefined, `${method} is nothing that ${place} does`);
  if (place === 'ServiceProviderConfig' && id === undefined) {
    return send(request.response, 200, serviceProviderConfig(base));
  }
  const listed =
    place === 'Schemas' ? schemas(base) : place === 'ResourceTypes' ? resourceTypes(base) : undefined;
  if (!listed) throw nothingHere(request.path);
  if (id === undefined) return send(request.response, 200, listOf(listed, 1, listed.length));
  const one = listed.find((each) => each.id === id);
  if (!one) throw nothingHere(request.path);
  return send(request.response, 200, one);
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw nothingHere(part);
  }
}

async function resources(asked: Asked, of: Resources, id: string | undefined): Promise<void> {
  const { request, method, query } = asked;
  const { incoming, response } = request;
  if (id === undefined) {
    if (method === 'GET') return page(asked, of, pageOf(query));
    if (method !== 'POST') throw new ScimError(405, undefined, `${method} needs the id of one resource`);
    return sendOne(asked, await of.create(await readScimBody(incoming)), 201);
  }
  if (id === '.search' && method === 'POST') return page(asked, of, searchOf(await readScimBody(incoming)));
  const ifMatch = incoming.headers['if-match'];
  switch (method) {
    case 'GET': {
      const shown = await of.get(id);
      const known = incoming.headers['if-none-match'];
      if (known !== undefined && known === shown.meta.version) {
        return send(response, 304, undefined, { ETag: shown.meta.version });
      }
      return sendOne(asked, shown, 200);
    }
    case 'PUT':
      return sendOne(asked, await of.replace(id, await readScimBody(incoming), ifMatch), 200);
    case 'PATCH': {
      const message = await readScimBody(incoming);
      return sendOne(asked, await of.change(id, (now) => patched(of.schema, now, message), ifMatch), 200);
    }
    case 'DELETE':
      await of.remove(id, ifMatch);
      return send(response, 204, undefined);
    default:
      throw new ScimError(405, undefined, `${method} is nothing that a resource does`);
  }
}

const listOf = (listed: readonly object[], startIndex: number, totalResults: number) => ({
  schemas: [LIST],
  totalResults,
  startIndex,
  itemsPerPage: listed.length,
  Resources: listed,
});

async function page({ request, query }: Asked, of: Resources, wanted: PageWanted): Promise<void> {
  const { total, resources: shown } = await of.list(wanted);
  const listed = shown.map((one) => projected(one, query));
  await send(request.response, 200, listOf(listed, wanted.startIndex, total));
}

function sendOne({ request, query }: Asked, shown: Shown, code: number): Promise<void> {
  const { version, location } = shown.meta;
  const headers = { ETag: version, Location: location };
  return send(request.response, code, projected(shown, query), headers);
}

/** `attributes` and `excludedAttributes`, by their first name; id, schemas and meta always stay. */
function projected(shown: Shown, query: URLSearchParams): object {
  const namesIn = (parameter: string) =>
    query
      .get(parameter)
      ?.split(',')
      .map((name) => name.trim().split(/[.[]/, 1)[0]?.toLowerCase() ?? '');
  const wanted = namesIn('attributes');
  const unwanted = namesIn('excludedAttributes');
  if (!wanted && !unwanted) return shown;
  const stays = (name: string) =>
    ['id', 'schemas', 'meta'].includes(name) ||
    (wanted ? wanted.includes(name.toLowerCase()) : !unwanted?.includes(name.toLowerCase()));
  return Object.fromEntries(Object.entries(shown).filter(([name]) => stays(name)));
}

function whole(text: unknown, fallback: number, min: number): number {
  const number = Number(text ?? fallback);
  if (!Number.isSafeInteger(number)) {
    throw new ScimError(400, 'invalidValue', 'startIndex and count: must be whole numbers');
  }
  return Math.max(min, number);
}

function pageOf(query: URLSearchParams): PageWanted {
  return {
    filter: query.get('filter') ?? undefined,
    startIndex: whole(query.get('startIndex'), 1, 1),
    count: Math.min(PAGE_MAX, whole(query.get('count'), PAGE_DEFAULT, 0)),
  };
}

function searchOf({ schemas: given, filter, startIndex, count }: Body): PageWanted {
  if (!Array.isArray(given) || given[0] !== SEARCH || (filter !== undefined && typeof filter !== 'string')) {
    throw new ScimError(400, 'invalidSyntax', `schemas: must be ["${SEARCH}"]; filter: must be text`);
  }
  return {
    filter: filter as string | undefined,
    startIndex: whole(startIndex, 1, 1),
    count: Math.min(PAGE_MAX, whole(count, PAGE_DEFAULT, 0)),
  };
}
