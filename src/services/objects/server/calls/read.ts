/** Reading objects: their bytes, their headers, what is said of them. */
import type { ObjectVersion } from '../../metadata/store.ts';
import { type Answer, xmlAnswer } from '../../s3/answers/answer.ts';
import {
  deletedHeaders,
  notModifiedHeaders,
  objectHeaders,
  type ToldObject,
  versionHeaders,
} from '../../s3/answers/object-headers.ts';
import { attributesDocument } from '../../s3/answers/results.ts';
import type { CallOf } from '../../s3/calls.ts';
import { S3Error } from '../../s3/errors.ts';
import { checkReadConditions } from '../../s3/headers/conditions.ts';
import { httpDate } from '../../s3/headers/dates.ts';
import { resolveRange } from '../../s3/headers/range.ts';
import { OPERATIONS } from '../operations.ts';
import type { Reply } from '../reply.ts';
import type { OpenBucket, Session } from '../session.ts';
import { checkCustomerKey, headersOf, readBytes, readSmall, type SealedHeaders } from '../stored.ts';

/** The version that is meant, which is no delete marker. Throws as S3 does. */
export async function findVersion(
  session: Session,
  bucket: OpenBucket,
  key: string,
  versionId?: string,
): Promise<ObjectVersion> {
  const version = await session.version(bucket.uid, key, versionId);
  if (version === undefined)
    throw new S3Error(versionId === undefined ? 'NoSuchKey' : 'NoSuchVersion', undefined, {
      details: { Key: key },
    });
  if (!version.isMarker) return version;
  const headers = deletedHeaders({ versionId: version.versionId, isMarker: true });
  if (versionId === undefined) throw new S3Error('NoSuchKey', undefined, { details: { Key: key }, headers });
  throw new S3Error('MethodNotAllowed', 'that version is a delete marker, which has no bytes', {
    headers: { ...headers, 'last-modified': httpDate(version.modified_ms) },
  });
}

/** The version's id as clients are told: not where the bucket never had versioning. */
export const toldVersionId = ({ spec }: OpenBucket, versionId: string): { readonly versionId?: string } =>
  spec.versioning === 'off' ? {} : { versionId };

function told(
  bucket: OpenBucket,
  version: ObjectVersion,
  { metadata, encryption }: SealedHeaders,
): ToldObject {
  return {
    etag: version.etag,
    modified_ms: version.modified_ms,
    size: version.size,
    ...toldVersionId(bucket, version.versionId),
    metadata,
    encryption,
    lock: version.lock,
    tagCount: version.tagCount,
  };
}

type Reading = CallOf<'GetObject' | 'HeadObject'>;

export async function getObject(session: Session, call: CallOf<'GetObject'>): Promise<Reply> {
  const { status, headers, found } = await read(session, call);
  if (found === undefined) return { status, headers };
  const { bucket, version, range } = found;
  const small = await readSmall(session, bucket, version, call.customerKey);
  if (small !== undefined) return { status, headers, body: small.subarray(range.from, range.to) };
  return { status, headers, bytes: readBytes(session, bucket, version, range, call.customerKey) };
}

/** As GET, without the bytes. */
export async function headObject(session: Session, call: CallOf<'HeadObject'>): Promise<Reply> {
  const { status, headers } = await read(session, call);
  return { status, headers };
}

/** `found`: absent where the client has it already. */
interface Read extends Omit<Answer, 'body'> {
  readonly found?: {
    readonly bucket: OpenBucket;
    readonly version: ObjectVersion;
    readonly range: { readonly from: number; readonly to: number };
  };
}

async function read(session: Session, call: Reading): Promise<Read> {
  const bucket = await session.permitted(call.bucket, OPERATIONS.GetObject, call.key);
  const version = await findVersion(session, bucket, call.key, call.versionId);
  const said = await headersOf(session, bucket, version);
  checkCustomerKey(said, call.customerKey);
  const object = told(bucket, version, said);
  try {
    checkReadConditions(call.conditions, version);
  } catch (error) {
    if (error instanceof S3Error && error.code === 'NotModified')
      return { status: 304, headers: notModifiedHeaders(object) };
    throw error;
  }
  const part = call.partNumber === undefined ? undefined : partOf(version, call.partNumber);
  const range = part ?? (call.range && resolveRange(call.range, version.size));
  const isWhole = range === undefined || (range.from === 0 && range.to === version.size);
  const headers = objectHeaders(
    {
      ...object,
      ...(call.wantsChecksums && isWhole
        ? {
            checksums: version.checksums,
            ...(version.checksumType && { checksumType: version.checksumType }),
          }
        : {}),
      ...(part && version.parts ? { partsCount: version.parts.length } : {}),
    },
    { ...(range === undefined ? {} : { range }), overrides: call.overrides },
  );
  const found = { bucket, version, range: range ?? { from: 0, to: version.size } };
  return { status: range === undefined ? 200 : 206, headers, found };
}

/** What came whole has one part. */
function partOf(
  { parts, size }: ObjectVersion,
  number: number,
): { readonly from: number; readonly to: number } {
  if (parts === undefined && number === 1) return { from: 0, to: size };
  let from = 0;
  for (const part of parts ?? []) {
    if (part.number === number) return { from, to: from + part.size };
    from += part.size;
  }
  throw new S3Error('InvalidPart', `the object has no part ${number}`);
}

export async function getObjectAttributes(
  session: Session,
  call: CallOf<'GetObjectAttributes'>,
): Promise<Reply> {
  const bucket = await session.permitted(call.bucket, OPERATIONS.GetObjectAttributes, call.key);
  const version = await findVersion(session, bucket, call.key, call.versionId);
  checkCustomerKey(await headersOf(session, bucket, version), call.customerKey);
  return xmlAnswer(attributesDocument(call, version), {
    'last-modified': httpDate(version.modified_ms),
    ...versionHeaders(toldVersionId(bucket, version.versionId).versionId),
  });
}
