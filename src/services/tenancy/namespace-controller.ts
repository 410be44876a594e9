/**
 * Ends a project: deletes everything in it, waits until services have cleaned up after every object, and only then lets
 * go of the project itself.
 */
import type { Controller, ReconcileContext, RetryAfter } from '#kernel/controller.ts';
import { isStatusError } from '#kernel/errors.ts';
import type { Kind } from '#kernel/kind.ts';
import type { Condition, KubeObject } from '#kernel/object.ts';
import type { ObjectKey, Realm } from '#kernel/realm.ts';
import { readyCondition, setCondition } from '#kernel/reconcile/conditions.ts';
import { isDeleting, removeFinalizer } from '#kernel/reconcile/finalizers.ts';
import { deleteContent, remainingText } from './content.ts';
import { Namespace, type NamespaceStatus, PROJECT_FINALIZER } from './namespace.ts';

/** The content's own deletions wake the controller; this is for what could be missed. */
const LOOK_AGAIN_ms = 5_000;

/** `kinds`: every kind of an organization; read when first needed. */
export function namespaceController(kinds: () => readonly Kind[]): Controller {
  const inProjects = (): Kind[] =>
    kinds().filter((kind) => kind.scope === 'Project' && kind.realms.includes('organization'));
  return {
    name: 'namespace',
    realms: ['organization'],
    kind: Namespace,
    get watches() {
      return inProjects().map((kind) => ({ kind, keys: terminatingProject }));
    },
    async reconcile(key, context) {
      const project = context.realm.view.get(Namespace, key);
      if (!project) return undefined;
      if (!isDeleting(project)) {
        // It is born so. Those of before it was are put right here.
        if (project.status?.phase !== 'Active') await setStatus(key, context, () => ({ phase: 'Active' }));
        return undefined;
      }
      return finish(key, project.metadata.uid, inProjects(), context);
    },
  };
}

/** The object's project when it is being deleted: only then does the project care. */
function terminatingProject(object: KubeObject, realm: Realm): readonly ObjectKey[] {
  const name = object.metadata.namespace;
  if (name === undefined) return [];
  const project = realm.view.entry(Namespace, { name });
  return project !== undefined && isDeleting(project.object()) ? [{ name }] : [];
}

async function finish(
  key: ObjectKey,
  uid: string,
  kinds: readonly Kind[],
  context: ReconcileContext,
): Promise<RetryAfter | undefined> {
  const left = await deleteContent(context.realm, kinds, key.name, context.change);
  if (left.size === 0) {
    await removeFinalizer(context.realm.resources, Namespace, key, PROJECT_FINALIZER, context.change, uid);
    return undefined;
  }
  const message = `waiting for ${remainingText(left)} to be gone; each says in its own conditions what holds it up`;
  await setStatus(key, context, (conditions, generation) => ({
    phase: 'Terminating',
    conditions: [
      ...setCondition(conditions, readyCondition('False', 'Terminating', message, generation), context.clock),
    ],
  }));
  return { retryAfter_ms: LOOK_AGAIN_ms };
}

async function setStatus(
  key: ObjectKey,
  { realm, change }: ReconcileContext,
  next: (conditions: readonly Condition[] | undefined, generation: number) => NamespaceStatus,
): Promise<void> {
  try {
    await realm.resources.modify(
      Namespace,
      key,
      change,
      (current) => ({
        ...current,
        status: next(current.status?.conditions, current.metadata.generation),
      }),
      { subresource: 'status' },
    );
  } catch (error) {
    if (!isStatusError(error, 'NotFound')) throw error;
  }
}
