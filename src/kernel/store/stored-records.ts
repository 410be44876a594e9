/**
 * Erases what leaves of `changes` say of persons: what is older than a realm's policy lets it be, and what somebody has erased. The leaf that says
 * so comes first. They are kept without end unless a policy says otherwise, so only a realm that has one comes here.
 */
import type { Erasure } from '../access.ts';
import type { Kept, RecordEraser } from '../bodies.ts';
import type { Clock } from '../clock.ts';
import { notFound } from '../errors.ts';
import type { RealmId } from '../realm-id.ts';
import { type AcquireRealm, sayErased } from './say-erased.ts';
import type { LogStorage, RealmRecord } from './storage.ts';

/** Leaves gone through in one step. */
const STEP_LEAVES = 10_000;

export class StoredRecords implements RecordEraser {
  readonly #storage: LogStorage;
  readonly #clock: Clock;
  readonly #acquire: AcquireRealm;

  constructor(storage: LogStorage, clock: Clock, acquire: AcquireRealm) {
    this.#storage = storage;
    this.#clock = clock;
    this.#acquire = acquire;
  }

  async dropOld(id: RealmId, { kept_ms, actor, reason }: Kept): Promise<boolean> {
    const record = await this.#record(id);
    const { uid, recordsFloor } = record;
    const before_ms = this.#clock.now() - kept_ms;
    const upTo = await this.#storage.oldChanges(uid, recordsFloor, before_ms, STEP_LEAVES);
    await this.#eraseRange(id, record, { from: recordsFloor + 1, to: upTo, actor, reason });
    if (upTo > recordsFloor) await this.#storage.raiseRecordsFloor(uid, upTo);
    return upTo - recordsFloor >= STEP_LEAVES;
  }

  async erase(id: RealmId, erasure: Omit<Erasure, 'before_ms'>): Promise<number> {
    const record = await this.#record(id);
    // Never what is written after this was decided.
    const to = Math.min(erasure.to, record.changes.size - 1);
    return this.#eraseRange(id, record, { ...erasure, to });
  }

  async #eraseRange(id: RealmId, { uid }: RealmRecord, erasure: Erasure): Promise<number> {
    const range = { from: erasure.from, to: erasure.to, before_ms: Number.MAX_SAFE_INTEGER };
    const there = await this.#storage.personalRecords(uid, 'changes', range);
    if (!there) return 0;
    const { from, to } = there;
    await sayErased(this.#acquire, this.#clock, id, uid, { ...erasure, from, to });
    return this.#storage.erasePersonal(uid, 'changes', { ...range, from, to });
  }

  async #record(id: RealmId): Promise<RealmRecord> {
    const record = await this.#storage.readRealm(id);
    if (!record) throw notFound({ kind: 'realm', name: id });
    return record;
  }
}
