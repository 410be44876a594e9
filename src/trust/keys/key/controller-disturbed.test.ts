import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { systemActor } from '#kernel/access.ts';
import { everyDisturbance } from '#kernel/reconcile/testing/harness.ts';
import { instrument, instrumentRealm } from '#kernel/reconcile/testing/instrument.ts';
import { ACME } from '../../testing/fixture.ts';
import { base64, keyWorld } from '../testing/key-world.ts';
import { keyController } from './controller.ts';

const DAY_MS = 24 * 60 * 60_000;

/** Runs the controller with its calls to the software store and its writes disturbed, from a Key that `prepare` left. */
async function endsAlways(
  prepare: (world: Awaited<ReturnType<typeof keyWorld>>) => Promise<void>,
  expected: unknown,
): Promise<void> {
  let outcomes = 0;
  const scenario = {
    async setUp(disturber: Parameters<typeof instrumentRealm>[1]) {
      const world = await keyWorld();
      await prepare(world);
      const { region, backends } = world;
      const software = instrument(backends.software, disturber, {
        name: 'software',
        only: ['make', 'destroy', 'destroyAll'],
      });
      const controller = keyController({ ...backends, software });
      return {
        pass: () =>
          region.realms.use(ACME, async (realm) => {
            await controller.reconcile(
              { namespace: 'vault', name: 'k' },
              {
                realm: instrumentRealm(realm, disturber),
                realms: region.realms,
                change: { ...region.context(ACME), actor: systemActor(ACME, 'controller:keys') },
                events: { record: () => {} },
                clock: region.clock,
                random: region.random,
                signal: new AbortController().signal,
              },
            );
            return 'settled' as const;
          }),
        async state() {
          const key = await world.read('k');
          const kept = await region.keyring.material.names(ACME, 'key.');
          return {
            versions: key?.status?.versions.map(({ version, state }) => `${version} ${state}`),
            kept: kept.map((name) => Number(name.slice(-6))),
            works: (await world.act('k', 'encrypt', { plaintext: base64('x') })).code,
          };
        },
        tearDown: () => world.close(),
      };
    },
  };
  for await (const outcome of everyDisturbance(scenario)) {
    assert.deepEqual(outcome.state, expected, outcome.title);
    outcomes++;
  }
  assert.ok(outcomes > 5, `${outcomes} outcomes`);
}

const SPEC = { purpose: 'encrypt', algorithm: 'AES-256-GCM', rotationPeriod_days: 30, destroyNotice_days: 1 };

describe('the controller of Keys, repeated, failed and killed at every call', () => {
  it('a Key whose period is over ends with one new version, and with its material', () =>
    endsAlways(
      async ({ key, region }) => {
        await key('k', SPEC);
        await region.clock.leap(30 * DAY_MS);
      },
      { versions: ['1 Enabled', '2 Enabled'], kept: [1, 2], works: 200 },
    ));

  it('a version whose notice is over ends destroyed, and its material is gone', () =>
    endsAlways(
      async ({ key, act, agree, region }) => {
        await key('k', SPEC);
        await act('k', 'rotate');
        await agree('k', 'destroy');
        await act('k', 'schedule-destroy', { version: 1 });
        await region.clock.leap(DAY_MS);
      },
      { versions: ['1 Destroyed', '2 Enabled'], kept: [2], works: 200 },
    ));

  it('a Key that was deleted ends gone once its notice is over, with all of its material', () =>
    endsAlways(
      async ({ key, agree, remove, reconcile, region }) => {
        await key('k', SPEC);
        await agree('k', 'delete');
        await remove('k');
        await reconcile('k');
        await region.clock.leap(DAY_MS);
      },
      { versions: undefined, kept: [], works: 404 },
    ));
});
