/**
 * What goes on beside requests: room of what was removed is given back, rules of lifecycle are carried out, reports of what buckets hold are made, blobs that nothing refers to found, all blobs read again for bit rot, and the region told
 * what buckets hold. Each task is bounded, goes on by itself, and may be broken off anywhere; how far the long ones have come outlives the process.
 */
import type { Clock } from '#kernel/clock.ts';
import type { Logger } from '#kernel/logger.ts';
import type { BucketKnown } from '../gate/protocol.ts';
import { InventoryReports, inventoryTask } from './inventory/inventory.ts';
import type { Parts } from './parts.ts';
import type { Recorder } from './recorder.ts';
import type { OpenBucket } from './session.ts';
import { allBuckets } from './upkeep/buckets.ts';
import { type Damage, SCRUB_TASK } from './upkeep/damage.ts';
import { Lifecycle, lifecycleTask } from './upkeep/lifecycle.ts';
import type { UsageNotes } from './upkeep/usage.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const PERIODS_MS = { Daily: DAY_MS, Weekly: 7 * DAY_MS } as const;
const FREED_PORTION = 1_000;
const FREED_EVERY_MS = 5_000;
/** What this process reads it knows. Of a cluster below, others of the region may read as well: they get so long. */
const SHARED_GRACE_MS = 3_600_000;
/** After a start; from then on once an hour it is looked what is due. */
const FIRST_LOOK_MS = 60_000;
const SWEEP_EVERY_MS = DAY_MS;
const SCRUB_EVERY_MS = 7 * DAY_MS;
/** A blob without a name is somebody's until its upload can no longer be under way. */
const ORPHAN_AGE_MS = 2 * DAY_MS;
/** Orphans looked for at once: their ids are in memory. */
const CANDIDATES_MAX = 100_000;
const SWEEP_TASK = 'sweep';

export interface UpkeepOptions {
  readonly parts: Parts;
  readonly recorder: Recorder;
  readonly usage: UsageNotes;
  readonly damage: Pick<Damage, 'scrub'>;
  readonly clock: Pick<Clock, 'now' | 'after'>;
  readonly logger: Logger;
  /** Ends all of it. */
  readonly signal: AbortSignal;
}

export class Upkeep {
  readonly #options: UpkeepOptions;
  readonly #lifecycle: Lifecycle;
  readonly #reports: InventoryReports;
  readonly #cancels = new Set<() => void>();

  constructor(options: UpkeepOptions) {
    this.#options = options;
    this.#lifecycle = new Lifecycle(options);
    const { recorder } = options;
    this.#reports = new InventoryReports({ ...options, record: (record) => recorder.record(record) });
  }

