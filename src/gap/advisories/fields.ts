/** Reads the fields of parsed JSON from outside, once, at the boundary. Every function throws an AdvisoryError that names the field. */
import { invalid, type Place, shown } from './problem.ts';

/** Of one text that is kept (names, versions, ids); free text is cut instead. */
const TEXT_LENGTH_MAX = 512;

/** npm allows 214. */
const NAME_LENGTH_MAX = 256;

export type Fields = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function fieldsOf(place: Place, field: string, value: unknown): Fields {
  if (isFields(value)) return value;
  throw invalid(place, field, `is ${shown(value)}; it must be an object`);
}

/** An absent or null list is empty. */
export function listOf(place: Place, field: string, value: unknown, items_max: number): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw invalid(place, field, `is ${shown(value)}; it must be a list`);
  if (value.length > items_max) {
    throw invalid(place, field, `has ${value.length} items; at most ${items_max} are taken`);
  }
  return value;
}

export function textOf(place: Place, field: string, value: unknown, length_max = TEXT_LENGTH_MAX): string {
  if (typeof value !== 'string' || value === '') {
    throw invalid(place, field, `is ${shown(value)}; it must be a text that is not empty`);
  }
  if (value.length > length_max) {
    throw invalid(place, field, `has ${value.length} characters; at most ${length_max} are taken`);
  }
  return value;
}

/** The name of a package: without spaces and control characters. */
export function nameOf(place: Place, field: string, value: unknown): string {
  const name = textOf(place, field, value, NAME_LENGTH_MAX);
  if (/[\s\p{Cc}]/u.test(name)) throw invalid(place, field, `is ${shown(name)}, which is no package’s name`);
  return name;
}

/** Absent, null and empty are undefined. */
export function optionalText(
  place: Place,
  field: string,
  value: unknown,
  length_max = TEXT_LENGTH_MAX,
): string | undefined {
  return value === undefined || value === null || value === ''
    ? undefined
    : textOf(place, field, value, length_max);
}

/** One of some words. */
export function wordOf<const Words extends readonly string[]>(
  place: Place,
  field: string,
  value: unknown,
  words: Words,
): Words[number] {
  const found = words.find((word) => word === value);
  if (found === undefined) throw invalid(place, field, `is ${shown(value)}; it must be ${words.join(', ')}`);
  return found;
}

/** RFC 3339, as milliseconds since the Unix epoch. */
export function timeOf(place: Place, field: string, value: unknown): number {
  const text = textOf(place, field, value);
  const time_ms = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time_ms)) {
    throw invalid(place, field, `is ${shown(text)}; it must be a time such as 2026-01-31T12:00:00Z`);
  }
  return time_ms;
}

/** One line of free text, cut to a length. */
export const excerpt = (value: unknown, length_max: number): string => {
  if (typeof value !== 'string') return '';
  const line = value
    .slice(0, length_max * 4)
    .replaceAll(/\s+/g, ' ')
    .trim();
  return line.length > length_max ? `${line.slice(0, length_max - 1)}…` : line;
};
