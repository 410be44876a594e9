/**
 * Query parameters of the Kubernetes API, parsed once at the boundary. Unknown parameters are ignored, as Kubernetes does;
 * known ones with bad values are refused.
 */
import { invalid, type StatusCause, StatusError } from '../errors.ts';
import type { FieldValidation } from '../realm.ts';

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

/** Of a 422: a value that options do not know. */
export function unsupportedCause(field: string, value: unknown, supported: readonly string[]): StatusCause {
  const message = `Unsupported value: ${JSON.stringify(value)}: use ${supported.join(' or ')}`;
  return { reason: 'FieldValueNotSupported', field, message };
}

/** 422: a value that options do not know. */
export function unsupported(
  kind: OptionsKind,
  field: string,
  value: unknown,
  supported: readonly string[],
): StatusError {
  return invalid({ group: 'meta.k8s.io', kind }, [unsupportedCause(field, value, supported)]);
}

/** What is wrong with the stages of a dry run. `All` is the only stage there is. */
export function dryRunCauses(values: readonly string[]): StatusCause[] {
  const wrong = values.find((value) => value !== 'All');
  return wrong === undefined ? [] : [unsupportedCause('dryRun', wrong, ['All'])];
}

/** Whether the request is a dry run. Throws 422. */
export function parseDryRun(values: readonly string[], kind: OptionsKind): boolean {
  const causes = dryRunCauses(values);
  if (causes.length > 0) throw invalid({ group: 'meta.k8s.io', kind }, causes);
  return values.length > 0;
}

/** Kubernetes warns by default about fields the schema does not know. */
export const FIELD_VALIDATIONS: readonly FieldValidation[] = ['Ignore', 'Warn', 'Strict'];
