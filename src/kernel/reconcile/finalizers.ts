/**
 * Finalizers: an object that carries one stays until the controller that put it there has cleaned up and takes it off.
 */
import { isStatusError } from '../errors.ts';
import type { Kind } from '../kind.ts';
import type { KubeObject } from '../object.ts';
import type { ChangeContext, ObjectKey, Resources } from '../realm.ts';

/** Finalizers of Kubernetes itself, that the garbage collector serves. */
export const FOREGROUND_FINALIZER = 'foregroundDeletion';
export const ORPHAN_FINALIZER = 'orphan';

export function hasFinalizer(object: Pick<KubeObject, 'metadata'>, finalizer: string): boolean {
  return object.metadata.finalizers?.includes(finalizer) ?? false;
}

export function isDeleting(object: Pick<KubeObject, 'metadata'>): boolean {
  return object.metadata.deletionTimestamp !== undefined;
}

/** The object with the finalizer; the same object when it has it, or is being deleted (too late to add one). */
export function withFinalizer<T extends Pick<KubeObject, 'metadata'>>(object: T, finalizer: string): T {
  if (hasFinalizer(object, finalizer) || isDeleting(object)) return object;
  const finalizers = [...(object.metadata.finalizers ?? []), finalizer];
  return { ...object, metadata: { ...object.metadata, finalizers } };
}

/**
 * For a kind's `normalize`: every new object begins with the finalizer, so that there is no moment in which its deletion
 * would skip the clean-up. Afterwards (a stored object has a uid) only controllers decide. What is not well formed is left as it
 * is, for validation to name.
 */
export function bornWithFinalizer(object: KubeObject, finalizer: string): KubeObject {
  const { uid, finalizers } = object.metadata;
  if (uid || (finalizers !== undefined && !Array.isArray(finalizers))) return object;
  return withFinalizer(object, finalizer);
}

/** The object without the finalizer; the same object when it has none of that name. */
export function withoutFinalizer<T extends Pick<KubeObject, 'metadata'>>(object: T, finalizer: string): T {
  if (!hasFinalizer(object, finalizer)) return object;
  const finalizers = object.metadata.finalizers?.filter((other) => other !== finalizer) ?? [];
  return { ...object, metadata: { ...object.metadata, finalizers } };
}

/**
 * Puts the finalizer on in the lane. Call it before the first engine call for an object. Gives false when the object is
 * gone or already being deleted without it: then nothing may be made for it any more.
 */
export async function ensureFinalizer(
  resources: Resources,
  kind: Kind,
  key: ObjectKey,
  finalizer: string,
  change: ChangeContext,
): Promise<boolean> {
  try {
    const { object } = await resources.modify(kind, key, change, (current) =>
      withFinalizer(current, finalizer),
    );
    return hasFinalizer(object, finalizer);
  } catch (error) {
    if (isStatusError(error, 'NotFound')) return false;
    throw error;
  }
}

/** Takes the finalizer off; no error when it is off or the object gone. `uid`: only from that very object. */
export async function removeFinalizer(
  resources: Resources,
  kind: Kind,
  key: ObjectKey,
  finalizer: string,
  change: ChangeContext,
  uid?: string,
): Promise<void> {
  try {
    await resources.modify(kind, key, change, (current) =>
      uid !== undefined && current.metadata.uid !== uid ? current : withoutFinalizer(current, finalizer),
    );
  } catch (error) {
    if (!isStatusError(error, 'NotFound')) throw error;
  }
}
