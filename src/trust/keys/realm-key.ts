/**
 * A realm's own key, under which all its other keys are wrapped, and the root that it hangs from (`roots.ts`): found, asked for anew when
 * its provider gives it on a lease only, moved to another provider, destroyed.
 */
import { randomBytes } from 'node:crypto';
import type { Clock } from '#kernel/clock.ts';
import { notFound, unavailable } from '#kernel/errors.ts';
import type { WrappedKeyStorage } from '#kernel/keys.ts';
import { organizationOf, type RealmId } from '#kernel/realm-id.ts';
import { BoundedMap } from '../bounded-map.ts';
import { type Cached, digestOf, OPEN_REALMS_MAX } from './cached.ts';
import { decodeWrappedRealmKey, encodeWrappedRealmKey, type RootDirectory, type RootKeys } from './roots.ts';
import { KEY_BYTES, type SymmetricKey, symmetricKey } from './wrapping.ts';

/** The name that it is kept under. */
export const REALM_KEY = 'realm-key';
const RETRY_S = 5;

export interface RealmKeyHolder {
  /** A new key under the root of new realms. `blob` is to be kept as `REALM_KEY`; nothing is stored yet. */
  make(realm: RealmId): Promise<{ readonly key: SymmetricKey; readonly blob: Uint8Array }>;
  /**
   * Opens what was kept as `REALM_KEY`. Realms of earlier releases have none: the master key wraps theirs. Throws ServiceUnavailable when the
   * region does not have the provider, and whatever the provider throws.
   */
  open(realm: RealmId, blob: Uint8Array | undefined): Promise<SymmetricKey>;
  /** `open` of what the storage holds now. */
  of(realm: RealmId): Promise<SymmetricKey>;
  /** Throws ServiceUnavailable with the reason while the lease of the realm's root is over. Asks nobody. */
  assertLease(realm: RealmId): void;
  /** Asks the provider again once the lease is over; throws what `assertLease` would when it does not answer. */
  requireRoot(realm: RealmId): Promise<void>;
  /** What holds the realm's root. */
  rootOf(realm: RealmId): Promise<RootKeys>;
  /** Hangs the key from another provider's root, and destroys the one before. */
  moveRoot(realm: RealmId, to: RootKeys): Promise<void>;
  /** What hung from the root can never be opened again. What is in memory is left: see `forget`. */
  destroyRoot(realm: RealmId): Promise<void>;
  forget(realm: RealmId): void;
  /** Drops every key from memory. */
  clear(): void;
}

export interface RealmKeyOptions {
  readonly storage: WrappedKeyStorage;
  readonly masterKey: SymmetricKey;
  readonly roots: RootDirectory;
  readonly clock: Clock;
}

/** When the provider of a realm's root last answered, for those that ask for a lease. */
interface Lease {
  readonly roots: RootKeys;
  readonly answered_ms: number;
  /** Why it did not answer when it was last asked. */
  reason?: unknown;
}

export function realmKeyHolder({ storage, masterKey, roots, clock }: RealmKeyOptions): RealmKeyHolder {
  const keys = new BoundedMap<RealmId, Cached<SymmetricKey>>(OPEN_REALMS_MAX);
  const leases = new BoundedMap<RealmId, Lease>(OPEN_REALMS_MAX);
  const asking = new Map<RealmId, Promise<void>>();

  const isOver = (lease: Lease) =>
    clock.now() - lease.answered_ms >= (lease.roots.lease_ms ?? Number.POSITIVE_INFINITY);

  function rootsOf(realm: RealmId, blob: Uint8Array): { readonly from: RootKeys; readonly wrapped: Buffer } {
    const { provider, wrapped } = decodeWrappedRealmKey(blob);
    const from = roots.named(provider, realm);
    if (from) return { from, wrapped };
    throw unavailable(
      `the keys of ${realm} hang from provider "${provider}", which this region does not have; configure it again`,
      RETRY_S,
    );
  }

  async function open(realm: RealmId, blob: Uint8Array | undefined): Promise<SymmetricKey> {
    if (!blob) return masterKey;
    const digest = digestOf(blob);
    const known = keys.get(realm);
    const lease = leases.get(realm);
    if (known?.digest === digest && !(lease && isOver(lease))) return known.value;
    const { from, wrapped } = rootsOf(realm, blob);
    const value = symmetricKey(await from.unwrap(realm, wrapped));
    keys.set(realm, { digest, value });
    if (from.lease_ms === undefined) leases.delete(realm);
    else leases.set(realm, { roots: from, answered_ms: clock.now() });
    return value;
  }

  const of = async (realm: RealmId) => open(realm, await storage.get(realm, REALM_KEY));

  async function askRoot(realm: RealmId, lease: Lease): Promise<void> {
    keys.delete(realm);
    try {
      await of(realm);
    } catch (error) {
      lease.reason = error;
      throw error;
    }
  }

  return {
    async make(realm) {
      const from = roots.forNew(realm);
      const fresh = randomBytes(KEY_BYTES);
      const blob = encodeWrappedRealmKey(from.name, await from.wrap(realm, fresh));
      return { key: symmetricKey(fresh), blob };
    },
    open,
    of,
    assertLease(realm) {
      const lease = leases.get(realm);
      if (lease && isOver(lease)) throw lease.reason ?? rootSilent(realm, lease.roots);
    },
    async requireRoot(realm) {
      const lease = leases.get(realm);
      if (!lease || !isOver(lease)) return;
      let asked = asking.get(realm);
      if (!asked) {
        asked = askRoot(realm, lease).finally(() => asking.delete(realm));
        asking.set(realm, asked);
      }
      await asked;
    },
    async rootOf(realm) {
      const blob = await storage.get(realm, REALM_KEY);
      return blob ? rootsOf(realm, blob).from : roots.forNew(realm);
    },
    async moveRoot(realm, to) {
      const blob = await storage.get(realm, REALM_KEY);
      if (!blob) throw notFound({ kind: 'realm key', name: organizationOf(realm) ?? 'region' });
      const { from, wrapped } = rootsOf(realm, blob);
      if (from.name === to.name) return;
      const plain = await from.unwrap(realm, wrapped);
      try {
        await storage.put(realm, REALM_KEY, encodeWrappedRealmKey(to.name, await to.wrap(realm, plain)));
      } finally {
        plain.fill(0);
      }
      await of(realm);
      await from.destroy(realm);
    },
    async destroyRoot(realm) {
      const blob = await storage.get(realm, REALM_KEY);
      if (blob) await rootsOf(realm, blob).from.destroy(realm);
    },
    forget(realm) {
      keys.delete(realm);
      leases.delete(realm);
    },
    clear: () => keys.clear(),
  };
}

const rootSilent = (realm: RealmId, { name }: RootKeys) =>
  unavailable(`the keys of ${realm} hang from provider "${name}", which does not answer`, RETRY_S);
