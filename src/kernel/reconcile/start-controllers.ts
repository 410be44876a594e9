/**
 * Runs controllers over all realms. On start every realm is visited, a few at a time, because anything may have
 * happened to the engines meanwhile; after that, changes wake controllers, failures come back with backoff, and sweeps look for
 * orphans and drift every few minutes. An idle realm is not kept in memory.
 */
import { systemActor } from '../access.ts';
import type { ReconcileContext } from '../controller.ts';
import { isStatusError } from '../errors.ts';
import type { Realm } from '../realm.ts';
import type { RealmId } from '../realm-id.ts';
import { Activity } from './activity.ts';
import { RealmFollower } from './realm-follower.ts';
import { RealmVisits } from './realm-visits.ts';
import type {
  ControllerStatus,
  ControllersStatus,
  FailingObject,
  RunningControllers,
  StartControllersOptions,
} from './running-controllers.ts';
import { WorkQueue } from './work-queue.ts';
import { controllerWorker, type ObjectEvent, type Worker } from './worker.ts';

/** How often controllers look for what an engine holds that no object accounts for. */
export const SWEEP_INTERVAL_ms = 5 * 60_000;
/**
 * Sweeps of a realm that holds nothing any more, or did not when we came to lead: what was asked of an engine may come to be long after,
 * when whoever asked has died. So long that no reconcile lasts longer.
 */
const LAST_SWEEPS = 3;
/** One controller's objects at once over all realms, when its own limit for one realm is not higher. */
const TOTAL_CONCURRENCY = 16;
/** After this the reconcile's signal aborts, so that an engine that hangs holds no place for ever. */
const RECONCILE_LIMIT_ms = 10 * 60_000;
/** How long `stop` waits for what runs. */
const STOP_LIMIT_ms = 10_000;
/** Failures that `status` names, per controller. */
const FAILURES_SHOWN_MAX = 20;

export type {
  ControllerStatus,
  ControllersStatus,
  FailingObject,
  RunningControllers,
  StartControllersOptions,
};

export function startControllers(options: StartControllersOptions): RunningControllers {
  const manager = new Manager(options);
  manager.start();
  return manager;
}

interface Running {
  readonly worker: Worker;
  readonly queue: WorkQueue;
  readonly failing: Map<string, FailingObject>;
  /** Realms that hold objects of it, or did not long ago: the ones worth sweeping, with how often still. */
  readonly populated: Map<RealmId, number>;
  /** Realms that its engine holds something of, as it said for this round of sweeps; undefined: it did not say, so any may be. */
  held: Promise<ReadonlySet<RealmId> | undefined>;
}

class Manager implements RunningControllers {
  readonly #options: StartControllersOptions;
  readonly #running: readonly Running[];
  readonly #follower: RealmFollower;
  readonly #visits: RealmVisits;
  readonly #activity: Activity;
  readonly #abort = new AbortController();
  #cancelSweep: (() => void) | undefined;

