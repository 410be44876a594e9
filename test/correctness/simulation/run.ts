/**
 * One run of the simulation: a region of several processes over one database and one engine, clients and watchers, and everything that can
 * go wrong, by one seed. Then the world is made whole, everything settles, and the invariants are checked.
 */

import { REGION } from '#kernel/realm-id.ts';
import { KindRegistry } from '#kernel/registry.ts';
import { EXAMPLE_KINDS, Note, Widget } from '#kernel/store/example-kinds.ts';
import { ThrowawayKeyring } from '#kernel/store/test-realms.ts';
import { ClaimOffice } from './claims.ts';
import { Client, type Recorded } from './clients.ts';
import type { FaultRates } from './faults.ts';
import {
  checkCheckpoints,
  checkEngine,
  checkHistories,
  checkListings,
  checkOwners,
  checkState,
  checkTree,
  checkWatchers,
  checkWrites,
  KINDS_CHECKED,
} from './invariants.ts';
import { Machine, MachineEngine } from './machines.ts';
import { type Bug, Process, type Shared } from './process.ts';
import { ACME } from './requests.ts';
import { Database } from './storage.ts';
import { type Told, type Watched, Watcher } from './watchers.ts';
import { World } from './world.ts';

/** How long things go wrong, in simulated time. */
const TROUBLE_MS = 8_000;
/** By then everything must have settled: the longest backoff of a reconcile is a minute. */
const SETTLE_MS = 90_000;
const PROCESSES_MAX = 3;
const NO_FAULTS: FaultRates = { failing: 0, slow: 0, lostHints: 0 };
const CLOCK_JUMP_MS_MAX = 3 * 3_600_000;

const WATCHED: readonly Watched[] = [
  { kind: Widget },
  { kind: Machine },
  { kind: Note },
  { kind: Widget, tone: 'warm' },
];

/** Keys cost more to make than the rest of a run, and no decision depends on them. */
const keyring = new ThrowawayKeyring();

export interface RunReport {
  readonly seed: number;
  /** How often what happened in it: requests, changes, crashes, … */
  readonly counts: ReadonlyMap<string, number>;
  /** Undefined: all invariants hold. */
  readonly failure: Error | undefined;
  readonly trace: readonly string[];
}

export async function simulate(
  seed: number,
  options: { readonly bug?: Bug; readonly isTraced?: boolean } = {},
): Promise<RunReport> {
  const run = new Run(seed, options.bug, options.isTraced ?? false);
  let failure: Error | undefined;
  try {
    await run.play();
  } catch (error) {
    failure = error instanceof Error ? error : new Error(String(error));
  } finally {
    run.discard();
  }
  return { seed, counts: run.world.counts, failure, trace: run.world.trace };
}

class Run {
  readonly world: World;
  readonly #shared: Shared;
  readonly #recorded: Recorded = { operations: new Map(), writes: [], listings: [] };
  readonly #told: Told[] = [];
  readonly #processes: Process[] = [];
  readonly #failures: unknown[] = [];
  #rates: FaultRates = NO_FAULTS;
  #started = 0;
  #isOver = false;

