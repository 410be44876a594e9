/**
 * What trust seals of a realm beside its objects: protocol records and their keys. Sealed under the realm's own sealer, named by a keyed
 * hash, and bound to one incarnation of the realm: destroying its keys makes all of it unreadable.
 */
import { createHmac, randomBytes } from 'node:crypto';
import type { RealmKeyring, Sealer, WrappedKeyStorage } from '#kernel/keys.ts';
import type { Realms } from '#kernel/realm.ts';
import type { RealmId } from '#kernel/realm-id.ts';
import { BoundedMap } from './bounded-map.ts';

/** Realms whose sealing is kept open. */
const OPEN_MAX = 1_024;
const NAMING_KEY = 'records.naming';
const NAMING_KEY_BYTES = 32;

export interface Sealing {
  readonly realmUid: string;
  seal(plaintext: Uint8Array, context: string): Uint8Array;
  /** Throws when it was changed, moved, or is of another realm or incarnation. */
  open(sealed: Uint8Array, context: string): Promise<Uint8Array>;
  /** A name that tells nothing of the text, the same for the same text: 43 characters. */
  nameOf(text: string): string;
}

export interface RealmSealing {
  /** Throws `notFound` when there is no such realm. */
  of(realm: RealmId): Promise<Sealing>;
}

export interface RealmSealingOptions {
  readonly realms: Pick<Realms, 'use'>;
  readonly keyring: Pick<RealmKeyring, 'open'>;
  readonly storage: Pick<WrappedKeyStorage, 'add' | 'get'>;
}

/**
 * A secret of the realm by a name of its own: made at the first call of any process, the same ever after. `storage` keeps it sealed.
 * The caller may change what it gets.
 */
export async function realmSecret(
  storage: RealmSealingOptions['storage'],
  realm: RealmId,
  sealer: Sealer,
  name: string,
  make: () => Uint8Array,
): Promise<Uint8Array> {
  const context = `realm secret\0${name}`;
  const kept = await storage.get(realm, name);
  if (kept) return sealer.open(kept, context);
  await storage.add(realm, name, sealer.seal(make(), context));
  const made = await storage.get(realm, name);
  if (!made) throw new Error(`the key storage lost "${name}" of ${realm} as soon as it was made`);
  return sealer.open(made, context);
}

export function realmSealing({ realms, keyring, storage }: RealmSealingOptions): RealmSealing {
  const opened = new BoundedMap<string, Promise<Sealing>>(OPEN_MAX);

  async function open(realm: RealmId, realmUid: string): Promise<Sealing> {
    let { sealer } = await keyring.open(realm);
    const naming = await realmSecret(storage, realm, sealer, NAMING_KEY, () => randomBytes(NAMING_KEY_BYTES));
    const bind = (context: string) => `${realmUid}\0${context}`;
    return {
      realmUid,
      seal: (plaintext, context) => sealer.seal(plaintext, bind(context)),
      async open(sealed, context) {
        try {
          return sealer.open(sealed, bind(context));
        } catch {
          // Another process may have made a new sealing key since.
          ({ sealer } = await keyring.open(realm));
          return sealer.open(sealed, bind(context));
        }
      },
      nameOf: (text) => createHmac('sha256', naming).update(text).digest('base64url'),
    };
  }

  return {
    async of(realm) {
      const uid = await realms.use(realm, (open) => open.uid);
      const known = opened.get(uid);
      if (known) return known;
      const sealing = open(realm, uid);
      opened.set(uid, sealing);
      // What failed is tried again by whoever comes next.
      sealing.catch(() => opened.delete(uid));
      return sealing;
    },
  };
}
