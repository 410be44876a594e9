/**
 * Signs ClientCertificates: checks the request, signs its key with the realm's client authority, and puts the certificate
 * into the status. Signs each object once; never a request that did not prove its key.
 */
import { rfc3339 } from '#kernel/clock.ts';
import type { Controller, ReconcileContext, RetryAfter } from '#kernel/controller.ts';
import type { ObjectKey } from '#kernel/realm.ts';
import { readyCondition, setCondition } from '#kernel/reconcile/conditions.ts';
import { signClientCertificate } from '../certificates/client.ts';
import { RequestError } from '../certificates/request.ts';
import { type CertificateTasks, certificateTasks } from '../certificates/tasks.ts';
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

/** What the status should be, or undefined when it is right already. */
async function statusFor(
  object: ClientCertificateObject,
  keyring: Pick<Keyring, 'clientAuthority'>,
  context: SigningContext,
  certificates: Pick<CertificateTasks, 'checkRequest'>,
): Promise<Status | undefined> {
  const { clock, realm } = context;
  const { generation } = object.metadata;
  const current = object.status ?? {};
  const withReady = (
    status: 'True' | 'False',
    reason: string,
    message: string,
    fields: Partial<Status>,
  ): Status => ({
    ...current,
    ...fields,
    observedGeneration: generation,
    conditions: [
      ...setCondition(current.conditions, readyCondition(status, reason, message, generation), clock),
    ],
  });

  if (current.certificate !== undefined && current.notAfter !== undefined) {
    if (Date.parse(current.notAfter) > clock.now()) return undefined;
    return withReady(
      'False',
      'Expired',
      `It expired on ${current.notAfter}; make a new ClientCertificate.`,
      {},
    );
  }
  let spki: Uint8Array;
  try {
    ({ spki } = await certificates.checkRequest(object.spec.request));
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    const message = `spec.request ${error.message}. Delete this object and make another with a good request.`;
    return withReady('False', `${error.reason}Request`, message, {});
  }
  const authority = await keyring.clientAuthority(realm.id);
  if (!authority) throw new Error(`realm ${realm.id} has no client authority`);
  const signed = await signClientCertificate(authority, {
    user: object.spec.user,
    groups: object.spec.groups ?? [],
    objectUid: object.metadata.uid,
    spki,
    now_ms: clock.now(),
    validity_days: object.spec.validity_days ?? VALIDITY_DAYS_DEFAULT,
  });
  return withReady('True', 'Signed', 'The certificate is in status.certificate.', {
    certificate: signed.pem,
    serial: signed.serial,
    notBefore: rfc3339(signed.notBefore_ms),
    notAfter: rfc3339(signed.notAfter_ms),
  });
}

/** Brings one ClientCertificate's status up to date. The bootstrap calls it too, before any controller runs. */
export async function reconcileClientCertificate(
  key: ObjectKey,
  keyring: Pick<Keyring, 'clientAuthority'>,
  context: SigningContext,
  certificates: Pick<CertificateTasks, 'checkRequest'> = certificateTasks,
): Promise<RetryAfter | undefined> {
  const { realm, clock } = context;
  const object = realm.view.get(ClientCertificate, key);
  if (!object || object.metadata.deletionTimestamp !== undefined) return undefined;
  const status = await statusFor(object, keyring, context, certificates);
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

export function clientCertificateController(
  keyring: Pick<Keyring, 'clientAuthority'>,
  certificates?: Pick<CertificateTasks, 'checkRequest'>,
): Controller {
  return {
    name: 'client-certificates',
    realms: ['region', 'organization'],
    kind: ClientCertificate,
    reconcile: (key, context) => reconcileClientCertificate(key, keyring, context, certificates),
  };
}
