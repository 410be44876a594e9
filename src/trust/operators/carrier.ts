/**
 * Brings an operator's request from the region into the tenant's realm, and what became of it back. It is the one thing that the region
 * writes into a tenant's realm: an object that asks, and ends. It carries no right: until the tenant's people grant it (or, breaking the
 * glass, two operators agreed and the tenant does not forbid it), nothing opens.
 */
import { rfc3339 } from '#kernel/clock.ts';
import type { Controller, ReconcileContext, RetryAfter } from '#kernel/controller.ts';
import { isStatusError } from '#kernel/errors.ts';
import type { ChangeContext, Realm } from '#kernel/realm.ts';
import { organizationRealm, REGION, type RealmId } from '#kernel/realm-id.ts';
import { isDeleting, removeFinalizer } from '#kernel/reconcile/finalizers.ts';
import {
  ACCESS_REQUEST_FINALIZER,
  AccessRequest,
  type AccessRequestObject,
  type AccessStatus,
  ASK_LIFE_MS,
  isOpenRequest,
  specOf,
  statusOf,
} from './access-request.ts';

const NAME_CHARACTERS_MAX = 200;

/** Its name in the tenant's realm, where other operators' requests of the same name may be. */
export const carriedName = (name: string, uid: string): string =>
  `${name.slice(0, NAME_CHARACTERS_MAX)}-${uid.slice(0, 8)}`;

/** Our own identity in the tenant's realm. */
const changeIn = (realm: RealmId, { actor, ...change }: ChangeContext): ChangeContext => ({
  ...change,
  actor: { ...actor, realm },
});

export const accessRequestCarrier: Controller = {
  name: 'access-request-carrier',
  realms: ['region'],
  kind: AccessRequest,
  watches: [
    {
      kind: AccessRequest,
      from: 'organizations',
      keys: (object) => {
        const uid = specOf(object).origin?.uid;
        return uid === undefined ? [] : [{ name: originName(object.metadata.name, uid) }];
      },
    },
  ],
  async reconcile({ name }, context) {
    const object = context.realm.view.get(AccessRequest, { name });
    if (!object) return undefined;
    if (isDeleting(object)) return withdraw(object, context);
    if (['Rejected', 'Refused', 'Expired', 'Ended'].includes(statusOf(object).phase)) return undefined;
    if (statusOf(object).phase === 'Revoked') {
      await endCarried(object, context);
      return undefined;
    }
    return carry(object, context);
  },
};

/** The reverse of `carriedName`. A name that was cut is looked for by the next sweep instead. */
const originName = (carried: string, uid: string): string =>
  carried.endsWith(`-${uid.slice(0, 8)}`) ? carried.slice(0, -9) : carried;

async function carry(
  object: AccessRequestObject,
  context: ReconcileContext,
): Promise<RetryAfter | undefined> {
  const { clock } = context;
  const { phase, consent } = statusOf(object);
  const left_ms = Date.parse(object.metadata.creationTimestamp) + ASK_LIFE_MS - clock.now();
  if (phase === 'Pending') {
    if (left_ms <= 0) {
      await publish(object, context, { phase: 'Expired', message: 'nobody agreed in time' });
      return undefined;
    }
    // Break-glass waits here for another operator.
    if (consent.required > 0 && consent.phase !== 'Approved') return { retryAfter_ms: left_ms };
  }
  try {
    return await inTenant(object, context, async (realm, change) => {
      const name = carriedName(object.metadata.name, object.metadata.uid);
      const found =
        realm.view.get(AccessRequest, { name }) ?? (await create(object, realm, change, name, phase));
      if (!found || specOf(found).origin?.uid !== object.metadata.uid) {
        await publish(object, context, { phase: 'Ended', message: 'the organization deleted the request' });
        return undefined;
      }
      await mirror(object, found, context, name);
      return undefined;
    });
  } catch (error) {
    if (isStatusError(error, 'Forbidden')) {
      await publish(object, context, { phase: 'Refused', message: error.message });
      return undefined;
    }
    throw error;
  }
}

