/** The region's time at an instance's gateway, with real packets: who finds it there, who does not, and what its chronyd may ask outside. Needs root. */
import assert from 'node:assert/strict';
import { chown, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { portPrefix } from '../nftables/names.ts';
import { keyOf } from '../nftables/seal/listing.ts';
import { SEAL_UNTIL_S_MAX, type SealFlow } from '../nftables/seal/model.ts';
import { SealedHost } from '../nftables/seal/testing/sealed-host.ts';
import { labProblem } from '../nftables/testing/lab.ts';
import { describeChronyd, findChrony, questionArguments } from './daemon.ts';

const PORT = 30_300;
const NOBODY = { name: 'nobody', uid: 65_534, gid: 65_534 };
const GATEWAY = '10.64.0.1';
const INSIDE = 'time0';

describe('the region’s time at a gateway', { skip: labProblem() }, () => {
  let host: SealedHost;
  let folder: string;
  const programs =
    findChrony(join(process.env.CASEMATE_IMAGE_CACHE ?? '/var/cache/casemate', 'programs')) ??
    assert.fail('casemate up, or casemate test, unpacks chrony');
  const { outside } = SealedHost;
  const timeFlow: SealFlow = {
    id: 'time',
    from: 'region',
    sources: [],
    protocol: 'udp',
    ports: [123],
    to: [`${outside}/32`],
    until_s: SEAL_UNTIL_S_MAX,
  };

  before(async () => {
    host = await SealedHost.open('timeg');
    folder = await mkdtemp(join(tmpdir(), 'timeg-'));
    await chown(folder, NOBODY.uid, NOBODY.gid);
    const bridge = 'cm0000000000ab';
    const port = `${portPrefix(host.region)}0000000002`;
    const mac = '02:00:00:00:00:02';
    await host.root('ip', 'link', 'add', bridge, 'type', 'bridge');
    await host.root('ip', 'address', 'add', `${GATEWAY}/24`, 'dev', bridge);
    await host.root('ip', 'link', 'set', bridge, 'up');
    await host.instance(INSIDE, port, bridge, mac, '10.64.0.2/24', GATEWAY);
    await host.filter.apply({
      format: 1,
      region: host.region,
      outbound: false,
      timePort: PORT,
      zones: [
        {
          bridges: [{ name: bridge, cidr: '10.64.0.0/24', gateway: GATEWAY }],
          endpoints: [{ port, mac, address: '10.64.0.2', bridge }],
          sets: [],
          deny: [],
          egress: [],
          ingress: [],
          forwards: [],
        },
      ],
    });
    await host.runOutside(
      programs.daemon,
      '-d',
      '-x',
      '-u',
      'root',
      'local stratum 1',
      'allow',
      'cmdport 0',
      'bindcmdaddress /',
      `pidfile ${folder}.outside`,
    );
    const settings = {
      sources: [{ server: outside }],
      allow: ['10.64.0.0/14'],
      port: PORT,
      folder,
      setsClock: false,
    };
    const { command, args } = describeChronyd(programs, settings, NOBODY);
    await host.asProcess('time', 'true');
    await host.seal.apply({ format: 1, region: host.region, flows: [] });
    host.keepAs('time', command, ...args);
    await host.until(
      async () => (await host.tryRoot(programs.client, ...questionArguments(PORT, 'tracking'))).code === 0,
    );
  });
  after(async () => {
    await host?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const ask = (server: string, port = 123, limit_s = 1): [string, ...string[]] => [
    programs.daemon,
    '-Q',
    '-t',
    `${limit_s}`,
    '-u',
    'root',
    `server ${server} port ${port} iburst maxsamples 1`,
  ];

  it('answers an instance’s real client at port 123 of its gateway, and at no other port', async () => {
    const found = await host.inInstance(INSIDE, ...ask(GATEWAY, 123, 5));
    assert.equal(found.code, 0, found.output);
    assert.match(found.output, /System clock wrong by -?0\.0/);
    assert.notEqual((await host.inInstance(INSIDE, ...ask(GATEWAY, PORT))).code, 0);
  });

  it('answers nobody outside the region, at neither port', async () => {
    for (const port of [123, PORT])
      assert.notEqual((await host.fromOutside(...ask(SealedHost.address, port))).code, 0, `${port}`);
  });

  it('lets no instance ask another server, and counts the attempt', async () => {
    assert.notEqual((await host.inInstance(INSIDE, ...ask(outside))).code, 0);
    const { attempts } = await host.seal.state();
    const tried = attempts.find((one) => keyOf(one) === `instances 10.64.0.2 ${outside} udp 123`);
    assert.ok((tried?.packets ?? 0) > 0);
  });

  it('takes time from a declared source once its flow counts, and not before', async () => {
    const tried = (await host.seal.state()).attempts.find(({ by }) => by === 'time');
    assert.deepEqual([tried?.destination, tried?.port], [outside, 123]);
    const tracking = async () =>
      (await host.tryRoot(programs.client, ...questionArguments(PORT, 'tracking'))).output;
    assert.match(await tracking(), /^7F7F0101/);
    await host.seal.apply({ format: 1, region: host.region, flows: [timeFlow] });
    await host.until(async () => !/^(7F7F0101|00000000)/.test(await tracking()));
  });
});
