/**
 * The way from client-side to server-side apply. kubectl keeps what it applied itself in an annotation; whoever applies as `kubectl`
 * on such an object takes over what that annotation says and the object still holds, without conflict. Pure.
 */
import type { Kind } from '../kind.ts';
import type { DraftObject, KubeObject } from '../object.ts';
import { isRecord } from '../schema/field-path.ts';
import { compare } from './compare.ts';
import { fieldsOf } from './extract.ts';
import { difference, EMPTY, type FieldSet } from './field-set.ts';
import { fieldTypeOf } from './field-type.ts';
import { trackedPart, withoutNulls } from './tracked.ts';

/** The field manager of `kubectl apply`; under any other name the annotation is just an annotation. */
export const KUBECTL = 'kubectl';
export const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/** The fields that kubectl applied from its side, and that nobody has changed since. */
export function lastAppliedFields(kind: Kind, live: KubeObject): FieldSet {
  const applied = lastApplied(kind, live);
  if (!applied) return EMPTY;
  const type = fieldTypeOf(kind);
  const part = trackedPart(applied, undefined);
  const { modified, removed } = compare(part, trackedPart(live, undefined), type);
  return difference(difference(fieldsOf(part, type), modified), removed);
}

function lastApplied(kind: Kind, live: KubeObject): DraftObject | undefined {
  const annotation = live.metadata.annotations?.[LAST_APPLIED];
  if (!annotation) return undefined;
  try {
    const applied: unknown = withoutNulls(JSON.parse(annotation));
    return isRecord(applied) && isRecord(applied.metadata) && applied.apiVersion === kind.apiVersion
      ? (applied as unknown as DraftObject)
      : undefined;
  } catch {
    // Anybody may write an annotation; one that is no JSON tells nothing.
    return undefined;
  }
}

/** The object with the annotation brought up to date, if it has one: so kubectl can go back to applying from its side. */
export function withLastApplied(object: DraftObject, configuration: DraftObject): DraftObject {
  const { annotations } = object.metadata;
  if (annotations?.[LAST_APPLIED] === undefined) return object;
  const { [LAST_APPLIED]: _, ...others } = configuration.metadata.annotations ?? {};
  const applied = { ...configuration, metadata: { ...configuration.metadata, annotations: others } };
  const text = `${JSON.stringify(applied)}\n`;
  return {
    ...object,
    metadata: { ...object.metadata, annotations: { ...annotations, [LAST_APPLIED]: text } },
  };
}
