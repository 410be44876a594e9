/**
 * Makes an organization: its realm, and in it the one credential that lets its first administrator in. Unmakes it: all
 * that is in it first, then the realm with its keys. Once the first administrator's certificate is published it never
 * writes into the realm again until the organization is deleted: from then on it belongs to the tenant.
 */
import type { Controller, ReconcileContext, RetryAfter } from '#kernel/controller.ts';
import { isStatusError } from '#kernel/errors.ts';
import type { Kind } from '#kernel/kind.ts';
import type { ObjectKey, Realm } from '#kernel/realm.ts';
import { organizationOf, organizationRealm, type RealmId } from '#kernel/realm-id.ts';
import { type ConditionChange, readyCondition, setCondition } from '#kernel/reconcile/conditions.ts';
import { hasFinalizer, isDeleting, removeFinalizer } from '#kernel/reconcile/finalizers.ts';
import { RoleBinding } from '#trust/access/role-binding.ts';
import { ClientCertificate } from '#trust/identity/client-certificate.ts';
import type { Keyring } from '#trust/keys/keyring.ts';
import { deleteContent, remainingText } from './content.ts';
import {
  ORGANIZATION_FINALIZER,
  Organization,
  type OrganizationObject,
  type OrganizationStatus,
} from './organization.ts';
import { bootstrapRealm, FIRST_ADMINISTRATOR, firstCertificate } from './organization-bootstrap.ts';

/** Organizations made or unmade at once. */
const CONCURRENCY = 16;
/** The certificate's own change wakes the controller; this is for what could be missed. */
const CERTIFICATE_LOOK_AGAIN_ms = 2_000;
const DELETION_LOOK_AGAIN_ms = 250;
const NOT_YET =
  'all that was in it is gone; what the region holds of it (its keys, what it was encrypted in) could not all be destroyed yet: it is tried again, and the region’s log says why';

export interface OrganizationControllerOptions {
  /** Every kind of an organization; read when first needed. */
  readonly kinds: () => readonly Kind[];
  /** With the authority that signs a first administrator's certificate. */
  readonly keyring: Pick<Keyring, 'clientAuthority'>;
  /** What is done last while the organization's realm and keys are still there. Called again when anything after it failed. */
  readonly beforeDestroying?: (organization: RealmId, context: ReconcileContext) => Promise<void>;
}

export function organizationController(options: OrganizationControllerOptions): Controller {
  return {
    name: 'organization',
    realms: ['region'],
    kind: Organization,
    concurrency: CONCURRENCY,
    watches: [{ kind: ClientCertificate, from: 'organizations', keys: organizationOfCertificate }],
    async reconcile(key, context) {
      const organization = context.realm.view.get(Organization, key);
      if (!organization) return undefined;
      if (isDeleting(organization)) return unmake(organization, options, context);
      if (organization.status?.firstAdministrator) return settle(organization, context);
      return make(organization, options, context);
    },
  };
}

function organizationOfCertificate(
  object: { readonly metadata: { readonly name: string } },
  realm: Realm,
): readonly ObjectKey[] {
  const name = organizationOf(realm.id);
  return name !== undefined && object.metadata.name === FIRST_ADMINISTRATOR ? [{ name }] : [];
}

type Bootstrap = (realm: Realm) => Promise<void>;

async function make(
  organization: OrganizationObject,
  { keyring }: OrganizationControllerOptions,
  context: ReconcileContext,
): Promise<RetryAfter | undefined> {
  const { name, generation } = organization.metadata;
  const id = organizationRealm(name);
  const bootstrap = (realm: Realm) => bootstrapRealm(realm, organization, keyring, context);
  // Of one that nothing was said of yet there is no realm, unless an earlier attempt ended early: so nobody asks first.
  const isNew = organization.status?.observedGeneration === undefined;
  let found = isNew ? undefined : await lookInto(id, bootstrap, context);
  if (!found) {
    await createRealm(organization, bootstrap, context);
    found = await lookInto(id, bootstrap, context);
  }
  // Somebody else unmade it at this moment.
  if (!found) return { retryAfter_ms: CERTIFICATE_LOOK_AGAIN_ms };
  const { certificate, ...known } = found;
  if (certificate.state === 'signed') {
    const { state: _, ...firstAdministrator } = certificate;
    const ready = readyCondition('True', 'Ready', `its API is at ${id}`, generation);
    await publish(organization, context, { ...known, firstAdministrator }, ready);
    return undefined;
  }
  const waiting = readyCondition('False', certificate.reason, certificate.message, generation);
  await publish(organization, context, known, waiting);
  return certificate.state === 'refused' ? undefined : { retryAfter_ms: CERTIFICATE_LOOK_AGAIN_ms };
}

