/** Listings. */
import { BUCKETS_PAGE_MAX } from '../../gate/protocol.ts';
import { LIST_MAX, type ListQuery, type Page } from '../../metadata/store.ts';
import { xmlAnswer } from '../../s3/answers/answer.ts';
import {
  bucketsDocument,
  type ListedUpload,
  objectsDocument,
  objectsV2Document,
  partsDocument,
  uploadsDocument,
  versionsDocument,
} from '../../s3/answers/listings.ts';
import { nameOfToken, tokenOf } from '../../s3/answers/tokens.ts';
import type { CallOf } from '../../s3/calls.ts';
import { invalidArgument, S3Error } from '../../s3/errors.ts';
import { OPERATIONS } from '../operations.ts';
import type { Reply } from '../reply.ts';
import type { Session } from '../session.ts';
import { openUpload, wantedOf } from './upload.ts';

export async function listBuckets(session: Session, call: CallOf<'ListBuckets'>): Promise<Reply> {
  const { by, parts, realm, address, organization } = session;
  if (by === undefined)
    throw new S3Error('AccessDenied', 'the request is not signed; sign it with an access key');
  const limit = Math.min(call.maxBuckets ?? BUCKETS_PAGE_MAX, BUCKETS_PAGE_MAX);
  const after = call.continuationToken === undefined ? undefined : nameOfToken(call.continuationToken);
  const page = await parts.gate.ask('buckets', {
    realm,
    accessKey: by.accessKey,
    ...(address === undefined ? {} : { address }),
    ...(call.prefix === '' ? {} : { prefix: call.prefix }),
    ...(after === undefined ? {} : { after }),
  });
  const shown = page.buckets.slice(0, limit);
  const last = shown.at(-1);
  const isTruncated = page.more || shown.length < page.buckets.length;
  return xmlAnswer(
    bucketsDocument(
      organization,
      shown.map(({ name, created_ms }) => ({ name, created_ms, region: parts.domain })),
      { prefix: call.prefix, ...(isTruncated && last ? { continuationToken: tokenOf(last.name) } : {}) },
    ),
  );
}

interface Listing {
  readonly prefix: string;
  readonly delimiter: string;
}

function query(bucket: string, { prefix, delimiter }: Listing, limit: number, after: string): ListQuery {
  return {
    bucket,
    prefix,
    ...(delimiter === '' ? {} : { delimiter }),
    ...(after === '' ? {} : { after }),
    limit: Math.min(limit, LIST_MAX),
  };
}

/** What of it cannot be asked for, as S3 says it. */
async function listed<Entry>(page: Promise<Page<Entry>>): Promise<Page<Entry>> {
  try {
    return await page;
  } catch (error) {
    if (error instanceof RangeError) throw new S3Error('InvalidArgument', error.message);
    throw error;
  }
}

export async function listObjects(session: Session, call: CallOf<'ListObjects'>): Promise<Reply> {
  const bucket = await session.permitted(call.bucket, OPERATIONS.ListObjects);
  const page = await listed(session.parts.metadata.list(query(bucket.uid, call, call.maxKeys, call.marker)));
  return xmlAnswer(objectsDocument(call, session.organization, page));
}

export async function listObjectsV2(session: Session, call: CallOf<'ListObjectsV2'>): Promise<Reply> {
  const bucket = await session.permitted(call.bucket, OPERATIONS.ListObjectsV2);
  const after = call.continuationToken === undefined ? call.startAfter : nameOfToken(call.continuationToken);
  const page = await listed(session.parts.metadata.list(query(bucket.uid, call, call.maxKeys, after)));
  const last = page.entries.at(-1);
  const nextToken = last && tokenOf('group' in last ? last.group : last.version.key);
  return xmlAnswer(
    objectsV2Document(call, session.organization, {
      ...page,
      ...(nextToken === undefined ? {} : { nextToken }),
    }),
  );
}

export async function listObjectVersions(
  session: Session,
  call: CallOf<'ListObjectVersions'>,
): Promise<Reply> {
  const bucket = await session.permitted(call.bucket, OPERATIONS.ListObjectVersions);
  const { keyMarker, versionIdMarker } = call;
  if (versionIdMarker !== undefined && keyMarker === '')
    throw invalidArgument('version-id-marker', versionIdMarker, 'goes with a key-marker');
  const page = await listed(
    session.parts.metadata.listVersions({
      ...query(bucket.uid, call, call.maxKeys, keyMarker),
      ...(versionIdMarker === undefined ? {} : { afterVersion: versionIdMarker }),
    }),
  );
  const last = page.entries.at(-1);
  const next =
    last && ('group' in last ? { key: last.group } : { key: last.version.key, versionId: last.position });
  return xmlAnswer(
    versionsDocument(call, session.organization, { ...page, ...(next === undefined ? {} : { next }) }),
  );
}

export async function listMultipartUploads(
  session: Session,
  call: CallOf<'ListMultipartUploads'>,
): Promise<Reply> {
  const bucket = await session.permitted(call.bucket, OPERATIONS.ListMultipartUploads);
  const { prefix, delimiter, keyMarker, uploadIdMarker } = call;
  const entries: (ListedUpload | { readonly group: string })[] = [];
  const limit = Math.min(call.maxUploads, LIST_MAX);
  let next: { readonly key: string; readonly uploadId?: string } | undefined =
    keyMarker === ''
      ? undefined
      : { key: keyMarker, ...(uploadIdMarker === undefined ? {} : { uploadId: uploadIdMarker }) };
  let isTruncated = limit > 0;
  while (isTruncated && entries.length < limit) {
    const page = await session.parts.metadata.uploads({
      bucket: bucket.uid,
      prefix,
      ...(next === undefined ? {} : { afterKey: next.key }),
      ...(next?.uploadId === undefined ? {} : { afterUpload: next.uploadId }),
      limit: limit - entries.length,
    });
    isTruncated = page.isTruncated;
    for (const { id, key, created_ms, wanted } of page.entries) {
      next = { key, uploadId: id };
      const at = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
      const group = at < 0 ? undefined : key.slice(0, at + delimiter.length);
      const last = entries.at(-1);
      if (group === undefined) entries.push({ key, id, created_ms, ...wantedOf(wanted) });
      else if (last === undefined || !('group' in last) || last.group !== group) entries.push({ group });
    }
  }
  return xmlAnswer(
    uploadsDocument(call, session.organization, {
      entries,
      isTruncated,
      ...(next === undefined ? {} : { next }),
    }),
  );
}

export async function listParts(session: Session, call: CallOf<'ListParts'>): Promise<Reply> {
  const bucket = await session.permitted(call.bucket, OPERATIONS.ListParts, call.key);
  const upload = await openUpload(session, bucket, call);
  const limit = Math.min(call.maxParts, LIST_MAX);
  const parts = await session.parts.metadata.parts(upload.id, call.partNumberMarker, limit + 1);
  return xmlAnswer(
    partsDocument(call, session.organization, {
      parts: parts.slice(0, limit),
      isTruncated: parts.length > limit,
      ...wantedOf(upload.wanted),
    }),
  );
}
