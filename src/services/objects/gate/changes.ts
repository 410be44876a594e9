/** Buckets made, changed and removed by the S3 protocol: as whoever signs, through the same authorization and the same lane as the API. */
import type { Authorizer } from '#kernel/access.ts';
import { conflict, isStatusError, notFound, StatusError } from '#kernel/errors.ts';
import type { DraftObject, KubeObject } from '#kernel/object.ts';
import type { ChangeContext, ObjectKey } from '#kernel/realm.ts';
import { authorize } from '#kernel/wire/authorize.ts';
import { applyMergePatch } from '#kernel/wire/merge-patch.ts';
import { Bucket } from '../bucket/bucket.ts';
import type { Usage } from '../bucket/usage.ts';
import { type Holders, type HoldersOptions, outOfScope } from './holders.ts';
import { bucketsByName } from './indexes.ts';
import type { BucketChange, GateCalls } from './protocol.ts';

const MANAGER = 's3';

export interface ChangesOptions extends Pick<HoldersOptions, 'using'> {
  readonly holders: Holders;
  readonly authorizer: () => Authorizer;
  /** What a bucket holds at this moment. */
  readonly count: (realm: BucketChange['realm'], uid: string) => Promise<number>;
  readonly writeUsage: (realm: BucketChange['realm'], uid: string, usage: Usage) => Promise<void>;
}

export async function changeBucket(
  change: BucketChange,
  options: ChangesOptions,
): Promise<ReturnType<GateCalls['change']>> {
  try {
    await carryOut(change, options);
    return { ok: true };
  } catch (error) {
    if (!isStatusError(error)) throw error;
    return { ok: false, code: error.code, reason: error.reason, message: error.message };
  }
}

async function carryOut(change: BucketChange, options: ChangesOptions): Promise<void> {
  const { realm: id, accessKey, name, address, requestId } = change;
  const { holders, using, authorizer } = options;
  const { actor, key } = await holders.signer(id, accessKey, address);
  const verb = change.op;
  const narrow = outOfScope(key, verb, name);
  if (narrow !== undefined) throw new StatusError('Forbidden', narrow);
  const context: ChangeContext = { actor, via: 's3', requestId, fieldManager: MANAGER };
  if (change.op === 'create') {
    const namespace = key.metadata.namespace ?? '';
    await authorize(authorizer(), id, actor, verb, Bucket, { namespace });
    const draft: DraftObject = {
      apiVersion: Bucket.apiVersion,
      kind: Bucket.kind,
      metadata: { name },
      spec: change.spec,
    };
    await using(id, ({ resources }) => resources.create(Bucket, namespace, draft, context));
    return;
  }
  const found = await using(id, ({ view }) => bucketsByName(view).get(name));
  if (found === undefined) throw notFound({ group: Bucket.group, kind: Bucket.plural, name });
  const at: ObjectKey = { namespace: found.namespace ?? '', name };
  await authorize(authorizer(), id, actor, verb, Bucket, at);
  if (change.op === 'delete') {
    await requireEmpty(change, found.object(), options);
    await using(id, ({ resources }) =>
      resources.delete(Bucket, at, context, { preconditions: { uid: found.uid } }),
    );
    return;
  }
  const { spec: patch } = change;
  await using(id, ({ resources }) =>
    resources.modify(Bucket, at, context, (current) =>
      current.metadata.uid !== found.uid
        ? current
        : ({ ...current, spec: applyMergePatch(current.spec, patch) } as DraftObject),
    ),
  );
}

/** What was noted last is neither here nor there: what it holds now counts. */
async function requireEmpty(
  { realm, name }: BucketChange,
  { metadata, status }: KubeObject,
  { count, writeUsage }: ChangesOptions,
): Promise<void> {
  const objects = await count(realm, metadata.uid);
  if (objects > 0) {
    throw conflict(
      { group: Bucket.group, kind: Bucket.plural, name },
      `it is not empty (BucketNotEmpty): it holds ${objects} versions, delete markers or unfinished uploads`,
    );
  }
  const { usage } = (status ?? {}) as { readonly usage?: Usage };
  if ((usage?.objects ?? 0) > 0) await writeUsage(realm, metadata.uid, { objects, bytes: 0 });
}
