/**
 * The keeper of what networks hold outside their own realms, repeated, failed and killed at every call to its engines, which are real, and
 * at every write. Needs root.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Incus } from '#engines/incus/client.ts';
import { labProblem } from '#engines/nftables/testing/lab.ts';
import type { Controller } from '#kernel/controller.ts';
import { REGION, type RealmId } from '#kernel/realm-id.ts';
import { testContext } from '#kernel/reconcile/testing/context.ts';
import { everyDisturbance, type World } from '#kernel/reconcile/testing/harness.ts';
import { type Disturber, instrument, instrumentRealms } from '#kernel/reconcile/testing/instrument.ts';
import { openTestRealms, type TestRealms } from '#kernel/store/test-realms.ts';
import { Instance } from '#services/compute/instance.ts';
import { ensureBridge } from './bridge.ts';
import { AddressRange, ForwardPort } from './claims.ts';
import { bridgeName } from './names.ts';
import { Network } from './network.ts';
import { NETWORK_KINDS } from './service.ts';
import { startNetworkEngines, type TestNetworkEngines } from './testing/engines.ts';

const REGION_ID = `k${process.pid.toString(36)}`;
const ACME: RealmId = '/orgs/acme';
/** Of networks that are no more, with nothing but this left to tell of them. */
const GONE = '00000000-0000-4000-8000-00000000dead';
const LATER_GONE = '00000000-0000-4000-8000-00000001dead';

interface State {
  readonly ranges: readonly string[];
  readonly ports: readonly string[];
  readonly bridges: readonly string[];
  readonly names: readonly string[];
}

describe('the keeper of networks, disturbed at every call', { skip: labProblem() }, () => {
  let engines: TestNetworkEngines;
  before(async () => {
    engines = await startNetworkEngines(REGION_ID);
  });
  after(() => engines?.close());

  /** As after a start of the process. */
  function keeper(test: TestRealms, disturber: Disturber): Controller {
    const networks = instrument(engines.incus.networks, disturber, {
      name: 'networks',
      only: ['list', 'get', 'delete'],
    });
    return engines.controller('network-keeper', test, {
      incus: { ...engines.incus, networks } as Incus,
      filter: instrument(engines.filter, disturber, { name: 'filter', only: ['apply', 'state', 'clear'] }),
      names: instrument(engines.names, disturber, { name: 'names', only: ['list', 'remove'] }),
    });
  }

  /** Claims, a bridge and names of networks that are gone, beside those of one that is there and one of the operator's. */
  async function fill(test: TestRealms): Promise<void> {
    const { object: network } = await test.realms.use(ACME, ({ resources }) =>
      resources.create(Network, 'default', { metadata: { name: 'n' } }, test.context(ACME)),
    );
    const { incus, names } = engines;
    const owner = (name: string, uid: string, organization = 'acme') => ({
      owner: { organization, project: 'default', name, uid },
    });
    await test.realms.use(REGION, async ({ resources }) => {
      const range = (name: string, cidr: string, more: object = {}) =>
        resources.create(
          AddressRange,
          undefined,
          { metadata: { name }, spec: { cidr, ...more } },
          test.context(REGION),
        );
      await range('live', '10.127.1.0/24', owner('n', network.metadata.uid));
      await range('left', '10.127.2.0/24', owner('n', GONE));
      await range('of-nobody', '10.127.3.0/24', owner('n', LATER_GONE, 'nobody'));
      await range('of-the-operator', '10.127.4.0/24');
      const spec = { protocol: 'tcp', address: '192.0.2.7', port: 20_001, ...owner('f', GONE) };
      await resources.create(
        ForwardPort,
        undefined,
        { metadata: { name: 'tcp-20001-192-0-2-7' }, spec },
        test.context(REGION),
      );
    });
    for (const uid of [GONE, network.metadata.uid]) await names.write(bridgeName(uid), []);
    await ensureBridge(incus, {
      name: bridgeName(GONE),
      cidr: '10.127.2.0/24',
      gateway: '10.127.2.1',
      domain: 'n.default',
      hosts: names.pathOf(bridgeName(GONE)),
      owner: { region: REGION_ID, realm: ACME, project: 'default', uid: GONE },
    });
  }

  async function setUp(disturber: Disturber): Promise<World<State>> {
    const test = await openTestRealms({ kinds: [...NETWORK_KINDS, Instance], create: [REGION, ACME] });
    await fill(test);
    const realms = instrumentRealms(test.realms, disturber);
    let ours = keeper(test, disturber);
    return {
      pass: () =>
        realms.use(REGION, async (region) => {
          await ours.sweep?.(testContext(test, region, ours.name, realms));
          return 'settled' as const;
        }),
      async restart() {
        ours = keeper(test, disturber);
      },
      state: () => stateOf(test),
      async tearDown() {
        for (const name of await engines.names.list()) await engines.names.remove(name);
        await test.close();
      },
    };
  }

  async function stateOf({ realms }: TestRealms): Promise<State> {
    const bridges = (await engines.incus.networks.list()).filter(({ managed }) => managed);
    const claimed = (kind: typeof AddressRange | typeof ForwardPort) =>
      realms.use(REGION, ({ view }) => [...view.entries(kind)].map(({ name }) => name));
    return {
      ranges: await claimed(AddressRange),
      ports: await claimed(ForwardPort),
      bridges: bridges.map(({ name }) => name),
      names: (await engines.names.list()).map((name) => (name === bridgeName(GONE) ? 'left' : 'live')),
    };
  }

  it('what is left over goes, and nothing else', async () => {
    let outcomes = 0;
    for await (const { title, state } of everyDisturbance({ setUp })) {
      const expected: State = {
        ranges: ['live', 'of-the-operator'],
        ports: [],
        bridges: [],
        names: ['live'],
      };
      assert.deepEqual(state, expected, title);
      outcomes++;
    }
    assert.ok(outcomes > 20, `${outcomes} outcomes`);
  });
});
