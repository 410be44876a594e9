/**
 * Root keys: at least one for each organization (SecNumCloud 10.1.a). A root wraps the realm's own key, and that wraps everything else of
 * the realm; so a root is asked once when a realm is opened, and destroying it makes all of the realm unreadable. A provider holds roots:
 * the region's software store here, an HSM in `hsm-roots.ts`.
 */
import type { RealmId } from '#kernel/realm-id.ts';
import { open, SealError, type SymmetricKey, seal, sealedUnder } from './wrapping.ts';

/** What holds roots, as it is said to whoever asks. Nothing is claimed beyond what the provider says of itself. */
export interface RootFacts {
  readonly provider: string;
  /** `software`, or what the HSM calls itself. */
  readonly type: 'software' | 'pkcs11';
  /** In words. */
  readonly description: string;
}

export interface RootKeys {
  /** Goes into what it wraps: a lower-case word of at most 63 characters. */
  readonly name: string;
  /** Throws as `unwrap` when the provider does not answer. */
  facts(): Promise<RootFacts>;
  /** Wraps a realm's key under the realm's root, which is made when there is none. Throws ServiceUnavailable. */
  wrap(realm: RealmId, material: Uint8Array): Promise<Uint8Array>;
  /** Throws SealError for what it did not wrap for that realm, ServiceUnavailable when the provider does not answer. */
  unwrap(realm: RealmId, wrapped: Uint8Array): Promise<Buffer>;
  /** Destroys the realm's root for good; no error when it is gone. */
  destroy(realm: RealmId): Promise<void>;
  /**
   * How long what was unwrapped may be used before the provider is asked again; absent: for as long as the process lives. With it, a
   * provider that is switched off stops its realms.
   */
  readonly lease_ms?: number;
}

/** The providers there are, and which of them a realm's root comes from. */
export interface RootDirectory {
  /** For a realm whose keys are made now. */
  forNew(realm: RealmId): RootKeys;
  /** By the name that is in what it wrapped. */
  named(name: string, realm: RealmId): RootKeys | undefined;
}

const MAGIC = Buffer.from('CMR1', 'ascii');
const NAME_BYTES_MAX = 63;

/** `CMR1 ‖ u8 length ‖ provider's name ‖ what it made`. */
export function encodeWrappedRealmKey(provider: string, wrapped: Uint8Array): Buffer {
  const name = Buffer.from(provider, 'ascii');
  if (name.length === 0 || name.length > NAME_BYTES_MAX) throw new RangeError(`provider name: ${provider}`);
  return Buffer.concat([MAGIC, Buffer.from([name.length]), name, wrapped]);
}

export function decodeWrappedRealmKey(blob: Uint8Array): {
  readonly provider: string;
  readonly wrapped: Buffer;
} {
  const bytes = Buffer.from(blob.buffer, blob.byteOffset, blob.byteLength);
  const from = MAGIC.length + 1;
  const end = from + (bytes[MAGIC.length] ?? 0);
  if (bytes.length <= end || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) {
    throw new SealError('a realm’s wrapped key is malformed');
  }
  return { provider: bytes.toString('ascii', from, end), wrapped: bytes.subarray(end) };
}

export const SOFTWARE_ROOTS = 'software';

/**
 * The region's software store: what it holds of a realm is wrapped under the region's master key. Worth as much as that key's keeping:
 * see `master-key.ts` and `sealed-master.ts`.
 */
export function softwareRoots(masterKey: SymmetricKey): RootKeys {
  const context = (realm: RealmId) => `realm key\0${realm}`;
  return {
    name: SOFTWARE_ROOTS,
    async facts() {
      return { provider: SOFTWARE_ROOTS, type: 'software', description: 'the region’s own software store' };
    },
    async wrap(realm, material) {
      return seal('CMW1', masterKey, material, context(realm));
    },
    async unwrap(realm, wrapped) {
      assertMasterKey(masterKey, realm, wrapped);
      return open('CMW1', masterKey, wrapped, context(realm));
    },
    // What it wrapped is deleted with everything else of the realm.
    async destroy() {},
  };
}

/** Throws SealError that says what to restore when it was another master key. */
export function assertMasterKey(masterKey: SymmetricKey, realm: RealmId, blob: Uint8Array): void {
  const id = sealedUnder('CMW1', blob);
  if (id === masterKey.id) return;
  throw new SealError(
    `the keys of realm ${realm} are wrapped under master key ${id}, but the master key file holds ${masterKey.id}; ` +
      'restore the file that belongs to this database',
  );
}

/** All realms' roots from one provider. */
export const onlyRoots = (roots: RootKeys): RootDirectory => ({
  forNew: () => roots,
  named: (name) => (name === roots.name ? roots : undefined),
});
