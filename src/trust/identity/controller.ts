/**
 * Signs ClientCertificates: checks the request, signs its key with the realm's client authority, and puts the certificate
 * into the status. Signs each object once; never a request that did not prove its key.
 */
import { type Clock, rfc3339 } from '#kernel/clock.ts';
import type { Controller, ReconcileContext, RetryAfter } from '#kernel/controller.ts';
import type { ObjectKey } from '#kernel/realm.ts';
import type { RealmId } from '#kernel/realm-id.ts';
import { readyCondition, setCondition } from '#kernel/reconcile/conditions.ts';
import { type SignedClientCertificate, signClientRequest } from '../certificates/client.ts';
import { RequestError } from '../certificates/request.ts';
import type { Keyring } from '../keys/keyring.ts';
import {
  ClientCertificate,
  type ClientCertificateObject,
  VALIDITY_DAYS_DEFAULT,
} from './client-certificate.ts';

/** A certificate whose end is far away is looked at again after this, because timers are not for years. */
const LOOK_AGAIN_MS_MAX = 24 * 60 * 60 * 1000;

/** As much of a reconcile as signing needs. */
type SigningContext = Pick<ReconcileContext, 'realm' | 'change' | 'clock'>;

type Status = NonNullable<ClientCertificateObject['status']>;

/** As much of an object as its status follows from. */
type ToSign = Pick<ClientCertificateObject, 'spec' | 'status'> & {
  readonly metadata: Pick<ClientCertificateObject['metadata'], 'uid' | 'generation'>;
};

/** What the status should be, or undefined when it is right already. */
async function statusFor(
  object: ToSign,
  keyring: Pick<Keyring, 'clientAuthority'>,
  realm: RealmId,
  clock: Clock,
): Promise<Status | undefined> {
  const current = object.status ?? {};
  if (current.certificate === undefined || current.notAfter === undefined) {
    return signedStatus(object, keyring, realm, clock);
  }
  if (Date.parse(current.notAfter) > clock.now()) return undefined;
  const message = `It expired on ${current.notAfter}; make a new ClientCertificate.`;
  return withReady(object, clock, 'False', 'Expired', message, {});
}

/**
 * The status of an object that has no certificate yet: with one, or with the reason why there will be none. Also of one that is about to
 * be made with that uid, so that it is made with its certificate.
 */
export async function signedStatus(
  object: ToSign,
  keyring: Pick<Keyring, 'clientAuthority'>,
  realm: RealmId,
  clock: Clock,
): Promise<Status> {
  const authority = await keyring.clientAuthority(realm);
  if (!authority) throw new Error(`realm ${realm} has no client authority`);
  const { user, groups = [], request, validity_days = VALIDITY_DAYS_DEFAULT } = object.spec;
  let signed: SignedClientCertificate;
  try {
    signed = await signClientRequest(authority, {
      user,
      groups,
      objectUid: object.metadata.uid,
      request,
      now_ms: clock.now(),
      validity_days,
    });
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    const message = `spec.request ${error.message}. Delete this object and make another with a good request.`;
    return withReady(object, clock, 'False', `${error.reason}Request`, message, {});
  }
  return withReady(object, clock, 'True', 'Signed', 'The certificate is in status.certificate.', {
    certificate: signed.pem,
    serial: signed.serial,
    notBefore: rfc3339(signed.notBefore_ms),
    notAfter: rfc3339(signed.notAfter_ms),
  });
}

function withReady(
  { metadata: { generation }, status: current = {} }: ToSign,
  clock: Clock,
  status: 'True' | 'False',
  reason: string,
  message: string,
  fields: Partial<Status>,
): Status {
  const ready = readyCondition(status, reason, message, generation);
  return {
    ...current,
    ...fields,
    observedGeneration: generation,
    conditions: [...setCondition(current.conditions, ready, clock)],
  };
}

/** Brings one ClientCertificate's status up to date. The bootstrap calls it too, before any controller runs. */
export async function reconcileClientCertificate(
  key: ObjectKey,
  keyring: Pick<Keyring, 'clientAuthority'>,
  context: SigningContext,
): Promise<RetryAfter | undefined> {
  const { realm, clock } = context;
  const object = realm.view.get(ClientCertificate, key);
  if (!object || object.metadata.deletionTimestamp !== undefined) return undefined;
  const status = await statusFor(object, keyring, realm.id, clock);
  if (status) {
    await realm.resources.modify(
      ClientCertificate,
      key,
      context.change,
      (current) => {
        // Another replica may have signed it, or it was made anew under the same name, while we did.
        const other = current.status?.certificate !== object.status?.certificate;
        return other || current.metadata.uid !== object.metadata.uid ? current : { ...current, status };
      },
      { subresource: 'status' },
    );
  }
  const notAfter = (status ?? object.status)?.notAfter;
  const left_ms = notAfter === undefined ? 0 : Date.parse(notAfter) - clock.now();
  return left_ms > 0 ? { retryAfter_ms: Math.min(left_ms, LOOK_AGAIN_MS_MAX) } : undefined;
}

export function clientCertificateController(keyring: Pick<Keyring, 'clientAuthority'>): Controller {
  return {
    name: 'client-certificates',
    realms: ['region', 'organization'],
    kind: ClientCertificate,
    reconcile: (key, context) => reconcileClientCertificate(key, keyring, context),
  };
}
