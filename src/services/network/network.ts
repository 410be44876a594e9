/**
 * The kind Network: a private IPv4 network of a project, with its own bridge, DHCP and names.
 */
import { Type } from 'typebox';
import { defineKind, type ObjectOf } from '#kernel/kind.ts';
import { CONDITIONS, OBSERVED_GENERATION, READY_COLUMN } from '#kernel/kind-parts.ts';
import { bornWithFinalizer } from '#kernel/reconcile/finalizers.ts';
import { NETWORK_GROUP } from './schemas.ts';

export { NETWORK_GROUP };

/** Holds a network back until its bridge is gone and its range given back. */
export const NETWORK_FINALIZER = 'network.casemate.internal/bridge';

export const Network = defineKind({
  group: NETWORK_GROUP,
  version: 'v1',
  kind: 'Network',
  plural: 'networks',
  shortNames: ['net'],
  categories: ['all'],
  scope: 'Project',
  realms: ['organization'],
  description:
    'A private network of a project. Instances on it reach each other by address and by name; everything else needs a FirewallPolicy or a Forward.',
  spec: Type.Object(
    {
      cidr: Type.Optional(
        Type.String({
          description:
            'The IPv4 range, for example 10.64.3.0/24; prefix length 16 to 28. Left out, a free range of the region is chosen. It cannot be changed.',
          maxLength: 18,
        }),
      ),
    },
    { default: {} },
  ),
  status: Type.Object({
    observedGeneration: OBSERVED_GENERATION,
    cidr: Type.Optional(Type.String({ description: 'The range in force.' })),
    gateway: Type.Optional(
      Type.String({ description: 'Address of the gateway, which answers DHCP and DNS on the network.' }),
    ),
    bridge: Type.Optional(
      Type.String({
        description:
          'The bridge that carries the network on its host. It appears when instances can start on it.',
      }),
    ),
    domain: Type.Optional(
      Type.String({ description: 'An instance is found on the network as <name> and as <name>.<domain>.' }),
    ),
    instances: Type.Optional(Type.Integer({ description: 'How many instances have an address on it.' })),
    conditions: CONDITIONS,
  }),
  columns: [
    { name: 'CIDR', type: 'string', description: 'The range in force.', value: 'status.cidr' },
    { name: 'Gateway', type: 'string', description: 'The gateway.', value: 'status.gateway', priority: 1 },
    { name: 'Instances', type: 'integer', description: 'Instances on it.', value: 'status.instances' },
    READY_COLUMN,
  ],
  immutable: ['spec.cidr'],
  usage: () => ({ networks: 1 }),
  normalize: (object) => bornWithFinalizer(object, NETWORK_FINALIZER),
});

export type NetworkObject = ObjectOf<typeof Network>;
export type NetworkStatus = NonNullable<NetworkObject['status']>;
