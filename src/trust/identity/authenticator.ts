/**
 * Tells who a client certificate speaks for in a realm. Four things must hold: the realm's own client authority signed
 * it, the clock is within its validity, a live ClientCertificate object holds this very certificate, and no User of that
 * name is disabled or removed. The answer comes from that object, never from the certificate's own words. Who holds no
 * credential of a realm must not learn whether the realm exists: every such refusal has the same words, and costs one look
 * at the key storage and one signature check.
 */
import { generateKeyPairSync, hash, type KeyObject, X509Certificate } from 'node:crypto';
import type { Actor, Authenticator, Credentials } from '#kernel/access.ts';
import { type Clock, rfc3339 } from '#kernel/clock.ts';
import { isStatusError, type StatusError, unauthorized } from '#kernel/errors.ts';
import type { Realm, Realms } from '#kernel/realm.ts';
import type { RealmId } from '#kernel/realm-id.ts';
import { BoundedMap } from '../bounded-map.ts';
import type { CertificateAuthority } from '../certificates/authority.ts';
import { CLIENT_AUTH_OID, OBJECT_URI_PREFIX } from '../certificates/client.ts';
import type { Keyring } from '../keys/keyring.ts';
import type { CertificateHolder } from './certificate-holder.ts';
import { ClientCertificate, type ClientCertificateObject } from './client-certificate.ts';
import { barOf } from './people/standing.ts';

export interface CertificateAuthenticatorOptions {
  readonly realms: Pick<Realms, 'use'>;
  readonly keyring: Pick<Keyring, 'clientAuthority'>;
  readonly clock: Clock;
  /** Other kinds whose objects hold certificates that the realm signed. */
  readonly holders?: readonly CertificateHolder[];
}

/** Certificates whose signature need not be checked again. */
const VERIFIED_MAX = 8_192;
/** DER of our certificates is under 2 KiB even with RSA-8192 and 32 groups; others are refused unread. */
const CERTIFICATE_BYTES_MAX = 8_192;

const REFUSED =
  'no valid credential for this address; use the kubeconfig that its administrator gave you, with a client certificate of this very realm';

/** What a certificate says that can be read without any authority. */
interface Claims {
  readonly certificate: X509Certificate;
  readonly serial: string;
  readonly objectUid: string;
  readonly notBefore_ms: number;
  readonly notAfter_ms: number;
}

interface Verified extends Omit<Claims, 'certificate'> {
  /** The authority it was verified against; another one (the realm was made anew) verifies again. */
  readonly signer: CertificateAuthority;
  /** The answer as of a revision of the object, so that a change of the object asks again. */
  actor?: { readonly revision: number; readonly actor: Actor };
}

const OBJECT_URI = new RegExp(`^URI:${OBJECT_URI_PREFIX}([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$`);

// A connection shows the same bytes with every request.
const fingerprints = new WeakMap<Uint8Array, string>();

function fingerprintOf(der: Uint8Array): string {
  let known = fingerprints.get(der);
  if (known === undefined) {
    known = hash('sha256', der, 'base64');
    fingerprints.set(der, known);
  }
  return known;
}

/** Reads a certificate that could be one of ours; undefined for any other. */
function readClaims(der: Uint8Array): Claims | undefined {
  if (der.length === 0 || der.length > CERTIFICATE_BYTES_MAX) return undefined;
  try {
    const certificate = new X509Certificate(der);
    const objectUid = OBJECT_URI.exec(certificate.subjectAltName ?? '')?.[1];
    const usages: readonly string[] = certificate.keyUsage ?? [];
    if (objectUid === undefined || certificate.ca || !usages.includes(CLIENT_AUTH_OID)) return undefined;
    return {
      certificate,
      serial: certificate.serialNumber.toLowerCase(),
      objectUid,
      notBefore_ms: certificate.validFromDate.getTime(),
      notAfter_ms: certificate.validToDate.getTime(),
    };
  } catch {
    return undefined;
  }
}

function isSignedBy(certificate: X509Certificate, key: KeyObject): boolean {
  try {
    return certificate.verify(key);
  } catch {
    return false;
  }
}

