/** Every way that an upgrade may go, as values: whatever fails or is killed at whatever call, exactly one release runs, and the journal says which. */
import assert from 'node:assert/strict';
import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { ManualClock } from '#kernel/store/manual-clock.ts';
import { type Entry, isEnd, Journal, journalPath, readJournal } from './journal.ts';
import { type Machine, settle, upgrade } from './upgrade.ts';

const ID = { version: '0.1.0', digest: 'a', folder: '/a' };
const DETAILS = {
  from: ID,
  to: { ...ID, version: '0.2.0' },
  why: { kind: 'apply', object: '0.2.0', by: 'ann', reason: 'new' },
} as const;

async function journalOf(t: TestContext): Promise<{ journal: Journal; folder: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'journal-'));
  t.after(() => rm(folder, { recursive: true }));
  return { journal: new Journal(folder, new ManualClock()), folder };
}

class Killed extends Error {}

type Fate = 'fails' | 'answer-lost' | 'killed-before' | 'killed-after';

/** What runs, and what the supervisor would do by itself. */
class World {
  running: 'old' | 'new' = 'old';
  onTrial = false;
  confirmed: number | undefined;
  calls = 0;
  readonly fate: Fate | undefined;
  readonly at: number;
  #dead = false;

  constructor(at = -1, fate?: Fate) {
    this.at = at;
    this.fate = fate;
  }

  async #call<T>(effect: () => T): Promise<T> {
    if (this.#dead) throw new Killed();
    const isIt = this.calls++ === this.at;
    this.#dead = isIt && this.fate?.startsWith('killed') === true;
    if (isIt && this.fate === 'killed-before') throw new Killed();
    if (isIt && this.fate === 'fails') throw new Error('the disk is full');
    const result = effect();
    if (isIt && this.fate === 'killed-after') throw new Killed();
    if (isIt && this.fate === 'answer-lost') throw new Error('the connection broke');
    return result;
  }

  machine(): Machine {
    const says = (message: string) => () => this.#call(() => message);
    return {
      install: says('installed'),
      check: says('checked'),
      migrate: says('migrated'),
      begin: (attempt) =>
        this.#call(() => {
          this.#attempt = attempt;
          this.onTrial = true;
          this.running = 'new';
        }),
      prove: async (onTrial) => {
        await onTrial('it serves');
        return this.#call(() => 'well');
      },
      confirm: () =>
        this.#call(() => {
          if (!this.onTrial) return false;
          this.onTrial = false;
          this.confirmed = this.#attempt;
          return true;
        }),
      revert: () => this.#call(() => this.timeIsUp()),
      isOnTrial: async () => this.onTrial,
      confirmedAttempt: async () => this.confirmed,
    };
  }

  #attempt = 0;

  /** What the supervisor does to a plan that nobody confirms. */
  timeIsUp(): void {
    if (!this.onTrial) return;
    this.onTrial = false;
    this.running = 'old';
  }

  /** Counts as the others, so that steps may be cut short too. */
  journal(journal: Journal): Pick<Journal, 'note'> {
    return { note: (...args) => this.#call(() => {}).then(() => journal.note(...args)) };
  }
}

/** Drives one to its end, killed or not, and then settles. Gives what runs and what was written. */
async function play(t: TestContext, world: World) {
  const { journal, folder } = await journalOf(t);
  const attempt = await journal.begin(DETAILS, 'from 0.1.0 to 0.2.0');
  // Killed, or its journal cannot be written: it ends here either way.
  await upgrade(world.machine(), world.journal(journal), attempt).catch(() => {});
  const left = new World();
  Object.assign(left, { running: world.running, onTrial: world.onTrial, confirmed: world.confirmed });
  await settle(left.machine(), journal);
  return {
    running: left.running,
    onTrial: left.onTrial,
    steps: (await readJournal(folder)).map(({ step }) => step),
  };
}

test('all goes well: each step is on record, and the new release runs', async (t) => {
  const world = new World();
  const { running, steps } = await play(t, world);
  assert.equal(running, 'new');
  assert.deepEqual(steps, [
    'Started',
    'Installed',
    'Checked',
    'Migrated',
    'Switching',
    'OnTrial',
    'Healthy',
    'Confirmed',
  ]);
});

test('whatever call fails or is killed, one release runs, and the journal says which', async (t) => {
  const whole = new World();
  await play(t, whole);
  assert.ok(whole.calls >= 13, `${whole.calls} calls`);
  for (let at = 0; at < whole.calls; at++) {
    for (const fate of ['fails', 'answer-lost', 'killed-before', 'killed-after'] as const) {
      const title = `${fate} at ${at}`;
      const { running, onTrial, steps } = await play(t, new World(at, fate));
      const last = steps.at(-1);
      assert.ok(last !== undefined && isEnd(last), `${title}: ${steps}`);
      assert.equal(running, last === 'Confirmed' ? 'new' : 'old', `${title}: ${steps}`);
      assert.equal(onTrial, false, title);
    }
  }
});

test('a release that goes back by itself before it is confirmed was not confirmed', async (t) => {
  const { journal, folder } = await journalOf(t);
  const world = new World();
  const machine = world.machine();
  const attempt = await journal.begin(DETAILS, 'from 0.1.0 to 0.2.0');
  const slow: Machine = {
    ...machine,
    prove: async (onTrial) => {
      const proof = await machine.prove(onTrial);
      world.timeIsUp();
      return proof;
    },
  };
  assert.equal((await upgrade(slow, journal, attempt)).outcome, 'RolledBack');
  assert.equal(world.running, 'old');
  assert.equal((await readJournal(folder)).at(-1)?.step, 'RolledBack');
});

test('a journal is read as far as it was written, whatever its last line is cut to, and goes on', async (t) => {
  const { journal, folder } = await journalOf(t);
  await journal.begin(DETAILS, 'from 0.1.0 to 0.2.0');
  await journal.note(1, 'Installed', 'laid beside the others');
  const text = await readFile(journalPath(folder), 'utf8');
  const before = await readJournal(folder);
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: text.trimEnd().length - 1 }), async (length) => {
      await rm(journalPath(folder));
      await appendFile(journalPath(folder), text.slice(0, length));
      const found = await readJournal(folder);
      assert.deepEqual(found, before.slice(0, found.length));
      assert.ok(found.length < before.length);
      // Who comes afterwards says how it ended.
      await journal.note(1, 'Interrupted', 'the power was cut');
      assert.equal((await readJournal(folder)).at(-1)?.step, 'Interrupted');
      const attempt = await journal.begin(DETAILS, 'again');
      const after: readonly Entry[] = await readJournal(folder);
      assert.deepEqual([after.length, after.at(-1)?.attempt], [found.length + 2, attempt]);
    }),
    { seed: 26, numRuns: 60 },
  );
});
