/** `x-amz-copy-source` and what goes with it. */
import { invalidArgument, notImplemented } from '../errors.ts';
import { checkBucketName, checkKey } from '../names.ts';
import type { CopySource } from '../parameters.ts';
import { percentDecode } from '../uri.ts';
import { readConditions } from './conditions.ts';
import { customerKey } from './encryption.ts';
import { type Fields, present } from './fields.ts';

const VERSION = '?versionId=';

export function copySource(fields: Fields): CopySource {
  const name = 'x-amz-copy-source';
  const text = fields.get(name) ?? '';
  if (text.startsWith('arn:')) throw notImplemented('copies from access points', 'send /bucket/key');
  const mark = text.lastIndexOf(VERSION);
  const versionId = mark < 0 ? undefined : percentDecode(text.slice(mark + VERSION.length));
  const path = percentDecode(mark < 0 ? text : text.slice(0, mark)).replace(/^\//, '');
  const slash = path.indexOf('/');
  if (slash < 1 || slash === path.length - 1)
    throw invalidArgument(name, text, 'bucket/key, percent-encoded');
  if (versionId === '')
    throw invalidArgument(name, text, 'the versionId is empty; leave it out for the latest');
  return {
    bucket: checkBucketName(path.slice(0, slash)),
    key: checkKey(path.slice(slash + 1)),
    ...present('versionId', versionId),
    conditions: readConditions(fields, 'x-amz-copy-source-'),
    ...present('customerKey', customerKey(fields, 'x-amz-copy-source-')),
  };
}
