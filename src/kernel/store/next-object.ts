/**
 * What an object becomes by a change: the parts of metadata that are the server's to say, generation, immutability,
 * finalizers. Pure; knows nothing of where objects are kept.
 */
import { conflict, invalid, type StatusCause } from '../errors.ts';
import type { Kind } from '../kind.ts';
import type { KubeObject, ObjectMeta } from '../object.ts';
import type { DeleteOptions } from '../realm.ts';
import { jsonEqual, valueAt } from '../schema/field-path.ts';
import type { DraftMeta } from '../schema/metadata.ts';
import { type CheckedDraft, resourceOf, subjectOf } from './draft.ts';

export const FOREGROUND_FINALIZER = 'foregroundDeletion';
export const ORPHAN_FINALIZER = 'orphan';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** What the server says of a new object. */
export interface Identity {
  readonly name: string;
  readonly namespace: string | undefined;
  readonly uid: string;
  /** RFC 3339, whole seconds. */
  readonly creationTimestamp: string;
}

/** A new object; `resourceVersion` is set when it is committed. */
export function newObject(kind: Kind, draft: CheckedDraft, identity: Identity): KubeObject {
  const metadata: ObjectMeta = {
    name: identity.name,
    ...(identity.namespace === undefined ? {} : { namespace: identity.namespace }),
    ...(draft.metadata.generateName ? { generateName: draft.metadata.generateName } : {}),
    uid: identity.uid,
    resourceVersion: '',
    generation: 1,
    creationTimestamp: identity.creationTimestamp,
    ...clientMeta(draft.metadata),
  };
  const { apiVersion, initialStatus } = kind;
  const status = initialStatus === undefined ? {} : { status: initialStatus };
  return { apiVersion, kind: kind.kind, metadata, ...draft.body, ...status };
}

/** The object with all but status replaced. Throws Invalid for what cannot change. */
export function updatedObject(kind: Kind, current: KubeObject, draft: CheckedDraft): KubeObject {
  const {
    labels: _l,
    annotations: _a,
    finalizers: _f,
    ownerReferences: _o,
    managedFields: _m,
    ...own
  } = current.metadata;
  const metadata: Mutable<ObjectMeta> = { ...own, ...clientMeta(draft.metadata) };
  const next: KubeObject = {
    apiVersion: kind.apiVersion,
    kind: kind.kind,
    metadata,
    ...draft.body,
    ...(current.status === undefined ? {} : { status: current.status }),
  };
  const causes = [...immutableCauses(kind, current, next), ...finalizerCauses(current, next)];
  if (causes.length > 0) throw invalid(subjectOf(kind, current.metadata.name), causes);
  if (!sameDesiredState(current, next)) metadata.generation += 1;
  return next;
}

/** The object with only status replaced. */
export function objectWithStatus(current: KubeObject, status: unknown): KubeObject {
  const { status: _, ...rest } = current;
  return status === undefined ? rest : { ...rest, status };
}

/** The object with its field managers set; none: without the field. */
export function withManagers(object: KubeObject, entries: readonly unknown[]): KubeObject {
  const { managedFields: _, ...metadata } = object.metadata;
  if (_ === undefined && entries.length === 0) return object;
  return {
    ...object,
    metadata: { ...metadata, ...(entries.length === 0 ? {} : { managedFields: entries }) },
  };
}

export interface Deletion {
  readonly object: KubeObject;
  /** Nothing holds the object back: it goes at once. */
  readonly removed: boolean;
}

/** The object after a request to delete it: gone, or marked and waiting for its finalizers. */
export function deletedObject(current: KubeObject, options: DeleteOptions, now: string): Deletion {
  const finalizers = finalizersFor(current.metadata.finalizers ?? [], options.propagationPolicy);
  if (finalizers.length === 0) return { object: current, removed: true };
  const { finalizers: _, ...rest } = current.metadata;
  const marked: Mutable<ObjectMeta> = { ...rest, finalizers };
  if (marked.deletionTimestamp === undefined) {
    marked.deletionTimestamp = now;
    marked.deletionGracePeriodSeconds = 0;
    marked.generation += 1;
  }
  return { object: { ...current, metadata: marked }, removed: false };
}

