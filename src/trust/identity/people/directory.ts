/**
 * Who somebody is and which groups they are in, as of a view. Asked with every request, so what was read of a group is remembered as long
 * as the store keeps that state of it.
 */
import type { Entry, RealmView } from '#kernel/realm.ts';
import { IdentityProvider, type IdentityProviderObject } from '../federation/identity-provider.ts';
import type { People, Person } from '../sign-in.ts';
import { Group, type GroupObject } from './group.ts';
import { User, type UserObject } from './user.ts';

/** Whether an object is there and not being deleted. */
export function isLive(entry: Entry | undefined): entry is Entry {
  return entry !== undefined && entry.object().metadata.deletionTimestamp === undefined;
}

const membersOf = new WeakMap<Entry, ReadonlySet<string>>();

function members(entry: Entry): ReadonlySet<string> {
  const known = membersOf.get(entry);
  if (known) return known;
  const { metadata, spec } = entry.object() as GroupObject;
  // A group that is being deleted gives nobody anything any more.
  const found = new Set(metadata.deletionTimestamp === undefined ? spec?.members : []);
  membersOf.set(entry, found);
  return found;
}

/** Names of the groups that list a user, in order. */
export function groupsListing(view: RealmView, user: string): readonly string[] {
  const groups: string[] = [];
  for (const entry of view.entries(Group)) if (members(entry).has(user)) groups.push(entry.name);
  return groups;
}

/** Groups by user, as of so many changes of groups. */
interface Memberships {
  readonly changes: number;
  readonly byUser: Map<string, readonly string[]>;
}

/** People whose groups are remembered, for each realm. */
const REMEMBERED_MAX = 10_000;

const memberships = new WeakMap<RealmView, Memberships>();

function groupsInView(view: RealmView, user: string): readonly string[] {
  const changes = view.changes(Group);
  let known = memberships.get(view);
  if (known?.changes !== changes) {
    known = { changes, byUser: new Map() };
    memberships.set(view, known);
  }
  let groups = known.byUser.get(user);
  if (groups === undefined) {
    groups = groupsListing(view, user);
    if (known.byUser.size < REMEMBERED_MAX) known.byUser.set(user, groups);
  }
  return groups;
}

/** What a provider's groups begin with, '' where it gives none, as long as the store keeps that state of it. */
const prefixes = new WeakMap<Entry, string>();

/** What groups of a provider begin with; undefined where it gives none: it is gone, disabled, or has no groups. */
function prefixOf(view: RealmView, provider: string): string | undefined {
  const entry = view.entry(IdentityProvider, { name: provider });
  if (!entry) return undefined;
  let prefix = prefixes.get(entry);
  if (prefix === undefined) {
    const { metadata, spec } = entry.object() as IdentityProviderObject;
    const isInUse = metadata.deletionTimestamp === undefined && spec.disabled !== true;
    prefix = (isInUse ? spec.mapping.groupPrefix : undefined) ?? '';
    prefixes.set(entry, prefix);
  }
  return prefix === '' ? undefined : prefix;
}

/**
 * Groups of a user: those that list them and those that their identity provider gave, each once. The latter only while that provider is in
 * use and they are its own by its prefix: else what one said long ago would open a group of the same name that is made here later.
 */
export function groupsOf(view: RealmView, user: UserObject): readonly string[] {
  const listed = groupsInView(view, user.metadata.name);
  const told = user.status?.federatedGroups ?? [];
  const { identityProvider } = user.spec;
  if (told.length === 0 || identityProvider === undefined) return listed;
  const prefix = prefixOf(view, identityProvider);
  if (prefix === undefined) return listed;
  return [...new Set([...listed, ...told.filter((group) => group.startsWith(prefix))])];
}

/** Those that list a user, and all that an identity provider said last of somebody who is linked to one, whether or not it counts now. */
export function toldGroupsOf(view: RealmView, { metadata, spec, status }: UserObject): readonly string[] {
  const listed = groupsInView(view, metadata.name);
  return spec.identityProvider === undefined ? listed : [...listed, ...(status?.federatedGroups ?? [])];
}

/** Whether somebody counts: not disabled, not being deleted. */
export function isActive({ metadata, spec }: UserObject): boolean {
  return metadata.deletionTimestamp === undefined && spec.disabled !== true;
}

/** The live user of that uid, disabled or not. */
export function userByUid(view: RealmView, uid: string): UserObject | undefined {
  const found = view.byUid(uid);
  return found?.kind.resource === User.resource && isLive(found.entry)
    ? (found.entry.object() as UserObject)
    : undefined;
}

export const people: People = {
  find(view, userUid): Person | undefined {
    const user = userByUid(view, userUid);
    if (!user || !isActive(user)) return undefined;
    const { displayName, email } = user.spec;
    return {
      uid: userUid,
      name: user.metadata.name,
      groups: groupsOf(view, user),
      displayName,
      ...(email === undefined ? {} : { email }),
    };
  },
};
