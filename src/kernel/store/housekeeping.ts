/**
 * What the store of a region does by itself, every little while: lets idle realms go, notices what a lost wake-up would have said, trims the
 * history that watches resume from, takes checkpoints.
 */
import { isStatusError } from '../errors.ts';
import type { RealmId } from '../realm-id.ts';
import type { LoadedRealm, LoadedRealmOptions } from './loaded-realm.ts';

/** History is trimmed so many times within the time it is kept. */
const TRIMS_PER_HISTORY = 12;

/** A realm that is in memory, in the place that it has there. */
export interface Housed {
  readonly realm: LoadedRealm;
  readonly slot: {
    readonly id: RealmId;
    /** Clock time; at first when it got its place. */
    historyTrimmed_ms: number;
  };
}

export interface House {
  loaded(): readonly Housed[];
  /** Lets go of those that nobody used since a moment. */
  evict(idleSince_ms: number): void;
  /** Whether there is a region to take checkpoints into. */
  hasRegion(): Promise<boolean>;
  takeCheckpoints(realm: RealmId): Promise<void>;
}

export class Housekeeping {
  readonly #options: LoadedRealmOptions;
  readonly #house: House;
  #checkpointed_ms: number;
  #cancel: () => void = () => {};
  #underWay: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(options: LoadedRealmOptions, house: House) {
    this.#options = options;
    this.#house = house;
    this.#checkpointed_ms = options.clock.now();
  }

  start(): void {
    const { clock, limits, onFault } = this.#options;
    this.#cancel = clock.after(limits.housekeeping_ms, () => {
      this.#underWay = this.#round()
        .catch((error) => {
          if (!this.#stopped) onFault('keeping house in the store', error);
        })
        .finally(() => {
          if (!this.#stopped) this.start();
        });
    });
  }

  /** At once; resolves when the round that is under way has ended. */
  stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel();
    return this.#underWay;
  }

  async #round(): Promise<void> {
    this.#house.evict(this.#options.clock.now() - this.#options.limits.idle_ms);
    await this.#compareSizes();
    await this.#trimHistory();
    await this.#takeCheckpoints();
  }

  /** What a lost wake-up would have said. */
  async #compareSizes(): Promise<void> {
    const loaded = this.#house.loaded();
    const sizes = await this.#options.storage.readSizes(loaded.map(({ realm }) => realm.uid));
    for (const { realm } of loaded) {
      const size = sizes.get(realm.uid) ?? 0;
      realm.wake(size);
      // Fewer than we know of: our own commit overtook the question, or the database was put back to an older state.
      if (size > 0 && size < realm.frontier.size) realm.takeIn().catch(() => {});
    }
  }

  async #trimHistory(): Promise<void> {
    const { storage, clock, limits } = this.#options;
    for (const { slot, realm } of this.#house.loaded()) {
      const now_ms = clock.now();
      if (now_ms - slot.historyTrimmed_ms < limits.history_ms / TRIMS_PER_HISTORY) continue;
      slot.historyTrimmed_ms = now_ms;
      const floor = await storage.lastChangeBefore(realm.uid, now_ms - limits.history_ms);
      if (floor >= 0) await storage.raiseHistoryFloor(realm.uid, floor);
    }
  }

  async #takeCheckpoints(): Promise<void> {
    const { clock, limits, onFault } = this.#options;
    if (clock.now() - this.#checkpointed_ms < limits.checkpoint_ms) return;
    this.#checkpointed_ms = clock.now();
    if (!(await this.#house.hasRegion())) return;
    for (const { slot } of this.#house.loaded()) {
      try {
        await this.#house.takeCheckpoints(slot.id);
      } catch (error) {
        if (!this.#stopped && !isStatusError(error, 'NotFound'))
          onFault(`taking the checkpoints of ${slot.id}`, error);
      }
    }
  }
}