  constructor(options: StartControllersOptions) {
    this.#options = options;
    this.#activity = new Activity(options.clock);
    const workers = [...options.controllers.map(controllerWorker), ...(options.workers ?? [])];
    if (new Set(workers.map((worker) => worker.name)).size !== workers.length) {
      throw new TypeError('two controllers have the same name');
    }
    this.#running = workers.map((worker) => this.#prepare(worker));
    this.#visits = new RealmVisits({
      realms: options.realms,
      clock: options.clock,
      logger: options.logger,
      signal: this.#abort.signal,
      isActive: (realm) => this.#running.some(({ queue }) => queue.isActive(realm)),
      attach: (realm) => this.#follower.attach(realm),
      sweep: (realm, everything) => this.#sweepRealm(realm, everything),
      onGone: (realm) => this.#forget(realm),
      onBusy: () => this.#activity.begin(),
      onIdle: () => this.#activity.end(),
    });
    this.#follower = new RealmFollower({
      realms: options.realms,
      clock: options.clock,
      logger: options.logger,
      onList: (realm) => this.#list(realm),
      onEvent: (event, realm) => this.#notice(event, realm),
      onMissed: (realm) => {
        this.#askHolders();
        this.#visits.request(realm, 'everything');
      },
      onUnseen: (realm) => this.#visits.request(realm, 'changes'),
      onReplaced: (realm) => this.#forgetQueues(realm),
    });
  }

  start(): void {
    this.#follower.start();
    this.#askHolders();
    this.#visits.requestAll('everything', () => true);
    this.#scheduleSweep();
  }

  async stop(): Promise<void> {
    if (this.#abort.signal.aborted) return;
    this.#abort.abort(new Error('the region is stopping'));
    this.#cancelSweep?.();
    this.#follower.stop();
    for (const { queue } of this.#running) queue.stop();
    await this.#activity.whenQuiet(STOP_LIMIT_ms);
    await this.#options.events.flush();
  }

  async idle(): Promise<void> {
    let seen: number;
    do {
      seen = this.#activity.marks;
      await this.#activity.whenQuiet();
      await this.#options.events.flush();
      // Watches deliver what was committed in microtasks: after two turns of the event loop all of it has arrived.
      await turn();
      await turn();
    } while (seen !== this.#activity.marks || this.#activity.running > 0 || this.#hasWork());
  }

  async sweep(): Promise<void> {
    this.#askHolders();
    this.#visits.requestAll('sweep', () => true);
    await this.idle();
  }

  status(): ControllersStatus {
    return {
      realmsFollowed: this.#follower.attachedCount(),
      controllers: this.#running.map(({ worker, queue, failing }) => ({
        name: worker.name,
        ...queue.depth(),
        failing: [...failing.values()].slice(0, FAILURES_SHOWN_MAX),
      })),
    };
  }

  #prepare(worker: Worker): Running {
    const { clock, random } = this.#options;
    const running: Running = {
      worker,
      failing: new Map(),
      populated: new Map(),
      held: Promise.resolve(undefined),
      queue: new WorkQueue({
        clock,
        random,
        perRealm_max: worker.concurrency,
        total_max: Math.max(TOTAL_CONCURRENCY, worker.concurrency),
        run: (realm, key) => this.#run(running, realm, key),
        onFailure: (realm, key, failures, retry_ms, error) =>
          this.#failed(running, { realm, key, failures, message: messageOf(error) }, retry_ms, error),
        onSettled: (realm) => this.#visits.settled(realm),
      }),
    };
    return running;
  }

  async #run(running: Running, realmId: RealmId, key: string): Promise<number | undefined> {
    const { worker, failing } = running;
    this.#activity.begin();
    try {
      const lease = await this.#options.realms.acquire(realmId);
      try {
        const result = await this.#limited((signal) =>
          worker.run(key, this.#context(worker, lease.realm, signal)),
        );
        failing.delete(`${realmId} ${key}`);
        return result?.retryAfter_ms;
      } finally {
        lease.release();
      }
    } catch (error) {
      if (isStatusError(error, 'NotFound') && !(await this.#options.realms.exists(realmId))) {
        this.#forget(realmId);
        return undefined;
      }
      throw error;
    } finally {
      this.#activity.end();
    }
  }

  #context(worker: Worker, realm: Realm, signal: AbortSignal): ReconcileContext {
    const { realms, events, clock, random } = this.#options;
    const actor = systemActor(realm.id, `controller:${worker.name}`);
    return {
      realm,
      realms,
      change: { actor, via: 'controller', requestId: random.uuid() },
      events: events.recorder(realm.id, worker.name),
      clock,
      random,
      signal,
    };
  }

  async #limited<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const limit = new AbortController();
    const cancel = this.#options.clock.after(RECONCILE_LIMIT_ms, () =>
      limit.abort(new Error(`not done after ${RECONCILE_LIMIT_ms / 60_000} minutes`)),
    );
    try {
      return await work(AbortSignal.any([this.#abort.signal, limit.signal]));
    } finally {
      cancel();
    }
  }

  #failed(running: Running, failing: FailingObject, retry_ms: number, error: unknown): void {
    const id = `${failing.realm} ${failing.key}`;
    running.failing.delete(id);
    running.failing.set(id, failing);
    // A conflict is an ordinary race: the retry settles it.
    const level = isStatusError(error, 'Conflict') ? 'debug' : 'warn';
    this.#options.logger[level](
      { controller: running.worker.name, ...failing, retry_ms, stack: stackOf(error) },
      'a reconcile failed and will be tried again',
    );
  }

  #list(realm: Realm): void {
    for (const { worker, queue, populated } of this.#running) {
      if (!worker.realms.includes(realm.type)) continue;
      worker.list(realm, (id, key, cause) => this.#enqueue(queue, id, key, cause));
      if (worker.holds(realm)) populated.set(realm.id, LAST_SWEEPS);
    }
  }

  #notice(event: ObjectEvent, realm: Realm): void {
    for (const { worker, queue, populated } of this.#running) {
      worker.notice(event, realm, (id, key, cause) => {
        populated.set(id, LAST_SWEEPS);
        this.#enqueue(queue, id, key, cause);
      });
    }
  }

  #enqueue(queue: WorkQueue, realm: RealmId, key: string, cause: 'change' | 'echo'): void {
    this.#activity.mark();
    queue.add(realm, key, cause);
  }

  /** A new round of sweeps begins. */
  #askHolders(): void {
    for (const running of this.#running) {
      const { worker } = running;
      if (!worker.holders) continue;
      this.#activity.begin();
      running.held = worker
        .holders()
        .then((realms) => new Set(realms))
        .catch((error: unknown) => {
          this.#options.logger.warn(
            { controller: worker.name, error: messageOf(error) },
            'an engine did not say what it holds; every realm is swept that may have something in it',
          );
          return undefined;
        })
        .finally(() => this.#activity.end());
    }
  }

  async #sweepRealm(realm: Realm, everything: boolean): Promise<void> {
    for (const { worker, populated, held } of this.#running) {
      if (!worker.sweep || !worker.realms.includes(realm.type)) continue;
      const holders = await held;
      const isDue = populated.has(realm.id) || (holders ? holders.has(realm.id) : everything);
      if (!isDue) continue;
      try {
        await this.#limited(
          (signal) => worker.sweep?.(this.#context(worker, realm, signal)) ?? Promise.resolve(),
        );
      } catch (error) {
        this.#options.logger.warn(
          { controller: worker.name, realm: realm.id, error: messageOf(error), stack: stackOf(error) },
          'a sweep failed; the next one tries again',
        );
        continue;
      }
      // Swept a few times more after its last object went; from then on the realm may stay out of memory.
      const before = populated.get(realm.id) ?? (holders ? 1 : LAST_SWEEPS + 1);
      const left = worker.holds(realm) ? LAST_SWEEPS : before - 1;
      if (left > 0) populated.set(realm.id, left);
      else populated.delete(realm.id);
    }
  }

  #scheduleSweep(): void {
    this.#cancelSweep = this.#options.clock.after(SWEEP_INTERVAL_ms, () => {
      this.#scheduleSweep();
      this.#askHolders();
      this.#activity.begin();
      void this.#requestSweeps().finally(() => this.#activity.end());
    });
  }

  /** Asks for sweeps where there may be something to find. */
  async #requestSweeps(): Promise<void> {
    const held = new Set<RealmId>();
    for (const { held: asked } of this.#running) for (const realm of (await asked) ?? []) held.add(realm);
    this.#visits.requestAll(
      'sweep',
      (realm) =>
        !this.#follower.knows(realm) ||
        held.has(realm) ||
        this.#running.some(({ worker, populated }) => worker.sweep !== undefined && populated.has(realm)),
    );
  }

  #forget(realm: RealmId): void {
    this.#follower.forget(realm);
    this.#forgetQueues(realm);
  }

  #forgetQueues(realm: RealmId): void {
    for (const { queue, populated, failing } of this.#running) {
      queue.forget(realm);
      populated.delete(realm);
      for (const [id, object] of failing) if (object.realm === realm) failing.delete(id);
    }
  }

  #hasWork(): boolean {
    return this.#running.some(({ queue }) => {
      const { ready, running } = queue.depth();
      return ready + running > 0;
    });
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

// A StatusError says all there is; anything else is a fault of ours, and where it happened matters.
const stackOf = (error: unknown): string | undefined =>
  error instanceof Error && !isStatusError(error) ? error.stack : undefined;
