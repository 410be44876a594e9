/**
 * The work on certificates that takes long: signing, and checking requests. Everything that goes in and out is plain data or
 * a key that Node can hand to another thread, because it is done on one (`task-threads.ts`).
 */
import { createHash, createPublicKey, type KeyObject, randomBytes, type X509Certificate } from 'node:crypto';
import { encodeNameConstraints, type NameConstraints } from './name-constraints.ts';
import {
  checkRequest,
  checkServerRequest,
  type RequestedKey,
  type RequestedServer,
  readRequestedKey,
} from './request.ts';
import {
  type AlternativeName,
  alternativeNames,
  authorityIdentifier,
  encoded,
  subjectIdentifier,
  type WrittenExtension,
  writeCertificate,
} from './write-certificate.ts';
import * as x509 from './x509.ts';

export const NAME_CONSTRAINTS_OID = '2.5.29.30';

export type Curve = 'P-256' | 'P-384';
const HASH: Readonly<Record<Curve, string>> = { 'P-256': 'SHA-256', 'P-384': 'SHA-384' };

/** What certificates are good for. */
export type Usage = 'client' | 'server';

/** What an authority says of itself. */
export interface AuthorityContent {
  readonly usage: Usage;
  readonly notBefore_ms: number;
  readonly notAfter_ms: number;
  /** The names it may certify, for servers. */
  readonly constraints?: NameConstraints;
  /** How many authorities may stand between it and what is certified at the end. Default 0: it certifies no other authority. */
  readonly pathLength?: number;
  /** Where the list of what its issuer revoked is. */
  readonly crlUrl?: string;
}

/** An authority that another one certifies. */
export interface SubordinateContent extends AuthorityContent {
  readonly commonName: string;
  readonly publicKey: KeyObject;
}

/** What a certificate says. */
export interface CertificateContent {
  readonly subject: x509.JsonName;
  /** DER of the SubjectPublicKeyInfo to certify. */
  readonly spki: Uint8Array;
  readonly notBefore_ms: number;
  readonly notAfter_ms: number;
  readonly usage: Usage;
  /** Subject alternative names. */
  readonly names: readonly AlternativeName[];
  /** Where the list of what its issuer revoked is. */
  readonly crlUrl?: string;
}

/** Who signs: the name and the key of a loaded authority. */
export interface Issuer {
  readonly curve: Curve;
  readonly commonName: string;
  readonly publicKey: KeyObject;
  /** Of the authority alone: only what signs for it may hold one of these. */
  readonly signingKey: KeyObject;
  /** As `keyIdentifier` gives it. */
  readonly keyIdentifier: string;
}

/** As much of an issuer as signing takes, so that no more goes to another thread. */
export type SigningIssuer = Omit<Issuer, 'publicKey'>;

export interface SigningTask extends CertificateContent {
  readonly issuer: SigningIssuer;
}

/** A certificate for the key of a signing request. */
export interface RequestedContent extends Omit<CertificateContent, 'spki'> {
  /** PEM. */
  readonly request: string;
}

export interface RequestedTask extends RequestedContent {
  readonly issuer: SigningIssuer;
}

export interface SignedCertificate {
  readonly pem: string;
  readonly der: Uint8Array;
  /** 32 lower-case hex digits. */
  readonly serial: string;
}

export interface CertificateTasks {
  sign(task: SigningTask): Promise<SignedCertificate>;
  /** `checkRequest`, and then `sign` for the key that it gives. Throws RequestError. */
  signRequested(task: RequestedTask): Promise<SignedCertificate>;
  /** As `request.ts` says. Throws RequestError. */
  checkRequest(pem: string): Promise<RequestedKey>;
  /** As `request.ts` says. Throws RequestError. */
  checkServerRequest(pem: string): Promise<RequestedServer>;
}

/** On this thread. */
export const certificateTasks: CertificateTasks = { sign, signRequested, checkRequest, checkServerRequest };

export const signingAlgorithm = (curve: Curve) => ({ name: 'ECDSA', namedCurve: curve, hash: HASH[curve] });

/**
 * A random serial of 16 bytes. The first byte is in 0x40–0x7f, so that DER neither drops nor adds a byte and the serial
 * always is 32 hex digits; 126 bits are random (RFC 5280 §4.1.2.2 wants at most 20 octets, positive).
 */
