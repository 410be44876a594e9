/** Real packets out of networks in which nobody has an instance, on a host of its own. Needs root. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { FilterError } from '#engines/nftables/client.ts';
import type { FilterBridge, FilterFlow } from '#engines/nftables/model.ts';
import { portPrefix } from '#engines/nftables/names.ts';
import { makeControlGroup } from '#engines/nftables/seal/control-group.ts';
import type { SealFlow } from '#engines/nftables/seal/model.ts';
import { SealedHost } from '#engines/nftables/seal/testing/sealed-host.ts';
import { labProblem } from '#engines/nftables/testing/lab.ts';
import { systemClock } from '#kernel/clock.ts';
import { startedHere } from '../../confined/start.ts';
import type { ProbeResult } from '../seal-report.ts';
import { zonesCommand } from './command.ts';
import { judgeZones } from './judge-zones.ts';
import { zonesProber } from './probe-zones.ts';

const NOBODY = 65_534;
const PATH = '/usr/sbin:/usr/bin:/sbin:/bin';
/** The address that every probe tries first, at the other end of the host's wire. */
const TARGET = '203.0.113.77';
const BRIDGES: readonly FilterBridge[] = [
  { name: 'cm0000000000c1', cidr: '10.65.1.0/24', gateway: '10.65.1.1' },
  { name: 'cm0000000000c2', cidr: '10.65.2.0/29', gateway: '10.65.2.1' },
];
const FLOW: SealFlow = {
  id: 'flow',
  from: 'instances',
  sources: ['10.65.1.0/24'],
  protocol: 'tcp',
  ports: [443],
  to: [`${TARGET}/32`],
  until_s: 4_102_444_800,
};

