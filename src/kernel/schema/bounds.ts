/**
 * What any JSON from outside must keep to before anything walks it: how deep it nests, and that no key of it could reach an
 * object's prototype.
 */
import { badRequest } from '../errors.ts';
import { childPath } from './field-path.ts';

export const DEPTH_MAX = 64;

const PROTOTYPE_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** Throws BadRequest with the path of what is wrong. */
export function assertBounded(value: unknown, path = '', depth = 0): void {
  if (typeof value !== 'object' || value === null) return;
  if (depth > DEPTH_MAX) {
    throw badRequest(`${path}: nested too deep; the most is ${DEPTH_MAX} levels`, [
      { reason: 'FieldValueTooLong', message: `the most is ${DEPTH_MAX} levels`, field: path },
    ]);
  }
  if (Array.isArray(value)) {
    value.forEach((item, index) => {
      assertBounded(item, childPath(path, index), depth + 1);
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
    assertBounded(member, childPath(path, key), depth + 1);
  }
}
