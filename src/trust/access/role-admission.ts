/** What a Role must be to be taken in: about things there are, no more than its author holds, and not deleted while it is bound. */
import { isInternal } from '#kernel/access.ts';
import { invalid } from '#kernel/errors.ts';
import type { Admission } from '#kernel/kind.ts';
import { realmType } from '#kernel/realm-id.ts';
import type { KindRegistry } from '#kernel/registry.ts';
import { roleProblems } from './cedar/schema.ts';
import { bindingsIn, requireRoleHeld } from './guard.ts';
import type { OperationTable } from './operations-table.ts';
import { checkRole, Role, type RoleObject, refuseBound } from './role.ts';
import { RoleBinding } from './role-binding.ts';
import { ownRoleTerms } from './role-terms.ts';

/** The rules of Role. `registry` and `table` are called when something is written, not before. */
export function roleAdmission(registry: () => KindRegistry, table: () => OperationTable): Admission {
  return (request) => {
    if (request.kind.resource !== Role.resource) return;
    const { metadata, spec } = request.object as RoleObject;
    const bindings = bindingsIn(request.view, RoleBinding);
    if (request.operation === 'delete') {
      refuseBound(
        metadata.name,
        bindings.filter((binding) => binding.spec.role === metadata.name).map(({ name }) => name),
      );
      return;
    }
    const type = realmType(request.realm);
    checkRole(request, registry().servedIn(type));
    const { everywhere, inProject } = ownRoleTerms(metadata.name, spec);
    const problems = roleProblems([...everywhere, ...inProject], table().all(type)).slice(0, 5);
    if (problems.length > 0) {
      throw invalid(
        { group: Role.group, kind: Role.kind, name: metadata.name },
        problems.map((message) => ({ reason: 'FieldValueInvalid', field: 'spec.rules', message })),
      );
    }
    if (!isInternal(request.actor)) requireRoleHeld(request, bindings, everywhere);
  };
}
