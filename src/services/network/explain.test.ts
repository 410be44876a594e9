import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { explain, type Flow, type RegionWorld } from './explain.ts';
import type { Project, ProjectPolicy } from './world.ts';

const attachment = (network: string, address: string) => ({ network, address, mac: '', port: '' });

function world(policies: readonly ProjectPolicy[] = [], outbound = false): RegionWorld {
  const acme: Project = {
    name: 'acme/default',
    networks: [
      { name: 'front', cidr: '10.64.0.0/24', gateway: '10.64.0.1', bridge: '' },
      { name: 'back', cidr: '10.64.1.0/24', gateway: '10.64.1.1', bridge: '' },
    ],
    instances: [
      { name: 'web', labels: { app: 'web' }, attachments: [attachment('front', '10.64.0.2')] },
      { name: 'peer', labels: {}, attachments: [attachment('front', '10.64.0.3')] },
      { name: 'db', labels: { app: 'db' }, attachments: [attachment('back', '10.64.1.2')] },
    ],
    policies,
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
  const globex: Project = {
    name: 'globex/default',
    networks: [{ name: 'front', cidr: '10.64.2.0/24', gateway: '10.64.2.1', bridge: '' }],
    instances: [{ name: 'foreign', labels: {}, attachments: [attachment('front', '10.64.2.2')] }],
    policies: [],
    forwards: [],
  };
  return { projects: [acme, globex], outbound };
}

const flow = (source: string, destination: string, port = 80): Flow => ({
  source,
  destination,
  protocol: 'tcp',
  port,
});
const egress: ProjectPolicy = {
  name: 'out',
  spec: { instances: { matchLabels: { app: 'web' } }, egress: [{ action: 'Allow', protocol: 'tcp' }] },
};
const ingress: ProjectPolicy = {
  name: 'in',
  spec: {
    instances: { matchLabels: { app: 'db' } },
    ingress: [{ action: 'Allow', from: [{ network: 'front' }] }],
  },
};
const deny: ProjectPolicy = {
  name: 'shut',
  spec: { instances: {}, ingress: [{ action: 'Deny', protocol: 'tcp', ports: [{ port: 22 }] }] },
};

describe('may A talk to B?', () => {
  const CASES: readonly (readonly [
    title: string,
    world: RegionWorld,
    flow: Flow,
    allowed: boolean,
    reason: string,
  ])[] = [
    ['on one network', world(), flow('10.64.0.2', '10.64.0.3'), true, 'both are on network front'],
    [
      'between networks, by default',
      world(),
      flow('10.64.0.2', '10.64.1.2'),
      false,
      'no egress rule allows web to reach 10.64.1.2: add a FirewallPolicy with an egress Allow',
    ],
    [
      'between networks, with egress alone',
      world([egress]),
      flow('10.64.0.2', '10.64.1.2'),
      false,
      'no ingress rule of db allows it: add a FirewallPolicy with an ingress Allow',
    ],
    [
      'between networks, with both',
      world([egress, ingress]),
      flow('10.64.0.2', '10.64.1.2'),
      true,
      'FirewallPolicy out: egress[0] and FirewallPolicy in: ingress[0] allow it',
    ],
    [
      'against a deny',
      world([egress, ingress, deny]),
      flow('10.64.0.2', '10.64.1.2', 22),
      false,
      'FirewallPolicy shut: ingress[0] denies it, and a Deny wins over every Allow',
    ],
    [
      'with another organization',
      world([egress]),
      flow('10.64.0.2', '10.64.2.2'),
      false,
      'acme/default and globex/default are different projects: only a Forward leads from one to the other',
    ],
    [
      'past a region that lets nobody out',
      world([egress]),
      flow('10.64.0.2', '203.0.113.1'),
      false,
      'the region lets no instance reach past it (network.egress is off)',
    ],
    [
      'past the region',
      world([egress], true),
      flow('10.64.0.2', '203.0.113.1'),
      true,
      'FirewallPolicy out: egress[0] allows it',
    ],
    [
      'from outside',
      world(),
      flow('198.51.100.1', '10.64.0.2', 22),
      false,
      'only a Forward leads from outside to an instance',
    ],
    [
      'through a forward',
      world(),
      flow('198.51.100.1', '192.0.2.1', 20_022),
      true,
      'Forward ssh leads there and allows 198.51.100.1',
    ],
    [
      'through a forward that is for others',
      world(),
      flow('203.0.113.1', '192.0.2.1', 20_022),
      false,
      'Forward ssh does not list 203.0.113.1 in allowedSources',
    ],
    [
      'through a forward against a deny',
      world([deny]),
      flow('198.51.100.1', '192.0.2.1', 20_022),
      false,
      'FirewallPolicy shut: ingress[0] denies it, and a Deny wins over every Allow',
    ],
    [
      'with nobody',
      world(),
      flow('10.64.0.2', '10.64.0.9'),
      false,
      'no instance has the address 10.64.0.9 of network front',
    ],
  ];
  for (const [title, state, asked, allowed, reason] of CASES) {
    it(title, () => {
      const answer = explain(state, asked);
      assert.deepEqual({ allowed: answer.allowed, reason: answer.reason }, { allowed, reason });
    });
  }
});
