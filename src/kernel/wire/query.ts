/**
 * Query parameters of the Kubernetes API, parsed once at the boundary. Unknown parameters are ignored, as Kubernetes does;
 * known ones with bad values are refused.
 */
import { invalid, type StatusCause, StatusError } from '../errors.ts';
import type { FieldValidation } from '../realm.ts';
import { FIELD_MANAGER_LENGTH_MAX } from './limits.ts';

/** 400: a parameter has a value that is none. */
export function bad(field: string, message: string, reason: StatusCause['reason'] = 'FieldValueInvalid') {
  const cause: StatusCause = { reason, message, field };
  return new StatusError('BadRequest', `${field}: ${message}`, { causes: [cause] });
}

/** `true`, `1` and a bare parameter are true, as Go's clients write them. */
export function parseBoolean(query: URLSearchParams, name: string): boolean {
  const value = query.get(name);
  if (value === null) return false;
  switch (value.toLowerCase()) {
    case '':
    case '1':
    case 't':
    case 'true':
      return true;
    case '0':
    case 'f':
    case 'false':
      return false;
    default:
      throw bad(name, `"${value}" is neither true nor false`);
  }
}

/** A whole number from 0, or undefined. */
export function parseCount(query: URLSearchParams, name: string): number | undefined {
  const value = query.get(name);
  if (value === null || value === '') return undefined;
  if (!/^\d{1,15}$/.test(value)) throw bad(name, `"${value}" is not a whole number from 0`);
  return Number(value);
}

/** `resourceVersion`: an index in the realm's changes log. Undefined when absent or empty. */
export function parseRevision(query: URLSearchParams): number | undefined {
  const value = query.get('resourceVersion');
  if (value === null || value === '') return undefined;
  if (!/^\d{1,15}$/.test(value)) {
    throw bad(
      'resourceVersion',
      `"${value}" is not one; give back what an earlier answer of this server carried`,
    );
  }
  return Number(value);
}

/** Which options a value belongs to, as Kubernetes calls them in its refusals. */
export type OptionsKind = 'CreateOptions' | 'UpdateOptions' | 'PatchOptions' | 'DeleteOptions';

/** 422: a value that options do not know. */
export function unsupported(
  kind: OptionsKind,
  field: string,
  value: unknown,
  supported: readonly string[],
): StatusError {
  const message = `Unsupported value: ${JSON.stringify(value)}: use ${supported.join(' or ')}`;
  const cause: StatusCause = { reason: 'FieldValueNotSupported', field, message };
  return invalid({ group: 'meta.k8s.io', kind }, [cause]);
}

/** Whether the request is a dry run. `All` is the only stage there is. */
export function parseDryRun(values: readonly string[], kind: OptionsKind): boolean {
  for (const value of values) if (value !== 'All') throw unsupported(kind, 'dryRun', value, ['All']);
  return values.length > 0;
}

const FIELD_VALIDATIONS: readonly FieldValidation[] = ['Ignore', 'Warn', 'Strict'];

/** Kubernetes warns by default about fields the schema does not know. */
export function parseFieldValidation(query: URLSearchParams, kind: OptionsKind): FieldValidation {
  const value = query.get('fieldValidation') || 'Warn';
  const known = FIELD_VALIDATIONS.find((candidate) => candidate === value);
  if (known === undefined) throw unsupported(kind, 'fieldValidation', value, FIELD_VALIDATIONS);
  return known;
}

/** `fieldManager`, checked even where it is only recorded. */
export function parseFieldManager(query: URLSearchParams): string | undefined {
  const value = query.get('fieldManager');
  if (value === null || value === '') return undefined;
  if (value.length > FIELD_MANAGER_LENGTH_MAX) {
    throw bad('fieldManager', `longer than ${FIELD_MANAGER_LENGTH_MAX} characters`, 'FieldValueTooLong');
  }
  if (!/^[\p{L}\p{M}\p{N}\p{P}\p{S} ]*$/u.test(value))
    throw bad('fieldManager', 'holds characters that do not print');
  return value;
}
