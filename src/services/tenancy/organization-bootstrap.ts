/**
 * The first objects of an organization: who administers it, the credential that lets them in, and a project to begin
 * with. They are there as soon as its realm is. Idempotent; used only until the credential is published, never again after.
 */
import type { ReconcileContext } from '#kernel/controller.ts';
import { isStatusError } from '#kernel/errors.ts';
import type { Kind } from '#kernel/kind.ts';
import type { DraftObject } from '#kernel/object.ts';
import type { ChangeContext, Realm } from '#kernel/realm.ts';
import { getCondition } from '#kernel/reconcile/conditions.ts';
import { RoleBinding } from '#trust/access/role-binding.ts';
import { ClientCertificate } from '#trust/identity/client-certificate.ts';
import { DEFAULT_PROJECT } from './groups.ts';
import { Namespace } from './namespace.ts';
import type { OrganizationObject } from './organization.ts';

/** Name of the first administrator's ClientCertificate and RoleBinding. */
export const FIRST_ADMINISTRATOR = 'first-administrator';

/** `waiting`: not signed yet. `refused`: it never will be, for the reason given. */
export type FirstCertificate =
  | {
      readonly state: 'signed';
      readonly certificate: string;
      readonly serial: string;
      readonly notAfter: string;
    }
  | { readonly state: 'waiting' | 'refused'; readonly reason: string; readonly message: string };

/** Makes those that are missing. */
export async function bootstrapRealm(
  realm: Realm,
  organization: OrganizationObject,
  { change }: ReconcileContext,
): Promise<void> {
  const { user, request } = organization.spec.firstAdministrator;
  const inRealm: ChangeContext = { ...change, actor: { ...change.actor, realm: realm.id } };
  const metadata = { name: FIRST_ADMINISTRATOR };
  // Together, so that they are one commit.
  await Promise.all([
    ensure(realm, Namespace, { metadata: { name: DEFAULT_PROJECT } }, inRealm),
    ensure(
      realm,
      RoleBinding,
      { metadata, spec: { role: 'organization-admin', subjects: [{ kind: 'User', name: user }] } },
      inRealm,
    ),
    ensure(realm, ClientCertificate, { metadata, spec: { user, request } }, inRealm),
  ]);
}

async function ensure(
  realm: Realm,
  kind: Kind,
  draft: DraftObject & { metadata: { name: string } },
  change: ChangeContext,
): Promise<void> {
  if (realm.view.entry(kind, { name: draft.metadata.name })) return;
  try {
    await realm.resources.create(
      kind,
      undefined,
      { apiVersion: kind.apiVersion, kind: kind.kind, ...draft },
      change,
    );
  } catch (error) {
    if (!isStatusError(error, 'AlreadyExists')) throw error;
  }
}

export function firstCertificate(realm: Realm): FirstCertificate {
  const status = realm.view.get(ClientCertificate, { name: FIRST_ADMINISTRATOR })?.status;
  if (status?.certificate && status.serial && status.notAfter) {
    const { certificate, serial, notAfter } = status;
    return { state: 'signed', certificate, serial, notAfter };
  }
  const ready = getCondition(status?.conditions, 'Ready');
  if (ready?.status === 'False') {
    return {
      state: 'refused',
      reason: ready.reason,
      message: `the first administrator's signing request was refused: ${ready.message} Delete the organization and create it again with another request.`,
    };
  }
  return {
    state: 'waiting',
    reason: 'SigningCertificate',
    message: "the first administrator's certificate is being signed; nothing to do",
  };
}
