/**
 * Keeps the packet filter equal to what all projects of all organizations say. Realms come and go in memory; this keeps a compiled zone of
 * every project, and puts them in force together: while one version is being applied, changes gather for the next, so a burst costs
 * two applications, not many. A project that is not here gets nothing through, hence nothing is applied before every
 * project that has networks was compiled once (`restore`): a restart cuts nobody off.
 */
import type { FilterClient } from '#engines/nftables/client.ts';
import { type FilterModel, type FilterZone, parseModel } from '#engines/nftables/model.ts';
import type { FilterState } from '#engines/nftables/protocol.ts';
import type { Clock } from '#kernel/clock.ts';
import type { Logger } from '#kernel/logger.ts';
import type { RealmId } from '#kernel/realm-id.ts';

/** Callers that wait for one application. Each is a reconcile, of which the manager runs few at once. */
const WAITING_MAX = 10_000;
/** How soon a failed application is tried again when no caller comes back first. */
const RETRY_MS = 2_000;

export interface RegionFilterOptions {
  readonly client: FilterClient;
  readonly regionId: string;
  /** Whether the region lets instances reach past it when a policy allows it. */
  readonly outbound: boolean;
  /** Where this host serves the region's time (`FilterModel.timePort`). */
  readonly timePort?: number;
  /** Where it serves objects to instances (`FilterModel.objectsPort`). */
  readonly objectsPort?: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Waiting {
  readonly version: number;
  resolve(state: FilterState): void;
  reject(error: unknown): void;
}

interface Kept {
  readonly realm: RealmId;
  readonly zone: FilterZone;
  readonly text: string;
}

export class RegionFilter {
  readonly #options: RegionFilterOptions;
  readonly #zones = new Map<string, Kept>();
  #restoring: Promise<void> | undefined;
  #version = 1;
  #inForce = 0;
  #state: FilterState = { absentBridges: [] };
  #waiting: Waiting[] = [];
  /** The port that each address is tied to by the filter in force. */
  #ports: ReadonlyMap<string, string> = new Map();
  #running = false;
  #cancelRetry: (() => void) | undefined;

  constructor(options: RegionFilterOptions) {
    this.#options = options;
  }

  /** Why there is no packet filter here; undefined where there is. */
  get absent(): string | undefined {
    return this.#options.client.absent;
  }

  /**
   * Sets what is known of a project (undefined: it has no networks any more) and resolves when the filter in force has it. Rejects with
   * ModelError when the zone contradicts itself (it is then left out), with FilterError when it cannot be applied.
   */
  async put(realm: RealmId, project: string, zone: FilterZone | undefined): Promise<FilterState> {
    this.set(realm, project, zone);
    return this.settled();
  }

  /** As `put`, without waiting. */
  set(realm: RealmId, project: string, zone: FilterZone | undefined): void {
    const key = keyOf(realm, project);
    if (zone === undefined || zone.bridges.length === 0) {
      if (this.#zones.delete(key)) this.#version++;
      return;
    }
    const text = JSON.stringify(zone);
    if (this.#zones.get(key)?.text === text) return;
    // One project's fault must not hold up all others: each zone is proven on its own before it joins them.
    parseModel(this.#model([zone]), this.#options.regionId);
    this.#zones.set(key, { realm, zone, text });
    this.#version++;
  }

  /** The one port whose packets may bear the address, by the filter in force; undefined when there is none, or nothing is known yet. */
  portOf(address: string): string | undefined {
    return this.#ports.get(address);
  }

  has(realm: RealmId, project: string): boolean {
    return this.#zones.has(keyOf(realm, project));
  }

  /** Takes out all projects of a realm that is gone. */
  forgetRealm(realm: RealmId): void {
    for (const [key, kept] of this.#zones) {
      if (kept.realm === realm && this.#zones.delete(key)) this.#version++;
    }
  }

  /** Realms that projects are known of. */
  realms(): Set<RealmId> {
    return new Set([...this.#zones.values()].map(({ realm }) => realm));
  }

  /** Runs `work` before anything is applied, once; a failure is thrown to every caller and the next one tries again. */
  async restore(work: () => Promise<void>): Promise<void> {
    this.#restoring ??= work().catch((error: unknown) => {
      this.#restoring = undefined;
      throw error;
    });
    return this.#restoring;
  }

  /** Resolves when everything set so far is in force. */
  settled(): Promise<FilterState> {
    if (this.#inForce >= this.#version) return Promise.resolve(this.#state);
    if (this.#waiting.length >= WAITING_MAX)
      return Promise.reject(new RangeError('too many wait for the filter'));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ version: this.#version, resolve, reject });
      this.#start();
    });
  }

  /**
   * Applies again when the kernel holds something else, or when a bridge that was absent may have come. Call it now and then.
   */
  async verify(): Promise<FilterState> {
    if (this.absent !== undefined) return this.#state;
    if (this.#inForce < this.#version) return this.settled();
    const { digest, absentBridges } = await this.#options.client.state();
    const returned = this.#state.absentBridges.some((bridge) => !absentBridges.includes(bridge));
    if (digest !== this.#state.digest) {
      this.#options.logger.warn(
        { expected: this.#state.digest, found: digest },
        'the packet filter was not what it should be',
      );
    }
    return digest !== this.#state.digest || returned ? this.reapply() : this.#state;
  }

  /** Applies what is known even if nothing changed: a bridge was made (anew), and needs its settings. */
  reapply(): Promise<FilterState> {
    this.#version++;
    return this.settled();
  }

  #start(): void {
    if (this.#running) return;
    this.#cancelRetry?.();
    this.#cancelRetry = undefined;
    this.#running = true;
    this.#run().finally(() => {
      this.#running = false;
      if (this.#waiting.length > 0) this.#start();
    });
  }

  async #run(): Promise<void> {
    const version = this.#version;
    let settle: (waiting: Waiting) => void;
    try {
      const zones = [...this.#zones].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, { zone }]) => zone);
      const state = await this.#options.client.apply(this.#model(zones));
      this.#inForce = version;
      this.#ports = new Map(
        zones.flatMap(({ endpoints }) => endpoints.map(({ address, port }) => [address, port] as const)),
      );
      this.#state = state;
      settle = ({ resolve }) => resolve(state);
    } catch (error) {
      this.#options.logger.error(
        { error: String(error) },
        'the packet filter could not be applied; what was in force stays',
      );
      this.#retryLater();
      settle = ({ reject }) => reject(error);
    }
    const due = this.#waiting.filter((waiting) => waiting.version <= version);
    this.#waiting = this.#waiting.filter((waiting) => waiting.version > version);
    for (const waiting of due) settle(waiting);
  }

  #retryLater(): void {
    this.#cancelRetry = this.#options.clock.after(RETRY_MS, () => this.#start());
  }

  #model(zones: FilterZone[]): FilterModel {
    const { regionId, outbound, timePort, objectsPort } = this.#options;
    return {
      format: 1,
      region: regionId,
      outbound,
      ...(timePort === undefined ? {} : { timePort }),
      ...(objectsPort === undefined ? {} : { objectsPort }),
      zones,
    };
  }
}

// No realm id and no project name holds a space.
const keyOf = (realm: RealmId, project: string): string => `${realm} ${project}`;
