/** The rules of buckets that a schema cannot say, decided in the lane: one name in an organization, what locks imply, and that nothing goes while it holds objects. Pure. */
import { isInternal } from '#kernel/access.ts';
import { conflict, forbidden, invalid, type StatusCause, StatusError } from '#kernel/errors.ts';
import type { AdmissionRequest, Kind } from '#kernel/kind.ts';
import { organizationOf } from '#kernel/realm-id.ts';
import { hasFinalizer } from '#kernel/reconcile/finalizers.ts';
import { isBucketName } from '../s3/names.ts';
import type { BucketObject, BucketSpec } from './bucket.ts';
import { BUCKET_FINALIZER, ERASE_ANNOTATION, mayErase } from './erasing.ts';
import { isPublic, PolicyError, parsePolicy } from './policy.ts';

/** `kind`: Bucket. */
export function admitBucket(request: AdmissionRequest, kind: Kind): void {
  if (request.operation === 'delete') {
    admitDeletion(request);
    return;
  }
  if (request.operation === 'create') admitName(request, kind);
  const causes = [...finalizerCauses(request), ...annotationCauses(request), ...specCauses(request)];
  if (causes.length === 0) return;
  throw invalid({ group: kind.group, kind: kind.kind, name: request.object.metadata.name }, causes);
}

const subjectOf = ({ kind, object }: AdmissionRequest) => ({
  group: kind.group,
  kind: kind.plural,
  name: object.metadata.name,
});

function admitName({ object, view }: AdmissionRequest, kind: Kind): void {
  const { name } = object.metadata;
  if (!isBucketName(name)) {
    throw invalid({ group: kind.group, kind: kind.kind, name }, [
      {
        reason: 'FieldValueInvalid',
        field: 'metadata.name',
        message:
          'must be 3 to 63 lower-case letters, digits, "-" and ".", beginning and ending with a letter or digit, without "..", no IPv4 address, and not begin with xn--',
      },
    ]);
  }
  for (const entry of view.entries(kind)) {
    if (entry.name !== name) continue;
    throw new StatusError(
      'AlreadyExists',
      `bucket "${name}" already exists in project "${entry.namespace}": a bucket’s name is unique in its organization; choose another`,
      { group: kind.group, kind: kind.plural, name },
    );
  }
}

function admitDeletion(request: AdmissionRequest): void {
  const bucket = request.object as BucketObject;
  // A project or an organization that goes: the controller waits until it is empty.
  if (isInternal(request.actor) || mayErase(bucket)) return;
  const { objects = 0, observedAt } = bucket.status?.usage ?? {};
  if (objects === 0) return;
  throw conflict(
    subjectOf(request),
    `it is not empty (BucketNotEmpty): ${objects} versions of objects at ${observedAt}; remove them first, all versions with the S3 protocol, and try again a minute later`,
  );
}

/** Whoever could take it off could have the bucket go with all that is locked in it. */
function finalizerCauses({ object, previous, actor }: AdmissionRequest): StatusCause[] {
  if (isInternal(actor) || previous === undefined || !hasFinalizer(previous, BUCKET_FINALIZER)) return [];
  if (hasFinalizer(object, BUCKET_FINALIZER)) return [];
  const message = `${BUCKET_FINALIZER} goes by itself, once nothing is left of the bucket`;
  return [{ reason: 'FieldValueForbidden', field: 'metadata.finalizers', message }];
}

function annotationCauses({ object, previous, actor }: AdmissionRequest): StatusCause[] {
  const value = object.metadata.annotations?.[ERASE_ANNOTATION];
  if (value === undefined || isInternal(actor)) return [];
  const before = previous?.metadata.annotations?.[ERASE_ANNOTATION];
  const { objectLock } = object.spec as BucketSpec;
  const message =
    value !== object.metadata.name
      ? `must be the bucket’s own name, ${object.metadata.name}, or be left out`
      : objectLock?.enabled === true
        ? 'a bucket that locks objects goes only when it is empty: leave this out'
        : previous === undefined
          ? 'a new bucket holds nothing to erase: leave this out'
          : before === undefined && previous.metadata.deletionTimestamp !== undefined
            ? 'it is being deleted already, and waits until it is empty'
            : undefined;
  if (message === undefined) return [];
  return [{ reason: 'FieldValueInvalid', field: `metadata.annotations[${ERASE_ANNOTATION}]`, message }];
}

