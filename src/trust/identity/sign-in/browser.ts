/**
 * Which browser asks, and that a form was ours: a random cookie that no other site's request carries, and in each form a token derived
 * from it and from where the form belongs. Whoever cannot read the cookie cannot make the token.
 */
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { RouteRequest } from '#kernel/route.ts';
import { cookieOf, setCookie } from './cookies.ts';

const COOKIE = '__Host-casemate-browser';
const SECRET = /^[A-Za-z0-9_-]{43}$/;

export interface Browser {
  /** Names this browser without giving the cookie away. */
  readonly id: string;
  /** Whether it had the cookie when it came. */
  readonly known: boolean;
  /** The token of forms below a path of a realm. */
  token(base: string): string;
}

/** The browser of a request; one that comes for the first time is given its cookie with the answer. */
export function browserOf({ incoming, response }: RouteRequest): Browser {
  const given = cookieOf(incoming, COOKIE);
  const known = given !== undefined && SECRET.test(given);
  const secret = known ? given : randomBytes(32).toString('base64url');
  if (!known) setCookie(response, COOKIE, secret);
  return {
    id: createHash('sha256').update(`browser\0${secret}`).digest('base64url'),
    known,
    token: (base) => createHmac('sha256', secret).update(`form\0${base}`).digest('base64url'),
  };
}

/** Whether a form that was sent is one of ours, from this browser and for this path. */
export function isOurs(
  request: RouteRequest,
  browser: Browser,
  base: string,
  token: string | undefined,
): boolean {
  const { origin, host } = request.incoming.headers;
  // Browsers say where a form came from; a client that says nothing still needs cookie and token.
  if (origin !== undefined && origin !== `https://${host}`) return false;
  if (!browser.known || token === undefined) return false;
  const wanted = Buffer.from(browser.token(base));
  const given = Buffer.from(token);
  return wanted.length === given.length && timingSafeEqual(wanted, given);
}