/** What there is of it, completed; undefined when it has no realm. */
async function lookInto(id: RealmId, bootstrap: Bootstrap, { realms }: ReconcileContext) {
  try {
    return await realms.use(id, async (realm) => {
      await bootstrap(realm);
      return { path: id, realmUid: realm.uid, ledger: realm.vkeys, certificate: firstCertificate(realm) };
    });
  } catch (error) {
    if (isStatusError(error, 'NotFound') && error.details?.kind === 'realm') return undefined;
    throw error;
  }
}

async function createRealm(
  organization: OrganizationObject,
  bootstrap: Bootstrap,
  { realms, events }: ReconcileContext,
): Promise<void> {
  const id = organizationRealm(organization.metadata.name);
  try {
    await realms.create(id, bootstrap);
    events.record(organization, 'Normal', 'RealmCreated', `its API, ledger and keys were made at ${id}`);
  } catch (error) {
    // Somebody else made it at this moment: it is looked into like any.
    if (!isStatusError(error, 'AlreadyExists')) throw error;
  }
}

/** A made organization only keeps its condition about the latest generation. */
async function settle(organization: OrganizationObject, context: ReconcileContext): Promise<undefined> {
  const { generation, name } = organization.metadata;
  if (organization.status?.observedGeneration === generation) return;
  const ready = readyCondition('True', 'Ready', `its API is at ${organizationRealm(name)}`, generation);
  await publish(organization, context, {}, ready);
}

async function unmake(
  organization: OrganizationObject,
  { kinds, beforeDestroying }: OrganizationControllerOptions,
  context: ReconcileContext,
): Promise<RetryAfter | undefined> {
  if (!hasFinalizer(organization, ORGANIZATION_FINALIZER)) return undefined;
  const { name, uid, generation } = organization.metadata;
  const id = organizationRealm(name);
  if (await context.realms.exists(id)) {
    const left = await context.realms.use(id, (realm) =>
      deleteContent(realm, credentialsFirst(kinds()), undefined, {
        ...context.change,
        actor: { ...context.change.actor, realm: id },
      }),
    );
    if (left.size > 0) {
      const message = `waiting for ${remainingText(left)} to be gone`;
      await publish(organization, context, {}, readyCondition('False', 'Deleting', message, generation));
      return { retryAfter_ms: DELETION_LOOK_AGAIN_ms };
    }
  }
  try {
    if (await context.realms.exists(id)) await beforeDestroying?.(id, context);
    // Also when there is no realm any more: an earlier attempt may have ended before it came to the keys.
    await context.realms.destroy(id);
  } catch (error) {
    await publish(organization, context, {}, readyCondition('False', 'Deleting', NOT_YET, generation));
    throw error;
  }
  await removeFinalizer(
    context.realm.resources,
    Organization,
    { name },
    ORGANIZATION_FINALIZER,
    context.change,
    uid,
  );
  return undefined;
}

// Whoever is still signed in is locked out before anything else goes, so that nothing is made while it is unmade.
function credentialsFirst(kinds: readonly Kind[]): Kind[] {
  const credentials: readonly string[] = [ClientCertificate.resource, RoleBinding.resource];
  const own = kinds.filter((kind) => kind.realms.includes('organization'));
  return [
    ...own.filter((kind) => credentials.includes(kind.resource)),
    ...own.filter((kind) => !credentials.includes(kind.resource)),
  ];
}

async function publish(
  { metadata }: OrganizationObject,
  { realm, change, clock }: ReconcileContext,
  changes: Partial<OrganizationStatus>,
  condition: ConditionChange,
): Promise<void> {
  try {
    await realm.resources.modify(
      Organization,
      { name: metadata.name },
      change,
      (current) =>
        current.metadata.uid === metadata.uid
          ? {
              ...current,
              status: {
                ...current.status,
                ...changes,
                observedGeneration: metadata.generation,
                conditions: [...setCondition(current.status?.conditions, condition, clock)],
              },
            }
          : current,
      { subresource: 'status' },
    );
  } catch (error) {
    if (!isStatusError(error, 'NotFound')) throw error;
  }
}
