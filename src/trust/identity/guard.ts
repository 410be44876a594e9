/**
 * Which credentials may be made by whom, decided in the lane: names that are ours are refused, nobody makes a
 * credential that could do more than they can, and the last administrator cannot revoke the last way in.
 */
import { forbidden, invalid, type StatusCause } from '#kernel/errors.ts';
import type { AdmissionRequest } from '#kernel/kind.ts';
import { realmType } from '#kernel/realm-id.ts';
import { type BindingSpec, grantsOf, holds, type Principal } from '../access/grants.ts';
import { ADMINISTRATOR, bindingsIn, isInternal, requireHeld } from '../access/guard.ts';
import { nameProblem } from '../access/names.ts';
import { RoleBinding } from '../access/role-binding.ts';

interface CredentialSpec {
  readonly user: string;
  readonly groups?: readonly string[];
}

function principalOf(spec: unknown): Principal {
  const { user, groups } = spec as CredentialSpec;
  return { user, groups: groups ?? [] };
}

function checkNames(request: AdmissionRequest): void {
  const { user, groups } = principalOf(request.object.spec);
  const causes: StatusCause[] = [];
  const userProblem = nameProblem(user);
  if (userProblem) causes.push({ reason: 'FieldValueInvalid', field: 'spec.user', message: userProblem });
  groups.forEach((group, index) => {
    const field = `spec.groups[${index}]`;
    const problem = nameProblem(group);
    if (problem) causes.push({ reason: 'FieldValueInvalid', field, message: problem });
    else if (groups.indexOf(group) !== index) {
      causes.push({ reason: 'FieldValueDuplicate', field, message: `"${group}" is already in the list` });
    }
  });
  if (causes.length > 0) {
    throw invalid(
      { group: request.kind.group, kind: request.kind.kind, name: request.object.metadata.name },
      causes,
    );
  }
}

/** Refuses to revoke the only credential through which the realm's administrator role can still be used. */
function keepAWayIn(request: AdmissionRequest): void {
  if (isInternal(request.actor)) return;
  const role = ADMINISTRATOR[realmType(request.realm)];
  const administrators: BindingSpec[] = [];
  for (const { spec } of bindingsIn(request.view, RoleBinding)) {
    if (spec.role === role) administrators.push(spec);
  }
  const administers = (spec: unknown) => administrators.some((binding) => holds(binding, principalOf(spec)));
  if (!administers(request.object.spec)) return;
  for (const entry of request.view.entries(request.kind)) {
    if (entry.uid === request.object.metadata.uid) continue;
    const other = entry.object();
    if (other.metadata.deletionTimestamp === undefined && administers(other.spec)) return;
  }
  throw forbidden(
    { group: request.kind.group, kind: request.kind.plural, name: request.object.metadata.name },
    `it is the last credential of anybody with role ${role}: without it nobody could administer this realm; ` +
      'make another credential first',
  );
}

/** The rules of ClientCertificate. */
export function guardClientCertificate(request: AdmissionRequest): void {
  if (request.operation === 'delete') {
    keepAWayIn(request);
    return;
  }
  if (request.operation !== 'create') return; // The spec is immutable.
  checkNames(request);
  const bindings = bindingsIn(request.view, RoleBinding);
  const wanted = grantsOf(bindings, principalOf(request.object.spec), realmType(request.realm));
  requireHeld(request, bindings, wanted, 'a credential for that user and those groups');
}
