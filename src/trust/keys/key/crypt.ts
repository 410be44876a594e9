/** Uses of one Key: which version, whether it may, and the envelope around what comes out. Knows no request and no record. */
import { timingSafeEqual, verify as verifySignature } from 'node:crypto';
import { badRequest, conflict, forbidden, type StatusError } from '#kernel/errors.ts';
import type { RealmId } from '#kernel/realm-id.ts';
import { isDeleting } from '#kernel/reconcile/finalizers.ts';
import { FACTS, type Purpose } from './algorithms.ts';
import type { KeyBackend, VersionRef } from './backend.ts';
import { doesNotOpen, headerOf, readEnvelope, type Use } from './envelope.ts';
import { encapsulatedKey, openAesGcm, wrapTo } from './kem.ts';
import type { KeyObject, KeyVersion } from './key.ts';
import { findVersion, primaryOf, versionsOf } from './lifecycle.ts';
import type { SoftwareBackend } from './software.ts';

export interface Backends {
  readonly software: SoftwareBackend;
  /** Throws ServiceUnavailable where there is no HSM. */
  readonly hsm: () => KeyBackend;
}

export const backendOf = ({ spec }: KeyObject, { software, hsm }: Backends): KeyBackend =>
  spec.protection === 'hsm' ? hsm() : software;

const subjectOf = ({ metadata }: KeyObject) => ({
  group: 'keys.casemate.internal',
  kind: 'Key',
  name: metadata.name,
});

export const refOf = (realm: RealmId, key: KeyObject, version: number): VersionRef => ({
  realm,
  keyUid: key.metadata.uid,
  version,
  algorithm: key.spec.algorithm,
});

/** Refuses what the key is not for. */
export function assertPurpose(key: KeyObject, ...purposes: readonly Purpose[]): void {
  if ((purposes as readonly string[]).includes(key.spec.purpose)) return;
  throw badRequest(`spec.purpose: this key is made to ${key.spec.purpose}, not to ${purposes.join(' or ')}`);
}

/** Refuses a reason that the key's policy does not list. */
export function assertJustified(key: KeyObject, reason: unknown): void {
  const allowed = key.spec.justifications;
  if (allowed === undefined || (typeof reason === 'string' && allowed.includes(reason))) return;
  const what = reason === undefined ? 'needs a reason' : 'does not allow that reason';
  throw forbidden(subjectOf(key), `its policy ${what}: spec.justifications lists ${allowed.join(', ')}`);
}

export function assertNotDeleting(key: KeyObject): void {
  if (isDeleting(key)) throw conflict(subjectOf(key), 'it is being deleted; cancel-destroy undoes that');
}

/** The version, when it may be used. */
function usable(key: KeyObject, version: KeyVersion | undefined, number: number): KeyVersion {
  if (version?.state === 'Enabled') return version;
  const why = {
    Disabled: 'is disabled; enable it first',
    DestroyScheduled: 'is about to be destroyed; cancel-destroy undoes that',
    Destroyed: 'was destroyed',
  };
  const text = version ? why[version.state as keyof typeof why] : 'is not there';
  throw conflict(subjectOf(key), `version ${number} ${text}`);
}

export function usablePrimary(key: KeyObject): KeyVersion {
  const primary = primaryOf(key);
  if (!primary) throw conflict(subjectOf(key), 'its first version is being made; try again');
  return usable(key, primary, primary.version);
}

export function chosenVersion(key: KeyObject, number: unknown): KeyVersion {
  if (typeof number !== 'number') return usablePrimary(key);
  return usable(key, findVersion(key, number), number);
}

export interface Sealed {
  readonly envelope: Buffer;
  readonly version: number;
}

