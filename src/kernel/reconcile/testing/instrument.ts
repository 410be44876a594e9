/**
 * Stands between a controller and an engine (or the realms) and disturbs one chosen call: repeats it, fails it, or
 * crashes before or after it. It replaces nothing: every call that is let through reaches the real engine.
 */
import type { Realm, Realms } from '../../realm.ts';

/**
 * `repeat`: the call is made twice, and the second answer counts. `fail`: it never reaches the engine. `lost`: it reaches the engine, but the
 * caller is told that it failed. `crash-before`, `crash-after`: as `fail` and `lost`, and the whole run ends there: no further
 * call of it gets through, not even one that cleans up.
 */
export type Disturbance = 'repeat' | 'fail' | 'lost' | 'crash-before' | 'crash-after';

export const DISTURBANCES: readonly Disturbance[] = ['repeat', 'fail', 'lost', 'crash-before', 'crash-after'];

/** What a disturbed call throws. A controller must treat it like any failure of its engine. */
export class DisturbedError extends Error {
  override readonly name = 'DisturbedError';
}

export interface Plan {
  /** Index of the call, from 0, in the order in which calls are made. */
  readonly call: number;
  readonly disturbance: Disturbance;
}

/** Counts calls over all engines of a scenario, and disturbs the planned one. */
export class Disturber {
  readonly #plan: Plan | undefined;
  readonly #calls: string[] = [];
  #crashed = false;

  constructor(plan?: Plan) {
    this.#plan = plan;
  }

  /** What was called so far, as `engine.method`. */
  get calls(): readonly string[] {
    return this.#calls;
  }

  /** Whether the run was crashed: nothing gets through until `restart`. */
  get crashed(): boolean {
    return this.#crashed;
  }

  /** The process is started anew. */
  restart(): void {
    this.#crashed = false;
  }

  async call(name: string, work: () => unknown): Promise<unknown> {
    if (this.#crashed) throw new DisturbedError(`${name}: the process has crashed`);
    const index = this.#calls.push(name) - 1;
    const disturbance = this.#plan?.call === index ? this.#plan.disturbance : undefined;
    switch (disturbance) {
      case undefined:
        return work();
      case 'repeat':
        await work();
        return work();
      case 'fail':
        throw new DisturbedError(`${name}: failed before it reached the engine`);
      case 'lost':
        await work();
        throw new DisturbedError(`${name}: done, but the answer was lost`);
      case 'crash-before':
        this.#crashed = true;
        throw new DisturbedError(`${name}: crashed before`);
      case 'crash-after':
        await work();
        this.#crashed = true;
        throw new DisturbedError(`${name}: crashed after`);
    }
  }
}

/**
 * The engine as a controller under test sees it. Its methods, also those of objects it returns from synchronous getters, count
 * as calls when they return a promise is not known beforehand: name in `only` the methods that reach the engine; all others pass.
 */
export function instrument<Engine extends object>(
  engine: Engine,
  disturber: Disturber,
  options: { readonly name: string; readonly only?: readonly (keyof Engine & string)[] },
): Engine {
  return new Proxy(engine, {
    get(target, property) {
      const member: unknown = Reflect.get(target, property, target);
      if (typeof member !== 'function') return member;
      if (
        typeof property !== 'string' ||
        (options.only && !options.only.includes(property as keyof Engine & string))
      ) {
        return member.bind(target);
      }
      return (...args: readonly unknown[]) =>
        disturber.call(`${options.name}.${property}`, () => Reflect.apply(member, target, args));
    },
  });
}

/** A realm whose every write is a call that may be disturbed; what is read from it is read as it is. */
export function instrumentRealm(realm: Realm, disturber: Disturber, name = 'resources'): Realm {
  const resources = instrument(realm.resources, disturber, { name });
  return new Proxy(realm, {
    get(target, property) {
      if (property === 'resources') return resources;
      const member: unknown = Reflect.get(target, property, target);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
}

/** The realms as a controller sees them: making, unmaking and asking for one, and every write in one, is a call that may be disturbed. */
export function instrumentRealms(realms: Realms, disturber: Disturber): Realms {
  const inner: Realms = {
    acquire: (id) => realms.acquire(id),
    use: (id, work) =>
      realms.use(id, (realm) => work(instrumentRealm(realm, disturber, `resources(${realm.id})`))),
    fresh: (id) => realms.fresh(id),
    create: (id, first) =>
      realms.create(id, first && ((realm) => first(instrumentRealm(realm, disturber, `resources(${id})`)))),
    destroy: (id) => realms.destroy(id),
    exists: (id) => realms.exists(id),
    list: () => realms.list(),
    onLoaded: (listener) => realms.onLoaded(listener),
  };
  return instrument(inner, disturber, { name: 'realms', only: ['create', 'destroy', 'exists'] });
}
