/**
 * Which organization, bucket and object a request means. At the endpoint the first part of the path is the bucket, and so at `<org>.<endpoint>`; at
 * `<bucket>.<org>.<endpoint>` all of the path is the key. Another host, such as an address, counts as the endpoint.
 */
import { S3Error } from './errors.ts';
import { checkBucketName, checkKey } from './names.ts';

export interface Address {
  readonly organization?: string;
  readonly bucket?: string;
  readonly key?: string;
  readonly addressing: 'path' | 'virtual-host';
}

/** `path` is decoded. Throws InvalidRequest, InvalidBucketName, KeyTooLongError, InvalidURI. */
export function addressOf(host: string | undefined, path: string, endpoint: string): Address {
  if (host === undefined || host === '')
    throw new S3Error('InvalidRequest', 'the header Host is missing; send the name that you connected to');
  const name = host.toLowerCase().replace(/:\d*$/, '').replace(/\.$/, '');
  const below = `.${endpoint.toLowerCase()}`;
  if (!name.endsWith(below)) return inPath(path);
  const before = name.slice(0, -below.length);
  const dot = before.lastIndexOf('.');
  const organization = before.slice(dot + 1);
  if (organization === '')
    throw new S3Error('InvalidRequest', `the header Host, ${name}, names no organization`);
  if (dot < 0) return { organization, ...inPath(path) };
  const bucket = checkBucketName(before.slice(0, dot));
  const key = path.slice(1);
  return { organization, bucket, addressing: 'virtual-host', ...(key !== '' && { key: checkKey(key) }) };
}

function inPath(path: string): Address {
  if (path === '/') return { addressing: 'path' };
  const slash = path.indexOf('/', 1);
  const bucket = checkBucketName(slash < 0 ? path.slice(1) : path.slice(1, slash));
  const key = slash < 0 ? '' : path.slice(slash + 1);
  return { bucket, addressing: 'path', ...(key !== '' && { key: checkKey(key) }) };
}
