/**
 * What the region process has answered, remembered until there is news of that realm: so a request usually asks nobody. Bounded; what was asked for longest ago goes first.
 */
import type { Clock } from '#kernel/clock.ts';
import type { RealmId } from '#kernel/realm-id.ts';
import type { GateClient } from '../gate/client.ts';
import {
  type BucketSettings,
  DECISION_KEPT_MS_MAX,
  type KeyHolder,
  type Question,
} from '../gate/protocol.ts';

const KEPT_MAX = 10_000;

interface Kept<T> {
  readonly answer: Promise<T>;
  readonly realm: RealmId | undefined;
  readonly until_ms: number;
}

/** `realm` of an answer: whose news end it. */
class Memory<T> {
  readonly #kept = new Map<string, Kept<T>>();
  readonly #clock: Pick<Clock, 'now'>;

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  get(key: string, realm: RealmId | undefined, kept_ms: number, ask: () => Promise<T>): Promise<T> {
    const now_ms = this.#clock.now();
    const known = this.#kept.get(key);
    if (known !== undefined && now_ms < known.until_ms) return known.answer;
    const answer = ask();
    this.#kept.delete(key);
    this.#kept.set(key, { answer, realm, until_ms: now_ms + kept_ms });
    answer.catch(() => this.#kept.get(key)?.answer === answer && this.#kept.delete(key));
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > KEPT_MAX && oldest !== undefined) this.#kept.delete(oldest);
    return answer;
  }

  /** Those of that realm, and those that are not known to be of another. */
  forget(realm: RealmId): void {
    for (const [key, kept] of this.#kept) {
      if (kept.realm === undefined || kept.realm === realm) this.#kept.delete(key);
    }
  }
}

export class RealmAnswers {
  readonly #gate: () => GateClient;
  readonly #holders: Memory<KeyHolder | null>;
  readonly #buckets: Memory<BucketSettings | null>;
  readonly #decisions: Memory<{ readonly allowed: boolean; readonly reason: string }>;
  readonly #keys: Memory<Buffer | null>;
  readonly #realms = new Map<string, RealmId>();

  constructor(gate: () => GateClient, clock: Pick<Clock, 'now'>) {
    this.#gate = gate;
    this.#holders = new Memory(clock);
    this.#buckets = new Memory(clock);
    this.#decisions = new Memory(clock);
    this.#keys = new Memory(clock);
  }

  holder(accessKey: string): Promise<KeyHolder | null> {
    // Whose it is, is not known before it was asked; so any realm's news end it.
    return this.#holders.get(accessKey, undefined, Number.POSITIVE_INFINITY, () =>
      this.#gate().ask('holder', { accessKey }),
    );
  }

  bucket(realm: RealmId, name: string): Promise<BucketSettings | null> {
    return this.#buckets.get(`${realm} ${name}`, realm, Number.POSITIVE_INFINITY, async () => {
      const settings = await this.#gate().ask('bucket', { realm, name });
      if (settings !== null) this.#realms.set(settings.uid, realm);
      const [oldest] = this.#realms.keys();
      if (this.#realms.size > KEPT_MAX && oldest !== undefined) this.#realms.delete(oldest);
      return settings;
    });
  }

  /** Of a bucket that was asked about by its name; it never is another's. */
  realmOf(uid: string): RealmId | undefined {
    return this.#realms.get(uid);
  }

  decide(question: Question): Promise<{ readonly allowed: boolean; readonly reason: string }> {
    const { realm, accessKey, verb, subresource = '', project, bucket, address = '' } = question;
    const key = [accessKey, verb, subresource, project, bucket, address].join(' ');
    return this.#decisions.get(key, realm, DECISION_KEPT_MS_MAX, () => this.#gate().ask('decide', question));
  }

  /** 32 bytes, the same ones each time: they are not to be changed. `null`: it is gone. */
  bucketKey(realm: RealmId, uid: string, version: number): Promise<Buffer | null> {
    return this.#keys.get(`${uid} ${version}`, realm, Number.POSITIVE_INFINITY, async () => {
      const answer = await this.#gate().ask('bucketKey', { realm, uid, version });
      return answer && Buffer.from(answer.key, 'base64');
    });
  }

  forget(realm: RealmId): void {
    for (const memory of [this.#holders, this.#buckets, this.#decisions, this.#keys]) memory.forget(realm);
  }
}
