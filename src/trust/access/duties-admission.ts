/**
 * Duties are kept apart where a way in is given too: a credential with two groups, a new member of a group, or a link to an identity
 * provider must not bring together what a binding could not. What a provider says at sign-in is held against it there (`admit-person.ts`).
 */
import { isInternal } from '#kernel/access.ts';
import type { Admission, AdmissionRequest } from '#kernel/kind.ts';
import { realmType } from '#kernel/realm-id.ts';
import { ClientCertificate } from '../identity/client-certificate.ts';
import { principalOf } from '../identity/guard.ts';
import { Group, type GroupObject } from '../identity/people/group.ts';
import { User, type UserObject } from '../identity/people/user.ts';
import { grantsOf, type Principal } from './grants.ts';
import { bindingsIn, requireSeparated } from './guard.ts';
import { personIn, personOf } from './principals.ts';
import { RoleBinding } from './role-binding.ts';

/** Whoever gets a credential, joins a group, or is linked to a provider, with the groups they then have. */
function* affected({ kind, object, previous, view, operation }: AdmissionRequest): Iterable<Principal> {
  if (operation === 'delete') return;
  if (kind.resource === ClientCertificate.resource && operation === 'create') {
    const { user, groups } = principalOf(object.spec);
    yield personIn(view, user, groups);
  }
  if (kind.resource === Group.resource) {
    const before = new Set((previous as GroupObject | undefined)?.spec?.members);
    for (const member of (object as GroupObject).spec?.members ?? []) {
      if (!before.has(member)) yield personIn(view, member, [object.metadata.name]);
    }
  }
  if (kind.resource === User.resource) {
    const user = object as UserObject;
    // From now on it counts again what a provider said of them before.
    const before = (previous as UserObject | undefined)?.spec.identityProvider;
    if (before !== user.spec.identityProvider) yield personOf(view, user);
  }
}

export const dutiesAdmission: Admission = (request) => {
  if (isInternal(request.actor)) return;
  for (const principal of affected(request)) {
    const grants = grantsOf(bindingsIn(request.view, RoleBinding), principal, realmType(request.realm));
    requireSeparated(request, `"${principal.user}"`, grants, grants);
  }
};
