/**
 * The kind Volume: storage with a life of its own. An instance names it in `spec.volumes`; it is there before the instance, and after it.
 */
import { type Static, Type } from 'typebox';
import { defineKind, type ObjectOf } from '#kernel/kind.ts';
import { CONDITIONS, OBSERVED_GENERATION, oneOf, READY_COLUMN } from '#kernel/kind-parts.ts';
import { SET } from '#kernel/list-type.ts';
import type { KubeObject } from '#kernel/object.ts';
import { quantitySchema } from '#kernel/quantity.ts';
import { getCondition } from '#kernel/reconcile/conditions.ts';
import { bornWithFinalizer } from '#kernel/reconcile/finalizers.ts';
import { STORAGE_GROUP, VOLUME_TYPES } from './schemas.ts';

/** Holds a volume back until the engine has let go of what was on it. */
export const VOLUME_FINALIZER = 'storage.casemate.internal/volume';

/** Instances that a status names. */
export const ATTACHED_MAX = 1_024;
const NAME_LENGTH_MAX = 253;

const SPEC = Type.Object({
  type: oneOf(VOLUME_TYPES, {
    default: 'filesystem',
    description:
      'filesystem: instances see its files below a path. block: virtual machines see a disk of its own, and make of it what they like. It cannot be changed.',
  }),
  size: quantitySchema(
    'How much it holds, from 16Mi to 16Ti. It grows while instances have it, of type block while no running one has it, and never shrinks.',
  ),
  shared: Type.Optional(
    Type.Boolean({
      description:
        'Whether several instances may have it at once, all of them reading and writing the same files. Left out: one at a time. Not for type block.',
    }),
  ),
  source: Type.Optional(
    Type.Object(
      {
        snapshot: Type.Optional(
          Type.String({
            maxLength: NAME_LENGTH_MAX,
            description: 'Name of a VolumeSnapshot of the project.',
          }),
        ),
        volume: Type.Optional(
          Type.String({
            maxLength: NAME_LENGTH_MAX,
            description:
              'Name of a Volume of the project, as it is at that moment. What a running instance has not written out yet is missing.',
          }),
        ),
      },
      { description: 'Begin as a copy of one of these, instead of empty. It cannot be changed.' },
    ),
  ),
  restoreFrom: Type.Optional(
    Type.String({
      maxLength: NAME_LENGTH_MAX,
      description:
        'Name of a VolumeSnapshot of this volume: when it changes, the volume is put back to it once, which takes that no instance has it. To restore the same again, take it out and set it anew.',
    }),
  ),
});

const STATUS = Type.Object({
  observedGeneration: OBSERVED_GENERATION,
  madeAt: Type.Optional(Type.String({ description: 'When it was made, to its end.' })),
  size: Type.Optional(Type.String({ description: 'What it holds now.' })),
  pool: Type.Optional(
    Type.String({
      description: 'Where it lies, if that is not where instances’ disks lie: the engine’s name of it.',
    }),
  ),
  attachedTo: Type.Optional(
    Type.Array(Type.String(), {
      ...SET,
      maxItems: ATTACHED_MAX,
      description: 'The instances of the project that have it.',
    }),
  ),
  restoredFrom: Type.Optional(Type.String({ description: 'The spec.restoreFrom that was last acted on.' })),
  restoring: Type.Optional(
    Type.String({
      description: 'What writes its content now, out of a backup. Until that is done no instance gets it.',
    }),
  ),
  conditions: CONDITIONS,
});

export type VolumeSpec = Static<typeof SPEC>;
export type VolumeStatus = Static<typeof STATUS>;

export const Volume = defineKind({
  group: STORAGE_GROUP,
  version: 'v1',
  kind: 'Volume',
  plural: 'volumes',
  shortNames: ['vol'],
  categories: ['all'],
  scope: 'Project',
  realms: ['organization'],
  description:
    'Storage of the project that instances have by naming it in spec.volumes, and that stays when they go. The condition Encrypted says whether it is encrypted where it lies.',
  spec: SPEC,
  status: STATUS,
  columns: [
    READY_COLUMN,
    { name: 'Type', type: 'string', description: 'Files, or a disk.', value: 'spec.type' },
    { name: 'Size', type: 'string', description: 'How much it holds.', value: 'spec.size' },
    {
      name: 'Attached To',
      type: 'string',
      description: 'The instances that have it.',
      value: ({ status }) => (status as VolumeStatus | undefined)?.attachedTo?.join(','),
    },
    {
      name: 'Encrypted',
      type: 'string',
      description: 'Whether it is encrypted where it lies.',
      value: encryptedText,
      priority: 1,
    },
  ],
  immutable: ['spec.type', 'spec.source'],
  normalize: (object) => bornWithFinalizer(object, VOLUME_FINALIZER),
  usage: (object) => ({ volumes: 1, storage: (object.spec as VolumeSpec).size }),
});

export type VolumeObject = ObjectOf<typeof Volume>;

function encryptedText({ status }: KubeObject): string | undefined {
  return getCondition((status as VolumeStatus | undefined)?.conditions, 'Encrypted')?.status;
}