describe('the seal, tried from networks', { skip: labProblem() }, () => {
  let host: SealedHost;
  // A copy has no capabilities of its own, which this account may not gain.
  const folder = mkdtempSync(join(tmpdir(), 'zones-'));
  const ping = join(folder, 'ping');
  const inZones = (...command: readonly string[]) => {
    const folder = makeControlGroup(host.region, 'zones');
    const enter = `PATH=${PATH}; export PATH; echo $$ > ${folder}/cgroup.procs && exec "$@"`;
    return { command: 'sh', args: ['-c', enter, 'sh', ...command] };
  };
  const start = () => {
    const { command, args } = zonesCommand({
      node: process.execPath,
      ping,
      uid: NOBODY,
      gid: NOBODY,
    });
    return startedHere(inZones(command, ...args))();
  };
  const whose = (address: string) => (address.startsWith('10.65.1.') ? 'hospital/ward/lan' : undefined);
  const tried = async (flows: readonly SealFlow[] = []): Promise<ProbeResult[]> => {
    await host.seal.apply({ format: 1, region: host.region, flows });
    return judgeZones(await zonesProber(start, host.seal, systemClock)(), flows, whose);
  };
  const outcomes = (results: readonly ProbeResult[], from: string) =>
    Object.fromEntries(
      results
        .filter((one) => one.from === from)
        .map(({ what, protocol, outcome }) => [`${what} ${protocol}`, outcome]),
    );
  const ports = async () =>
    (await host.root('ip', '-o', 'link', 'show', 'type', 'veth')).match(
      new RegExp(`${portPrefix(host.region)}fffff`, 'g'),
    )?.length ?? 0;
  const elements = async () =>
    (await host.root('nft', 'list', 'ruleset')).match(/fffff|10\.65\.[0-9]\.(254|6)\b/g) ?? [];

  before(async () => {
    chmodSync(folder, 0o755);
    copyFileSync('/bin/ping', ping);
    host = await SealedHost.open('sealz');
    for (const { name, gateway, cidr } of BRIDGES) {
      await host.root('ip', 'link', 'add', name, 'type', 'bridge');
      await host.root('ip', 'address', 'add', `${gateway}/${cidr.split('/')[1]}`, 'dev', name);
      await host.root('ip', 'link', 'set', name, 'up');
    }
    const open: FilterFlow = { from: 0, to: 1, toward: 'dialled', protocol: 'any', ports: [] };
    await host.filter.apply({
      format: 1,
      region: host.region,
      outbound: true,
      zones: [
        {
          bridges: [...BRIDGES],
          endpoints: [],
          sets: [BRIDGES.map(({ cidr }) => cidr), ['0.0.0.0/0']],
          deny: [],
          egress: [open],
          ingress: [],
          forwards: [],
        },
      ],
    });
    await host.fromOutside('ip', 'address', 'add', `${TARGET}/32`, 'dev', 'lo');
    await host.fromOutside('ip', 'link', 'set', 'lo', 'up');
    await host.serveOutside(443);
  });
  after(async () => {
    await host?.close();
    rmSync(folder, { recursive: true });
  });

  it('every way out of every network is held, though no instance is there; and nothing of it stays', async () => {
    const results = await tried();
    for (const from of ['network hospital/ward/lan', 'network cm0000000000c2']) {
      const found = outcomes(results, from);
      for (const what of [
        'an address outside tcp',
        'an address outside udp',
        'an address outside icmp',
        'a name server outside udp',
        'a name server outside, by TLS tcp',
        'a proxy outside tcp',
        'a time server outside udp',
        'the metadata address tcp',
      ])
        assert.equal(found[what], 'Blocked', `${from}: ${what}`);
      assert.equal(found['an address outside, by IPv6 tcp'], 'NoRoute');
    }
    assert.deepEqual(
      results.filter(({ outcome }) => outcome !== 'Blocked' && outcome !== 'NoRoute'),
      [],
    );
    assert.equal(await ports(), 0);
    assert.deepEqual(await elements(), []);
    const { disturbed, attempts } = await host.seal.state();
    assert.deepEqual([disturbed, attempts.filter(({ by }) => by === 'instances')], [[], []]);
  });

  it('a declared flow is told as such, for the network that it is declared for and no other', async () => {
    const results = await tried([FLOW]);
    assert.equal(outcomes(results, 'network hospital/ward/lan')['an address outside tcp'], 'Declared');
    assert.equal(outcomes(results, 'network hospital/ward/lan')['an address outside udp'], 'Blocked');
    assert.equal(outcomes(results, 'network cm0000000000c2')['an address outside tcp'], 'Blocked');
  });

  it('a hole that the seal’s own rules do not show is found: frames that somebody takes from a bridge before any filter sees them', async () => {
    const nft = (text: string) => host.root('nft', text);
    const [bridge] = BRIDGES.map(({ name }) => name);
    await nft(
      `add table netdev other; add chain netdev other take { type filter hook ingress device ${bridge} priority 0; }; ` +
        'add rule netdev other take ip daddr 203.0.113.0/24 fwd to up0',
    );
    try {
      const found = outcomes(await tried(), 'network hospital/ward/lan');
      assert.equal(found['an address outside tcp'], 'Escaped');
      assert.equal(found['an address outside udp'], 'Escaped');
    } finally {
      await nft('delete table netdev other');
    }
    assert.equal(outcomes(await tried(), 'network hospital/ward/lan')['an address outside tcp'], 'Blocked');
  });

  it('ports are given to the process that tries networks alone, and go with it, with the agent, and after a kill', async () => {
    await assert.rejects(host.seal.openZones(process.pid), (error: unknown) => {
      assert.ok(error instanceof FilterError);
      assert.equal(error.reason, 'InvalidModel');
      assert.match(error.message, /is not in the control group zones/);
      return true;
    });
    assert.equal(await ports(), 0);
    const sleeper = async (): Promise<ChildProcess & { pid: number }> => {
      const { command, args } = inZones('unshare', '--net', '--', 'sh', '-c', 'echo ready; exec sleep 600');
      const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'ignore'] });
      await once(child.stdout, 'data');
      const { pid } = child;
      assert.ok(pid);
      return Object.assign(child, { pid });
    };
    const first = await sleeper();
    assert.equal((await host.seal.openZones(first.pid)).length, 2);
    assert.equal(await ports(), 2);
    first.kill('SIGKILL');
    await host.until(async () => (await ports()) === 0);
    const second = await sleeper();
    assert.equal((await host.seal.openZones(second.pid)).length, 2);
    assert.equal(await ports(), 2);
    await host.stopAgent('SIGKILL');
    await host.startAgent();
    assert.equal(await ports(), 0);
    assert.deepEqual(await elements(), []);
    assert.ok(existsSync(`/proc/${second.pid}`));
    second.kill('SIGKILL');
    assert.deepEqual((await host.seal.state()).disturbed, []);
  });
});
