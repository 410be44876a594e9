/**
 * What a request says of who signed it, before anything of it is believed: from the header Authorization, or from the query of a presigned URL
 * (S3 API reference, "Authenticating Requests (AWS Signature Version 4)").
 */
import { S3Error } from '../errors.ts';
import { parseBasicDate, parseHttpDate } from '../headers/dates.ts';
import type { WireRequest } from '../request.ts';

export const ALGORITHM = 'AWS4-HMAC-SHA256';
export const PRESIGNED_SECONDS_MAX = 604_800;
const SIGNED_HEADERS_MAX = 128;
const CREDENTIAL_CHARACTERS_MAX = 512;

export interface Claim {
  readonly kind: 'header' | 'presigned';
  readonly accessKey: string;
  /** `20130524`. */
  readonly date: string;
  readonly region: string;
  readonly time_ms: number;
  /** The same, as it is signed: `20130524T000000Z`. */
  readonly time: string;
  /** Of a presigned URL. */
  readonly expires_s?: number;
  /** As they were sent: in lower case, sorted. */
  readonly signedHeaders: readonly string[];
  /** 32 bytes. */
  readonly signature: Buffer;
}

/** `undefined` for a request that nobody signed. Throws what is wrong with one that is signed otherwise. */
export function readClaim(request: WireRequest): Claim | undefined {
  const { headers, query } = request;
  const authorization = headers.get('authorization');
  const presigned =
    query.has('X-Amz-Signature') || query.has('X-Amz-Credential') || query.has('X-Amz-Algorithm');
  if (headers.has('x-amz-security-token') || query.has('X-Amz-Security-Token'))
    throw new S3Error('InvalidToken');
  if (query.has('AWSAccessKeyId') || authorization?.startsWith('AWS ')) throw unsupported('version 2');
  if (authorization !== undefined && presigned)
    throw new S3Error('InvalidArgument', 'a request is signed in the header or in the query, not in both');
  if (authorization !== undefined) return fromHeader(authorization, request);
  return presigned ? fromQuery(query) : undefined;
}

function fromHeader(authorization: string, { headers }: WireRequest): Claim {
  const space = authorization.indexOf(' ');
  const algorithm = space < 0 ? authorization : authorization.slice(0, space);
  if (algorithm === 'AWS4-ECDSA-P256-SHA256') throw unsupported('version 4A');
  if (algorithm !== ALGORITHM) throw unsupported('this kind');
  const { scope, signedHeaders, signature } = readParts(authorization, space + 1);
  const { time_ms, time } = headerTime(headers);
  if (!time.startsWith(scope.date))
    throw malformed(`the date of Credential, ${scope.date}, is not the day of x-amz-date`);
  return { kind: 'header', ...scope, time_ms, time, signedHeaders, signature };
}

interface Signer {
  readonly scope: ReturnType<typeof readScope>;
  readonly signedHeaders: readonly string[];
}

/** All but the signature, which nearly every client sends last: the same in all of its requests of a day, so what they say is remembered by their text. */
const signers = new Map<string, Signer>();
const SIGNERS_MAX = 1_024;
const SIGNER_CHARACTERS_MAX = 1_024;
const LAST = 'Signature=';

function readParts(authorization: string, from: number): Signer & { readonly signature: Buffer } {
  const end = authorization.lastIndexOf(LAST) + LAST.length;
  const text = authorization.slice(from, end);
  const known = signers.get(text);
  if (known !== undefined) return { ...known, signature: readSignature(authorization.slice(end), malformed) };
  const parts = new Map<string, string>();
  for (const part of authorization.slice(from).split(',')) {
    const equals = part.indexOf('=');
    const name = part.slice(0, Math.max(0, equals)).trim();
    if (parts.has(name)) throw malformed(`${name} is there twice`);
    parts.set(name, part.slice(equals + 1).trim());
  }
  const scope = readScope(parts.get('Credential') ?? '', malformed);
  const signedHeaders = readSignedHeaders(parts.get('SignedHeaders') ?? '', malformed);
  const signature = readSignature(parts.get('Signature') ?? '', malformed);
  const isLast = authorization.length - end === 2 * signature.length;
  if (isLast && text.length <= SIGNER_CHARACTERS_MAX) {
    if (signers.size >= SIGNERS_MAX) signers.clear();
    signers.set(text, { scope, signedHeaders });
  }
  return { scope, signedHeaders, signature };
}

