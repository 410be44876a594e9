/**
 * From what a provider said to who somebody is here. A person is known by the provider and its subject for them, never by their name: so
 * somebody of the same name is not taken over, and is linked only by an administrator. A User is made, where the provider may have some,
 * by an actor that holds nothing: a name that holds a role, or comes with a certificate, is therefore refused in the lane.
 *
 * Nobody gets in whom the provider's groups, beside all that they hold here, would give two duties that do not go together (SecNumCloud
 * 9.3.f): which groups a provider gives is known at no grant, only now. Then none of its groups counts, in no session that is open, until it
 * says something that goes together.
 */
import { type Actor, systemActor } from '#kernel/access.ts';
import { rfc3339 } from '#kernel/clock.ts';
import { isStatusError } from '#kernel/errors.ts';
import type { Realm, RealmView } from '#kernel/realm.ts';
import { personOf } from '../../access/principals.ts';
import { dutyText, heldTogether, type Together } from '../../access/separation.ts';
import { isActive, isLive } from '../people/directory.ts';
import { Group } from '../people/group.ts';
import { User, type UserObject } from '../people/user.ts';
import type { Problem, Refusal, Told } from './claims.ts';
import type { IdentityProviderObject } from './identity-provider.ts';

export type Admission =
  | { readonly type: 'admitted'; readonly user: UserObject }
  | ({ readonly type: 'refused' } & Refusal);

export interface Arrival {
  readonly provider: IdentityProviderObject;
  readonly who: Told;
  readonly requestId: string;
  readonly now_ms: number;
}

const refused = (problem: Problem, detail: string): Admission => ({ type: 'refused', problem, detail });

function refusedDuties(subject: string, { duties, because }: Together, user?: string): Admission {
  const [one, other] = duties.map(dutyText);
  const detail = `subject ${subject}: would hold ${one} beside ${other}, and these do not go together: ${because}`;
  return { type: 'refused', problem: 'duties', detail, duties, ...(user === undefined ? {} : { user }) };
}

/** The live user whom a provider calls so. */
function linkedUser(view: RealmView, provider: string, subject: string): UserObject | undefined {
  const text = JSON.stringify(subject);
  for (const entry of view.entries(User)) {
    // A look at the bytes spares parsing everybody.
    if (!entry.bytes.includes(text) || !isLive(entry)) continue;
    const user = entry.object() as UserObject;
    if (user.spec.identityProvider === provider && user.spec.subject === subject) return user;
  }
  return undefined;
}

/** Who makes users for a provider: nobody who holds anything. */
const actorOf = (realm: Realm, { metadata }: IdentityProviderObject): Actor => ({
  realm: realm.id,
  name: `system:identityprovider:${metadata.name}`,
  groups: ['system:authenticated'],
  credential: `identityprovider:${metadata.uid}`,
});

async function made(realm: Realm, arrival: Arrival): Promise<Admission | undefined> {
  const { provider, requestId, who } = arrival;
  const { name } = who;
  if (name === undefined) {
    return refused('name', `subject ${who.subject}: nothing it said could be the name of a user`);
  }
  const taken = refused(
    'taken',
    `subject ${who.subject}: there is another "${name}" here; link them by spec.identityProvider and spec.subject`,
  );
  if (realm.view.entry(User, { name })) return taken;
  // So that nobody is made who cannot get in. Whoever gets in is looked at again, in the lane.
  const clash = heldTogether(realm.view, { user: name, groups: groupsIn(realm.view, who.groups) });
  if (clash) return refusedDuties(who.subject, clash);
  const draft = {
    apiVersion: User.apiVersion,
    kind: User.kind,
    metadata: { name },
    spec: {
      displayName: who.displayName ?? name,
      ...(who.email === undefined ? {} : { email: who.email }),
      identityProvider: provider.metadata.name,
      subject: who.subject,
    },
  };
  try {
    const context = { actor: actorOf(realm, provider), via: 'federation', requestId };
    await realm.resources.create(User, undefined, draft, context);
    return undefined;
  } catch (error) {
    // Somebody signed in with the same subject, or took the name, at the same moment; or the name holds what nobody may just take.
    if (isStatusError(error, 'Invalid')) return undefined;
    if (
      isStatusError(error, 'AlreadyExists') ||
      isStatusError(error, 'Forbidden') ||
      isStatusError(error, 'Conflict')
    ) {
      return taken;
    }
    throw error;
  }
}

/** Groups that its prefix makes its own. A group that was made here before the prefix was is not. */
const groupsIn = (view: RealmView, groups: readonly string[]): readonly string[] =>
  groups.filter((name) => view.entry(Group, { name }) === undefined);

/** Whether it is still that very user, who may still act and is still linked to who said so. */
function isStill(user: UserObject, { metadata, spec }: UserObject, { provider, who }: Arrival): boolean {
  if (metadata.uid !== user.metadata.uid) return false;
  return spec.identityProvider === provider.metadata.name && spec.subject === who.subject;
}

/** Notes the sign-in and the groups, in one step of the lane with finding that both may be. */
async function noted(realm: Realm, user: UserObject, arrival: Arrival): Promise<Admission> {
  const { name } = user.metadata;
  const { subject, groups } = arrival.who;
  const gone = refused('disabled', `subject ${subject}: user "${name}" is disabled, removed or linked anew`);
  let admission = gone;
  try {
    await realm.resources.modify(
      User,
      { name },
      { actor: systemActor(realm.id, 'sign-in'), via: 'federation', requestId: arrival.requestId },
      (found, view) => {
        const current = found as UserObject;
        admission = gone;
        if (!isActive(current) || !isStill(user, current, arrival)) return current;
        const told = { ...current.status, federatedGroups: [...groupsIn(view, groups)] };
        const clash = heldTogether(view, personOf(view, { ...current, status: told }));
        if (clash) {
          admission = refusedDuties(subject, clash, name);
          const isNone = (current.status?.federatedGroups ?? []).length === 0;
          return isNone ? current : { ...current, status: { ...current.status, federatedGroups: [] } };
        }
        admission = { type: 'admitted', user: current };
        return { ...current, status: { ...told, lastSignInAt: rfc3339(arrival.now_ms) } };
      },
      { subresource: 'status' },
    );
  } catch (error) {
    if (isStatusError(error, 'NotFound')) return gone;
    throw error;
  }
  return admission;
}

export async function admitPerson(realm: Realm, arrival: Arrival): Promise<Admission> {
  const { provider, who } = arrival;
  const find = () => linkedUser(realm.view, provider.metadata.name, who.subject);
  let user = find();
  if (!user) {
    if (!provider.spec.autoCreateUsers) {
      return refused(
        'unknown',
        `subject ${who.subject}: linked to nobody, and spec.autoCreateUsers is false`,
      );
    }
    const problem = await made(realm, arrival);
    if (problem) return problem;
    user = find();
    if (!user) return refused('name', `subject ${who.subject}: a user could not be made of what it said`);
  }
  return noted(realm, user, arrival);
}
