/**
 * Who may make an access key, change it, and have its secret: the person that it belongs to, nobody in their stead, so that the record of what was done with it names who did
 * it. Of a service account: whoever may have its tokens. Nobody gets more by it than they hold. Synchronous: it runs in the lane too.
 */
import { type Actor, isInternal } from '#kernel/access.ts';
import { forbidden, invalid, type StatusCause } from '#kernel/errors.ts';
import type { Admission, AdmissionRequest } from '#kernel/kind.ts';
import type { RealmView } from '#kernel/realm.ts';
import { realmType } from '#kernel/realm-id.ts';
import { jsonEqual } from '#kernel/schema/field-path.ts';
import { grantsOf } from '#trust/access/grants.ts';
import { bindingsIn, requireHeld } from '#trust/access/guard.ts';
import { RoleBinding } from '#trust/access/role-binding.ts';
import { isLive } from '#trust/identity/people/directory.ts';
import { ServiceAccount } from '#trust/identity/service-accounts/service-account.ts';
import type { TokenRights } from '#trust/identity/service-accounts/token-rights.ts';
import { AccessKey, type AccessKeyObject, type AccessKeySpec } from './access-key.ts';
import { holderOf } from './holders.ts';
import { accessKeyId } from './ids.ts';

export type KeyRights = (view: RealmView, actor: Actor, key: AccessKeyObject) => void;

const subjectOf = (name: string) => ({ group: AccessKey.group, kind: AccessKey.plural, name });

/** Throws `forbidden` unless the actor may have that key. */
export function keyRights(rights: TokenRights): KeyRights {
  return (view, actor, key) => {
    if (isInternal(actor)) return;
    const { name, namespace = '' } = key.metadata;
    const { user, serviceAccount } = key.spec;
    if (serviceAccount !== undefined) {
      const entry = view.entry(ServiceAccount, { namespace, name: serviceAccount });
      if (!isLive(entry)) throw forbidden(subjectOf(name), `service account "${serviceAccount}" is gone`);
      rights(view, actor, entry.object());
      return;
    }
    if (user !== actor.name) {
      throw forbidden(
        subjectOf(name),
        `it is "${user}" who has it: people make their access keys themselves; for a program, use a service account`,
      );
    }
    const holder = holderOf(view, key);
    if (holder === undefined) throw forbidden(subjectOf(name), `nobody is called "${user}" here any more`);
    const bindings = bindingsIn(view, RoleBinding);
    // A certificate may carry fewer groups than the person has by another.
    requireHeld(
      { realm: view.realm, kind: AccessKey, object: key, view, actor },
      bindings,
      grantsOf(bindings, { user: holder.name, groups: holder.groups }, realmType(view.realm)),
      'the access key',
    );
  };
}

/** In the lane, of every change of an AccessKey. */
export function accessKeyAdmission(rights: KeyRights): Admission {
  return (request) => {
    const { kind, operation, object, previous, view, actor } = request;
    if (kind.resource !== AccessKey.resource || operation === 'delete') return;
    const key = object as AccessKeyObject;
    if (previous !== undefined && jsonEqual(previous.spec, key.spec)) return;
    const causes = causesOf(request, key.spec);
    if (causes.length > 0)
      throw invalid({ group: kind.group, kind: kind.kind, name: key.metadata.name }, causes);
    rights(view, actor, key);
  };
}

function causesOf(
  { object, previous, view, now_ms, realm }: AdmissionRequest,
  spec: AccessKeySpec,
): StatusCause[] {
  const causes: StatusCause[] = [];
  const refuse = (field: string, message: string) =>
    causes.push({ reason: 'FieldValueInvalid', field, message });
  if ((spec.user === undefined) === (spec.serviceAccount === undefined)) {
    refuse('spec', 'takes either user or serviceAccount: whose the key is');
    return causes;
  }
  if (holderOf(view, object as AccessKeyObject) === undefined) {
    if (spec.user === undefined) {
      refuse(
        'spec.serviceAccount',
        `there is no service account "${spec.serviceAccount}" in project "${object.metadata.namespace}"; make it first: kubectl create serviceaccount ${spec.serviceAccount}`,
      );
    } else refuse('spec.user', `nobody is called "${spec.user}" in this organization, or they are disabled`);
  }
  const before = (previous?.spec as AccessKeySpec | undefined)?.expires;
  if (spec.expires !== undefined && spec.expires !== before) {
    const expires_ms = Date.parse(spec.expires);
    if (Number.isNaN(expires_ms)) refuse('spec.expires', 'is no time; write 2027-01-31T00:00:00Z');
    else if (expires_ms <= now_ms) refuse('spec.expires', 'is over already');
  }
  const id = accessKeyId(realm, object.metadata.uid);
  for (const entry of view.entries(AccessKey)) {
    if (entry.uid === object.metadata.uid || accessKeyId(realm, entry.uid) !== id) continue;
    refuse('metadata.uid', 'another key has the same id, which is chance: try again');
  }
  return causes;
}
