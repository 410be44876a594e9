/** An upload by a form as a PutObject: who signed its policy, the call that its fields make, the bytes within the policy's bounds, and the answer that it asks for. */
import { timingSafeEqual } from 'node:crypto';
import { type Answer, emptyAnswer, quoted } from '../answers/answer.ts';
import { type Completed, postedDocument } from '../answers/results.ts';
import { written } from '../build/object.ts';
import type { CallOf } from '../calls.ts';
import { readTags } from '../documents/tags.ts';
import { invalidArgument, S3Error } from '../errors.ts';
import { bodyExpectations, PUT_BYTES_MAX } from '../headers/body.ts';
import { parseBasicDate } from '../headers/dates.ts';
import { OBJECT_TAGS_MAX } from '../headers/tags.ts';
import { checkKey } from '../names.ts';
import type { Authenticating, Secret } from '../signature/authenticate.ts';
import { ALGORITHM, readScope, readSignature } from '../signature/claim.ts';
import { hmac } from '../signature/signing-keys.ts';
import type { Form } from './form-data.ts';
import { checkPolicy, parsePolicy } from './policy.ts';

/** What stands in a key for the name of the file that somebody chooses. */
// biome-ignore lint/suspicious/noTemplateCurlyInString: it is S3's, and no template.
export const FILE_NAME_PLACE = '${filename}';

export interface FormCall<H extends Secret> {
  /** Absent: nobody signed it. */
  readonly by?: { readonly accessKey: string; readonly holder: H };
  readonly call: CallOf<'PutObject'>;
  readonly bytes: AsyncIterable<Uint8Array>;
  /** To where the browser goes afterwards; or the status that it gets. */
  readonly success: { readonly redirect?: string; readonly status: 200 | 201 | 204 };
}

/** Throws S3Error: what is wrong with the form, its signature or its policy. */
export async function formCall<H extends Secret>(
  form: Form,
  bucket: string,
  authenticating: Authenticating<H>,
): Promise<FormCall<H>> {
  const { fields } = form;
  const key = checkKey(utf8(fields.get('key') ?? '').replaceAll(FILE_NAME_PLACE, () => utf8(form.fileName)));
  const by = await signerOf(fields, authenticating);
  let bounds = { min: 0, max: PUT_BYTES_MAX };
  if (by) {
    const policy = parsePolicy(fields.get('policy') ?? '');
    const values = new Map([...fields].map(([name, value]) => [name, utf8(value)]));
    checkPolicy(policy, values.set('bucket', bucket).set('key', key), authenticating.now_ms);
    if (policy.size) bounds = { min: policy.size.min, max: Math.min(policy.size.max, PUT_BYTES_MAX) };
  }
  return {
    ...(by && { by }),
    call: putCall(fields, bucket, key),
    bytes: bounded(form.file, bounds),
    success: successOf(fields),
  };
}

async function signerOf<H extends Secret>(
  fields: ReadonlyMap<string, string>,
  { lookup, keys, now_ms }: Authenticating<H>,
): Promise<FormCall<H>['by']> {
  if (fields.has('awsaccesskeyid') || fields.has('signature'))
    throw new S3Error('InvalidRequest', `forms signed with version 2 are not taken; sign with ${ALGORITHM}`);
  if (fields.has('x-amz-security-token')) throw new S3Error('InvalidToken');
  const signature = fields.get('x-amz-signature');
  if (signature === undefined && !fields.has('policy')) return undefined;
  const complain = (message: string) => new S3Error('InvalidArgument', `the form’s signature: ${message}`);
  if (fields.get('x-amz-algorithm') !== ALGORITHM) throw complain(`x-amz-algorithm is ${ALGORITHM}`);
  const scope = readScope(fields.get('x-amz-credential') ?? '', complain);
  const date = fields.get('x-amz-date') ?? '';
  if (parseBasicDate(date) === undefined || !date.startsWith(scope.date))
    throw complain('x-amz-date is a time such as 20130524T000000Z, of the day of x-amz-credential');
  const given = readSignature(signature ?? '', complain);
  const holder = await lookup(scope.accessKey);
  if (!holder || (holder.expires_ms !== undefined && holder.expires_ms <= now_ms))
    throw new S3Error('InvalidAccessKeyId', undefined, { details: { AWSAccessKeyId: scope.accessKey } });
  if (!timingSafeEqual(hmac(keys.get(scope, holder.secret), fields.get('policy') ?? ''), given))
    throw new S3Error('SignatureDoesNotMatch', 'the signature is not of the form’s policy', {
      details: { AWSAccessKeyId: scope.accessKey },
    });
  return { accessKey: scope.accessKey, holder };
}

/** Fields have the names of headers, but for these. */
function putCall(fields: ReadonlyMap<string, string>, bucket: string, key: string): CallOf<'PutObject'> {
  const named = new Map([...fields].filter(([, value]) => value !== ''));
  const acl = named.get('acl');
  if (acl !== undefined) named.set('x-amz-acl', acl);
  for (const [name, value] of named)
    if (/[^\t\x20-\x7e\x80-\xff]/.test(value) && name !== 'tagging')
      throw invalidArgument(name, value, 'characters that a header may have');
  const tagging = named.get('tagging');
  const { metadata, tags, lock, encryption } = written(named);
  const { size: _, ...body } = bodyExpectations(named);
  return {
    call: 'PutObject',
    bucket,
    key,
    metadata,
    tags: tagging === undefined ? tags : readTags(Buffer.from(tagging, 'latin1'), OBJECT_TAGS_MAX),
    lock,
    ...(encryption && { encryption }),
    condition: {},
    body: { ...body, chunked: false },
  };
}

async function* bounded(
  bytes: AsyncIterable<Uint8Array>,
  { min, max }: { readonly min: number; readonly max: number },
): AsyncGenerator<Uint8Array, void, undefined> {
  let size = 0;
  for await (const piece of bytes) {
    size += piece.length;
    if (size > max)
      throw new S3Error('EntityTooLarge', `the file has more than the ${max} bytes that are allowed`);
    yield piece;
  }
  if (size < min) throw new S3Error('EntityTooSmall', `the file has ${size} bytes, of at least ${min}`);
}

function successOf(fields: ReadonlyMap<string, string>): FormCall<Secret>['success'] {
  const status = fields.get('success_action_status');
  // Anything else counts as none (S3 API reference).
  const known = ([200, 201, 204] as const).find((one) => String(one) === status) ?? 204;
  const redirect = fields.get('success_action_redirect') ?? fields.get('redirect');
  const isUrl = redirect !== undefined && /^https?:\/\//i.test(redirect) && URL.canParse(redirect);
  return { status: known, ...(isUrl && { redirect }) };
}

/** `headers`: those of the write. */
export function postedAnswer(
  { redirect, status }: FormCall<Secret>['success'],
  posted: Pick<Completed, 'location' | 'bucket' | 'key' | 'etag'>,
  headers: Answer['headers'],
): Answer {
  if (redirect !== undefined) {
    const url = new URL(redirect);
    url.searchParams.set('bucket', posted.bucket);
    url.searchParams.set('key', posted.key);
    url.searchParams.set('etag', quoted(posted.etag));
    return { status: 303, headers: { ...headers, location: url.href } };
  }
  const located = { ...headers, location: posted.location };
  if (status !== 201) return emptyAnswer(status, located);
  return { status, headers: { ...located, 'content-type': 'application/xml' }, body: postedDocument(posted) };
}

function utf8(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('utf8');
}
