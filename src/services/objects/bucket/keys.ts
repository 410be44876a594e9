/**
 * The keys of buckets: 32 random bytes a version, each wrapped under the organization's keys, and, where the bucket names a Key, under that before. Whoever destroys the Key
 * has destroyed what the bucket holds; so does destroying the bucket's own. Both work at once: a Key that may not be used opens nothing, also not what was opened before.
 */
import { randomBytes } from 'node:crypto';
import { conflict, isStatusError, unavailable } from '#kernel/errors.ts';
import type { RealmView } from '#kernel/realm.ts';
import type { RealmId } from '#kernel/realm-id.ts';
import { BoundedMap } from '#trust/bounded-map.ts';
import { type Backends, openUnder, sealUnder } from '#trust/keys/key/crypt.ts';
import { Key, type KeyObject } from '#trust/keys/key/key.ts';
import { findVersion } from '#trust/keys/key/lifecycle.ts';
import type { MaterialStore } from '#trust/keys/keyring.ts';
import type { BucketObject } from './bucket.ts';

const KEY_BYTES = 32;
const VERSION_DIGITS = 6;
/** More would be a bucket whose Key changes every hour for a year. */
const VERSIONS_MAX = 10_000;
/** Opened ones that are kept. */
const OPEN_MAX = 4_096;
const RETRY_S = 2;
const PREFIX = 'bucket.';

const prefixOf = (uid: string) => `${PREFIX}${uid}.`;
const nameOf = (uid: string, version: number) =>
  `${prefixOf(uid)}${String(version).padStart(VERSION_DIGITS, '0')}`;
const boundTo = (uid: string, version: number) => Buffer.from(`casemate bucket key\0${uid}\0${version}`);

/** How it lies where a Key wraps it; 32 bytes as they are where none does. */
interface UnderKey {
  readonly keyUid: string;
  readonly key: string;
  /** Base64. */
  readonly envelope: string;
}

interface Opened {
  readonly bytes: Buffer;
  /** The Key and the version of it that opened it. */
  readonly by?: { readonly uid: string; readonly version: number };
}

export interface KeyUse {
  readonly key: KeyObject;
  readonly use: 'wrap' | 'unwrap';
  readonly bucket: string;
}

export interface BucketKeysOptions {
  readonly material: MaterialStore;
  readonly backends: Backends;
  /** Every use of a tenant's Key is on record, before it happens. */
  readonly onUse: (realm: RealmId, use: KeyUse) => Promise<void>;
}

export interface BucketKeys {
  /** The version that fits the bucket's spec, which is made unless it is there; the same however often it is called. */
  make(view: RealmView, bucket: BucketObject): Promise<number>;
  /** A copy, which the caller zeroes. Undefined: it is gone. Throws a StatusError while the Key that holds it cannot be used. */
  open(view: RealmView, bucket: BucketObject, version: number): Promise<Buffer | undefined>;
  /** Whether there is any. */
  has(realm: RealmId, uid: string): Promise<boolean>;
  /** Nothing that was written under them can be read again. */
  destroy(realm: RealmId, uid: string): Promise<void>;
  /** Uids of buckets that there are keys for. */
  uids(realm: RealmId): Promise<readonly string[]>;
}

