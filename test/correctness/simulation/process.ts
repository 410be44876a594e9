/** A process of the region in the simulation: the real wire, store and controllers on simulated time, links and chance. */
import { type Logger, silentLogger } from '#kernel/logger.ts';
import { garbageCollector } from '#kernel/reconcile/garbage-collector.ts';
import { type LedControllers, leadControllers } from '#kernel/reconcile/lead-controllers.ts';
import { startControllers } from '#kernel/reconcile/start-controllers.ts';
import type { KindRegistry } from '#kernel/registry.ts';
import type { StoreLimits } from '#kernel/store/limits.ts';
import { type OpenRealms, openRealms } from '#kernel/store/realms.ts';
import type { LogStorage } from '#kernel/store/storage.ts';
import { SeededRandom, type ThrowawayKeyring } from '#kernel/store/test-realms.ts';
import type { ClaimOffice } from './claims.ts';
import { type FaultRates, Link } from './faults.ts';
import { Front } from './front.ts';
import { type MachineEngine, machineController } from './machines.ts';
import { mistaken, WIRE_BUGS, type WireBug } from './mistakes.ts';
import { type Database, LinkedStorage } from './storage.ts';
import { ProcessClock, type World } from './world.ts';

/** Small enough that every bound is met in a short run. */
const LIMITS: Partial<StoreLimits> = {
  laneBatch_max: 4,
  laneBatch_bytes_max: 2_000,
  catchUp_max: 3,
  watchRing_max: 12,
  watchBatch_max: 3,
  watchHistory_max: 60,
  bookmark_ms: 700,
  history_ms: 6_000,
  idle_ms: 1_500,
  housekeeping_ms: 1_000,
  checkpoint_ms: 4_000,
};

/** What somebody could have got wrong, to see that the simulation finds it. */
export type Bug =
  | 'no look before the make'
  | 'no sweep'
  | 'stale reads'
  | 'stale leader'
  | 'blind retries'
  | 'acknowledged before committed'
  | 'watch events lost'
  | 'forged leaf'
  | WireBug;

export interface Shared {
  readonly world: World;
  readonly database: Database;
  readonly keyring: ThrowawayKeyring;
  readonly registry: KindRegistry;
  readonly engine: MachineEngine;
  readonly office: ClaimOffice;
  readonly rates: () => FaultRates;
  readonly bug: Bug | undefined;
  /** Hears of what a process logs as a fault of its own. */
  readonly onFault: (error: Error) => void;
}

export class Process {
  readonly name: string;
  readonly realms: OpenRealms;
  readonly front: Front;
  readonly clock: ProcessClock;
  /** Resolves when it dies. */
  readonly dead: Promise<void>;
  readonly controllers: LedControllers;
  readonly #shared: Shared;
  readonly #links: readonly Link[];
  readonly #die: () => void;
  isAlive = true;

  private constructor(
    name: string,
    shared: Shared,
    clock: ProcessClock,
    links: readonly [Link, Link],
    realms: OpenRealms,
    front: Front,
  ) {
    this.name = name;
    this.#shared = shared;
    this.clock = clock;
    this.#links = links;
    this.realms = realms;
    this.front = front;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.dead = promise;
    this.#die = resolve;
    const { world, registry, engine, office, bug } = shared;
    const engineBug = bug === 'no sweep' || bug === 'no look before the make' ? bug : undefined;
    this.controllers = leadControllers({
      claims: office.claimsOf(name),
      start: () =>
        startControllers({
          realms: bug === 'stale leader' ? withoutFresh(realms) : realms,
          controllers: [machineController(engine, links[1], engineBug)],
          workers: [garbageCollector(() => registry.all())],
          events: { recorder: () => ({ record: () => {} }), flush: async () => {} },
          clock,
          random: new SeededRandom(world.random.below(2 ** 31)),
          logger: silentLogger,
        }),
    });
  }

  static async start(name: string, shared: Shared): Promise<Process> {
    const { world, keyring, registry, rates, bug } = shared;
    const clock = new ProcessClock(world);
    const link = new Link(world, rates);
    const storage = withBug(new LinkedStorage(shared.database, link, world, rates), bug);
    const realms = await openRealms({
      registry,
      storage,
      keyring,
      clock,
      random: new SeededRandom(world.random.below(2 ** 31)),
      limits: LIMITS,
      isAlone: () => bug === 'stale reads',
    });
    const front = await Front.start({
      world,
      rates,
      registry,
      realms,
      clock,
      logger: faultLogger(name, shared),
      mistake: isWireBug(bug) ? mistaken(bug) : undefined,
    });
    world.say(() => `${name} starts`);
    return new Process(name, shared, clock, [link, new Link(world, rates)], realms, front);
  }

  /** As by `kill -9`: nothing of it runs any more, but what it sent may still arrive. */
  crash(): void {
    this.#shared.world.say(() => `${this.name} crashes`);
    this.#end();
    this.#shared.office.drop(this.name);
  }

  /** As by SIGTERM. */
  async stop(): Promise<void> {
    this.#shared.world.say(() => `${this.name} stops`);
    this.isAlive = false;
    await this.front.close();
    await this.controllers.stop();
    await this.realms.close();
    this.#end();
  }

  #end(): void {
    this.isAlive = false;
    this.front.kill();
    this.clock.die();
    for (const link of this.#links) link.cut();
    this.#die();
  }
}

const isWireBug = (bug: Bug | undefined): bug is WireBug => WIRE_BUGS.some((one) => one === bug);

/** Whatever the wire calls a fault of ours fails the run. */
const faultLogger = (name: string, { onFault }: Shared): Logger => ({
  ...silentLogger,
  error: ({ err }, message) => onFault(new Error(`${name}: ${message}: ${err}`, { cause: err })),
});

/** As if those who lead did not ask first what their predecessor had seen. */
function withoutFresh(realms: OpenRealms): OpenRealms {
  return new Proxy(realms, {
    get(target, property) {
      if (property === 'fresh') return async () => {};
      const member: unknown = Reflect.get(target, property, target);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
}

function withBug(storage: LinkedStorage, bug: Bug | undefined): LogStorage {
  switch (bug) {
    case 'blind retries':
      // Whether a commit of unknown outcome was made after all: never, it says.
      storage.readLeaves = async () => [];
      return storage;
    case 'acknowledged before committed': {
      const commit = storage.commitChanges.bind(storage);
      storage.commitChanges = async (append) => {
        commit(append).catch(() => {});
        return 'committed';
      };
      return storage;
    }
    case 'watch events lost': {
      const read = storage.readHistory.bind(storage);
      storage.readHistory = async (query) => (await read(query))?.slice(1);
      return storage;
    }
    case 'forged leaf': {
      const commit = storage.commitChanges.bind(storage);
      storage.commitChanges = (append) => {
        const leaves = append.leaves.map((leaf) =>
          leaf.index % 7 === 0 ? { ...leaf, leaf: Buffer.from(leaf.leaf).fill(0x20, 0, 1) } : leaf,
        );
        return commit({ ...append, leaves });
      };
      return storage;
    }
    default:
      return storage;
  }
}
