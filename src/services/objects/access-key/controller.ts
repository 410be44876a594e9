/** Says of each access key whether it counts, ends those whose holder is gone, and destroys the secrets of those that were deleted. That they count no more is not left to it. */
import type { Controller, ReconcileContext, RetryAfter } from '#kernel/controller.ts';
import { isStatusError } from '#kernel/errors.ts';
import type { Kind } from '#kernel/kind.ts';
import type { KubeObject } from '#kernel/object.ts';
import type { ObjectKey, Realm } from '#kernel/realm.ts';
import { type ConditionChange, readyCondition, setCondition } from '#kernel/reconcile/conditions.ts';
import { isDeleting, removeFinalizer } from '#kernel/reconcile/finalizers.ts';
import { ClientCertificate } from '#trust/identity/client-certificate.ts';
import { User } from '#trust/identity/people/user.ts';
import { ServiceAccount } from '#trust/identity/service-accounts/service-account.ts';
import { ACCESS_KEY_FINALIZER, AccessKey, type AccessKeyObject, type AccessKeySpec } from './access-key.ts';
import { holderOf } from './holders.ts';
import type { AccessKeySecrets } from './secrets.ts';

/** Timers are not for months. */
const LOOK_AGAIN_MS_MAX = 24 * 60 * 60_000;

export function accessKeyController(secrets: AccessKeySecrets): Controller {
  return {
    name: 'access-keys',
    realms: ['organization'],
    kind: AccessKey,
    watches: [
      { kind: User, keys: keysOf(({ user }, { name }) => user === name) },
      { kind: ServiceAccount, keys: keysOf(({ serviceAccount }, { name }) => serviceAccount === name, true) },
      {
        kind: ClientCertificate,
        keys: (object, realm) => {
          const { user: of } = object.spec as { readonly user: string };
          return keysIn(realm, ({ user }) => user === of);
        },
      },
    ],
    reconcile: (key, context) => reconcile(key, secrets, context),
    async sweep({ realm, realms }) {
      const kept = await secrets.uids(realm.id);
      await realms.fresh(realm.id);
      for (const uid of kept) {
        if (realm.view.byUid(uid) === undefined) await secrets.destroy(realm.id, uid);
      }
    },
  };
}

const keysOf =
  (concerns: (spec: AccessKeySpec, holder: ObjectKey) => boolean, inProject = false) =>
  ({ metadata: { name, namespace } }: KubeObject, realm: Realm): readonly ObjectKey[] =>
    keysIn(realm, (spec) => concerns(spec, { name }), inProject ? namespace : undefined);

function keysIn(
  realm: Realm,
  concerns: (spec: AccessKeySpec) => boolean,
  namespace?: string,
): readonly ObjectKey[] {
  return realm.view
    .list(AccessKey as Kind, namespace)
    .filter(({ spec }) => concerns(spec as AccessKeySpec))
    .map(({ metadata }) => ({ namespace: metadata.namespace ?? '', name: metadata.name }));
}

async function reconcile(
  key: ObjectKey,
  secrets: AccessKeySecrets,
  context: ReconcileContext,
): Promise<RetryAfter | undefined> {
  const { realm, change, clock } = context;
  const current = realm.view.get(AccessKey, key);
  if (!current) return undefined;
  const { uid } = current.metadata;
  if (isDeleting(current)) {
    await secrets.destroy(realm.id, uid);
    await removeFinalizer(realm.resources, AccessKey, key, ACCESS_KEY_FINALIZER, change, uid);
    return undefined;
  }
  if (isOrphan(realm, current)) {
    await removeOne(key, uid, context);
    return undefined;
  }
  await publish(key, uid, readiness(realm, current, clock.now()), context);
  const expires_ms = Date.parse(current.spec.expires ?? '');
  const left_ms = expires_ms - clock.now();
  return left_ms > 0 ? { retryAfter_ms: Math.min(left_ms, LOOK_AGAIN_MS_MAX) } : undefined;
}

/** Whether whoever it was given to is gone for good. Who is disabled can be enabled again. */
function isOrphan({ view }: Realm, { metadata, spec, status }: AccessKeyObject): boolean {
  if (status?.holderUid === undefined) return false;
  if (status.holderUid !== '') return view.byUid(status.holderUid) === undefined;
  return holderOf(view, { metadata, spec }) === undefined;
}

async function removeOne(key: ObjectKey, uid: string, { realm, change }: ReconcileContext): Promise<void> {
  try {
    await realm.resources.delete(AccessKey, key, change, { preconditions: { uid } });
  } catch (error) {
    if (!isStatusError(error, 'NotFound') && !isStatusError(error, 'Conflict')) throw error;
  }
}

function readiness({ view }: Realm, key: AccessKeyObject, now_ms: number): ConditionChange {
  const { generation } = key.metadata;
  const { expires } = key.spec;
  const not = (reason: string, message: string) => readyCondition('False', reason, message, generation);
  if (key.status?.issuedAt === undefined) {
    return not('NotIssued', 'nobody has its secret yet: casemate access-key issue, or POST to issue');
  }
  if (expires !== undefined && Date.parse(expires) <= now_ms) return not('Expired', `it ended on ${expires}`);
  const holder = holderOf(view, key);
  if (holder === undefined || holder.uid !== key.status.holderUid) {
    return not('HolderDisabled', 'whoever it belongs to is disabled, or another one by now');
  }
  return readyCondition(
    'True',
    'Usable',
    `it opens what "${holder.name}" may do, within its scope`,
    generation,
  );
}

async function publish(
  key: ObjectKey,
  uid: string,
  condition: ConditionChange,
  { realm, change, clock }: ReconcileContext,
): Promise<void> {
  try {
    await realm.resources.modify(
      AccessKey,
      key,
      change,
      (current) =>
        current.metadata.uid !== uid
          ? current
          : {
              ...current,
              status: {
                ...current.status,
                observedGeneration: condition.observedGeneration ?? current.metadata.generation,
                conditions: [...setCondition(current.status?.conditions, condition, clock)],
              },
            },
      { subresource: 'status' },
    );
  } catch (error) {
    if (!isStatusError(error, 'NotFound')) throw error;
  }
}
