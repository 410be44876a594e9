/**
 * Fits a request to the provider, which was made to stand alone: its own path without the prefix, and always the host of the issuer,
 * because the provider builds addresses from what the request calls it. What a client says in `Host` must not come back in a link.
 */
import type { IncomingMessage } from 'node:http';
import type { RouteRequest } from '#kernel/route.ts';

const requestIds = new WeakMap<IncomingMessage, string>();

/** For the record of what a request did. */
export const requestIdOf = (incoming: IncomingMessage): string => requestIds.get(incoming) ?? 'unknown';

/** The provider's pages and redirects may run no script but their own, and be framed by nobody. */
export const CONTENT_SECURITY_POLICY =
  "default-src 'none'; script-src 'none'; base-uri 'none'; frame-ancestors 'none'";

/** Gives the query, with `?`, that was taken off or ''. */
export function mount(request: RouteRequest, issuer: string): void {
  const { incoming, response, requestId, path } = request;
  const url = incoming.url ?? '/';
  const mark = url.indexOf('?');
  const query = mark < 0 ? '' : url.slice(mark);
  requestIds.set(incoming, requestId);
  Object.assign(incoming, { originalUrl: url, url: `${path === '' ? '/' : path}${query}` });
  incoming.headers.host = new URL(issuer).host;
  delete incoming.headers['x-forwarded-host'];
  delete incoming.headers['x-forwarded-proto'];
  response.setHeader('Content-Security-Policy', CONTENT_SECURITY_POLICY);
  response.setHeader('Cache-Control', 'no-store');
}
