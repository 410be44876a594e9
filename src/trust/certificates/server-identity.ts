/**
 * The region's server certificate as files: made when it is missing, renewed before it ends. Never leaves a key that others
 * can read, nor a certificate without its key.
 */
import { join } from 'node:path';
import type { Clock } from '#kernel/clock.ts';
import { readIfThere, writeDurably } from '../files.ts';
import type { Keyring } from '../keys/keyring.ts';
import type { RegionIssuers, ServerSigner } from './issuers.ts';
import type { IpRange, NameConstraints } from './name-constraints.ts';
import { keyMatches } from './personal-key.ts';
import { issueServerCertificate, partNames, type ServerNames, serverCertificateIsDue } from './server.ts';

const SECRET_MODE = 0o600;
const PUBLIC_MODE = 0o644;

/** Ranges that no public host has (RFC 1918, 6598, 3927, 4193, 4291), and loopback. */
const PRIVATE_RANGES: readonly IpRange[] = [
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  '169.254.0.0/16',
  '127.0.0.0/8',
  'fc00::/7',
  'fe80::/10',
  '::1/128',
];

export interface ServerIdentityOptions {
  /** Where `ca.crt`, `server.crt` and `server.key` are kept; must exist and belong to the region's user. */
  readonly folder: string;
  /** What the API is reached under. */
  readonly names: ServerNames;
  readonly keyring: Pick<Keyring, 'rootAuthority'>;
  /** Who signs. Default: the root itself. */
  readonly issuers?: Pick<RegionIssuers, 'server'>;
  readonly clock: Clock;
}

export interface ServerIdentity {
  /** PEM of the region's roots, for clients. */
  readonly ca: string;
  /** PEM: the server's certificate, and those between it and the root. */
  readonly certificate: string;
  /** PEM. Secret. */
  readonly key: string;
  /** Whether this call made the certificate. */
  readonly renewed: boolean;
  /**
   * Names and addresses that the certificate leaves out, because the root was made without them (they came later) and its
   * constraints are for good. Clients cannot use them; tell the operator.
   */
  readonly uncertified: readonly string[];
}

/**
 * What a region's root is made for: names below `internal`, which nobody can have in the public DNS (ICANN, 2024), addresses that no public
 * host has, and what the API is reached under.
 */
export const rootConstraints = (names: ServerNames): NameConstraints => ({
  dnsNames: [...new Set(['internal', 'localhost', ...names.dnsNames])],
  ipRanges: [...PRIVATE_RANGES, ...names.ips],
});

/** Names that are the region's own: no organization certifies any of them. */
export const regionNames = (names: ServerNames): readonly string[] => [
  'casemate.internal',
  ...names.dnsNames,
];

/**
 * Reads the server certificate, or makes it when it is missing, short of a name, or due for renewal (a third of its life
 * before the end). Call it at every start and once a day, and give TLS the new one.
 */
export async function ensureServerIdentity(options: ServerIdentityOptions): Promise<ServerIdentity> {
  const { folder, names, clock } = options;
  const { authority, chain, ca } = await signerOf(options);
  const { permitted, outside: uncertified } = partNames(authority, names);
  const [caPath, certificatePath, keyPath] = ['ca.crt', 'server.crt', 'server.key'].map((name) =>
    join(folder, name),
  ) as [string, string, string];
  if ((await readIfThere(caPath)) !== ca) await writeDurably(caPath, ca, PUBLIC_MODE);
  const certificate = await readIfThere(certificatePath);
  const key = await readIfThere(keyPath);
  if (
    certificate !== undefined &&
    key !== undefined &&
    certificate.endsWith(chain) &&
    keyMatches(certificate, key) &&
    !serverCertificateIsDue(certificate, authority, permitted, clock.now())
  ) {
    return { ca, certificate, key, renewed: false, uncertified };
  }
  const made = await issueServerCertificate(authority, permitted, clock.now());
  const whole = `${made.certificate}${chain}`;
  await writeDurably(keyPath, made.key, SECRET_MODE);
  await writeDurably(certificatePath, whole, PUBLIC_MODE);
  return { ca, certificate: whole, key: made.key, renewed: true, uncertified };
}

async function signerOf({ names, keyring, issuers }: ServerIdentityOptions): Promise<ServerSigner> {
  if (issuers) return issuers.server();
  const authority = await keyring.rootAuthority(rootConstraints(names));
  return { authority, chain: '', ca: authority.pem };
}
