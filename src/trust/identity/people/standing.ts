/**
 * Whether somebody may act here, by name: what a certificate, a binding or a change says of a person counts only while their User does.
 * Names that no User has (an operator's first certificate, a machine) stand for themselves. Asked with every request.
 */
import type { Entry, RealmView } from '#kernel/realm.ts';
import { isActive } from './directory.ts';
import { User, type UserObject } from './user.ts';

/** `leaving`: deleted, while what was theirs is taken away. */
export type Standing = 'active' | 'disabled' | 'leaving';

/** What was read of a User, as long as the store keeps that state of it. */
const read = new WeakMap<Entry, Standing>();

function standingIn(entry: Entry): Standing {
  let standing = read.get(entry);
  if (standing === undefined) {
    const user = entry.object() as UserObject;
    const leaves = user.metadata.deletionTimestamp !== undefined;
    standing = isActive(user) ? 'active' : leaves ? 'leaving' : 'disabled';
    read.set(entry, standing);
  }
  return standing;
}

/** Undefined: there is no User of that name. */
export function standingOf(view: RealmView, name: string): Standing | undefined {
  const entry = view.entry(User, { name });
  return entry && standingIn(entry);
}

/** Why somebody may do nothing here; undefined when nothing stands in their way. */
export function barOf(view: RealmView, name: string): string | undefined {
  switch (standingOf(view, name)) {
    case 'disabled':
      return `user "${name}" is disabled; ask an administrator to enable them`;
    case 'leaving':
      return `user "${name}" was removed, and what was theirs is being taken away`;
    default:
      return undefined;
  }
}
