/**
 * Real packets between network namespaces, through the real agent and the kernel's nftables. Needs root.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { FilterFlow, FilterModel, FilterZone } from './model.ts';
import { modelDigest } from './model.ts';
import { Lab, type LabInstance, labProblem } from './testing/lab.ts';
import { MIRROR_PORT, OBJECTS_PORT, WORKLOAD_PORTS } from './workload-ports.ts';

const problem = labProblem();
const PORT = 8080;
const DHCP_DISCOVER = [
  '01010600', // request, Ethernet, 6 bytes of address
  'deadbeef', // transaction
  '00008000', // answer by broadcast
  '00'.repeat(16),
  '020000000001',
  '00'.repeat(10 + 64 + 128),
  '63825363', // magic
  '350101', // discover
  'ff',
  '00'.repeat(60),
].join('');

for (const bridgeNetfilter of [true, false]) {
  describe(`packets on a host with bridge-nf-call-iptables ${bridgeNetfilter ? 'on' : 'off'}`, {
    skip: problem,
  }, () => {
    let lab: Lab;
    // Two instances on one network, a third on another network of the project, a fourth in another project.
    let a: LabInstance;
    let b: LabInstance;
    let c: LabInstance;
    let d: LabInstance;
    let project: FilterZone;
    let other: FilterZone;

    const zone = (parts: Partial<FilterZone>): FilterZone => ({
      bridges: [],
      endpoints: [],
      sets: [],
      deny: [],
      egress: [],
      ingress: [],
      forwards: [],
      ...parts,
    });
    const apply = async (
      changes: Partial<FilterZone> = {},
      changesOfOther: Partial<FilterZone> = {},
      outbound = true,
      more: Partial<FilterModel> = {},
    ) => {
      const model: FilterModel = {
        format: 1,
        region: lab.region,
        outbound,
        ...more,
        zones: [
          { ...project, ...changes },
          { ...other, ...changesOfOther },
        ],
      };
      assert.deepEqual(await lab.filter.apply(model), { digest: modelDigest(model), absentBridges: [] });
    };
    const flow = (parts: Partial<FilterFlow> = {}): FilterFlow => ({
      toward: 'target',
      protocol: 'any',
      ports: [],
      ...parts,
    });
    const any = flow();
    const forward = (target: LabInstance, sources: string[], address = Lab.hostAddress, port = 20022) => ({
      protocol: 'tcp' as const,
      address,
      port,
      targetAddress: target.endpoint.address,
      targetPort: PORT,
      sources,
    });

    before(async () => {
      lab = await Lab.open('lab-1', { bridgeNetfilter });
      const first = await lab.bridge('cm000000000001', '10.64.1.0/24', '10.64.1.1');
      const second = await lab.bridge('cm000000000002', '10.64.2.0/24', '10.64.2.1');
      const third = await lab.bridge('cm000000000003', '10.64.3.0/24', '10.64.3.1');
      a = await lab.instance(first, '10.64.1.2');
      b = await lab.instance(first, '10.64.1.3');
      c = await lab.instance(second, '10.64.2.2');
      d = await lab.instance(third, '10.64.3.2');
      project = zone({ bridges: [first, second], endpoints: [a.endpoint, b.endpoint, c.endpoint] });
      other = zone({ bridges: [third], endpoints: [d.endpoint] });
      for (const { peer } of [a, b, c, d]) {
        for (const protocol of ['tcp', 'udp'] as const) await peer.listen(protocol, PORT);
      }
      for (const protocol of ['tcp', 'udp'] as const) {
        await lab.host.listen(protocol, PORT);
        await lab.outside.listen(protocol, PORT);
      }
      await apply();
    });
    after(() => lab?.close());

    it('instances of one network reach each other', async () => {
      await apply();
      assert.equal(await a.peer.reaches('10.64.1.3', PORT), '10.64.1.2');
      assert.equal(await b.peer.reaches('10.64.1.2', PORT, 'udp'), '10.64.1.3');
    });

    it('a closed port of a neighbour answers that it is closed', async () => {
      const dial = { op: 'dial', address: '10.64.1.3', port: 9, limit_ms: 2_000 } as const;
      assert.deepEqual(await a.peer.ask({ ...dial, protocol: 'tcp' }), { failed: 'ECONNREFUSED' });
      assert.deepEqual(await a.peer.ask({ ...dial, protocol: 'udp' }), { failed: 'ECONNREFUSED' });
    });

    it('by default networks, projects, the host and the outside are out of reach', async () => {
      const shut = await Promise.all([
        a.peer.meets('10.64.2.2', PORT),
        a.peer.meets('10.64.2.2', PORT, 'udp'),
        a.peer.meets('10.64.3.2', PORT),
        a.peer.meets('10.64.1.1', PORT),
        a.peer.meets('10.64.1.1', PORT, 'udp'),
        a.peer.meets('10.64.2.1', PORT),
        a.peer.meets(Lab.hostAddress, PORT),
        a.peer.meets(Lab.outsideAddress, PORT),
        lab.outside.meets('10.64.1.2', PORT),
        lab.host.meets('10.64.1.2', PORT),
      ]);
      assert.deepEqual(shut, Array(10).fill('timeout'));
    });

    it('a flow between networks of a project needs egress and ingress, and then answers pass', async () => {
      const sets = [['10.64.1.2/32'], ['10.64.2.0/24']];
      const pass = flow({ from: 0, to: 1, protocol: 'tcp', ports: [{ first: PORT, last: PORT }] });
      await apply({ sets, egress: [pass] });
      assert.equal(await a.peer.meets('10.64.2.2', PORT), 'timeout');
      await apply({ sets, ingress: [pass] });
      assert.equal(await a.peer.meets('10.64.2.2', PORT), 'timeout');
      await apply({ sets, egress: [pass], ingress: [pass] });
      assert.equal(await a.peer.reaches('10.64.2.2', PORT), '10.64.1.2');
      assert.equal(await a.peer.meets('10.64.2.2', PORT, 'udp'), 'timeout');
      assert.equal(await b.peer.meets('10.64.2.2', PORT), 'timeout');
      assert.equal(await c.peer.meets('10.64.1.2', PORT), 'timeout');
    });

    it('no flow of one project opens another', async () => {
      await apply({ egress: [any], ingress: [any] }, { egress: [any], ingress: [any] });
      assert.equal(await a.peer.meets('10.64.3.2', PORT), 'timeout');
      assert.equal(await d.peer.meets('10.64.1.2', PORT), 'timeout');
      assert.equal(await a.peer.reaches('10.64.2.2', PORT), '10.64.1.2');
      assert.equal(await a.peer.meets('10.64.1.1', PORT), 'timeout');
      assert.equal(await lab.outside.meets('10.64.1.2', PORT), 'timeout');
    });

    it('a deny wins, within a network too, in its direction only', async () => {
      const sets = [['10.64.1.2/32'], ['10.64.1.3/32', '10.64.2.2/32']];
      await apply({ sets, deny: [{ ...any, from: 0, to: 1 }], egress: [any], ingress: [any] });
      assert.equal(await a.peer.meets('10.64.1.3', PORT), 'timeout');
      assert.equal(await a.peer.meets('10.64.2.2', PORT), 'timeout');
      assert.equal(await b.peer.reaches('10.64.1.2', PORT), '10.64.1.3');
      assert.equal(await c.peer.reaches('10.64.1.2', PORT), '10.64.2.2');
    });

    it('a deny of ports leaves the other ports open', async () => {
      await apply({
        deny: [
          {
            toward: 'target',
            protocol: 'tcp',
            ports: [
              { first: 8000, last: 8079 },
              { first: 8081, last: 9000 },
            ],
          },
        ],
      });
      assert.equal(await a.peer.reaches('10.64.1.3', PORT), '10.64.1.2');
      await apply({
        deny: [
          {
            toward: 'target',
            protocol: 'tcp',
            ports: [
              { first: 22, last: 22 },
              { first: 8000, last: 9000 },
            ],
          },
        ],
      });
      assert.equal(await a.peer.meets('10.64.1.3', PORT), 'timeout');
      assert.equal(await a.peer.reaches('10.64.1.3', PORT, 'udp'), '10.64.1.2');
    });

    it('a deny ends connections that are already open', async () => {
      await apply();
      assert.deepEqual(
        await a.peer.ask({ op: 'open', name: 'x', address: '10.64.1.3', port: PORT, limit_ms: 3_000 }),
        { answer: '10.64.1.2' },
      );
      assert.deepEqual(await a.peer.ask({ op: 'talk', name: 'x', limit_ms: 3_000 }), { answer: '10.64.1.2' });
      await apply({ deny: [any] });
      assert.deepEqual(await a.peer.ask({ op: 'talk', name: 'x', limit_ms: 400 }), { failed: 'timeout' });
    });

    it('an egress flow opens the outside, under the host’s address', async () => {
      const egress = [flow({ to: 0, toward: 'dialled', protocol: 'tcp' })];
      await apply({ sets: [['192.0.2.0/24']], egress });
      assert.equal(await a.peer.reaches(Lab.outsideAddress, PORT), Lab.hostAddress);
      assert.equal(await a.peer.meets(Lab.outsideAddress, PORT, 'udp'), 'timeout');
      assert.equal(await a.peer.meets(Lab.hostAddress, PORT), 'timeout');
      assert.equal(await d.peer.meets(Lab.outsideAddress, PORT), 'timeout');
      await apply({ sets: [['192.0.2.0/24']], egress }, {}, false);
      assert.equal(await a.peer.meets(Lab.outsideAddress, PORT), 'timeout');
    });

    it('a forward leads from outside and from the host to its target, for its sources only', async () => {
      await apply({ forwards: [forward(a, ['192.0.2.2/32', '192.0.2.0/24'])] });
      assert.equal(await lab.outside.reaches(Lab.hostAddress, 20022), Lab.outsideAddress);
      assert.equal(await lab.host.reaches(Lab.hostAddress, 20022), Lab.hostAddress);
      assert.equal(await lab.outside.meets('10.64.1.2', PORT), 'timeout');
      await apply({ forwards: [forward(a, ['198.51.100.0/24'])] });
      assert.equal(await lab.outside.meets(Lab.hostAddress, 20022), 'timeout');
      assert.equal(await lab.host.meets(Lab.hostAddress, 20022), 'timeout');
      await apply();
      const refused = {
        op: 'dial',
        protocol: 'tcp',
        address: Lab.hostAddress,
        port: 20022,
        limit_ms: 2_000,
      } as const;
      assert.deepEqual(await lab.outside.ask(refused), { failed: 'ECONNREFUSED' });
    });

    it('taking a forward away ends its connections', async () => {
      await apply({ forwards: [forward(a, ['0.0.0.0/0'])] });
      const open = { op: 'open', name: 'f', address: Lab.hostAddress, port: 20022, limit_ms: 3_000 } as const;
      assert.deepEqual(await lab.outside.ask(open), { answer: Lab.outsideAddress });
      await apply();
      assert.deepEqual(await lab.outside.ask({ op: 'talk', name: 'f', limit_ms: 400 }), {
        failed: 'timeout',
      });
    });

    it('a forward on the host’s loopback serves the host alone', async () => {
      await apply({ forwards: [forward(a, ['127.0.0.0/8'], '127.0.0.1')] });
      assert.equal(await lab.host.reaches('127.0.0.1', 20022), '10.64.1.1');
      assert.equal(await lab.outside.meets(Lab.hostAddress, 20022), 'ECONNREFUSED');
      await apply();
    });

    it('an instance may use another project’s forward when its egress allows the address', async () => {
      const forwards = [forward(d, ['10.64.0.0/10'])];
      await apply({}, { forwards });
      assert.equal(await a.peer.meets(Lab.hostAddress, 20022), 'timeout');
      const egress = [
        flow({ to: 0, toward: 'dialled', protocol: 'tcp', ports: [{ first: 20022, last: 20022 }] }),
      ];
      await apply({ sets: [['192.0.2.1/32']], egress }, { forwards });
      assert.equal(await a.peer.reaches(Lab.hostAddress, 20022), '10.64.1.2');
      assert.equal(await a.peer.meets('10.64.3.2', PORT), 'timeout');
    });

    it('an instance may use a forward that leads to its neighbour', async () => {
      await apply({ forwards: [forward(b, ['0.0.0.0/0'])] });
      assert.equal(await a.peer.reaches(Lab.hostAddress, 20022), '10.64.1.2');
    });

    it('a deny at the target shuts a forward too', async () => {
      await apply({
        sets: [['10.64.1.2/32']],
        deny: [{ ...any, to: 0 }],
        forwards: [forward(a, ['0.0.0.0/0'])],
      });
      assert.equal(await lab.outside.meets(Lab.hostAddress, 20022), 'timeout');
      assert.equal(await lab.host.meets(Lab.hostAddress, 20022), 'timeout');
    });

    it('a forged address gets nowhere', async () => {
      await apply();
      await a.exec('ip', 'address', 'add', '10.64.1.77/24', 'dev', 'eth0');
      assert.equal(await a.peer.meets('10.64.1.3', PORT, 'udp', '10.64.1.77'), 'timeout');
      await a.exec('ip', 'address', 'del', '10.64.1.77/24', 'dev', 'eth0');
      assert.equal(await a.peer.reaches('10.64.1.3', PORT), '10.64.1.2');
    });

    it('a forged link address gets nowhere, and poisons no table', async () => {
      await a.exec('ip', 'link', 'set', 'eth0', 'address', b.endpoint.mac);
      await a.exec('ip', 'route', 'replace', 'default', 'via', '10.64.1.1');
      assert.equal(await a.peer.meets('10.64.1.3', PORT), 'timeout');
      assert.equal(await b.peer.reaches('10.64.1.3', PORT), '10.64.1.3');
      await a.exec('ip', 'link', 'set', 'eth0', 'address', a.endpoint.mac);
      assert.equal(await a.peer.reaches('10.64.1.3', PORT), '10.64.1.2');
      const learned = await lab.exec('bridge', 'fdb', 'show', 'dev', a.endpoint.port);
      assert.equal(learned.includes(b.endpoint.mac), false);
    });

    it('forged ARP changes nobody’s mind', async () => {
      await b.peer.reaches('10.64.1.2', PORT);
      const before = await b.exec('ip', 'neighbour', 'show', '10.64.1.1');
      // Announces the gateway's address as its own, the classic attack.
      await a.exec('sysctl', '-qw', 'net.ipv4.conf.eth0.arp_notify=1');
      await a.exec('ip', 'address', 'add', '10.64.1.1/32', 'dev', 'eth0');
      await a.exec('ip', 'link', 'set', 'eth0', 'down');
      await a.exec('ip', 'link', 'set', 'eth0', 'up');
      await a.exec('ip', 'address', 'del', '10.64.1.1/32', 'dev', 'eth0');
      await a.exec('ip', 'route', 'replace', 'default', 'via', '10.64.1.1');
      const mac = (text: string) => /lladdr (\S+)/.exec(text)?.[1];
      assert.equal(mac(await b.exec('ip', 'neighbour', 'show', '10.64.1.1')), mac(before));
      const host = await lab.exec('ip', 'neighbour', 'show', '10.64.1.1');
      assert.equal(host, '');
      assert.equal(await b.peer.reaches('10.64.1.2', PORT), '10.64.1.3');
    });

    it('who runs as a service account reaches the region at its own gateway, under its own address, and nothing more of the host', async () => {
      const [tokens = 0, api = 0] = WORKLOAD_PORTS;
      for (const port of WORKLOAD_PORTS) await lab.host.listen('tcp', port);
      await apply();
      assert.equal(await a.peer.meets('10.64.1.1', tokens), 'timeout');
      await apply({ endpoints: [{ ...a.endpoint, workload: true }, b.endpoint, c.endpoint] });
      assert.equal(await a.peer.reaches('10.64.1.1', tokens), '10.64.1.2');
      assert.equal(await a.peer.reaches('10.64.1.1', api), '10.64.1.2');
      // A neighbour cannot: not as itself, not under the address, and not under address and link address together.
      assert.equal(await b.peer.meets('10.64.1.1', tokens), 'timeout');
      await b.exec('ip', 'address', 'add', '10.64.1.2/24', 'dev', 'eth0');
      assert.equal(await b.peer.meets('10.64.1.1', tokens, 'tcp', '10.64.1.2'), 'timeout');
      await b.exec('ip', 'link', 'set', 'eth0', 'address', a.endpoint.mac);
      await b.exec('ip', 'route', 'replace', 'default', 'via', '10.64.1.1');
      assert.equal(await b.peer.meets('10.64.1.1', tokens, 'tcp', '10.64.1.2'), 'timeout');
      await b.exec('ip', 'address', 'del', '10.64.1.2/24', 'dev', 'eth0');
      await b.exec('ip', 'link', 'set', 'eth0', 'address', b.endpoint.mac);
      await b.exec('ip', 'route', 'replace', 'default', 'via', '10.64.1.1');
      const shut = await Promise.all([
        a.peer.meets('10.64.1.1', PORT),
        a.peer.meets('10.64.1.1', tokens, 'udp'),
        a.peer.meets('10.64.2.1', tokens),
        a.peer.meets(Lab.hostAddress, tokens),
        d.peer.meets('10.64.3.1', tokens),
        lab.outside.meets('10.64.1.1', tokens),
      ]);
      assert.deepEqual(shut, Array(6).fill('timeout'));
      // The gateway's other ports are as the host has them.
      assert.equal(await lab.outside.reaches('10.64.1.1', PORT), Lab.outsideAddress);
      // What is open ends with the right to it.
      const open = { op: 'open', name: 'w', address: '10.64.1.1', port: tokens, limit_ms: 3_000 } as const;
      assert.deepEqual(await a.peer.ask(open), { answer: '10.64.1.2' });
      await apply();
      assert.deepEqual(await a.peer.ask({ op: 'talk', name: 'w', limit_ms: 400 }), { failed: 'timeout' });
    });

    it('every instance reaches the package mirror at its own gateway under its own address, and nobody does from elsewhere', async () => {
      await lab.host.listen('tcp', MIRROR_PORT);
      await apply();
      assert.equal(await a.peer.reaches('10.64.1.1', MIRROR_PORT), '10.64.1.2');
      assert.equal(await b.peer.reaches('10.64.1.1', MIRROR_PORT), '10.64.1.3');
      await b.exec('ip', 'address', 'add', '10.64.1.2/24', 'dev', 'eth0');
      const shut = await Promise.all([
        b.peer.meets('10.64.1.1', MIRROR_PORT, 'tcp', '10.64.1.2'),
        a.peer.meets('10.64.1.1', MIRROR_PORT, 'udp'),
        a.peer.meets('10.64.2.1', MIRROR_PORT),
        a.peer.meets(Lab.hostAddress, MIRROR_PORT),
        lab.outside.meets('10.64.1.1', MIRROR_PORT),
      ]);
      await b.exec('ip', 'address', 'del', '10.64.1.2/24', 'dev', 'eth0');
      assert.deepEqual(shut, Array(5).fill('timeout'));
    });

    it('every instance reaches objects at its own gateway under its own address, at that port and no other, and nobody does from elsewhere', async () => {
      const served = 30_444;
      await lab.host.listen('tcp', served);
      // Something else of this host's, at the same port.
      await lab.host.listen('tcp', OBJECTS_PORT);
      await apply({}, {}, true, { objectsPort: served });
      assert.equal(await a.peer.reaches('10.64.1.1', OBJECTS_PORT), '10.64.1.2');
      assert.equal(await d.peer.reaches('10.64.3.1', OBJECTS_PORT), d.endpoint.address);
      await b.exec('ip', 'address', 'add', '10.64.1.2/24', 'dev', 'eth0');
      const shut = await Promise.all([
        // As somebody else; at the port behind it; by another protocol; at another network's gateway; at the host's own address; at other doors of the region.
        b.peer.meets('10.64.1.1', OBJECTS_PORT, 'tcp', '10.64.1.2'),
        a.peer.meets('10.64.1.1', served),
        a.peer.meets('10.64.1.1', OBJECTS_PORT, 'udp'),
        a.peer.meets('10.64.2.1', OBJECTS_PORT),
        a.peer.meets(Lab.hostAddress, OBJECTS_PORT),
        a.peer.meets(Lab.hostAddress, served),
        a.peer.meets('10.64.1.1', PORT),
        ...WORKLOAD_PORTS.map((port) => a.peer.meets('10.64.1.1', port)),
        lab.outside.meets(Lab.hostAddress, served),
        lab.outside.meets('10.64.1.1', served),
      ]);
      await b.exec('ip', 'address', 'del', '10.64.1.2/24', 'dev', 'eth0');
      assert.deepEqual(shut, Array(shut.length).fill('timeout'));
      // What the host has at that port for others stays theirs.
      assert.equal(await lab.outside.reaches(Lab.hostAddress, OBJECTS_PORT), Lab.outsideAddress);
      await apply();
      assert.equal(await a.peer.meets('10.64.1.1', OBJECTS_PORT), 'timeout');
    });

    it('IPv6 does not pass between instances', async () => {
      await a.exec('ip', 'address', 'add', 'fd00::a/64', 'dev', 'eth0', 'nodad');
      await b.exec('ip', 'address', 'add', 'fd00::b/64', 'dev', 'eth0', 'nodad');
      await b.peer.listen('udp', 8086, '::');
      assert.equal(await a.peer.meets('fd00::b', 8086, 'udp'), 'timeout');
      await lab.filter.clear();
      assert.equal(await a.peer.reaches('fd00::b', 8086, 'udp'), 'fd00::a');
      await apply();
    });

    it('an instance gets its lease and names from the gateway, and no instance can play that part', async () => {
      await apply();
      const dnsmasq = lab.start(
        'dnsmasq',
        '--keep-in-foreground',
        '--conf-file=/dev/null',
        '--user=root',
        '--no-resolv',
        '--no-hosts',
        '--pid-file=',
        '--interface=cm000000000001',
        '--bind-interfaces',
        '--dhcp-range=10.64.1.0,static',
        '--leasefile-ro',
        `--dhcp-host=${a.endpoint.mac},10.64.1.2`,
        '--host-record=web,10.64.1.3',
        '--log-facility=-',
        '--dhcp-authoritative',
      );
      await new Promise<void>((resolve) =>
        dnsmasq.stderr.on('data', (text) => /started/.test(text) && resolve()),
      );
      const resolve = { op: 'resolve', server: '10.64.1.1', name: 'web', limit_ms: 2_000 } as const;
      assert.deepEqual(await a.peer.ask(resolve), { answer: '10.64.1.3' });
      // Another network's gateway is no resolver of ours.
      assert.deepEqual(await c.peer.ask({ ...resolve, limit_ms: 400 }), { failed: 'ETIMEOUT' });

      await a.exec('ip', 'address', 'flush', 'dev', 'eth0');
      await a.exec('ip', 'route', 'add', '255.255.255.255', 'dev', 'eth0');
      const heardByNeighbour = b.peer.ask({ op: 'hear', port: 67, limit_ms: 1_000 });
      const offer = await a.peer.ask({
        op: 'broadcast',
        fromPort: 68,
        toPort: 67,
        hex: DHCP_DISCOVER,
        limit_ms: 5_000,
      });
      assert.match('answer' in offer ? offer.answer : offer.failed, /^10\.64\.1\.1 02010600deadbeef/);
      assert.deepEqual(await heardByNeighbour, { failed: 'timeout' });
      await a.exec('ip', 'address', 'add', '10.64.1.2/24', 'dev', 'eth0');
      await a.exec('ip', 'route', 'add', 'default', 'via', '10.64.1.1');

      // A neighbour that answers as a DHCP server is not heard.
      const heard = a.peer.ask({ op: 'hear', port: 68, limit_ms: 700 });
      await b.exec('ip', 'route', 'add', '255.255.255.255', 'dev', 'eth0');
      await b.peer.ask({ op: 'broadcast', fromPort: 67, toPort: 68, hex: '02', limit_ms: 300 });
      assert.deepEqual(await heard, { failed: 'timeout' });
    });

    it('a port that the filter does not know is shut', async () => {
      const stranger = await lab.instance(project.bridges[0] as (typeof project.bridges)[0], '10.64.1.9');
      const dial = { op: 'dial', protocol: 'udp', address: '10.64.1.3', port: PORT, limit_ms: 500 } as const;
      assert.equal('failed' in (await stranger.peer.ask(dial)), true);
      assert.equal('failed' in (await b.peer.ask({ ...dial, address: '10.64.1.9' })), true);
      await apply({ endpoints: [...project.endpoints, stranger.endpoint] });
      assert.equal(await stranger.peer.reaches('10.64.1.3', PORT), '10.64.1.9');
    });

    it('rules of others and another region’s tables are left as they are', async () => {
      await lab.exec('nft', 'add table inet casemate_other');
      await lab.exec('nft', 'add table ip someone');
      await apply();
      await lab.filter.clear();
      const tables = await lab.exec('nft', 'list', 'tables');
      assert.equal(tables, 'table inet casemate_other\ntable ip someone\n');
      assert.deepEqual(await lab.filter.state(), { absentBridges: [] });
      await apply();
      await apply();
    });
  });
}
