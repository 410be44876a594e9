/**
 * Who signs below the root: the region's issuer, and for each organization an issuer of its own that can certify names of its zone and
 * nothing else. Keys are kept like all others of their realm, so an organization's issuer is gone with the organization's root key. Issuers
 * are numbered: the highest signs, those before it stay for their lists of revoked certificates.
 */
import type { X509Certificate } from 'node:crypto';
import type { Clock } from '#kernel/clock.ts';
import { StatusError, unavailable } from '#kernel/errors.ts';
import { organizationOf, REGION, type RealmId } from '#kernel/realm-id.ts';
import { decodeRoot, encodeRoot } from '../keys/authority-blob.ts';
import type { Keyring } from '../keys/keyring.ts';
import {
  createSubordinate,
  DAY_MS,
  NOT_BEFORE_SLACK_MS,
  openRootAuthority,
  type RootAuthority,
  type RootMaterial,
} from './authority.ts';
import { clientRoots, crossFor, type OfflineIssuer } from './change-over.ts';
import { ALL_ADDRESSES, type NameConstraints, permitsName } from './name-constraints.ts';
import type { CertificateTasks } from './tasks.ts';
import * as x509 from './x509.ts';

const REGION_ISSUER_DAYS = 730;
const ORGANIZATION_ISSUER_DAYS = 180;
/** Part of its life that is left when the next issuer is made: longer than what it signed lives. */
const RENEW_BEFORE = 1 / 3;
const PREFIX = 'issuer.';
const NUMBER_DIGITS = 6;
const BASIC_CONSTRAINTS_OID = '2.5.29.19';
const RETRY_S = 5;

/** An authority below the root, with what stands between it and the root. */
export interface IssuingAuthority extends RootAuthority {
  /** From 1. */
  readonly number: number;
  /** PEM: its own certificate and those above it, without the root. */
  readonly chain: string;
}

/** What server certificates are signed with. */
export interface ServerSigner {
  readonly authority: RootAuthority;
  /** PEM of what stands between a server's certificate and the roots: sent along by servers. */
  readonly chain: string;
  /** PEM of the roots that clients should know. */
  readonly ca: string;
}

export interface RegionIssuers {
  server(): Promise<ServerSigner>;
  /** The root that signs here, and whether it can vouch for issuers: those of earlier releases cannot. */
  root(): Promise<{ readonly root: RootAuthority; readonly vouches: boolean }>;
  /** The region's issuer that signs now: made, or made anew, when it is time. Throws ServiceUnavailable where the root vouches for none. */
  region(): Promise<IssuingAuthority>;
  /** As `region`, of an organization. Throws Forbidden when its zone holds names of the region itself. */
  organization(realm: RealmId): Promise<IssuingAuthority>;
  /** One by its number, for its list; undefined when there is none. */
  byNumber(realm: RealmId, number: number): Promise<IssuingAuthority | undefined>;
  numbers(realm: RealmId): Promise<readonly number[]>;
  /** The issuer of the region that signed an organization's; undefined when none here did. */
  vouchedBy(certificate: X509Certificate): Promise<IssuingAuthority | undefined>;
}

export interface IssuersOptions {
  readonly region: string;
  readonly keyring: Pick<Keyring, 'rootAuthority' | 'material'>;
  /** What the root is made for when there is none. */
  readonly constraints: NameConstraints;
  /** Names of the region itself. */
  readonly ownNames: readonly string[];
  /** `https://host:port`: lists of revoked certificates are below it. */
  readonly apiUrl: () => string;
  readonly clock: Clock;
  readonly certificates?: CertificateTasks;
  /** Those that were imported. Default: none. */
  readonly offline?: () => Promise<readonly OfflineIssuer[]>;
}

/** The DNS zone of an organization's instances, as the network service names them. */
export const zoneOf = (organization: string): string => `${organization}.internal`;

/** Where a realm's issuer of that number says what it revoked. */
export const revocationListUrl = (apiUrl: string, realm: RealmId, number: number): string =>
  `${apiUrl}${realm === REGION ? '' : realm}/certificates/${number}.crl`;

