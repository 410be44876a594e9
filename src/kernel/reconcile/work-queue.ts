/**
 * The work of one controller over all realms: which objects wait, run, or come back later. One object is never run
 * twice at the same time; asking for it while it runs means once more after. Realms take turns, so a busy one starves
 * nobody. It knows neither objects nor engines, and never throws what a run throws: that is a failure to retry.
 */
import type { Clock } from '../clock.ts';
import type { Random } from '../random.ts';
import type { RealmId } from '../realm-id.ts';
import { backoffDelay_ms } from './backoff.ts';

/**
 * Why an object is queued. `change`: something it depends on changed. `echo`: only its own status did, most often by the very
 * controller; it does not cut a retry short, and an object that keeps waking itself is slowed down.
 */
export type Cause = 'change' | 'echo';

/** Runs that an object may cause itself in a row, before it has to wait like one that fails. */
const ECHOES_MAX = 5;

/** An object that changed while a run of it failed comes back within this, however often it had failed before. */
const CHANGED_RETRY_MAX_ms = 1_000;

export interface WorkQueueOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Objects at once, in one realm and in all. */
  readonly perRealm_max: number;
  readonly total_max: number;
  /** Does the work; may ask to come back after so many milliseconds. */
  run(realm: RealmId, key: string): Promise<number | undefined>;
  onFailure(realm: RealmId, key: string, failures: number, retry_ms: number, error: unknown): void;
  /** Called when nothing is ready or running any more, in that realm. */
  onSettled(realm: RealmId): void;
}

export interface QueueDepth {
  readonly ready: number;
  readonly running: number;
  /** Waiting for a retry. */
  readonly delayed: number;
}

interface Item {
  readonly key: string;
  state: 'ready' | 'running' | 'delayed';
  /** Asked for while it ran. */
  again: Cause | undefined;
  failures: number;
  echoes: number;
  cancelTimer: (() => void) | undefined;
}

interface RealmWork {
  readonly items: Map<string, Item>;
  /** First in, first out. */
  readonly ready: Set<Item>;
  running: number;
}

export class WorkQueue {
  readonly #options: WorkQueueOptions;
  readonly #realms = new Map<RealmId, RealmWork>();
  /** Realms that could start something now, in the order of their turns. */
  readonly #turns = new Set<RealmId>();
  #running = 0;
  #scheduled = false;
  #stopped = false;

  constructor(options: WorkQueueOptions) {
    this.#options = options;
  }

