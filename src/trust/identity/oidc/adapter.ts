/**
 * Where the provider keeps what it must remember for a while: codes, refresh tokens, interactions, browser sessions, all as sealed
 * short-lived records. Clients are OAuthClient objects; and a grant is a Session object: it counts only while that lives.
 */
import type { Clock } from '#kernel/clock.ts';
import type { RealmId } from '#kernel/realm-id.ts';
import type { SealedRecord, SealedRecords } from '../../sealed-records.ts';
import type { OidcLibrary } from './library.ts';

/** A refresh token that was used is remembered for so long, to notice when somebody uses it again. */
const CONSUMED_KEPT_MS = 24 * 60 * 60_000;

type Payload = Readonly<Record<string, unknown>>;

export interface AdapterOptions {
  readonly realm: RealmId;
  readonly records: SealedRecords;
  readonly clock: Clock;
  readonly library: OidcLibrary;
  /** The metadata of a client by its id. */
  readonly client: (id: string) => Promise<Payload | undefined>;
  /** Whether a Session object, by its uid, still counts. */
  readonly isLive: (sessionUid: string) => Promise<boolean>;
  /** Deletes a Session object. */
  readonly end: (sessionUid: string) => Promise<void>;
}

/** What `oidc-provider` asks of an adapter; one for each of its models. */
interface Adapter {
  upsert(id: string, payload: Payload, expiresIn_s: number): Promise<void>;
  find(id: string): Promise<Payload | undefined>;
  findByUserCode(userCode: string): Promise<Payload | undefined>;
  findByUid(uid: string): Promise<Payload | undefined>;
  consume(id: string): Promise<void>;
  destroy(id: string): Promise<void>;
  revokeByGrantId(grantId: string): Promise<void>;
}

const collectionOf = (model: string) =>
  `oidc-${model.replace(/[A-Z]/g, (letter, at) => `${at === 0 ? '' : '-'}${letter.toLowerCase()}`)}`;

const KEYS = { grantId: 'grant', uid: 'uid', userCode: 'user-code' } as const;

function keysOf(payload: Payload): string[] {
  return Object.entries(KEYS).flatMap(([property, key]) =>
    typeof payload[property] === 'string' ? [`${key}:${payload[property]}`] : [],
  );
}

const payloadOf = (record: SealedRecord | undefined) => record?.value as Payload | undefined;

export function adapterFor(options: AdapterOptions): (model: string) => Adapter {
  const { realm, records, clock, library, client, isLive, end } = options;

  const adapter = (model: string): Adapter => {
    const collection = collectionOf(model);
    const findBy = async (key: string) => payloadOf((await records.findBy(realm, collection, key))[0]);
    return {
      async upsert(id, payload, expiresIn_s) {
        const expires_ms = clock.now() + expiresIn_s * 1000;
        await records.put(realm, collection, { id, value: payload, expires_ms, keys: keysOf(payload) });
      },
      find: async (id) => payloadOf(await records.get(realm, collection, id)),
      findByUserCode: (userCode) => findBy(`${KEYS.userCode}:${userCode}`),
      findByUid: (uid) => findBy(`${KEYS.uid}:${uid}`),
      async consume(id) {
        const record = await records.get(realm, collection, id);
        const payload = payloadOf(record);
        const now_ms = clock.now();
        const used = payload && {
          id,
          value: { ...payload, consumed: Math.floor(now_ms / 1000) },
          expires_ms: Math.min(record?.expires_ms ?? 0, now_ms + CONSUMED_KEPT_MS),
          keys: keysOf(payload),
        };
        // Of two that bring the same code at the same moment, in whichever processes, one gets tokens.
        const isFirst =
          used &&
          payload.consumed === undefined &&
          (await records.replace(realm, collection, record?.version ?? 0, used));
        if (!isFirst) throw new library.errors.InvalidGrant(`${model} was used already`);
      },
      destroy: (id) => records.delete(realm, collection, id),
      async revokeByGrantId(grantId) {
        await records.deleteBy(realm, collection, `${KEYS.grantId}:${grantId}`);
      },
    };
  };

  return (model) => {
    const kept = adapter(model);
    if (model === 'Client') return { ...kept, find: client };
    if (model !== 'Grant') return kept;
    return {
      ...kept,
      find: async (id) => ((await isLive(id)) ? kept.find(id) : undefined),
      async destroy(id) {
        await kept.destroy(id);
        await end(id);
      },
    };
  };
}
