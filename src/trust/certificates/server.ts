/**
 * Server certificates of the region's API, signed by its root, and when to renew them.
 */
import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { DAY_MS, NOT_BEFORE_SLACK_MS, type RootAuthority } from './authority.ts';
import { addressBytes, permitsAddress, permitsName } from './name-constraints.ts';

const SERVER_VALIDITY_DAYS = 7;
/** Renewed when less than this is left: a third of its life. Somebody looks every hour. */
export const SERVER_RENEW_BEFORE_MS = (SERVER_VALIDITY_DAYS / 3) * DAY_MS;
const NAMES_MAX = 64;
/** A first label of `*` stands for any one label (RFC 9525, 6.3). */
const DNS_NAME =
  /^(?=.{1,253}$)(?:\*\.)?[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?)*$/;

/** What a server answers to. */
export interface ServerNames {
  readonly dnsNames: readonly string[];
  readonly ips: readonly string[];
}

export interface ServerCertificate {
  /** PEM. */
  readonly certificate: string;
  /** PEM of the PKCS#8 key. Secret. */
  readonly key: string;
}

/** Throws a TypeError that names what is no DNS name or address. */
export function checkServerNames(names: ServerNames): void {
  const count = names.dnsNames.length + names.ips.length;
  if (count === 0 || count > NAMES_MAX) {
    throw new TypeError(`a server certificate needs 1 to ${NAMES_MAX} names and addresses, not ${count}`);
  }
  for (const name of names.dnsNames) {
    if (!DNS_NAME.test(name) || isIP(name) !== 0)
      throw new TypeError(`"${name}" is not a DNS name in lower case`);
  }
  for (const ip of names.ips) addressBytes(ip);
}

/** Parts names into those that the root may certify, and those that clients would refuse under it. */
export function partNames(
  root: RootAuthority,
  names: ServerNames,
): { readonly permitted: ServerNames; readonly outside: readonly string[] } {
  const { constraints } = root;
  if (!constraints) return { permitted: names, outside: [] };
  const permitted = {
    dnsNames: names.dnsNames.filter((name) => permitsName(constraints, name)),
    ips: names.ips.filter((ip) => permitsAddress(constraints, ip)),
  };
  const inside = new Set([...permitted.dnsNames, ...permitted.ips]);
  return { permitted, outside: [...names.dnsNames, ...names.ips].filter((name) => !inside.has(name)) };
}

function checkPermitted(root: RootAuthority, names: ServerNames): void {
  const { outside } = partNames(root, names);
  if (outside.length === 0) return;
  const { dnsNames, ipRanges } = root.constraints ?? { dnsNames: [], ipRanges: [] };
  throw new TypeError(
    `the region's root was made for ${[...dnsNames, ...ipRanges].join(', ')}, ` +
      `so it cannot certify ${outside.join(', ')}; use a name below casemate.internal`,
  );
}

/** Makes a P-256 key and a certificate for it. Throws a TypeError when the root may not certify every name. */
export async function issueServerCertificate(
  root: RootAuthority,
  names: ServerNames,
  now_ms: number,
): Promise<ServerCertificate> {
  checkServerNames(names);
  checkPermitted(root, names);
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const signed = await root.sign({
    // With spaces, so that no verifier takes the common name for a host name and holds it against the constraints.
    subject: [{ CN: ['Casemate API server'] }],
    spki: publicKey.export({ type: 'spki', format: 'der' }),
    notBefore_ms: now_ms - NOT_BEFORE_SLACK_MS,
    notAfter_ms: now_ms + SERVER_VALIDITY_DAYS * DAY_MS,
    usage: 'server',
    names: [
      ...names.dnsNames.map((value) => ({ type: 'dns' as const, value })),
      ...names.ips.map((value) => ({ type: 'ip' as const, value })),
    ],
  });
  return { certificate: signed.pem, key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
}

/**
 * Whether a certificate should be made anew: unreadable, of another root, soon over, or short of a name.
 */
export function serverCertificateIsDue(
  certificate: string,
  root: RootAuthority,
  names: ServerNames,
  now_ms: number,
): boolean {
  let parsed: X509Certificate;
  try {
    parsed = new X509Certificate(certificate);
  } catch {
    return true;
  }
  if (!parsed.checkIssued(root.certificate) || !parsed.verify(root.publicKey)) return true;
  if (parsed.validFromDate.getTime() > now_ms) return true;
  if (parsed.validToDate.getTime() - now_ms < SERVER_RENEW_BEFORE_MS) return true;
  return (
    names.dnsNames.some((name) => parsed.checkHost(name, { subject: 'never' }) === undefined) ||
    names.ips.some((ip) => parsed.checkIP(ip) === undefined)
  );
}