export function bucketKeys({ material, backends, onUse }: BucketKeysOptions): BucketKeys {
  const opened = new BoundedMap<string, Opened>(OPEN_MAX);

  async function readUnderKey(
    realm: RealmId,
    uid: string,
    version: number,
  ): Promise<UnderKey | Buffer | undefined> {
    const bytes = await material.get(realm, nameOf(uid, version));
    if (bytes === undefined || bytes.length === KEY_BYTES) return bytes;
    return JSON.parse(bytes.toString('utf8')) as UnderKey;
  }

  async function wrapped(
    view: RealmView,
    bucket: BucketObject,
    key: KeyObject,
    version: number,
  ): Promise<Buffer> {
    const { uid, name } = bucket.metadata;
    await onUse(view.realm, { key, use: 'wrap', bucket: name });
    const fresh = randomBytes(KEY_BYTES);
    try {
      const use = useOf(key);
      const { envelope } = await sealUnder(backends, view.realm, key, use, fresh, boundTo(uid, version));
      const kept: UnderKey = {
        keyUid: key.metadata.uid,
        key: key.metadata.name,
        envelope: envelope.toString('base64'),
      };
      return Buffer.from(JSON.stringify(kept));
    } finally {
      fresh.fill(0);
    }
  }

  return {
    async make(view, bucket) {
      const { uid, namespace = '' } = bucket.metadata;
      const wanted = bucket.spec.key;
      const { keyVersion = 0, key: current } = bucket.status ?? {};
      if (keyVersion > 0 && current === wanted) return keyVersion;
      const key = wanted === undefined ? undefined : keyNamed(view, namespace, wanted);
      let version = keyVersion + 1;
      while (version <= VERSIONS_MAX) {
        const name = nameOf(uid, version);
        // Of an earlier attempt, perhaps for another Key.
        const there = await readUnderKey(view.realm, uid, version);
        if (there === undefined) {
          const made = key === undefined ? randomBytes(KEY_BYTES) : await wrapped(view, bucket, key, version);
          if (await material.add(view.realm, name, made)) return version;
          // Somebody was quicker: then theirs is looked at.
          continue;
        }
        const isFit = Buffer.isBuffer(there) ? key === undefined : there.keyUid === key?.metadata.uid;
        if (Buffer.isBuffer(there)) there.fill(0);
        if (isFit) return version;
        version++;
      }
      throw new Error(`bucket ${uid} has ${VERSIONS_MAX} keys already`);
    },
    async open(view, bucket, version) {
      const { uid, name } = bucket.metadata;
      const known = opened.get(nameOf(uid, version));
      if (known && (known.by === undefined || isUsable(view, known.by))) return Buffer.from(known.bytes);
      const there = await readUnderKey(view.realm, uid, version);
      if (there === undefined) return undefined;
      let result: Opened;
      if (Buffer.isBuffer(there)) result = { bytes: there };
      else {
        const key = keyByUid(view, there);
        await onUse(view.realm, { key, use: 'unwrap', bucket: name });
        const envelope = Buffer.from(there.envelope, 'base64');
        const { plaintext, version: by } = await openUnder(
          backends,
          view.realm,
          key,
          useOf(key),
          envelope,
          boundTo(uid, version),
        );
        result = { bytes: plaintext, by: { uid: there.keyUid, version: by } };
      }
      opened.set(nameOf(uid, version), result);
      return Buffer.from(result.bytes);
    },
    has: async (realm, uid) => (await material.names(realm, prefixOf(uid))).length > 0,
    async destroy(realm, uid) {
      for (const name of await material.names(realm, prefixOf(uid))) {
        opened.get(name)?.bytes.fill(0);
        opened.delete(name);
        await material.delete(realm, name);
      }
    },
    async uids(realm) {
      const names = await material.names(realm, PREFIX);
      return [...new Set(names.map((name) => name.slice(PREFIX.length, name.lastIndexOf('.'))))];
    },
  };
}

const useOf = ({ spec }: KeyObject) => (spec.purpose === 'wrap' ? 'wrap' : 'encrypt');

function isUsable(view: RealmView, by: { readonly uid: string; readonly version: number }): boolean {
  const found = view.byUid(by.uid);
  const key = found?.kind.resource === Key.resource ? (found.entry.object() as KeyObject) : undefined;
  return (
    key !== undefined &&
    key.metadata.deletionTimestamp === undefined &&
    findVersion(key, by.version)?.state === 'Enabled'
  );
}

const subject = (name: string) => ({ group: Key.group, kind: Key.kind, name });

/** Throws a StatusError that says why a bucket cannot be held by it. */
function keyNamed(view: RealmView, namespace: string, name: string): KeyObject {
  const key = view.get(Key, { namespace, name });
  if (key === undefined)
    throw conflict(subject(name), `there is no such Key in project "${namespace}"; make it first`);
  const { purpose, justifications } = key.spec;
  if (purpose !== 'wrap' && purpose !== 'encrypt') {
    throw conflict(subject(name), `its purpose is ${purpose}: a bucket takes one that encrypts or wraps`);
  }
  if (justifications !== undefined) {
    throw conflict(
      subject(name),
      'each of its uses takes a reason, and a bucket gives none: name another Key',
    );
  }
  return key;
}

function keyByUid(view: RealmView, { keyUid, key: name }: UnderKey): KeyObject {
  const found = view.byUid(keyUid);
  if (found?.kind.resource !== Key.resource) {
    throw conflict(
      subject(name),
      'the Key that held the bucket’s own is gone: what was written under it is lost',
    );
  }
  return found.entry.object() as KeyObject;
}

/** Whether it may be otherwise in a while. */
export const isPassing = (error: unknown): boolean =>
  isStatusError(error, 'Conflict') || isStatusError(error, 'ServiceUnavailable');

export const noKeyYet = (name: string) => unavailable(`bucket "${name}" has no key yet; try again`, RETRY_S);
