/**
 * Who there is in a realm, with their groups: the people that credentials and the directory know. Read from a view.
 */
import type { RealmView } from '#kernel/realm.ts';
import { ClientCertificate, type ClientCertificateObject } from '../identity/client-certificate.ts';
import { groupsOf, isLive } from '../identity/people/directory.ts';
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
