/**
 * Credentials of region operators that are made on the host, not through the API: the first one, the renewal of the
 * one in the region's own folder, and the way in of last resort. On record like every change, as `via: bootstrap`.
 */
import { X509Certificate } from 'node:crypto';
import { systemActor } from '#kernel/access.ts';
import type { Clock } from '#kernel/clock.ts';
import { isStatusError } from '#kernel/errors.ts';
import type { Random } from '#kernel/random.ts';
import type { ChangeContext, Realm, Realms } from '#kernel/realm.ts';
import { REGION } from '#kernel/realm-id.ts';
import { RoleBinding } from '../access/role-binding.ts';
import { DAY_MS } from '../certificates/authority.ts';
import { kubeconfig } from '../certificates/kubeconfig.ts';
import { keyMatches, signingRequest } from '../certificates/personal-key.ts';
import type { Keyring } from '../keys/keyring.ts';
import {
  ClientCertificate,
  type ClientCertificateObject,
  VALIDITY_DAYS_DEFAULT,
} from './client-certificate.ts';
import { reconcileClientCertificate } from './controller.ts';

/** An operator's certificate in the region's folder is renewed when less than this is left: a third of its life. */
export const OPERATOR_RENEW_BEFORE_MS = (VALIDITY_DAYS_DEFAULT / 3) * DAY_MS;

export interface OperatorOptions {
  readonly realms: Pick<Realms, 'use'>;
  readonly keyring: Pick<Keyring, 'clientAuthority'>;
  readonly clock: Clock;
  readonly random: Random;
  /** Name of the user, and of the objects made for it. */
  readonly user: string;
  /** `https://host:port`. */
  readonly server: string;
  /** PEM of the region's root. */
  readonly ca: string;
  /** Names the kubeconfig's context. */
  readonly region: string;
  /** PEM of the operator's private key. Secret. */
  readonly key: string;
}

/** Whether the region has any operator at all. */
export function hasOperator(realm: Realm): boolean {
  return realm.view.list(RoleBinding).some(({ spec }) => spec.role === 'region-operator');
}

function bootstrapContext(random: Random): ChangeContext {
  return { actor: systemActor(REGION, 'bootstrap'), via: 'bootstrap', requestId: random.uuid() };
}

async function unlessThere(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!isStatusError(error, 'AlreadyExists')) throw error;
  }
}

type SigningParts = Pick<OperatorOptions, 'keyring' | 'clock'>;

/** Makes a ClientCertificate unless it is there, signs it unless it is, and gives the certificate in PEM. */
async function makeCredential(
  realm: Realm,
  name: string,
  user: string,
  key: string,
  change: ChangeContext,
  { keyring, clock }: SigningParts,
): Promise<string> {
  const spec = { user, request: await signingRequest(key), validity_days: VALIDITY_DAYS_DEFAULT };
  await unlessThere(
    realm.resources.create(ClientCertificate, undefined, { metadata: { name }, spec }, change),
  );
  await reconcileClientCertificate({ name }, keyring, { realm, change, clock });
  const certificate = realm.view.get(ClientCertificate, { name })?.status?.certificate;
  if (certificate !== undefined && keyMatches(certificate, key)) return certificate;
  throw new Error(
    `ClientCertificate "${name}" of the region is not for this key; delete it or choose another user`,
  );
}

/**
 * Makes a region-operator RoleBinding and a ClientCertificate for a user in the region's realm, signs at once (no controller needs to
 * run), and gives the kubeconfig. Safe to repeat after a crash with the same key.
 */
export async function issueOperator(options: OperatorOptions): Promise<string> {
  const { realms, random, user, key } = options;
  const certificate = await realms.use(REGION, async (realm) => {
    const change = bootstrapContext(random);
    const name = `${user}-bootstrap`;
    const spec = { role: 'region-operator', subjects: [{ kind: 'User', name: user }] };
    await unlessThere(realm.resources.create(RoleBinding, undefined, { metadata: { name }, spec }, change));
    return makeCredential(realm, name, user, key, change, options);
  });
  return kubeconfig({
    name: `${user}@${options.region}`,
    server: options.server,
    ca: options.ca,
    certificate,
    key,
  });
}

/** The live ClientCertificate that holds a certificate, if any does: not one that was revoked. */
function holderOf(realm: Realm, certificate: X509Certificate): ClientCertificateObject | undefined {
  const serial = certificate.serialNumber.toLowerCase();
  return realm.view
    .list(ClientCertificate)
    .find(({ metadata, status }) => status?.serial === serial && metadata.deletionTimestamp === undefined);
}

export interface RenewedCertificate {
  readonly certificate: string;
  /** Revokes the old one; call it when the new one is kept. */
  retire(): Promise<void>;
}

/**
 * A new certificate for the same user and key when the old one is soon over or has ended; undefined when it is not time, or
 * when its ClientCertificate was deleted: who was revoked is not renewed.
 */
export async function renewOperator(
  options: Pick<OperatorOptions, 'realms' | 'keyring' | 'clock' | 'random' | 'key'>,
  current: string,
): Promise<RenewedCertificate | undefined> {
  const { realms, clock, random, key } = options;
  const old = new X509Certificate(current);
  if (old.validToDate.getTime() - clock.now() >= OPERATOR_RENEW_BEFORE_MS) return undefined;
  const change = bootstrapContext(random);
  return realms.use(REGION, async (realm) => {
    const holder = holderOf(realm, old);
    if (!holder) return undefined;
    const { user } = holder.spec;
    // Named after what it replaces, so that a renewal that was interrupted goes on where it was.
    const name = `${user}-renewed-${old.serialNumber.toLowerCase().slice(0, 12)}`;
    const certificate = await makeCredential(realm, name, user, key, change, options);
    const { name: oldName, uid } = holder.metadata;
    return {
      certificate,
      retire: () =>
        realms.use(REGION, async ({ resources }) => {
          await resources.delete(ClientCertificate, { name: oldName }, change, { preconditions: { uid } });
        }),
    };
  });
}
