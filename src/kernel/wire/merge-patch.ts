/**
 * JSON merge patch (RFC 7386). Pure: shares nothing that it changes with what it was given.
 */
import { isObject, type Json, type JsonObject } from './json-value.ts';

/** Applies a merge patch: null removes, objects merge, everything else replaces. */
export function applyMergePatch(target: unknown, patch: unknown): Json {
  if (!isObject(patch)) return patch as Json;
  const result: JsonObject = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = applyMergePatch(result[key], value);
  }
  return result;
}
