/**
 * What any JSON from outside must keep to before anything walks it: how deep it nests, and that no key of it could reach an
 * object's prototype.
 */
import { badRequest } from '../errors.ts';
import { childPath } from './field-path.ts';

export const DEPTH_MAX = 64;

const PROTOTYPE_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** Throws BadRequest with the path of what is wrong. */
export function assertBounded(value: unknown): void {
  // Paths are put together only for who needs to be told one.
  if (!isBounded(value, 0)) refuse(value, '', 0);
}

function isBounded(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (depth > DEPTH_MAX) return false;
  if (Array.isArray(value)) return value.every((item) => isBounded(item, depth + 1));
  const record = value as Readonly<Record<string, unknown>>;
  return Object.keys(record).every((key) => !PROTOTYPE_KEYS.has(key) && isBounded(record[key], depth + 1));
}

/** Finds what is wrong in what is not bounded. */
function refuse(value: unknown, path: string, depth: number): void {
  if (typeof value !== 'object' || value === null) return;
  if (depth > DEPTH_MAX) {
    throw badRequest(`${path}: nested too deep; the most is ${DEPTH_MAX} levels`, [
      { reason: 'FieldValueTooLong', message: `the most is ${DEPTH_MAX} levels`, field: path },
    ]);
  }
  if (Array.isArray(value)) {
    value.forEach((item, index) => {
      refuse(item, childPath(path, index), depth + 1);
    });
    return;
  }
  for (const [key, member] of Object.entries(value)) {
    if (PROTOTYPE_KEYS.has(key)) {
      throw badRequest(`${childPath(path, key)}: "${key}" cannot be the name of a field`, [
        {
          reason: 'FieldValueForbidden',
          message: `"${key}" cannot be the name of a field`,
          field: childPath(path, key),
        },
      ]);
    }
    refuse(member, childPath(path, key), depth + 1);
  }
}
