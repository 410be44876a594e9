/** All buckets of all organizations, page by page: for what goes on beside requests. Organizations whose root is switched off are passed over: nothing of theirs is touched then. */
import { isStatusError } from '#kernel/errors.ts';
import type { Realm } from '#kernel/realm.ts';
import { REGION, type RealmId } from '#kernel/realm-id.ts';
import { isConditionTrue } from '#kernel/reconcile/conditions.ts';
import { Bucket, type BucketObject } from '../bucket/bucket.ts';
import { INTACT } from '../bucket/damage.ts';
import { BUCKETS_PAGE_MAX, type BucketKnown, type BucketPlace, type GateCalls } from './protocol.ts';

/** Each may have to be loaded, so an answer does not wait for more. */
const REALMS_AT_ONCE = 16;

export interface AllBucketsOptions {
  readonly list: () => Promise<readonly RealmId[]>;
  readonly using: <T>(realm: RealmId, work: (realm: Realm) => T) => Promise<T>;
}

export async function allBuckets(
  after: BucketPlace | undefined,
  { list, using }: AllBucketsOptions,
): Promise<ReturnType<GateCalls['allBuckets']>> {
  const realms = (await list()).filter((realm) => realm !== REGION).toSorted();
  const wanted = realms.filter((realm) => after === undefined || realm >= after.realm);
  const buckets: BucketKnown[] = [];
  for (const realm of wanted.slice(0, REALMS_AT_ONCE)) {
    const first = realm === after?.realm ? after.name : '';
    const found = await using(realm, ({ view }) =>
      Array.from(view.entries(Bucket), (entry) => entry.object() as BucketObject),
    ).catch((error: unknown) => {
      if (!isStatusError(error)) throw error;
      return [];
    });
    const rest = found
      .filter(({ metadata }) => metadata.name > first)
      .toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
    for (const bucket of rest) {
      if (buckets.length === BUCKETS_PAGE_MAX) {
        const last = buckets.at(-1);
        return { buckets, ...(last && { next: { realm: last.realm, name: last.name } }) };
      }
      buckets.push(known(realm, bucket));
    }
  }
  const next = wanted[REALMS_AT_ONCE];
  return { buckets, ...(next === undefined ? {} : { next: { realm: next, name: '' } }) };
}

const known = (realm: RealmId, { metadata, spec, status }: BucketObject): BucketKnown => ({
  realm,
  uid: metadata.uid,
  name: metadata.name,
  expires: spec.lifecycle?.some(({ enabled }) => enabled) ?? false,
  isReported: Object.values(spec.inventory ?? {}).some(({ enabled }) => enabled),
  isDamaged:
    status?.conditions?.some(({ type }) => type === INTACT) === true &&
    !isConditionTrue(status.conditions, INTACT),
});
