/**
 * Writes X.509 certificates (RFC 5280 §4.1) and finds in ours what signing needs. @peculiar/x509 can do it too, through objects of
 * every field, and took most of the time that making an organization takes.
 */
import { createHash } from 'node:crypto';
import { bitString, der, elements, oid, TAG, time, unsigned } from './der.ts';

/** A subject: `[{ CN: ['alice'] }, { O: ['auditors'] }]`, each a relative name of its own. */
export type Name = readonly { readonly CN?: readonly string[]; readonly O?: readonly string[] }[];

/** An extension that is encoded already; those of @peculiar/x509 are such. */
export interface EncodedExtension {
  readonly rawData: ArrayBuffer | Uint8Array;
}

export type Curve = 'P-256' | 'P-384';

const ATTRIBUTES = { CN: oid('2.5.4.3'), O: oid('2.5.4.10') } as const;
const SIGNATURES: Readonly<Record<Curve, Buffer>> = {
  'P-256': der(TAG.sequence, oid('1.2.840.10045.4.3.2')),
  'P-384': der(TAG.sequence, oid('1.2.840.10045.4.3.3')),
};
const VERSION_3 = der(0xa0, unsigned(Uint8Array.of(2)));
const TRUE = Uint8Array.of(0x01, 0x01, 0xff);
const SUBJECT_KEY_IDENTIFIER = '2.5.29.14';
const AUTHORITY_KEY_IDENTIFIER = '2.5.29.35';

export function encodeName(name: Name): Buffer {
  const attributes = name.flatMap((relative) =>
    (['CN', 'O'] as const).flatMap((type) =>
      (relative[type] ?? []).map((value) =>
        der(TAG.set, der(TAG.sequence, ATTRIBUTES[type], der(TAG.utf8String, Buffer.from(value, 'utf8')))),
      ),
    ),
  );
  return der(TAG.sequence, ...attributes);
}

/** `value` is the DER inside the extension's octet string. */
export function encodeExtension(type: string, critical: boolean, value: Uint8Array): EncodedExtension {
  const flag = critical ? [TRUE] : [];
  return { rawData: der(TAG.sequence, oid(type), ...flag, der(TAG.octetString, value)) };
}

/** SHA-1 of the key's bits (RFC 5280 §4.2.1.2, method 1): a name for the key, no protection of anything. */
export function keyIdentifier(spki: Uint8Array): Buffer {
  const [key] = elements(spki);
  const bits = key && elements(key.content)[1];
  if (bits?.tag !== TAG.bitString) throw new RangeError('no SubjectPublicKeyInfo');
  return createHash('sha1').update(bits.content.subarray(1)).digest();
}

export const subjectKeyIdentifier = (id: Uint8Array): EncodedExtension =>
  encodeExtension(SUBJECT_KEY_IDENTIFIER, false, der(TAG.octetString, id));

export const authorityKeyIdentifier = (id: Uint8Array): EncodedExtension =>
  encodeExtension(AUTHORITY_KEY_IDENTIFIER, false, der(TAG.sequence, der(0x80, id)));

export interface CertificateFields {
  /** Hex digits. */
  readonly serial: string;
  /** DER of the names. */
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  readonly notBefore_ms: number;
  readonly notAfter_ms: number;
  /** DER of the SubjectPublicKeyInfo. */
  readonly spki: Uint8Array;
  readonly extensions: readonly EncodedExtension[];
  /** Of the key that signs. */
  readonly curve: Curve;
}

/** `sign` gives an ECDSA signature as WebCrypto does: both numbers, one after the other. */
export async function encodeCertificate(
  fields: CertificateFields,
  sign: (bytes: Uint8Array) => Promise<ArrayBuffer>,
): Promise<Buffer> {
  const algorithm = SIGNATURES[fields.curve];
  const body = der(
    TAG.sequence,
    VERSION_3,
    unsigned(Buffer.from(fields.serial, 'hex')),
    algorithm,
    fields.issuer,
    der(TAG.sequence, time(fields.notBefore_ms), time(fields.notAfter_ms)),
    fields.subject,
    fields.spki,
    der(0xa3, der(TAG.sequence, ...fields.extensions.map(({ rawData }) => new Uint8Array(rawData)))),
  );
  const signature = new Uint8Array(await sign(body));
  const half = signature.length / 2;
  const numbers = der(
    TAG.sequence,
    unsigned(signature.subarray(0, half)),
    unsigned(signature.subarray(half)),
  );
  return der(TAG.sequence, body, algorithm, bitString(numbers));
}

export interface DecodedAuthority {
  /** DER of the name. */
  readonly subject: Uint8Array;
  readonly spki: Uint8Array;
  /** The value of an extension; undefined when it has none of that type. */
  extension(type: string): Uint8Array | undefined;
}

/** Reads a certificate that one of our own authorities keeps beside its key. Throws a RangeError on any other form. */
export function decodeAuthority(certificate: Uint8Array): DecodedAuthority {
  const [outer] = elements(certificate);
  const [body] = outer ? elements(outer.content) : [];
  const [version, , , , , subject, spki, extensions] = body ? elements(body.content) : [];
  if (version?.tag !== 0xa0 || !subject || !spki) throw new RangeError('no X.509 certificate of version 3');
  return {
    subject: subject.whole,
    spki: spki.whole,
    extension(type) {
      const [list] = extensions?.tag === 0xa3 ? elements(extensions.content) : [];
      const wanted = oid(type);
      for (const { content } of list ? elements(list.content) : []) {
        const parts = elements(content);
        if (parts[0] && wanted.equals(parts[0].whole)) return parts.at(-1)?.content;
      }
      return undefined;
    },
  };
}

/** PEM with lines of 64 characters and a line break at the end. */
export function certificatePem(certificate: Buffer): string {
  const lines = certificate.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}
