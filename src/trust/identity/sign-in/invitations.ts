/**
 * Invitation links: made once by the action `link`, looked up by what the browser brings, used once. A link carries the invitation's uid and
 * 256 random bits; the object has the digest of those.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { systemActor } from '#kernel/access.ts';
import { type Clock, rfc3339 } from '#kernel/clock.ts';
import type { ActionConnector } from '#kernel/connect.ts';
import { conflict, isStatusError } from '#kernel/errors.ts';
import type { Realms, RealmView } from '#kernel/realm.ts';
import { REGION } from '#kernel/realm-id.ts';
import { IDENTITY_GROUP } from '../api-group.ts';
import { isActive, isLive } from '../people/directory.ts';
import { endOf, Invitation, type InvitationObject } from '../people/invitation.ts';
import { User, type UserObject } from '../people/user.ts';
import type { Vault } from './vault.ts';

const SECRET_BYTES = 32;
const TOKEN = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.([A-Za-z0-9_-]{43})$/;
const SESSIONS = `sessions.${IDENTITY_GROUP}`;

const digestOf = (secret: string): string =>
  createHash('sha256').update(`invitation\0${secret}`).digest('base64url');

export interface LinkOptions {
  readonly realms: Pick<Realms, 'use'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly url: string;
}

/** The action `link` of invitations: answers once. */
export function invitationLink(options: LinkOptions): ActionConnector {
  const { realms, clock } = options;
  return {
    type: 'action',
    call: ({ realm: id, object, requestId }) =>
      realms.use(id, async (realm) => {
        const { name, uid } = object.metadata;
        const secret = randomBytes(SECRET_BYTES).toString('base64url');
        const subject = { group: IDENTITY_GROUP, kind: Invitation.plural, name };
        const change = { actor: systemActor(id, 'sign-in'), via: 'sign-in', requestId };
        await realm.resources.modify(
          Invitation,
          { name },
          change,
          (current, view) => {
            const { status, spec } = current as InvitationObject;
            if (current.metadata.uid !== uid)
              throw conflict(subject, 'it was made anew meanwhile; try again');
            if (status?.linkDigest !== undefined) {
              throw conflict(subject, 'its link was given already, once; delete it and make another');
            }
            if (endOf(current) <= clock.now()) throw conflict(subject, 'it has ended; make another');
            const user = view.entry(User, { name: spec.user });
            if (!isLive(user)) throw conflict(subject, `user "${spec.user}" is gone`);
            const made = { linkDigest: digestOf(secret), linkedAt: rfc3339(clock.now()) };
            return { ...current, status: { ...status, ...made, userUid: user.uid } };
          },
          { subresource: 'status' },
        );
        const prefix = id === REGION ? '' : id;
        return {
          url: `${options.url}${prefix}/account/invitation/${uid}.${secret}`,
          expiresAt: rfc3339(endOf(object)),
        };
      }),
  };
}

export interface OpenInvitation {
  readonly invitation: InvitationObject;
  readonly user: UserObject;
}

/** What a link stands for; undefined when there is nothing, whatever the reason. */
export function invitationOf(view: RealmView, token: string, now_ms: number): OpenInvitation | undefined {
  const [, uid = '', secret = ''] = TOKEN.exec(token) ?? [];
  const found = view.byUid(uid);
  if (found?.kind.resource !== Invitation.resource || !isLive(found.entry)) return undefined;
  const invitation = found.entry.object() as InvitationObject;
  const wanted = Buffer.from(invitation.status?.linkDigest ?? '');
  const given = Buffer.from(digestOf(secret));
  if (wanted.length !== given.length || !timingSafeEqual(wanted, given)) return undefined;
  if (invitation.status?.usedAt !== undefined || endOf(invitation) <= now_ms) return undefined;
  const user = view.get(User, { name: invitation.spec.user }) as UserObject | undefined;
  const same = user !== undefined && user.metadata.uid === invitation.status?.userUid;
  if (!same || !isActive(user) || user.spec.identityProvider !== undefined) return undefined;
  return { invitation, user };
}

/** Uses an invitation up; false when somebody else did first. Only who gets true may go on. */
export async function useUp(
  vault: Vault,
  { invitation }: OpenInvitation,
  clock: Pick<Clock, 'now'>,
): Promise<boolean> {
  const { name, uid } = invitation.metadata;
  let first = false;
  try {
    await vault.realm.resources.modify(
      Invitation,
      { name },
      vault.change,
      (current) => {
        const { status, metadata } = current as InvitationObject;
        first = metadata.uid === uid && status?.usedAt === undefined;
        return first ? { ...current, status: { ...status, usedAt: rfc3339(clock.now()) } } : current;
      },
      { subresource: 'status' },
    );
  } catch (error) {
    if (isStatusError(error, 'NotFound')) return false;
    throw error;
  }
  return first;
}

/** Takes away what somebody signed in with before, and everything they are signed in to. */
export async function forgetEarlier(vault: Vault, user: UserObject): Promise<void> {
  const { uid } = user.metadata;
  for (const { object } of vault.all(uid)) await vault.remove(object);
  const { view, resources } = vault.realm;
  for (const { kind, entry } of [...view.dependents(uid)]) {
    if (kind.resource !== SESSIONS) continue;
    const preconditions = { uid: entry.uid };
    try {
      await resources.delete(kind, { name: entry.name }, vault.change, { preconditions });
    } catch (error) {
      if (!isStatusError(error, 'NotFound') && !isStatusError(error, 'Conflict')) throw error;
    }
  }
}
