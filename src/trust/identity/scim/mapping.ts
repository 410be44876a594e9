/** People and groups as SCIM says them, and back. Pure. */
import type { KubeObject } from '#kernel/object.ts';
import type { GroupObject } from '../people/group.ts';
import { groupNameFrom, userNameFrom } from '../people/names.ts';
import type { Provisioner } from '../people/provisioner.ts';
import type { UserObject } from '../people/user.ts';
import { EXTERNAL_ID_LENGTH_MAX } from './limits.ts';
import { GROUP_SCHEMA, type ScimGroup, type ScimMeta, type ScimUser, USER_SCHEMA } from './schemas.ts';
import { invalidValue } from './scim-error.ts';

/** What the client calls somebody: nothing of ours goes by it. */
export const EXTERNAL_ID = 'scim.casemate.internal/external-id';
/** How the client writes their userName, where it is not just the name. */
const USER_NAME = 'scim.casemate.internal/user-name';
const DISPLAY_LENGTH_MAX = 200;

export const versionOf = ({ metadata }: KubeObject): string => `W/"${metadata.resourceVersion}"`;

const externalIdOf = ({ metadata }: KubeObject): string | undefined => metadata.annotations?.[EXTERNAL_ID];

function metaOf(object: KubeObject, base: string, endpoint: 'Users' | 'Groups'): ScimMeta {
  const { creationTimestamp, uid } = object.metadata;
  return {
    created: creationTimestamp,
    location: `${base}/${endpoint}/${uid}`,
    version: versionOf(object),
  };
}

const external = (object: KubeObject) => {
  const externalId = externalIdOf(object);
  return externalId === undefined ? {} : { externalId };
};

/** Without `name`, which is displayName again: `userOut` adds it for clients. */
export function userResource(user: UserObject, base: string): ScimUser {
  const { metadata, spec } = user;
  return {
    id: metadata.uid,
    ...external(user),
    userName: metadata.annotations?.[USER_NAME] ?? metadata.name,
    displayName: spec.displayName,
    active: spec.disabled !== true,
    ...(spec.email === undefined ? {} : { emails: [{ value: spec.email, type: 'work', primary: true }] }),
    meta: metaOf(user, base, 'Users'),
  };
}

export function userOut(user: UserObject, base: string, groups: readonly GroupObject[]) {
  const { meta, ...resource } = userResource(user, base);
  return {
    schemas: [USER_SCHEMA],
    ...resource,
    name: { formatted: user.spec.displayName },
    ...(groups.length === 0 ? {} : { groups: groups.map(groupReference) }),
    meta: { resourceType: 'User', ...meta },
  };
}

const groupTitle = ({ metadata, spec }: GroupObject): string => spec?.displayName ?? metadata.name;
const groupReference = (group: GroupObject) => ({ value: group.metadata.uid, display: groupTitle(group) });

/** `members`: those that the client provisions. */
export function groupResource(group: GroupObject, base: string, members: readonly UserObject[]): ScimGroup {
  return {
    id: group.metadata.uid,
    ...external(group),
    displayName: groupTitle(group),
    ...(members.length === 0
      ? {}
      : {
          members: members.map(({ metadata, spec }) => ({ value: metadata.uid, display: spec.displayName })),
        }),
    meta: metaOf(group, base, 'Groups'),
  };
}

export function groupOut(group: GroupObject, base: string, members: readonly UserObject[]) {
  const { meta, ...resource } = groupResource(group, base, members);
  return { schemas: [GROUP_SCHEMA], ...resource, meta: { resourceType: 'Group', ...meta } };
}

/** Throws ScimError where a userName can be nobody's name here. */
export function nameOfUser(userName: string): string {
  const name = userNameFrom(userName);
  if (name !== undefined) return name;
  throw invalidValue(
    'userName: letters, digits, "-", "_", "." and "@", at most 64, such as "alice@ministry.example"',
  );
}

/** What role bindings name. Throws ScimError where nothing is left. */
export function nameOfGroup(displayName: string): string {
  const name = groupNameFrom(displayName);
  if (name !== undefined) return name;
  throw invalidValue('displayName: needs a letter or a digit that a name can be made of');
}

/** What others see of somebody; of two that differ, the one that changed. */
function displayNameOf(wanted: ScimUser, before: ScimUser | undefined): string {
  const { displayName, name, userName } = wanted;
  const parts = [name?.givenName, name?.familyName].filter((part) => part !== undefined && part !== '');
  const whole = name?.formatted ?? (parts.length === 0 ? undefined : parts.join(' '));
  const isKept = displayName !== undefined && displayName === before?.displayName;
  const chosen = (isKept ? (whole ?? displayName) : (displayName ?? whole)) ?? userName;
  return (chosen.trim() === '' ? userName : chosen).slice(0, DISPLAY_LENGTH_MAX);
}

function externalIdIn({ externalId }: { readonly externalId?: string }): string | undefined {
  if (externalId === undefined || externalId === '') return undefined;
  if (externalId.length > EXTERNAL_ID_LENGTH_MAX) {
    throw invalidValue(`externalId: at most ${EXTERNAL_ID_LENGTH_MAX} characters`);
  }
  return externalId;
}

/** The annotations of an object as a client wants it; those that are not its own stay. */
export function annotationsWith(
  object: KubeObject | undefined,
  wanted: { readonly externalId?: string; readonly userName?: string },
): Readonly<Record<string, string>> {
  const { [EXTERNAL_ID]: _id, [USER_NAME]: _name, ...others } = object?.metadata.annotations ?? {};
  const externalId = externalIdIn(wanted);
  const { userName } = wanted;
  return {
    ...others,
    ...(externalId === undefined ? {} : { [EXTERNAL_ID]: externalId }),
    ...(userName === undefined || userName === nameOfUser(userName) ? {} : { [USER_NAME]: userName }),
  };
}

/** An IdentityProvider whose people a client provisions: who signs in there with the externalId as subject is that person. */
export interface Link {
  readonly identityProvider: string;
}

/** The spec of a User. Fields that SCIM says nothing of stay as they are. */
export function userSpec(
  wanted: ScimUser,
  provisionedBy: Provisioner,
  link: Link | undefined,
  current?: { readonly spec: UserObject['spec']; readonly resource: ScimUser },
): UserObject['spec'] {
  const emails = wanted.emails ?? [];
  const email = (emails.find(({ primary }) => primary === true) ?? emails[0])?.value;
  const { disabled: _disabled, email: _email, ...kept } = current?.spec ?? {};
  const externalId = externalIdIn(wanted);
  const isLinked = current === undefined || current.spec.identityProvider === link?.identityProvider;
  return {
    ...kept,
    displayName: displayNameOf(wanted, current?.resource),
    ...(email === undefined || email === '' ? {} : { email }),
    ...(wanted.active === false ? { disabled: true } : {}),
    ...(link && externalId !== undefined && isLinked ? { ...link, subject: externalId } : {}),
    provisionedBy,
  };
}
