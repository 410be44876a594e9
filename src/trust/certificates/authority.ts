/**
 * Certificate authorities: one root per region (signs server certificates) and one client authority per realm (signs
 * client certificates of that realm and nothing else). Once loaded, keys are OpenSSL's: nothing here gives out their bytes.
 */
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  X509Certificate,
} from 'node:crypto';
import { decodeNameConstraints, type NameConstraints } from './name-constraints.ts';
import {
  type CertificateContent,
  type CertificateTasks,
  type Curve,
  certificateTasks,
  type Issuer,
  keyIdentifier,
  NAME_CONSTRAINTS_OID,
  type RequestedContent,
  type SignedCertificate,
  type SubordinateContent,
  selfSign,
  signAuthority,
} from './tasks.ts';
import * as x509 from './x509.ts';

export type { CertificateContent, SignedCertificate };

export const DAY_MS = 24 * 60 * 60 * 1000;
/** Clocks of clients without NTP run late: certificates begin a little before they are signed. */
export const NOT_BEFORE_SLACK_MS = 5 * 60 * 1000;
const AUTHORITY_VALIDITY_MS = 10 * 365 * DAY_MS;
const COMMON_NAME_LENGTH_MAX = 64;
const CLIENT_CURVE: Curve = 'P-256';
/** Root, the certificate by which it vouches for the root that follows it, the region's issuer, an organization's issuer. */
const ROOT_PATH_LENGTH = 3;

/** The root at rest. `privateKey` is secret: wrap it at once and zero it. */
export interface RootMaterial {
  readonly curve: Curve;
  /** PKCS#8 DER. */
  readonly privateKey: Uint8Array;
  /** DER of the self-signed certificate. */
  readonly certificate: Uint8Array;
}

/** A client authority at rest: a name and a key, because what it signs is verified by its key and by nobody else. */
export interface ClientMaterial {
  readonly commonName: string;
  /** PKCS#8 DER. Secret, as above. */
  readonly privateKey: Uint8Array;
  readonly notBefore_ms: number;
  readonly notAfter_ms: number;
}

/** One that was made a moment ago, with its key as it is in memory, which so need not be read again. */
export interface NewClientMaterial extends ClientMaterial {
  readonly key: KeyObject;
}

/** A loaded authority: its key only through `sign`. */
export interface CertificateAuthority {
  /** What is signed is verified against it on every new connection. */
  readonly publicKey: KeyObject;
  readonly notAfter_ms: number;
  /** Signs a certificate; never one that outlives the authority itself. */
  sign(content: CertificateContent): Promise<SignedCertificate>;
  /** As `sign`, for the key of a request that is checked first. Throws RequestError. */
  signRequested(content: RequestedContent): Promise<SignedCertificate>;
}

/** One with a certificate of its own: the root, or an issuer below it. */
export interface RootAuthority extends CertificateAuthority {
  readonly certificate: X509Certificate;
  readonly pem: string;
  /** For authorities below it, and lists of what it revoked. */
  readonly issuer: Issuer;
  /** The names it may certify. */
  readonly constraints?: NameConstraints;
}

export interface ClientAuthority extends CertificateAuthority {
  /** A certificate of its own, for verifiers that want one. Nobody keeps it: it is made when asked for. */
  certificate(): Promise<X509Certificate>;
}

const CURVES: Readonly<Record<Curve, string>> = { 'P-256': 'prime256v1', 'P-384': 'secp384r1' };

const newKey = (curve: Curve): KeyObject =>
  generateKeyPairSync('ec', { namedCurve: CURVES[curve] }).privateKey;

const pkcs8 = (key: KeyObject): Uint8Array => key.export({ type: 'pkcs8', format: 'der' });

// X.509 times are whole seconds.
const validity = (now_ms: number) => {
  const now = Math.floor(now_ms / 1000) * 1000;
  return { notBefore_ms: now - NOT_BEFORE_SLACK_MS, notAfter_ms: now + AUTHORITY_VALIDITY_MS };
};

/** The region's root: P-384, self-signed, ten years, constrained to the region's own names and addresses. */
export async function createRootAuthority(
  region: string,
  constraints: NameConstraints,
  now_ms: number,
  name = 'Casemate root',
): Promise<RootMaterial> {
  const curve = 'P-384';
  const commonName = `${name} of region ${region}`.slice(0, COMMON_NAME_LENGTH_MAX);
  const key = newKey(curve);
  const content = {
    usage: 'server',
    constraints,
    pathLength: ROOT_PATH_LENGTH,
    ...validity(now_ms),
  } as const;
  return {
    curve,
    privateKey: pkcs8(key),
    certificate: await selfSign(content, issuerOf(curve, commonName, key)),
  };
}

