/**
 * What can go wrong between a process and a server (the database, an engine): answers that are late, requests and answers that get lost, and
 * requests that take effect after their sender was told that they failed, or has died.
 */
import type { World } from './world.ts';

export interface FaultRates {
  /** Calls in a hundred that fail, one way or another. */
  readonly failing: number;
  /** Calls in a hundred that take seconds. */
  readonly slow: number;
  /** Hints in a hundred that never arrive. */
  readonly lostHints: number;
}

export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost';
}

/** One process's way to one server. */
export class Link {
  readonly #world: World;
  readonly #rates: () => FaultRates;
  #isCut = false;

  constructor(world: World, rates: () => FaultRates) {
    this.#world = world;
    this.#rates = rates;
  }

  /** The process at this end has died: nobody hears an answer any more, but what is on its way still arrives. */
  cut(): void {
    this.#isCut = true;
  }

  /** Has `effect` happen at the server, once at most, and gives its answer back, or not. */
  call<T>(name: string, effect: () => Promise<T>): Promise<T> {
    const world = this.#world;
    const { failing, slow } = this.#rates();
    if (this.#isCut) return new Promise(() => {});
    const there_ms = world.chance(slow) ? world.between(500, 6_000) : world.between(0, 8);
    const back_ms = world.between(0, 8);
    const fault = world.chance(failing) ? world.pick(['request', 'answer', 'late'] as const) : undefined;
    return new Promise<T>((resolve, reject) => {
      const answer = (run: () => void) => {
        if (!this.#isCut) run();
      };
      const fail = () => reject(new ConnectionLost(`${name}: connection lost`));
      if (fault) world.say(() => `fault: the ${fault === 'late' ? 'connection' : fault} of ${name} breaks`);
      switch (fault) {
        case 'request':
          world.at(there_ms, () => answer(fail));
          return;
        case 'late':
          // The sender hears of the broken connection long before the server is through.
          world.at(back_ms, () => answer(fail));
          world.at(back_ms + world.between(1, 3_000), () => void effect().catch(() => {}));
          return;
        default:
          world.at(there_ms, () => {
            effect().then(
              (value) => world.at(back_ms, () => answer(fault === 'answer' ? fail : () => resolve(value))),
              (error: unknown) => world.at(back_ms, () => answer(() => reject(error))),
            );
          });
      }
    });
  }
}
