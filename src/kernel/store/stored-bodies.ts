/**
 * Drops bodies of objects as they were: those whose time is over, and those that somebody has erased. The leaf that says so comes first, so a
 * body that is gone without one is a finding of `ledger verify`. Needs no realm in memory to find out that nothing is due.
 */
import type { Erasure } from '../access.ts';
import type { BodyEraser, Kept } from '../bodies.ts';
import type { Clock } from '../clock.ts';
import { notFound } from '../errors.ts';
import type { RealmId } from '../realm-id.ts';
import { type AcquireRealm, sayErased } from './say-erased.ts';
import type { LogStorage, RealmRecord } from './storage.ts';

/** Changes gone through in one step: a step writes as many rows at most twice. */
const STEP_CHANGES = 10_000;
/** Realms named as due at once; the others come after them. */
const DUE_MAX = 1_000;
/** What comes due is dropped once a day, not as each body does. */
const LOOK_AGAIN_MS = 24 * 60 * 60_000;

export class StoredBodies implements BodyEraser {
  readonly #storage: LogStorage;
  readonly #clock: Clock;
  readonly #acquire: AcquireRealm;

  constructor(storage: LogStorage, clock: Clock, acquire: AcquireRealm) {
    this.#storage = storage;
    this.#clock = clock;
    this.#acquire = acquire;
  }

  due(): Promise<readonly RealmId[]> {
    return this.#storage.realmsWithBodiesDue(this.#clock.now(), DUE_MAX);
  }

  async dropOld(id: RealmId, { kept_ms, actor, reason }: Kept): Promise<boolean> {
    const record = await this.#record(id);
    const now_ms = this.#clock.now();
    if (record.bodiesDue_ms === 0 && record.bodiesFloor >= 0) {
      const why = 'a release that kept bodies for an hour dropped them';
      await this.#say(id, record, { from: 0, to: record.bodiesFloor, actor, reason: why });
      await this.#storage.setBodiesDue(record.uid, now_ms);
    }
    const found = await this.#storage.replacedBodies(record.uid, now_ms - kept_ms, STEP_CHANGES);
    if (!found) throw notFound({ kind: 'realm', name: id });
    const { floor, upTo, next_ms, bodies } = found;
    if (bodies) await this.#say(id, record, { from: bodies.from, to: bodies.to, actor, reason });
    if (upTo > floor) await this.#storage.dropReplacedBodies(record.uid, upTo);
    if (upTo - floor >= STEP_CHANGES) return true;
    const due_ms = Math.max(now_ms + LOOK_AGAIN_MS, (next_ms ?? now_ms) + kept_ms);
    await this.#storage.setBodiesDue(record.uid, due_ms);
    return false;
  }

  async erase(id: RealmId, { from, to, actor, reason }: Omit<Erasure, 'before_ms'>): Promise<number> {
    const record = await this.#record(id);
    // Never what is written after this was decided.
    const there = await this.#storage.pastBodies(record.uid, from, Math.min(to, record.changes.size - 1));
    if (!there) return 0;
    await this.#say(id, record, { from: there.from, to: there.to, actor, reason });
    return this.#storage.erasePastBodies(record.uid, there.from, there.to);
  }

  #say(id: RealmId, { uid }: RealmRecord, erasure: Erasure): Promise<void> {
    return sayErased(this.#acquire, this.#clock, id, uid, erasure, 'bodies');
  }

  async #record(id: RealmId): Promise<RealmRecord> {
    const record = await this.#storage.readRealm(id);
    if (!record) throw notFound({ kind: 'realm', name: id });
    return record;
  }
}
