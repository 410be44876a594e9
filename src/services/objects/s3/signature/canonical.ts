/** The text that Signature Version 4 signs, from a request as it was sent (S3 API reference, "Signature Calculations"). */
import { hash } from 'node:crypto';
import type { WireRequest } from '../request.ts';
import { percentEncode, percentEncodePath } from '../uri.ts';
import { ALGORITHM, type Claim } from './claim.ts';

export const EMPTY_SHA256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

/**
 * The texts that the signature may be of: with the path in S3's own encoding, and, where it was sent in another, as it was sent. Both mean the same key, and clients
 * sign either.
 */
export function stringsToSign(request: WireRequest, claim: Claim, payload: string): readonly string[] {
  const encoded = percentEncodePath(request.path);
  const paths = encoded === request.rawPath ? [encoded] : [encoded, request.rawPath];
  const rest = [
    canonicalQuery(request.query),
    ...claim.signedHeaders.map((name) => `${name}:${canonicalValue(request.headers.get(name) ?? '')}`),
    '',
    claim.signedHeaders.join(';'),
    payload,
  ].join('\n');
  return paths.map((path) => {
    // Characters of headers are bytes as they came.
    const digest = hash('sha256', Buffer.from(`${request.method}\n${path}\n${rest}`, 'latin1'), 'hex');
    return `${ALGORITHM}\n${claim.time}\n${scopeOf(claim)}\n${digest}`;
  });
}

export function scopeOf({ date, region }: Pick<Claim, 'date' | 'region'>): string {
  return `${date}/${region}/s3/aws4_request`;
}

function canonicalQuery(query: ReadonlyMap<string, string>): string {
  const pairs: string[] = [];
  for (const [name, value] of query) {
    if (name !== 'X-Amz-Signature') pairs.push(`${percentEncode(name)}=${percentEncode(value)}`);
  }
  // By the encoded name: `=` sorts after some characters that may follow in a longer name, so it is no part of the order.
  return pairs.sort((a, b) => compare(nameOf(a), nameOf(b))).join('&');
}

function nameOf(pair: string): string {
  return pair.slice(0, pair.indexOf('='));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function canonicalValue(value: string): string {
  return value.includes('  ') ? value.replaceAll(/ {2,}/g, ' ') : value;
}
