/**
 * Saying that a bucket goes with all that is in it: an annotation with the bucket's own name, so that a manifest which was copied erases nothing. Setting it is a guarded
 * transition; a bucket that locks objects never has it. Pure.
 */
import type { KubeObject } from '#kernel/object.ts';
import { OBJECTS_GROUP } from '../group.ts';

/** Holds a bucket back until nothing is left of it. */
export const BUCKET_FINALIZER = `${OBJECTS_GROUP}/objects`;

export const ERASE_ANNOTATION = `${OBJECTS_GROUP}/erase`;

export const mayErase = ({ metadata }: KubeObject): boolean =>
  metadata.annotations?.[ERASE_ANNOTATION] === metadata.name;
