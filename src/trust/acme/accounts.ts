/** Accounts of ACME clients, each an AcmeAccount: whose key may speak for it, and how a client comes to bind its own. */
import { createHmac, randomBytes } from 'node:crypto';
import type { JWK } from 'jose';
import { systemActor } from '#kernel/access.ts';
import { type Clock, rfc3339 } from '#kernel/clock.ts';
import type { ActionConnector } from '#kernel/connect.ts';
import { badRequest } from '#kernel/errors.ts';
import type { RealmKeyring, WrappedKeyStorage } from '#kernel/keys.ts';
import type { ChangeContext, Entry, ObjectKey, Realm, RealmView } from '#kernel/realm.ts';
import { REGION, type RealmId } from '#kernel/realm-id.ts';
import { realmSecret } from '../realm-sealing.ts';
import { AcmeAccount, type AcmeAccountObject, type AcmeAccountStatus } from './account.ts';
import { thumbprintOf } from './jws.ts';
import { CONTACT_LENGTH_MAX, CONTACTS_MAX } from './limits.ts';
import { malformed, Problem } from './problem.ts';

const SECRET_NAME = 'acme.eab';
const SECRET_BYTES = 32;

/** Below the region's address. */
export const directoryUrl = (apiUrl: string, realm: RealmId): string =>
  `${apiUrl}${realm === REGION ? '' : realm}/acme/directory`;

export const keyOf = ({ metadata }: AcmeAccountObject): ObjectKey => ({
  name: metadata.name,
  ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
});

/** Changes that the ACME server makes for a client. */
export const acmeContext = (realm: RealmId, requestId: string): ChangeContext => ({
  actor: systemActor(realm, 'acme'),
  via: 'acme',
  requestId,
});

/** The HMAC key of an account's external binding: derived, and kept nowhere. */
export interface BindingKeys {
  of(realm: RealmId, accountUid: string): Promise<Uint8Array>;
}

export interface BindingKeysOptions {
  readonly keyring: Pick<RealmKeyring, 'open'>;
  readonly storage: Pick<WrappedKeyStorage, 'add' | 'get'>;
}

export function bindingKeys({ keyring, storage }: BindingKeysOptions): BindingKeys {
  return {
    async of(realm, accountUid) {
      const { sealer } = await keyring.open(realm);
      const key = await realmSecret(storage, realm, sealer, SECRET_NAME, () => randomBytes(SECRET_BYTES));
      return Uint8Array.from(createHmac('sha256', key).update(`external account\0${accountUid}`).digest());
    },
  };
}

/** `acmeaccounts/eab`. */
export function bindingAction(keys: BindingKeys, apiUrl: () => string): ActionConnector {
  return {
    type: 'action',
    async call({ realm, object }) {
      const { metadata, status } = object as AcmeAccountObject;
      if (status !== undefined && status.state !== 'pending') {
        throw badRequest(
          'a client has registered with this AcmeAccount already; make another for another client',
        );
      }
      const hmacKey = Buffer.from(await keys.of(realm, metadata.uid)).toString('base64url');
      return { directory: directoryUrl(apiUrl(), realm), kid: metadata.uid, hmacKey };
    },
  };
}

/** The AcmeAccount of that uid that lives; undefined when there is none. */
export function accountByUid(view: RealmView, uid: string): AcmeAccountObject | undefined {
  const found = view.byUid(uid);
  if (found?.kind.resource !== AcmeAccount.resource) return undefined;
  const account = found.entry.object() as AcmeAccountObject;
  return account.metadata.deletionTimestamp === undefined ? account : undefined;
}

/** Parsed once for each state of an account. */
const thumbprints = new WeakMap<Entry, string>();

/** The account that a key is bound to. */
export function accountByThumbprint(view: RealmView, thumbprint: string): AcmeAccountObject | undefined {
  for (const entry of view.entries(AcmeAccount)) {
    let known = thumbprints.get(entry);
    if (known === undefined) {
      known = (entry.object() as AcmeAccountObject).status?.thumbprint ?? '';
      thumbprints.set(entry, known);
    }
    if (known !== thumbprint) continue;
    const account = entry.object() as AcmeAccountObject;
    if (account.metadata.deletionTimestamp === undefined) return account;
  }
  return undefined;
}

/** What a client gave as contacts. Throws invalidContact, unsupportedContact. */
export function contactsOf(value: unknown): readonly string[] {
  if (value === undefined) return [];
  if (!Array.isArray(value) || value.length > CONTACTS_MAX) {
    throw new Problem('invalidContact', `contact is a list of at most ${CONTACTS_MAX} addresses`);
  }
  return value.map((contact: unknown) => {
    if (typeof contact !== 'string' || contact.length > CONTACT_LENGTH_MAX) {
      throw new Problem('invalidContact', `a contact has at most ${CONTACT_LENGTH_MAX} characters`);
    }
    if (!contact.startsWith('mailto:'))
      throw new Problem('unsupportedContact', 'contacts are mailto: addresses');
    if (!/^mailto:[^\s@,?]+@[^\s@,?]+$/.test(contact)) {
      throw new Problem('invalidContact', 'a contact is one mail address, as in mailto:admin@example.org');
    }
    return contact;
  });
}

export interface AccountChanges {
  readonly realm: Realm;
  readonly requestId: string;
  readonly clock: Clock;
}

/** Binds a client's key to a pending account. Throws unauthorized when another was first, malformed for a key that is in use. */
export async function bindKey(
  { realm, requestId, clock }: AccountChanges,
  account: AcmeAccountObject,
  key: JWK & { readonly kty: string },
  contacts: readonly string[],
): Promise<AcmeAccountObject> {
  const thumbprint = await thumbprintOf(key);
  return changeStatus({ realm, requestId, clock }, account, (status, view) => {
    if (status.state !== 'pending') {
      throw new Problem('unauthorized', 'a client has registered with this external account already');
    }
    if (accountByThumbprint(view, thumbprint)) throw malformed('this key is bound to another account', 409);
    return {
      state: 'valid',
      key,
      thumbprint,
      contacts: [...contacts],
      registeredAt: rfc3339(clock.now()),
    };
  });
}

/** Writes the status in the lane, of that very object. Throws accountDoesNotExist when it is gone. */
export async function changeStatus(
  { realm, requestId }: AccountChanges,
  account: AcmeAccountObject,
  change: (status: AcmeAccountStatus, view: RealmView) => AcmeAccountStatus,
): Promise<AcmeAccountObject> {
  const written = await realm.resources.modify(
    AcmeAccount,
    keyOf(account),
    acmeContext(realm.id, requestId),
    (current, view) => {
      if (current.metadata.uid !== account.metadata.uid) throw gone();
      return { ...current, status: change(current.status ?? { state: 'pending' }, view) };
    },
    { subresource: 'status' },
  );
  return written.object as AcmeAccountObject;
}

export const gone = () => new Problem('accountDoesNotExist', 'there is no such account; register one');
