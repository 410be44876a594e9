/** How the client asks for encryption: SSE-S3, SSE-KMS, SSE-C. */
import { createHash } from 'node:crypto';
import { invalidArgument, notImplemented, S3Error } from '../errors.ts';
import type { CustomerKey, RequestedEncryption } from '../parameters.ts';
import { type Fields, present } from './fields.ts';

const SSE = 'x-amz-server-side-encryption';
const CUSTOMER = 'server-side-encryption-customer';
const KEY_ID_CHARACTERS_MAX = 2_048;

export function requestedEncryption(fields: Fields): RequestedEncryption | undefined {
  const customer = customerKey(fields);
  const type = fields.get(SSE);
  const keyId = fields.get(`${SSE}-aws-kms-key-id`);
  if (customer && type !== undefined)
    throw new S3Error('InvalidArgument', `${SSE} and a key of your own exclude each other; send one of them`);
  if (keyId !== undefined && type !== 'aws:kms')
    throw new S3Error('InvalidArgument', `${SSE}-aws-kms-key-id needs ${SSE}: aws:kms`);
  if (type === undefined) return customer;
  if (type === 'AES256') return { type };
  if (type === 'aws:kms:dsse') throw notImplemented('aws:kms:dsse', 'send aws:kms');
  if (type !== 'aws:kms')
    throw new S3Error('InvalidEncryptionAlgorithmError', `${SSE}: send AES256 or aws:kms`);
  if (keyId !== undefined && (keyId === '' || keyId.length > KEY_ID_CHARACTERS_MAX))
    throw invalidArgument(`${SSE}-aws-kms-key-id`, keyId, 'the name of a Key');
  return { type, ...present('keyId', keyId), ...present('context', fields.get(`${SSE}-context`)) };
}

/** The three headers of SSE-C: all, or none. `prefix` is `x-amz-copy-source-` for the source of a copy. */
export function customerKey(fields: Fields, prefix = 'x-amz-'): CustomerKey | undefined {
  const names = ['algorithm', 'key', 'key-md5'].map((part) => `${prefix}${CUSTOMER}-${part}`);
  const [algorithm, key, keyMd5] = names.map((name) => fields.get(name));
  if (algorithm === undefined && key === undefined && keyMd5 === undefined) return undefined;
  if (algorithm === undefined || key === undefined || keyMd5 === undefined)
    throw new S3Error('InvalidArgument', `a key of your own needs all three of ${names.join(', ')}`);
  if (algorithm !== 'AES256')
    throw new S3Error('InvalidEncryptionAlgorithmError', `${names[0]}: send AES256`);
  const bytes = Buffer.from(key, 'base64');
  // The key itself is in no message.
  if (bytes.length !== 32 || bytes.toString('base64') !== key)
    throw new S3Error('InvalidArgument', `${names[1]}: send 32 bytes in base64`);
  if (createHash('md5').update(bytes).digest('base64') !== keyMd5)
    throw new S3Error('InvalidArgument', `${names[2]}: it is not the MD5 of the key, in base64`);
  return { type: 'customer', key: bytes, keyMd5 };
}
