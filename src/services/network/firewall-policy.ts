/**
 * The kind FirewallPolicy: which flows instances may have beyond (Allow) or less than (Deny) the default, which is: within one
 * network everything, otherwise nothing. `semantics.ts` says exactly what a set of policies means.
 */
import { type Static, Type } from 'typebox';
import { defineKind, type ObjectOf } from '#kernel/kind.ts';
import { CONDITIONS, OBSERVED_GENERATION, oneOf, READY_COLUMN } from '#kernel/kind-parts.ts';
import { ATOMIC_MAP } from '#kernel/list-type.ts';
import { NETWORK_GROUP } from './schemas.ts';

export const RULES_MAX = 64;
export const PEERS_MAX = 32;
export const PORTS_MAX = 32;
export const SELECTOR_TERMS_MAX = 16;

export const LabelSelector = Type.Object(
  {
    matchLabels: Type.Optional(
      Type.Record(Type.String({ maxLength: 317 }), Type.String({ maxLength: 63 }), {
        maxProperties: SELECTOR_TERMS_MAX,
        description: 'Labels an instance must have, all of them.',
      }),
    ),
    matchExpressions: Type.Optional(
      Type.Array(
        Type.Object({
          key: Type.String({ minLength: 1, maxLength: 317 }),
          operator: oneOf(['In', 'NotIn', 'Exists', 'DoesNotExist']),
          values: Type.Optional(Type.Array(Type.String({ maxLength: 63 }), { maxItems: SELECTOR_TERMS_MAX })),
        }),
        { maxItems: SELECTOR_TERMS_MAX, description: 'Conditions on labels, all of which must hold.' },
      ),
    ),
  },
  // As in Kubernetes: halves of two people's selectors would pick what neither meant.
  { description: 'Picks instances of the project by their labels. Empty ({}): every one.', ...ATOMIC_MAP },
);

const Peer = Type.Object(
  {
    instances: Type.Optional(LabelSelector),
    network: Type.Optional(
      Type.String({ maxLength: 63, description: 'Only addresses on this network of the project.' }),
    ),
    cidr: Type.Optional(Type.String({ maxLength: 18, description: 'An IPv4 range; not with the others.' })),
  },
  { description: 'Instances of the project (by labels, by network, or both), or an address range.' },
);

const Port = Type.Object({
  port: Type.Integer({ minimum: 1, maximum: 65535 }),
  endPort: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 65535, description: 'Last port of a range that starts at port.' }),
  ),
});

const ruleFields = {
  action: oneOf(['Allow', 'Deny'], { description: 'A Deny wins over every Allow.' }),
  protocol: Type.Optional(oneOf(['tcp', 'udp', 'icmp', 'any'], { default: 'any' })),
  ports: Type.Optional(
    Type.Array(Port, {
      maxItems: PORTS_MAX,
      description: 'Destination ports, for tcp and udp. Left out: all.',
    }),
  ),
};

const peers = (description: string) =>
  Type.Optional(Type.Array(Peer, { minItems: 1, maxItems: PEERS_MAX, description }));

const IngressRule = Type.Object({
  ...ruleFields,
  from: peers('Who connects: any of these. Left out: anyone who can reach the instance at all.'),
});
const EgressRule = Type.Object({
  ...ruleFields,
  to: peers('What is connected to: any of these. Left out: anything.'),
});

export const FirewallPolicy = defineKind({
  group: NETWORK_GROUP,
  version: 'v1',
  kind: 'FirewallPolicy',
  plural: 'firewallpolicies',
  shortNames: ['fwp'],
  categories: ['all'],
  scope: 'Project',
  realms: ['organization'],
  description:
    'Allows or denies flows of the instances it selects. By default instances of one network reach each other and nothing else. Between two networks of a project a flow needs an egress Allow at its source and an ingress Allow at its target; an explicit Deny wins.',
  spec: Type.Object({
    instances: LabelSelector,
    ingress: Type.Optional(Type.Array(IngressRule, { maxItems: RULES_MAX })),
    egress: Type.Optional(Type.Array(EgressRule, { maxItems: RULES_MAX })),
  }),
  status: Type.Object({
    observedGeneration: OBSERVED_GENERATION,
    matchedInstances: Type.Optional(Type.Integer({ description: 'How many instances it selects.' })),
    conditions: CONDITIONS,
  }),
  columns: [
    {
      name: 'Matched',
      type: 'integer',
      description: 'Instances selected.',
      value: 'status.matchedInstances',
    },
    READY_COLUMN,
  ],
});

export type Selector = Static<typeof LabelSelector>;
export type PolicyPeer = Static<typeof Peer>;
export type PolicyPort = Static<typeof Port>;
export type PolicyIngressRule = Static<typeof IngressRule>;
export type PolicyEgressRule = Static<typeof EgressRule>;

export type FirewallPolicyObject = ObjectOf<typeof FirewallPolicy>;
export type FirewallPolicySpec = FirewallPolicyObject['spec'];
export type FirewallPolicyStatus = NonNullable<FirewallPolicyObject['status']>;
