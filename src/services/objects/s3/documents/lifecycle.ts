/** `LifecycleConfiguration`, to a Bucket's spec and back. */
import type { Static } from 'typebox';
import type { lifecycle } from '../../bucket/settings.ts';
import { notImplemented } from '../errors.ts';
import { parseIsoDate } from '../headers/dates.ts';
import { present } from '../headers/fields.ts';
import { OBJECT_TAGS_MAX } from '../headers/tags.ts';
import { Reader } from '../xml/reader.ts';
import { document, element } from '../xml/write.ts';
import { tagElement, tagsAsRecord, tagsIn, tagsOfRecord } from './tags.ts';

/** As a Bucket's spec has it. */
export type Lifecycle = Static<typeof lifecycle>;
type Rule = Lifecycle[number];
type Filter = NonNullable<Rule['filter']>;

export const RULES_MAX = 1_000;
const DAYS = { min: 1, max: 36_500 };
const SIZE = { min: 0, max: Number.MAX_SAFE_INTEGER };
const DAY_MS = 86_400_000;

export function readLifecycle(bytes: Uint8Array): Lifecycle {
  return Reader.document(bytes, 'LifecycleConfiguration', (root) => {
    let unnamed = 0;
    const rules = root.all('Rule', RULES_MAX, (rule) => readRule(rule, () => `rule-${++unnamed}`));
    if (rules.length === 0) throw root.wrong('there is no Rule');
    return [...rules];
  });
}

function readRule(rule: Reader, newId: () => string): Rule {
  for (const name of ['Transition', 'NoncurrentVersionTransition'])
    if (rule.has(name)) throw notImplemented(`${name}: there is one storage class`, 'send rules that expire');
  const id = rule.text('ID');
  const status = rule.oneOf('Status', ['Enabled', 'Disabled']);
  if (status === undefined) throw rule.wrong('Status is missing; it is Enabled or Disabled');
  // Where the prefix was before there were filters.
  const prefix = rule.text('Prefix', { exact: true });
  const filter = rule.one('Filter', readFilter);
  if (prefix !== undefined && filter) throw rule.wrong('Prefix or Filter, and not both');
  const days = rule.one('AbortIncompleteMultipartUpload', (abort) =>
    abort.integer('DaysAfterInitiation', DAYS),
  );
  const found = {
    ...present('expiration', rule.one('Expiration', readExpiration)),
    ...present('noncurrentVersionExpiration', rule.one('NoncurrentVersionExpiration', readNoncurrent)),
    ...present(
      'abortIncompleteMultipartUpload',
      days === undefined ? undefined : { daysAfterInitiation: days },
    ),
  };
  if (Object.keys(found).length === 0) throw rule.wrong('it does nothing; it has an Expiration or the like');
  return {
    id: id === undefined || id === '' ? newId() : id,
    enabled: status === 'Enabled',
    ...present('filter', filterOf(filter, prefix)),
    ...found,
  };
}

/** One without conditions is none. */
function filterOf(filter: Filter | undefined, prefix: string | undefined): Filter | undefined {
  if (filter) return Object.keys(filter).length > 0 ? filter : undefined;
  return prefix === undefined || prefix === '' ? undefined : { prefix };
}

function readFilter(from: Reader): Filter {
  const and = from.one('And', (inner) => readConditions(inner, tagsIn(inner, OBJECT_TAGS_MAX)));
  const tag = from.has('Tag') ? tagsIn(from, 1) : [];
  const own = readConditions(from, tag);
  if (and && Object.keys(own).length > 0) throw from.wrong('And holds all of the filter');
  if (!and && Object.keys(own).length > 1) throw from.wrong('several conditions go into And');
  return and ?? own;
}

function readConditions(
  from: Reader,
  tags: readonly { readonly key: string; readonly value: string }[],
): Filter {
  const prefix = from.text('Prefix', { exact: true });
  return {
    ...present('prefix', prefix === '' ? undefined : prefix),
    ...present('tags', tags.length > 0 ? tagsAsRecord(tags) : undefined),
    ...present('sizeGreaterThan', from.integer('ObjectSizeGreaterThan', SIZE)),
    ...present('sizeLessThan', from.integer('ObjectSizeLessThan', SIZE)),
  };
}

function readExpiration(from: Reader): NonNullable<Rule['expiration']> {
  const days = from.integer('Days', DAYS);
  const text = from.text('Date');
  const marker = from.boolean('ExpiredObjectDeleteMarker');
  if ([days, text, marker].filter((one) => one !== undefined).length !== 1)
    throw from.wrong('exactly one of Days, Date and ExpiredObjectDeleteMarker');
  const date_ms =
    text === undefined
      ? undefined
      : parseIsoDate(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text);
  if (text !== undefined && (date_ms === undefined || date_ms % DAY_MS !== 0))
    throw from.wrong('Date is a midnight in UTC, such as 2036-01-31T00:00:00Z');
  return {
    ...present('days', days),
    ...present('date', date_ms === undefined ? undefined : midnight(date_ms)),
    ...present('expiredObjectDeleteMarker', marker),
  };
}

function midnight(date_ms: number): string {
  return `${new Date(date_ms).toISOString().slice(0, 10)}T00:00:00Z`;
}

function readNoncurrent(from: Reader): NonNullable<Rule['noncurrentVersionExpiration']> {
  const noncurrentDays = from.integer('NoncurrentDays', DAYS);
  if (noncurrentDays === undefined) throw from.wrong('NoncurrentDays is missing');
  return {
    noncurrentDays,
    ...present('newerNoncurrentVersions', from.integer('NewerNoncurrentVersions', { min: 1, max: 100 })),
  };
}

export function lifecycleDocument(rules: Lifecycle): string {
  return document('LifecycleConfiguration', rules.map(ruleElement));
}

function ruleElement({ id, enabled, filter = {}, ...rule }: Rule) {
  const { expiration, noncurrentVersionExpiration: noncurrent, abortIncompleteMultipartUpload: abort } = rule;
  return element('Rule', [
    element('ID', id),
    filterElement(filter),
    element('Status', enabled ? 'Enabled' : 'Disabled'),
    element(
      'Expiration',
      expiration && [
        element('Days', expiration.days),
        element('Date', expiration.date),
        element('ExpiredObjectDeleteMarker', expiration.expiredObjectDeleteMarker),
      ],
    ),
    element(
      'NoncurrentVersionExpiration',
      noncurrent && [
        element('NoncurrentDays', noncurrent.noncurrentDays),
        element('NewerNoncurrentVersions', noncurrent.newerNoncurrentVersions),
      ],
    ),
    element(
      'AbortIncompleteMultipartUpload',
      abort && [element('DaysAfterInitiation', abort.daysAfterInitiation)],
    ),
  ]);
}

function filterElement({ prefix, tags = {}, sizeGreaterThan, sizeLessThan }: Filter) {
  const parts = [
    element('Prefix', prefix),
    ...tagsOfRecord(tags).map(tagElement),
    element('ObjectSizeGreaterThan', sizeGreaterThan),
    element('ObjectSizeLessThan', sizeLessThan),
  ].filter((part) => part !== undefined);
  if (parts.length > 1) return element('Filter', element('And', parts));
  return element('Filter', parts.length === 0 ? [element('Prefix', '')] : parts);
}
