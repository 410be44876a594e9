/**
 * Takes away what belonged to a person who was removed: whatever names them goes, or goes on without them, and only then is their User gone.
 * None of it counted from the moment of the removal (`standing.ts`); this is what leaves nothing for the next of that name. Whoever deletes
 * a User need not hold the right to change what names them: this only ever takes away.
 */
import type { Controller, ReconcileContext } from '#kernel/controller.ts';
import { isStatusError } from '#kernel/errors.ts';
import type { KubeObject } from '#kernel/object.ts';
import type { RealmView } from '#kernel/realm.ts';
import { hasFinalizer, isDeleting, withoutFinalizer } from '#kernel/reconcile/finalizers.ts';
import { REMOVAL_FINALIZER, User } from '../user.ts';
import { NOTHING, TRACES, type Trace } from './traces.ts';

/** When something was changed by somebody else meanwhile. */
const AGAIN_MS = 100;

interface Found {
  readonly trace: Trace;
  readonly object: KubeObject;
}

/** Everything in a view that still names somebody. What is being deleted itself counts no more. */
export function* tracesOf(view: RealmView, user: string): Generator<Found> {
  const mark = JSON.stringify(user);
  for (const trace of TRACES) {
    for (const entry of view.entries(trace.kind)) {
      // A look at the bytes spares parsing what is about others.
      if (!entry.bytes.includes(mark)) continue;
      const object = entry.object();
      if (!isDeleting(object) && trace.without(object, user, 0) !== undefined) yield { trace, object };
    }
  }
}

async function take({ trace, object }: Found, user: string, context: ReconcileContext): Promise<void> {
  const { realm, change, clock } = context;
  const { kind, subresource } = trace;
  const { name, uid, resourceVersion } = object.metadata;
  const now_ms = clock.now();
  try {
    if (trace.without(object, user, now_ms) === NOTHING) {
      await realm.resources.delete(kind, { name }, change, { preconditions: { uid, resourceVersion } });
      return;
    }
    await realm.resources.modify(
      kind,
      { name },
      change,
      (current) => {
        const left = trace.without(current, user, now_ms);
        return left === undefined || left === NOTHING ? current : { ...current, ...left };
      },
      subresource === undefined ? {} : { subresource },
    );
  } catch (error) {
    // Gone, or changed meanwhile: it is looked at again before the User goes.
    if (!isStatusError(error, 'NotFound') && !isStatusError(error, 'Conflict')) throw error;
  }
}

const isClear = (view: RealmView, user: string) => tracesOf(view, user).next().done === true;

export const userRemovalController: Controller = {
  name: 'user-removal',
  realms: ['region', 'organization'],
  kind: User,
  async reconcile(key, context) {
    const { realm, change } = context;
    const user = realm.view.get(User, key);
    if (!user || !isDeleting(user) || !hasFinalizer(user, REMOVAL_FINALIZER)) return undefined;
    const { name, uid } = user.metadata;
    for (const found of [...tracesOf(realm.view, name)]) await take(found, name, context);
    try {
      const { object } = await realm.resources.modify(User, key, change, (current, view) =>
        // In the lane: nothing can come to name them between this look and the end of their User.
        current.metadata.uid === uid && isDeleting(current) && isClear(view, name)
          ? withoutFinalizer(current, REMOVAL_FINALIZER)
          : current,
      );
      const waits = object.metadata.uid === uid && hasFinalizer(object, REMOVAL_FINALIZER);
      return waits ? { retryAfter_ms: AGAIN_MS } : undefined;
    } catch (error) {
      if (isStatusError(error, 'NotFound')) return undefined;
      throw error;
    }
  },
};