function specCauses(request: AdmissionRequest): StatusCause[] {
  const spec = request.object.spec as BucketSpec;
  const before = request.previous?.spec as BucketSpec | undefined;
  const causes: StatusCause[] = [];
  const refuse = (field: string, message: string) =>
    causes.push({ reason: 'FieldValueInvalid', field: `spec.${field}`, message });
  if (before !== undefined && before.versioning !== 'off' && spec.versioning === 'off') {
    refuse('versioning', 'there are versions, so it can be suspended, never off again');
  }
  lockProblems(spec, before, refuse);
  spec.lifecycle?.forEach((rule, index) => {
    const problem = ruleProblem(rule);
    if (problem !== undefined) refuse(`lifecycle[${index}].${problem.field}`, problem.message);
  });
  spec.cors?.forEach((rule, index) => {
    for (const field of ['allowedOrigins', 'allowedHeaders'] as const) {
      const odd = rule[field]?.find((one) => one.split('*').length > 2);
      if (odd !== undefined) refuse(`cors[${index}].${field}`, `"${odd}" has more than one *`);
    }
  });
  policyProblem(request, spec, before, refuse);
  if (spec.logging?.targetBucket === request.object.metadata.name) {
    refuse('logging.targetBucket', 'each record would make another one: name another bucket');
  }
  return causes;
}

type Refuse = (field: string, message: string) => void;

function lockProblems(
  { objectLock, versioning }: BucketSpec,
  before: BucketSpec | undefined,
  refuse: Refuse,
): void {
  if (before?.objectLock?.enabled === true && objectLock?.enabled !== true) {
    refuse('objectLock.enabled', 'it locks objects, and goes on doing so; only retention can change');
  }
  if (objectLock?.enabled === true && versioning !== 'enabled') {
    refuse(
      'versioning',
      'locks are of versions: it must be enabled where objectLock is (InvalidBucketState)',
    );
  }
  const retention = objectLock?.defaultRetention;
  if (retention === undefined) return;
  if (objectLock?.enabled !== true) refuse('objectLock.defaultRetention', 'takes objectLock.enabled');
  if ((retention.days === undefined) === (retention.years === undefined)) {
    refuse('objectLock.defaultRetention', 'takes either days or years');
  }
}

type Rule = NonNullable<BucketSpec['lifecycle']>[number];

function ruleProblem(rule: Rule): { readonly field: string; readonly message: string } | undefined {
  const { expiration, noncurrentVersionExpiration, abortIncompleteMultipartUpload, filter } = rule;
  if (!expiration && !noncurrentVersionExpiration && !abortIncompleteMultipartUpload) {
    return {
      field: 'id',
      message: 'does nothing: add expiration, noncurrentVersionExpiration or abortIncompleteMultipartUpload',
    };
  }
  if (expiration && Object.values(expiration).filter((value) => value !== undefined).length !== 1) {
    return { field: 'expiration', message: 'takes exactly one of days, date, expiredObjectDeleteMarker' };
  }
  if (expiration?.date !== undefined && Number.isNaN(Date.parse(expiration.date))) {
    return { field: 'expiration.date', message: 'is no day; write 2027-01-31T00:00:00Z' };
  }
  // As S3: what is not complete has no tags and no size, and neither has a delete marker.
  const isNarrow =
    filter?.tags !== undefined || filter?.sizeGreaterThan !== undefined || filter?.sizeLessThan !== undefined;
  if (isNarrow && (abortIncompleteMultipartUpload || expiration?.expiredObjectDeleteMarker !== undefined)) {
    return {
      field: 'filter',
      message:
        'uploads and delete markers have neither tags nor a size: use a prefix, or a rule of their own',
    };
  }
  const { sizeGreaterThan = 0, sizeLessThan } = filter ?? {};
  if (sizeLessThan !== undefined && sizeLessThan <= sizeGreaterThan) {
    return { field: 'filter.sizeLessThan', message: 'must be more than sizeGreaterThan' };
  }
  return undefined;
}

function policyProblem(
  request: AdmissionRequest,
  spec: BucketSpec,
  before: BucketSpec | undefined,
  refuse: Refuse,
): void {
  if (spec.policy === undefined) return;
  const blocks = spec.publicAccessBlock.blockPublicPolicy;
  // What is there stays, as in S3, when only the block comes later.
  if (before !== undefined && before.policy === spec.policy) return;
  try {
    const policy = parsePolicy(spec.policy, {
      bucket: request.object.metadata.name,
      organization: organizationOf(request.realm) ?? '',
    });
    if (blocks && isPublic(policy)) {
      throw forbidden(
        subjectOf(request),
        'spec.policy: it opens the bucket to everybody, and spec.publicAccessBlock.blockPublicPolicy stands against that',
      );
    }
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    refuse('policy', error.message);
  }
}
