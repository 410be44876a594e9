/** Makes and ends the Session objects that tokens stand on. */
import { systemActor } from '#kernel/access.ts';
import { type Clock, rfc3339 } from '#kernel/clock.ts';
import { isStatusError } from '#kernel/errors.ts';
import type { ChangeContext, Realm } from '#kernel/realm.ts';
import { IDENTITY_GROUP } from '../api-group.ts';
import type { SignedIn } from '../sign-in.ts';
import { Session, TELL_FINALIZER } from './session.ts';

export interface NewSession {
  readonly signedIn: SignedIn;
  readonly client: string;
  readonly lifetime_ms: number;
  /** Whether the client wants to be told when it ends. */
  readonly isTold: boolean;
  readonly requestId: string;
}

const contextOf = (realm: Realm, requestId: string): ChangeContext => ({
  actor: systemActor(realm.id, 'openid-provider'),
  via: 'oidc',
  requestId,
});

/** Live sessions of one person; whoever begins another ends their oldest. */
export const SESSIONS_PER_USER_MAX = 100;

async function makeRoom(realm: Realm, userUid: string, requestId: string): Promise<void> {
  const theirs = [...realm.view.dependents(userUid)]
    .filter(({ kind }) => kind.resource === Session.resource)
    .map(({ entry }) => entry)
    .sort((a, b) => a.revision - b.revision);
  const tooMany = theirs.slice(0, Math.max(0, theirs.length + 1 - SESSIONS_PER_USER_MAX));
  for (const { uid } of tooMany) await endSession(realm, uid, requestId);
}

/** Gives the new Session's uid. It goes with its User. */
export async function beginSession(realm: Realm, clock: Clock, session: NewSession): Promise<string> {
  const { signedIn, client, lifetime_ms, isTold, requestId } = session;
  await makeRoom(realm, signedIn.userUid, requestId);
  const owner = {
    apiVersion: `${IDENTITY_GROUP}/v1`,
    kind: 'User',
    name: signedIn.user,
    uid: signedIn.userUid,
  };
  const draft = {
    metadata: {
      generateName: `${signedIn.user.slice(0, 40)}-`,
      ownerReferences: [owner],
      ...(isTold ? { finalizers: [TELL_FINALIZER] } : {}),
    },
    spec: {
      user: signedIn.user,
      userUid: signedIn.userUid,
      strength: signedIn.strength,
      client,
      startedAt: rfc3339(signedIn.at_ms),
      expiresAt: rfc3339(clock.now() + lifetime_ms),
    },
  };
  const { object } = await realm.resources.create(Session, undefined, draft, contextOf(realm, requestId));
  return object.metadata.uid;
}

/** No error when it is gone. */
export async function endSession(realm: Realm, sessionUid: string, requestId: string): Promise<void> {
  const found = realm.view.byUid(sessionUid);
  if (found?.kind.resource !== Session.resource) return;
  try {
    await realm.resources.delete(Session, { name: found.entry.name }, contextOf(realm, requestId), {
      preconditions: { uid: sessionUid },
    });
  } catch (error) {
    if (!isStatusError(error, 'NotFound') && !isStatusError(error, 'Conflict')) throw error;
  }
}
