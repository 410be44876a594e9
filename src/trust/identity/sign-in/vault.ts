/**
 * The secret side of credentials: seals and opens what proves them, and makes, changes and deletes the objects. Only the sign-in code has
 * one. What is sealed is bound to its realm, its owner and its sort, so nothing of one person counts for another.
 */
import { createHash } from 'node:crypto';
import { type Clock, rfc3339 } from '#kernel/clock.ts';
import { isStatusError } from '#kernel/errors.ts';
import type { RealmKeyring, Sealer } from '#kernel/keys.ts';
import type { ChangeContext, Realm } from '#kernel/realm.ts';
import { credentialsOf } from '../people/controllers.ts';
import {
  CREDENTIAL_LABEL_LENGTH_MAX,
  Credential,
  type CredentialObject,
  type CredentialType,
} from '../people/credential.ts';
import { User, type UserObject } from '../people/user.ts';
import type { PasswordHash } from './passwords.ts';

export interface PasskeySecret {
  readonly type: 'passkey';
  /** What WebAuthn calls it: base64url. */
  readonly id: string;
  /** COSE, base64url. */
  readonly publicKey: string;
  readonly counter: number;
  readonly transports: readonly string[];
  /** The relying party it was made for: a host name. */
  readonly rpId: string;
}

export type Secret =
  | PasskeySecret
  | { readonly type: 'password'; readonly hash: PasswordHash }
  | { readonly type: 'totp'; readonly secret: string; readonly lastStep: number }
  | { readonly type: 'recovery-codes'; readonly digests: readonly string[] };

export type SecretOf<Type extends CredentialType> = Extract<Secret, { type: Type }>;

export interface Opened<Content extends Secret = Secret> {
  readonly object: CredentialObject;
  readonly secret: Content;
}

/** The credentials of one realm, while it is held in memory. */
export class Vault {
  readonly #realm: Realm;
  readonly #sealer: Sealer;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #change: ChangeContext;

  private constructor(realm: Realm, sealer: Sealer, clock: Pick<Clock, 'now'>, change: ChangeContext) {
    this.#realm = realm;
    this.#sealer = sealer;
    this.#clock = clock;
    this.#change = change;
  }

  static async open(
    realm: Realm,
    keyring: Pick<RealmKeyring, 'open'>,
    clock: Pick<Clock, 'now'>,
    change: ChangeContext,
  ): Promise<Vault> {
    const { sealer } = await keyring.open(realm.id);
    return new Vault(realm, sealer, clock, change);
  }

  get realm(): Realm {
    return this.#realm;
  }

  get change(): ChangeContext {
    return this.#change;
  }

  /** Seals something for a while that a browser keeps: it opens only for the same purpose. */
  sealNote(purpose: string, note: unknown): string {
    const plaintext = Buffer.from(JSON.stringify(note));
    return Buffer.from(this.#sealer.seal(plaintext, this.#context('note', purpose))).toString('base64url');
  }

  /** Undefined for whatever was not sealed by `sealNote` for this purpose. */
  openNote(purpose: string, sealed: string): unknown {
    try {
      const bytes = this.#sealer.open(Buffer.from(sealed, 'base64url'), this.#context('note', purpose));
      return JSON.parse(Buffer.from(bytes).toString('utf8'));
    } catch {
      return undefined;
    }
  }

  all(userUid: string): readonly Opened[] {
    return credentialsOf(this.#realm.view, userUid).map((object) => ({ object, secret: this.#open(object) }));
  }

  find<Type extends CredentialType>(userUid: string, type: Type): Opened<SecretOf<Type>> | undefined {
    return this.all(userUid).find((one): one is Opened<SecretOf<Type>> => one.secret.type === type);
  }

  /** Makes a credential, or replaces the one of its sort that there may be only one of. Throws a StatusError. */
  async put(user: UserObject, secret: Secret, label?: string): Promise<void> {
    const { name: owner, uid } = user.metadata;
    const name = `${owner}.${nameOf(secret, uid)}`;
    const spec = { user: owner, type: secret.type, ...labelOf(label), ...this.#written(uid, secret) };
    const ownerReferences = [{ apiVersion: User.apiVersion, kind: User.kind, name: owner, uid }];
    const { resources } = this.#realm;
    try {
      await resources.create(
        Credential,
        undefined,
        { metadata: { name, ownerReferences }, spec },
        this.#change,
      );
    } catch (error) {
      if (!isStatusError(error, 'AlreadyExists') || secret.type === 'passkey') throw error;
      await resources.modify(Credential, { name }, this.#change, (current) => ({ ...current, spec }));
    }
  }

  /**
   * Says that a credential was used, and changes its secret, in one step of the lane. `use` gives what the secret is afterwards, or
   * undefined to refuse: it was used up meanwhile. Gives whether it was not.
   */
  async use<Content extends Secret>(
    { object }: Opened<Content>,
    use: (secret: Content) => Content | undefined,
  ): Promise<boolean> {
    const { name, uid } = object.metadata;
    const owner = ownerOf(object);
    let used = false;
    try {
      await this.#realm.resources.modify(Credential, { name }, this.#change, (current) => {
        used = false;
        if (current.metadata.uid !== uid || current.metadata.deletionTimestamp !== undefined) return current;
        const secret = use(this.#open(current as CredentialObject) as Content);
        if (secret === undefined) return current;
        used = true;
        const lastUsedAt = rfc3339(this.#clock.now());
        return { ...current, spec: { ...current.spec, lastUsedAt, ...this.#written(owner, secret) } };
      });
    } catch (error) {
      if (isStatusError(error, 'NotFound')) return false;
      throw error;
    }
    return used;
  }

  /** No error when it is gone. */
  async remove({ metadata: { name, uid } }: CredentialObject): Promise<void> {
    try {
      await this.#realm.resources.delete(Credential, { name }, this.#change, { preconditions: { uid } });
    } catch (error) {
      if (!isStatusError(error, 'NotFound') && !isStatusError(error, 'Conflict')) throw error;
    }
  }

  #context(...parts: readonly string[]): string {
    return [this.#realm.uid, 'sign-in', ...parts].join('/');
  }

  #written(userUid: string, secret: Secret) {
    const sealed = this.#sealer.seal(
      Buffer.from(JSON.stringify(secret)),
      this.#context(userUid, secret.type),
    );
    return {
      sealed: Buffer.from(sealed).toString('base64'),
      ...(secret.type === 'recovery-codes' ? { left: secret.digests.length } : {}),
    };
  }

  #open(object: CredentialObject): Secret {
    const { sealed, type } = object.spec;
    const bytes = this.#sealer.open(Buffer.from(sealed, 'base64'), this.#context(ownerOf(object), type));
    return JSON.parse(Buffer.from(bytes).toString('utf8')) as Secret;
  }
}

const ownerOf = (object: CredentialObject): string => object.metadata.ownerReferences?.[0]?.uid ?? '';

/** One of each sort, but any number of passkeys. The owner's uid keeps what an earlier user of the name left apart. */
function nameOf(secret: Secret, userUid: string): string {
  const of = secret.type === 'passkey' ? secret.id : userUid;
  return `${secret.type}-${createHash('sha256').update(of).digest('hex').slice(0, 16)}`;
}

function labelOf(label: string | undefined): { readonly label?: string } {
  const text = label?.trim().slice(0, CREDENTIAL_LABEL_LENGTH_MAX);
  return text === undefined || text === '' ? {} : { label: text };
}
