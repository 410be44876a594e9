/**
 * Which credentials may be made by whom, decided in the lane: names that are ours are refused, and nobody
 * makes a credential that could do more than they can.
 */
import { isInternal } from '#kernel/access.ts';
import { invalid, type StatusCause } from '#kernel/errors.ts';
import type { AdmissionRequest } from '#kernel/kind.ts';
import { realmType } from '#kernel/realm-id.ts';
import { grantsOf, type Principal } from '../access/grants.ts';
import { bindingsIn, requireHeld } from '../access/guard.ts';
import { nameProblem } from '../access/names.ts';
import { RoleBinding } from '../access/role-binding.ts';

interface CredentialSpec {
  readonly user: string;
  readonly groups?: readonly string[];
}

export function principalOf(spec: unknown): Principal {
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

/** The rules of ClientCertificate. */
export function guardClientCertificate(request: AdmissionRequest): void {
  if (request.operation !== 'create') return; // The spec is immutable, and revoking takes no rights but the verb.
  checkNames(request);
  if (isInternal(request.actor)) return;
  const bindings = bindingsIn(request.view, RoleBinding);
  const wanted = grantsOf(bindings, principalOf(request.object.spec), realmType(request.realm));
  requireHeld(request, bindings, wanted, 'a credential for that user and those groups');
}