/** Seals under the primary version. */
export async function sealUnder(
  backends: Backends,
  realm: RealmId,
  key: KeyObject,
  use: Use,
  plaintext: Uint8Array,
  bound: Uint8Array,
): Promise<Sealed> {
  const { version, publicKey } = usablePrimary(key);
  const keyUid = key.metadata.uid;
  const { material } = FACTS[key.spec.algorithm];
  if (material.type === 'pair' && material.kem) {
    const envelope = wrapTo({ keyUid, version, publicKey: publicKey ?? '' }, use, plaintext, bound);
    if (!envelope) throw new Error(`version ${version} of key ${keyUid} has no ML-KEM public key`);
    return { envelope, version };
  }
  const header = headerOf({ use, keyUid, version });
  const ref = refOf(realm, key, version);
  const sealed = await backendOf(key, backends).seal(ref, plaintext, Buffer.concat([header, bound]));
  return { envelope: Buffer.concat([header, sealed]), version };
}

export interface Opened {
  readonly plaintext: Buffer;
  readonly version: number;
}

/** Opens what `sealUnder` or `wrapTo` made. Throws `doesNotOpen` for everything that is not it. */
export async function openUnder(
  backends: Backends,
  realm: RealmId,
  key: KeyObject,
  use: Use,
  bytes: Buffer,
  bound: Uint8Array,
): Promise<Opened> {
  const { version, encapsulation, sealed, additionalData } = readEnvelope(
    bytes,
    use,
    key.metadata.uid,
    bound,
  );
  const found = findVersion(key, version);
  if (!found) throw doesNotOpen();
  usable(key, found, version);
  const ref = refOf(realm, key, version);
  const { material } = FACTS[key.spec.algorithm];
  const isKem = material.type === 'pair' && material.kem;
  if (isKem !== encapsulation.length > 0) throw doesNotOpen();
  const plaintext = isKem
    ? await openEncapsulated(backends.software, ref, encapsulation, sealed, additionalData)
    : await backendOf(key, backends).open(ref, sealed, additionalData);
  if (!plaintext) throw doesNotOpen();
  return { plaintext, version };
}

async function openEncapsulated(
  software: SoftwareBackend,
  ref: VersionRef,
  encapsulation: Uint8Array,
  sealed: Uint8Array,
  additionalData: Uint8Array,
): Promise<Buffer | undefined> {
  const secret = await software.decapsulate(ref, encapsulation);
  return secret && openAesGcm(encapsulatedKey(secret), sealed, additionalData);
}

/** The versions that a signature or MAC may be of: the one that is named, or all that are enabled, newest first. */
export function candidates(key: KeyObject, number: unknown): readonly KeyVersion[] {
  if (typeof number === 'number') return [usable(key, findVersion(key, number), number)];
  return versionsOf(key)
    .filter(({ state }) => state === 'Enabled')
    .toReversed();
}

/** Which version signed; undefined: none of them. */
export function signedBy(
  key: KeyObject,
  number: unknown,
  message: Uint8Array,
  signature: Uint8Array,
): number | undefined {
  const { material } = FACTS[key.spec.algorithm];
  const digest = material.type === 'ec' ? material.digest : null;
  return candidates(key, number).find(
    ({ publicKey }) =>
      publicKey !== undefined &&
      verifySignature(digest, message, { key: publicKey, dsaEncoding: 'ieee-p1363' }, signature),
  )?.version;
}

/** Which version made a MAC; undefined: none of them. */
export async function macBy(
  backend: KeyBackend,
  realm: RealmId,
  key: KeyObject,
  number: unknown,
  message: Uint8Array,
  mac: Uint8Array,
): Promise<number | undefined> {
  for (const { version } of candidates(key, number)) {
    const own = await backend.mac(refOf(realm, key, version), message);
    if (own.length === mac.length && timingSafeEqual(own, mac)) return version;
  }
  return undefined;
}

/** The text's bytes, when it is base64. Throws a StatusError that names the field and quotes nothing. */
export function fromBase64(field: string, value: unknown): Buffer {
  const bytes = Buffer.from(String(value ?? ''), 'base64');
  if (bytes.toString('base64') === (value ?? '')) return bytes;
  throw badBase64(field);
}

const badBase64 = (field: string): StatusError =>
  badRequest(`${field}: must be base64 with padding (RFC 4648, section 4)`);
