/** Cookies of the sign-in pages: all HttpOnly, Secure, SameSite=Lax and bound to this host alone (`__Host-`, RFC 6265bis 4.1.3.2). */
import type { IncomingMessage, ServerResponse } from 'node:http';

/** What is read of a Cookie header. */
const COOKIES_MAX = 64;
const VALUE_LENGTH_MAX = 1_024;

export function cookieOf(incoming: IncomingMessage, name: string): string | undefined {
  for (const pair of (incoming.headers.cookie ?? '').split(';', COOKIES_MAX)) {
    const at = pair.indexOf('=');
    if (at < 0 || pair.slice(0, at).trim() !== name) continue;
    const value = pair.slice(at + 1).trim();
    return /^[A-Za-z0-9_-]+$/.test(value) && value.length <= VALUE_LENGTH_MAX ? value : undefined;
  }
  return undefined;
}

/** A Set-Cookie header. Without an age it ends with the browser's session; with 0 it is taken away. */
export function setCookie(response: ServerResponse, name: string, value: string, age_s?: number): void {
  const age = age_s === undefined ? '' : `; Max-Age=${age_s}`;
  response.appendHeader('Set-Cookie', `${name}=${value}; Path=/; Secure; HttpOnly; SameSite=Lax${age}`);
}
