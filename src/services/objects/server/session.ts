/** One request while it is served: who asks, of which bucket, and whether they may. */
import type { RealmId } from '#kernel/realm-id.ts';
import { organizationOf } from '#kernel/realm-id.ts';
import type { BucketSpec } from '../bucket/bucket.ts';
import { parsePolicy } from '../bucket/policy.ts';
import { type BucketKey, bucketKey } from '../encryption/bucket-key.ts';
import type { BucketSettings, KeyHolder } from '../gate/protocol.ts';
import type { ObjectVersion } from '../metadata/store.ts';
import type { S3Call } from '../s3/calls.ts';
import { S3Error } from '../s3/errors.ts';
import type { SignatureChain } from '../s3/signature/authenticate.ts';
import type { PayloadForm } from '../s3/signature/payload.ts';
import type { RequestBody } from './incoming-body.ts';
import type { Operation } from './operations.ts';
import type { Parts } from './parts.ts';
import { policyVerdict } from './policy-verdict.ts';

/** What of a bucket calls work with. */
export interface OpenBucket extends Omit<BucketSettings, 'spec'> {
  readonly spec: BucketSpec;
}

export interface SignedBy {
  readonly accessKey: string;
  readonly holder: KeyHolder;
}

export interface SessionOptions {
  readonly parts: Parts;
  readonly realm: RealmId;
  readonly call: S3Call;
  readonly requestId: string;
  readonly address?: string;
  /** Absent: nobody. */
  readonly by?: SignedBy;
  readonly payload: PayloadForm;
  readonly chain?: SignatureChain;
  readonly body: RequestBody;
  readonly isAborted: AbortSignal;
}

/** Kept for as long as the answer that they came with. */
const newestKeys = new WeakMap<OpenBucket, BucketKey>();

export class Session {
  readonly parts: Parts;
  readonly realm: RealmId;
  readonly call: S3Call;
  readonly requestId: string;
  readonly address: string | undefined;
  readonly by: SignedBy | undefined;
  readonly payload: PayloadForm;
  readonly chain: SignatureChain | undefined;
  readonly body: RequestBody;
  readonly signal: AbortSignal;
  /** For the record. */
  project: string | undefined;

  constructor(options: SessionOptions) {
    this.parts = options.parts;
    this.realm = options.realm;
    this.call = options.call;
    this.requestId = options.requestId;
    this.address = options.address;
    this.by = options.by;
    this.payload = options.payload;
    this.chain = options.chain;
    this.body = options.body;
    this.signal = options.isAborted;
  }

  get organization(): string {
    return organizationOf(this.realm) ?? '';
  }

  get now_ms(): number {
    return this.parts.clock.now();
  }

  /** Throws NoSuchBucket. */
  async bucket(name: string): Promise<OpenBucket> {
    const settings = await this.parts.answers.bucket(this.realm, name);
    if (settings === null) throw new S3Error('NoSuchBucket', undefined, { details: { BucketName: name } });
    this.project ??= settings.project;
    return settings as OpenBucket;
  }

  /** A version, whose bytes stay readable until `end`, whatever becomes of it. */
  version(uid: string, key: string, versionId?: string): Promise<ObjectVersion | undefined> {
    const lookup = this.parts.metadata.get(uid, key, versionId);
    this.parts.reads.add(this, lookup);
    return lookup;
  }

  /** Nothing is read any more. */
  end(): void {
    this.parts.reads.end(this);
  }

  /** The bucket, once whoever asks may do that in it. */
  async permitted(name: string, operation: Operation, key?: string): Promise<OpenBucket> {
    const bucket = await this.bucket(name);
    await this.require(bucket, operation, key);
    return bucket;
  }

  /** Throws AccessDenied. */
  async require(bucket: OpenBucket, operation: Operation, key?: string): Promise<void> {
    const problem = await this.refusal(bucket, operation, key);
    if (problem !== undefined) throw new S3Error('AccessDenied', problem);
  }

