/**
 * What a create, update or patch may say in its query, checked as Kubernetes checks CreateOptions, UpdateOptions and PatchOptions: everything
 * that is wrong is told at once, as 422.
 */
import { invalid, type StatusCause } from '../errors.ts';
import type { WriteOptions } from '../realm.ts';
import { FIELD_MANAGER_BYTES_MAX } from './limits.ts';
import {
  dryRunCauses,
  FIELD_VALIDATIONS,
  type OptionsKind,
  parseBoolean,
  unsupportedCause,
} from './query.ts';
import type { WireRequest } from './request.ts';

export interface WriteParameters {
  readonly dryRun: boolean;
  readonly options: WriteOptions;
  /** Undefined when it was not said, or empty. */
  readonly fieldManager: string | undefined;
  /** Of an apply. */
  readonly force: boolean;
}

const OPTIONS_OF: Readonly<Record<string, OptionsKind>> = {
  POST: 'CreateOptions',
  PUT: 'UpdateOptions',
  PATCH: 'PatchOptions',
};

/** `apply`: whether the request is one. Throws 422 with a cause for each thing that is wrong, and 400 for a `force` that is neither. */
export function parseWriteParameters({ query, method }: WireRequest, apply = false): WriteParameters {
  const kind = OPTIONS_OF[method] ?? 'UpdateOptions';
  const causes: StatusCause[] = [];
  const fieldManager = query.get('fieldManager') || undefined;
  const force = apply && parseBoolean(query, 'force');
  if (kind === 'PatchOptions' && !apply && query.has('force')) {
    causes.push({
      reason: 'FieldValueForbidden',
      field: 'force',
      message: 'Forbidden: may not be specified for non-apply patch',
    });
  }
  if (apply && fieldManager === undefined) {
    causes.push({
      reason: 'FieldValueRequired',
      field: 'fieldManager',
      message: 'Required value: is required for apply patch',
    });
  }
  causes.push(...fieldManagerCauses(fieldManager ?? ''));
  const dryRun = query.getAll('dryRun');
  causes.push(...dryRunCauses(dryRun));
  const validation = query.get('fieldValidation') || 'Warn';
  const fieldValidation = FIELD_VALIDATIONS.find((known) => known === validation);
  if (fieldValidation === undefined) {
    causes.push(unsupportedCause('fieldValidation', validation, FIELD_VALIDATIONS));
  }
  if (causes.length > 0 || fieldValidation === undefined) {
    throw invalid({ group: 'meta.k8s.io', kind }, causes);
  }
  return { dryRun: dryRun.length > 0, options: { fieldValidation }, fieldManager, force };
}

/** Letters, marks, numbers, punctuation, symbols and the one space of ASCII: what Go's `unicode.IsPrint` lets through. */
const PRINTS = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

/** As Kubernetes' ValidateFieldManager: bounded in bytes, and one cause for each character that does not print, with its place in bytes. */
function fieldManagerCauses(manager: string): StatusCause[] {
  const field = 'fieldManager';
  if (Buffer.byteLength(manager) > FIELD_MANAGER_BYTES_MAX) {
    // Kubernetes would go on to name the characters; of a name that long nobody reads them.
    const message = `Too long: may not be more than ${FIELD_MANAGER_BYTES_MAX} bytes`;
    return [{ reason: 'FieldValueTooLong', field, message }];
  }
  const causes: StatusCause[] = [];
  let position = 0;
  for (const character of manager) {
    if (!PRINTS.test(character)) {
      const point = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
      causes.push({
        reason: 'FieldValueInvalid',
        field,
        message: `Invalid value: ${JSON.stringify(manager)}: invalid character U+${point} (at position ${position})`,
      });
    }
    position += Buffer.byteLength(character);
  }
  return causes;
}
