/**
 * The keyring: every realm's keys, wrapped under the realm's own key, and that under the realm's root (`roots.ts`), in a storage that
 * never sees one in the clear. Destroying a realm's keys makes all that was sealed under them unreadable.
 *
 * Kept per realm: `realm-key` (AES-256, under the root); under it `log.changes`, `log.access` (Ed25519), `cosigner.changes`, `cosigner.access` (ML-DSA-44), `sealer.<n>` (AES-256, the
 * highest n is current), `client-authority`, `key.<uid>.<version>` of the tenants' Keys, `bucket.<uid>.<version>` of buckets, `access-key.<uid>`, `volumes` (64 bytes, of the pool that its volumes lie in); for the region also `root-authority`.
 */
import { type KeyObject, randomBytes } from 'node:crypto';
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
import { type Cached, digestOf, OPEN_REALMS_MAX } from './cached.ts';
import { REALM_KEY, realmKeyHolder } from './realm-key.ts';
import {
  encodePrivateKey,
  loadCosigningKey,
  loadSigningKey,
  newCosigningKey,
  newSigningKey,
  openRealmKeys,
} from './realm-keys.ts';
import { assertMasterKey, onlyRoots, type RootDirectory, type RootKeys, softwareRoots } from './roots.ts';
import { KEY_BYTES, open, type SymmetricKey, seal, sealedUnder, symmetricKey } from './wrapping.ts';

const DESTROYED_MAX = 10_000;
const SEALER_PREFIX = 'sealer.';
const SEALERS_MAX = 1_000;
const CLIENT_AUTHORITY = 'client-authority';
const ROOT_AUTHORITY = 'root-authority';
const LOGS = ['log.changes', 'log.access'] as const;
const COSIGNERS = ['cosigner.changes', 'cosigner.access'] as const;

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
  /** Further key material of a realm, under the realm's own key. */
  readonly material: MaterialStore;
  /** What holds the realm's root. */
  rootOf(realm: RealmId): Promise<RootKeys>;
  /**
   * Throws ServiceUnavailable with the reason while the provider of the realm's root does not answer, so that nothing of the realm is
   * served meanwhile. At once where the provider asks for no lease.
   */
  requireRoot(realm: RealmId): Promise<void>;
  /** Hangs the realm's key from another provider's root, and destroys the one before. The keys themselves stay as they are. */
  moveRoot(realm: RealmId, to: RootKeys): Promise<void>;
  /** Drops every key from memory; whatever was opened refuses to work. */
  close(): void;
}

/** Key material by name, wrapped under the realm's key and bound to realm and name. */
export interface MaterialStore {
  /** Stores it unless the name is taken, and says whether it did. Zeroes it either way. */
  add(realm: RealmId, name: string, material: Uint8Array): Promise<boolean>;
  /** Undefined when there is none. The caller zeroes what it gets. */
  get(realm: RealmId, name: string): Promise<Buffer | undefined>;
  delete(realm: RealmId, name: string): Promise<void>;
  /** Those that begin with a prefix, sorted. */
  names(realm: RealmId, prefix: string): Promise<readonly string[]>;
}

export interface SoftwareKeyringOptions {
  /** The region's name, for log origins. */
  readonly region: string;
  readonly storage: WrappedKeyStorage;
  readonly masterKey: SymmetricKey;
  /** Where roots come from. Default: the software store under the master key. */
  readonly roots?: RootDirectory;
  readonly clock: Clock;
  /** Who makes authorities and signs for them. Default: this thread. */
  readonly certificates?: CertificateTasks;
}

/** A key that was made a moment ago, and how it was wrapped. */
interface MadeKey {
  readonly blob: Uint8Array;
  readonly key: KeyObject;
}

const blobsOf = (made: ReadonlyMap<string, MadeKey>): ReadonlyMap<string, Uint8Array> =>
  new Map([...made].map(([name, { blob }]) => [name, blob]));

const sealerName = (number: number) => `${SEALER_PREFIX}${String(number).padStart(6, '0')}`;

