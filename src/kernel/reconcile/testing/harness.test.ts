import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { everyDisturbance, type Scenario, type World } from './harness.ts';
import { Disturber, instrument } from './instrument.ts';

/** An engine that makes machines under ids of its own, and finds them by label. */
class MachineEngine {
  readonly machines = new Map<number, string>();

  async create(label: string): Promise<number> {
    const id = this.machines.size + 1;
    this.machines.set(id, label);
    return id;
  }

  async find(label: string): Promise<number | undefined> {
    return [...this.machines].find(([, other]) => other === label)?.[0];
  }

  async start(_id: number): Promise<void> {}
}

type Reconcile = (engine: MachineEngine) => Promise<void>;

const careful: Reconcile = async (engine) => {
  const id = (await engine.find('web')) ?? (await engine.create('web'));
  await engine.start(id);
};

/** Makes another machine whenever it does not remember that it made one. */
const careless: Reconcile = async (engine) => {
  await engine.start(await engine.create('web'));
};

function scenario(reconcile: Reconcile): Scenario<string[]> {
  return {
    async setUp(disturber: Disturber): Promise<World<string[]>> {
      const engine = new MachineEngine();
      const seen = instrument(engine, disturber, { name: 'machines', only: ['create', 'find', 'start'] });
      return {
        async pass() {
          await reconcile(seen);
          return 'settled';
        },
        state: async () => [...engine.machines.values()],
        tearDown: async () => {},
      };
    },
  };
}

async function outcomes(reconcile: Reconcile): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  for await (const { title, state } of everyDisturbance(scenario(reconcile))) found.set(title, state);
  return found;
}

describe('the harness for controllers', () => {
  it('disturbs every call in every way, and finds a controller that looks before it makes unharmed but for a repeated make', async () => {
    const found = await outcomes(careful);
    assert.equal(found.size, 1 + 3 * 5);
    const different = [...found].filter(([, state]) => state.length !== 1).map(([title]) => title);
    // An engine that takes two creates of one label makes two: no controller can help that, only an engine with unique names.
    assert.deepEqual(different, ['repeat at 1 (machines.create)']);
  });

  it('finds out a controller that forgets what it made', async () => {
    const found = await outcomes(careless);
    const different = [...found].filter(([, state]) => state.length !== 1).map(([title]) => title);
    assert.deepEqual(different, [
      'repeat at 0 (machines.create)',
      'lost at 0 (machines.create)',
      'crash-after at 0 (machines.create)',
      'fail at 1 (machines.start)',
      'lost at 1 (machines.start)',
      'crash-before at 1 (machines.start)',
      'crash-after at 1 (machines.start)',
    ]);
  });

  it('gives up on a controller that never settles', async () => {
    const endless: Scenario<string[]> = {
      async setUp() {
        return { pass: async () => 'again', state: async () => [], tearDown: async () => {} };
      },
    };
    await assert.rejects(async () => {
      for await (const _ of everyDisturbance(endless)) assert.fail('settled');
    }, /not settled after 50 passes/);
  });

  it('lets no call of a crashed run through until the restart', async () => {
    const engine = new MachineEngine();
    const disturber = new Disturber({ call: 0, disturbance: 'crash-before' });
    const seen = instrument(engine, disturber, { name: 'machines' });
    await assert.rejects(seen.create('a'), /crashed before/);
    await assert.rejects(seen.create('b'), /the process has crashed/);
    assert.equal(engine.machines.size, 0);
    disturber.restart();
    await seen.create('c');
    assert.deepEqual([...engine.machines.values()], ['c']);
  });
});
