/** Which lists and maps of what tenants ask for several managers can share by server-side apply, and which are one value. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { isStatusError } from '#kernel/errors.ts';
import type { Kind } from '#kernel/kind.ts';
import { openTestRealms, type TestRealms } from '#kernel/store/test-realms.ts';
import { Instance } from '../compute/instance.ts';
import { FirewallPolicy } from './firewall-policy.ts';
import { Forward } from './forward.ts';
import { Network } from './network.ts';

const ACME = '/orgs/acme';

let realms: TestRealms;
before(async () => {
  realms = await openTestRealms({ kinds: [Instance, Network, Forward, FirewallPolicy], create: ['/', ACME] });
});
after(() => realms.close());

/** Applies as a manager, without force; gives the spec that comes of it. */
async function apply(manager: string, kind: Kind, name: string, spec: object): Promise<unknown> {
  const { apiVersion } = kind;
  const configuration = { apiVersion, kind: kind.kind, metadata: { name, namespace: 'default' }, spec };
  const context = { ...realms.context(ACME), fieldManager: manager };
  const { object } = await realms.realms.use(ACME, ({ resources }) =>
    resources.apply(kind, { namespace: 'default', name }, configuration, context, {}),
  );
  return object.spec;
}

/** The fields that stand in the way. */
async function conflicts(applying: Promise<unknown>): Promise<readonly (string | undefined)[]> {
  try {
    await applying;
  } catch (error) {
    if (!isStatusError(error, 'Conflict')) throw error;
    return error.details?.causes?.map(({ field }) => field) ?? [];
  }
  return [];
}

const networks = (spec: unknown) => (spec as { networks: unknown }).networks;
const sources = (spec: unknown) => (spec as { allowedSources: unknown }).allowedSources;

describe('an Instance', () => {
  const image = { image: 'debian-12' };

  test('is put on networks by different managers, each keeping to its own', async () => {
    await apply('platform', Instance, 'web', { ...image, networks: [{ network: 'front' }] });
    const both = await apply('backup', Instance, 'web', { networks: [{ network: 'vault' }] });
    assert.deepEqual(networks(both), [{ network: 'front' }, { network: 'vault' }]);

    const fixed = [{ network: 'front', address: '10.64.3.20' }];
    const again = await apply('platform', Instance, 'web', { ...image, networks: fixed });
    assert.deepEqual(networks(again), [...fixed, { network: 'vault' }], 'and eth0 is still eth0');

    const left = await apply('backup', Instance, 'web', { networks: [] });
    assert.deepEqual(networks(left), fixed, 'who takes out what it put there takes out nothing else');
  });

  test('has one address on a network: two managers that want different ones are told', async () => {
    const on = (address: string) => ({ networks: [{ network: 'front', address }] });
    await apply('platform', Instance, 'db', { ...image, ...on('10.64.3.30') });
    assert.deepEqual(await conflicts(apply('other', Instance, 'db', on('10.64.3.31'))), [
      '.spec.networks[network="front"].address',
    ]);
    assert.deepEqual(await conflicts(apply('other', Instance, 'db', on('10.64.3.30'))), []);
  });

  test('is on a network once', async () => {
    const twice = [{ network: 'front' }, { network: 'front' }];
    await assert.rejects(
      apply('platform', Instance, 'twice', { ...image, networks: twice }),
      /spec\.networks\[1\]: Duplicate value: \{"network":"front"\}/,
    );
  });

  test('has one list of SSH keys, which cannot be changed and so not be shared', async () => {
    const key = (n: number) => `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA${n} someone`;
    await apply('platform', Instance, 'keys', { ...image, sshKeys: [key(1)] });
    assert.deepEqual(await conflicts(apply('other', Instance, 'keys', { sshKeys: [key(2)] })), [
      '.spec.sshKeys',
    ]);
  });
});

describe('a Forward', () => {
  const door = {
    protocol: 'tcp',
    listen: { port: 20_022 },
    target: { instance: 'web', port: 22 },
  };

  test('is opened to sources by different managers, each keeping to its own', async () => {
    await apply('platform', Forward, 'ssh', { ...door, allowedSources: ['192.0.2.0/24', '198.51.100.7/32'] });
    const both = await apply('auditors', Forward, 'ssh', { allowedSources: ['203.0.113.0/24'] });
    assert.deepEqual(sources(both), ['192.0.2.0/24', '198.51.100.7/32', '203.0.113.0/24']);
    const closed = await apply('platform', Forward, 'ssh', { ...door, allowedSources: ['192.0.2.0/24'] });
    assert.deepEqual(sources(closed), ['192.0.2.0/24', '203.0.113.0/24']);
  });
});

describe('a FirewallPolicy', () => {
  const allow = (port: number) => ({ action: 'Allow', protocol: 'tcp', ports: [{ port }] });

  test('has rules that are one list each: nobody adds to what another wrote without being told', async () => {
    await apply('platform', FirewallPolicy, 'web', { instances: {}, ingress: [allow(80)] });
    assert.deepEqual(
      await conflicts(apply('other', FirewallPolicy, 'web', { instances: {}, ingress: [allow(443)] })),
      ['.spec.ingress'],
    );
    const spec = await apply('other', FirewallPolicy, 'web', { instances: {}, egress: [allow(53)] });
    assert.deepEqual((spec as { ingress: unknown }).ingress, [allow(80)], 'the two directions are two lists');
  });

  test('has a selector that is one value: two halves would select what neither meant', async () => {
    const selecting = (labels: object) => ({ instances: { matchLabels: labels } });
    await apply('platform', FirewallPolicy, 'some', selecting({ tier: 'web' }));
    assert.deepEqual(await conflicts(apply('other', FirewallPolicy, 'some', selecting({ stage: 'test' }))), [
      '.spec.instances',
    ]);
  });
});