  add(realm: RealmId, key: string, cause: Cause = 'change'): void {
    if (this.#stopped) return;
    const work = this.#work(realm);
    const item = work.items.get(key);
    if (!item) {
      const fresh: Item = {
        key,
        state: 'ready',
        again: undefined,
        failures: 0,
        echoes: 0,
        cancelTimer: undefined,
      };
      work.items.set(key, fresh);
      this.#makeReady(realm, work, fresh);
    } else if (item.state === 'running') {
      if (item.again !== 'change') item.again = cause;
    } else if (item.state === 'delayed') {
      this.#wake(realm, work, item, cause);
    }
  }

  /** Drops what waits in a realm that is gone. What runs there ends by itself. */
  forget(realm: RealmId): void {
    const work = this.#realms.get(realm);
    if (!work) return;
    for (const item of work.items.values()) {
      item.cancelTimer?.();
      item.again = undefined;
      if (item.state !== 'running') work.items.delete(item.key);
    }
    work.ready.clear();
    this.#settle(realm, work);
  }

  /** Whether something of the realm waits for a turn or runs. */
  isActive(realm: RealmId): boolean {
    const work = this.#realms.get(realm);
    return work !== undefined && work.ready.size + work.running > 0;
  }

  depth(): QueueDepth {
    let ready = 0;
    let items = 0;
    for (const work of this.#realms.values()) {
      ready += work.ready.size;
      items += work.items.size;
    }
    return { ready, running: this.#running, delayed: items - ready - this.#running };
  }

  /** Starts nothing more. */
  stop(): void {
    this.#stopped = true;
    for (const realm of [...this.#realms.keys()]) this.forget(realm);
  }

  #work(realm: RealmId): RealmWork {
    let work = this.#realms.get(realm);
    if (!work) {
      work = { items: new Map(), ready: new Set(), running: 0 };
      this.#realms.set(realm, work);
    }
    return work;
  }

  #wake(realm: RealmId, work: RealmWork, item: Item, cause: Cause): void {
    if (cause === 'echo') {
      if (item.failures > 0 || item.echoes >= ECHOES_MAX) return;
      item.echoes++;
    } else {
      item.echoes = 0;
    }
    item.cancelTimer?.();
    this.#makeReady(realm, work, item);
  }

  #makeReady(realm: RealmId, work: RealmWork, item: Item): void {
    item.state = 'ready';
    item.cancelTimer = undefined;
    work.ready.add(item);
    this.#turns.add(realm);
    this.#schedule();
  }

  #delay(realm: RealmId, work: RealmWork, item: Item, delay_ms: number): void {
    item.state = 'delayed';
    item.cancelTimer = this.#options.clock.after(delay_ms, () => {
      item.echoes = 0;
      this.#makeReady(realm, work, item);
    });
  }

  // Starting work in a microtask keeps `add` safe to call from anywhere, and lets many adds become one pass.
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#start();
    });
  }

  #start(): void {
    const { perRealm_max, total_max } = this.#options;
    while (this.#running < total_max) {
      const next = this.#turns.values().next();
      if (next.done) return;
      const realm = next.value;
      this.#turns.delete(realm);
      const work = this.#realms.get(realm);
      if (!work || work.running >= perRealm_max) continue;
      const item = work.ready.values().next().value;
      if (!item) continue;
      work.ready.delete(item);
      if (work.ready.size > 0) this.#turns.add(realm);
      item.state = 'running';
      work.running++;
      this.#running++;
      void this.#run(realm, work, item);
    }
  }

  async #run(realm: RealmId, work: RealmWork, item: Item): Promise<void> {
    let delay_ms: number | undefined;
    try {
      delay_ms = await this.#options.run(realm, item.key);
      item.failures = 0;
    } catch (error) {
      item.failures++;
      delay_ms = backoffDelay_ms(item.failures, this.#options.random);
      if (!this.#stopped) this.#options.onFailure(realm, item.key, item.failures, delay_ms, error);
    }
    work.running--;
    this.#running--;
    this.#next(realm, work, item, delay_ms);
    if (work.ready.size > 0) this.#turns.add(realm);
    this.#schedule();
    this.#settle(realm, work);
  }

  #next(realm: RealmId, work: RealmWork, item: Item, delay_ms: number | undefined): void {
    const again = item.again;
    item.again = undefined;
    if (this.#stopped || this.#realms.get(realm) !== work) {
      work.items.delete(item.key);
    } else if (again === 'change' && item.failures === 0) {
      item.echoes = 0;
      this.#makeReady(realm, work, item);
    } else if (again === 'echo' && item.failures === 0) {
      this.#echo(realm, work, item, delay_ms);
    } else if (delay_ms !== undefined) {
      this.#delay(
        realm,
        work,
        item,
        again === 'change' ? Math.min(delay_ms, CHANGED_RETRY_MAX_ms) : delay_ms,
      );
    } else {
      work.items.delete(item.key);
    }
  }

  #echo(realm: RealmId, work: RealmWork, item: Item, delay_ms: number | undefined): void {
    item.echoes++;
    if (item.echoes <= ECHOES_MAX) {
      this.#makeReady(realm, work, item);
      return;
    }
    const slow_ms = backoffDelay_ms(item.echoes - ECHOES_MAX, this.#options.random);
    item.state = 'delayed';
    // Unlike a timer's turn this one does not clear the count: only a settled object or a real change does.
    item.cancelTimer = this.#options.clock.after(Math.min(slow_ms, delay_ms ?? slow_ms), () =>
      this.#makeReady(realm, work, item),
    );
  }

  #settle(realm: RealmId, work: RealmWork): void {
    if (work.ready.size + work.running > 0) return;
    if (work.items.size === 0 && this.#realms.get(realm) === work) this.#realms.delete(realm);
    this.#options.onSettled(realm);
  }
}
