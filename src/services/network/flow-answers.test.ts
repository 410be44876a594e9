import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseCidr } from '#engines/nftables/ipv4.ts';
import { answerFlow } from './flow-answers.ts';
import type { FlowQuestionSpec } from './flow-question.ts';
import type { Project } from './world.ts';

const on = (network: string, address: string) => ({ network, address, mac: '', port: '' });

const PROJECT: Project = {
  name: 'acme/shop',
  networks: [
    { name: 'front', cidr: '10.64.0.0/24', gateway: '10.64.0.1', bridge: '' },
    { name: 'back', cidr: '10.64.1.0/24', gateway: '10.64.1.1', bridge: '' },
  ],
  instances: [
    { name: 'web', labels: { app: 'web' }, attachments: [on('front', '10.64.0.2')] },
    { name: 'both', labels: {}, attachments: [on('front', '10.64.0.3'), on('back', '10.64.1.3')] },
    { name: 'db', labels: { app: 'db' }, attachments: [on('back', '10.64.1.2')] },
  ],
  policies: [],
  forwards: [
    {
      name: 'ssh',
      protocol: 'tcp',
      address: '192.0.2.1',
      port: 20_022,
      targetAddress: '10.64.0.2',
      targetPort: 22,
      sources: ['198.51.100.0/24'],
    },
  ],
};
const region = {
  pools: [parseCidr('10.64.0.0/10')].flatMap((range) => range ?? []),
  forwardAddresses: ['192.0.2.1'],
  outbound: true,
};
const ask = (spec: Partial<FlowQuestionSpec>, project = PROJECT) =>
  answerFlow(
    project,
    { from: { instance: 'web' }, to: { instance: 'db' }, protocol: 'tcp', port: 80, ...spec },
    region,
  );

describe('may A talk to B', () => {
  it('is answered with what decides, by the names of instances', () => {
    const refused = ask({});
    assert.equal(refused.allowed, false);
    assert.match(refused.reason, /add a FirewallPolicy with an egress Allow/);
    const policies = [
      {
        name: 'web-to-db',
        spec: {
          instances: {},
          egress: [{ action: 'Allow' as const }],
          ingress: [{ action: 'Allow' as const, ports: [{ port: 80 }] }],
        },
      },
    ];
    const allowed = ask({}, { ...PROJECT, policies });
    assert.deepEqual(
      [allowed.allowed, allowed.rule, allowed.source, allowed.destination, allowed.port],
      [true, 'FirewallPolicy web-to-db: ingress[0]', '10.64.0.2', '10.64.1.2', 80],
    );
    assert.equal(ask({ port: 81 }, { ...PROJECT, policies }).allowed, false);
  });

  it('takes whichever network of the two lets it through, or the one that is named', () => {
    const answer = ask({ from: { instance: 'both' }, protocol: 'icmp' });
    assert.deepEqual([answer.allowed, answer.source], [true, '10.64.1.3']);
    assert.equal(answer.port, undefined);
    assert.equal(ask({ from: { instance: 'both', network: 'front' } }).allowed, false);
  });

  it('knows forwards, and tells nothing of those of others', () => {
    const from = { address: '198.51.100.7' };
    assert.match(ask({ from, to: { forward: 'ssh' } }).reason, /^Forward ssh leads there/);
    assert.match(ask({ from: { address: '203.0.113.9' }, to: { forward: 'ssh' } }).reason, /does not list/);
    assert.match(ask({ from, to: { address: '192.0.2.1' }, port: 20_023 }).reason, /is not told here/);
  });

  it('takes an address of somebody else’s for what it is to this project: out of reach', () => {
    const policies = [{ name: 'out', spec: { instances: {}, egress: [{ action: 'Allow' as const }] } }];
    const project = { ...PROJECT, policies };
    const answer = ask({ to: { address: '10.64.9.9' } }, project);
    assert.deepEqual([answer.allowed, /different projects/.test(answer.reason)], [false, true]);
    assert.equal(ask({ to: { address: '198.51.100.7' } }, project).allowed, true);
  });

  it('says what is wrong with a question', () => {
    assert.throws(() => ask({ from: {} }), /say one of instance and address/);
    assert.throws(() => ask({ from: { instance: 'web', address: '10.64.0.2' } }), /say one of/);
    assert.throws(() => ask({ to: { instance: 'gone' } }), /instance gone has no address on any network/);
    assert.throws(() => ask({ to: { address: 'nonsense' } }), /is not an IPv4 address/);
    assert.throws(() => ask({ to: { forward: 'gone' } }), /no Forward gone/);
    const withoutPort = { from: { instance: 'web' }, to: { instance: 'db' }, protocol: 'udp' as const };
    assert.throws(() => answerFlow(PROJECT, withoutPort, region), /spec.port: required/);
  });
});
