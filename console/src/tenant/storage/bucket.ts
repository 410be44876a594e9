/** A Bucket, with its types from the kind. */
import type { BucketSpec, BucketStatus } from '../../../../src/services/objects/bucket/bucket.ts';
import type { ApiObject } from '../../api/live-list.ts';

export const bucketSpecOf = ({ spec }: ApiObject): BucketSpec => spec as unknown as BucketSpec;
export const bucketStatusOf = ({ status }: ApiObject): BucketStatus => (status ?? {}) as BucketStatus;
