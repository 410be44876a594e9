/** Conditional reads and writes (RFC 9110, 13; S3 user guide, "Conditional requests"). */
import type { WriteCondition } from '../../metadata/store.ts';
import { invalidArgument, notImplemented, S3Error } from '../errors.ts';
import type { ReadConditions } from '../parameters.ts';
import { parseHttpDate } from './dates.ts';
import { type Fields, present } from './fields.ts';

export const ETAGS_MAX = 64;

/** `prefix` is `x-amz-copy-source-` for those on the source of a copy. */
export function readConditions(fields: Fields, prefix = ''): ReadConditions {
  return {
    ...present('ifMatch', etags(fields, `${prefix}if-match`)),
    ...present('ifNoneMatch', etags(fields, `${prefix}if-none-match`)),
    // A date that cannot be read counts as none (RFC 9110, 13.1.3).
    ...present('ifModifiedSince_ms', parseHttpDate(fields.get(`${prefix}if-modified-since`) ?? '')),
    ...present('ifUnmodifiedSince_ms', parseHttpDate(fields.get(`${prefix}if-unmodified-since`) ?? '')),
  };
}

/** Throws NotImplemented for what S3 does not have on writes either. */
export function writeCondition(fields: Fields): WriteCondition {
  for (const name of ['if-modified-since', 'if-unmodified-since'])
    if (fields.has(name)) throw notImplemented(`${name} on writes`, 'send If-Match or If-None-Match: *');
  const ifNoneMatch = fields.get('if-none-match');
  if (ifNoneMatch !== undefined && ifNoneMatch !== '*')
    throw notImplemented('If-None-Match with an ETag on writes', 'send If-None-Match: *');
  const ifMatch = etags(fields, 'if-match');
  if (ifMatch && ifMatch.length > 1) throw invalidArgument('If-Match', ifMatch.join(','), 'one ETag');
  if (ifMatch && ifNoneMatch !== undefined)
    throw new S3Error('InvalidRequest', 'If-Match and If-None-Match exclude each other; send one');
  return { ...present('ifMatch', ifMatch?.[0]), ...(ifNoneMatch === '*' && { ifNoneMatch }) };
}

/** Of a read; throws PreconditionFailed, NotModified. `etag` without quotes. */
export function checkReadConditions(
  conditions: ReadConditions,
  { etag, modified_ms }: { readonly etag: string; readonly modified_ms: number },
): void {
  const { ifMatch, ifNoneMatch, ifModifiedSince_ms, ifUnmodifiedSince_ms } = conditions;
  const modified = Math.floor(modified_ms / 1000) * 1000;
  const named = (list: readonly string[]) => list.some((one) => one === '*' || one === etag);
  if (ifMatch) {
    if (!named(ifMatch)) throw failed('If-Match');
  } else if (ifUnmodifiedSince_ms !== undefined && modified > ifUnmodifiedSince_ms)
    throw failed('If-Unmodified-Since');
  if (ifNoneMatch) {
    if (named(ifNoneMatch)) throw new S3Error('NotModified');
  } else if (ifModifiedSince_ms !== undefined && modified <= ifModifiedSince_ms)
    throw new S3Error('NotModified');
}

/** On the source of a copy, where there is no 304. */
export function checkCopyConditions(
  conditions: ReadConditions,
  source: { readonly etag: string; readonly modified_ms: number },
): void {
  try {
    checkReadConditions(conditions, source);
  } catch (error) {
    throw error instanceof S3Error && error.code === 'NotModified'
      ? failed(
          conditions.ifNoneMatch ? 'x-amz-copy-source-If-None-Match' : 'x-amz-copy-source-If-Modified-Since',
        )
      : error;
  }
}

function failed(condition: string): S3Error {
  return new S3Error('PreconditionFailed', `${condition} does not hold`, {
    details: { Condition: condition },
  });
}

function etags(fields: Fields, name: string): readonly string[] | undefined {
  const text = fields.get(name);
  if (text === undefined || text.trim() === '') return undefined;
  const list = text.split(',').map(stripQuotes);
  if (list.length > ETAGS_MAX) throw invalidArgument(name, text, `at most ${ETAGS_MAX} ETags`);
  return list;
}

/** Some clients send ETags without quotes; a weak one never matches bytes, but S3 has none. */
export function stripQuotes(etag: string): string {
  const trimmed = etag.trim();
  return /^"[^"]*"$/.test(trimmed) ? trimmed.slice(1, -1) : trimmed;
}
