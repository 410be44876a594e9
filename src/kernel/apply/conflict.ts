/**
 * The refusal of an apply that would change what others manage, in the words Kubernetes uses: kubectl prints them as they are and
 * tells what can be done. Pure.
 */
import { type StatusCause, StatusError, type StatusSubject } from '../errors.ts';
import { type FieldSet, isEmpty, paths } from './field-set.ts';
import type { Manager } from './managers.ts';
import { pathText } from './path-element.ts';

/** Causes in one answer; the message counts all of them. */
const CONFLICTS_NAMED_MAX = 100;

export interface Conflict {
  readonly with: Manager;
  readonly fields: FieldSet;
}

export function conflictError(subject: StatusSubject, conflicts: readonly Conflict[]): StatusError {
  const found = conflicts
    .filter(({ fields }) => !isEmpty(fields))
    .map((conflict) => ({
      manager: managerText(conflict.with),
      paths: [...paths(conflict.fields)].map(pathText).sort(),
    }))
    .sort((a, b) => (a.manager < b.manager ? -1 : 1));
  const causes: StatusCause[] = found.flatMap(({ manager, paths: fields }) =>
    fields.map((field) => ({
      reason: 'FieldManagerConflict' as const,
      message: `conflict with ${manager}`,
      field,
    })),
  );
  const [only] = causes;
  const message =
    causes.length === 1 && only
      ? `Apply failed with 1 conflict: ${only.message}: ${only.field}`
      : `Apply failed with ${causes.length} conflicts: ${found.map(groupText).join('\n')}`;
  return new StatusError('Conflict', message, { ...subject, causes: causes.slice(0, CONFLICTS_NAMED_MAX) });
}

function groupText({
  manager,
  paths: fields,
}: {
  readonly manager: string;
  readonly paths: readonly string[];
}) {
  const named = fields.slice(0, CONFLICTS_NAMED_MAX).map((field) => `- ${field}`);
  const more = fields.length - named.length;
  return [`conflicts with ${manager}:`, ...named, ...(more > 0 ? [`- and ${more} more`] : [])].join('\n');
}

/** `"kubectl-edit" using v1 at 2026-01-01T00:00:00Z` for who updated; appliers by name alone. */
function managerText({ manager, operation, subresource, apiVersion, time }: Manager): string {
  const name = `${JSON.stringify(manager)}${subresource === undefined ? '' : ` with subresource "${subresource}"`}`;
  if (operation === 'Apply') return name;
  return `${name} using ${apiVersion}${time === undefined ? '' : ` at ${time}`}`;
}
