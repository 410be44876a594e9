/**
 * `<prefix>/certificates`: what anybody may have of the realm's issuers, without a credential: their certificates, and the lists of what they
 * revoked. A list is signed anew when something was revoked and when half of its time is over; a process signs its own.
 */
import type { Clock } from '#kernel/clock.ts';
import { notFound, StatusError } from '#kernel/errors.ts';
import type { Realm, Realms, RealmView } from '#kernel/realm.ts';
import { REGION } from '#kernel/realm-id.ts';
import type { RealmRoute, RouteRequest } from '#kernel/route.ts';
import type { RootAuthority } from '../certificates/authority.ts';
import { type RevokedSerial, signRevocationList } from '../certificates/crl.ts';
import type { RegionIssuers } from '../certificates/issuers.ts';
import { AddressLimit } from '../identity/oidc/address-limit.ts';
import { addressKey } from '../identity/sign-in/client-address.ts';
import { revocationOf } from './controllers.ts';
import { IssuedCertificate } from './issued-certificate.ts';
import { ADDRESS_BURST, ADDRESS_PER_SECOND, ADDRESSES_MAX, LIST_MS } from './limits.ts';
import { Revocation, type RevocationSpec } from './revocation.ts';

export const CERTIFICATES_SEGMENT = 'certificates';
/** Number of the region's root among the issuers. */
export const ROOT_NUMBER = 0;

export interface ListsOptions {
  readonly realms: Pick<Realms, 'use' | 'fresh'>;
  readonly issuers: RegionIssuers;
  readonly clock: Clock;
}

interface KeptList {
  /** What it was made from. */
  readonly state: string;
  readonly thisUpdate_ms: number;
  readonly der: Promise<Uint8Array>;
}

/** What an issuer of the realm revoked and has not expired. */
export function* revokedBy(view: RealmView, issuer: number, now_ms: number): Iterable<RevokedSerial> {
  const seen = new Set<string>();
  const take = (spec: RevocationSpec): RevokedSerial | undefined => {
    if (spec.issuer !== issuer || seen.has(spec.serial) || Date.parse(spec.notAfter) <= now_ms)
      return undefined;
    seen.add(spec.serial);
    return { serial: spec.serial, revoked_ms: Date.parse(spec.revokedAt), reason: spec.reason };
  };
  for (const { spec } of view.list(Revocation)) {
    const taken = take(spec);
    if (taken) yield taken;
  }
  if (view.realm === REGION) return;
  // From the moment somebody deletes a certificate, not only when the controller came to it.
  for (const certificate of view.list(IssuedCertificate)) {
    const taken =
      certificate.metadata.deletionTimestamp === undefined ? undefined : take(revocationOf(certificate));
    if (taken) yield taken;
  }
}

export function certificatesRoute({ realms, issuers, clock }: ListsOptions): RealmRoute {
  /** By number, for as long as the realm is in memory. */
  const lists = new WeakMap<RealmView, Map<number, KeptList>>();
  const limit = new AddressLimit({
    clock,
    burst: ADDRESS_BURST,
    perSecond: ADDRESS_PER_SECOND,
    addresses_max: ADDRESSES_MAX,
  });

  async function authorityOf(realm: Realm, number: number): Promise<RootAuthority | undefined> {
    if (number !== ROOT_NUMBER) return issuers.byNumber(realm.id, number);
    return realm.id === REGION ? (await issuers.root()).root : undefined;
  }

  async function listOf(realm: Realm, number: number): Promise<Uint8Array | undefined> {
    const authority = await authorityOf(realm, number);
    if (!authority) return undefined;
    const { view } = realm;
    const now_ms = clock.now();
    const certificates = realm.id === REGION ? 0 : view.changes(IssuedCertificate);
    const state = `${view.changes(Revocation)} ${certificates}`;
    const kept = lists.get(view) ?? new Map<number, KeptList>();
    lists.set(view, kept);
    const known = kept.get(number);
    const age_ms = now_ms - (known?.thisUpdate_ms ?? 0);
    if (known?.state === state && age_ms >= 0 && age_ms < LIST_MS / 2) return known.der;
    const der = signRevocationList(authority.issuer, {
      revoked: [...revokedBy(view, number, now_ms)],
      thisUpdate_ms: now_ms,
      nextUpdate_ms: now_ms + LIST_MS,
    });
    kept.set(number, { state, thisUpdate_ms: now_ms, der });
    der.catch(() => kept.delete(number));
    return der;
  }

  async function documentOf(
    realm: Realm,
    path: string,
  ): Promise<{ readonly type: string; readonly body: string | Uint8Array } | undefined> {
    const [, name = '', form = ''] = /^\/(root|[1-9][0-9]{0,5})\.(crl|pem)$/.exec(path) ?? [];
    if (form === '') return undefined;
    const number = name === 'root' ? ROOT_NUMBER : Number(name);
    if (form === 'crl') {
      const body = await listOf(realm, number);
      return body && { type: 'application/pkix-crl', body };
    }
    if (number === ROOT_NUMBER) {
      const body = (await issuers.root()).root.pem;
      return { type: 'application/pem-certificate-chain', body };
    }
    const body = (await issuers.byNumber(realm.id, number))?.chain;
    return body === undefined ? undefined : { type: 'application/pem-certificate-chain', body };
  }

  async function handle({ realm, path, incoming, response }: RouteRequest): Promise<void> {
    const wait_s = limit.take(addressKey(incoming.socket.remoteAddress));
    if (wait_s > 0) {
      throw new StatusError('TooManyRequests', 'too many requests from this address; wait a while', {
        retryAfterSeconds: wait_s,
      });
    }
    if (incoming.method !== 'GET' && incoming.method !== 'HEAD') {
      throw new StatusError('MethodNotAllowed', 'certificates and lists are only read');
    }
    await realms.fresh(realm);
    const found = await realms.use(realm, (open) => documentOf(open, path));
    if (!found) throw notFound({ kind: 'certificates', name: path.slice(1) });
    const body = Buffer.from(found.body);
    response.writeHead(200, { 'Content-Type': found.type, 'Content-Length': body.length });
    response.end(incoming.method === 'HEAD' ? undefined : body);
  }

  return { segment: CERTIFICATES_SEGMENT, realms: ['region', 'organization'], handle };
}
