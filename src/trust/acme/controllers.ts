/** What follows from certificates that end: one that is deleted before its time is on record as revoked; what has expired goes. */
import type { Controller } from '#kernel/controller.ts';
import { isStatusError } from '#kernel/errors.ts';
import { isDeleting, removeFinalizer } from '#kernel/reconcile/finalizers.ts';
import {
  IssuedCertificate,
  type IssuedCertificateObject,
  REVOCATION_FINALIZER,
} from './issued-certificate.ts';
import { DAY_MS, EXPIRED_KEPT_MS } from './limits.ts';
import { Revocation, type RevocationSpec } from './revocation.ts';

const left_ms = (notAfter: string, now_ms: number): number => Date.parse(notAfter) + EXPIRED_KEPT_MS - now_ms;
/** Timers are not for months. */
const again = (in_ms: number) => ({ retryAfter_ms: Math.min(in_ms, DAY_MS) });

/** What is on record of a certificate that is being deleted. */
export const revocationOf = ({ metadata, spec, status }: IssuedCertificateObject): RevocationSpec => ({
  serial: spec.serial,
  issuer: spec.issuer,
  reason: status?.revocationReason ?? 'unspecified',
  revokedAt: metadata.deletionTimestamp ?? spec.notAfter,
  notAfter: spec.notAfter,
  certificate: `${metadata.namespace}/${metadata.name}`,
});

export const issuedCertificateController: Controller = {
  name: 'issued-certificates',
  realms: ['organization'],
  kind: IssuedCertificate,
  async reconcile(key, { realm, change, clock }) {
    const certificate = realm.view.get(IssuedCertificate, key);
    if (!certificate) return undefined;
    const { metadata, spec } = certificate;
    const expired = Date.parse(spec.notAfter) <= clock.now();
    if (isDeleting(certificate)) {
      if (!expired) {
        try {
          // A serial names one certificate of the realm, so this names its one revocation.
          const name = `${spec.issuer}-${spec.serial}`;
          await realm.resources.create(
            Revocation,
            undefined,
            { metadata: { name }, spec: revocationOf(certificate) },
            change,
          );
        } catch (error) {
          if (!isStatusError(error, 'AlreadyExists')) throw error;
        }
      }
      await removeFinalizer(
        realm.resources,
        IssuedCertificate,
        key,
        REVOCATION_FINALIZER,
        change,
        metadata.uid,
      );
      return undefined;
    }
    const wait_ms = left_ms(spec.notAfter, clock.now());
    if (wait_ms > 0) return again(wait_ms);
    await ignoringGone(() =>
      realm.resources.delete(IssuedCertificate, key, change, { preconditions: { uid: metadata.uid } }),
    );
    return undefined;
  },
};

export const revocationController: Controller = {
  name: 'revocations',
  realms: ['region', 'organization'],
  kind: Revocation,
  async reconcile(key, { realm, change, clock }) {
    const revocation = realm.view.get(Revocation, key);
    if (!revocation) return undefined;
    const wait_ms = left_ms(revocation.spec.notAfter, clock.now());
    if (wait_ms > 0) return again(wait_ms);
    await ignoringGone(() =>
      realm.resources.delete(Revocation, key, change, { preconditions: { uid: revocation.metadata.uid } }),
    );
    return undefined;
  },
};

async function ignoringGone(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!isStatusError(error, 'NotFound') && !isStatusError(error, 'Conflict')) throw error;
  }
}
