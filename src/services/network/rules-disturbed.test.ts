/**
 * The controllers of policies, forwards and instances' addresses, repeated, failed and killed at every call to the packet filter, which is
 * real, and at every write. Needs root.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import type { Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { hostsFolder } from '#engines/dnsmasq/hosts-folder.ts';
import { connectIncus } from '#engines/incus/client.ts';
import { startAgent } from '#engines/nftables/agent.ts';
import { type FilterClient, filterClient } from '#engines/nftables/client.ts';
import { labProblem } from '#engines/nftables/testing/lab.ts';
import type { Controller } from '#kernel/controller.ts';
import { silentLogger } from '#kernel/logger.ts';
import type { Condition } from '#kernel/object.ts';
import type { ObjectKey, Realm } from '#kernel/realm.ts';
import { REGION, type RealmId } from '#kernel/realm-id.ts';
import { testContext } from '#kernel/reconcile/testing/context.ts';
import { everyDisturbance, type World } from '#kernel/reconcile/testing/harness.ts';
import { type Disturber, instrument, instrumentRealms } from '#kernel/reconcile/testing/instrument.ts';
import { openTestRealms, type TestRealms } from '#kernel/store/test-realms.ts';
import { Instance } from '#services/compute/instance.ts';
import { ForwardPort } from './claims.ts';
import { FirewallPolicy } from './firewall-policy.ts';
import { Forward } from './forward.ts';
import { Network } from './network.ts';
import { NETWORK_KINDS, networkService } from './service.ts';

const REGION_ID = `e${process.pid.toString(36)}`;
const ACME: RealmId = '/orgs/acme';
const PROJECT = 'default';
const WEB = { namespace: PROJECT, name: 'web' };
const ADDRESS = '10.126.3.5';

interface State {
  readonly policy: string | undefined;
  readonly forward: string | undefined;
  readonly ports: readonly string[];
  /** Of what the kernel holds. */
  readonly digest: string | undefined;
}

describe('the controllers of network rules, disturbed at every call', { skip: labProblem() }, () => {
  let server: Server;
  let folder: string;
  let filter: FilterClient;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'casemate-rules-'));
    server = await startAgent({ socket: join(folder, 'filter.sock'), region: REGION_ID });
    filter = filterClient(join(folder, 'filter.sock'));
  });
  after(async () => {
    await filter?.clear();
    server?.close();
    if (folder) rmSync(folder, { recursive: true });
  });

  /** A controller as after a start of the process: nothing in its memory. */
  function controllerOf(test: TestRealms, name: string, seen: FilterClient): Controller {
    const service = networkService({
      // None of these controllers asks it anything.
      incus: connectIncus({ absent: 'this test has none' }, test.clock),
      filter: seen,
      regionId: REGION_ID,
      names: hostsFolder(folder),
      instanceKind: Instance,
      clock: test.clock,
      logger: silentLogger,
      forwardAddresses: ['192.0.2.7'],
    });
    const found = service.controllers?.find((one) => one.name === name);
    assert.ok(found, name);
    return found;
  }

  /** A network with one instance on it, a policy and a forward. */
  async function fill(test: TestRealms, { resources }: Realm): Promise<void> {
    const change = test.context(ACME);
    await resources.create(Network, PROJECT, { metadata: { name: 'n' } }, change);
    await resources.modify(
      Network,
      { namespace: PROJECT, name: 'n' },
      change,
      (current) => ({ ...current, status: { cidr: '10.126.3.0/24', gateway: '10.126.3.1' } }),
      { subresource: 'status' },
    );
    const spec = { image: 'debian', memory: '256Mi', disk: '1Gi', networks: [{ network: 'n' }] };
    await resources.create(Instance, PROJECT, { metadata: { name: 'web' }, spec }, change);
    const addresses = [{ network: 'n', address: ADDRESS, mac: '10:66:6a:00:00:05' }];
    await resources.modify(Instance, WEB, change, (current) => ({ ...current, status: { addresses } }), {
      subresource: 'status',
    });
    const rules = { instances: {}, ingress: [{ action: 'Allow', protocol: 'tcp', ports: [{ port: 80 }] }] };
    await resources.create(FirewallPolicy, PROJECT, { metadata: { name: 'web' }, spec: rules }, change);
    const forward = {
      protocol: 'tcp',
      listen: { port: 20_080 },
      target: { instance: 'web', port: 80 },
      allowedSources: ['0.0.0.0/0'],
    };
    await resources.create(Forward, PROJECT, { metadata: { name: 'web' }, spec: forward }, change);
  }

  async function setUp(
    disturber: Disturber,
    name: string,
    key: ObjectKey,
    isDeletion: boolean,
  ): Promise<World<State>> {
    await filter.clear();
    const test = await openTestRealms({ kinds: [...NETWORK_KINDS, Instance], create: [REGION, ACME] });
    const { realm, release } = await test.realms.acquire(ACME);
    await fill(test, realm);
    const realms = instrumentRealms(test.realms, disturber);
    const seen = instrument(filter, disturber, { name: 'filter', only: ['apply', 'state', 'clear'] });
    if (isDeletion) {
      await controllerOf(test, name, filter).reconcile(key, testContext(test, realm, name));
      await realm.resources.delete(Forward, key, test.context(ACME));
    }
    let controller = controllerOf(test, name, seen);
    return {
      pass: () =>
        realms.use(ACME, async (acme) => {
          const again = await controller.reconcile(key, testContext(test, acme, name, realms));
          return again ? 'again' : 'settled';
        }),
      async restart() {
        controller = controllerOf(test, name, seen);
      },
      state: () => stateOf(test, realm),
      async tearDown() {
        release();
        await test.close();
      },
    };
  }

  async function stateOf({ realms }: TestRealms, { view }: Realm): Promise<State> {
    const reasonOf = (status: { readonly conditions?: unknown } | undefined) =>
      ((status?.conditions ?? []) as Condition[]).find(({ type }) => type === 'Ready')?.reason;
    return {
      policy: reasonOf(view.get(FirewallPolicy, WEB)?.status),
      forward: reasonOf(view.get(Forward, WEB)?.status),
      ports: await realms.use(REGION, (region) =>
        region.view.list(ForwardPort).map(({ metadata }) => metadata.name),
      ),
      digest: (await filter.state()).digest,
    };
  }

  async function endsAlways(
    name: string,
    key: ObjectKey,
    expected: Omit<State, 'digest'>,
    isDeletion = false,
  ): Promise<string> {
    let outcomes = 0;
    let inForce: string | undefined;
    for await (const { title, state } of everyDisturbance({
      setUp: (disturber) => setUp(disturber, name, key, isDeletion),
    })) {
      inForce ??= state.digest;
      assert.deepEqual(state, { ...expected, digest: inForce }, title);
      outcomes++;
    }
    assert.ok(outcomes > 5, `${outcomes} outcomes`);
    assert.ok(inForce);
    return inForce;
  }

  const nothing = { policy: undefined, forward: undefined, ports: [] };

  it('a policy ends in force', async () => {
    await endsAlways('firewall-policy', WEB, { ...nothing, policy: 'Ready' });
  });

  it('the addresses of instances end in force', async () => {
    await endsAlways('network-endpoints', { namespace: PROJECT, name: '*' }, nothing);
  });

  it('a forward ends in force on a port that is its own, and gives it back', async () => {
    const ports = ['tcp-20080-192-0-2-7'];
    const there = await endsAlways('forward', WEB, { ...nothing, forward: 'Ready', ports });
    assert.notEqual(await endsAlways('forward', WEB, nothing, true), there);
  });
});
