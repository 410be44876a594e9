/**
 * Whether somebody who came by an identity provider may renew what they are signed in with: not while they hold two duties that do not go
 * together, however that came about (an earlier release, Casemate itself). People who sign in here are no part of it: one of them may be
 * the realm's last way in, and what they hold was looked at when it was given.
 */
import type { RealmView } from '#kernel/realm.ts';
import { personOf } from '../../access/principals.ts';
import { dutyText, heldTogether } from '../../access/separation.ts';
import { userByUid } from '../people/directory.ts';

/** Why not, or undefined. */
export function renewalProblem(view: RealmView, userUid: string): string | undefined {
  const user = userByUid(view, userUid);
  if (user?.spec.identityProvider === undefined) return undefined;
  const clash = heldTogether(view, personOf(view, user));
  if (!clash) return undefined;
  const [one, other] = clash.duties.map(dutyText);
  return `holds ${one} beside ${other}, and these do not go together: ${clash.because}`;
}