  constructor(seed: number, bug: Bug | undefined, isTraced: boolean) {
    this.world = new World(seed, isTraced);
    this.#shared = {
      world: this.world,
      database: new Database(this.world),
      keyring,
      registry: new KindRegistry([...EXAMPLE_KINDS, Machine]),
      engine: new MachineEngine(),
      office: new ClaimOffice(this.world),
      rates: () => this.#rates,
      bug,
      onFault: (error) => this.#failures.push(error),
    };
  }

  async play(): Promise<void> {
    const { world } = this;
    await this.#begin();
    this.#rates = {
      failing: world.pick([0, 1, 5, 15]) ?? 0,
      slow: world.pick([0, 1, 4]) ?? 0,
      lostHints: world.pick([0, 10, 100]) ?? 0,
    };
    this.#startClients();
    for (let n = 0; n < world.between(0, 8); n++) {
      world.at(world.between(0, TROUBLE_MS), () => this.#trouble());
    }
    await world.run(world.now + TROUBLE_MS);
    await this.#settle();
    await this.#check();
    if (this.#failures.length > 0) throw this.#failures[0];
  }

  async #begin(): Promise<void> {
    const first = this.#background(async () => {
      const process = await this.#start();
      await process.realms.create(REGION);
      await process.realms.create(ACME);
      for (let n = 1; n < this.world.between(1, PROCESSES_MAX); n++) await this.#start();
    });
    await this.world.run(10_000, () => first.isDone);
  }

  discard(): void {
    for (const { front } of this.#processes) front.discard();
  }

  #startClients(): void {
    const { world } = this;
    const options = {
      world,
      processes: () => this.#alive(),
      recorded: this.#recorded,
      isOver: () => this.#isOver,
    };
    for (let n = 0; n < 4; n++) this.#background(() => new Client({ ...options, name: `c${n}` }).run());
    for (const [n, watched] of WATCHED.entries()) {
      this.#background(() => new Watcher({ ...options, name: `watcher${n}` }, watched, this.#told).run());
    }
  }

  /** One thing that goes wrong. */
  #trouble(): void {
    const { world } = this;
    const process = world.pick(this.#alive());
    switch (world.pick(['crash', 'crash', 'stop', 'jump', 'depose', 'start'] as const)) {
      case 'crash':
        world.count('crashes');
        process?.crash();
        this.#restartSoon();
        break;
      case 'stop':
        if (process) this.#background(() => Promise.race([process.stop(), process.dead]));
        this.#restartSoon();
        break;
      case 'jump': {
        const by_ms = world.between(-CLOCK_JUMP_MS_MAX, CLOCK_JUMP_MS_MAX);
        world.say(() => `the clock of ${process?.name} jumps by ${by_ms} ms`);
        process?.clock.jump(by_ms);
        break;
      }
      case 'depose':
        this.#shared.office.depose(world.between(0, 3_000));
        break;
      default:
        if (this.#alive().length < PROCESSES_MAX) this.#background(() => this.#start());
    }
  }

  #restartSoon(): void {
    this.#background(async () => {
      await this.world.wait(this.world.between(10, 2_000));
      await this.#start();
    });
  }

  /** Everything works again; what is due gets done. */
  async #settle(): Promise<void> {
    const { world } = this;
    this.#isOver = true;
    this.#rates = NO_FAULTS;
    world.say(() => 'everything works again');
    if (this.#alive().length === 0) this.#background(() => this.#start());
    await world.run(world.now + SETTLE_MS);
    const sweep = this.#background(async () => {
      const leader = this.#alive().find(({ controllers }) => controllers.running !== undefined);
      if (!leader) throw new Error('nobody leads');
      await leader.controllers.running?.sweep();
      await leader.controllers.running?.idle();
    });
    if (!(await world.run(world.now + SETTLE_MS, () => sweep.isDone))) {
      const leader = this.#alive().find(({ controllers }) => controllers.running !== undefined);
      throw new Error(`the sweep never ends: ${JSON.stringify(leader?.controllers.running?.status())}`);
    }
  }

  async #check(): Promise<void> {
    const { database, engine, bug } = this.#shared;
    if (this.#failures.length > 0) throw this.#failures[0];
    await checkTree(database);
    await checkCheckpoints(database);
    await checkWrites(database, this.#recorded);
    checkHistories(this.#recorded);
    await checkWatchers(database, this.#told);
    await checkListings(database, this.#recorded);
    // Those that ran, and one that reads everything anew.
    const fresh = this.#background(() => this.#start());
    await this.world.run(this.world.now + 10_000, () => fresh.isDone);
    let isChecked = false;
    this.#background(async () => {
      for (const process of this.#alive()) {
        await process.realms.fresh(ACME);
        await process.realms.use(ACME, async ({ view }) => {
          await checkState(database, process.name, view, KINDS_CHECKED);
          checkEngine(view, engine);
          checkOwners(view);
        });
      }
      isChecked = true;
    });
    await this.world.run(this.world.now + 10_000, () => isChecked || this.#failures.length > 0);
    if (this.#failures.length > 0) throw this.#failures[0];
    if (!isChecked) throw new Error(`the state could not be read${bug ? ` (${bug})` : ''}`);
  }

  #alive(): readonly Process[] {
    return this.#processes.filter(({ isAlive }) => isAlive);
  }

  async #start(): Promise<Process> {
    const process = await Process.start(`p${++this.#started}`, this.#shared);
    this.#processes.push(process);
    return process;
  }

  /** Runs beside the rest; what it throws fails the run. */
  #background(work: () => Promise<unknown>): { readonly isDone: boolean } {
    const state = { isDone: false };
    work().then(
      () => {
        state.isDone = true;
      },
      (error: unknown) => this.#failures.push(error),
    );
    return state;
  }
}
