/**
 * Certificate authorities: one root per region (signs server certificates) and one client authority per realm (signs
 * client certificates of that realm and nothing else). Keys are held as non-extractable WebCrypto keys once loaded.
 */
import { type KeyObject, randomBytes, webcrypto, X509Certificate } from 'node:crypto';
import {
  authorityKeyIdentifier,
  type Curve,
  certificatePem,
  decodeAuthority,
  type EncodedExtension,
  encodeCertificate,
  encodeExtension,
  encodeName,
  keyIdentifier,
  type Name,
  subjectKeyIdentifier,
} from './encode.ts';
import { decodeNameConstraints, encodeNameConstraints, type NameConstraints } from './name-constraints.ts';
import * as x509 from './x509.ts';

export const DAY_MS = 24 * 60 * 60 * 1000;
/** Clocks of clients without NTP run late: certificates begin a little before they are signed. */
export const NOT_BEFORE_SLACK_MS = 5 * 60 * 1000;
const AUTHORITY_VALIDITY_MS = 10 * 365 * DAY_MS;

const NAME_CONSTRAINTS_OID = '2.5.29.30';

export type { Curve };

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
  readonly subject: Name;
  /** DER of the SubjectPublicKeyInfo to certify. */
  readonly spki: Uint8Array;
  readonly notBefore_ms: number;
  readonly notAfter_ms: number;
  readonly extensions: readonly EncodedExtension[];
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

// Made once: they are the same in every authority, and in every client's.
const AUTHORITY_EXTENSIONS: readonly EncodedExtension[] = [
  new x509.BasicConstraintsExtension(true, 0, true),
  new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
];
const FOR_SERVERS = new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]);
const FOR_CLIENTS = new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth]);

const signWith = (curve: Curve, key: webcrypto.CryptoKey) => (bytes: Uint8Array) =>
  webcrypto.subtle.sign(algorithm(curve), key, Uint8Array.from(bytes));

async function createAuthority(
  curve: Curve,
  name: string,
  now_ms: number,
  extensions: readonly EncodedExtension[],
): Promise<AuthorityMaterial> {
  const keys = await webcrypto.subtle.generateKey(algorithm(curve), true, ['sign', 'verify']);
  const spki = new Uint8Array(await webcrypto.subtle.exportKey('spki', keys.publicKey));
  const subject = encodeName([{ CN: [name] }]);
  const certificate = await encodeCertificate(
    {
      serial: randomSerial(),
      issuer: subject,
      subject,
      notBefore_ms: now_ms - NOT_BEFORE_SLACK_MS,
      notAfter_ms: now_ms + AUTHORITY_VALIDITY_MS,
      spki,
      extensions: [...AUTHORITY_EXTENSIONS, subjectKeyIdentifier(keyIdentifier(spki)), ...extensions],
      curve,
    },
    signWith(curve, keys.privateKey),
  );
  return {
    curve,
    privateKey: new Uint8Array(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)),
    certificate,
  };
}

/** The region's root: P-384, self-signed, ten years, constrained to the region's own names and addresses. */
export function createRootAuthority(
  region: string,
  constraints: NameConstraints,
  now_ms: number,
): Promise<AuthorityMaterial> {
  return createAuthority('P-384', `Casemate root of region ${region}`.slice(0, 64), now_ms, [
    encodeExtension(NAME_CONSTRAINTS_OID, true, encodeNameConstraints(constraints)),
    FOR_SERVERS,
  ]);
}

/**
 * A realm's client authority: P-256 (verified on every new connection, so quick), self-signed, for clients only. The realm's
 * name is in no subject: the certificate travels to clients, and tells nobody which organizations exist.
 */
export function createClientAuthority(now_ms: number): Promise<AuthorityMaterial> {
  const id = randomBytes(8).toString('hex');
  return createAuthority('P-256', `Casemate client authority ${id}`, now_ms, [FOR_CLIENTS]);
}

/** Loads an authority for signing. The caller zeroes `material.privateKey` afterwards. */
export async function openAuthority(material: AuthorityMaterial): Promise<CertificateAuthority> {
  // A copy: the caller zeroes all that it was given.
  const encoded = Buffer.from(material.certificate);
  const certificate = new X509Certificate(encoded);
  const { subject: issuer, spki, extension } = decodeAuthority(encoded);
  const signingKey = await webcrypto.subtle.importKey(
    'pkcs8',
    Uint8Array.from(material.privateKey),
    algorithm(material.curve),
    false,
    ['sign'],
  );
  const issuerIdentifier = authorityKeyIdentifier(keyIdentifier(spki));
  const notAfter_ms = certificate.validToDate.getTime();
  const constraints = extension(NAME_CONSTRAINTS_OID);
  return {
    certificate,
    publicKey: certificate.publicKey,
    pem: certificate.toString(),
    notAfter_ms,
    ...(constraints ? { constraints: decodeNameConstraints(constraints) } : {}),
    async sign(options) {
      const serial = randomSerial();
      const signed = await encodeCertificate(
        {
          serial,
          issuer,
          subject: encodeName(options.subject),
          notBefore_ms: options.notBefore_ms,
          notAfter_ms: Math.min(options.notAfter_ms, notAfter_ms),
          spki: options.spki,
          extensions: [
            ...options.extensions,
            issuerIdentifier,
            subjectKeyIdentifier(keyIdentifier(options.spki)),
          ],
          curve: material.curve,
        },
        signWith(material.curve, signingKey),
      );
      return { pem: certificatePem(signed), der: signed, serial };
    },
  };
}
