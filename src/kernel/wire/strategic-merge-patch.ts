/**
 * Strategic merge patch, as kubectl sends it for kinds of the core group: a merge patch in which some lists merge by key, with
 * the directives `$patch`, `$deleteFromPrimitiveList`, `$setElementOrder` and `$retainKeys`. Pure.
 *
 * Which lists merge is a property of the Kubernetes API: of the fields our kinds share with it only those of
 * metadata do; every other list is replaced whole, which is also the rule of Kubernetes for lists without a merge key.
 */
import { badRequest } from '../errors.ts';
import { isObject, type Json, type JsonObject, jsonEqual } from './json-value.ts';

/** Lists that merge, by path: `''` for lists of scalars, else the field that identifies an element. */
const MERGE_KEYS: Readonly<Record<string, string>> = {
  'metadata.finalizers': '',
  'metadata.ownerReferences': 'uid',
};

const DELETE_FROM_LIST = '$deleteFromPrimitiveList/';
const ELEMENT_ORDER = '$setElementOrder/';

/** Applies a strategic merge patch. Throws 400 for a directive that makes no sense. */
export function applyStrategicMergePatch(target: unknown, patch: unknown): Json {
  if (!isObject(patch)) throw badRequest('a strategic merge patch is an object');
  return mergeObject(isObject(target) ? target : {}, patch, '');
}

function mergeObject(target: JsonObject, patch: JsonObject, path: string): JsonObject {
  const directive = patch.$patch;
  if (directive === 'replace') return withoutDirectives(patch);
  if (directive === 'delete') return {};
  if (directive !== undefined && directive !== 'merge') {
    throw badRequest(`${path === '' ? '$patch' : `${path}.$patch`}: use replace, merge or delete`);
  }
  const result: JsonObject = { ...target };
  const retain = patch.$retainKeys;
  if (retain !== undefined) {
    if (!Array.isArray(retain)) throw badRequest(`${path}.$retainKeys must be a list of field names`);
    for (const key of Object.keys(result)) if (!retain.includes(key)) delete result[key];
  }
  for (const [key, value] of Object.entries(patch)) {
    if (key.startsWith(DELETE_FROM_LIST)) {
      const field = key.slice(DELETE_FROM_LIST.length);
      const current = result[field];
      if (!Array.isArray(value)) throw badRequest(`${path}.${key} must be a list`);
      if (Array.isArray(current)) {
        result[field] = current.filter((item) => !value.some((gone) => jsonEqual(gone, item)));
      }
      continue;
    }
    if (key.startsWith('$')) continue;
    const fieldPath = path === '' ? key : `${path}.${key}`;
    if (value === null) delete result[key];
    else if (Array.isArray(value)) result[key] = mergeList(result[key], value, fieldPath);
    else if (isObject(value)) {
      const current = result[key];
      if (value.$patch === 'delete' && Object.keys(value).length === 1) delete result[key];
      else result[key] = mergeObject(isObject(current) ? current : {}, value, fieldPath);
    } else result[key] = value;
  }
  for (const [key, order] of Object.entries(patch)) {
    if (!key.startsWith(ELEMENT_ORDER) || !Array.isArray(order)) continue;
    const field = key.slice(ELEMENT_ORDER.length);
    const list = result[field];
    const mergeKey = MERGE_KEYS[path === '' ? field : `${path}.${field}`];
    if (Array.isArray(list) && mergeKey !== undefined) result[field] = sortAs(list, order, mergeKey);
  }
  return result;
}

function mergeList(current: Json | undefined, patch: Json[], path: string): Json[] {
  const mergeKey = MERGE_KEYS[path];
  if (patch.some((item) => isObject(item) && item.$patch === 'replace')) {
    return patch.filter((item) => !(isObject(item) && item.$patch === 'replace')).map(withoutDirectives);
  }
  if (mergeKey === undefined) return patch.map(withoutDirectives);
  const result = Array.isArray(current) ? [...current] : [];
  for (const item of patch) {
    const at = result.findIndex((existing) => identity(existing, mergeKey) === identity(item, mergeKey));
    if (isObject(item) && item.$patch === 'delete') {
      if (at >= 0) result.splice(at, 1);
    } else if (at < 0) result.push(withoutDirectives(item));
    else if (isObject(item)) result[at] = mergeObject(result[at] as JsonObject, item, `${path}[]`);
  }
  return result;
}

function identity(item: Json | undefined, mergeKey: string): string {
  if (mergeKey === '' || !isObject(item)) return JSON.stringify(item) ?? '';
  return JSON.stringify(item[mergeKey]) ?? '';
}

/** Elements named in the order come in that order; others keep their place after what they followed. */
function sortAs(list: Json[], order: Json[], mergeKey: string): Json[] {
  const rank = new Map(order.map((item, index) => [identity(item, mergeKey), index]));
  const ordered = list
    .filter((item) => rank.has(identity(item, mergeKey)))
    .sort((a, b) => (rank.get(identity(a, mergeKey)) ?? 0) - (rank.get(identity(b, mergeKey)) ?? 0));
  return list.map((item) => (rank.has(identity(item, mergeKey)) ? (ordered.shift() as Json) : item));
}

function withoutDirectives<T extends Json>(value: T): T {
  if (Array.isArray(value)) return value.map(withoutDirectives) as T;
  if (!isObject(value)) return value;
  const result: JsonObject = {};
  for (const [key, item] of Object.entries(value)) {
    if (!key.startsWith('$')) result[key] = withoutDirectives(item);
  }
  return result as T;
}
