/**
 * Turns what a client sent into a checked object of its kind: bounds, type, normal form, unknown fields, defaults, validity. Pure and
 * independent of the realm's state, so it runs before the lane.
 */
import { managerCauses } from '../apply/managers.ts';
import { withoutNulls } from '../apply/tracked.ts';
import { badRequest, invalid, type StatusCause, type StatusSubject } from '../errors.ts';
import type { Kind } from '../kind.ts';
import type { DraftObject, KubeObject } from '../object.ts';
import type { FieldValidation } from '../realm.ts';
import { assertBounded } from '../schema/bounds.ts';
import { isRecord } from '../schema/field-path.ts';
import { schemaOf } from '../schema/kind-schema.ts';
import type { DraftMeta } from '../schema/metadata.ts';
import type { UnknownField } from '../schema/unknown-fields.ts';

export interface CheckedDraft {
  /** As the client sent it, types checked. */
  readonly metadata: DraftMeta;
  /** The kind's own top-level fields with defaults filled in; neither metadata nor status. */
  readonly body: Readonly<Record<string, unknown>>;
  readonly warnings: readonly string[];
}

export interface CheckedStatus {
  readonly metadata: { readonly uid?: string; readonly resourceVersion?: string };
  readonly status: unknown;
  readonly warnings: readonly string[];
}

export function subjectOf(kind: Kind, name: string | undefined): StatusSubject {
  return { group: kind.group, kind: kind.kind, ...(name === undefined ? {} : { name }) };
}

/** Which object a refusal that is not about its fields is about: by its plural, as Kubernetes names it there. */
export function resourceOf(kind: Kind, name: string): StatusSubject {
  return { group: kind.group, kind: kind.plural, name };
}

/** Checks everything but status. Throws BadRequest or Invalid. */
export function checkDraft(kind: Kind, draft: DraftObject, validation: FieldValidation): CheckedDraft {
  assertDraft(kind, draft);
  const schema = schemaOf(kind);
  // A kind's own normal form comes before its schema: `stringData` is no field of it.
  const normal = kind.normalize ? kind.normalize(draft as unknown as KubeObject) : draft;
  const { object: known, unknown } = schema.prune(normal as unknown as Record<string, unknown>);
  const warnings = unknownFieldWarnings(kind, unknown, validation);
  const { status: _, ...rest } = known;
  const object = schema.withDefaults(rest);
  const metadata = object.metadata as DraftMeta;
  const causes = [...schema.causes(object), ...managerCauses(metadata.managedFields)];
  if (causes.length > 0) throw invalid(subjectOf(kind, nameOf(metadata)), causes);
  const { apiVersion: _apiVersion, kind: _kind, metadata: _metadata, ...body } = object;
  return { metadata, body, warnings };
}

/** Checks only status, for the subresource. Throws BadRequest or Invalid. */
export function checkStatusDraft(kind: Kind, draft: DraftObject, validation: FieldValidation): CheckedStatus {
  assertDraft(kind, draft);
  const schema = schemaOf(kind);
  const { object, unknown } = schema.prune({ status: draft.status });
  const warnings = unknownFieldWarnings(kind, unknown, validation);
  const { uid, resourceVersion } = draft.metadata;
  const causes: StatusCause[] = [
    ...stringCauses('metadata.uid', uid),
    ...stringCauses('metadata.resourceVersion', resourceVersion),
    ...schema.statusCauses(object.status),
  ];
  if (causes.length > 0) throw invalid(subjectOf(kind, nameOf(draft.metadata)), causes);
  return {
    metadata: {
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    },
    status: object.status,
    warnings,
  };
}

export interface CheckedConfiguration {
  readonly configuration: DraftObject;
  readonly warnings: readonly string[];
}

/**
 * Checks what can be checked of an applied configuration before it is merged: it need not be complete. Throws BadRequest or
 * Invalid.
 */
export function checkConfiguration(
  kind: Kind,
  draft: DraftObject,
  validation: FieldValidation,
): CheckedConfiguration {
  assertDraft(kind, draft);
  const { managedFields } = draft.metadata;
  if (managedFields !== undefined && managedFields !== null) {
    throw badRequest(
      'metadata.managedFields must be nil: an applied configuration says what it wants, not who manages it',
    );
  }
  const schema = schemaOf(kind);
  // Only the kind's own fields take their normal form: what the kind adds to metadata is not the applier's.
  const normal = kind.normalize ? kind.normalize(draft as unknown as KubeObject) : draft;
  const { object, unknown } = schema.prune({ ...normal, metadata: draft.metadata });
  const warnings = unknownFieldWarnings(kind, unknown, validation);
  const configuration = withoutNulls(object) as unknown as DraftObject;
  const { uid, resourceVersion } = configuration.metadata;
  const causes = [
    ...stringCauses('metadata.uid', uid),
    ...stringCauses('metadata.resourceVersion', resourceVersion),
    ...schema.sharedListCauses(object),
  ];
  if (causes.length > 0) throw invalid(subjectOf(kind, nameOf(draft.metadata)), causes);
  return { configuration, warnings };
}

function nameOf(metadata: { readonly name?: unknown }): string | undefined {
  return typeof metadata.name === 'string' ? metadata.name : undefined;
}

function stringCauses(field: string, value: unknown): StatusCause[] {
  if (value === undefined || typeof value === 'string') return [];
  return [{ reason: 'FieldValueTypeInvalid', field, message: 'Invalid value: must be a string' }];
}

function assertDraft(kind: Kind, draft: DraftObject): void {
  assertBounded(draft);
  if (!isRecord(draft)) throw badRequest('the body must be a JSON object');
  if (!isRecord(draft.metadata)) {
    throw badRequest('metadata: must be an object with at least a name', [
      { reason: 'FieldValueRequired', field: 'metadata', message: 'Required value: an object' },
    ]);
  }
  const { apiVersion, kind: kindName } = draft;
  if (apiVersion !== undefined && apiVersion !== kind.apiVersion) {
    throw badRequest(
      `apiVersion: the API version in the data (${shown(apiVersion)}) does not match the expected ${kind.apiVersion}`,
    );
  }
  if (kindName !== undefined && kindName !== kind.kind) {
    throw badRequest(
      `kind: the kind in the data (${shown(kindName)}) does not match the expected ${kind.kind}`,
    );
  }
}

const shown = (value: unknown) => JSON.stringify(value)?.slice(0, 100);

/** Fields beyond this are counted, not named. */
const UNKNOWN_FIELDS_NAMED_MAX = 16;

function unknownFieldWarnings(
  kind: Kind,
  unknown: readonly UnknownField[],
  validation: FieldValidation,
): readonly string[] {
  if (unknown.length === 0 || validation === 'Ignore') return [];
  const named = unknown.slice(0, UNKNOWN_FIELDS_NAMED_MAX);
  const messages = named.map(({ path, meant }) =>
    meant === undefined ? `unknown field "${path}"` : `unknown field "${path}" (did you mean "${meant}"?)`,
  );
  if (unknown.length > named.length) messages.push(`${unknown.length - named.length} more unknown fields`);
  if (validation === 'Warn') return messages;
  throw badRequest(
    `${kind.kind} in version "${kind.version}" cannot be handled as a ${kind.kind}: strict decoding error: ${messages.join(', ')}`,
    named.map(({ path }, index) => ({
      reason: 'FieldValueInvalid',
      field: path,
      message: messages[index] ?? 'unknown field',
    })),
  );
}
