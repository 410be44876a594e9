/**
 * The network controller repeated, failed and killed at every call to its engines, which are real. Needs root.
 */
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import type { Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type HostsFolder, hostsFolder } from '#engines/dnsmasq/hosts-folder.ts';
import type { Incus } from '#engines/incus/client.ts';
import { startTestIncus, type TestIncus } from '#engines/incus/test-incus.ts';
import { startAgent } from '#engines/nftables/agent.ts';
import { type FilterClient, filterClient } from '#engines/nftables/client.ts';
import { labProblem } from '#engines/nftables/testing/lab.ts';
import { systemActor } from '#kernel/access.ts';
import type { ReconcileContext } from '#kernel/controller.ts';
import { silentLogger } from '#kernel/logger.ts';
import type { Condition } from '#kernel/object.ts';
import { REGION, type RealmId } from '#kernel/realm-id.ts';
import { everyDisturbance, type World } from '#kernel/reconcile/testing/harness.ts';
import { type Disturber, instrument } from '#kernel/reconcile/testing/instrument.ts';
import { openTestRealms, type TestRealms } from '#kernel/store/test-realms.ts';
import { Instance } from '#services/compute/instance.ts';
import { AddressRange } from './claims.ts';
import { Network } from './network.ts';
import { NETWORK_KINDS, networkService } from './service.ts';

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
  let engine: TestIncus;
  let server: Server;
  let folder: string;
  let filter: FilterClient;
  let names: HostsFolder;

  before(async () => {
    engine = await startTestIncus();
    folder = mkdtempSync(join(tmpdir(), 'casemate-network-'));
    chmodSync(folder, 0o750);
    names = hostsFolder(join(folder, 'names'));
    server = await startAgent({ socket: join(folder, 'filter.sock'), region: REGION_ID });
    filter = filterClient(join(folder, 'filter.sock'));
  });
  after(async () => {
    await filter?.clear();
    server?.close();
    await engine?.close();
    if (folder) rmSync(folder, { recursive: true });
  });

  async function world(disturber: Disturber, isDeletion: boolean): Promise<World<State>> {
    const realms = await openTestRealms({ kinds: [...NETWORK_KINDS, Instance], create: [REGION, ACME] });
    const plain = { incus: engine.incus, filter };
    const seen = {
      incus: {
        ...engine.incus,
        networks: instrument(engine.incus.networks, disturber, { name: 'networks' }),
      } as Incus,
      filter: instrument(filter, disturber, { name: 'filter' }),
    };
    await realms.realms.use(ACME, ({ resources }) =>
      resources.create(
        Network,
        KEY.namespace,
        { metadata: { name: KEY.name }, spec: { cidr: CIDR } },
        realms.context(ACME),
      ),
    );
    let reconcile = controller(realms, isDeletion ? plain : seen);
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
        const undo = controller(realms, plain);
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

  /** A controller as after a start of the process: nothing in its memory. */
  function controller(realms: TestRealms, engines: { incus: Incus; filter: FilterClient }) {
    const service = networkService({
      ...engines,
      regionId: REGION_ID,
      names,
      instanceKind: Instance,
      clock: realms.clock,
      logger: silentLogger,
      pools: ['10.125.0.0/16'],
      forwardAddresses: [],
    });
    const [network] = service.controllers ?? [];
    assert.equal(network?.name, 'network');
    return () =>
      realms.realms.use(ACME, (realm) => {
        const context: ReconcileContext = {
          realm,
          realms: realms.realms,
          change: { actor: systemActor(ACME, 'controller:network'), via: 'controller', requestId: 'test' },
          events: { record: () => {} },
          clock: realms.clock,
          random: realms.random,
          signal: new AbortController().signal,
        };
        return network.reconcile(KEY, context);
      });
  }

  async function stateOf(realms: TestRealms): Promise<State> {
    const claims = await realms.realms.use(REGION, ({ view }) =>
      view.list(AddressRange).map(({ spec }) => spec.cidr),
    );
    const network = await realms.realms.use(ACME, ({ view }) => view.get(Network, KEY));
    const conditions = (network?.status?.conditions ?? []) as Condition[];
    const bridges = (await engine.incus.networks.list()).filter(({ managed }) => managed);
    const { digest, absentBridges } = await filter.state();
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
