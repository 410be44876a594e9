/**
 * Query parameters of the Kubernetes API, parsed once at the boundary. Unknown parameters are ignored, as Kubernetes does;
 * known ones with bad values are refused.
 */
import { type StatusCause, StatusError } from '../errors.ts';
import type { FieldValidation } from '../realm.ts';
import { FIELD_MANAGER_LENGTH_MAX } from './limits.ts';

function bad(field: string, message: string, reason: StatusCause['reason'] = 'FieldValueInvalid') {
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

export type RevisionMatch = 'NotOlderThan' | 'Exact';

/** `resourceVersionMatch` with the rules of a list; a watch has its own. */
export function parseListRevision(query: URLSearchParams): {
  readonly revision: number | undefined;
  readonly match: RevisionMatch | undefined;
} {
  const revision = parseRevision(query);
  const match = query.get('resourceVersionMatch');
  const hasContinue = (query.get('continue') ?? '') !== '';
  if (match === null || match === '') {
    if (hasContinue && revision !== undefined && revision !== 0) {
      throw bad('resourceVersion', 'cannot be given together with continue, which carries its own');
    }
    return { revision: hasContinue ? undefined : revision, match: undefined };
  }
  if (match !== 'NotOlderThan' && match !== 'Exact') {
    throw bad(
      'resourceVersionMatch',
      `"${match}" is not supported; use NotOlderThan or Exact`,
      'FieldValueNotSupported',
    );
  }
  if (hasContinue) {
    throw bad('resourceVersionMatch', 'cannot be given together with continue', 'FieldValueForbidden');
  }
  if (revision === undefined) {
    throw bad('resourceVersionMatch', 'needs resourceVersion', 'FieldValueForbidden');
  }
  if (match === 'Exact' && revision === 0) {
    throw bad('resourceVersionMatch', 'Exact cannot be given with resourceVersion 0', 'FieldValueForbidden');
  }
  return { revision, match };
}

/** Whether the request is a dry run. `All` is the only stage there is. */
export function parseDryRun(values: readonly string[]): boolean {
  for (const value of values) {
    if (value !== 'All') {
      throw bad('dryRun', `"${value}" is not supported; the only value is All`, 'FieldValueNotSupported');
    }
  }
  return values.length > 0;
}

/** Kubernetes warns by default about fields the schema does not know. */
export function parseFieldValidation(query: URLSearchParams): FieldValidation {
  const value = query.get('fieldValidation');
  switch (value) {
    case null:
    case '':
      return 'Warn';
    case 'Ignore':
    case 'Warn':
    case 'Strict':
      return value;
    default:
      throw bad(
        'fieldValidation',
        `"${value}" is not supported; use Ignore, Warn or Strict`,
        'FieldValueNotSupported',
      );
  }
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
