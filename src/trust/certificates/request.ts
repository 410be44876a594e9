/**
 * Checks a PKCS#10 signing request. Of a person's only the key counts: whatever else it asks for (subject, extensions) is ignored, so
 * nobody can talk themselves into a name. Of a server's the names are given back too, to be held against those that were authorized.
 * Must never accept a key whose owner did not prove to hold it.
 */
import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { AsnConvert } from '@peculiar/asn1-schema';
import { Pkcs10CertificateRequest, SubjectAlternativeNameExtension } from './x509.ts';

/** Characters of PEM. An RSA-8192 request is about 2,500. */
export const REQUEST_LENGTH_MAX = 8_192;

const RSA_BITS_MIN = 3_072;
/** Of a server's key, which lives for weeks and not for years: clients of ACME make 2048 by default (NIST SP 800-57: until 2030). */
const SERVER_RSA_BITS_MIN = 2_048;
const RSA_BITS_MAX = 8_192;
const RSA_EXPONENT_MIN = 65_537n;
const RSA_EXPONENT_MAX = 2n ** 32n;
const CURVES: Readonly<Record<string, string>> = { prime256v1: 'P-256', secp384r1: 'P-384' };
const SIGNATURE_HASHES = new Set(['SHA-256', 'SHA-384', 'SHA-512']);

/** A request with the parts that the library reads and does not give out. Throws on what cannot be read. */
class ReadRequest extends Pkcs10CertificateRequest {
  /** DER of the SubjectPublicKeyInfo. */
  get spki(): Uint8Array {
    return new Uint8Array(AsnConvert.serialize(this.asn.certificationRequestInfo.subjectPKInfo));
  }

  /** The bytes that the signature is over, as they came. */
  get signed(): Uint8Array | undefined {
    const { certificationRequestInfoRaw: bytes } = this.asn;
    return bytes && new Uint8Array(bytes);
  }
}

const PEM =
  /^\s*-----BEGIN (?:NEW )?CERTIFICATE REQUEST-----\s+([A-Za-z0-9+/=\s]+?)\s*-----END (?:NEW )?CERTIFICATE REQUEST-----\s*$/;

const wanted = (rsaBits_min: number) =>
  `use P-256, P-384, Ed25519, or RSA of ${rsaBits_min} to ${RSA_BITS_MAX} bits`;

/** A request that was refused: `reason` is stable, the message says what was wrong and what would be right. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
  readonly reason: 'Malformed' | 'UnsupportedKey' | 'WeakKey' | 'BadSignature';

  constructor(reason: RequestError['reason'], message: string) {
    super(message);
    this.reason = reason;
  }
}

export interface RequestedKey {
  /** `P-256`, `P-384`, `Ed25519`, `RSA-3072`, … */
  readonly type: string;
  /** DER of the SubjectPublicKeyInfo. */
  readonly spki: Uint8Array;
}

export interface RequestedServer extends RequestedKey {
  /** DNS names of the subject alternative name and common names of the subject, each once, in lower case. */
  readonly dnsNames: readonly string[];
  /** What else it wants to be called: addresses, URIs, other names, other parts of a subject. In words. */
  readonly others: readonly string[];
}

/** What kind of key it is; throws RequestError when it is none that we sign. */
function checkKey(key: KeyObject, rsaBits_min: number): string {
  const details = key.asymmetricKeyDetails ?? {};
  switch (key.asymmetricKeyType) {
    case 'ed25519':
      return 'Ed25519';
    case 'ec': {
      const curve = CURVES[details.namedCurve ?? ''];
      if (curve) return curve;
      throw new RequestError(
        'UnsupportedKey',
        `curve ${details.namedCurve ?? '(unnamed)'} is not accepted; ${wanted(rsaBits_min)}`,
      );
    }
    case 'rsa': {
      const bits = details.modulusLength ?? 0;
      if (bits < rsaBits_min || bits > RSA_BITS_MAX) {
        throw new RequestError(
          'WeakKey',
          `an RSA key of ${bits} bits is not accepted; ${wanted(rsaBits_min)}`,
        );
      }
      const exponent = details.publicExponent ?? 0n;
      if (exponent < RSA_EXPONENT_MIN || exponent > RSA_EXPONENT_MAX || exponent % 2n === 0n) {
        throw new RequestError('WeakKey', `RSA exponent ${exponent} is not accepted; use 65537`);
      }
      return `RSA-${bits}`;
    }
    default:
      throw new RequestError(
        'UnsupportedKey',
        `a key of type ${key.asymmetricKeyType} is not accepted; ${wanted(rsaBits_min)}`,
      );
  }
}

