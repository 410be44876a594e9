/**
 * Rules over people, decided in the lane: names that role bindings can name, groups of people who exist, and nobody gives a way in, or a
 * membership, that could do more than they can themselves.
 */
import { isInternal } from '#kernel/access.ts';
import { invalid, type StatusCause } from '#kernel/errors.ts';
import type { AdmissionRequest } from '#kernel/kind.ts';
import type { RealmView } from '#kernel/realm.ts';
import { realmType } from '#kernel/realm-id.ts';
import { grantsOf } from '../../access/grants.ts';
import { bindingsIn, requireHeld } from '../../access/guard.ts';
import { nameProblem } from '../../access/names.ts';
import { RoleBinding } from '../../access/role-binding.ts';
import { groupsListing, isLive } from './directory.ts';
import { Group, type GroupObject } from './group.ts';
import { Invitation, type InvitationObject } from './invitation.ts';
import { isProvisioner, type Provisioner, sameProvisioner } from './provisioner.ts';
import { User, type UserObject } from './user.ts';

/** Names that an error message lists. */
const NAMED_MAX = 5;

function refuse(request: AdmissionRequest, causes: readonly StatusCause[]): void {
  if (causes.length === 0) return;
  const { kind, object } = request;
  throw invalid({ group: kind.group, kind: kind.kind, name: object.metadata.name }, causes);
}

/** Throws unless the actor holds everything that somebody of these names would. */
function requireHeldBy(request: AdmissionRequest, user: string, groups: readonly string[], what: string) {
  if (isInternal(request.actor)) return;
  const bindings = bindingsIn(request.view, RoleBinding);
  const wanted = grantsOf(bindings, { user, groups }, realmType(request.realm));
  requireHeld(request, bindings, wanted, what);
}

const allGroupsOf = (view: RealmView, user: UserObject): readonly string[] => [
  ...groupsListing(view, user.metadata.name),
  ...(user.status?.federatedGroups ?? []),
];

/** Another user whom the same provider calls the same. */
function twinOf(view: RealmView, user: UserObject): string | undefined {
  const { identityProvider, subject } = user.spec;
  if (identityProvider === undefined || subject === undefined) return undefined;
  const text = JSON.stringify(subject);
  for (const entry of view.entries(User)) {
    // A look at the bytes spares parsing everybody.
    if (entry.uid === user.metadata.uid || !entry.bytes.includes(text)) continue;
    const other = entry.object() as UserObject;
    if (other.spec.identityProvider === identityProvider && other.spec.subject === subject) return entry.name;
  }
  return undefined;
}

function guardUser(request: AdmissionRequest): void {
  const { operation, view } = request;
  if (operation === 'delete') return;
  const user = request.object as UserObject;
  const previous = request.previous as UserObject | undefined;
  const { name } = user.metadata;
  const { identityProvider, subject } = user.spec;
  const causes: StatusCause[] = [];
  if (operation === 'create') {
    const problem = nameProblem(name);
    if (problem) causes.push({ reason: 'FieldValueInvalid', field: 'metadata.name', message: problem });
  }
  if ((identityProvider === undefined) !== (subject === undefined)) {
    causes.push({
      reason: 'FieldValueRequired',
      field: identityProvider === undefined ? 'spec.identityProvider' : 'spec.subject',
      message:
        'identityProvider and subject go together: give both, or neither for somebody who signs in here',
    });
  }
  const moved = previous?.spec.identityProvider !== identityProvider || previous?.spec.subject !== subject;
  const twin = moved ? twinOf(view, user) : undefined;
  if (twin !== undefined) {
    causes.push({
      reason: 'FieldValueDuplicate',
      field: 'spec.subject',
      message: `user "${twin}" is that subject of ${identityProvider} already`,
    });
  }
  refuse(request, causes);
  const { provisionedBy } = user.spec;
  // From now on a program may disable and remove this person, and what they hold with them.
  if (provisionedBy !== undefined && !sameProvisioner(provisionedBy, previous?.spec.provisionedBy)) {
    requireHeldBy(request, name, allGroupsOf(view, user), 'provisioning of that user');
  }
  // From now on somebody else could sign in as this person.
  if (moved && identityProvider !== undefined) {
    requireHeldBy(request, name, allGroupsOf(view, user), 'the link to an identity provider');
  }
}

/** Whether the actor is who may fill the group, and fills it with people whom they provision. */
function isProvisionedHere(
  { actor, view }: AdmissionRequest,
  provisioner: Provisioner | undefined,
  added: readonly string[],
): boolean {
  if (!isProvisioner(provisioner, actor.name)) return false;
  return added.every((name) => {
    const user = view.get(User, { name }) as UserObject | undefined;
    return isProvisioner(user?.spec.provisionedBy, actor.name);
  });
}

function guardGroup(request: AdmissionRequest): void {
  const { operation, object, previous, view } = request;
  if (operation === 'delete') return;
  const { metadata, spec } = object as GroupObject;
  const before = new Set((previous as GroupObject | undefined)?.spec?.members);
  const added = (spec?.members ?? []).filter((member) => !before.has(member));
  const causes: StatusCause[] = [];
  const problem = operation === 'create' ? nameProblem(metadata.name) : undefined;
  if (problem) causes.push({ reason: 'FieldValueInvalid', field: 'metadata.name', message: problem });
  for (const member of added) {
    if (isLive(view.entry(User, { name: member }))) continue;
    causes.push({
      reason: 'FieldValueInvalid',
      field: `spec.members[${spec?.members?.indexOf(member)}]`,
      message: `there is no user "${member}"; make it first`,
    });
    if (causes.length === NAMED_MAX) break;
  }
  refuse(request, causes);
  const provisioner = (previous as GroupObject | undefined)?.spec?.provisionedBy;
  // Who names a provisioner gives it every role of the group to give on, and must hold them; it then need not.
  if (spec?.provisionedBy !== undefined && !sameProvisioner(spec.provisionedBy, provisioner)) {
    requireHeldBy(request, '', [metadata.name], 'provisioning of the group');
  }
  if (added.length > 0 && !isProvisionedHere(request, provisioner, added)) {
    requireHeldBy(request, '', [metadata.name], 'membership of the group');
  }
}

function guardInvitation(request: AdmissionRequest): void {
  const { operation, object, view } = request;
  if (operation !== 'create') return;
  const { spec } = object as InvitationObject;
  const entry = view.entry(User, { name: spec.user });
  const user = isLive(entry) ? (entry.object() as UserObject) : undefined;
  const message =
    user === undefined
      ? `there is no user "${spec.user}"; make it first`
      : user.spec.identityProvider !== undefined
        ? `"${spec.user}" signs in with ${user.spec.identityProvider}, and has no credentials here`
        : user.spec.disabled === true
          ? `"${spec.user}" is disabled; enable them first`
          : undefined;
  if (message !== undefined) {
    refuse(request, [{ reason: 'FieldValueInvalid', field: 'spec.user', message }]);
  }
  if (user) requireHeldBy(request, spec.user, allGroupsOf(view, user), 'a way in for that user');
}

/** The rules of User, Group and Invitation. */
export function peopleAdmission(request: AdmissionRequest): void {
  const { resource } = request.kind;
  if (resource === User.resource) guardUser(request);
  else if (resource === Group.resource) guardGroup(request);
  else if (resource === Invitation.resource) guardInvitation(request);
}
