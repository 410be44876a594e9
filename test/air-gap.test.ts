/**
 * The whole region where there is no way out: no default route, no name server. Everything works, and of every attempt to leave
 * we say which process tried.
 */
import assert from 'node:assert/strict';
import { BlockList } from 'node:net';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { ALWAYS } from '#gap/seal/targets.ts';
import { loadConfig } from '#region/config/load.ts';
import { type EgressWatch, watchEgress } from './support/egress.ts';
import { baseImage, createOrganization, type Member, manifest } from './support/project.ts';
import { startRegion, type TestRegion } from './support/region.ts';

suite('a region with no way out', { timeout: 600_000 }, () => {
  let region: TestRegion;
  let egress: EgressWatch;
  let alice: Member;

  before(async () => {
    region = await startRegion({ airGapped: true });
    assert.ok(region.airGap);
    egress = await watchEgress('air-gap', region.airGap.pid);
  });
  after(() => region?.destroy());

  test('it stops and starts again warm', async (t) => {
    await region.casemate('down', '--data', region.data);
    const { duration_ms } = await region.up();
    t.diagnostic(`warm start to ready: ${Math.round(duration_ms)} ms (target 5000)`);
    assert.match(await region.kubectl('get', '--raw', '/readyz'), /ok/);
  });

  test('an organization gets a project, a network, and two instances that talk by name', async () => {
    alice = await createOrganization(region, 'hospital');
    await alice.kubectl('create', 'namespace', 'ward');
    const image = await baseImage(region);
    const labels = (role: string) => ({ role });
    const items = manifest(
      ['lan'],
      [
        { name: 'one', image, networks: ['lan'], labels: labels('one') },
        { name: 'two', image, networks: ['lan'], labels: labels('two') },
      ],
    );
    await alice.apply(items, '-n', 'ward');
    await alice.kubectl('-n', 'ward', 'wait', '--for=condition=Ready', 'instance', '--all', '--timeout=90s');
    const ping = await alice.inInstance('ward', 'one', ['ping', '-c1', '-W2', 'two']);
    assert.equal(ping.code, 0, ping.stdout + ping.stderr);
    const names = await alice.inInstance('ward', 'two', ['getent', 'hosts', 'one']);
    assert.match(names.stdout, /one/);
  });

  test('a firewall policy cuts the flow, and its removal restores it', async () => {
    const policy = {
      apiVersion: 'network.casemate.internal/v1',
      kind: 'FirewallPolicy',
      metadata: { name: 'silence' },
      spec: {
        instances: { matchLabels: { role: 'two' } },
        ingress: [{ action: 'Deny', protocol: 'icmp' }],
      },
    };
    await alice.apply(JSON.stringify(policy), '-n', 'ward');
    await alice.kubectl('-n', 'ward', 'wait', '--for=condition=Ready', 'fwp/silence', '--timeout=30s');
    assert.notEqual((await alice.inInstance('ward', 'one', ['ping', '-c1', '-W1', 'two'])).code, 0);
    await alice.kubectl('-n', 'ward', 'delete', 'fwp/silence');
    const restored = ['sh', '-c', 'for i in $(seq 20); do ping -c1 -W1 two && exit 0; done; exit 1'];
    assert.equal((await alice.inInstance('ward', 'one', restored)).code, 0);
  });

  test('a snapshot is taken; then everything is deleted', async () => {
    const snapshot = {
      apiVersion: 'compute.casemate.internal/v1',
      kind: 'InstanceSnapshot',
      metadata: { name: 'one-1' },
      spec: { instance: 'one' },
    };
    await alice.apply(JSON.stringify(snapshot), '-n', 'ward');
    await alice.kubectl('-n', 'ward', 'wait', '--for=condition=Ready', 'snap/one-1', '--timeout=60s');
    await alice.kubectl('delete', 'namespace', 'ward', '--timeout=90s');
    assert.equal(await alice.kubectl('get', 'instances', '-A', '-o', 'name'), '');
  });

  test('no process of the region tried to leave, Incus’ and PostgreSQL’s included', async (t) => {
    const attempts = await egress.stop();
    const seen = new Map<string, number>();
    for (const { process, destination, port, protocol, fromInterface } of attempts) {
      const who = fromInterface === undefined ? process : `an instance (interface ${fromInterface})`;
      const line = `${who} tried ${protocol} ${destination} port ${port}`;
      seen.set(line, (seen.get(line) ?? 0) + 1);
    }
    for (const [line, count] of seen) t.diagnostic(`${line}, ${count} times`);
    if (seen.size === 0) t.diagnostic('no process tried to leave');
    // The address of a network that was just deleted is gone, but nobody's outside.
    const { network } = await loadConfig(join(region.data, 'region.yaml'));
    const own = new BlockList();
    for (const [address = '', prefix] of network.pools.map((pool) => pool.split('/'))) {
      own.addSubnet(address, Number(prefix));
    }
    // The seal tries to get out on purpose, to addresses that belong to nobody.
    const probed = new Set(ALWAYS.map(({ address, port = 0 }) => `${address} ${port}`));
    // ping(8) looks up its way by a datagram of its own first.
    const pinged = new Set(ALWAYS.flatMap(({ address, protocol }) => (protocol === 'icmp' ? [address] : [])));
    const ours = attempts.filter(
      ({ destination, port, fromInterface }) =>
        fromInterface === undefined &&
        !own.check(destination) &&
        !pinged.has(destination) &&
        !probed.has(`${destination} ${port}`),
    );
    assert.deepEqual(ours, []);
  });
});
