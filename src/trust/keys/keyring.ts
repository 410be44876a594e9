/**
 * The software keyring: every realm's keys, wrapped under the region's master key in a storage that never sees one in
 * the clear. Destroying a realm's keys makes all that was sealed under them unreadable.
 *
 * Kept per realm: `log.changes`, `log.access` (Ed25519), `sealer.<n>` (AES-256, the highest n is current),
 * `client-authority`; for the region also `root-authority`.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { Clock } from '#kernel/clock.ts';
import { notFound } from '#kernel/errors.ts';
import type { RealmKeyring, RealmKeys, WrappedKeyStorage } from '#kernel/keys.ts';
import { organizationOf, REGION, type RealmId } from '#kernel/realm-id.ts';
import { BoundedMap } from '../bounded-map.ts';
import {
  type ClientAuthority,
  createClientAuthority,
  createRootAuthority,
  openClientAuthority,
  openRootAuthority,
  type RootAuthority,
} from '../certificates/authority.ts';
import type { NameConstraints } from '../certificates/name-constraints.ts';
import type { CertificateTasks } from '../certificates/tasks.ts';
import { decodeClient, decodeRoot, encodeClient, encodeRoot } from './authority-blob.ts';
import { loadSigningKey, newSigningKey, openRealmKeys } from './realm-keys.ts';
import {
  KEY_BYTES,
  open,
  SealError,
  type SymmetricKey,
  seal,
  sealedUnder,
  symmetricKey,
} from './wrapping.ts';

/** Realms whose opened keys are kept for reuse; the keys of others are unwrapped again when asked for. */
const OPEN_REALMS_MAX = 1_024;
const DESTROYED_MAX = 10_000;
const SEALER_PREFIX = 'sealer.';
const SEALERS_MAX = 1_000;
const CLIENT_AUTHORITY = 'client-authority';
const ROOT_AUTHORITY = 'root-authority';

export interface Keyring extends RealmKeyring {
  /**
   * The realm's client authority, from memory when it is there; undefined when the realm has no keys. With `fresh` the
   * storage is asked in any case, because another replica may have destroyed or remade the realm.
   */
  clientAuthority(
    realm: RealmId,
    options?: { readonly fresh?: boolean },
  ): Promise<ClientAuthority | undefined>;
  /** The region's root. Made under `constraints` at the first call ever; later calls return what was made. */
  rootAuthority(constraints: NameConstraints): Promise<RootAuthority>;
  /**
   * Makes a new sealing key for a realm; what was sealed before still opens. Keys opened before this call (here or in
   * another replica) go on sealing under the old key until they are opened again.
   */
  rotateSealer(realm: RealmId): Promise<void>;
  /** Drops every key from memory; whatever was opened refuses to work. */
  close(): void;
}

export interface SoftwareKeyringOptions {
  /** The region's name, for log origins. */
  readonly region: string;
  readonly storage: WrappedKeyStorage;
  readonly masterKey: SymmetricKey;
  readonly clock: Clock;
  /** Who makes authorities and signs for them. Default: this thread. */
  readonly certificates?: CertificateTasks;
}

interface Cached<T> {
  /** Of the wrapped blobs it came from, so that a change in the storage shows. */
  readonly digest: string;
  readonly value: T;
}

const digestOf = (...blobs: readonly Uint8Array[]) => {
  const hash = createHash('sha256');
  for (const blob of blobs) hash.update(`${blob.length}\0`).update(blob);
  return hash.digest('hex');
};

const sealerName = (number: number) => `${SEALER_PREFIX}${String(number).padStart(6, '0')}`;

