/**
 * What a SAML response must look like before any parser sees it, on its text: one document without a document type, comments or other
 * means to make two readers see two things; one Response, one Assertion, each ID once, and signatures by algorithms that still hold.
 * Signature wrapping needs a second assertion beside the signed one: here there is never a second. Pure.
 */
import { SAML_RESPONSE_BYTES_MAX } from './limits.ts';

const SIGNATURES: ReadonlySet<string> = new Set([
  'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
  'http://www.w3.org/2001/04/xmldsig-more#rsa-sha512',
]);
const DIGESTS: ReadonlySet<string> = new Set([
  'http://www.w3.org/2001/04/xmlenc#sha256',
  'http://www.w3.org/2001/04/xmlenc#sha512',
]);
const BASE64 = /^[A-Za-z0-9+/\s]+={0,2}\s*$/;
const DECLARATION = /^\uFEFF?\s*<\?xml\s[^<>?]*\?>/;

const refuse = (why: string) => new Error(`the SAML response is refused: ${why}`);

/** Opening tags of a name, whatever its prefix. */
const tags = (xml: string, name: string): readonly string[] =>
  [...xml.matchAll(new RegExp(`<(?:[^\\s<>/:"'=]+:)?${name}(?=[\\s/>])[^>]*>`, 'g'))].map(([tag]) => tag);

const attributeOf = (tag: string, name: string): string | undefined =>
  new RegExp(`\\s${name}\\s*=\\s*(?:"([^"<]*)"|'([^'<]*)')`)
    .exec(tag)
    ?.slice(1)
    .find((value) => value !== undefined);

function decoded(response: string): string {
  if (response.length > SAML_RESPONSE_BYTES_MAX * 2 || !BASE64.test(response))
    throw refuse('it is not base64');
  const bytes = Buffer.from(response, 'base64');
  if (bytes.length > SAML_RESPONSE_BYTES_MAX)
    throw refuse(`it is larger than ${SAML_RESPONSE_BYTES_MAX} bytes`);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw refuse('it is not UTF-8');
  }
}

function requirePlain(xml: string): void {
  const declaration = DECLARATION.exec(xml)?.[0] ?? '';
  const encoding = /encoding\s*=\s*["']([^"']*)["']/i.exec(declaration)?.[1];
  if (encoding !== undefined && encoding.toLowerCase() !== 'utf-8') throw refuse('its encoding is not UTF-8');
  const body = xml.slice(declaration.length);
  if (body.includes('<!')) throw refuse('it has a document type, a comment or a CDATA section');
  if (body.includes('<?')) throw refuse('it has a processing instruction');
  if (body.includes('\0')) throw refuse('it has a character that XML does not');
}

function requireAlgorithms(xml: string): void {
  for (const [name, allowed] of [
    ['SignatureMethod', SIGNATURES],
    ['DigestMethod', DIGESTS],
  ] as const) {
    for (const tag of tags(xml, name)) {
      const algorithm = attributeOf(tag, 'Algorithm') ?? 'no algorithm';
      if (!allowed.has(algorithm))
        throw refuse(`${algorithm} is not accepted for ${name}; use RSA with SHA-256 or SHA-512`);
    }
  }
}

function requireOneOfEach(xml: string): void {
  const [responses, assertions, signatures] = ['Response', 'Assertion', 'Signature'].map(
    (name) => tags(xml, name).length,
  );
  if (responses !== 1) throw refuse('it must be one Response');
  if (tags(xml, 'EncryptedAssertion').length > 0)
    throw refuse('encrypted assertions are not taken; TLS protects them');
  if (assertions !== 1) throw refuse('it must have one Assertion');
  if (signatures === 0 || (signatures ?? 0) > 2) throw refuse('its assertion must be signed, once');
  const ids = [...xml.matchAll(/\s(?:xml:)?(?:ID|Id|id)\s*=\s*(?:"([^"]*)"|'([^']*)')/g)].map(
    ([, double, single]) => double ?? single,
  );
  if (new Set(ids).size < ids.length) throw refuse('two of its elements have one ID');
}

export interface Shaped {
  readonly xml: string;
  /** Of the Response: not yet verified. */
  readonly inResponseTo: string;
  readonly destination: string | undefined;
}

/** `response`: base64 as posted. Throws what is wrong. */
export function shaped(response: string): Shaped {
  const xml = decoded(response);
  requirePlain(xml);
  requireOneOfEach(xml);
  requireAlgorithms(xml);
  const [root = ''] = tags(xml, 'Response');
  const inResponseTo = attributeOf(root, 'InResponseTo');
  if (inResponseTo === undefined || inResponseTo === '') {
    throw refuse('it answers no request of ours (InResponseTo); begin at the sign-in page');
  }
  return { xml, inResponseTo, destination: attributeOf(root, 'Destination') };
}
