/**
 * Which rules of a bucket's lifecycle a version or an upload is due by. Pure. As S3 has it (user guide, "Lifecycle configuration elements"): a day counts up to the midnight (UTC) after it is over;
 * a delete marker with nothing behind it goes by the same days as objects do, or at once where a rule says so.
 */
import type { BucketSpec } from '../../bucket/bucket.ts';

export type LifecycleRule = NonNullable<BucketSpec['lifecycle']>[number];

const DAY_MS = 86_400_000;

/** A version as its listing tells of it, and where it stands among those of its name. */
export interface StandingVersion {
  readonly key: string;
  readonly size: number;
  readonly isMarker: boolean;
  readonly modified_ms: number;
  /** Absent for the newest. */
  readonly noncurrent?: {
    /** When the one after it was written. */
    readonly since_ms: number;
    /** Of the noncurrent ones of its name, how many are newer. */
    readonly newer: number;
  };
}

/** Why it goes, once `tags` are known to be among the object's; absent: whatever it has. */
export interface Due {
  readonly rule: string;
  readonly tags?: Readonly<Record<string, string>>;
}

/** The first midnight at which so many days are over. */
export function midnightAfter(from_ms: number, days: number): number {
  return Math.ceil((from_ms + days * DAY_MS) / DAY_MS) * DAY_MS;
}

/** The rules by which it goes now, of which one must hold. For a delete marker that is the newest: if nothing is left behind it. */
export function dueVersion(
  rules: readonly LifecycleRule[],
  version: StandingVersion,
  now_ms: number,
): readonly Due[] {
  return rules.flatMap((rule): readonly Due[] => {
    if (!rule.enabled || !isMeant(rule, version) || !isDue(rule, version, now_ms)) return [];
    const { tags } = rule.filter ?? {};
    return [{ rule: rule.id, ...(tags === undefined ? {} : { tags }) }];
  });
}

export function dueUpload(
  rules: readonly LifecycleRule[],
  { key, created_ms }: { readonly key: string; readonly created_ms: number },
  now_ms: number,
): Due | undefined {
  const found = rules.find(
    ({ enabled, filter = {}, abortIncompleteMultipartUpload: abort }) =>
      enabled &&
      abort !== undefined &&
      key.startsWith(filter.prefix ?? '') &&
      now_ms >= midnightAfter(created_ms, abort.daysAfterInitiation),
  );
  return found && { rule: found.id };
}

export function hasTags(
  wanted: Readonly<Record<string, string>> | undefined,
  tags: readonly { readonly key: string; readonly value: string }[],
): boolean {
  return Object.entries(wanted ?? {}).every(([key, value]) =>
    tags.some((tag) => tag.key === key && tag.value === value),
  );
}

/** What of a filter can be seen without opening the object. */
function isMeant({ filter = {} }: LifecycleRule, { key, size, isMarker }: StandingVersion): boolean {
  const { prefix = '', tags, sizeGreaterThan, sizeLessThan } = filter;
  if (!key.startsWith(prefix)) return false;
  // A delete marker has neither tags nor a size.
  if (isMarker) return tags === undefined && sizeGreaterThan === undefined && sizeLessThan === undefined;
  return (
    (sizeGreaterThan === undefined || size > sizeGreaterThan) &&
    (sizeLessThan === undefined || size < sizeLessThan)
  );
}

function isDue(rule: LifecycleRule, version: StandingVersion, now_ms: number): boolean {
  const { noncurrent, isMarker, modified_ms } = version;
  if (noncurrent !== undefined) {
    const { noncurrentDays, newerNoncurrentVersions = 0 } = rule.noncurrentVersionExpiration ?? {};
    return (
      noncurrentDays !== undefined &&
      noncurrent.newer >= newerNoncurrentVersions &&
      now_ms >= midnightAfter(noncurrent.since_ms, noncurrentDays)
    );
  }
  const { days, date, expiredObjectDeleteMarker } = rule.expiration ?? {};
  if (days !== undefined) return now_ms >= midnightAfter(modified_ms, days);
  if (date !== undefined) return now_ms >= Date.parse(date);
  return isMarker && expiredObjectDeleteMarker === true;
}
