/**
 * Passkeys (WebAuthn level 3, by SimpleWebAuthn): discoverable, so that nobody types a name, and always with the person verified by PIN,
 * finger or face, so that one is two factors. A challenge is kept for a few minutes, bound to the browser that asked and to what it is
 * for, and taken once. The library is loaded when first needed.
 */
import { randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server';
import type { Clock } from '#kernel/clock.ts';
import type { RealmId } from '#kernel/realm-id.ts';
import type { SealedRecords } from '../../sealed-records.ts';
import type { PasskeySecret } from './vault.ts';

const COLLECTION = 'passkey-challenges';
const CHALLENGE_BYTES = 32;
export const CHALLENGE_LIFE_MS = 5 * 60_000;
export const PASSKEYS_MAX = 10;
/** COSE: Ed25519, ECDSA with P-256, RSA with SHA-256; the first that the authenticator has. */
const ALGORITHMS = [-8, -7, -257];
const RESPONSE_LENGTH_MAX = 24_576;

/** Where passkeys are made and used: a host with a name. */
export interface RelyingParty {
  readonly id: string;
  readonly name: string;
  readonly origin: string;
}

/**
 * The relying party of a request by its Host header. Undefined when the host is an address, for which browsers make no passkeys, or none of
 * the names that this region goes by: a passkey made under a stranger's name would be that stranger's to ask for.
 */
export function relyingParty(
  host: string | undefined,
  names: ReadonlySet<string>,
  title: string,
): RelyingParty | undefined {
  const origin = `https://${host}`;
  if (host === undefined || !URL.canParse(origin)) return undefined;
  const { hostname } = new URL(origin);
  if (isIP(hostname) !== 0 || hostname.startsWith('[') || !names.has(hostname)) return undefined;
  return { id: hostname, name: title, origin };
}

/** What a challenge is for, and whose. */
export interface Purpose {
  readonly browser: string;
  /** `sign-in`, or `register <user uid>`. */
  readonly use: string;
}

export type PasskeyAnswer<Value> =
  | { readonly verified: true; readonly value: Value }
  | { readonly verified: false; readonly why: string };

export interface Passkeys {
  /** Options of `navigator.credentials.get` as JSON. */
  signInOptions(realm: RealmId, rp: RelyingParty, purpose: Purpose): Promise<unknown>;
  /** Options of `navigator.credentials.create` as JSON. `known`: the person's passkeys. */
  registrationOptions(
    realm: RealmId,
    rp: RelyingParty,
    purpose: Purpose,
    person: { readonly uid: string; readonly name: string; readonly displayName: string },
    known: readonly PasskeySecret[],
  ): Promise<unknown>;
  /** The new passkey that a form brought. */
  register(
    realm: RealmId,
    rp: RelyingParty,
    purpose: Purpose,
    response: string,
  ): Promise<PasskeyAnswer<PasskeySecret>>;
  /** The counter of a passkey that proved itself. `find` gives what is known of it, by its owner's uid and its id. */
  verify(
    realm: RealmId,
    rp: RelyingParty,
    purpose: Purpose,
    response: string,
    find: (userUid: string, id: string) => PasskeySecret | undefined,
  ): Promise<PasskeyAnswer<{ readonly userUid: string; readonly id: string; readonly counter: number }>>;
}

const library = () => import('@simplewebauthn/server');

/** As browsers give it; what the library then verifies. */
function parsed<Response>(text: string): Response | undefined {
  if (text.length > RESPONSE_LENGTH_MAX) return undefined;
  try {
    const value = JSON.parse(text) as { readonly id?: unknown; readonly response?: unknown } | null;
    const whole =
      typeof value?.id === 'string' && typeof value.response === 'object' && value.response !== null;
    return whole ? (value as Response) : undefined;
  } catch {
    return undefined;
  }
}

const refusal = (why: string) => ({ verified: false, why }) as const;
const whyOf = (error: unknown) => refusal(error instanceof Error ? error.message : String(error));

/** Whether a passkey's counter may follow another: it rises, or stays at nothing where an authenticator does not count. */
export const counterRises = (before: number, after: number): boolean =>
  (before === 0 && after === 0) || after > before;

export function openPasskeys(records: SealedRecords, clock: Pick<Clock, 'now'>): Passkeys {
  async function newChallenge(realm: RealmId, purpose: Purpose) {
    const challenge = randomBytes(CHALLENGE_BYTES);
    await records.put(realm, COLLECTION, {
      id: challenge.toString('base64url'),
      value: purpose,
      expires_ms: clock.now() + CHALLENGE_LIFE_MS,
    });
    return Uint8Array.from(challenge);
  }

  /** Takes a challenge; whether it was ours, and for this. */
  async function takes(realm: RealmId, purpose: Purpose, challenge: string): Promise<boolean> {
    if (challenge.length > 64 || challenge === '') return false;
    const taken = await records.take(realm, COLLECTION, challenge);
    const { browser, use } = (taken?.value ?? {}) as Partial<Purpose>;
    return browser === purpose.browser && use === purpose.use;
  }

  return {
    async signInOptions(realm, rp, purpose) {
      const { generateAuthenticationOptions } = await library();
      return generateAuthenticationOptions({
        rpID: rp.id,
        challenge: await newChallenge(realm, purpose),
        userVerification: 'required',
        timeout: CHALLENGE_LIFE_MS,
      });
    },
    async registrationOptions(realm, rp, purpose, person, known) {
      const { generateRegistrationOptions } = await library();
      return generateRegistrationOptions({
        rpID: rp.id,
        rpName: rp.name,
        userID: Uint8Array.from(Buffer.from(person.uid)),
        userName: person.name,
        userDisplayName: person.displayName,
        challenge: await newChallenge(realm, purpose),
        attestationType: 'none',
        supportedAlgorithmIDs: ALGORITHMS,
        authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
        excludeCredentials: known
          .filter(({ rpId }) => rpId === rp.id)
          .map(({ id, transports }) => ({ id, transports: [...transports] })),
        timeout: CHALLENGE_LIFE_MS,
      });
    },
    async register(realm, rp, purpose, text) {
      const { verifyRegistrationResponse } = await library();
      const response = parsed<RegistrationResponseJSON>(text);
      if (!response) return refusal('the answer is no registration');
      try {
        const { verified, registrationInfo } = await verifyRegistrationResponse({
          response,
          expectedChallenge: (challenge) => takes(realm, purpose, challenge),
          expectedOrigin: rp.origin,
          expectedRPID: rp.id,
          requireUserVerification: true,
          supportedAlgorithmIDs: ALGORITHMS,
        });
        if (!verified) return refusal('the attestation does not verify');
        const { id, publicKey, counter, transports = [] } = registrationInfo.credential;
        return {
          verified: true,
          value: {
            type: 'passkey',
            id,
            publicKey: Buffer.from(publicKey).toString('base64url'),
            counter,
            transports,
            rpId: rp.id,
          },
        };
      } catch (error) {
        return whyOf(error);
      }
    },
    async verify(realm, rp, purpose, text, find) {
      const { verifyAuthenticationResponse } = await library();
      const response = parsed<AuthenticationResponseJSON>(text);
      const handle = response?.response.userHandle;
      if (!response || typeof handle !== 'string') return refusal('the answer names no passkey');
      const userUid = Buffer.from(handle, 'base64url').toString('utf8');
      const passkey = find(userUid, response.id);
      if (!passkey || passkey.rpId !== rp.id) return refusal('nobody here has that passkey');
      try {
        const { verified, authenticationInfo } = await verifyAuthenticationResponse({
          response,
          expectedChallenge: (challenge) => takes(realm, purpose, challenge),
          expectedOrigin: rp.origin,
          expectedRPID: rp.id,
          requireUserVerification: true,
          credential: {
            id: passkey.id,
            publicKey: Uint8Array.from(Buffer.from(passkey.publicKey, 'base64url')),
            counter: passkey.counter,
          },
        });
        if (!verified) return refusal('the signature does not verify');
        return { verified: true, value: { userUid, id: passkey.id, counter: authenticationInfo.newCounter } };
      } catch (error) {
        return whyOf(error);
      }
    },
  };
}
