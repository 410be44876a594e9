/**
 * The kind VolumeSnapshot: a volume at one moment. It lives with its volume: it can be restored to it (`Volume.spec.restoreFrom`) or
 * cloned (`Volume.spec.source.snapshot`), and goes when the volume goes.
 */
import { type Static, Type } from 'typebox';
import { defineKind, type ObjectOf } from '#kernel/kind.ts';
import { CONDITIONS, OBSERVED_GENERATION, oneOf, READY_COLUMN } from '#kernel/kind-parts.ts';
import { bornWithFinalizer } from '#kernel/reconcile/finalizers.ts';
import { STORAGE_GROUP, VOLUME_TYPES } from './schemas.ts';

/** Holds a snapshot back until the engine has let go of it. */
export const VOLUME_SNAPSHOT_FINALIZER = 'storage.casemate.internal/snapshot';

const SPEC = Type.Object({
  volume: Type.String({
    maxLength: 253,
    description: 'Name of the volume that it keeps. It cannot be changed.',
  }),
});

const STATUS = Type.Object({
  observedGeneration: OBSERVED_GENERATION,
  volumeUid: Type.Optional(Type.String({ description: 'The very volume it was taken of.' })),
  type: Type.Optional(oneOf(VOLUME_TYPES, { description: 'Of the volume.' })),
  size: Type.Optional(Type.String({ description: 'Of the volume then: a clone needs at least as much.' })),
  takenAt: Type.Optional(Type.String({ description: 'When the volume was as it is kept.' })),
  conditions: CONDITIONS,
});

export type VolumeSnapshotSpec = Static<typeof SPEC>;
export type VolumeSnapshotStatus = Static<typeof STATUS>;

export const VolumeSnapshot = defineKind({
  group: STORAGE_GROUP,
  version: 'v1',
  kind: 'VolumeSnapshot',
  plural: 'volumesnapshots',
  shortNames: ['vsnap'],
  categories: ['all'],
  scope: 'Project',
  realms: ['organization'],
  description: 'A volume at one moment, to restore or to clone. It is deleted with its volume.',
  spec: SPEC,
  status: STATUS,
  columns: [
    { name: 'Volume', type: 'string', description: 'What it keeps.', value: 'spec.volume' },
    READY_COLUMN,
    { name: 'Size', type: 'string', description: 'Of the volume then.', value: 'status.size' },
    { name: 'Taken', type: 'date', description: 'When.', value: 'status.takenAt' },
  ],
  immutable: ['spec.volume'],
  normalize: (object) => bornWithFinalizer(object, VOLUME_SNAPSHOT_FINALIZER),
  usage: () => ({ snapshots: 1 }),
});

export type VolumeSnapshotObject = ObjectOf<typeof VolumeSnapshot>;
