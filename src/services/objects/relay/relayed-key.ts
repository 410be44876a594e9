/**
 * Access keys of people who come through the API with a token, such as from the console: made for one request, kept nowhere. Who it is and until when stands in the key's
 * id, under a MAC, and the secret follows from the id and a key that only the region's own processes have. So each of them can make one, and each knows one that another made.
 * Who it names may do what their roles say when it is used; nothing is given by the id.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Actor, AuthenticationStrength } from '#kernel/access.ts';
import { badRequest } from '#kernel/errors.ts';
import { organizationOf, organizationRealm, REGION, type RealmId } from '#kernel/realm-id.ts';
import type { MaterialStore } from '#trust/keys/keyring.ts';

const MATERIAL = 'relayed-access-keys';
const KEY_BYTES = 32;
const PREFIX = 'CMR-';
const MAC_BYTES = 16;
const PATTERN = /^CMR-([A-Za-z0-9_-]{1,400})\.([A-Za-z0-9_-]{22})$/;
/** An id stands in the `Credential` of a signature, which has at most 512. */
export const RELAYED_ID_MAX = 440;
/** Requests of one minute have one id, so that what is known of it may be remembered. */
const STEP_MS = 60_000;

/** Who came, and how they proved it; what guardrails look at. */
export type Relayed = Pick<Actor, 'name' | 'credential' | 'strength' | 'authenticatedAt' | 'address'> & {
  readonly realm: RealmId;
  /** Milliseconds since the Unix epoch. */
  readonly expires_ms: number;
};

export interface RelayedKey {
  readonly accessKey: string;
  /** Never logged, never given to whoever came. */
  readonly secret: string;
}

export interface RelayedKeys {
  /** Valid for `lasts_ms`, up to a minute more. Throws BadRequest for somebody whose name is too long. */
  make(actor: Actor, now_ms: number, lasts_ms: number): Promise<RelayedKey>;
  /** Undefined: it is no id that this region made. It may have expired. */
  read(accessKey: string): Promise<(Relayed & { readonly secret: string }) | undefined>;
}

type Fields = readonly [
  organization: string,
  name: string,
  credential: string,
  strength: AuthenticationStrength | null,
  authenticatedAt: number | null,
  address: string | null,
  expires_ms: number,
];

export function relayedKeys(material: Pick<MaterialStore, 'add' | 'get'>): RelayedKeys {
  let key: Promise<Buffer> | undefined;
  const opened = () => {
    key ??= open(material);
    key.catch(() => {
      key = undefined;
    });
    return key;
  };
  return {
    async make(actor, now_ms, lasts_ms) {
      const fields: Fields = [
        organizationOf(actor.realm) ?? '',
        actor.name,
        actor.credential,
        actor.strength ?? null,
        actor.authenticatedAt ?? null,
        actor.address ?? null,
        Math.ceil((now_ms + lasts_ms) / STEP_MS) * STEP_MS,
      ];
      const text = Buffer.from(JSON.stringify(fields)).toString('base64url');
      const own = await opened();
      const accessKey = `${PREFIX}${text}.${mac(own, text).toString('base64url')}`;
      if (!PATTERN.test(accessKey))
        throw badRequest('your name is too long for objects to be served to you here');
      return { accessKey, secret: secretOf(own, accessKey) };
    },
    async read(accessKey) {
      const [, text, said] = PATTERN.exec(accessKey) ?? [];
      if (text === undefined || said === undefined) return undefined;
      const own = await opened();
      if (!timingSafeEqual(mac(own, text), Buffer.from(said, 'base64url'))) return undefined;
      const fields = JSON.parse(Buffer.from(text, 'base64url').toString()) as Fields;
      const [organization, name, credential, strength, authenticatedAt, address, expires_ms] = fields;
      return {
        realm: organizationRealm(organization),
        name,
        credential,
        ...(strength === null ? {} : { strength }),
        ...(authenticatedAt === null ? {} : { authenticatedAt }),
        ...(address === null ? {} : { address }),
        expires_ms,
        secret: secretOf(own, accessKey),
      };
    },
  };
}

/** Made by whoever is first; all processes of the region have the same. */
async function open(material: Pick<MaterialStore, 'add' | 'get'>): Promise<Buffer> {
  await material.add(REGION, MATERIAL, randomBytes(KEY_BYTES));
  const bytes = await material.get(REGION, MATERIAL);
  if (bytes === undefined) throw new Error('the key of relayed access keys was not kept');
  return bytes;
}

const mac = (key: Buffer, text: string): Buffer =>
  createHmac('sha256', key).update(`id\0${text}`).digest().subarray(0, MAC_BYTES);
const secretOf = (key: Buffer, accessKey: string): string =>
  createHmac('sha256', key).update(`secret\0${accessKey}`).digest('hex');
