/** What attempts to leave come to, by values. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Attempt } from '#engines/nftables/seal/listing.ts';
import type { SealFlow } from '#engines/nftables/seal/model.ts';
import { INSIDE_TARGETS, judgeInside, readInside } from './inside.ts';
import { type Evidence, judgeProbes, verdictOf } from './judge.ts';
import { gateways, nameServers, proxies, type Target } from './targets.ts';

const TARGET: Target = { what: 'an address outside', address: '203.0.113.77', protocol: 'tcp', port: 443 };
const counted = (packets: number, more: Partial<Attempt> = {}): Attempt[] => [
  { by: 'region', destination: TARGET.address, protocol: 'tcp', port: 443, packets, ...more },
];
const flow = (more: Partial<SealFlow> = {}): SealFlow => ({
  id: 'f',
  from: 'region',
  sources: [],
  protocol: 'tcp',
  ports: [443],
  to: ['203.0.113.0/24'],
  until_s: 4_102_444_800,
  ...more,
});

describe('a probe from the host', () => {
  const outcome = (met: string, before: Attempt[], after: Attempt[], flows: SealFlow[] = []) =>
    judgeProbes([TARGET], [met], { before, after }, flows)[0]?.outcome;

  it('was blocked only when the kernel counted it as dropped: silence alone is an escape', () => {
    assert.equal(outcome('Silence', [], counted(1)), 'Blocked');
    assert.equal(outcome('Silence', counted(4), counted(5)), 'Blocked');
    assert.equal(outcome('Silence', counted(4), counted(4)), 'Escaped');
    assert.equal(outcome('Connected', [], []), 'Escaped');
    assert.equal(outcome('ECONNREFUSED', [], []), 'Escaped');
    assert.equal(outcome('EHOSTUNREACH', [], []), 'Escaped', 'somebody on the way may have said so');
  });

  it('met no route, could not be made, or was declared', () => {
    assert.equal(outcome('ENETUNREACH', [], []), 'NoRoute');
    assert.equal(outcome('Unable', [], []), 'NotProbed');
    assert.equal(outcome('Connected', [], [], [flow()]), 'Declared');
    for (const other of [
      { ports: [80] },
      { to: ['198.51.100.0/24'] },
      { protocol: 'udp' },
      { from: 'instances' },
    ])
      assert.equal(outcome('Connected', [], [], [flow(other as Partial<SealFlow>)]), 'Escaped');
  });
});

describe('a probe from inside an instance', () => {
  const inside = (met: readonly string[], after: Attempt[], flows: SealFlow[] = []) =>
    judgeInside([{ address: '10.64.0.2', whose: 'a/b/c', met }], { before: [], after }, flows).map(
      ({ outcome }) => outcome,
    );
  const met = (word: string) => INSIDE_TARGETS.map(() => word);

  it('escaped only by an answer: what its owner can feign is no alarm', () => {
    const isDatagram = INSIDE_TARGETS.map(({ protocol }) => protocol === 'udp');
    assert.deepEqual(
      inside(met('Passed'), []),
      isDatagram.map((is) => (is ? 'NotProbed' : 'Escaped')),
    );
    assert.deepEqual(new Set(inside(met('Silence'), [])), new Set(['NotProbed']));
    assert.deepEqual(new Set(inside(met('ENETUNREACH'), [])), new Set(['NoRoute']));
    const after = counted(1, { by: 'instances', source: '10.64.0.2' });
    assert.deepEqual(inside(met('Silence'), after)[0], 'Blocked');
    const ours = flow({ from: 'instances', sources: ['10.64.0.0/24'] });
    assert.deepEqual(inside(met('Passed'), [], [ours])[0], 'Declared');
    assert.deepEqual(inside(met('Passed'), [], [{ ...ours, sources: ['10.65.0.0/24'] }])[0], 'Escaped');
  });

  it('is read line by line, and what an instance says besides counts for nothing', () => {
    const said = ['0 Silence', 'junk', '1 Passed', '99 Passed', '2 <b>', '-3 Passed'].join('\n');
    assert.deepEqual(readInside(said).slice(0, 4), ['Silence', 'Passed', 'Unable', 'Unable']);
    assert.equal(readInside('').length, INSIDE_TARGETS.length);
  });
});

describe('the verdict', () => {
  const well: Evidence = {
    enforced: true,
    processes: ['region'],
    disturbed: [],
    probes: [],
    notHeld: undefined,
  };
  const probes = judgeProbes([TARGET], ['Connected'], { before: [], after: [] }, []);

  it('is sealed only when everything holds, and else names the worst', () => {
    const reason = (more: Partial<Evidence>) => verdictOf({ ...well, ...more }).reason;
    assert.equal(reason({}), 'Sealed');
    assert.equal(reason({ probes }), 'Escaped');
    assert.equal(reason({ enforced: false, probes }), 'Observed');
    assert.equal(reason({ processes: [] }), 'NotHeld');
    assert.equal(reason({ notHeld: 'it is elsewhere' }), 'NotHeld');
    assert.equal(reason({ disturbed: ['a table is gone'], probes, notHeld: 'it is elsewhere' }), 'Disturbed');
    assert.deepEqual(verdictOf({ ...well, probes }).findings, [
      'tcp 203.0.113.77 port 443 (an address outside) got past the seal, from region',
    ]);
  });
});

describe('what this machine would use', () => {
  it('is read from its settings: name servers, gateways, proxies that are elsewhere', () => {
    assert.deepEqual(
      nameServers('# x\nnameserver 127.0.0.53\nnameserver 10.0.0.2\nnameserver fd00::1\nnameserver x'),
      ['10.0.0.2', 'fd00::1'],
    );
    const routes = 'Iface\tDestination\tGateway\neth0\t00000000\t010200C0\neth0\t000200C0\t00000000';
    assert.deepEqual(gateways(routes), ['192.0.2.1']);
    const environment = {
      HTTP_PROXY: 'http://user:secret@10.0.0.9:3128',
      HTTPS_PROXY: 'http://127.0.0.1:9',
      ALL_PROXY: '[fd00::9]:1080',
      http_proxy: 'proxy.example:80',
    };
    assert.deepEqual(
      proxies(environment).map(({ what, address, port }) => [what, address, port]),
      [
        ['the proxy of HTTP_PROXY', '10.0.0.9', 3128],
        ['the proxy of ALL_PROXY', 'fd00::9', 1080],
      ],
    );
  });
});