async function create(
  object: AccessRequestObject,
  realm: Realm,
  change: ChangeContext,
  name: string,
  phase: AccessStatus['phase'],
): Promise<AccessRequestObject | undefined> {
  // It was there once: whoever deleted it there ended it.
  if (phase !== 'Pending') return undefined;
  const { consent } = statusOf(object);
  const origin = {
    uid: object.metadata.uid,
    operator: consent.requestedBy,
    ...(consent.approvals.length === 0 ? {} : { approvedBy: consent.approvals.map(({ by }) => by) }),
  };
  const spec = { ...object.spec, origin };
  const written = await realm.resources.create(
    AccessRequest,
    undefined,
    { metadata: { name }, spec },
    change,
  );
  return written.object as AccessRequestObject;
}

/** What the operator may know of the tenant's decision. Who decided is the tenant's own affair. */
async function mirror(
  object: AccessRequestObject,
  carried: AccessRequestObject,
  context: ReconcileContext,
  carriedAs: string,
): Promise<void> {
  const { phase, grantedAt, endsAt, endedAt, certificate, serial, message } = statusOf(carried);
  await publish(object, context, {
    phase: phase === 'Pending' ? 'Carried' : phase,
    carriedAs,
    ...(grantedAt === undefined ? {} : { grantedAt }),
    ...(endsAt === undefined ? {} : { endsAt }),
    ...(endedAt === undefined ? {} : { endedAt }),
    ...(certificate === undefined ? {} : { certificate }),
    ...(serial === undefined ? {} : { serial }),
    ...(message === undefined ? {} : { message }),
  });
}

/** Ends what was carried, when the operator takes it back. */
async function endCarried(object: AccessRequestObject, context: ReconcileContext): Promise<void> {
  await inTenant(object, context, async ({ view, resources }, change) => {
    const name = carriedName(object.metadata.name, object.metadata.uid);
    const found = view.get(AccessRequest, { name });
    if (!found || specOf(found).origin?.uid !== object.metadata.uid) return undefined;
    await resources.modify(
      AccessRequest,
      { name },
      change,
      (current) => {
        if (current.metadata.uid !== found.metadata.uid || !isOpenRequest(current)) return current;
        const endedAt = rfc3339(context.clock.now());
        const status = {
          ...statusOf(current),
          phase: 'Ended' as const,
          endedAt,
          message: 'the operator gave it up',
        };
        return { ...current, status };
      },
      { subresource: 'status' },
    );
    return undefined;
  });
}

async function withdraw(object: AccessRequestObject, context: ReconcileContext): Promise<undefined> {
  await endCarried(object, context);
  const { name, uid } = object.metadata;
  await removeFinalizer(
    context.realm.resources,
    AccessRequest,
    { name },
    ACCESS_REQUEST_FINALIZER,
    context.change,
    uid,
  );
  return undefined;
}

/** Works in the tenant's realm; an organization that does not exist refuses. */
async function inTenant<T>(
  object: AccessRequestObject,
  context: ReconcileContext,
  work: (realm: Realm, change: ChangeContext) => Promise<T | undefined>,
): Promise<T | undefined> {
  const id = organizationRealm(specOf(object).organization);
  try {
    return await context.realms.use(id, (realm) => work(realm, changeIn(id, context.change)));
  } catch (error) {
    if (!isStatusError(error, 'NotFound') || error.details?.kind !== 'realm') throw error;
    if (!isDeleting(object))
      await publish(object, context, { phase: 'Refused', message: 'there is no such organization' });
    return undefined;
  }
}

async function publish(
  { metadata }: AccessRequestObject,
  { realm, change }: ReconcileContext,
  changes: Partial<AccessStatus>,
): Promise<void> {
  if (realm.id !== REGION) throw new TypeError('what an operator reads is in the region');
  try {
    await realm.resources.modify(
      AccessRequest,
      { name: metadata.name },
      change,
      (current) => {
        // Who gave it up at this moment has given it up.
        if (current.metadata.uid !== metadata.uid || !isOpenRequest(current)) return current;
        return { ...current, status: { ...statusOf(current), ...changes } };
      },
      { subresource: 'status' },
    );
  } catch (error) {
    if (!isStatusError(error, 'NotFound')) throw error;
  }
}