/** An authority that stands below another one. The caller wraps and zeroes `privateKey`. */
export async function createSubordinate(
  parent: Pick<RootAuthority, 'issuer' | 'notAfter_ms'>,
  content: Omit<SubordinateContent, 'publicKey'> & { readonly curve: Curve },
): Promise<RootMaterial> {
  const { curve } = content;
  const key = newKey(curve);
  const notAfter_ms = Math.min(content.notAfter_ms, parent.notAfter_ms);
  const signed = await signAuthority(
    { ...content, notAfter_ms, publicKey: createPublicKey(key) },
    parent.issuer,
  );
  return { curve, privateKey: pkcs8(key), certificate: signed.der };
}

/**
 * A realm's client authority: P-256 (verified on every new connection, so quick), ten years, for clients only. The realm's
 * name is not in its own: that travels to clients in their certificates, and tells nobody which organizations exist.
 */
export function createClientAuthority(now_ms: number): NewClientMaterial {
  const commonName = `Casemate client authority ${randomBytes(8).toString('hex')}`;
  const key = newKey(CLIENT_CURVE);
  return { commonName, privateKey: pkcs8(key), ...validity(now_ms), key };
}

/**
 * Loads the root, or an issuer below it, for signing. The caller zeroes `material.privateKey` afterwards.
 */
export function openRootAuthority(
  material: RootMaterial,
  tasks: CertificateTasks = certificateTasks,
): RootAuthority {
  const certificate = new X509Certificate(material.certificate);
  const constraints = new x509.X509Certificate(certificate.raw).getExtension(NAME_CONSTRAINTS_OID);
  const issuer = issuerOf(material.curve, commonNameOf(certificate), loadKey(material.privateKey));
  return {
    ...authority(issuer, certificate.validToDate.getTime(), tasks),
    certificate,
    issuer,
    pem: certificate.toString(),
    ...(constraints ? { constraints: decodeNameConstraints(new Uint8Array(constraints.value)) } : {}),
  };
}

/** Loads a client authority for signing. The caller zeroes `material.privateKey` afterwards. */
export function openClientAuthority(
  material: ClientMaterial | NewClientMaterial,
  tasks: CertificateTasks = certificateTasks,
): ClientAuthority {
  const { commonName, notBefore_ms, notAfter_ms } = material;
  const key = 'key' in material ? material.key : loadKey(material.privateKey);
  const issuer = issuerOf(CLIENT_CURVE, commonName, key);
  return {
    ...authority(issuer, notAfter_ms, tasks),
    certificate: async () =>
      new X509Certificate(await selfSign({ usage: 'client', notBefore_ms, notAfter_ms }, issuer)),
  };
}

/** What a client authority is of which the certificate was kept, as those made by earlier releases. */
export function withoutCertificate({ privateKey, certificate: der }: RootMaterial): ClientMaterial {
  const certificate = new X509Certificate(der);
  return {
    commonName: commonNameOf(certificate),
    privateKey,
    notBefore_ms: certificate.validFromDate.getTime(),
    notAfter_ms: certificate.validToDate.getTime(),
  };
}

function authority(
  { publicKey, ...issuer }: Issuer,
  notAfter_ms: number,
  tasks: CertificateTasks,
): CertificateAuthority {
  const within = <Content extends { readonly notAfter_ms: number }>(content: Content) => ({
    ...content,
    issuer,
    notAfter_ms: Math.min(content.notAfter_ms, notAfter_ms),
  });
  return {
    publicKey,
    notAfter_ms,
    sign: (content) => tasks.sign(within(content)),
    signRequested: (content) => tasks.signRequested(within(content)),
  };
}

function issuerOf(curve: Curve, commonName: string, key: KeyObject): Issuer {
  const publicKey = createPublicKey(key);
  return { curve, commonName, publicKey, signingKey: key, keyIdentifier: keyIdentifier(publicKey) };
}

const loadKey = (bytes: Uint8Array): KeyObject =>
  createPrivateKey({
    key: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length),
    format: 'der',
    type: 'pkcs8',
  });

export function commonNameOf(certificate: X509Certificate): string {
  const { CN } = certificate.toLegacyObject().subject;
  if (typeof CN === 'string') return CN;
  throw new TypeError('the certificate of an authority has exactly one common name');
}