/** The object as if its deletion had not been asked for; the same object when it was not. */
export function undeletedObject(current: KubeObject): KubeObject {
  if (current.metadata.deletionTimestamp === undefined) return current;
  const { deletionTimestamp: _, deletionGracePeriodSeconds: _grace, ...metadata } = current.metadata;
  return { ...current, metadata: { ...metadata, generation: metadata.generation + 1 } };
}

/** Whether the object waited only for the finalizers that are gone now. */
export function isReleased(object: KubeObject): boolean {
  return object.metadata.deletionTimestamp !== undefined && (object.metadata.finalizers ?? []).length === 0;
}

/** Throws Conflict when the caller meant another version, or another object of the same name. */
export function assertPreconditions(
  kind: Kind,
  current: ObjectMeta,
  wanted: { readonly uid?: string; readonly resourceVersion?: string },
): void {
  const subject = resourceOf(kind, current.name);
  if (wanted.uid && wanted.uid !== current.uid) {
    throw conflict(
      subject,
      `Precondition failed: UID in precondition: ${wanted.uid}, UID in object meta: ${current.uid}`,
    );
  }
  if (wanted.resourceVersion && wanted.resourceVersion !== current.resourceVersion) {
    throw conflict(
      subject,
      'the object has been modified; please apply your changes to the latest version and try again',
    );
  }
}

/** As the store compares them: `resourceVersion` aside. */
export function sameObject(a: KubeObject, b: KubeObject): boolean {
  const { metadata: metadataA, ...restA } = a;
  const { metadata: metadataB, ...restB } = b;
  return (
    jsonEqual(restA, restB) &&
    jsonEqual({ ...metadataA, resourceVersion: '' }, { ...metadataB, resourceVersion: '' })
  );
}

function sameDesiredState(a: KubeObject, b: KubeObject): boolean {
  const { metadata: _ma, status: _sa, ...desiredA } = a;
  const { metadata: _mb, status: _sb, ...desiredB } = b;
  return jsonEqual(desiredA, desiredB);
}

/** The parts of metadata that clients own; empty ones are left out, as Kubernetes does. */
function clientMeta(meta: DraftMeta): Partial<ObjectMeta> {
  const given: Mutable<Partial<ObjectMeta>> = {};
  if (meta.labels && Object.keys(meta.labels).length > 0) given.labels = meta.labels;
  if (meta.annotations && Object.keys(meta.annotations).length > 0) given.annotations = meta.annotations;
  if (meta.finalizers && meta.finalizers.length > 0) given.finalizers = meta.finalizers;
  if (meta.ownerReferences && meta.ownerReferences.length > 0) given.ownerReferences = meta.ownerReferences;
  if (meta.managedFields && meta.managedFields.length > 0) given.managedFields = meta.managedFields;
  return given;
}

function immutableCauses(kind: Kind, current: KubeObject, next: KubeObject): StatusCause[] {
  return (kind.immutable ?? []).flatMap((path) => {
    const before = valueAt(current, path);
    if (before === undefined || jsonEqual(before, valueAt(next, path))) return [];
    const was = kind.secret ? '' : `; it is ${JSON.stringify(before)?.slice(0, 100)}`;
    return [
      {
        reason: 'FieldValueInvalid' as const,
        field: path,
        message: `Invalid value: field is immutable${was}`,
      },
    ];
  });
}

function finalizerCauses(current: KubeObject, next: KubeObject): StatusCause[] {
  if (current.metadata.deletionTimestamp === undefined) return [];
  const before = new Set(current.metadata.finalizers);
  const added = (next.metadata.finalizers ?? []).filter((finalizer) => !before.has(finalizer));
  if (added.length === 0) return [];
  return [
    {
      reason: 'FieldValueForbidden',
      field: 'metadata.finalizers',
      message: `Forbidden: no new finalizers can be added while the object is being deleted, found ${JSON.stringify(added)}`,
    },
  ];
}

// As the Kubernetes API server: a policy that is given decides alone whether the garbage collector's finalizers stand.
function finalizersFor(
  finalizers: readonly string[],
  policy: DeleteOptions['propagationPolicy'],
): readonly string[] {
  if (policy === undefined) return finalizers;
  const others = finalizers.filter((each) => each !== FOREGROUND_FINALIZER && each !== ORPHAN_FINALIZER);
  if (policy === 'Foreground') return [...others, FOREGROUND_FINALIZER];
  return policy === 'Orphan' ? [...others, ORPHAN_FINALIZER] : others;
}
