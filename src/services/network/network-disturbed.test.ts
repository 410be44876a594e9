/**
 * The network controller repeated, failed and killed at every call to its engines, which are real. Needs root.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Incus } from '#engines/incus/client.ts';
import { labProblem } from '#engines/nftables/testing/lab.ts';
import type { Condition } from '#kernel/object.ts';
import { REGION, type RealmId } from '#kernel/realm-id.ts';
import { testContext } from '#kernel/reconcile/testing/context.ts';
import { everyDisturbance, type World } from '#kernel/reconcile/testing/harness.ts';
import { type Disturber, instrument } from '#kernel/reconcile/testing/instrument.ts';
import { openTestRealms, type TestRealms } from '#kernel/store/test-realms.ts';
import { Instance } from '#services/compute/instance.ts';
import { AddressRange } from './claims.ts';
import { Network } from './network.ts';
import { NETWORK_KINDS } from './service.ts';
import { type NetworkEngines, startNetworkEngines, type TestNetworkEngines } from './testing/engines.ts';

const REGION_ID = `d${process.pid.toString(36)}`;
const ACME: RealmId = '/orgs/acme';
const KEY = { namespace: 'default', name: 'n' };
const CIDR = `10.125.${process.pid % 256}.0/24`;

interface State {
  readonly ready: string | undefined;
  readonly claims: readonly string[];
  readonly bridges: readonly string[];
  readonly isFiltered: boolean;
}

describe('the network controller, disturbed at every call', { skip: labProblem() }, () => {
  let engines: TestNetworkEngines;
  before(async () => {
    engines = await startNetworkEngines(REGION_ID);
  });
  after(() => engines?.close());

  async function world(disturber: Disturber, isDeletion: boolean): Promise<World<State>> {
    const realms = await openTestRealms({ kinds: [...NETWORK_KINDS, Instance], create: [REGION, ACME] });
    const seen = {
      incus: {
        ...engines.incus,
        networks: instrument(engines.incus.networks, disturber, { name: 'networks' }),
      } as Incus,
      filter: instrument(engines.filter, disturber, { name: 'filter' }),
    };
    await realms.realms.use(ACME, ({ resources }) =>
      resources.create(
        Network,
        KEY.namespace,
        { metadata: { name: KEY.name }, spec: { cidr: CIDR } },
        realms.context(ACME),
      ),
    );
    let reconcile = controller(realms, isDeletion ? {} : seen);
    if (isDeletion) {
      await reconcile();
      await realms.realms.use(ACME, ({ resources }) => resources.delete(Network, KEY, realms.context(ACME)));
      reconcile = controller(realms, seen);
    }
    return {
      pass: async () => ((await reconcile()) === undefined ? 'settled' : 'again'),
      restart: async () => {
        reconcile = controller(realms, seen);
      },
      state: () => stateOf(realms),
      async tearDown() {
        const undo = controller(realms, {});
        if (await realms.realms.use(ACME, ({ view }) => view.entry(Network, KEY) !== undefined)) {
          await realms.realms.use(ACME, ({ resources }) =>
            resources.delete(Network, KEY, realms.context(ACME)),
          );
        }
        await undo();
        await realms.close();
      },
    };
  }

  /** As after a start of the process. */
  function controller(test: TestRealms, seen: Partial<NetworkEngines>) {
    const network = engines.controller('network', test, { ...seen, pools: ['10.125.0.0/16'] });
    return () =>
      test.realms.use(ACME, (realm) => network.reconcile(KEY, testContext(test, realm, network.name)));
  }

  async function stateOf(realms: TestRealms): Promise<State> {
    const claims = await realms.realms.use(REGION, ({ view }) =>
      view.list(AddressRange).map(({ spec }) => spec.cidr),
    );
    const network = await realms.realms.use(ACME, ({ view }) => view.get(Network, KEY));
    const conditions = (network?.status?.conditions ?? []) as Condition[];
    const bridges = (await engines.incus.networks.list()).filter(({ managed }) => managed);
    const { digest, absentBridges } = await engines.filter.state();
    return {
      ready: conditions.find(({ type }) => type === 'Ready')?.reason,
      claims,
      bridges: bridges.map(({ config }) => config['ipv4.address'] ?? ''),
      isFiltered: digest !== undefined && absentBridges.length === 0,
    };
  }

  it('makes one bridge, one claim, and a filter in force', async () => {
    const expected: State = {
      ready: 'Ready',
      claims: [CIDR],
      bridges: [CIDR.replace('.0/24', '.1/24')],
      isFiltered: true,
    };
    let outcomes = 0;
    for await (const { title, state } of everyDisturbance({
      setUp: (disturber) => world(disturber, false),
    })) {
      assert.deepEqual(state, expected, title);
      outcomes++;
    }
    assert.ok(outcomes > 10);
  });

  it('unmakes it all', async () => {
    const expected: State = { ready: undefined, claims: [], bridges: [], isFiltered: true };
    let outcomes = 0;
    for await (const { title, state } of everyDisturbance({ setUp: (disturber) => world(disturber, true) })) {
      assert.deepEqual(state, expected, title);
      outcomes++;
    }
    assert.ok(outcomes > 10);
  });
});
