/** Rules of what a bucket removes by itself: in words, and as a form has them. Pure. */
import type { BucketSpec } from '../../../../src/services/objects/bucket/bucket.ts';
import type { Say } from '../../texts/texts.ts';
import { timeText } from './units.ts';

export type Rule = NonNullable<BucketSpec['lifecycle']>[number];

/** As text fields have it; empty: not this. */
export interface RuleDraft {
  readonly id: string;
  readonly enabled: boolean;
  readonly prefix: string;
  readonly days: string;
  readonly oldDays: string;
  readonly oldKept: string;
  readonly uploadDays: string;
}

export const RULE_DAYS_MAX = 36_500;
export const KEPT_MAX = 100;
const ID_LENGTH_MAX = 255;

export const draftOf = (rule: Rule | undefined): RuleDraft => ({
  id: rule?.id ?? '',
  enabled: rule?.enabled ?? true,
  prefix: rule?.filter?.prefix ?? '',
  days: textOf(rule?.expiration?.days),
  oldDays: textOf(rule?.noncurrentVersionExpiration?.noncurrentDays),
  oldKept: textOf(rule?.noncurrentVersionExpiration?.newerNoncurrentVersions),
  uploadDays: textOf(rule?.abortIncompleteMultipartUpload?.daysAfterInitiation),
});

const textOf = (number: number | undefined): string => (number === undefined ? '' : `${number}`);

/** What the form does not show of a rule stays as it was. */
export function ruleOf(draft: RuleDraft, before: Rule | undefined): Rule {
  const { id, enabled, prefix, days, oldDays, oldKept, uploadDays } = draft;
  const { prefix: _old, ...filters } = before?.filter ?? {};
  const filter = { ...filters, ...(prefix === '' ? {} : { prefix }) };
  const { days: _days, ...when } = before?.expiration ?? {};
  const expiration = days === '' ? when : { days: Number(days) };
  return {
    id,
    enabled,
    ...(Object.keys(filter).length === 0 ? {} : { filter }),
    ...(Object.keys(expiration).length === 0 ? {} : { expiration }),
    ...(oldDays === ''
      ? {}
      : {
          noncurrentVersionExpiration: {
            noncurrentDays: Number(oldDays),
            ...(oldKept === '' ? {} : { newerNoncurrentVersions: Number(oldKept) }),
          },
        }),
    ...(uploadDays === ''
      ? {}
      : { abortIncompleteMultipartUpload: { daysAfterInitiation: Number(uploadDays) } }),
  };
}

export const isCount = (text: string, max: number): boolean =>
  /^\d{1,6}$/.test(text) && Number(text) >= 1 && Number(text) <= max;

/** Fields that are wrong; `nothing`: it would remove nothing. */
export function ruleProblems(
  draft: RuleDraft,
  before: Rule | undefined,
  others: readonly string[],
): ReadonlySet<keyof RuleDraft | 'nothing'> {
  const wrong = new Set<keyof RuleDraft | 'nothing'>();
  const { id } = draft;
  if (id === '' || id.length > ID_LENGTH_MAX || others.includes(id)) wrong.add('id');
  for (const field of ['days', 'oldDays', 'uploadDays'] as const)
    if (draft[field] !== '' && !isCount(draft[field], RULE_DAYS_MAX)) wrong.add(field);
  if (draft.oldKept !== '' && (draft.oldDays === '' || !isCount(draft.oldKept, KEPT_MAX)))
    wrong.add('oldKept');
  const { expiration, noncurrentVersionExpiration, abortIncompleteMultipartUpload } = ruleOf(draft, before);
  if (!expiration && !noncurrentVersionExpiration && !abortIncompleteMultipartUpload) wrong.add('nothing');
  return wrong;
}

/** What it is about. */
export function aboutText({ filter }: Rule, say: Say): string {
  const parts = [
    ...(filter?.prefix === undefined ? [] : [say('storage.life.about.prefix', { prefix: filter.prefix })]),
    ...Object.entries(filter?.tags ?? {}).map(([key, value]) => `${key}=${value}`),
    ...(filter?.sizeGreaterThan === undefined ? [] : [`> ${filter.sizeGreaterThan}`]),
    ...(filter?.sizeLessThan === undefined ? [] : [`< ${filter.sizeLessThan}`]),
  ];
  return parts.length === 0 ? say('storage.life.about.all') : parts.join(', ');
}

/** What it does, a sentence each. */
export function effectsText(rule: Rule, say: Say, language: string): readonly string[] {
  const { expiration, noncurrentVersionExpiration: old, abortIncompleteMultipartUpload: upload } = rule;
  return [
    ...(expiration?.days === undefined ? [] : [say('storage.life.days.text', { days: expiration.days })]),
    ...(expiration?.date === undefined
      ? []
      : [say('storage.life.date.text', { date: timeText(expiration.date, language) })]),
    ...(expiration?.expiredObjectDeleteMarker === true ? [say('storage.life.marker.text')] : []),
    ...(old === undefined
      ? []
      : [
          say('storage.life.old.text', {
            days: old.noncurrentDays,
            kept: old.newerNoncurrentVersions ?? 0,
          }),
        ]),
    ...(upload === undefined ? [] : [say('storage.life.upload.text', { days: upload.daysAfterInitiation })]),
  ];
}
