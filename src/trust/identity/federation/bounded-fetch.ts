/**
 * Requests to an organization's provider: by https, to the origin that its IdentityProvider names and no other, bounded in time and size,
 * following no redirect. The address comes from a tenant, so it may not be one that only this machine reaches.
 */
import { request as httpsRequest } from 'node:https';
import { boundedLookup } from '../bounded-lookup.ts';
import { mayTell } from '../oidc/back-channel.ts';
import { ANSWER_BYTES_MAX, ANSWER_TIMEOUT_MS } from './limits.ts';

export interface BoundedFetchOptions {
  /** `https://login.ministry.example`. */
  readonly origin: string;
  /** PEM of who certified it. Absent: the authorities that this machine trusts. */
  readonly ca?: string;
  /** Default: any address but this machine's own. */
  readonly isAllowed?: (address: string) => boolean;
}

export interface FetchInit {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export type BoundedFetch = (url: string, init: FetchInit) => Promise<Response>;

const bodyOf = (body: unknown): string | undefined =>
  typeof body === 'string' || body instanceof URLSearchParams ? String(body) : undefined;

export function boundedFetch({ origin, ca, isAllowed = mayTell }: BoundedFetchOptions): BoundedFetch {
  return async (url, { method, headers, body }) => {
    const to = new URL(url);
    if (to.protocol !== 'https:' || to.origin !== origin) {
      throw new Error(`${to.origin} is not ${origin}: only that is asked for this provider`);
    }
    // One bound for all of it: finding the address, connecting, and the whole answer.
    const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
    const { address, family } = await boundedLookup(to.hostname, signal);
    if (!isAllowed(address)) throw new Error(`${to.hostname}: ${address} is no address to ask`);
    const sent = bodyOf(body);
    return new Promise((resolve, fail) => {
      const reject = (error: Error) =>
        fail(
          signal.aborted
            ? new Error(`${origin} did not answer within ${ANSWER_TIMEOUT_MS} ms`, { cause: error })
            : error,
        );
      const request = httpsRequest(
        to,
        {
          method,
          headers: {
            ...headers,
            ...(sent === undefined ? {} : { 'Content-Length': Buffer.byteLength(sent) }),
          },
          agent: false,
          signal,
          ...(ca === undefined ? {} : { ca }),
          // The address that was looked at, and no other.
          lookup: (_host, options, done) =>
            options.all ? done(null, [{ address, family }]) : done(null, address, family),
        },
        (response) => {
          const chunks: Buffer[] = [];
          let bytes = 0;
          response.on('data', (chunk: Buffer) => {
            bytes += chunk.length;
            if (bytes > ANSWER_BYTES_MAX) {
              response.destroy(new Error(`${origin} answered more than ${ANSWER_BYTES_MAX} bytes`));
              return;
            }
            chunks.push(chunk);
          });
          response.on('error', reject);
          response.on('end', () => {
            const type = response.headers['content-type'];
            const status = response.statusCode ?? 502;
            const isEmpty = [101, 204, 205, 304].includes(status);
            resolve(
              new Response(isEmpty ? null : Buffer.concat(chunks), {
                status,
                headers: type === undefined ? {} : { 'Content-Type': type },
              }),
            );
          });
        },
      );
      request.on('error', reject);
      request.end(sent);
    });
  };
}