/**
 * Parses and checks a request in PEM: its form, its key, and the signature that proves possession of the key.
 * Throws RequestError.
 */
export async function checkRequest(pem: string): Promise<RequestedKey> {
  return (await readRequest(pem, RSA_BITS_MIN)).requested;
}

/** As `checkRequest`, with the key itself, for whoever certifies it at once. Throws RequestError. */
export async function readRequestedKey(pem: string): Promise<RequestedKey & { readonly key: KeyObject }> {
  const { requested, key } = await readRequest(pem, RSA_BITS_MIN);
  return { ...requested, key };
}

/** As `checkRequest`, with the names; RSA of 2048 bits will do. Throws RequestError. */
export async function checkServerRequest(pem: string): Promise<RequestedServer> {
  const { request, requested } = await readRequest(pem, SERVER_RSA_BITS_MIN);
  try {
    return { ...requested, ...namesOf(request) };
  } catch {
    throw new RequestError('Malformed', 'asks for names in a form that cannot be read');
  }
}

/** How long a list of names may be that anybody looks at. */
const NAMES_MAX = 256;
const ALTERNATIVE_NAME_OID = '2.5.29.17';

function namesOf(request: Pkcs10CertificateRequest): Pick<RequestedServer, 'dnsNames' | 'others'> {
  const dnsNames = new Set<string>();
  const others: string[] = [];
  const subject = request.subjectName.toJSON().flatMap((part) => Object.entries(part));
  for (const [type, values] of subject) {
    if (type === 'CN') for (const value of values) dnsNames.add(value.toLowerCase());
    else others.push(`subject ${type}`);
  }
  const found = request.getExtension(ALTERNATIVE_NAME_OID);
  const alternative = found && new SubjectAlternativeNameExtension(found.rawData);
  for (const { type, value } of alternative?.names.items ?? []) {
    if (type === 'dns') dnsNames.add(value.toLowerCase());
    else others.push(`${type} ${value}`);
  }
  if (dnsNames.size + others.length > NAMES_MAX) throw new RangeError('too many names');
  return { dnsNames: [...dnsNames], others };
}

async function readRequest(
  pem: string,
  rsaBits_min: number,
): Promise<{ readonly request: ReadRequest; readonly requested: RequestedKey; readonly key: KeyObject }> {
  if (pem.length > REQUEST_LENGTH_MAX) {
    throw new RequestError(
      'Malformed',
      `is ${pem.length} characters long; at most ${REQUEST_LENGTH_MAX} are accepted`,
    );
  }
  const body = PEM.exec(pem)?.[1];
  if (body === undefined) {
    throw new RequestError(
      'Malformed',
      'is not one PEM block "CERTIFICATE REQUEST"; make one with: openssl req -new -key KEY.pem -subj /CN=me',
    );
  }
  let request: ReadRequest;
  let key: KeyObject;
  let spki: Uint8Array;
  try {
    request = new ReadRequest(Buffer.from(body, 'base64'));
    ({ spki } = request);
    key = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
  } catch {
    throw new RequestError('Malformed', 'does not contain a readable PKCS#10 request');
  }
  const type = checkKey(key, rsaBits_min);
  if (!(await provesPossession(request, key, type))) {
    throw new RequestError(
      'BadSignature',
      'is not signed by the key it names; sign it with that key and SHA-256 or better',
    );
  }
  return { request, requested: { type, spki }, key };
}

async function provesPossession(request: ReadRequest, key: KeyObject, type: string): Promise<boolean> {
  const { name, hash: hashed } = request.signatureAlgorithm as { name: string; hash?: { name?: string } };
  const hash = hashed?.name;
  if (type !== 'Ed25519' && (hash === undefined || !SIGNATURE_HASHES.has(hash))) return false;
  try {
    const { signed } = request;
    // What nearly all are. WebCrypto, through which the library verifies, imports the key anew and takes three times as long.
    if (key.asymmetricKeyType === 'ec' && name === 'ECDSA' && hash !== undefined && signed) {
      return verify(hash, signed, { key, dsaEncoding: 'der' }, new Uint8Array(request.signature));
    }
    return await request.verify();
  } catch {
    return false;
  }
}