export function regionIssuers(options: IssuersOptions): RegionIssuers {
  const { region, keyring, constraints, ownNames, apiUrl, clock, certificates } = options;
  const offline = options.offline ?? (async () => []);
  const { material } = keyring;

  async function numbers(realm: RealmId): Promise<number[]> {
    const names = await material.names(realm, PREFIX);
    return names.flatMap((name) => {
      const number = Number(name.slice(PREFIX.length));
      return Number.isInteger(number) ? [number] : [];
    });
  }

  async function open(realm: RealmId, number: number): Promise<RootAuthority | undefined> {
    const encoded = await material.get(realm, issuerMaterialName(number));
    if (!encoded) return undefined;
    const authority = openRootAuthority(decodeRoot(encoded), certificates);
    encoded.fill(0);
    return authority;
  }

  async function root() {
    const authority = await keyring.rootAuthority(constraints);
    const raw = new x509.X509Certificate(authority.certificate.raw).getExtension(BASIC_CONSTRAINTS_OID);
    const basic = raw && new x509.BasicConstraintsExtension(raw.rawData);
    return { root: authority, vouches: basic?.pathLength !== 0 };
  }

  /** Those above an issuer, without the roots, in PEM. */
  async function above(realm: RealmId, number: number, certificate: X509Certificate): Promise<string> {
    if (realm === REGION) {
      const all = await offline();
      const imported = all.find((one) => one.number === number);
      if (imported === undefined) return '';
      const { root: own, vouches } = await root();
      return crossFor(imported, { pem: own.pem, vouches }, all) ?? '';
    }
    const issuer = await vouchedBy(certificate);
    if (issuer) return issuer.chain;
    throw new Error(`no issuer of the region is left that vouches for an issuer of ${realm}`);
  }

  async function vouchedBy(certificate: X509Certificate): Promise<IssuingAuthority | undefined> {
    for (const other of (await numbers(REGION)).toReversed()) {
      const issuer = await byNumber(REGION, other);
      if (issuer && certificate.checkIssued(issuer.certificate) && certificate.verify(issuer.publicKey)) {
        return issuer;
      }
    }
    return undefined;
  }

  async function byNumber(realm: RealmId, number: number): Promise<IssuingAuthority | undefined> {
    const authority = await open(realm, number);
    if (!authority) return undefined;
    const chain = `${authority.pem}${await above(realm, number, authority.certificate)}`;
    return { ...authority, number, chain };
  }

  /** The highest one, if it is good for a while and stands below `parent`. */
  async function current(
    realm: RealmId,
    parent: RootAuthority,
  ): Promise<{ readonly found?: IssuingAuthority; readonly next: number }> {
    const all = await numbers(realm);
    const next = (all.at(-1) ?? 0) + 1;
    for (const number of all.toReversed()) {
      const found = await byNumber(realm, number);
      if (!found?.certificate.checkIssued(parent.certificate)) continue;
      if (!found.certificate.verify(parent.publicKey)) continue;
      return isDue(found.certificate, clock.now()) ? { next } : { found, next };
    }
    return { next };
  }

  async function keep(realm: RealmId, number: number, made: RootMaterial): Promise<IssuingAuthority> {
    const encoded = encodeRoot(made);
    made.privateKey.fill(0);
    // Another process may have been first: then its issuer is the one.
    await material.add(realm, issuerMaterialName(number), encoded);
    const kept = await byNumber(realm, number);
    if (!kept) throw unavailable(`the keys of ${realm} are being removed`, RETRY_S);
    return kept;
  }

  const common = () => ({
    usage: 'server' as const,
    notBefore_ms: clock.now() - NOT_BEFORE_SLACK_MS,
  });

  /** The imported issuer that signs now; undefined while the region's own root does. */
  async function imported(): Promise<IssuingAuthority | undefined> {
    const active = (await offline()).filter(({ stage }) => stage !== 'announced');
    for (const { number } of active.toSorted((a, b) => b.number - a.number)) {
      const issuer = await byNumber(REGION, number);
      if (issuer && issuer.notAfter_ms > clock.now()) return issuer;
    }
    return undefined;
  }

  async function regionIssuer(): Promise<IssuingAuthority> {
    const vouchedOffline = await imported();
    if (vouchedOffline) return vouchedOffline;
    const { root: parent, vouches } = await root();
    if (!vouches) {
      throw unavailable(
        'the root of this region was made by a release without issuers; an operator replaces it with casemate ca',
        RETRY_S,
      );
    }
    const { found, next } = await current(REGION, parent);
    if (found) return found;
    const made = await createSubordinate(parent, {
      ...common(),
      curve: 'P-384',
      commonName: `Casemate issuer ${next} of region ${region}`,
      notAfter_ms: clock.now() + REGION_ISSUER_DAYS * DAY_MS,
      pathLength: 1,
      constraints: parent.constraints ?? constraints,
      crlUrl: `${apiUrl()}/certificates/root.crl`,
    });
    return keep(REGION, next, made);
  }

  return {
    root,
    region: regionIssuer,
    async server() {
      const { root: own, vouches } = await root();
      const ca = clientRoots(own.pem, await offline()).join('');
      const issuer = vouches ? await regionIssuer() : await imported();
      // A root of an earlier release vouches for servers only.
      return issuer ? { authority: issuer, chain: issuer.chain, ca } : { authority: own, chain: '', ca };
    },
    byNumber,
    numbers,
    vouchedBy,
    async organization(realm) {
      const organization = organizationOf(realm);
      if (organization === undefined) throw new TypeError('the region is no organization');
      const zone = zoneOf(organization);
      const parent = await regionIssuer();
      checkZone(zone, ownNames, parent);
      const { found, next } = await current(realm, parent);
      if (found) return found;
      const made = await createSubordinate(parent, {
        ...common(),
        curve: 'P-256',
        commonName: `Casemate issuer ${next} of organization ${organization}`.slice(0, 64),
        notAfter_ms: clock.now() + ORGANIZATION_ISSUER_DAYS * DAY_MS,
        constraints: { dnsNames: [zone], ipRanges: [], excludedIpRanges: ALL_ADDRESSES },
        crlUrl: revocationListUrl(apiUrl(), REGION, parent.number),
      });
      return keep(realm, next, made);
    },
  };
}

export const issuerMaterialName = (number: number): string =>
  `${PREFIX}${String(number).padStart(NUMBER_DIGITS, '0')}`;

function isDue(certificate: X509Certificate, now_ms: number): boolean {
  const from_ms = certificate.validFromDate.getTime();
  const until_ms = certificate.validToDate.getTime();
  return until_ms - now_ms < (until_ms - from_ms) * RENEW_BEFORE;
}

/** An organization called `casemate` would have the zone that the region's own servers are in. */
function checkZone(zone: string, own: readonly string[], parent: RootAuthority): void {
  const refused = (message: string) => new StatusError('Forbidden', message);
  if (own.some((name) => name === zone || name.endsWith(`.${zone}`))) {
    throw refused(`names below ${zone} are the region's own: no certificates are issued for them`);
  }
  if (parent.constraints && !permitsName(parent.constraints, zone)) {
    throw refused(`the region's root was not made for names below ${zone}`);
  }
}
