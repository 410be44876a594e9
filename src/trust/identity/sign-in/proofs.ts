/**
 * Proves who somebody is. Whoever is named, known or not, disabled or not, the same work is done and the same is said: one count, one hash,
 * one code, one comparison with ten digests. Every outcome is on record in the realm's access log.
 */
import { systemActor } from '#kernel/access.ts';
import { fromAddress } from '#kernel/client-address.ts';
import { rfc3339 } from '#kernel/clock.ts';
import { isStatusError } from '#kernel/errors.ts';
import type { Realm } from '#kernel/realm.ts';
import type { RouteRequest } from '#kernel/route.ts';
import { StrangerRecords } from '#kernel/wire/stranger-records.ts';
import { IDENTITY_GROUP } from '../api-group.ts';
import { isActive, userByUid } from '../people/directory.ts';
import { User, type UserObject } from '../people/user.ts';
import type { SignedIn, SignInStrength } from '../sign-in.ts';
import { addressKey } from './client-address.ts';
import { deviceOf, rememberDevice } from './known-device.ts';
import { type Attempts, type CounterName, openAttempts } from './lockout.ts';
import {
  newRecoveryCodes,
  newTotpSecret,
  normalCode,
  recoveryDigest,
  recoveryMatch,
  totpStep,
} from './one-time-codes.ts';
import type { SignInParts } from './parts.ts';
import { counterRises, openPasskeys, type Passkeys, type Purpose, type RelyingParty } from './passkeys.ts';
import { openPasswords, type Passwords } from './passwords.ts';
import { type Opened, type PasskeySecret, Vault } from './vault.ts';

export type Outcome =
  | { readonly type: 'signed-in'; readonly signedIn: SignedIn }
  | { readonly type: 'refused' }
  | { readonly type: 'wait'; readonly wait_ms: number }
  | { readonly type: 'busy' };

export interface PasswordForm {
  readonly name: string;
  readonly password: string;
  readonly code: string;
}

/** What is compared with when there is nobody, or nothing, to compare with. */
const DECOY_TOTP = newTotpSecret();
const DECOY_DIGESTS = newRecoveryCodes().map((code) => recoveryDigest('', code));

const REFUSED: Outcome = { type: 'refused' };

export class Proofs {
  readonly passwords: Passwords;
  readonly passkeys: Passkeys;
  readonly #parts: SignInParts;
  readonly #attempts: Attempts;
  readonly #strangers: StrangerRecords;

  constructor(parts: SignInParts, passwords: Passwords = openPasswords()) {
    this.#parts = parts;
    this.passwords = passwords;
    this.passkeys = openPasskeys(parts.records, parts.clock);
    this.#attempts = openAttempts(parts.records, parts.clock);
    this.#strangers = new StrangerRecords(parts.accessLog, parts.clock);
  }

  /** Runs `work` with the realm as it is now, over all processes of the region, and its credentials. */
  async inRealm<T>(request: RouteRequest, work: (vault: Vault) => Promise<T>): Promise<T> {
    const { realms, keyring, clock } = this.#parts;
    await realms.fresh(request.realm);
    return realms.use(request.realm, async (realm) => {
      const actor = systemActor(request.realm, 'sign-in');
      const change = { actor, via: 'sign-in', requestId: request.requestId };
      return work(await Vault.open(realm, keyring, clock, change));
    });
  }

  byPassword(request: RouteRequest, form: PasswordForm): Promise<Outcome> {
    return this.inRealm(request, async (vault) => {
      const { realm } = vault;
      const name = form.name.normalize('NFKC').trim().toLowerCase();
      const user = localUser(realm, name);
      const device = deviceOf(request, vault);
      const known = device !== undefined && device.userUid === user?.metadata.uid;
      const address = addressKey(request.incoming.socket.remoteAddress);
      const counters: readonly CounterName[] = known
        ? [{ type: 'device', of: device.id }]
        : [
            { type: 'user', of: name },
            { type: 'address', of: address },
          ];
      const wait_ms = await this.#attempts.begin(realm.id, counters);
      if (wait_ms > 0) {
        this.#record(request, user, 'password+totp', 'too many attempts: told to wait');
        return { type: 'wait', wait_ms };
      }
      let proved: boolean;
      try {
        proved = await this.#fits(vault, user, form);
      } catch (error) {
        if (!isStatusError(error, 'ServiceUnavailable')) throw error;
        for (const counter of counters) await this.#attempts.takeBack(realm.id, counter);
        return { type: 'busy' };
      }
      const signedIn = proved && user ? await this.#finish(request, vault, user, 'password+totp') : undefined;
      if (!signedIn) {
        this.#record(request, user, 'password+totp', 'user name, password and code do not fit together');
        return REFUSED;
      }
      for (const counter of counters) {
        if (counter.type === 'address') await this.#attempts.takeBack(realm.id, counter);
        else await this.#attempts.forget(realm.id, counter);
      }
      return { type: 'signed-in', signedIn };
    });
  }

