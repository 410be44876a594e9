/**
 * Takes checkpoints of organizations' logs into the region's `changes` log, so that a tenant's log that was forked or cut short
 * contradicts what the region has signed.
 */
import type { Clock } from '../clock.ts';
import { notFound } from '../errors.ts';
import type { LogName } from '../keys.ts';
import { leafTime } from '../log/leaf.ts';
import { REGION, type RealmId } from '../realm-id.ts';
import type { Decide } from './lane.ts';
import type { StoredRealmLogs } from './realm-logs.ts';
import type { KeptCheckpoint, LogStorage } from './storage.ts';

const LOGS: readonly LogName[] = ['changes', 'access'];

/** The region's realm, held in memory. */
export interface RegionLease {
  readonly realm: { submit<Result>(decide: Decide<Result>): Promise<Result> };
  release(): void;
}

export class CheckpointTaker {
  readonly #storage: LogStorage;
  readonly #logs: StoredRealmLogs;
  readonly #clock: Clock;
  readonly #region: () => Promise<RegionLease>;
  /** Sizes of the logs that the region's log has a checkpoint of, by realm and log. */
  readonly #taken = new Map<string, number>();

  constructor(storage: LogStorage, logs: StoredRealmLogs, clock: Clock, region: () => Promise<RegionLease>) {
    this.#storage = storage;
    this.#logs = logs;
    this.#clock = clock;
    this.#region = region;
  }

  /** Takes the checkpoints of a realm's logs that have grown. Throws `notFound` when there is no such realm. */
  async take(id: RealmId): Promise<void> {
    const record = await this.#storage.readRealm(id);
    if (!record) throw notFound({ kind: 'realm', name: id });
    for (const log of LOGS) {
      const frontier = record[log];
      const key = `${id} ${log}`;
      if (this.#taken.get(key) === frontier.size) continue;
      const note = await this.#logs.sign(id, record.uid, log, frontier);
      await this.#logs.keep(id, record.uid, log, { size: frontier.size, note });
      // The region's own `changes` log cannot hold its own checkpoints: each would make the next one due.
      if (id !== REGION || log !== 'changes') await this.#append(id, log, note);
      this.#taken.set(key, frontier.size);
    }
  }

  /** Takes the checkpoints that a new realm was made with, which storage keeps already. */
  async takeFirst(
    id: RealmId,
    uid: string,
    checkpoints: Readonly<Record<LogName, KeptCheckpoint>>,
  ): Promise<void> {
    // At once, so that they are one commit.
    await Promise.all(
      LOGS.map(async (log) => {
        this.#logs.begun(id, uid, log, checkpoints[log]);
        await this.#append(id, log, checkpoints[log].note);
        this.#taken.set(`${id} ${log}`, checkpoints[log].size);
      }),
    );
  }

  /** Forgets what it knows of a realm that is gone. */
  forget(id: RealmId): void {
    for (const log of LOGS) this.#taken.delete(`${id} ${log}`);
  }

  async #append(realm: RealmId, log: LogName, checkpoint: string): Promise<void> {
    const region = await this.#region();
    try {
      const time_ms = this.#clock.now();
      const time = leafTime(time_ms);
      await region.realm.submit(({ nextRevision: index }) => ({
        result: undefined,
        commit: { time_ms, leaf: { v: 1, index, time, type: 'checkpoint', realm, log, checkpoint } },
      }));
    } finally {
      region.release();
    }
  }
}
