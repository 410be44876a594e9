/** Makes one object the owner of another: when it goes, so does the other. */
import type { ReconcileContext } from '#kernel/controller.ts';
import type { Kind } from '#kernel/kind.ts';
import type { KubeObject } from '#kernel/object.ts';
import type { ObjectKey } from '#kernel/realm.ts';

/** Safe to repeat. `key` names the one that is owned from now on. */
export async function adopt(
  kind: Kind,
  key: ObjectKey,
  { apiVersion, kind: ownerKind, metadata }: KubeObject,
  { realm, change }: ReconcileContext,
): Promise<void> {
  await realm.resources.modify(kind, key, change, (current) => {
    const owners = current.metadata.ownerReferences ?? [];
    if (owners.some(({ uid }) => uid === metadata.uid)) return current;
    const owner = { apiVersion, kind: ownerKind, name: metadata.name, uid: metadata.uid };
    return { ...current, metadata: { ...current.metadata, ownerReferences: [...owners, owner] } };
  });
}
