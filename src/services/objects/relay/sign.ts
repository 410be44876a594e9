/** Signs a request to the region's own S3 endpoint (Signature Version 4): in its headers, or as a link. Pure. */
import { readRequest } from '../s3/request.ts';
import { scopeOf, stringsToSign } from '../s3/signature/canonical.ts';
import { ALGORITHM, type Claim } from '../s3/signature/claim.ts';
import { deriveKey, hmac } from '../s3/signature/signing-keys.ts';
import { percentEncode } from '../s3/uri.ts';
import type { RelayedKey } from './relayed-key.ts';

const REGION = 'us-east-1';
const UNSIGNED = 'UNSIGNED-PAYLOAD';

export interface ToSign {
  readonly method: string;
  /** Path and query, percent-encoded. */
  readonly target: string;
  /** Of the endpoint, with its port. */
  readonly host: string;
  readonly time_ms: number;
}

const timeOf = (time_ms: number): string => new Date(time_ms).toISOString().replace(/[-:]|\.\d{3}/g, '');

/** The headers to send: those that were given, and what signs them. Names in lower case; the body is not signed, TLS carries it. */
export function signedHeaders(
  { method, target, host, time_ms }: ToSign,
  headers: Readonly<Record<string, string>>,
  { accessKey, secret }: RelayedKey,
): Readonly<Record<string, string>> {
  const time = timeOf(time_ms);
  const sent = { ...headers, host, 'x-amz-content-sha256': UNSIGNED, 'x-amz-date': time };
  const names = Object.keys(sent)
    .filter((name) => name === 'host' || name.startsWith('x-amz-'))
    .sort();
  const claim = claimOf('header', accessKey, time, time_ms, names);
  const [text = ''] = stringsToSign(
    readRequest(method, target, Object.entries(sent).flat()),
    claim,
    UNSIGNED,
  );
  const signature = hmac(deriveKey(secret, claim), text).toString('hex');
  const authorization = `${ALGORITHM} Credential=${accessKey}/${scopeOf(claim)}, SignedHeaders=${names.join(';')}, Signature=${signature}`;
  return { ...sent, authorization };
}

/** The target with what signs it in its query: whoever has it may do that, until it is over. */
export function signedTarget(
  { method, target, host, time_ms }: ToSign,
  expires_s: number,
  { accessKey, secret }: RelayedKey,
): string {
  const time = timeOf(time_ms);
  const claim = claimOf('presigned', accessKey, time, time_ms, ['host']);
  const query = {
    'X-Amz-Algorithm': ALGORITHM,
    'X-Amz-Credential': `${accessKey}/${scopeOf(claim)}`,
    'X-Amz-Date': time,
    'X-Amz-Expires': String(expires_s),
    'X-Amz-SignedHeaders': 'host',
  };
  const pairs = Object.entries(query).map(([name, value]) => `${name}=${percentEncode(value)}`);
  const unsigned = `${target}${target.includes('?') ? '&' : '?'}${pairs.join('&')}`;
  const [text = ''] = stringsToSign(readRequest(method, unsigned, ['host', host]), claim, UNSIGNED);
  return `${unsigned}&X-Amz-Signature=${hmac(deriveKey(secret, claim), text).toString('hex')}`;
}

function claimOf(
  kind: Claim['kind'],
  accessKey: string,
  time: string,
  time_ms: number,
  signedHeaders: readonly string[],
): Claim {
  const date = time.slice(0, 8);
  return { kind, accessKey, date, region: REGION, time_ms, time, signedHeaders, signature: Buffer.alloc(0) };
}
