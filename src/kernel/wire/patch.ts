/**
 * Turns a PATCH request into a pure function of the object, which the lane then applies: so a patch never loses a race.
 */
import { badRequest, conflict, invalid, StatusError } from '../errors.ts';
import type { Kind } from '../kind.ts';
import type { DraftObject, KubeObject } from '../object.ts';
import { parseJson } from './body.ts';
import { draftOf } from './draft.ts';
import { applyJsonPatch, parseJsonPatch } from './json-patch.ts';
import { isObject, jsonEqual } from './json-value.ts';
import { parseMediaType } from './media-type.ts';
import { applyMergePatch } from './merge-patch.ts';
import { applyStrategicMergePatch } from './strategic-merge-patch.ts';

export type PatchFunction = (current: KubeObject) => DraftObject | KubeObject;

const JSON_PATCH = 'application/json-patch+json';
const MERGE_PATCH = 'application/merge-patch+json';
const STRATEGIC_MERGE_PATCH = 'application/strategic-merge-patch+json';
const PATCH_TYPES = [JSON_PATCH, MERGE_PATCH, STRATEGIC_MERGE_PATCH] as const;

export type PatchType = (typeof PATCH_TYPES)[number];

/** The type of a patch; an applied configuration is none (see `apply.ts`). Throws 415. */
export function patchType(contentType: string | undefined): PatchType {
  const { type } = parseMediaType(contentType ?? '');
  const known = PATCH_TYPES.find((candidate) => candidate === type);
  if (known !== undefined) return known;
  throw new StatusError(
    'UnsupportedMediaType',
    `Content-Type "${type}" is no patch; send ${MERGE_PATCH}, ${STRATEGIC_MERGE_PATCH}, ${JSON_PATCH} or application/apply-patch+yaml`,
  );
}

/** Parses a patch. Throws 400 for what does not parse. */
export function parsePatch(kind: Kind, type: PatchType, bytes: Buffer): PatchFunction {
  switch (type) {
    case JSON_PATCH: {
      const operations = parseJsonPatch(parseJson(bytes));
      return patchFunction(kind, (current) => applyJsonPatch(current, operations));
    }
    case MERGE_PATCH: {
      const patch = objectPatch(parseJson(bytes));
      return patchFunction(kind, (current) => applyMergePatch(current, patch));
    }
    case STRATEGIC_MERGE_PATCH: {
      const patch = objectPatch(parseJson(bytes));
      return patchFunction(kind, (current) => applyStrategicMergePatch(current, patch));
    }
  }
}

function objectPatch(patch: unknown): Record<string, unknown> {
  if (!isObject(patch)) throw badRequest('the patch must be an object');
  return patch;
}

/** Metadata that says which object it is; a patch may repeat it but not change it. */
const IDENTITY = ['name', 'namespace', 'uid', 'creationTimestamp'] as const;

function patchFunction(kind: Kind, apply: (current: KubeObject) => unknown): PatchFunction {
  return (current) => {
    const patched = apply(current);
    const subject = { group: kind.group, kind: kind.plural, name: current.metadata.name };
    if (!isObject(patched) || !isObject(patched.metadata)) {
      throw invalid({ ...subject, kind: kind.kind }, [
        { reason: 'FieldValueTypeInvalid', field: 'metadata', message: 'the patch leaves no object behind' },
      ]);
    }
    const { metadata } = patched;
    if (
      metadata.resourceVersion !== undefined &&
      metadata.resourceVersion !== current.metadata.resourceVersion
    ) {
      throw conflict(
        subject,
        `it is at resourceVersion ${current.metadata.resourceVersion}, not ${JSON.stringify(metadata.resourceVersion)}; ` +
          'read it again and make the change to what you read',
      );
    }
    for (const field of IDENTITY) {
      if (!jsonEqual(metadata[field], current.metadata[field])) {
        throw invalid({ ...subject, kind: kind.kind }, [
          { reason: 'FieldValueForbidden', field: `metadata.${field}`, message: 'a patch cannot change it' },
        ]);
      }
    }
    if (jsonEqual(patched, current)) return current;
    return draftOf(kind, patched, current.metadata.namespace, current.metadata.name);
  };
}
