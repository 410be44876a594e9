/**
 * The kind InstanceSnapshot: the disk of an instance at one moment. It lives with its instance: it can be restored to it
 * (`Instance.spec.restoreFrom`) or cloned (`Instance.spec.source.snapshot`), and goes when the instance goes.
 */
import { type Static, Type } from 'typebox';
import { defineKind, type ObjectOf } from '#kernel/kind.ts';
import { CONDITIONS, OBSERVED_GENERATION, oneOf, READY_COLUMN } from '#kernel/kind-parts.ts';
import { bornWithFinalizer } from '#kernel/reconcile/finalizers.ts';
import { COMPUTE_GROUP, INSTANCE_TYPES } from './schemas.ts';

/** Holds a snapshot back until Incus has let go of it. */
export const SNAPSHOT_FINALIZER = 'compute.casemate.internal/snapshot';

const SPEC = Type.Object({
  instance: Type.String({
    maxLength: 63,
    description: 'Name of the instance whose disk it keeps. It cannot be changed.',
  }),
});

const STATUS = Type.Object({
  observedGeneration: OBSERVED_GENERATION,
  instanceUid: Type.Optional(Type.String({ description: 'The very instance it was taken of.' })),
  type: Type.Optional(oneOf(INSTANCE_TYPES, { description: 'Of the instance.' })),
  disk: Type.Optional(Type.String({ description: 'Size of the disk then: a clone needs at least as much.' })),
  takenAt: Type.Optional(Type.String({ description: 'When the disk was as it is kept.' })),
  conditions: CONDITIONS,
});

export type SnapshotSpec = Static<typeof SPEC>;
export type SnapshotStatus = Static<typeof STATUS>;

export const InstanceSnapshot = defineKind({
  group: COMPUTE_GROUP,
  version: 'v1',
  kind: 'InstanceSnapshot',
  plural: 'instancesnapshots',
  shortNames: ['snap', 'snapshot', 'snapshots'],
  categories: ['all'],
  scope: 'Project',
  realms: ['organization'],
  description:
    'The disk of an instance at one moment, to restore or to clone. It is deleted with its instance.',
  spec: SPEC,
  status: STATUS,
  columns: [
    { name: 'Instance', type: 'string', description: 'Whose disk it keeps.', value: 'spec.instance' },
    READY_COLUMN,
    { name: 'Disk', type: 'string', description: 'Size of the disk.', value: 'status.disk' },
    { name: 'Taken', type: 'date', description: 'When.', value: 'status.takenAt' },
  ],
  immutable: ['spec.instance'],
  normalize: (object) => bornWithFinalizer(object, SNAPSHOT_FINALIZER),
  usage: () => ({ snapshots: 1 }),
});

export type SnapshotObject = ObjectOf<typeof InstanceSnapshot>;
