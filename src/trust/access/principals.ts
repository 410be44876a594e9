/**
 * Who there is in a realm, with their groups: the people that credentials and the directory know. Read from a view.
 */
import type { RealmView } from '#kernel/realm.ts';
import { ClientCertificate, type ClientCertificateObject } from '../identity/client-certificate.ts';
import { groupsOf, isLive, toldGroupsOf } from '../identity/people/directory.ts';
import { standingOf } from '../identity/people/standing.ts';
import { User, type UserObject } from '../identity/people/user.ts';
import type { Principal } from './grants.ts';

/** Everybody whom the realm knows by name, each way in by itself: a person's certificate may carry groups that their User does not. */
export function* principalsIn(view: RealmView): Iterable<Principal> {
  for (const entry of view.entries(ClientCertificate)) {
    if (!isLive(entry)) continue;
    const { spec } = entry.object() as ClientCertificateObject;
    // Who is removed is nobody any more; who is disabled can be enabled again, and stays somebody.
    if (standingOf(view, spec.user) === 'leaving') continue;
    yield { user: spec.user, groups: spec.groups ?? [] };
  }
  for (const entry of view.entries(User)) {
    if (!isLive(entry)) continue;
    yield { user: entry.name, groups: groupsOf(view, entry.object() as UserObject) };
  }
}

function groupsByCertificate(view: RealmView): Map<string, string[]> {
  const byUser = new Map<string, string[]>();
  for (const entry of view.entries(ClientCertificate)) {
    if (!isLive(entry)) continue;
    const { user, groups = [] } = (entry.object() as ClientCertificateObject).spec;
    // Who is removed is nobody any more; who is disabled can be enabled again, and stays somebody.
    if (standingOf(view, user) === 'leaving') continue;
    byUser.set(user, [...(byUser.get(user) ?? []), ...groups]);
  }
  return byUser;
}

/**
 * A user as they are to be, with the groups of all their ways in, whether or not each counts just now: for rules about what nobody may hold
 * together, which must hold, too, once an identity provider that is disabled is in use again.
 */
export function personOf(view: RealmView, user: UserObject): Principal {
  const { name } = user.metadata;
  const certified = groupsByCertificate(view).get(name) ?? [];
  return { user: name, groups: [...new Set([...toldGroupsOf(view, user), ...certified])] };
}

/** Somebody by name, likewise; with groups that they are about to get. */
export function personIn(view: RealmView, name: string, more: readonly string[]): Principal {
  const entry = view.entry(User, { name });
  const known = isLive(entry)
    ? personOf(view, entry.object() as UserObject).groups
    : (groupsByCertificate(view).get(name) ?? []);
  return { user: name, groups: [...new Set([...known, ...more])] };
}

/** Everybody whom the realm knows by name, each once, with the groups of all their ways in. */
export function* personsIn(view: RealmView): Iterable<Principal> {
  const certified = groupsByCertificate(view);
  for (const entry of view.entries(User)) {
    if (!isLive(entry)) continue;
    const told = toldGroupsOf(view, entry.object() as UserObject);
    const groups = certified.get(entry.name) ?? [];
    certified.delete(entry.name);
    yield { user: entry.name, groups: [...new Set([...told, ...groups])] };
  }
  for (const [user, groups] of certified) yield { user, groups: [...new Set(groups)] };
}
