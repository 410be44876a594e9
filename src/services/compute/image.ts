/**
 * The kind Image: what instances start from. The region's catalogue; every organization sees it and none can change it.
 */
import { type Static, Type } from 'typebox';
import { defineKind, type ObjectOf } from '#kernel/kind.ts';
import { CONDITIONS, OBSERVED_GENERATION, oneOf, READY_COLUMN } from '#kernel/kind-parts.ts';
import { quantitySchema } from '#kernel/quantity.ts';
import { bornWithFinalizer } from '#kernel/reconcile/finalizers.ts';
import { COMPUTE_GROUP, INSTANCE_TYPES } from './schemas.ts';

/** Holds an image back until Incus has let go of it. */
export const IMAGE_FINALIZER = 'compute.casemate.internal/image';

const SPEC = Type.Object({
  displayName: Type.Optional(Type.String({ maxLength: 128, description: 'For people.' })),
  type: oneOf(INSTANCE_TYPES, { default: 'container', description: 'What it can be started as.' }),
  architecture: oneOf(['amd64', 'arm64'], { description: 'Of the machines that can run it.' }),
  family: Type.Optional(
    Type.String({
      maxLength: 63,
      pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$',
      description: 'Instances that name a family start from the newest image of it.',
    }),
  ),
  osfamily: Type.Optional(Type.String({ maxLength: 32, description: 'debian, alpine, …' })),
  source: Type.Object(
    {
      file: Type.String({
        pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$',
        description: 'Name of the image file in the region’s image folder: an Incus unified tarball.',
      }),
      sha256: Type.String({
        pattern: '^[0-9a-f]{64}$',
        description: 'SHA-256 of the file, in lower-case hex.',
      }),
    },
    { description: 'Where it comes from. It cannot be changed: a new file is a new image.' },
  ),
  minimums: Type.Optional(
    Type.Object(
      {
        memory: Type.Optional(quantitySchema('Least memory of an instance.')),
        disk: Type.Optional(quantitySchema('Smallest disk of an instance.')),
      },
      { description: 'What an instance of it needs at least.' },
    ),
  ),
});

const STATUS = Type.Object({
  observedGeneration: OBSERVED_GENERATION,
  fingerprint: Type.Optional(Type.String({ description: 'The engine’s name of it.' })),
  size: Type.Optional(Type.Integer({ description: 'Bytes of the image file.' })),
  conditions: CONDITIONS,
});

export type ImageSpec = Static<typeof SPEC>;
export type ImageStatus = Static<typeof STATUS>;

export const Image = defineKind({
  group: COMPUTE_GROUP,
  version: 'v1',
  kind: 'Image',
  plural: 'images',
  shortNames: ['img'],
  scope: 'Realm',
  realms: ['region'],
  sharedWithOrganizations: true,
  description:
    'What instances start from. Images are the region’s catalogue: operators add them from files whose digest they state.',
  spec: SPEC,
  status: STATUS,
  columns: [
    { name: 'Display Name', type: 'string', description: 'For people.', value: 'spec.displayName' },
    { name: 'Family', type: 'string', description: 'Where the newest one counts.', value: 'spec.family' },
    { name: 'Type', type: 'string', description: 'What it starts as.', value: 'spec.type' },
    { name: 'Architecture', type: 'string', description: 'Of the machine.', value: 'spec.architecture' },
    READY_COLUMN,
    {
      name: 'Fingerprint',
      type: 'string',
      description: 'The engine’s name of it.',
      value: 'status.fingerprint',
      priority: 1,
    },
  ],
  immutable: ['spec.source', 'spec.type', 'spec.architecture'],
  normalize: (object) => bornWithFinalizer(object, IMAGE_FINALIZER),
});

export type ImageObject = ObjectOf<typeof Image>;
