/**
 * Loads realms that need attention, a few at a time, keeps each in memory until its work is settled, and sweeps it
 * when asked. What is asked for twice is done once.
 */
import type { Clock } from '../clock.ts';
import { isStatusError } from '../errors.ts';
import type { Logger } from '../logger.ts';
import type { Realm, Realms } from '../realm.ts';
import type { RealmId } from '../realm-id.ts';

/** Realms loaded at once only for being visited. */
export const VISITS_MAX = 8;
/** A visit whose work does not settle, because an engine hangs, makes room for other realms after this; the work goes on. */
const SETTLE_LIMIT_ms = 30_000;

/** What could not be read is tried again after this. */
const RETRY_ms = 2_000;

/** `changes`: follow it and settle. `sweep`: also sweep what has objects. `everything`: also sweep what has none. */
export type VisitPurpose = 'changes' | 'sweep' | 'everything';

const RANK: Readonly<Record<VisitPurpose, number>> = { changes: 0, sweep: 1, everything: 2 };

export interface RealmVisitsOptions {
  readonly realms: Realms;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  isActive(realm: RealmId): boolean;
  attach(realm: Realm): void;
  sweep(realm: Realm, everything: boolean): Promise<void>;
  onGone(realm: RealmId): void;
  /** A visit began, and ended. */
  onBusy(): void;
  onIdle(): void;
}

export class RealmVisits {
  readonly #options: RealmVisitsOptions;
  readonly #wanted = new Map<RealmId, VisitPurpose>();
  readonly #settled = new Map<RealmId, (() => void)[]>();
  #running = 0;

  constructor(options: RealmVisitsOptions) {
    this.#options = options;
    options.signal.addEventListener('abort', () => {
      this.#wanted.clear();
      for (const realm of [...this.#settled.keys()]) this.#release(realm);
    });
  }

  request(realm: RealmId, purpose: VisitPurpose): void {
    if (this.#options.signal.aborted) return;
    const other = this.#wanted.get(realm);
    if (other === undefined || RANK[other] < RANK[purpose]) this.#wanted.set(realm, purpose);
    this.#start();
  }

  /** Asks for every realm there is that passes. */
  requestAll(purpose: VisitPurpose, passes: (realm: RealmId) => boolean): void {
    this.#options.onBusy();
    this.#options.realms
      .list()
      .then((realms) => {
        for (const realm of realms) if (passes(realm)) this.request(realm, purpose);
      })
      .catch((error: unknown) => {
        const { clock, logger, signal } = this.#options;
        if (signal.aborted) return;
        logger.error({ error: String(error) }, 'the realms cannot be listed; trying again soon');
        clock.after(RETRY_ms, () => {
          if (!signal.aborted) this.requestAll(purpose, passes);
        });
      })
      .finally(() => this.#options.onIdle());
  }

  /** One controller has nothing more to do in this realm for now. */
  settled(realm: RealmId): void {
    if (this.#settled.has(realm) && !this.#options.isActive(realm)) this.#release(realm);
  }

  #release(realm: RealmId): void {
    const waiting = this.#settled.get(realm) ?? [];
    this.#settled.delete(realm);
    for (const resolve of waiting) resolve();
  }

  #start(): void {
    for (const [realm, purpose] of this.#wanted) {
      if (this.#running >= VISITS_MAX) return;
      this.#wanted.delete(realm);
      this.#running++;
      this.#options.onBusy();
      void this.#visit(realm, purpose).finally(() => {
        this.#running--;
        this.#options.onIdle();
        this.#start();
      });
    }
  }

  async #visit(realm: RealmId, purpose: VisitPurpose): Promise<void> {
    try {
      await this.#withFresh(realm, async (loaded) => {
        this.#options.attach(loaded);
        await this.#whenSettled(realm);
      });
      if (purpose !== 'changes') {
        await this.#withFresh(realm, (loaded) => this.#options.sweep(loaded, purpose === 'everything'));
      }
    } catch (error) {
      if (isStatusError(error, 'NotFound')) this.#options.onGone(realm);
      else this.#retry(realm, purpose, error);
    }
  }

  /**
   * Holds the realm in memory, up to date: whoever led before may have seen more than was here, and on an older state its work
   * would be undone.
   */
  async #withFresh(realm: RealmId, work: (loaded: Realm) => Promise<void>): Promise<void> {
    const { realms } = this.#options;
    await realms.fresh(realm);
    const lease = await realms.acquire(realm);
    try {
      await work(lease.realm);
    } finally {
      lease.release();
    }
  }

  #retry(realm: RealmId, purpose: VisitPurpose, error: unknown): void {
    const { clock, logger, signal } = this.#options;
    if (signal.aborted) return;
    logger.warn({ realm, error: String(error) }, 'a realm cannot be read; trying again soon');
    clock.after(RETRY_ms, () => this.request(realm, purpose));
  }

  #whenSettled(realm: RealmId): Promise<void> {
    if (this.#options.signal.aborted || !this.#options.isActive(realm)) return Promise.resolve();
    return new Promise((resolve) => {
      const cancel = this.#options.clock.after(SETTLE_LIMIT_ms, resolve);
      const settled = () => {
        cancel();
        resolve();
      };
      const waiting = this.#settled.get(realm);
      if (waiting) waiting.push(settled);
      else this.#settled.set(realm, [settled]);
    });
  }
}
