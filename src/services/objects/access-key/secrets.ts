/** Secrets of access keys, each wrapped under its organization's keys, and gone with the AccessKey. */
import { randomBytes } from 'node:crypto';
import type { RealmId } from '#kernel/realm-id.ts';
import type { MaterialStore } from '#trust/keys/keyring.ts';
import { type RelayedKeys, relayedKeys } from '../relay/relayed-key.ts';

const PREFIX = 'access-key.';
// 160 bits; without signs that command lines or URLs give a meaning.
const SECRET_BYTES = 20;

export interface AccessKeySecrets {
  /** Undefined when there is one already: it is never shown again. */
  make(realm: RealmId, uid: string): Promise<string | undefined>;
  get(realm: RealmId, uid: string): Promise<string | undefined>;
  destroy(realm: RealmId, uid: string): Promise<void>;
  /** Uids that there is a secret for. */
  uids(realm: RealmId): Promise<readonly string[]>;
  /** Of people who come through the API: kept nowhere. */
  readonly relayed: RelayedKeys;
}

export function accessKeySecrets(material: MaterialStore): AccessKeySecrets {
  return {
    async make(realm, uid) {
      const secret = randomBytes(SECRET_BYTES).toString('hex');
      return (await material.add(realm, PREFIX + uid, Buffer.from(secret, 'ascii'))) ? secret : undefined;
    },
    async get(realm, uid) {
      const bytes = await material.get(realm, PREFIX + uid);
      const secret = bytes?.toString('ascii');
      bytes?.fill(0);
      return secret;
    },
    destroy: (realm, uid) => material.delete(realm, PREFIX + uid),
    uids: async (realm) => (await material.names(realm, PREFIX)).map((name) => name.slice(PREFIX.length)),
    relayed: relayedKeys(material),
  };
}
