/** The controller of gateways, repeated, failed and killed at every call; it listens on loopback addresses that stand for gateways. */
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:net';
import { describe, it } from 'node:test';
import { TOKEN_PORT } from '#engines/nftables/workload-ports.ts';
import type { Kind } from '#kernel/kind.ts';
import { silentLogger } from '#kernel/logger.ts';
import { REGION, type RealmId } from '#kernel/realm-id.ts';
import { testContext } from '#kernel/reconcile/testing/context.ts';
import { everyDisturbance, type World } from '#kernel/reconcile/testing/harness.ts';
import { type Disturber, instrument } from '#kernel/reconcile/testing/instrument.ts';
import { openTestRealms, type TestRealms } from '#kernel/store/test-realms.ts';
import { Network } from '#services/network/network.ts';
import { NETWORK_KINDS } from '#services/network/service.ts';
import { ServiceAccount } from '#trust/identity/service-accounts/service-account.ts';
import { Instance } from '../instance.ts';
import { gatewayController } from './controller.ts';
import type { Gateways } from './gateways.ts';
import { gatewaysOf } from './service.ts';

const ACME: RealmId = '/orgs/acme';
const addressOf = (last: number) => `127.85.${process.pid % 250}.${last}`;
/** By name: the address, and what an instance on it runs as. */
const NETWORKS: Readonly<Record<string, { readonly last: number; readonly account?: string }>> = {
  served: { last: 1, account: 'robot' },
  unused: { last: 2 },
};

const unasked = () => {
  throw new Error('nobody asks in this test');
};

function newGateways(test: TestRealms): Gateways {
  return gatewaysOf({
    realms: test.realms,
    ports: { regionId: 'test', portOf: () => undefined },
    tokens: { issue: unasked },
    accessLog: test.realms.access,
    ca: '',
    serverName: 'test',
    takeConnection: unasked,
    isEverywhere: false,
    clock: test.clock,
    random: test.random,
    logger: silentLogger,
  });
}

/** Whether nothing else can listen there. */
async function isServed(last: number): Promise<boolean> {
  const probe: Server = createServer();
  return new Promise((resolve) => {
    probe.once('error', () => resolve(true));
    probe.listen({ host: addressOf(last), port: TOKEN_PORT }, () => probe.close(() => resolve(false)));
  });
}

describe('the controller of gateways, disturbed at every call', () => {
  async function fill(test: TestRealms): Promise<void> {
    await test.realms.use(ACME, async ({ resources }) => {
      const make = async (kind: Kind, name: string, spec: object, status: object) => {
        await resources.create(kind, 'default', { metadata: { name }, spec }, test.context(ACME));
        const key = { namespace: 'default', name };
        const written = (current: object) => ({ ...current, status });
        await resources.modify(
          kind,
          key,
          test.context(ACME),
          (current) => written(current) as typeof current,
          {
            subresource: 'status',
          },
        );
      };
      for (const [name, { last, account }] of Object.entries(NETWORKS)) {
        await make(Network, name, {}, { gateway: addressOf(last), bridge: 'cm000000000001' });
        const networks = [{ network: name }];
        const spec = { image: 'debian', networks, ...(account ? { serviceAccount: account } : {}) };
        await make(Instance, `on-${name}`, spec, {});
      }
    });
  }

  async function setUp(disturber: Disturber): Promise<World<Record<string, boolean>>> {
    const test = await openTestRealms({
      kinds: [...NETWORK_KINDS, Instance, ServiceAccount],
      create: [REGION, ACME],
    });
    await fill(test);
    let gateways = newGateways(test);
    const start = () => {
      gateways = newGateways(test);
      const held = instrument(gateways, disturber, { name: 'gateways', only: ['open', 'close'] });
      return gatewayController(() => held, silentLogger);
    };
    let ours = start();
    return {
      pass: () =>
        test.realms.use(ACME, async (realm) => {
          let again = false;
          for (const name of Object.keys(NETWORKS)) {
            const key = { namespace: 'default', name };
            again = (await ours.reconcile(key, testContext(test, realm, ours.name))) !== undefined || again;
          }
          return again ? ('again' as const) : ('settled' as const);
        }),
      async restart() {
        // As the kernel does when a process ends.
        await gateways.closeAll();
        ours = start();
      },
      async state() {
        const served: Record<string, boolean> = {};
        for (const [name, { last }] of Object.entries(NETWORKS)) served[name] = await isServed(last);
        return served;
      },
      async tearDown() {
        await gateways.closeAll();
        await test.close();
      },
    };
  }

  it('ends with those gateways served where an instance runs as something, and no other', async () => {
    let outcomes = 0;
    for await (const { title, state } of everyDisturbance({ setUp })) {
      assert.deepEqual(state, { served: true, unused: false }, title);
      outcomes++;
    }
    assert.ok(outcomes > 4, `${outcomes} outcomes`);
  });
});
