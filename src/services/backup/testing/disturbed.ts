/** What is disturbed at every call it makes: runs, restores, removals and plans, and how each ends. Tests only. */
import type { Disturber } from '#kernel/reconcile/testing/instrument.ts';
import { Restore } from '../restore/restore.ts';
import { Backup } from '../run/backup.ts';
import { type BackupWorld, backupWorld, planned } from './world.ts';

const DAY_MS = 86_400_000;
const WAS = { photos: 'as they were' };

interface Case {
  /** Before anything is disturbed. */
  readonly prepare: (world: BackupWorld) => Promise<void>;
  readonly begin: (world: BackupWorld) => Promise<void>;
  readonly spec?: object;
}

const scenarioOf = ({ prepare, begin, spec = {} }: Case) => ({
  async setUp(disturber: Disturber) {
    const calm = { current: true };
    const world = await backupWorld(calmed(disturber, calm));
    await planned(world, { retention: { days: 1, keepLast: 1 }, ...spec });
    await prepare(world);
    calm.current = false;
    await begin(world);
    return {
      pass: () => world.pass(),
      restart: async () => world.restart(),
      state: () => stateOf(world),
      tearDown: () => world.close(),
    };
  },
});

async function stateOf(world: BackupWorld) {
  const backups = await world.backups();
  const runs = backups.map(({ metadata }) => `run:${metadata.uid}`);
  return {
    backups: backups.map(({ metadata, status }) => [
      metadata.name,
      status?.phase,
      status?.items?.map(({ phase }) => phase),
    ]),
    restores: (await world.restores()).map(({ status }) => [
      status?.phase,
      status?.items?.map(({ phase }) => phase),
    ]),
    // Of each run at least what its Backup names; what a kill left beside goes with it.
    named: backups.every(({ status }) =>
      (status?.items ?? []).every(({ snapshot }) => snapshot !== undefined && world.shelf.kept.has(snapshot)),
    ),
    orphans: [...world.shelf.kept.values()].some(({ tags }) =>
      tags.some((tag) => tag.startsWith('run:') && !runs.includes(tag)),
    ),
    held: world.texts.held.size,
    texts: Object.fromEntries(world.texts.texts),
  };
}

/** Lets calls through uncounted for as long as the scenario is only prepared. */
function calmed(disturber: Disturber, calm: { readonly current: boolean }): Disturber {
  return new Proxy(disturber, {
    get(target, property) {
      if (property === 'call' && calm.current) return async (_name: string, work: () => unknown) => work();
      const member: unknown = Reflect.get(target, property, target);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
}

const backUp = async (world: BackupWorld, name: string): Promise<void> => {
  await world.make(Backup, name, { plan: 'nightly' });
  await world.settle();
};

const WHOLE = { restores: [], named: true, orphans: false, held: 0, texts: WAS };
const saved = (name: string) => [name, 'Succeeded', ['Saved']];

export const RUN = {
  scenario: scenarioOf({
    prepare: (world) => world.settle(),
    begin: (world) => world.make(Backup, 'one', { plan: 'nightly' }),
  }),
  expected: { ...WHOLE, backups: [saved('one')] },
};

export const RESTORE = {
  scenario: scenarioOf({
    prepare: (world) => backUp(world, 'one'),
    begin: (world) =>
      world.make(Restore, 'again', {
        backup: 'one',
        items: [{ kind: 'buckets', name: 'photos', as: 'copy' }],
      }),
  }),
  expected: {
    ...WHOLE,
    backups: [saved('one')],
    restores: [['Succeeded', ['Restored']]],
    texts: { ...WAS, copy: 'as they were' },
  },
};

export const REMOVAL = {
  scenario: scenarioOf({
    async prepare(world) {
      await backUp(world, 'one');
      await world.region.clock.leap(2_000);
      await backUp(world, 'two');
    },
    begin: (world) => world.region.clock.leap(2 * DAY_MS),
  }),
  expected: { ...WHOLE, backups: [saved('two')] },
};

export const PLAN = {
  scenario: scenarioOf({
    spec: { schedule: { every: 'week', at: '00:00', on: 'Friday' } },
    prepare: (world) => world.settle(),
    begin: (world) => world.region.clock.leap(2 * DAY_MS),
  }),
  expected: { ...WHOLE, backups: [saved('nightly-202601020000')] },
};
