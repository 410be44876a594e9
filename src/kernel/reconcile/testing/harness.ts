/**
 * Proves that a controller may be repeated, failed and killed at every call it makes to its engine: it runs a scenario once undisturbed,
 * counts the calls, then runs it again for every call and every disturbance, and compares where it ends.
 */
import { DISTURBANCES, type Disturbance, Disturber } from './instrument.ts';

/** Calls of one scenario; more means a controller that does not settle. */
const CALLS_MAX = 200;
/** Passes until a scenario must be settled. */
const PASSES_MAX = 50;

export interface Scenario<State> {
  /** Makes a fresh world whose engines are instrumented with `disturber`. */
  setUp(disturber: Disturber): Promise<World<State>>;
}

export interface World<State> {
  /**
   * Reconciles once what is due, as the manager would; throws or not, it is called again until it says that nothing is left to do.
   * After a crash it is called on the same engines, with everything that lived in memory made anew.
   */
  pass(): Promise<'again' | 'settled'>;
  /** Called when the process is started anew after a crash. */
  restart?(): Promise<void>;
  /** What the engines and the objects look like, without times and generated names; compared with `deepEqual`. */
  state(): Promise<State>;
  tearDown(): Promise<void>;
}

export interface Outcome<State> {
  /** `undisturbed`, or `crash-after at 3 (incus.createInstance)`. */
  readonly title: string;
  readonly state: State;
}

/** The undisturbed outcome, then that of every disturbance of every call. The caller asserts that all states are the same. */
export async function* everyDisturbance<State>(
  scenario: Scenario<State>,
  disturbances: readonly Disturbance[] = DISTURBANCES,
): AsyncGenerator<Outcome<State>> {
  const plain = new Disturber();
  yield { title: 'undisturbed', state: await play(scenario, plain) };
  const { calls } = plain;
  if (calls.length > CALLS_MAX)
    throw new RangeError(`${calls.length} calls in one scenario; at most ${CALLS_MAX}`);
  for (const [call, name] of calls.entries()) {
    for (const disturbance of disturbances) {
      const state = await play(scenario, new Disturber({ call, disturbance }));
      yield { title: `${disturbance} at ${call} (${name})`, state };
    }
  }
}

async function play<State>(scenario: Scenario<State>, disturber: Disturber): Promise<State> {
  const world = await scenario.setUp(disturber);
  try {
    await settle(world, disturber);
    return await world.state();
  } finally {
    await world.tearDown();
  }
}

async function settle<State>(world: World<State>, disturber: Disturber): Promise<void> {
  let last: unknown;
  for (let passes = 0; passes < PASSES_MAX; passes++) {
    let outcome: 'again' | 'settled' = 'again';
    try {
      outcome = await world.pass();
    } catch (error) {
      last = error;
    }
    if (disturber.crashed) {
      disturber.restart();
      await world.restart?.();
    } else if (outcome === 'settled') {
      return;
    }
  }
  throw new Error(`not settled after ${PASSES_MAX} passes`, { cause: last });
}
