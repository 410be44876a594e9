/**
 * The first objects of an organization: who administers it, the credential that lets them in, and a project to begin
 * with. They are there as soon as its realm is. Idempotent; used only until the credential is published, never again after.
 */
import type { ReconcileContext } from '#kernel/controller.ts';
import { isStatusError } from '#kernel/errors.ts';
import type { Kind } from '#kernel/kind.ts';
import type { DraftObject } from '#kernel/object.ts';
import type { ChangeContext, CreateOptions, Realm } from '#kernel/realm.ts';
import { getCondition } from '#kernel/reconcile/conditions.ts';
import { RoleBinding } from '#trust/access/role-binding.ts';
import { ClientCertificate } from '#trust/identity/client-certificate.ts';
import { signedStatus } from '#trust/identity/controller.ts';
import type { Keyring } from '#trust/keys/keyring.ts';
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

/** Makes those that are missing. The credential is signed, or refused, from the beginning. */
export async function bootstrapRealm(
  realm: Realm,
  organization: OrganizationObject,
  keyring: Pick<Keyring, 'clientAuthority'>,
  context: ReconcileContext,
): Promise<void> {
  const { change } = context;
  const inRealm: ChangeContext = { ...change, actor: { ...change.actor, realm: realm.id } };
  const metadata = { name: FIRST_ADMINISTRATOR };
  const { user, request } = organization.spec.firstAdministrator;
  const certificate = realm.view.entry(ClientCertificate, metadata)
    ? undefined
    : await signFirst(realm, { user, request }, keyring, context);
  // Together, so that they are one commit.
  await Promise.all([
    ensure(realm, Namespace, { metadata: { name: DEFAULT_PROJECT } }, inRealm),
    ensure(
      realm,
      RoleBinding,
      { metadata, spec: { role: 'organization-admin', subjects: [{ kind: 'User', name: user }] } },
      inRealm,
    ),
    certificate &&
      ensure(realm, ClientCertificate, { metadata, spec: certificate.spec }, inRealm, certificate),
  ]);
}

/** What the credential is made with, so that no second commit has to bring its certificate. */
async function signFirst(
  realm: Realm,
  spec: { readonly user: string; readonly request: string },
  keyring: Pick<Keyring, 'clientAuthority'>,
  { random, clock }: ReconcileContext,
) {
  const uid = random.uuid();
  const status = await signedStatus({ metadata: { uid, generation: 1 }, spec }, keyring, realm.id, clock);
  return { spec, born: { uid, status } };
}

async function ensure(
  realm: Realm,
  kind: Kind,
  draft: DraftObject & { metadata: { name: string } },
  change: ChangeContext,
  options?: CreateOptions,
): Promise<void> {
  if (realm.view.entry(kind, { name: draft.metadata.name })) return;
  try {
    await realm.resources.create(
      kind,
      undefined,
      { apiVersion: kind.apiVersion, kind: kind.kind, ...draft },
      change,
      options,
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
