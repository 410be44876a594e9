/**
 * How a kind says which of its lists and maps several managers can share. The options go into a TypeBox schema as they are, and so
 * into OpenAPI, where Kubernetes clients know them. What is said by nothing here: objects and maps are shared member by
 * member, lists are taken whole (atomic).
 */

/** Options of an array of objects whose elements are known by these of their fields: `Type.Array(Port, keyedBy('name'))`. */
export function keyedBy(...keys: readonly [string, ...string[]]): ListOptions {
  return { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': keys };
}

/** Options of an array of scalars in which each value is there or not, and may have an owner of its own. */
export const SET: ListOptions = { 'x-kubernetes-list-type': 'set' };

/** Options of an object or map that is always written whole. */
export const ATOMIC_MAP = { 'x-kubernetes-map-type': 'atomic' } as const;

export type ListOptions = {
  readonly 'x-kubernetes-list-type': 'map' | 'set';
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
};