export function softwareKeyring(options: SoftwareKeyringOptions): Keyring {
  const { region, storage, masterKey, clock, certificates } = options;
  const opened = new BoundedMap<RealmId, Cached<RealmKeys>>(OPEN_REALMS_MAX);
  const authorities = new BoundedMap<RealmId, Cached<ClientAuthority>>(OPEN_REALMS_MAX);
  /** Incarnations of realms whose keys were destroyed here; what was opened of them must stop working. */
  const destroyed = new BoundedMap<string, true>(DESTROYED_MAX);
  let closed = false;

  const context = (realm: RealmId, name: string) => `wrapped key\0${realm}\0${name}`;
  function unwrap(realm: RealmId, name: string, blob: Uint8Array): Buffer {
    const id = sealedUnder('CMW1', blob);
    if (id !== masterKey.id) {
      throw new SealError(
        `the keys of realm ${realm} are wrapped under master key ${id}, but the master key file holds ${masterKey.id}; ` +
          'restore the file that belongs to this database',
      );
    }
    return open('CMW1', masterKey, blob, context(realm, name));
  }

  /** Wraps new material, and zeroes it. */
  function wrap(realm: RealmId, name: string, material: Uint8Array): Uint8Array {
    const blob = seal('CMW1', masterKey, material, context(realm, name));
    material.fill(0);
    return blob;
  }

  /** Wraps and stores new material unless the name is taken; zeroes it either way. */
  async function add(realm: RealmId, name: string, material: Uint8Array): Promise<boolean> {
    return storage.add(realm, name, wrap(realm, name, material));
  }

  function requireOpen(): void {
    if (closed) throw new Error('the keyring was closed');
  }

  /** Wraps the encoded material of an authority, and zeroes what it was made of. */
  function wrapAuthority(
    realm: RealmId,
    name: string,
    material: { readonly privateKey: Uint8Array },
    encoded: Uint8Array,
  ): Uint8Array {
    material.privateKey.fill(0);
    return wrap(realm, name, encoded);
  }

  async function clientAuthority(realm: RealmId, fresh: boolean): Promise<ClientAuthority | undefined> {
    requireOpen();
    const known = authorities.get(realm);
    if (known && !fresh) return known.value;
    const blob = await storage.get(realm, CLIENT_AUTHORITY);
    if (blob) return keptAuthority(realm, blob);
    authorities.delete(realm);
    return undefined;
  }

  function keptAuthority(realm: RealmId, blob: Uint8Array): ClientAuthority {
    const digest = digestOf(blob);
    const known = authorities.get(realm);
    if (known?.digest === digest) return known.value;
    const encoded = unwrap(realm, CLIENT_AUTHORITY, blob);
    const value = openClientAuthority(decodeClient(encoded), certificates);
    encoded.fill(0);
    authorities.set(realm, { digest, value });
    return value;
  }

  async function rootAuthority(): Promise<RootAuthority | undefined> {
    requireOpen();
    const blob = await storage.get(REGION, ROOT_AUTHORITY);
    if (!blob) return undefined;
    const encoded = unwrap(REGION, ROOT_AUTHORITY, blob);
    const root = openRootAuthority(decodeRoot(encoded));
    encoded.fill(0);
    return root;
  }

  async function openRealm(realm: RealmId): Promise<RealmKeys> {
    requireOpen();
    return keptKeys(realm, await storage.all(realm));
  }

  function keptKeys(realm: RealmId, kept: ReadonlyMap<string, Uint8Array>): RealmKeys {
    const [changes, access] = [kept.get('log.changes'), kept.get('log.access')];
    const sealers = [...kept].filter(([name]) => name.startsWith(SEALER_PREFIX));
    if (!changes || !access || sealers.length === 0) {
      throw notFound({ kind: 'keys', name: organizationOf(realm) ?? 'region' });
    }
    const digest = digestOf(changes, access, ...sealers.map(([, blob]) => blob));
    const known = opened.get(realm);
    if (known?.digest === digest) return known.value;
    const incarnation = digestOf(changes);
    const keys = openRealmKeys({
      region,
      realm,
      usable: () => !closed && destroyed.get(incarnation) === undefined,
      logs: {
        changes: loadSigningKey(unwrap(realm, 'log.changes', changes)),
        access: loadSigningKey(unwrap(realm, 'log.access', access)),
      },
      sealers: sealers.map(([name, blob]) => symmetricKey(unwrap(realm, name, blob))),
    });
    opened.set(realm, { digest, value: keys });
    return keys;
  }

  return {
    async create(realm) {
      requireOpen();
      const authority = createClientAuthority(clock.now());
      const encoded = encodeClient(authority);
      // Whatever the realm has already stays. Sealing keys are never removed one by one, so where there is any the first one is there.
      const kept = await storage.addAll(
        realm,
        new Map([
          ...['log.changes', 'log.access'].map((name) => [name, wrap(realm, name, newSigningKey())] as const),
          [sealerName(1), wrap(realm, sealerName(1), randomBytes(KEY_BYTES))],
          [CLIENT_AUTHORITY, wrapAuthority(realm, CLIENT_AUTHORITY, authority, encoded)],
        ]),
      );
      const own = kept.get(CLIENT_AUTHORITY);
      if (own) keptAuthority(realm, own);
      return keptKeys(realm, kept);
    },
    open: openRealm,
    async destroy(realm) {
      if (realm === REGION)
        throw new Error('the keys of the region itself are never destroyed by the keyring');
      const changes = await storage.get(realm, 'log.changes');
      if (changes) destroyed.set(digestOf(changes), true);
      await storage.deleteAll(realm);
      opened.delete(realm);
      authorities.delete(realm);
    },
    clientAuthority: (realm, { fresh = false } = {}) => clientAuthority(realm, fresh),
    async rootAuthority(constraints) {
      const known = await rootAuthority();
      if (known) return known;
      const root = await createRootAuthority(region, constraints, clock.now());
      await storage.add(
        REGION,
        ROOT_AUTHORITY,
        wrapAuthority(REGION, ROOT_AUTHORITY, root, encodeRoot(root)),
      );
      const made = await rootAuthority();
      if (!made) throw new Error('the key storage lost the region’s root as soon as it was made');
      return made;
    },
    async rotateSealer(realm) {
      requireOpen();
      const numbers = (await storage.list(realm))
        .filter((name) => name.startsWith(SEALER_PREFIX))
        .map((name) => Number(name.slice(SEALER_PREFIX.length)));
      if (numbers.length === 0) throw notFound({ kind: 'keys', name: organizationOf(realm) ?? 'region' });
      if (numbers.length >= SEALERS_MAX)
        throw new Error(`realm ${realm} has ${SEALERS_MAX} sealing keys already`);
      await add(realm, sealerName(Math.max(...numbers) + 1), randomBytes(KEY_BYTES));
    },
    close() {
      closed = true;
      opened.clear();
      authorities.clear();
    },
  };
}
