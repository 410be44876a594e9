/** Nonces of ACME: each counts once, in whichever process it comes back to. */
import { randomBytes } from 'node:crypto';
import type { Clock } from '#kernel/clock.ts';
import type { RealmId } from '#kernel/realm-id.ts';
import type { SealedRecords } from '../sealed-records.ts';
import { NONCE_MS } from './limits.ts';

const COLLECTION = 'acme-nonces';
const BYTES = 18;

export interface Nonces {
  make(realm: RealmId): Promise<string>;
  /** Whether it was made here, has not expired, and was not taken before. */
  take(realm: RealmId, nonce: string): Promise<boolean>;
}

export function acmeNonces(records: SealedRecords, clock: Pick<Clock, 'now'>): Nonces {
  return {
    async make(realm) {
      const id = randomBytes(BYTES).toString('base64url');
      await records.add(realm, COLLECTION, { id, value: 0, expires_ms: clock.now() + NONCE_MS });
      return id;
    },
    take: async (realm, nonce) => (await records.take(realm, COLLECTION, nonce)) !== undefined,
  };
}