  start(): void {
    const { metadata } = this.#options.parts;
    const { signal, damage, clock } = this.#options;
    const isDue = async (task: string, every_ms: number) => {
      const known = await metadata.progress(task);
      return known === undefined || known.place !== undefined || clock.now() - known.done_ms >= every_ms;
    };
    this.#every(FREED_EVERY_MS, FREED_EVERY_MS, 'give room back', () => this.giveBack());
    this.#every(FIRST_LOOK_MS, HOUR_MS, 'go through the buckets', () => this.visitBuckets());
    this.#every(FIRST_LOOK_MS, HOUR_MS, 'look for blobs that nothing refers to', async () => {
      if (await isDue(SWEEP_TASK, SWEEP_EVERY_MS)) await this.sweep();
    });
    this.#every(FIRST_LOOK_MS, HOUR_MS, 'look for damage', async () => {
      if (await isDue(SCRUB_TASK, SCRUB_EVERY_MS)) await damage.scrub();
    });
    signal.addEventListener('abort', () => {
      for (const cancel of this.#cancels) cancel();
    });
  }

  /** Blobs that were let go, and that nobody reads any more. What is given back before a kill and still named after it is given back again. */
  async giveBack(): Promise<number> {
    const { metadata, blobs, reads } = this.#options.parts;
    const age_ms = blobs.name === 's3' ? SHARED_GRACE_MS : 0;
    let count = 0;
    let after = 0;
    while (!this.#options.signal.aborted) {
      const freed = await metadata.freed(FREED_PORTION, { after, age_ms });
      const last = freed.at(-1);
      if (last === undefined) return count;
      after = last.id;
      const read = await reads.among(new Set(freed.map(({ blob }) => blob)));
      const unread = freed.filter(({ blob }) => !read.has(blob));
      await blobs.delete(unread.map(({ blob }) => blob));
      await metadata.givenBack(unread.map(({ id }) => id));
      count += unread.length;
    }
    return count;
  }

  /** Counts each, carries out its rules and makes its reports where their hour has come. What goes wrong with one does not hold up the others. */
  async visitBuckets(): Promise<void> {
    const { parts, usage, signal, logger } = this.#options;
    for await (const bucket of allBuckets(parts.gate)) {
      if (signal.aborted) return;
      usage.changed(bucket.uid, bucket.realm);
      const trying = async (work: () => Promise<void>, problem: string) => {
        try {
          await work();
        } catch (error) {
          if (!signal.aborted) logger.warn({ err: error, bucket: bucket.uid }, problem);
        }
      };
      if (bucket.expires)
        await trying(() => this.#expire(bucket), 'rules of lifecycle were not carried out to the end');
      if (bucket.isReported)
        await trying(() => this.#report(bucket), 'a report of what a bucket holds was not made');
    }
  }

  async #expire({ realm, name, uid }: BucketKnown): Promise<void> {
    if (!(await this.#isHour(uid, lifecycleTask(uid), DAY_MS))) return;
    const removed = await this.#lifecycle.run(realm, name, uid);
    if (removed > 0)
      this.#options.logger.info({ bucket: uid, removed }, 'rules of lifecycle were carried out');
  }

  async #report({ realm, name, uid }: BucketKnown): Promise<void> {
    const settings = await this.#options.parts.answers.bucket(realm, name);
    const { inventory = {} } = (settings as OpenBucket | null)?.spec ?? {};
    for (const [id, { schedule, enabled }] of Object.entries(inventory)) {
      if (this.#options.signal.aborted) return;
      const isDue = enabled && (await this.#isHour(uid, inventoryTask(id, uid), PERIODS_MS[schedule]));
      if (isDue) await this.#reports.run(realm, name, uid, id);
    }
  }

  /** Once a day or once a week, each bucket at a time of its own; at once what never was. */
  async #isHour(uid: string, task: string, period_ms: number): Promise<boolean> {
    const { parts, clock } = this.#options;
    const known = await parts.metadata.progress(task);
    if (known === undefined || known.place !== undefined) return true;
    const own_ms = Number.parseInt(uid.replaceAll('-', '').slice(-8), 16) % period_ms;
    const last_ms = Math.floor((clock.now() - own_ms) / period_ms) * period_ms + own_ms;
    return known.done_ms < last_ms;
  }

  /** What a kill left between the bytes and the name. */
  async sweep(): Promise<number> {
    const { metadata, blobs, clock } = this.#options.parts;
    const { signal, logger } = this.#options;
    const before_ms = clock.now() - ORPHAN_AGE_MS;
    let removed = 0;
    let candidates = new Set<string>();
    const look = async () => {
      const referred = await metadata.referredTo(candidates);
      const orphans = [...candidates].filter((id) => !referred.has(id));
      await blobs.delete(orphans);
      removed += orphans.length;
      candidates = new Set();
    };
    for await (const { id, stored_ms } of blobs.list()) {
      if (signal.aborted) return removed;
      if (stored_ms > 0 && stored_ms < before_ms) candidates.add(id);
      if (candidates.size >= CANDIDATES_MAX) await look();
    }
    if (candidates.size > 0) await look();
    await metadata.expire();
    await metadata.noteProgress(SWEEP_TASK, { done_ms: clock.now() });
    if (removed > 0) logger.info({ removed }, 'blobs that nothing referred to were removed');
    return removed;
  }

  #every(first_ms: number, period_ms: number, what: string, task: () => Promise<unknown>): void {
    const { clock, signal, logger } = this.#options;
    const plan = (delay_ms: number) => {
      const cancel = clock.after(delay_ms, () => {
        this.#cancels.delete(cancel);
        task()
          .catch((error: unknown) => {
            if (!signal.aborted) logger.error({ err: error }, `could not ${what}`);
          })
          .finally(() => !signal.aborted && plan(period_ms));
      });
      this.#cancels.add(cancel);
    };
    plan(first_ms);
  }
}