function headerTime(headers: ReadonlyMap<string, string>): {
  readonly time_ms: number;
  readonly time: string;
} {
  const own = headers.get('x-amz-date');
  const text = own ?? headers.get('date') ?? '';
  const basic = parseBasicDate(text);
  if (basic !== undefined) return { time_ms: basic, time: text };
  const time_ms = own === undefined ? parseHttpDate(text) : undefined;
  if (time_ms === undefined)
    throw new S3Error(
      'AccessDenied',
      'a signed request needs the header x-amz-date, such as 20130524T000000Z',
    );
  return { time_ms, time: basicTime(time_ms) };
}

function fromQuery(query: ReadonlyMap<string, string>): Claim {
  const algorithm = query.get('X-Amz-Algorithm') ?? '';
  if (algorithm === 'AWS4-ECDSA-P256-SHA256') throw unsupported('version 4A');
  if (algorithm !== ALGORITHM) throw queryError(`X-Amz-Algorithm is ${ALGORITHM}`);
  const scope = readScope(query.get('X-Amz-Credential') ?? '', queryError);
  const time = query.get('X-Amz-Date') ?? '';
  const time_ms = parseBasicDate(time);
  if (time_ms === undefined) throw queryError('X-Amz-Date is a time such as 20130524T000000Z');
  if (!time.startsWith(scope.date))
    throw queryError('the date of X-Amz-Credential is not the day of X-Amz-Date');
  const expires = query.get('X-Amz-Expires') ?? '';
  const expires_s = /^\d{1,9}$/.test(expires) ? Number(expires) : 0;
  if (expires_s < 1 || expires_s > PRESIGNED_SECONDS_MAX)
    throw queryError(`X-Amz-Expires is 1 to ${PRESIGNED_SECONDS_MAX} seconds (a week)`);
  return {
    kind: 'presigned',
    ...scope,
    time_ms,
    time,
    expires_s,
    signedHeaders: readSignedHeaders(query.get('X-Amz-SignedHeaders') ?? '', queryError),
    signature: readSignature(query.get('X-Amz-Signature') ?? '', queryError),
  };
}

type Complaint = (message: string) => S3Error;

/** `<access key>/<day>/<region>/s3/aws4_request`. Any region's name is taken: SDKs send `us-east-1` unless told. */
export function readScope(credential: string, complain: Complaint) {
  const parts = credential.length <= CREDENTIAL_CHARACTERS_MAX ? credential.split('/') : [];
  const [accessKey = '', date = '', region = '', service, end] = parts;
  if (parts.length !== 5 || accessKey === '' || region === '' || !/^\d{8}$/.test(date))
    throw complain('Credential is <access key>/<date>/<region>/s3/aws4_request');
  if (service !== 's3') throw complain('the service in Credential is s3');
  if (end !== 'aws4_request') throw complain('Credential ends with aws4_request');
  return { accessKey, date, region };
}

function readSignedHeaders(text: string, complain: Complaint): readonly string[] {
  const names = text.split(';');
  if (names.length > SIGNED_HEADERS_MAX)
    throw complain(`SignedHeaders has at most ${SIGNED_HEADERS_MAX} names`);
  if (names.some((name) => !/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name)) || new Set(names).size !== names.length)
    throw complain('SignedHeaders is the names of headers in lower case, each once, with ; between');
  if (!names.includes('host')) throw complain('SignedHeaders has host');
  return names;
}

export function readSignature(text: string, complain: Complaint): Buffer {
  if (!/^[0-9a-f]{64}$/.test(text)) throw complain('Signature is 64 hexadecimal digits in lower case');
  return Buffer.from(text, 'hex');
}

function basicTime(time_ms: number): string {
  return `${new Date(time_ms).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
}

const malformed: Complaint = (message) =>
  new S3Error('AuthorizationHeaderMalformed', `Authorization: ${message}`);
const queryError: Complaint = (message) => new S3Error('AuthorizationQueryParametersError', message);

function unsupported(which: string): S3Error {
  return new S3Error(
    'InvalidRequest',
    `signatures of ${which} are not taken; sign with ${ALGORITHM} (Signature Version 4)`,
  );
}
