/**
 * The keys that sign a realm's tokens: Ed25519, kept sealed under the realm's key. Each has a moment from which it signs, so every
 * process agrees on the current one without asking another. The next one is published a whole period before it signs, for those who
 * keep a copy of the key set; the last one stays published until what it signed has ended.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, hash, type KeyObject } from 'node:crypto';
import type { Clock } from '#kernel/clock.ts';
import type { RealmKeyring, WrappedKeyStorage } from '#kernel/keys.ts';
import type { Realms } from '#kernel/realm.ts';
import type { RealmId } from '#kernel/realm-id.ts';
import { BoundedMap } from '../../bounded-map.ts';
import { realmSecret } from '../../realm-sealing.ts';

const DAY_MS = 24 * 60 * 60_000;
/** A key signs for so long. */
export const ROTATION_MS = 30 * DAY_MS;
/** Whoever keeps a copy of the key set has at least so long to get the next key. */
const PUBLISHED_BEFORE_MS = DAY_MS;
/** What a key signed ends within this: the longest token is a service account's. */
export const TOKEN_LIFE_MS_MAX = DAY_MS;
/** How long a process goes on with the keys it knows. */
const RELOAD_MS = 60_000;
const OPEN_MAX = 1_024;
const PREFIX = 'oidc.signing.';
const KEYS_MAX = 100_000;

const keyName = (number: number) => `${PREFIX}${String(number).padStart(6, '0')}`;
const numberOf = (name: string) => Number(name.slice(PREFIX.length));

/** As JWK, with the private part: RFC 8037. */
export interface PrivateJwk {
  readonly kty: 'OKP';
  readonly crv: 'Ed25519';
  readonly x: string;
  readonly d: string;
}

export interface SigningKey {
  /** RFC 7638 thumbprint. */
  readonly kid: string;
  readonly from_ms: number;
  readonly jwk: PrivateJwk;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

export interface SigningKeys {
  /** Signs now. */
  readonly current: SigningKey;
  /** Every key whose signatures count, the current one first. */
  readonly published: readonly SigningKey[];
}

export interface RealmSigningKeys {
  /** From memory when it is there. `fresh` asks the storage. Throws `notFound` when there is no such realm. */
  of(realm: RealmId, options?: { readonly fresh?: boolean }): Promise<SigningKeys>;
}

/** Which keys count at a moment. Pure. Throws when none signs yet. */
export function rolesOf(keys: readonly SigningKey[], now_ms: number): SigningKeys {
  const inOrder = keys.toSorted((a, b) => a.from_ms - b.from_ms);
  const current = inOrder.findLast(({ from_ms }) => from_ms <= now_ms) ?? inOrder[0];
  if (!current) throw new Error('a realm without signing keys');
  const others = inOrder.filter((key, at) => {
    const endsSigning_ms = inOrder[at + 1]?.from_ms ?? Number.POSITIVE_INFINITY;
    return key !== current && endsSigning_ms + TOKEN_LIFE_MS_MAX > now_ms;
  });
  return { current, published: [current, ...others] };
}

interface KeptKey {
  readonly from_ms: number;
  readonly jwk: PrivateJwk;
}

function newKey(from_ms: number): Uint8Array {
  const jwk = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  return Buffer.from(JSON.stringify({ from_ms, jwk }));
}

function loadKey(bytes: Uint8Array): SigningKey {
  const { from_ms, jwk }: KeptKey = JSON.parse(Buffer.from(bytes).toString('utf8'));
  const { kty, crv, x, d } = jwk;
  const privateKey = createPrivateKey({ key: { kty, crv, x, d }, format: 'jwk' });
  const kid = hash('sha256', JSON.stringify({ crv, kty, x }), 'base64url');
  return { kid, from_ms, jwk: { kty, crv, x, d }, privateKey, publicKey: createPublicKey(privateKey) };
}

export interface SigningKeysOptions {
  readonly realms: Pick<Realms, 'use'>;
  readonly keyring: Pick<RealmKeyring, 'open'>;
  readonly storage: Pick<WrappedKeyStorage, 'add' | 'get' | 'list' | 'delete'>;
  readonly clock: Clock;
}

export function realmSigningKeys({ realms, keyring, storage, clock }: SigningKeysOptions): RealmSigningKeys {
  const opened = new BoundedMap<string, { keys: Promise<readonly SigningKey[]>; until_ms: number }>(OPEN_MAX);

  async function load(realm: RealmId): Promise<readonly SigningKey[]> {
    const { sealer } = await keyring.open(realm);
    const key = async (number: number, from_ms: number) =>
      loadKey(await realmSecret(storage, realm, sealer, keyName(number), () => newKey(from_ms)));
    const now_ms = clock.now();
    const numbers = (await storage.list(realm)).filter((name) => name.startsWith(PREFIX)).map(numberOf);
    const keys = await Promise.all(numbers.map((number) => key(number, now_ms)));
    let last = keys.at(-1);
    let number = numbers.at(-1) ?? 0;
    if (!last) {
      number += 1;
      last = await key(number, now_ms);
      keys.push(last);
    }
    // The next one is made when the last one begins to sign, by whichever process sees it first.
    if (last.from_ms <= now_ms && number < KEYS_MAX) {
      keys.push(await key(number + 1, Math.max(last.from_ms + ROTATION_MS, now_ms + PUBLISHED_BEFORE_MS)));
    }
    const { published } = rolesOf(keys, now_ms);
    const isOver = (at: number) => !published.some(({ kid }) => kid === keys[at]?.kid);
    for (const [at, old] of numbers.entries()) if (isOver(at)) await storage.delete(realm, keyName(old));
    return published;
  }

  return {
    async of(realm, { fresh = false } = {}) {
      const uid = await realms.use(realm, (open) => open.uid);
      const now_ms = clock.now();
      let known = opened.get(uid);
      if (!known || fresh || known.until_ms <= now_ms) {
        const keys = load(realm);
        known = { keys, until_ms: now_ms + RELOAD_MS };
        opened.set(uid, known);
        keys.catch(() => opened.delete(uid));
      }
      return rolesOf(await known.keys, now_ms);
    },
  };
}
