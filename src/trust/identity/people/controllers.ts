/**
 * What follows from changes of people: a user's status tells what they can sign in with, and invitations go a while after they ended. What
 * follows from the removal of a person is in `removal/`.
 */
import type { Controller } from '#kernel/controller.ts';
import { isStatusError } from '#kernel/errors.ts';
import type { KubeObject } from '#kernel/object.ts';
import type { RealmView } from '#kernel/realm.ts';
import { Credential, type CredentialObject } from './credential.ts';
import { endOf, Invitation } from './invitation.ts';
import { User, type UserObject, type UserStatus } from './user.ts';

const REALMS = ['region', 'organization'] as const;
/** How long an invitation stays after its end, for whoever looks what became of it. */
const ENDED_INVITATION_KEPT_MS = 7 * 24 * 3_600_000;

const userOf = (object: KubeObject): string => (object as CredentialObject).spec.user;

/** The live credentials of a user. */
export function credentialsOf(view: RealmView, userUid: string): readonly CredentialObject[] {
  const found: CredentialObject[] = [];
  for (const { kind, entry } of view.dependents(userUid)) {
    if (kind.resource !== Credential.resource) continue;
    const credential = entry.object() as CredentialObject;
    if (credential.metadata.deletionTimestamp === undefined) found.push(credential);
  }
  return found;
}

/** What somebody can sign in with, in numbers. */
export function summaryOf(credentials: readonly CredentialObject[]): NonNullable<UserStatus['credentials']> {
  const has = (type: string) => credentials.some(({ spec }) => spec.type === type);
  return {
    passkeys: credentials.filter(({ spec }) => spec.type === 'passkey').length,
    password: has('password'),
    authenticator: has('totp'),
    recoveryCodes: credentials.find(({ spec }) => spec.type === 'recovery-codes')?.spec.left ?? 0,
  };
}

/** Keeps `status.credentials` of users true. */
export const userController: Controller = {
  name: 'users',
  realms: REALMS,
  kind: User,
  watches: [{ kind: Credential, keys: (object) => [{ name: userOf(object) }] }],
  async reconcile(key, { realm, change }) {
    const user = realm.view.get(User, key);
    if (!user) return undefined;
    await ignoringGone(() =>
      realm.resources.modify(
        User,
        key,
        change,
        (current, view) => {
          const summary = summaryOf(credentialsOf(view, current.metadata.uid));
          const before = (current as UserObject).status?.credentials;
          const same = before !== undefined && JSON.stringify(before) === JSON.stringify(summary);
          return same ? current : { ...current, status: { ...current.status, credentials: summary } };
        },
        { subresource: 'status' },
      ),
    );
    return undefined;
  },
};

/** Deletes invitations a while after their end. */
export const invitationController: Controller = {
  name: 'invitations',
  realms: REALMS,
  kind: Invitation,
  async reconcile(key, { realm, change, clock }) {
    const invitation = realm.view.get(Invitation, key);
    if (!invitation || invitation.metadata.deletionTimestamp !== undefined) return undefined;
    const left_ms = endOf(invitation) + ENDED_INVITATION_KEPT_MS - clock.now();
    if (left_ms > 0) return { retryAfter_ms: left_ms };
    const { uid } = invitation.metadata;
    await ignoringGone(() => realm.resources.delete(Invitation, key, change, { preconditions: { uid } }));
    return undefined;
  },
};

export const PEOPLE_CONTROLLERS: readonly Controller[] = [userController, invitationController];

/** Gone meanwhile, or made anew under the same name. */
async function ignoringGone(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!isStatusError(error, 'NotFound') && !isStatusError(error, 'Conflict')) throw error;
  }
}
