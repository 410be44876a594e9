/**
 * Duties are kept apart where a way in is given too: a credential with two groups, or a new member of a group, must not bring together what
 * a binding could not.
 */
import type { Admission, AdmissionRequest } from '#kernel/kind.ts';
import { realmType } from '#kernel/realm-id.ts';
import { ClientCertificate } from '../identity/client-certificate.ts';
import { principalOf } from '../identity/guard.ts';
import { groupsOf } from '../identity/people/directory.ts';
import { Group, type GroupObject } from '../identity/people/group.ts';
import { User, type UserObject } from '../identity/people/user.ts';
import { grantsOf, type Principal } from './grants.ts';
import { bindingsIn, isInternal, requireSeparated } from './guard.ts';
import { RoleBinding } from './role-binding.ts';

/** Whoever gets a credential, or joins a group, with the groups they then have. */
function* affected({ kind, object, previous, view, operation }: AdmissionRequest): Iterable<Principal> {
  if (kind.resource === ClientCertificate.resource && operation === 'create') yield principalOf(object.spec);
  if (kind.resource !== Group.resource || operation === 'delete') return;
  const before = new Set((previous as GroupObject | undefined)?.spec?.members);
  for (const member of (object as GroupObject).spec?.members ?? []) {
    if (before.has(member)) continue;
    const user = view.entry(User, { name: member })?.object() as UserObject | undefined;
    yield { user: member, groups: [...(user ? groupsOf(view, user) : []), object.metadata.name] };
  }
}

export const dutiesAdmission: Admission = (request) => {
  if (isInternal(request.actor)) return;
  for (const principal of affected(request)) {
    const grants = grantsOf(bindingsIn(request.view, RoleBinding), principal, realmType(request.realm));
    requireSeparated(request, `"${principal.user}"`, grants, grants);
  }
};
