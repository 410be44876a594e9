/**
 * Whether a body belongs where the request says it goes: its name and project against those of the path. Pure.
 */
import { badRequest } from '../errors.ts';
import type { Kind } from '../kind.ts';
import type { DraftObject } from '../object.ts';
import type { ObjectKey } from '../realm.ts';
import { dnsLabelCauses } from '../schema/metadata.ts';

/** A body may leave out what the path says already. */
export function named(draft: DraftObject, key: ObjectKey): DraftObject {
  if (typeof draft.metadata !== 'object' || draft.metadata === null) return draft;
  if (draft.metadata.name !== undefined && draft.metadata.name !== '') return draft;
  return { ...draft, metadata: { ...draft.metadata, name: key.name } };
}

export function assertNamespace(kind: Kind, namespace: string | undefined, inBody: string | undefined): void {
  if (kind.scope === 'Realm') {
    if (namespace === undefined && !inBody) return;
    throw badRequest(`metadata.namespace: a ${kind.kind} belongs to no project; leave it out`);
  }
  if (namespace === undefined)
    throw badRequest(`metadata.namespace: a ${kind.kind} belongs to a project; name it`);
  if (inBody && inBody !== namespace) {
    throw badRequest(
      `metadata.namespace: the namespace of the object (${inBody}) does not match the namespace of the request (${namespace})`,
    );
  }
  const [cause] = dnsLabelCauses(namespace, 'metadata.namespace');
  if (cause) throw badRequest(`metadata.namespace: ${cause.message}`, [cause]);
}

export function assertSameKey(
  key: ObjectKey,
  metadata: { readonly name?: string; readonly namespace?: string },
): void {
  if (metadata.name && metadata.name !== key.name) {
    throw badRequest(
      `metadata.name: the name of the object (${metadata.name}) does not match the name on the URL (${key.name})`,
    );
  }
  if (metadata.namespace && metadata.namespace !== key.namespace) {
    throw badRequest(
      `metadata.namespace: the namespace of the object (${metadata.namespace}) does not match the namespace on the request (${key.namespace ?? 'none'})`,
    );
  }
}
