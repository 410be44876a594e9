/**
 * What a region asks of the ceremony of its offline root, and what that answers: two small JSON files that people carry. Neither holds a secret.
 * Both are read as if anybody could have changed them on the way.
 */
import { createHash, X509Certificate } from 'node:crypto';
import { type Static, Type } from 'typebox';
import { Check } from 'typebox/schema';

const PEM = Type.String({ maxLength: 16_384 });
const NAMES = Type.Array(Type.String({ maxLength: 253 }), { maxItems: 256 });

const REQUEST = Type.Object({
  format: Type.Literal('casemate-issuer-request-v1'),
  region: Type.String({ minLength: 1, maxLength: 63 }),
  request: PEM,
  constraints: Type.Object({ dnsNames: NAMES, ipRanges: NAMES }),
});
const ANSWER = Type.Object({
  format: Type.Literal('casemate-issuer-v1'),
  certificate: PEM,
  root: PEM,
  /** The root, vouched for by the one before it. */
  cross: Type.Optional(PEM),
  transcript: Type.String({ maxLength: 65_536 }),
});

export type IssuerRequest = Static<typeof REQUEST>;
export type IssuerAnswer = Static<typeof ANSWER>;

function parse<T>(text: string, what: string, check: (value: unknown) => value is T): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (check(value)) return value;
  throw new TypeError(`this is not ${what}`);
}

/** Throws a TypeError. */
export const parseIssuerRequest = (text: string): IssuerRequest =>
  parse(text, 'a request that casemate ca request printed', (value): value is IssuerRequest =>
    Check(REQUEST, value),
  );

/** Throws a TypeError. */
export const parseIssuerAnswer = (text: string): IssuerAnswer =>
  parse(text, 'an answer that casemate ca ceremony wrote', (value): value is IssuerAnswer =>
    Check(ANSWER, value),
  );

export const textOf = (value: IssuerRequest | IssuerAnswer): string => `${JSON.stringify(value, null, 2)}\n`;

export const digestOf = (text: string | Uint8Array): string =>
  createHash('sha256').update(text).digest('hex');

/** SHA-256 of a certificate, as people compare it. */
export const fingerprintOf = (pem: string): string => new X509Certificate(pem).fingerprint256;
