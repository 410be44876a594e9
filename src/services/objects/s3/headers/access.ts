/** ACLs, which this region does not give access by: those that change nothing pass, all others are refused. */
import { S3Error } from '../errors.ts';
import type { Fields } from './fields.ts';

const WITHOUT_EFFECT = new Set(['private', 'bucket-owner-full-control', 'bucket-owner-read']);

/** As S3 does where the bucket's owner owns all of its objects. */
export function refuseAcls(fields: Fields): void {
  const canned = fields.get('x-amz-acl');
  if (canned !== undefined && !WITHOUT_EFFECT.has(canned)) throw new S3Error('AccessControlListNotSupported');
  for (const name of fields.keys())
    if (name.startsWith('x-amz-grant-')) throw new S3Error('AccessControlListNotSupported');
}