  byPasskey(request: RouteRequest, rp: RelyingParty, purpose: Purpose, response: string): Promise<Outcome> {
    return this.inRealm(request, async (vault) => {
      const { realm } = vault;
      let found: Opened<PasskeySecret> | undefined;
      const answer = await this.passkeys.verify(realm.id, rp, purpose, response, (userUid, id) => {
        if (userByUid(realm.view, userUid) === undefined) return undefined;
        found = vault
          .all(userUid)
          .find((one): one is Opened<PasskeySecret> => one.secret.type === 'passkey' && one.secret.id === id);
        return found?.secret;
      });
      const owner = found?.object.metadata.ownerReferences?.[0]?.uid ?? '';
      const user = userByUid(realm.view, owner);
      if (!answer.verified || !found || !user || !isActive(user)) {
        const why = answer.verified ? 'the user is disabled' : answer.why;
        this.#record(request, user, 'passkey', why);
        return REFUSED;
      }
      const { counter } = answer.value;
      const used = await vault.use(found, (secret) =>
        counterRises(secret.counter, counter) ? { ...secret, counter } : undefined,
      );
      const signedIn = used ? await this.#finish(request, vault, user, 'passkey') : undefined;
      if (signedIn) return { type: 'signed-in', signedIn };
      this.#record(request, user, 'passkey', 'it was used or taken away meanwhile');
      return REFUSED;
    });
  }

  /** Whether password and code are those of the user; if so the code is used up. */
  async #fits(vault: Vault, user: UserObject | undefined, form: PasswordForm): Promise<boolean> {
    const uid = user?.metadata.uid ?? '';
    const all = user === undefined ? [] : vault.all(uid);
    const password = all.find((one) => one.secret.type === 'password')?.secret;
    const totp = user && vault.find(uid, 'totp');
    const recovery = user && vault.find(uid, 'recovery-codes');
    const fits = await this.passwords.verify(
      form.password,
      password?.type === 'password' ? password.hash : undefined,
    );
    const code = normalCode(form.code);
    const { secret = DECOY_TOTP, lastStep = 0 } = totp?.secret ?? {};
    const step = totpStep(secret, code, this.#parts.clock.now(), lastStep);
    const digest = recoveryMatch(uid, code, recovery?.secret.digests ?? DECOY_DIGESTS);
    // A recovery code stands in for the app; without an app there is nothing that it could stand in for.
    if (!fits || !user || !isActive(user) || !totp) return false;
    if (step !== undefined) {
      return vault.use(totp, (now) => (now.lastStep < step ? { ...now, lastStep: step } : undefined));
    }
    if (digest === undefined || !recovery) return false;
    return vault.use(recovery, (now) =>
      now.digests.includes(digest)
        ? { ...now, digests: now.digests.filter((one) => one !== digest) }
        : undefined,
    );
  }

  /** Says on the user that they signed in, unless they were disabled meanwhile; that is decided in the lane. */
  async #finish(
    request: RouteRequest,
    vault: Vault,
    { metadata: { name, uid } }: UserObject,
    strength: SignInStrength,
  ): Promise<SignedIn | undefined> {
    const at_ms = this.#parts.clock.now();
    let active = false;
    try {
      await vault.realm.resources.modify(
        User,
        { name },
        vault.change,
        (current) => {
          active = current.metadata.uid === uid && isActive(current as UserObject);
          return active
            ? { ...current, status: { ...current.status, lastSignInAt: rfc3339(at_ms) } }
            : current;
        },
        { subresource: 'status' },
      );
    } catch (error) {
      if (isStatusError(error, 'NotFound')) return undefined;
      throw error;
    }
    if (!active) return undefined;
    const record = { ...this.#recordOf(request, strength), actor: name, name, code: 200 };
    await this.#parts.accessLog.record(request.realm, { ...record, decision: 'allowed' }).durable;
    rememberDevice(request, vault, uid);
    return { userUid: uid, user: name, strength, at_ms };
  }

  #recordOf({ requestId, incoming }: RouteRequest, credential: string) {
    return {
      credential,
      ...fromAddress(incoming.socket),
      verb: 'create',
      resource: `sessions.${IDENTITY_GROUP}`,
      requestId,
    };
  }

  /** A refusal. A name that is nobody's is not written down: people type passwords into the wrong field. */
  #record(request: RouteRequest, user: UserObject | undefined, credential: string, reason: string): void {
    if (!this.#strangers.admit(request.requestId)) return;
    this.#parts.accessLog.record(request.realm, {
      ...this.#recordOf(request, credential),
      actor: 'anonymous',
      ...(user === undefined ? {} : { name: user.metadata.name }),
      decision: 'unauthenticated',
      reason,
      code: 401,
    });
  }
}

/** The live user of a name who signs in here and not with an identity provider; disabled or not. */
function localUser({ view }: Realm, name: string): UserObject | undefined {
  const user = name === '' ? undefined : (view.get(User, { name }) as UserObject | undefined);
  const local = user?.metadata.deletionTimestamp === undefined && user?.spec.identityProvider === undefined;
  return local ? user : undefined;
}
