/** What the headers say of the body: its size, its digests, its coding. */
import { invalidArgument, notImplemented, S3Error } from '../errors.ts';
import type { BodyExpectations, ChecksumAlgorithm } from '../parameters.ts';
import { type Fields, integer, present } from './fields.ts';

/** Of one PUT (S3 user guide, "Uploading objects"): 5 GiB. */
export const PUT_BYTES_MAX = 5 * 2 ** 30;

const MD5_BYTES = 16;
export const CHECKSUM_BYTES: Readonly<Record<ChecksumAlgorithm, number>> = {
  CRC32: 4,
  CRC32C: 4,
  CRC64NVME: 8,
  SHA1: 20,
  SHA256: 32,
};
export const CHECKSUM_ALGORITHMS = Object.keys(CHECKSUM_BYTES) as readonly ChecksumAlgorithm[];
const PREFIX = 'x-amz-checksum-';

export function bodyExpectations(fields: Fields): BodyExpectations {
  const payload = fields.get('x-amz-content-sha256') ?? '';
  const chunked =
    payload.startsWith('STREAMING-') ||
    /(^|,)\s*aws-chunked\s*(,|$)/i.test(fields.get('content-encoding') ?? '');
  const trailers = (fields.get('x-amz-trailer') ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '');
  const announced = trailers.map(algorithmOfHeader)[0];
  if (trailers.length > 1) throw invalidArgument('x-amz-trailer', trailers.join(','), 'one checksum');
  const checksum = headerChecksum(fields);
  const algorithm = checksumAlgorithm(fields, 'x-amz-sdk-checksum-algorithm') ?? announced;
  if (checksum && announced)
    throw new S3Error('InvalidRequest', `a checksum comes as a header or as a trailer, not as both`);
  return {
    ...present('size', bodySize(fields, chunked)),
    ...present('contentMd5', contentMd5(fields)),
    ...present('checksum', checksum),
    ...present('algorithm', checksum?.algorithm ?? algorithm),
    trailers,
    chunked,
  };
}

/** For calls that store the bytes. Throws MissingContentLength, EntityTooLarge. */
export function checkStoredSize(body: BodyExpectations): BodyExpectations {
  if (body.size === undefined) throw new S3Error('MissingContentLength');
  if (body.size > PUT_BYTES_MAX)
    throw new S3Error('EntityTooLarge', 'one request stores at most 5 GiB; upload larger objects in parts', {
      details: { ProposedSize: String(body.size), MaxSizeAllowed: String(PUT_BYTES_MAX) },
    });
  return body;
}

function bodySize(fields: Fields, chunked: boolean): number | undefined {
  const bounds = { min: 0, max: Number.MAX_SAFE_INTEGER };
  const length = integer(fields, 'content-length', bounds);
  const decoded = integer(fields, 'x-amz-decoded-content-length', bounds);
  if (chunked && decoded === undefined)
    throw new S3Error('MissingContentLength', 'aws-chunked needs the header x-amz-decoded-content-length');
  return chunked ? decoded : length;
}

function contentMd5(fields: Fields): Buffer | undefined {
  const text = fields.get('content-md5');
  if (text === undefined) return undefined;
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length !== MD5_BYTES || bytes.toString('base64') !== text)
    throw new S3Error('InvalidDigest', 'Content-MD5 is 16 bytes in base64');
  return bytes;
}

/** The one `x-amz-checksum-*` that there may be. */
export function headerChecksum(fields: Fields): { algorithm: ChecksumAlgorithm; value: string } | undefined {
  let found: { algorithm: ChecksumAlgorithm; value: string } | undefined;
  for (const [name, value] of fields) {
    if (!name.startsWith(PREFIX) || NOT_DIGESTS.has(name)) continue;
    if (found) throw new S3Error('InvalidRequest', 'one x-amz-checksum-* at a time; send one');
    found = { algorithm: algorithmOfHeader(name), value };
    checkDigest(name, found.algorithm, value);
  }
  return found;
}

const NOT_DIGESTS = new Set(['algorithm', 'mode', 'type'].map((name) => `${PREFIX}${name}`));

export function checkDigest(name: string, algorithm: ChecksumAlgorithm, value: string): void {
  const bytes = Buffer.from(value, 'base64');
  if (bytes.length !== CHECKSUM_BYTES[algorithm] || bytes.toString('base64') !== value)
    throw new S3Error('InvalidRequest', `${name}: send ${CHECKSUM_BYTES[algorithm]} bytes in base64`);
}

export function algorithmOfHeader(name: string): ChecksumAlgorithm {
  const found = CHECKSUM_ALGORITHMS.find((one) => name === `${PREFIX}${one.toLowerCase()}`);
  if (!found) throw notImplemented(`the checksum ${name}`, `send one of ${CHECKSUM_ALGORITHMS.join(', ')}`);
  return found;
}

/** The value of `x-amz-checksum-algorithm` or `x-amz-sdk-checksum-algorithm`. */
export function checksumAlgorithm(fields: Fields, name: string): ChecksumAlgorithm | undefined {
  const text = fields.get(name);
  if (text === undefined || text === '' || text.toUpperCase() === 'MD5') return undefined;
  const found = CHECKSUM_ALGORITHMS.find((one) => one === text.toUpperCase());
  if (!found) throw invalidArgument(name, text, `one of ${CHECKSUM_ALGORITHMS.join(', ')}`);
  return found;
}
