/**
 * Web pages of other origins (CORS): what a browser asks before it sends their requests, and which answers they may read.
 *
 * A preflight is never signed, so whose bucket it is about must come from its address: the host, or the access key in the query of a presigned URL. At the region's own host, before a request that will be
 * signed in its header, nobody can tell, for buckets of several organizations may have that name. That preflight is let pass without a look at any bucket, which also tells nothing of any; the
 * request that follows is then held to the rules itself.
 */
import type { RealmId } from '#kernel/realm-id.ts';
import { emptyAnswer } from '../s3/answers/answer.ts';
import type { CallOf, S3Call } from '../s3/calls.ts';
import { corsHeaders, VARY } from '../s3/documents/cors.ts';
import { S3Error } from '../s3/errors.ts';
import type { WireRequest } from '../s3/request.ts';
import { readScope } from '../s3/signature/claim.ts';
import type { Parts } from './parts.ts';
import type { Reply } from './reply.ts';
import type { OpenBucket, Session } from './session.ts';

type Headers = Readonly<Record<string, string>>;

/** Of a preflight at the region's own host: the organization of the access key that its URL is signed with. Nothing is proven by it, and nothing given. */
export async function presignedRealm(
  { query }: WireRequest,
  { answers }: Parts,
): Promise<RealmId | undefined> {
  const credential = query.get('X-Amz-Credential');
  if (credential === undefined) return undefined;
  const { accessKey } = readScope(credential, () => new S3Error('CORSForbidden'));
  const holder = await answers.holder(accessKey);
  if (holder === null) throw new S3Error('CORSForbidden');
  return holder.realm;
}

/** Of a preflight that nobody knows the bucket of. */
export function passedPreflight({ origin, method, headers }: CallOf<'Preflight'>): Reply {
  return emptyAnswer(200, {
    'access-control-allow-origin': origin,
    'access-control-allow-methods': method,
    ...(headers.length > 0 && { 'access-control-allow-headers': headers.join(', ') }),
    vary: VARY,
  });
}

/** Headers that let a page of another origin read the answer, if a rule of the bucket says so. `isHeld`: no preflight was held to the rules. Throws CORSForbidden where it is, and none does. */
export async function crossOriginHeaders(
  session: Session,
  call: S3Call,
  { method, headers }: WireRequest,
  isHeld: boolean,
): Promise<Headers> {
  const origin = headers.get('origin');
  if (origin === undefined || !('bucket' in call) || call.call === 'Preflight') return {};
  const bucket: OpenBucket | undefined =
    call.call === 'CreateBucket' ? undefined : await session.bucket(call.bucket).catch(() => undefined);
  const allowed = corsHeaders(bucket?.spec.cors ?? [], { origin, method });
  if (allowed === undefined && isHeld)
    throw new S3Error(
      'CORSForbidden',
      `no CORS rule of bucket ${call.bucket} lets pages of ${origin.slice(0, 253)} do that`,
    );
  return allowed ?? {};
}
