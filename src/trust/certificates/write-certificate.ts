/**
 * Writes and signs one certificate, with the types that @peculiar/x509 itself stands on: its generator serializes a certificate twice,
 * parses it again, and takes five times as long. Decides nothing: what a certificate says comes from `tasks.ts`.
 */
import { subtle, type webcrypto, X509Certificate } from 'node:crypto';
import { AsnConvert } from '@peculiar/asn1-schema';
import {
  AlgorithmIdentifier,
  Certificate,
  Extension,
  Extensions,
  Name,
  SubjectPublicKeyInfo,
  TBSCertificate,
  Validity,
  Version,
} from '@peculiar/asn1-x509';
import * as x509 from './x509.ts';

/** Signatures that authorities make, by their curve: RFC 5758 §3.2. */
const SIGNATURES = {
  'P-256': { hash: 'SHA-256', algorithm: new AlgorithmIdentifier({ algorithm: '1.2.840.10045.4.3.2' }) },
  'P-384': { hash: 'SHA-384', algorithm: new AlgorithmIdentifier({ algorithm: '1.2.840.10045.4.3.3' }) },
};
const signatureFormat = new x509.AsnEcSignatureFormatter();

export interface CertificateDraft {
  /** Hex, of a positive number in the fewest bytes. */
  readonly serial: string;
  readonly subject: x509.JsonName;
  /** DER of the SubjectPublicKeyInfo to certify. */
  readonly spki: Uint8Array;
  readonly notBefore_ms: number;
  readonly notAfter_ms: number;
  /** As they stand in it, in order. */
  readonly extensions: readonly x509.Extension[];
}

export interface CertificateSigner {
  readonly curve: keyof typeof SIGNATURES;
  readonly commonName: string;
  readonly signingKey: webcrypto.CryptoKey;
}

/** The certificate, read back by OpenSSL, which throws if it is none. */
export async function writeCertificate(
  draft: CertificateDraft,
  issuer: CertificateSigner,
): Promise<X509Certificate> {
  const { hash, algorithm } = SIGNATURES[issuer.curve];
  const tbsCertificate = new TBSCertificate({
    version: Version.v3,
    serialNumber: new Uint8Array(Buffer.from(draft.serial, 'hex')).buffer,
    signature: algorithm,
    issuer: nameOf([{ CN: [issuer.commonName] }]),
    validity: new Validity({
      notBefore: new Date(draft.notBefore_ms),
      notAfter: new Date(draft.notAfter_ms),
    }),
    subject: nameOf(draft.subject),
    subjectPublicKeyInfo: AsnConvert.parse(draft.spki, SubjectPublicKeyInfo),
    extensions: new Extensions(draft.extensions.map(extensionOf)),
  });
  const ecdsa = { name: 'ECDSA', namedCurve: issuer.curve, hash };
  const signature = await subtle.sign(ecdsa, issuer.signingKey, AsnConvert.serialize(tbsCertificate));
  const signatureValue = signatureFormat.toAsnSignature(ecdsa, signature);
  if (!signatureValue) throw new TypeError(`a signature on ${issuer.curve} could not be written`);
  const certificate = new Certificate({
    tbsCertificate,
    signatureAlgorithm: algorithm,
    signatureValue,
  });
  return new X509Certificate(Buffer.from(AsnConvert.serialize(certificate)));
}

const nameOf = (name: x509.JsonName): Name => AsnConvert.parse(new x509.Name(name).toArrayBuffer(), Name);

// Most certificates have the same ones, which live as long as the process.
const parsed = new WeakMap<x509.Extension, Extension>();

function extensionOf(extension: x509.Extension): Extension {
  const known = parsed.get(extension);
  if (known) return known;
  const value = AsnConvert.parse(extension.rawData, Extension);
  parsed.set(extension, value);
  return value;
}
