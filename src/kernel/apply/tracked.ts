/**
 * The part of an object that managers can own: the kind's own fields and what clients say in metadata, or its status. What the
 * server says itself (name, uid, resourceVersion, …) belongs to nobody. Pure.
 */
import type { DraftObject, KubeObject } from '../object.ts';
import { isRecord } from '../schema/field-path.ts';
import { type FieldSet, put } from './field-set.ts';
import { fieldElement } from './path-element.ts';

/** Which part a request is about. Each leaves the other alone. */
export type Subresource = 'status' | undefined;

const SHARED_METADATA = ['labels', 'annotations', 'finalizers', 'ownerReferences'] as const;

export type Tracked = Readonly<Record<string, unknown>>;

export function trackedPart(object: KubeObject | DraftObject, subresource: Subresource): Tracked {
  const { apiVersion: _version, kind: _kind, metadata, status, ...body } = object as DraftObject;
  if (subresource === 'status') return status === undefined ? {} : { status };
  const shared: Record<string, unknown> = {};
  for (const name of SHARED_METADATA) if (metadata[name] !== undefined) shared[name] = metadata[name];
  return { ...body, ...(Object.keys(shared).length === 0 ? {} : { metadata: shared }) };
}

/** The object with that part replaced. */
export function withTrackedPart(object: DraftObject, part: Tracked, subresource: Subresource): DraftObject {
  if (subresource === 'status') {
    const { status: _, ...rest } = object;
    return { ...rest, ...part };
  }
  const { apiVersion, kind, metadata, status } = object;
  const own = Object.fromEntries(
    Object.entries(metadata).filter(([name]) => !SHARED_METADATA.some((shared) => shared === name)),
  );
  return {
    ...(apiVersion === undefined ? {} : { apiVersion }),
    ...(kind === undefined ? {} : { kind }),
    ...part,
    metadata: { ...own, ...(isRecord(part.metadata) ? part.metadata : {}) },
    ...(status === undefined ? {} : { status }),
  };
}

const METADATA = fieldElement('metadata');

/** Metadata itself has no owner: an object without it is none. */
export function withoutMetadataItself(fields: FieldSet): FieldSet {
  const node = fields.get(METADATA);
  if (!node?.member) return fields;
  const rest = new Map(fields);
  rest.delete(METADATA);
  put(rest, METADATA, false, node.children);
  return rest;
}

/**
 * Leaves out members that are null: to apply nothing is not to apply. (Manifests made by tools say `creationTimestamp: null`.)
 */
export function withoutNulls<T>(value: T): T {
  if (Array.isArray(value)) return value.map(withoutNulls) as T;
  if (!isRecord(value)) return value;
  const entries = Object.entries(value).filter(([, member]) => member !== null && member !== undefined);
  return Object.fromEntries(entries.map(([name, member]) => [name, withoutNulls(member)])) as T;
}
