/**
 * Tells applications that somebody's sign-in ended (OpenID Connect Back-Channel Logout 1.0): a signed token, posted to the address that
 * the OAuthClient names. That address comes from a tenant, so it may not be one that only this machine reaches; nothing of the answer
 * but its code is looked at, and no redirect is followed.
 */
import { randomUUID } from 'node:crypto';
import { request as httpsRequest } from 'node:https';
import { BlockList, isIP } from 'node:net';
import { SignJWT } from 'jose';
import type { Clock } from '#kernel/clock.ts';
import { boundedLookup } from '../bounded-lookup.ts';
import type { SigningKey } from '../tokens/signing-keys.ts';

export interface LogoutNotice {
  readonly issuer: string;
  readonly key: SigningKey;
  readonly clientId: string;
  readonly uri: string;
  readonly sub: string;
  readonly sid: string;
}

export interface BackChannel {
  /** Throws when the application could not be reached or did not accept it. */
  tell(notice: LogoutNotice): Promise<void>;
}

const ANSWER_TIMEOUT_MS = 5_000;
const TOKEN_S = 120;
const EVENT = 'http://schemas.openid.net/event/backchannel-logout';

/** Addresses that mean something else here than to the tenant who named them. */
const FORBIDDEN = new BlockList();
FORBIDDEN.addSubnet('0.0.0.0', 8, 'ipv4');
FORBIDDEN.addSubnet('127.0.0.0', 8, 'ipv4');
FORBIDDEN.addSubnet('169.254.0.0', 16, 'ipv4');
FORBIDDEN.addSubnet('224.0.0.0', 3, 'ipv4');
FORBIDDEN.addAddress('::', 'ipv6');
FORBIDDEN.addAddress('::1', 'ipv6');
FORBIDDEN.addSubnet('fe80::', 10, 'ipv6');
FORBIDDEN.addSubnet('ff00::', 8, 'ipv6');

/** Whether a notice may go to an address. Pure. */
export function mayTell(address: string): boolean {
  const family = isIP(address);
  // An IPv4 address in the clothes of an IPv6 one is nothing that a name resolves to by chance.
  if (family === 6 && address.toLowerCase().startsWith('::ffff:')) return false;
  return family !== 0 && !FORBIDDEN.check(address, family === 6 ? 'ipv6' : 'ipv4');
}

export interface BackChannelOptions {
  readonly clock: Pick<Clock, 'now'>;
  /** PEM of the authorities that applications' certificates may be by. Default: those Node comes with. */
  readonly ca?: string | readonly string[];
  /** Default: `mayTell`. */
  readonly isAllowed?: (address: string) => boolean;
}

export function backChannel({ clock, ca, isAllowed = mayTell }: BackChannelOptions): BackChannel {
  return {
    async tell({ issuer, key, clientId, uri, sub, sid }) {
      // One bound for all of it: finding the address, connecting, and the head of the answer.
      const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
      const { address, family } = await boundedLookup(new URL(uri).hostname, signal);
      if (!isAllowed(address)) throw new Error(`${uri}: ${address} is no address to tell`);
      const now_s = Math.floor(clock.now() / 1000);
      const token = await new SignJWT({ sid, events: { [EVENT]: {} } })
        .setProtectedHeader({ alg: 'EdDSA', kid: key.kid, typ: 'logout+jwt' })
        .setIssuer(issuer)
        .setSubject(sub)
        .setAudience(clientId)
        .setIssuedAt(now_s)
        .setExpirationTime(now_s + TOKEN_S)
        .setJti(randomUUID())
        .sign(key.privateKey);
      const code = await post(uri, `logout_token=${encodeURIComponent(token)}`, signal, {
        ...(ca === undefined ? {} : { ca: [ca].flat() }),
        // The address that was looked at, and no other.
        lookup: (_host: string, options: { all?: boolean }, done: (...values: unknown[]) => void) =>
          options.all ? done(null, [{ address, family }]) : done(null, address, family),
      });
      if (code !== 200 && code !== 204) throw new Error(`${uri} answered ${code}, not 200`);
    },
  };
}

function post(uri: string, body: string, signal: AbortSignal, options: object): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = httpsRequest(
      uri,
      {
        ...options,
        method: 'POST',
        agent: false,
        headers: {
          'Content-Type': 'application/x-www-form-urlencoded',
          'Content-Length': Buffer.byteLength(body),
        },
        signal,
      },
      (response) => {
        resolve(response.statusCode ?? 0);
        response.destroy();
      },
    );
    request.on('error', (cause) =>
      reject(
        signal.aborted ? new Error(`${uri} did not answer within ${ANSWER_TIMEOUT_MS} ms`, { cause }) : cause,
      ),
    );
    request.end(body);
  });
}
