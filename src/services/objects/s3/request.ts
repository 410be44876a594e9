/** A request as it came, taken apart once: for the signature as it was sent, for the call as it is meant. */
import { invalidArgument, S3Error } from './errors.ts';
import { formDecode, percentDecode } from './uri.ts';

export const TARGET_CHARACTERS_MAX = 16_384;
export const QUERY_PARAMETERS_MAX = 64;
export const HEADERS_MAX = 128;

export interface WireRequest {
  readonly method: string;
  /** As it was sent. */
  readonly rawPath: string;
  /** Decoded. */
  readonly path: string;
  readonly query: ReadonlyMap<string, string>;
  /** By their names in lower case, each character a byte; of several of one name, joined by commas. */
  readonly headers: ReadonlyMap<string, string>;
  /** The same with `x-amz-*` of a presigned URL's query, which stand for headers. */
  readonly fields: ReadonlyMap<string, string>;
}

/** Said once or not at all: what is said twice might be read once by one and once by another. */
const ONCE = new Set([
  'authorization',
  'content-length',
  'content-md5',
  'content-type',
  'date',
  'host',
  'x-amz-content-sha256',
  'x-amz-copy-source',
  'x-amz-date',
  'x-amz-decoded-content-length',
]);

/** `target` and `rawHeaders` are as `node:http` has them in `url` and `rawHeaders`. Throws S3Error. */
export function readRequest(method: string, target: string, rawHeaders: readonly string[]): WireRequest {
  if (target.length > TARGET_CHARACTERS_MAX)
    throw new S3Error(
      'InvalidURI',
      `the request’s path and query have at most ${TARGET_CHARACTERS_MAX} bytes`,
    );
  if (!target.startsWith('/'))
    throw new S3Error('InvalidURI', 'the request’s target begins with /, and its host is in the header Host');
  const mark = target.indexOf('?');
  const rawPath = mark < 0 ? target : target.slice(0, mark);
  const query = readQuery(mark < 0 ? '' : target.slice(mark + 1));
  const headers = readHeaders(rawHeaders);
  const path = percentDecode(rawPath);
  return { method, rawPath, path, query, headers, fields: withHoisted(headers, query) };
}

function readQuery(text: string): Map<string, string> {
  const query = new Map<string, string>();
  if (text === '') return query;
  const pairs = text.split('&');
  if (pairs.length > QUERY_PARAMETERS_MAX)
    throw new S3Error('InvalidRequest', `a query has at most ${QUERY_PARAMETERS_MAX} parameters`);
  for (const pair of pairs) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const name = formDecode(equals < 0 ? pair : pair.slice(0, equals));
    const value = equals < 0 ? '' : formDecode(pair.slice(equals + 1));
    if (query.has(name)) throw invalidArgument(name, value, 'the query has it twice; send it once');
    query.set(name, value);
  }
  return query;
}

function readHeaders(raw: readonly string[]): Map<string, string> {
  const headers = new Map<string, string>();
  if (raw.length > HEADERS_MAX * 2)
    throw new S3Error('RequestHeaderSectionTooLarge', `a request has at most ${HEADERS_MAX} headers`);
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = (raw[at] ?? '').toLowerCase();
    const value = (raw[at + 1] ?? '').trim();
    const before = headers.get(name);
    if (before !== undefined && ONCE.has(name))
      throw new S3Error('InvalidRequest', `the header ${name} came twice; send it once`);
    headers.set(name, before === undefined ? value : `${before},${value}`);
  }
  return headers;
}

const OF_SIGNATURE = /^x-amz-(algorithm|credential|date|expires|signedheaders|signature|security-token)$/;

/**
 * Nobody knows the bytes yet when a URL is presigned: the JavaScript SDK puts the checksum of no bytes into it. S3 reads checksums from headers alone, and so do we
 * (aws/aws-sdk-js-v3#4448, localstack/localstack#12169).
 */
const HEADERS_ALONE = /^x-amz-(checksum-.*|sdk-checksum-algorithm|content-sha256)$/;

/** SDKs that presign move headers into the query; the signature covers them there. */
function withHoisted(headers: ReadonlyMap<string, string>, query: ReadonlyMap<string, string>) {
  if (!query.has('X-Amz-Signature')) return headers;
  const fields = new Map(headers);
  for (const [name, value] of query) {
    const header = name.toLowerCase();
    if (!header.startsWith('x-amz-') || OF_SIGNATURE.test(header) || HEADERS_ALONE.test(header)) continue;
    const before = headers.get(header);
    const bytes = Buffer.from(value).toString('latin1');
    if (/[^\t\x20-\x7e\x80-\xff]/.test(bytes))
      throw invalidArgument(name, value, 'characters that a header may have');
    if (before !== undefined && before !== bytes)
      throw invalidArgument(name, value, 'the query and the header say different things');
    fields.set(header, bytes);
  }
  return fields;
}
