/**
 * Kinds for tests of the wire, one for each way a kind can be: of the realm, of a project, with a status, secret, shared, with
 * streams. Tests only.
 */
import { Type } from 'typebox';
import { defineKind } from '../kind.ts';
import { keyedBy } from '../list-type.ts';

export const Namespace = defineKind({
  group: '',
  version: 'v1',
  kind: 'Namespace',
  plural: 'namespaces',
  shortNames: ['ns'],
  scope: 'Realm',
  description: 'A project.',
  realms: ['region', 'organization'],
  spec: Type.Object(
    { displayName: Type.Optional(Type.String({ description: 'For people.' })) },
    { default: {} },
  ),
  status: Type.Object({ phase: Type.Optional(Type.String()) }),
});

export const Secret = defineKind({
  group: '',
  version: 'v1',
  kind: 'Secret',
  plural: 'secrets',
  scope: 'Project',
  description: 'Data that is kept sealed.',
  realms: ['organization'],
  secret: true,
  fields: {
    data: Type.Optional(Type.Record(Type.String(), Type.String(), { description: 'Base64 values.' })),
    type: Type.Optional(Type.String()),
  },
});

/** A thing of a project, with everything: status, columns, an immutable field, streams, a pod view. */
export const Machine = defineKind({
  group: 'lab.casemate.internal',
  version: 'v1',
  kind: 'Machine',
  plural: 'machines',
  shortNames: ['mc'],
  categories: ['all'],
  scope: 'Project',
  description: 'A machine to try things on.',
  realms: ['organization'],
  spec: Type.Object({
    size: Type.Integer({ minimum: 1, maximum: 64, default: 1, description: 'How large it is.' }),
    image: Type.String({ minLength: 1, description: 'What it runs.' }),
    power: Type.Union([Type.Literal('on'), Type.Literal('off')], {
      default: 'on',
      description: 'Whether it runs.',
    }),
    ports: Type.Optional(Type.Array(Type.Integer(), { description: 'Ports to open.' })),
    disks: Type.Optional(
      Type.Array(Type.Object({ name: Type.String(), gigabytes: Type.Optional(Type.Integer()) }), {
        ...keyedBy('name'),
        description: 'Disks it has.',
      }),
    ),
  }),
  status: Type.Object({
    phase: Type.Optional(Type.String({ description: 'What it does.' })),
    conditions: Type.Optional(
      Type.Array(
        Type.Object({
          type: Type.String(),
          status: Type.String(),
          reason: Type.Optional(Type.String()),
          message: Type.Optional(Type.String()),
          lastTransitionTime: Type.Optional(Type.String()),
        }),
        keyedBy('type'),
      ),
    ),
  }),
  immutable: ['spec.image'],
  columns: [
    { name: 'Size', type: 'integer', description: 'How large it is.', value: 'spec.size' },
    { name: 'Phase', type: 'string', description: 'What it does.', value: 'status.phase' },
    { name: 'Image', type: 'string', description: 'What it runs.', value: 'spec.image', priority: 1 },
  ],
  subresources: {
    exec: { type: 'terminal', description: 'Runs a command in the machine.' },
    log: { type: 'text', description: 'What the machine said.' },
  },
  podView: (object) => {
    const { image } = object.spec as { readonly image: string };
    return { containerName: 'machine', image, phase: 'Running', ready: true, addresses: ['10.0.0.1'] };
  },
});

/** Of the region, read by organizations. */
export const Catalog = defineKind({
  group: 'lab.casemate.internal',
  version: 'v1',
  kind: 'Catalog',
  plural: 'catalogs',
  scope: 'Realm',
  description: 'What there is to choose from.',
  realms: ['region'],
  sharedWithOrganizations: true,
  spec: Type.Object({ title: Type.String({ description: 'For people.' }) }),
});

export const TEST_KINDS = [Namespace, Secret, Machine, Catalog];