export function randomSerial(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes.toString('hex');
}

/** SHA-1 of the public key's bits, in hex: RFC 5280 §4.2.1.2, method 1. It names a key; nothing trusts it. */
export function keyIdentifier(key: KeyObject): string {
  const bits =
    key.asymmetricKeyType === 'rsa'
      ? key.export({ type: 'pkcs1', format: 'der' })
      : key.export({ format: 'raw-public' });
  return createHash('sha1').update(bits).digest('hex');
}

// The same in every certificate, and dear to make.
const EXTENSIONS: Readonly<Record<'authority' | Usage, readonly WrittenExtension[]>> = {
  authority: [
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
  ].map(encoded),
  client: [
    new x509.BasicConstraintsExtension(false, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
    new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth], true),
  ].map(encoded),
  server: [
    new x509.BasicConstraintsExtension(false, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
    new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
  ].map(encoded),
};
const AUTHORITY_USAGE: Readonly<Record<Usage, WrittenExtension>> = {
  client: encoded(new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth])),
  server: encoded(new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth])),
};

/** The certificate of an authority, in DER, signed with its own key. */
export async function selfSign(content: AuthorityContent, issuer: Issuer): Promise<Uint8Array> {
  const { commonName, publicKey } = issuer;
  return (await certifyAuthority({ ...content, commonName, publicKey }, issuer, [])).der;
}

/** The certificate of an authority below `issuer`. */
export const signAuthority = (content: SubordinateContent, issuer: Issuer): Promise<SignedCertificate> =>
  certifyAuthority(content, issuer, [authorityIdentifier(issuer.keyIdentifier)]);

async function certifyAuthority(
  content: SubordinateContent,
  issuer: Issuer,
  above: readonly WrittenExtension[],
): Promise<SignedCertificate> {
  const { usage, constraints, pathLength = 0, crlUrl, commonName, publicKey } = content;
  const serial = randomSerial();
  const certificate = writeCertificate(
    {
      serial,
      subject: [{ CN: [commonName] }],
      spki: publicKey.export({ type: 'spki', format: 'der' }),
      notBefore_ms: content.notBefore_ms,
      notAfter_ms: content.notAfter_ms,
      extensions: [
        encoded(new x509.BasicConstraintsExtension(true, pathLength, true)),
        ...EXTENSIONS.authority,
        ...above,
        subjectIdentifier(keyIdentifier(publicKey)),
        ...(constraints
          ? [encoded(new x509.Extension(NAME_CONSTRAINTS_OID, true, encodeNameConstraints(constraints)))]
          : []),
        ...revocationList(crlUrl),
        AUTHORITY_USAGE[usage],
      ],
    },
    issuer,
  );
  return signedCertificate(certificate, serial);
}

const revocationList = (url: string | undefined): WrittenExtension[] =>
  url === undefined ? [] : [encoded(new x509.CRLDistributionPointsExtension([url]))];

async function sign(task: SigningTask): Promise<SignedCertificate> {
  return certify(task, createPublicKey({ key: Buffer.from(task.spki), format: 'der', type: 'spki' }));
}

/** `key`: the one that `spki` is of. */
function certify(task: SigningTask, key: KeyObject): SignedCertificate {
  const { issuer, subject, spki, usage, names } = task;
  const serial = randomSerial();
  const certificate = writeCertificate(
    {
      serial,
      subject,
      spki,
      notBefore_ms: task.notBefore_ms,
      notAfter_ms: task.notAfter_ms,
      extensions: [
        ...EXTENSIONS[usage],
        alternativeNames(names),
        authorityIdentifier(issuer.keyIdentifier),
        subjectIdentifier(keyIdentifier(key)),
        ...revocationList(task.crlUrl),
      ],
    },
    issuer,
  );
  return signedCertificate(certificate, serial);
}

async function signRequested({ request, ...task }: RequestedTask): Promise<SignedCertificate> {
  const { spki, key } = await readRequestedKey(request);
  return certify({ ...task, spki }, key);
}

// Copied: what is handed to another thread must not be a slice of memory that others share.
const signedCertificate = (certificate: X509Certificate, serial: string): SignedCertificate => ({
  pem: certificate.toString(),
  der: Uint8Array.from(certificate.raw),
  serial,
});
