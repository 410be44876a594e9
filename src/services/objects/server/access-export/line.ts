/** One access as a line of S3's server access log (S3 user guide, "Amazon S3 server access log format"). What the record does not have is `-`, as there. Pure. */
import type { GateAccessRecord } from '../../gate/protocol.ts';
import { percentEncode } from '../../s3/uri.ts';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Where S3's name is not made of the call's by the rule below. */
const OPERATIONS: Readonly<Record<string, string>> = {
  CopyObject: 'REST.COPY.OBJECT',
  UploadPart: 'REST.PUT.PART',
  UploadPartCopy: 'REST.COPY.PART',
  CreateMultipartUpload: 'REST.POST.UPLOADS',
  CompleteMultipartUpload: 'REST.POST.UPLOAD',
  AbortMultipartUpload: 'REST.DELETE.UPLOAD',
  ListParts: 'REST.GET.UPLOAD',
  ListMultipartUploads: 'REST.GET.UPLOADS',
  ListObjects: 'REST.GET.BUCKET',
  ListObjectsV2: 'REST.GET.BUCKET',
  ListObjectVersions: 'REST.GET.BUCKETVERSIONS',
  CreateBucket: 'REST.PUT.BUCKET',
  DeleteObjects: 'REST.POST.MULTI_OBJECT_DELETE',
  PostObject: 'REST.POST.OBJECT',
  GetObjectTagging: 'REST.GET.OBJECT_TAGGING',
  PutObjectTagging: 'REST.PUT.OBJECT_TAGGING',
  DeleteObjectTagging: 'REST.DELETE.OBJECT_TAGGING',
  Preflight: 'REST.OPTIONS.PREFLIGHT',
};

/** `GetBucketPolicy`: `REST.GET.BUCKETPOLICY`. What S3 itself does is named by it already. */
export function operationOf(call: string): string {
  if (call.startsWith('S3.')) return call;
  const known = OPERATIONS[call];
  if (known !== undefined) return known;
  const [, verb = 'GET', what = call] = /^(Get|Put|Delete|Head)(.+)$/.exec(call) ?? [];
  return `REST.${verb.toUpperCase()}.${what.toUpperCase()}`;
}

function timeOf(time_ms: number): string {
  const [date = '', clock = ''] = new Date(time_ms).toISOString().split(/[T.]/);
  const [year = '', month = '', day = ''] = date.split('-');
  return `[${day}/${MONTHS[Number(month) - 1]}/${year}:${clock} +0000]`;
}

/** Names may have anything in them that a reader would take for the next field. */
const field = (text: string | undefined): string =>
  text === undefined || text === '' ? '-' : percentEncode(text).replaceAll('%2F', '/').replaceAll('%3A', ':');

export function accessLine(record: GateAccessRecord, organization: string, time_ms: number): string {
  const { bucket, address, actor, requestId, details, code, reason, decision } = record;
  const error = decision === 'allowed' ? undefined : reason?.split(':')[0];
  return [
    field(organization),
    field(bucket),
    timeOf(time_ms),
    field(address),
    field(actor),
    field(requestId),
    operationOf(details.call ?? ''),
    field(details.key),
    '"-"',
    String(code),
    field(error),
    // Bytes sent, the object's size, times, referrer and user agent are not on record.
    ...['-', '-', '-', '-', '"-"', '"-"'],
    field(details.version),
    // Host id, signature, cipher, authentication, host, TLS, access point, ACL.
    ...['-', actor === '' ? '-' : 'SigV4', '-', '-', '-', '-', '-', '-'],
  ].join(' ');
}
