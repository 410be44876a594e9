/**
 * Random projects, policies and connections for property tests. Not part of the product.
 */
import fc from 'fast-check';
import type { Flow, RegionWorld } from '../explain.ts';
import type { PolicyPeer, Selector } from '../firewall-policy.ts';
import { macAddress, portName } from '../names.ts';
import type { Project, ProjectPolicy } from '../world.ts';

export const REGION_ID = 'r00000000';
const FORWARD_ADDRESS = '192.0.2.1';
const KEYS = ['app', 'tier'];
const VALUES = ['a', 'b'];
const PORTS = [22, 80, 443, 8080];

const labels = fc.dictionary(fc.constantFrom(...KEYS), fc.constantFrom(...VALUES));
const selector: fc.Arbitrary<Selector> = fc.oneof(
  { weight: 3, arbitrary: labels.map((matchLabels) => ({ matchLabels })) },
  {
    weight: 2,
    arbitrary: fc.record({
      matchExpressions: fc.array(
        fc.record({
          key: fc.constantFrom(...KEYS),
          operator: fc.constantFrom('In', 'NotIn', 'Exists', 'DoesNotExist'),
          values: fc.subarray(VALUES),
        }),
        { minLength: 1, maxLength: 2 },
      ),
    }),
  },
);
const cidr = fc.constantFrom(
  '0.0.0.0/0',
  '10.64.0.0/10',
  '10.64.0.0/24',
  '10.64.1.0/24',
  '10.64.2.2/32',
  '192.0.2.0/24',
  '192.0.2.1/32',
  '198.51.100.7/32',
);
const networkName = fc.constantFrom('n0', 'n1');
const peer: fc.Arbitrary<PolicyPeer> = fc.oneof(
  cidr.map((range) => ({ cidr: range })),
  selector.map((instances) => ({ instances })),
  networkName.map((network) => ({ network })),
  fc.record({ instances: selector, network: networkName }),
);
const ports = fc.array(
  fc.constantFrom({ port: 22 }, { port: 80, endPort: 443 }, { port: 8080 }, { port: 1, endPort: 65535 }),
  { maxLength: 2 },
);
const carried = fc.oneof(
  fc.record({ protocol: fc.constantFrom('tcp' as const, 'udp' as const), ports }),
  fc.record({ protocol: fc.constantFrom('any' as const, 'icmp' as const) }),
  fc.constant({}),
);
const action = fc.constantFrom('Allow' as const, 'Allow' as const, 'Deny' as const);
const peers = fc.option(fc.array(peer, { minLength: 1, maxLength: 3 }), { nil: undefined });

const policySpec: fc.Arbitrary<ProjectPolicy['spec']> = fc.record({
  instances: selector,
  ingress: fc.array(
    fc.tuple(action, carried, peers).map(([a, c, from]) => ({ action: a, ...c, ...(from && { from }) })),
    { maxLength: 3 },
  ),
  egress: fc.array(
    fc.tuple(action, carried, peers).map(([a, c, to]) => ({ action: a, ...c, ...(to && { to }) })),
    { maxLength: 3 },
  ),
});

/** Project `index` has networks 10.64.<2·index>.0/24 and the next one; each instance is on one or both. */
function project(index: number): fc.Arbitrary<Project> {
  const network = (n: number) => ({
    name: `n${n}`,
    cidr: `10.64.${2 * index + n}.0/24`,
    gateway: `10.64.${2 * index + n}.1`,
    bridge: `cm00000000000${2 * index + n}`,
  });
  const instances = fc
    .array(fc.record({ labels, on: fc.subarray([0, 1], { minLength: 1 }) }), { minLength: 1, maxLength: 4 })
    .map((list) =>
      list.map(({ labels: own, on }, i) => ({
        name: `i${i}`,
        labels: own,
        attachments: on.map((n) => ({
          network: `n${n}`,
          address: `10.64.${2 * index + n}.${i + 2}`,
          mac: macAddress(`${index}/${i}`, n),
          port: portName(REGION_ID, `${index}/${i}`, n),
        })),
      })),
    );
  return fc
    .record({
      instances,
      specs: fc.array(policySpec, { maxLength: 4 }),
      forwards: fc.array(
        fc.record({
          protocol: fc.constantFrom('tcp' as const, 'udp' as const),
          targetPort: fc.constantFrom(...PORTS),
          sources: fc.uniqueArray(cidr, { minLength: 1, maxLength: 2 }),
          target: fc.nat(3),
        }),
        { maxLength: 2 },
      ),
    })
    .map(({ instances: made, specs, forwards }) => ({
      name: `org${index}/p`,
      networks: [network(0), network(1)],
      instances: made,
      policies: specs.map((spec, i) => ({ name: `p${i}`, spec })),
      forwards: forwards.map(({ target, ...forward }, i) => ({
        ...forward,
        name: `f${i}`,
        address: FORWARD_ADDRESS,
        port: 20_000 + 10 * index + i,
        targetAddress: made[target % made.length]?.attachments[0]?.address ?? '',
      })),
    }));
}

export const randomWorld: fc.Arbitrary<RegionWorld> = fc.record({
  projects: fc.tuple(project(0), project(1)).map((both): readonly Project[] => both),
  outbound: fc.boolean(),
});

/** A choice that becomes a connection in a given world: mostly between ends that exist. */
export const randomChoice = fc.record({
  source: fc.nat(1_000),
  destination: fc.nat(1_000),
  protocol: fc.constantFrom('tcp' as const, 'udp' as const, 'icmp' as const, 'other' as const),
  port: fc.constantFrom(...PORTS),
});

type Choice = typeof randomChoice extends fc.Arbitrary<infer T> ? T : never;

export function flowIn(world: RegionWorld, choice: Choice): Flow {
  const addresses = world.projects.flatMap(({ instances }) =>
    instances.flatMap(({ attachments }) => attachments.map(({ address }) => address)),
  );
  const forwards = world.projects.flatMap((one) => one.forwards);
  // Two outsiders, and two addresses of our networks that nobody has.
  const others = ['198.51.100.7', '203.0.113.9', '10.64.0.99', '10.64.3.99'];
  const sources = [...addresses, ...addresses, ...others];
  const destinations = [...addresses, ...addresses, ...forwards, FORWARD_ADDRESS, ...others];
  const source = sources[choice.source % sources.length] ?? '';
  const destination = destinations[choice.destination % destinations.length] ?? '';
  if (typeof destination !== 'string') {
    const { protocol, address, port } = destination;
    return { source, destination: address, protocol, port };
  }
  const { protocol } = choice;
  return { source, destination, protocol, port: protocol === 'tcp' || protocol === 'udp' ? choice.port : 0 };
}