  /** Why not; undefined where they may. */
  async refusal(bucket: OpenBucket, operation: Operation, key?: string): Promise<string | undefined> {
    const narrow = this.#outOfScope(bucket, operation);
    if (narrow !== undefined) return narrow;
    const verdict = this.#verdict(bucket, operation, key);
    if (verdict === 'deny') return 'the bucket’s policy refuses it';
    const isOpenToAll = verdict === 'allow-public' && !bucket.spec.publicAccessBlock.restrictPublicBuckets;
    if (this.by === undefined) {
      return isOpenToAll
        ? undefined
        : 'the request is not signed; sign it with an access key of the organization';
    }
    // What opens a bucket to members, by name or because it opens it to everybody, holds for a member.
    if (verdict === 'allow' || isOpenToAll) return undefined;
    const { verb, subresource } = operation;
    const decision = await this.parts.answers.decide({
      realm: this.realm,
      accessKey: this.by.accessKey,
      verb,
      ...(subresource === undefined ? {} : { subresource }),
      project: bucket.project,
      bucket: bucket.name,
      ...(this.address === undefined ? {} : { address: this.address }),
    });
    return decision.allowed ? undefined : decision.reason;
  }

  #outOfScope({ name }: OpenBucket, { verb }: Operation): string | undefined {
    const scope = this.by?.holder.scope;
    if (scope?.buckets !== undefined && !scope.buckets.includes(name))
      return 'the access key is not for this bucket';
    if (scope?.readOnly === true && verb !== 'get' && verb !== 'list')
      return 'the access key is for reading only';
    return undefined;
  }

  #verdict(bucket: OpenBucket, { action, isOfObject }: Operation, key: string | undefined) {
    const { policy: text } = bucket.spec;
    if (text === undefined) return 'silent';
    const policy = parsePolicy(text, { bucket: bucket.name, organization: this.organization });
    const { call } = this;
    const values = {
      'aws:CurrentTime': new Date(this.now_ms).toISOString(),
      'aws:SecureTransport': 'true',
      ...(this.address === undefined ? {} : { 'aws:SourceIp': this.address }),
      ...(this.by === undefined ? {} : { 'aws:username': this.by.holder.name }),
      ...('prefix' in call ? { 's3:prefix': call.prefix } : {}),
      ...('delimiter' in call ? { 's3:delimiter': call.delimiter } : {}),
      ...('maxKeys' in call ? { 's3:max-keys': String(call.maxKeys) } : {}),
      ...('versionId' in call && call.versionId !== undefined ? { 's3:VersionId': call.versionId } : {}),
      ...('lock' in call && call.lock.mode !== undefined ? { 's3:object-lock-mode': call.lock.mode } : {}),
      's3:x-amz-server-side-encryption': bucket.spec.key === undefined ? 'AES256' : 'aws:kms',
    } as const;
    return policyVerdict(policy, {
      action,
      resource: isOfObject === true && key !== undefined ? `${bucket.name}/${key}` : bucket.name,
      ...(this.by === undefined ? {} : { actor: this.by.holder.name }),
      values,
    });
  }

  /** The bucket's key, of the version that something was sealed under; the newest by default. */
  async keyOf(bucket: OpenBucket, version = bucket.keyVersion): Promise<BucketKey> {
    if (version === bucket.keyVersion) {
      const known = newestKeys.get(bucket);
      if (known !== undefined) return known;
      const key = bucketKey(version, Buffer.from(bucket.key, 'base64'));
      newestKeys.set(bucket, key);
      return key;
    }
    const bytes = await this.parts.answers.bucketKey(this.realm, bucket.uid, version);
    if (bytes === null)
      throw new S3Error('KMS.NotFoundException', 'the key that it was encrypted with is gone');
    return bucketKey(version, Buffer.from(bytes));
  }
}
