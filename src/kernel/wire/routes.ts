/**
 * Protocols beside the API: finds the route that a path names, in a realm that exists, and lets it answer.
 */
import type { ServerResponse } from 'node:http';
import { realmType } from '../realm-id.ts';
import type { RealmRoute, RouteRequest } from '../route.ts';
import { errorStatus, statusAnswer } from './answer.ts';
import type { Wire } from './options.ts';
import type { ParsedPath } from './path.ts';
import type { Answer } from './request.ts';

/** Segments that the API itself answers. */
const RESERVED = new Set([
  'api',
  'apis',
  'healthz',
  'ledger',
  'livez',
  'openapi',
  'orgs',
  'readyz',
  'version',
]);
const SEGMENT = /^[a-z][a-z0-9-]{0,62}$/;

/** Throws on routes that contradict one another or the API. */
export function checkRoutes(routes: readonly RealmRoute[]): void {
  const taken = new Set<string>();
  for (const { segment, realms } of routes) {
    if (!SEGMENT.test(segment) || RESERVED.has(segment))
      throw new TypeError(`no route can be at "${segment}"`);
    for (const type of realms) {
      const place = `${type} ${segment}`;
      if (taken.has(place)) throw new TypeError(`two routes at "${segment}" of one realm type`);
      taken.add(place);
    }
  }
}

/** The route of a path; undefined where there is none, or no such realm. */
export async function routeOf(wire: Wire, path: ParsedPath | undefined): Promise<RealmRoute | undefined> {
  if (path?.target.type !== 'other') return undefined;
  const { segment } = path.target;
  const type = realmType(path.realm);
  const route = wire.routes.find((one) => one.segment === segment && one.realms.includes(type));
  return route !== undefined && (await wire.realms.exists(path.realm)) ? route : undefined;
}

/** Lets a route answer; what it throws before it began to is answered as a Status. */
export function routeAnswer(wire: Wire, route: RealmRoute, request: Omit<RouteRequest, 'response'>): Answer {
  return {
    type: 'stream',
    run: async (response) => {
      try {
        await route.handle({ ...request, response });
      } catch (error) {
        if (response.headersSent) throw error;
        const status = errorStatus(error, request.requestId);
        if (status.code >= 500)
          wire.logger.error({ err: error, requestId: request.requestId }, 'a route failed');
        sendStatus(response, status);
      }
    },
  };
}

function sendStatus(response: ServerResponse, status: Parameters<typeof statusAnswer>[0]): void {
  const answer = statusAnswer(status);
  if (answer.type !== 'bytes') throw new TypeError('a Status is bytes');
  for (const [name, value] of Object.entries(answer.headers ?? {})) response.setHeader(name, value);
  response.writeHead(answer.code, { 'Content-Type': answer.contentType });
  response.end(answer.body);
}