export function certificateAuthenticator(options: CertificateAuthenticatorOptions): Authenticator {
  const { realms, keyring, clock, holders = [] } = options;
  const verified = new BoundedMap<string, Verified>(VERIFIED_MAX);
  // Checked against when a realm does not exist, so that it takes as long as when it does.
  const decoy = generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).publicKey;

  /** The authority of the realm that signed the certificate, or undefined. */
  async function signer(
    realm: RealmId,
    certificate: X509Certificate,
    known: CertificateAuthority | undefined,
  ): Promise<CertificateAuthority | undefined> {
    const signed = isSignedBy(certificate, known?.publicKey ?? decoy);
    if (!known || signed) return signed ? known : undefined;
    // The realm may have been made anew by another replica. This also costs what the miss above costs for an unknown realm.
    const fresh = await keyring.clientAuthority(realm, { fresh: true });
    if (!fresh || fresh === known || !isSignedBy(certificate, fresh.publicKey)) return undefined;
    return fresh;
  }

  async function verify(realm: RealmId, der: Uint8Array): Promise<Verified> {
    const fingerprint = `${realm}\0${fingerprintOf(der)}`;
    const current = await keyring.clientAuthority(realm);
    const known = verified.get(fingerprint);
    if (known && known.signer === current) return known;
    const claims = readClaims(der);
    const authority = claims && (await signer(realm, claims.certificate, current));
    if (!claims || !authority) throw unauthorized(REFUSED);
    const { certificate: _, ...rest } = claims;
    const result = { ...rest, signer: authority };
    verified.set(fingerprint, result);
    return result;
  }

  /** Only for who holds a genuine credential of the realm: it may say what happened to it. */
  function checkValidity(claims: Verified): void {
    const now_ms = clock.now();
    if (now_ms > claims.notAfter_ms) {
      throw unauthorized(
        `client certificate ${claims.serial} expired on ${rfc3339(claims.notAfter_ms)}; ask an administrator for a new ClientCertificate`,
      );
    }
    if (now_ms < claims.notBefore_ms) {
      throw unauthorized(
        `client certificate ${claims.serial} is valid from ${rfc3339(claims.notBefore_ms)}, which is later than this region’s clock; check the clock`,
      );
    }
  }

  function identify(realm: Realm, claims: Verified, der: Uint8Array): Actor {
    const found = realm.view.byUid(claims.objectUid);
    const holder = found && holders.find(({ kind }) => kind.resource === found.kind.resource);
    if (holder) {
      const { serial } = claims;
      const held = { object: found.entry.object(), serial, realm: realm.id, now_ms: clock.now() };
      const { certificate, actor } = holder.identify(held);
      if (!new X509Certificate(certificate).raw.equals(der)) throw revoked(claims);
      return actor;
    }
    if (found?.kind.resource !== ClientCertificate.resource) throw revoked(claims);
    const { revision } = found.entry;
    if (claims.actor?.revision === revision) return standing(realm, claims.actor.actor);
    const object = found.entry.object() as ClientCertificateObject;
    const { certificate, serial } = object.status ?? {};
    if (
      object.metadata.deletionTimestamp !== undefined ||
      serial !== claims.serial ||
      certificate === undefined
    ) {
      throw revoked(claims);
    }
    if (!new X509Certificate(certificate).raw.equals(der)) throw revoked(claims);
    const actor: Actor = {
      realm: realm.id,
      name: object.spec.user,
      groups: [...(object.spec.groups ?? []), 'system:authenticated'],
      credential: `certificate:${claims.serial}`,
      strength: 'certificate',
    };
    claims.actor = { revision, actor };
    return standing(realm, actor);
  }

  return {
    async authenticate(realm: RealmId, credentials: Credentials): Promise<Actor> {
      const der = credentials.clientCertificate;
      if (!der) throw unauthorized(REFUSED);
      const claims = await verify(realm, der);
      checkValidity(claims);
      try {
        return await realms.use(realm, (open) => identify(open, claims, der));
      } catch (error) {
        throw isStatusError(error, 'NotFound') ? unauthorized(REFUSED) : error;
      }
    },
  };
}

/** A certificate speaks for a person as long as they may act. */
function standing(realm: Realm, actor: Actor): Actor {
  const bar = barOf(realm.view, actor.name);
  if (bar !== undefined) throw unauthorized(bar);
  return actor;
}

function revoked(claims: Verified): StatusError {
  return unauthorized(
    `client certificate ${claims.serial} was revoked; ask an administrator for a new ClientCertificate`,
  );
}
