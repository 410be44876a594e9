/**
 * Ends sessions: those whose time is over, and those of somebody who was disabled. (Those of a User that is gone go as its dependents do.
 * None of them counts from the moment it happened; this is only what takes them away.) And tells applications that want to know.
 */
import type { Controller, ReconcileContext } from '#kernel/controller.ts';
import { isStatusError } from '#kernel/errors.ts';
import type { Kind } from '#kernel/kind.ts';
import { removeFinalizer } from '#kernel/reconcile/finalizers.ts';
import type { People } from '../sign-in.ts';
import { liveSession } from './live-session.ts';
import { Session, type SessionObject, TELL_FINALIZER } from './session.ts';

/** An application that cannot be reached is tried again for so long after the session ended. */
const TELL_MS_MAX = 10 * 60_000;
const TELL_AGAIN_MS = 30_000;

export interface SessionControllerOptions {
  readonly people: People;
  /** User: a change of one concerns their sessions. */
  readonly userKind: Kind;
  /** Tells the session's client that it ended; throws when it could not. */
  readonly tell: (context: ReconcileContext, session: SessionObject) => Promise<void>;
}

export function sessionController({ people, userKind, tell }: SessionControllerOptions): Controller {
  async function finish(session: SessionObject, context: ReconcileContext) {
    const { realm, clock, change, events } = context;
    const { name, finalizers = [], deletionTimestamp = '' } = session.metadata;
    if (!finalizers.includes(TELL_FINALIZER)) return undefined;
    try {
      await tell(context, session);
    } catch (error) {
      const since_ms = clock.now() - Date.parse(deletionTimestamp);
      if (since_ms < TELL_MS_MAX) return { retryAfter_ms: TELL_AGAIN_MS };
      const why = error instanceof Error ? error.message : String(error);
      events.record(
        session,
        'Warning',
        'NotTold',
        `${session.spec.client} was not told that it ended: ${why}`,
      );
    }
    await removeFinalizer(realm.resources, Session, { name }, TELL_FINALIZER, change);
    return undefined;
  }

  return {
    name: 'sessions',
    realms: ['region', 'organization'],
    kind: Session,
    watches: [
      {
        kind: userKind,
        keys: ({ metadata }, { view }) =>
          [...view.dependents(metadata.uid)]
            .filter(({ kind }) => kind.resource === Session.resource)
            .map(({ entry }) => ({ name: entry.name })),
      },
    ],
    async reconcile(key, context) {
      const { realm, change, clock } = context;
      const session: SessionObject | undefined = realm.view.get(Session, key);
      if (!session) return undefined;
      if (session.metadata.deletionTimestamp !== undefined) return finish(session, context);
      const { uid } = session.metadata;
      const live = liveSession(realm.view, people, uid, clock.now());
      if (live) return { retryAfter_ms: live.expires_ms - clock.now() };
      try {
        await realm.resources.delete(Session, key, change, { preconditions: { uid } });
      } catch (error) {
        // Somebody else was first.
        if (!isStatusError(error, 'NotFound') && !isStatusError(error, 'Conflict')) throw error;
      }
      return undefined;
    },
  };
}