export function softwareKeyring(options: SoftwareKeyringOptions): Keyring {
  const { region, storage, masterKey, clock, certificates } = options;
  const opened = new BoundedMap<RealmId, Cached<RealmKeys>>(OPEN_REALMS_MAX);
  const authorities = new BoundedMap<RealmId, Cached<ClientAuthority>>(OPEN_REALMS_MAX);
  /** Incarnations of realms whose keys were destroyed here; what was opened of them must stop working. */
  const destroyed = new BoundedMap<string, true>(DESTROYED_MAX);
  let closed = false;

  const realmKeys = realmKeyHolder({
    storage,
    masterKey,
    roots: options.roots ?? onlyRoots(softwareRoots(masterKey)),
    clock,
  });

  const context = (realm: RealmId, name: string) => `wrapped key\0${realm}\0${name}`;

  function unwrap(realm: RealmId, name: string, blob: Uint8Array, key: SymmetricKey): Buffer {
    // What an earlier release wrapped directly under the master key.
    if (key !== masterKey && sealedUnder('CMW1', blob) === masterKey.id) {
      return open('CMW1', masterKey, blob, context(realm, name));
    }
    if (key === masterKey) assertMasterKey(masterKey, realm, blob);
    return open('CMW1', key, blob, context(realm, name));
  }

  /** Wraps new material, and zeroes it. */
  function wrap(realm: RealmId, name: string, material: Uint8Array, key: SymmetricKey): Uint8Array {
    const blob = seal('CMW1', key, material, context(realm, name));
    material.fill(0);
    return blob;
  }

  /** Wraps and stores new material unless the name is taken; zeroes it either way. */
  async function add(realm: RealmId, name: string, material: Uint8Array): Promise<boolean> {
    requireOpen();
    try {
      const kept = await storage.get(realm, REALM_KEY);
      // What comes late to a realm that was destroyed would otherwise be found by the next one of that name.
      if (!kept && !(await storage.get(realm, 'log.changes'))) throw noKeys(realm);
      return await storage.add(realm, name, wrap(realm, name, material, await realmKeys.open(realm, kept)));
    } finally {
      material.fill(0);
    }
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
    key: SymmetricKey,
  ): Uint8Array {
    material.privateKey.fill(0);
    return wrap(realm, name, encoded, key);
  }

  async function clientAuthority(realm: RealmId, fresh: boolean): Promise<ClientAuthority | undefined> {
    requireOpen();
    const known = authorities.get(realm);
    if (known && !fresh) return known.value;
    const blob = await storage.get(realm, CLIENT_AUTHORITY);
    if (blob) {
      const digest = digestOf(blob);
      if (known?.digest === digest) return known.value;
      return keptAuthority(realm, blob, await realmKeys.of(realm));
    }
    authorities.delete(realm);
    return undefined;
  }

  function keptAuthority(realm: RealmId, blob: Uint8Array, key: SymmetricKey): ClientAuthority {
    const digest = digestOf(blob);
    const known = authorities.get(realm);
    if (known?.digest === digest) return known.value;
    const encoded = unwrap(realm, CLIENT_AUTHORITY, blob, key);
    const value = openClientAuthority(decodeClient(encoded), certificates);
    encoded.fill(0);
    authorities.set(realm, { digest, value });
    return value;
  }

  async function rootAuthority(): Promise<RootAuthority | undefined> {
    requireOpen();
    const blob = await storage.get(REGION, ROOT_AUTHORITY);
    if (!blob) return undefined;
    const key = await realmKeys.of(REGION);
    const encoded = unwrap(REGION, ROOT_AUTHORITY, blob, key);
    const root = openRootAuthority(decodeRoot(encoded));
    encoded.fill(0);
    return root;
  }

  async function openRealm(realm: RealmId): Promise<RealmKeys> {
    requireOpen();
    const kept = await storage.all(realm);
    // A realm that was made before logs had cosigners gets them now. What has no signer is no realm.
    const isOlder = kept.has('log.changes') && !(kept.has('cosigner.changes') && kept.has('cosigner.access'));
    if (!isOlder) return keptKeys(realm, kept);
    const key = await realmKeys.open(realm, kept.get(REALM_KEY));
    const made = new Map(COSIGNERS.map((name) => [name, make(realm, name, newCosigningKey(), key)]));
    return keptKeys(realm, await storage.addAll(realm, blobsOf(made)), made);
  }

  function make(realm: RealmId, name: string, made: KeyObject, key: SymmetricKey): MadeKey {
    return { key: made, blob: wrap(realm, name, encodePrivateKey(made), key) };
  }

  /** Of keys that were made just now, those that were kept need not be opened. */
  async function keptKeys(
    realm: RealmId,
    kept: ReadonlyMap<string, Uint8Array>,
    made?: ReadonlyMap<string, MadeKey>,
  ): Promise<RealmKeys> {
    const [changes, access] = [kept.get('log.changes'), kept.get('log.access')];
    const sealers = [...kept].filter(([name]) => name.startsWith(SEALER_PREFIX));
    const cosigners = { changes: kept.get('cosigner.changes'), access: kept.get('cosigner.access') };
    if (!changes || !access || !cosigners.changes || !cosigners.access || sealers.length === 0) {
      throw noKeys(realm);
    }
    const digest = digestOf(
      changes,
      access,
      cosigners.changes,
      cosigners.access,
      ...sealers.map(([, blob]) => blob),
    );
    const key = await realmKeys.open(realm, kept.get(REALM_KEY));
    const known = opened.get(realm);
    if (known?.digest === digest) return known.value;
    const incarnation = digestOf(changes);
    const load = (name: string, blob: Uint8Array, read: (pkcs8: Buffer) => KeyObject): KeyObject => {
      const own = made?.get(name);
      return own && Buffer.compare(own.blob, blob) === 0 ? own.key : read(unwrap(realm, name, blob, key));
    };
    const keys = openRealmKeys({
      region,
      realm,
      usable: () => {
        realmKeys.assertLease(realm);
        return !closed && destroyed.get(incarnation) === undefined;
      },
      logs: {
        changes: load('log.changes', changes, loadSigningKey),
        access: load('log.access', access, loadSigningKey),
      },
      cosigners: {
        changes: load('cosigner.changes', cosigners.changes, loadCosigningKey),
        access: load('cosigner.access', cosigners.access, loadCosigningKey),
      },
      sealers: sealers.map(([name, blob]) => symmetricKey(unwrap(realm, name, blob, key))),
    });
    opened.set(realm, { digest, value: keys });
    return keys;
  }

  return {
    async create(realm) {
      requireOpen();
      const { key, blob } = await realmKeys.make(realm);
      const authority = createClientAuthority(clock.now());
      const encoded = encodeClient(authority);
      const authorityBlob = wrapAuthority(realm, CLIENT_AUTHORITY, authority, encoded, key);
      const made = new Map([
        ...LOGS.map((name) => [name, make(realm, name, newSigningKey(), key)] as const),
        ...COSIGNERS.map((name) => [name, make(realm, name, newCosigningKey(), key)] as const),
      ]);
      // Whatever the realm has already stays. Sealing keys are never removed one by one, so where there is any the first one is there.
      const kept = await storage.addAll(
        realm,
        new Map([
          [REALM_KEY, blob],
          ...blobsOf(made),
          [sealerName(1), wrap(realm, sealerName(1), randomBytes(KEY_BYTES), key)],
          [CLIENT_AUTHORITY, authorityBlob],
        ]),
      );
      const keys = await keptKeys(realm, kept, made);
      const own = kept.get(CLIENT_AUTHORITY);
      if (own && Buffer.compare(own, authorityBlob) === 0) {
        const value = openClientAuthority(authority, certificates);
        authorities.set(realm, { digest: digestOf(own), value });
      } else if (own) {
        keptAuthority(realm, own, await realmKeys.open(realm, kept.get(REALM_KEY)));
      }
      return keys;
    },
    open: openRealm,
    async destroy(realm) {
      if (realm === REGION)
        throw new Error('the keys of the region itself are never destroyed by the keyring');
      const changes = await storage.get(realm, 'log.changes');
      if (changes) destroyed.set(digestOf(changes), true);
      await realmKeys.destroyRoot(realm);
      await storage.deleteAll(realm);
      realmKeys.forget(realm);
      opened.delete(realm);
      authorities.delete(realm);
    },
    clientAuthority: (realm, { fresh = false } = {}) => clientAuthority(realm, fresh),
    async rootAuthority(constraints) {
      const known = await rootAuthority();
      if (known) return known;
      const root = await createRootAuthority(region, constraints, clock.now());
      const key = await realmKeys.of(REGION);
      const blob = wrapAuthority(REGION, ROOT_AUTHORITY, root, encodeRoot(root), key);
      await storage.add(REGION, ROOT_AUTHORITY, blob);
      const made = await rootAuthority();
      if (!made) throw new Error('the key storage lost the region’s root as soon as it was made');
      return made;
    },
    async rotateSealer(realm) {
      requireOpen();
      const numbers = (await storage.list(realm))
        .filter((name) => name.startsWith(SEALER_PREFIX))
        .map((name) => Number(name.slice(SEALER_PREFIX.length)));
      if (numbers.length === 0) throw noKeys(realm);
      if (numbers.length >= SEALERS_MAX)
        throw new Error(`realm ${realm} has ${SEALERS_MAX} sealing keys already`);
      await add(realm, sealerName(Math.max(...numbers) + 1), randomBytes(KEY_BYTES));
    },
    material: {
      add,
      async get(realm, name) {
        requireOpen();
        const blob = await storage.get(realm, name);
        return blob && unwrap(realm, name, blob, await realmKeys.of(realm));
      },
      delete: (realm, name) => storage.delete(realm, name),
      names: async (realm, prefix) => (await storage.list(realm)).filter((name) => name.startsWith(prefix)),
    },
    rootOf: realmKeys.rootOf,
    requireRoot: realmKeys.requireRoot,
    async moveRoot(realm, to) {
      requireOpen();
      await realmKeys.moveRoot(realm, to);
    },
    close() {
      closed = true;
      realmKeys.clear();
      opened.clear();
      authorities.clear();
    },
  };
}

const noKeys = (realm: RealmId) => notFound({ kind: 'keys', name: organizationOf(realm) ?? 'region' });
