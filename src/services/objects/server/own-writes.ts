/** Objects that the region puts into a bucket by itself, because a bucket of the same project asks for them. They are encrypted, locked and counted like any other, and on record before they are there. */
import { randomUUID } from 'node:crypto';
import type { RealmId } from '#kernel/realm-id.ts';
import type { GateAccessRecord } from '../gate/protocol.ts';
import { commit, lockFor, requireRoom } from './calls/write.ts';
import type { Parts } from './parts.ts';
import { type OpenBucket, Session } from './session.ts';
import { encryptionFor, sealed, storeBody } from './stored.ts';

export interface OwnWriting {
  readonly parts: Parts;
  readonly realm: RealmId;
  readonly record: (record: GateAccessRecord) => Promise<void>;
  /** `system:…`. */
  readonly actor: string;
  /** As S3's own log of access calls it. */
  readonly call: string;
  readonly signal: AbortSignal;
}

export interface OwnObject {
  readonly key: string;
  readonly bytes: Uint8Array;
  readonly contentType: string;
}

const KEY_MAX = 1_024;

/** Of nobody: what it may is up to whoever uses it. */
export const ownSession = (
  { parts, realm, signal }: Pick<OwnWriting, 'parts' | 'realm' | 'signal'>,
  bytes?: Uint8Array,
): Session =>
  new Session({
    parts,
    realm,
    call: { call: 'ListBuckets', prefix: '' },
    requestId: randomUUID(),
    payload: { form: 'unsigned' },
    body: (async function* () {
      if (bytes !== undefined) yield bytes;
    })(),
    isAborted: signal,
  });

/** The bucket that `source` names in its spec, at `field`. Throws where it is another project's, or on its way out. */
export async function ownTarget(
  session: Session,
  source: OpenBucket,
  name: string,
  field: string,
): Promise<OpenBucket> {
  const target = await session.bucket(name);
  if (target.project !== source.project) throw new Error(`${field}: ${name} is of another project`);
  if (target.isDeleting) throw new Error(`${field}: ${name} is being deleted`);
  return target;
}

/** Gives the ETag: MD5 in hexadecimal. */
export async function putOwn(
  writing: OwnWriting,
  source: OpenBucket,
  target: OpenBucket,
  { key, bytes, contentType }: OwnObject,
): Promise<string> {
  const { realm, record, actor, call } = writing;
  const session = ownSession(writing, bytes);
  await record({
    realm,
    actor,
    credential: 'internal',
    verb: 'create',
    subresource: 'objects',
    project: target.project,
    bucket: target.name,
    details: { call, key: key.slice(0, KEY_MAX), source: source.name },
    decision: 'allowed',
    code: 200,
    requestId: session.requestId,
  });
  await requireRoom(session, target, bytes.length);
  const lock = await lockFor(session, target, key, {});
  const encryption = encryptionFor(target, undefined);
  const place = { bucket: target.uid, key };
  const { piece, result } = await storeBody(session, target, place, {
    expected: { size: bytes.length, chunked: false, trailers: [] },
  });
  const headers = { metadata: { contentType, user: {} }, tags: [], encryption };
  await commit(session, {
    ...place,
    versioning: target.spec.versioning,
    size: result.size,
    etag: result.etag,
    checksums: result.checksums,
    checksumType: 'FULL_OBJECT',
    sealed: await sealed(session, target, key, headers, [piece]),
    tagCount: 0,
    lock,
    pieces: [piece],
  });
  return result.etag;
}
