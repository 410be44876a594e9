/**
 * Certificate authorities: one root per region (signs server certificates) and one client authority per realm (signs
 * client certificates of that realm and nothing else). Keys are held as non-extractable WebCrypto keys once loaded.
 */
import { type KeyObject, randomBytes, webcrypto, X509Certificate } from 'node:crypto';
import { decodeNameConstraints, encodeNameConstraints, type NameConstraints } from './name-constraints.ts';
import * as x509 from './x509.ts';

export const DAY_MS = 24 * 60 * 60 * 1000;
/** Clocks of clients without NTP run late: certificates begin a little before they are signed. */
export const NOT_BEFORE_SLACK_MS = 5 * 60 * 1000;
const AUTHORITY_VALIDITY_MS = 10 * 365 * DAY_MS;

const NAME_CONSTRAINTS_OID = '2.5.29.30';

export type Curve = 'P-256' | 'P-384';
const HASH: Readonly<Record<Curve, string>> = { 'P-256': 'SHA-256', 'P-384': 'SHA-384' };

/** An authority at rest. `privateKey` is secret: wrap it at once and zero it. */
export interface AuthorityMaterial {
  readonly curve: Curve;
  /** PKCS#8 DER. */
  readonly privateKey: Uint8Array;
  /** DER of the self-signed certificate. */
  readonly certificate: Uint8Array;
}

export interface SignOptions {
  readonly subject: x509.JsonName;
  /** DER of the SubjectPublicKeyInfo to certify. */
  readonly spki: Uint8Array;
  readonly notBefore_ms: number;
  readonly notAfter_ms: number;
  readonly extensions: readonly x509.Extension[];
}

export interface SignedCertificate {
  readonly pem: string;
  readonly der: Uint8Array;
  /** 32 lower-case hex digits. */
  readonly serial: string;
}

/** A loaded authority: its certificate in public, its key only through `sign`. */
export interface CertificateAuthority {
  readonly certificate: X509Certificate;
  /** Of the certificate, read once: what is signed is verified against it on every new connection. */
  readonly publicKey: KeyObject;
  readonly pem: string;
  readonly notAfter_ms: number;
  /** The names it may certify; absent for an authority that certifies no names of servers. */
  readonly constraints?: NameConstraints;
  /** Signs a certificate; never one that outlives the authority itself. */
  sign(options: SignOptions): Promise<SignedCertificate>;
}

/**
 * A random serial of 16 bytes. The first byte is in 0x40–0x7f, so that DER neither drops nor adds a byte and the serial
 * always is 32 hex digits; 126 bits are random (RFC 5280 §4.1.2.2 wants at most 20 octets, positive).
 */
export function randomSerial(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes.toString('hex');
}

const algorithm = (curve: Curve) => ({ name: 'ECDSA', namedCurve: curve, hash: HASH[curve] });

async function createAuthority(
  curve: Curve,
  name: string,
  now_ms: number,
  extensions: readonly x509.Extension[],
): Promise<AuthorityMaterial> {
  const keys = await webcrypto.subtle.generateKey(algorithm(curve), true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: randomSerial(),
    name: [{ CN: [name] }],
    notBefore: new Date(now_ms - NOT_BEFORE_SLACK_MS),
    notAfter: new Date(now_ms + AUTHORITY_VALIDITY_MS),
    signingAlgorithm: algorithm(curve),
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      ...extensions,
    ],
  });
  return {
    curve,
    privateKey: new Uint8Array(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)),
    certificate: new Uint8Array(certificate.rawData),
  };
}

/** The region's root: P-384, self-signed, ten years, constrained to the region's own names and addresses. */
export function createRootAuthority(
  region: string,
  constraints: NameConstraints,
  now_ms: number,
): Promise<AuthorityMaterial> {
  return createAuthority('P-384', `Casemate root of region ${region}`.slice(0, 64), now_ms, [
    new x509.Extension(NAME_CONSTRAINTS_OID, true, encodeNameConstraints(constraints)),
    new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
  ]);
}

/**
 * A realm's client authority: P-256 (verified on every new connection, so quick), self-signed, for clients only. The realm's
 * name is in no subject: the certificate travels to clients, and tells nobody which organizations exist.
 */
export function createClientAuthority(now_ms: number): Promise<AuthorityMaterial> {
  const id = randomBytes(8).toString('hex');
  return createAuthority('P-256', `Casemate client authority ${id}`, now_ms, [
    new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth]),
  ]);
}

/** Loads an authority for signing. The caller zeroes `material.privateKey` afterwards. */
export async function openAuthority(material: AuthorityMaterial): Promise<CertificateAuthority> {
  const der = Buffer.from(material.certificate);
  const certificate = new X509Certificate(der);
  const issuer = new x509.X509Certificate(der);
  const signingKey = await webcrypto.subtle.importKey(
    'pkcs8',
    Uint8Array.from(material.privateKey),
    algorithm(material.curve),
    false,
    ['sign'],
  );
  const keyIdentifier = await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey);
  const notAfter_ms = issuer.notAfter.getTime();
  const constraints = issuer.getExtension(NAME_CONSTRAINTS_OID);
  return {
    certificate,
    publicKey: certificate.publicKey,
    pem: certificate.toString(),
    notAfter_ms,
    ...(constraints ? { constraints: decodeNameConstraints(new Uint8Array(constraints.value)) } : {}),
    async sign(options) {
      const serial = randomSerial();
      const signed = await x509.X509CertificateGenerator.create({
        serialNumber: serial,
        subject: options.subject,
        issuer: issuer.subjectName.toJSON(),
        notBefore: new Date(options.notBefore_ms),
        notAfter: new Date(Math.min(options.notAfter_ms, notAfter_ms)),
        signingAlgorithm: algorithm(material.curve),
        publicKey: new x509.PublicKey(Buffer.from(options.spki)),
        signingKey,
        extensions: [
          ...options.extensions,
          keyIdentifier,
          await x509.SubjectKeyIdentifierExtension.create(new x509.PublicKey(Buffer.from(options.spki))),
        ],
      });
      return { pem: `${signed.toString('pem')}\n`, der: new Uint8Array(signed.rawData), serial };
    },
  };
}
