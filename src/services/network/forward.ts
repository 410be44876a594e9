/**
 * The kind Forward: an address and port of the region that leads to an instance. The only way into a network from outside its
 * project, hence `allowedSources` has no default: whoever opens a door says to whom.
 */
import { Type } from 'typebox';
import { defineKind, type ObjectOf } from '#kernel/kind.ts';
import { CONDITIONS, OBSERVED_GENERATION, oneOf, READY_COLUMN } from '#kernel/kind-parts.ts';
import { SET } from '#kernel/list-type.ts';
import { bornWithFinalizer } from '#kernel/reconcile/finalizers.ts';
import { NETWORK_GROUP } from './schemas.ts';

/** Holds a forward back until its port is given back. */
export const FORWARD_FINALIZER = 'network.casemate.internal/port';
export const SOURCES_MAX = 64;

export const Forward = defineKind({
  group: NETWORK_GROUP,
  version: 'v1',
  kind: 'Forward',
  plural: 'forwards',
  shortNames: ['fwd'],
  categories: ['all'],
  scope: 'Project',
  realms: ['organization'],
  description: 'Leads connections to an address and port of the region on to an instance.',
  spec: Type.Object({
    protocol: oneOf(['tcp', 'udp']),
    listen: Type.Object({
      address: Type.Optional(
        Type.String({
          maxLength: 15,
          description: "One of the region's forward addresses. Left out: its first one.",
        }),
      ),
      port: Type.Integer({
        minimum: 1,
        maximum: 65535,
        description: "Within the region's range for forwards.",
      }),
    }),
    target: Type.Object({
      instance: Type.String({ minLength: 1, maxLength: 63, description: 'An instance of the same project.' }),
      network: Type.Optional(
        Type.String({
          maxLength: 63,
          description: 'Which of its networks, when it has several. Left out: its first.',
        }),
      ),
      port: Type.Integer({ minimum: 1, maximum: 65535 }),
    }),
    allowedSources: Type.Array(Type.String({ maxLength: 18 }), {
      minItems: 1,
      maxItems: SOURCES_MAX,
      description:
        'Address ranges that may connect, each once. Say 0.0.0.0/0 for everyone. Whoever applies some of them leaves the others alone.',
      ...SET,
    }),
  }),
  status: Type.Object({
    observedGeneration: OBSERVED_GENERATION,
    address: Type.Optional(Type.String({ description: 'Where to connect to.' })),
    port: Type.Optional(Type.Integer()),
    target: Type.Optional(Type.String({ description: 'Where it leads now: address and port.' })),
    conditions: CONDITIONS,
  }),
  columns: [
    { name: 'Address', type: 'string', description: 'Where to connect to.', value: 'status.address' },
    { name: 'Port', type: 'integer', description: 'Its port.', value: 'status.port' },
    { name: 'Protocol', type: 'string', description: 'tcp or udp.', value: 'spec.protocol' },
    { name: 'Instance', type: 'string', description: 'The target.', value: 'spec.target.instance' },
    READY_COLUMN,
  ],
  immutable: ['spec.protocol', 'spec.listen'],
  usage: () => ({ forwards: 1 }),
  normalize: (object) => bornWithFinalizer(object, FORWARD_FINALIZER),
});

export type ForwardObject = ObjectOf<typeof Forward>;
export type ForwardStatus = NonNullable<ForwardObject['status']>;
