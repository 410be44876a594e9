/** What this room knows of an instance: its kind's own types, and where it is asked about. */
import type { InstanceSpec, InstanceStatus } from '../../../../src/services/compute/instance.ts';
import type { SnapshotSpec, SnapshotStatus } from '../../../../src/services/compute/snapshot.ts';
import type { ApiObject } from '../../api/live-list.ts';

export type { InstanceSpec, InstanceStatus, SnapshotSpec, SnapshotStatus };

export const INSTANCES = 'instances.compute.casemate.internal';
export const SNAPSHOTS = 'instancesnapshots.compute.casemate.internal';
export const IMAGES = 'images.compute.casemate.internal';

export const specOf = (instance: ApiObject): InstanceSpec => instance.spec as unknown as InstanceSpec;
export const statusOf = (instance: ApiObject): InstanceStatus => (instance.status ?? {}) as InstanceStatus;

export interface Ready {
  readonly isReady: boolean;
  /** In the region's own words. */
  readonly message: string;
  /** About what is asked for now, and not about what was before. */
  readonly isCurrent: boolean;
}

export function readyOf({ status, metadata }: ApiObject): Ready {
  const { conditions = [], observedGeneration } = (status ?? {}) as {
    conditions?: readonly { type: string; status: string; message?: string }[];
    observedGeneration?: number;
  };
  const ready = conditions.find(({ type }) => type === 'Ready');
  return {
    isReady: ready?.status === 'True',
    message: ready?.message ?? '',
    isCurrent: observedGeneration === metadata.generation,
  };
}
