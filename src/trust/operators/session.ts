/**
 * A session that a tenant granted: what the carried AccessRequest says of it at this moment. Asked with every request, and again while a
 * terminal is open, so that what was revoked, deleted or is over opens nothing from then on. Pure.
 */
import type { Actor } from '#kernel/access.ts';
import type { KubeObject } from '#kernel/object.ts';
import type { RealmView } from '#kernel/realm.ts';
import { AccessRequest, operatorName, specOf, statusOf } from './access-request.ts';
import type { ScopeRule } from './scope.ts';

const CREDENTIAL = 'access-request:';

export interface OperatorSession {
  readonly uid: string;
  /** Of the AccessRequest in this realm. */
  readonly name: string;
  readonly actorName: string;
  readonly project: string;
  readonly scope: readonly ScopeRule[];
  readonly ends_ms: number;
}

/** The session of an object that is live now; undefined before it was granted and after it ended, however it did. */
export function liveSession(object: KubeObject, now_ms: number): OperatorSession | undefined {
  const { metadata } = object;
  const { phase, endsAt } = statusOf(object);
  const { origin, project, scope } = specOf(object);
  if (phase !== 'Active' || endsAt === undefined || !origin || metadata.deletionTimestamp !== undefined) {
    return undefined;
  }
  const ends_ms = Date.parse(endsAt);
  if (!(now_ms < ends_ms)) return undefined;
  const actorName = operatorName(origin.operator);
  return { uid: metadata.uid, name: metadata.name, actorName, project, scope: scope as ScopeRule[], ends_ms };
}

/** Whether an actor is an operator in a session, live or not: what it proved itself with says so. */
export const isOperatorSession = ({ credential }: Pick<Actor, 'credential'>): boolean =>
  credential.startsWith(CREDENTIAL);

export const sessionCredential = (uid: string): string => `${CREDENTIAL}${uid}`;

/** The session that an actor acts in, if that is live. */
export function sessionOf(view: RealmView, actor: Actor, now_ms: number): OperatorSession | undefined {
  if (!isOperatorSession(actor) || actor.realm !== view.realm) return undefined;
  const found = view.byUid(actor.credential.slice(CREDENTIAL.length));
  if (found?.kind.resource !== AccessRequest.resource) return undefined;
  return liveSession(found.entry.object(), now_ms);
}
