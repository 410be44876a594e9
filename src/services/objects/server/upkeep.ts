/**
 * What goes on beside requests: room of what was removed is given back, buckets that are gone are emptied, rules of lifecycle carried out, blobs that nothing refers to found, all blobs read again for bit rot, and
 * the region told what buckets hold. Each task bounded, one after the other, and safe to break off anywhere.
 */
import type { Clock } from '#kernel/clock.ts';
import type { Logger } from '#kernel/logger.ts';
import type { Parts } from './parts.ts';

const FREED_PORTION = 1_000;
const FREED_EVERY_MS = 5_000;
const SWEEP_EVERY_MS = 86_400_000;
const SCRUB_EVERY_MS = 7 * 86_400_000;
/** A blob without a name is somebody's until its upload can no longer be under way. */
const ORPHAN_AGE_MS = 2 * 86_400_000;
/** Orphans looked for at once: their ids are in memory. */
const CANDIDATES_MAX = 100_000;

export interface UpkeepOptions {
  readonly parts: Parts;
  readonly clock: Pick<Clock, 'now' | 'after'>;
  readonly logger: Logger;
}

export class Upkeep {
  readonly #options: UpkeepOptions;
  readonly #cancels = new Set<() => void>();
  readonly #abort = new AbortController();

  constructor(options: UpkeepOptions) {
    this.#options = options;
  }

  start(): void {
    this.#every(FREED_EVERY_MS, 'give room back', () => this.giveBack());
    this.#every(SWEEP_EVERY_MS, 'look for blobs that nothing refers to', () => this.sweep());
    this.#every(SCRUB_EVERY_MS, 'look for damage', () => this.scrub());
  }

  stop(): void {
    this.#abort.abort();
    for (const cancel of this.#cancels) cancel();
  }

  /** Blobs that were let go. What is given back before a kill and still named after it is given back again. */
  async giveBack(): Promise<number> {
    const { metadata, blobs } = this.#options.parts;
    let count = 0;
    while (!this.#abort.signal.aborted) {
      const freed = await metadata.freed(FREED_PORTION);
      if (freed.length === 0) return count;
      await blobs.delete(freed.map(({ blob }) => blob));
      await metadata.givenBack(freed.map(({ id }) => id));
      count += freed.length;
    }
    return count;
  }

  /** What a kill left between the bytes and the name. */
  async sweep(): Promise<number> {
    const { metadata, blobs, clock } = this.#options.parts;
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
      if (this.#abort.signal.aborted) return removed;
      if (stored_ms > 0 && stored_ms < before_ms) candidates.add(id);
      if (candidates.size >= CANDIDATES_MAX) await look();
    }
    if (candidates.size > 0) await look();
    await metadata.expire();
    if (removed > 0) this.#options.logger.info({ removed }, 'blobs that nothing referred to were removed');
    return removed;
  }

  /** Tells of each blob that is damaged. */
  async scrub(): Promise<number> {
    let damaged = 0;
    for await (const { id, fault } of this.#options.parts.blobs.scrub({ signal: this.#abort.signal })) {
      if (fault === undefined) continue;
      damaged += 1;
      this.#options.logger.error({ blob: id, fault }, 'a blob is damaged on the disk');
    }
    return damaged;
  }

  #every(period_ms: number, what: string, task: () => Promise<unknown>): void {
    const plan = () => {
      const cancel = this.#options.clock.after(period_ms, () => {
        this.#cancels.delete(cancel);
        task()
          .catch((error: unknown) => {
            if (!this.#abort.signal.aborted) this.#options.logger.error({ err: error }, `could not ${what}`);
          })
          .finally(() => !this.#abort.signal.aborted && plan());
      });
      this.#cancels.add(cancel);
    };
    plan();
  }
}
