/**
 * Writes and signs one certificate, with the types that @peculiar/x509 itself stands on: its generator serializes a certificate twice,
 * parses it again, and takes five times as long. What is the same in many certificates is encoded once. Decides nothing: what a
 * certificate says comes from `tasks.ts`.
 */
import { type KeyObject, sign, X509Certificate } from 'node:crypto';
import { AsnAnyConverter, AsnConvert, AsnSerializer, OctetString } from '@peculiar/asn1-schema';
import {
  AlgorithmIdentifier,
  AuthorityKeyIdentifier,
  Certificate,
  Extension,
  Extensions,
  GeneralName,
  GeneralNames,
  id_ce_authorityKeyIdentifier,
  id_ce_subjectAltName,
  id_ce_subjectKeyIdentifier,
  KeyIdentifier,
  SubjectKeyIdentifier,
  TBSCertificate,
  Validity,
  Version,
} from '@peculiar/asn1-x509';
import * as x509 from './x509.ts';

type Block = ReturnType<typeof AsnSerializer.toASN>;

/** A part that is encoded already; the serializer takes it as it is. */
class Encoded {
  readonly #block: Block;

  constructor(block: Block) {
    this.#block = block;
  }

  /** Of DER that a library wrote. */
  static of(der: ArrayBuffer): Encoded {
    return new Encoded(AsnAnyConverter.toASN(der));
  }

  toASN(): Block {
    return this.#block;
  }

  // The serializer knows what encodes itself by its having both. Nothing is ever read into one.
  fromASN(): this {
    return this;
  }
}

const ecdsa = (oid: string) => new Encoded(AsnSerializer.toASN(new AlgorithmIdentifier({ algorithm: oid })));

/** Signatures that authorities make, by their curve: RFC 5758 §3.2. */
const SIGNATURES = {
  'P-256': { hash: 'SHA-256', algorithm: ecdsa('1.2.840.10045.4.3.2') },
  'P-384': { hash: 'SHA-384', algorithm: ecdsa('1.2.840.10045.4.3.3') },
};

/** An extension as it stands in a certificate. */
export type WrittenExtension = Encoded | Extension;

/** One of the library's, encoded. Worth it for those that stand in many certificates. */
export const encoded = (extension: x509.Extension): WrittenExtension => Encoded.of(extension.rawData);

export interface AlternativeName {
  readonly type: 'url' | 'dns' | 'ip';
  readonly value: string;
}

/** RFC 5280 §4.2.1.6. */
export const alternativeNames = (names: readonly AlternativeName[]): WrittenExtension =>
  extension(id_ce_subjectAltName, new GeneralNames(names.map(generalName)));

/** RFC 5280 §4.2.1.1; `identifier` in hex. */
export const authorityIdentifier = (identifier: string): WrittenExtension =>
  extension(
    id_ce_authorityKeyIdentifier,
    new AuthorityKeyIdentifier({ keyIdentifier: new KeyIdentifier(fromHex(identifier)) }),
  );

/** RFC 5280 §4.2.1.2; `identifier` in hex. */
export const subjectIdentifier = (identifier: string): WrittenExtension =>
  extension(id_ce_subjectKeyIdentifier, new SubjectKeyIdentifier(fromHex(identifier)));

function generalName({ type, value }: AlternativeName): GeneralName {
  switch (type) {
    case 'url':
      return new GeneralName({ uniformResourceIdentifier: value });
    case 'dns':
      return new GeneralName({ dNSName: value });
    case 'ip':
      return new GeneralName({ iPAddress: value });
  }
}

const extension = (extnID: string, value: object): Extension =>
  new Extension({ extnID, extnValue: new OctetString(AsnConvert.serialize(value)) });

const fromHex = (hex: string): ArrayBuffer => new Uint8Array(Buffer.from(hex, 'hex')).buffer;

export interface CertificateDraft {
  /** Hex, of a positive number in the fewest bytes. */
  readonly serial: string;
  readonly subject: x509.JsonName;
  /** DER of the SubjectPublicKeyInfo to certify. */
  readonly spki: Uint8Array;
  readonly notBefore_ms: number;
  readonly notAfter_ms: number;
  /** As they stand in it, in order. */
  readonly extensions: readonly WrittenExtension[];
}

export interface CertificateSigner {
  readonly curve: keyof typeof SIGNATURES;
  readonly commonName: string;
  readonly signingKey: KeyObject;
}

/** The certificate, read back by OpenSSL, which throws if it is none. */
export function writeCertificate(draft: CertificateDraft, issuer: CertificateSigner): X509Certificate {
  const { hash, algorithm } = SIGNATURES[issuer.curve];
  const content = new TBSCertificate({
    version: Version.v3,
    serialNumber: fromHex(draft.serial),
    validity: new Validity({
      notBefore: new Date(draft.notBefore_ms),
      notAfter: new Date(draft.notAfter_ms),
    }),
  });
  const block = AsnSerializer.toASN(
    Object.assign(content, {
      signature: algorithm,
      issuer: nameOf([{ CN: [issuer.commonName] }]),
      subject: nameOf(draft.subject),
      subjectPublicKeyInfo: Encoded.of(Uint8Array.from(draft.spki).buffer),
      extensions: Object.assign(new Extensions(), draft.extensions),
    }),
  );
  const key = { key: issuer.signingKey, dsaEncoding: 'der' as const };
  const signature = sign(hash, new Uint8Array(AsnConvert.serialize(block)), key);
  const signatureValue = Uint8Array.from(signature).buffer;
  const certificate = Object.assign(new Certificate({ signatureValue }), {
    tbsCertificate: new Encoded(block),
    signatureAlgorithm: algorithm,
  });
  return new X509Certificate(Buffer.from(AsnConvert.serialize(certificate)));
}

// As the library writes names: which of the string types a value has is its rule, and must stay what it was.
const nameOf = (name: x509.JsonName): Encoded => Encoded.of(new x509.Name(name).toArrayBuffer());
