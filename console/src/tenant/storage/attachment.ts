/** Puts a volume into an instance and takes it out: it is the instance's spec that names it. */
import type { InstanceSpec } from '../../../../src/services/compute/instance.ts';
import { askJson } from '../../api/client.ts';
import { pathOf, type Resource } from '../../api/discovery.ts';
import type { ApiObject } from '../../api/live-list.ts';
import { changeSpec, KINDS, useKind } from './kinds.ts';

type Mount = NonNullable<InstanceSpec['volumes']>[number];

export interface Attachment {
  readonly instances: Resource | undefined;
  attach(instance: string, mount: Omit<Mount, 'volume'>): Promise<void>;
  detach(instance: string): Promise<void>;
}

export function useAttachment({ metadata }: ApiObject): Attachment {
  const instances = useKind(KINDS.instances);
  const { name: volume, namespace: project } = metadata;
  // The list is changed as it is at that moment: who changed it in between is not overwritten.
  const change = async (instance: string, next: (mounts: readonly Mount[]) => readonly Mount[]) => {
    if (instances === undefined) return;
    const now = await askJson<ApiObject>(pathOf(instances, project, instance));
    const { volumes = [] } = now.spec as InstanceSpec;
    await changeSpec(instances, now, { volumes: next(volumes) }, now.metadata.resourceVersion);
  };
  return {
    instances,
    attach: (instance, mount) =>
      change(instance, (mounts) => [...mounts.filter((one) => one.volume !== volume), { volume, ...mount }]),
    detach: (instance) => change(instance, (mounts) => mounts.filter((one) => one.volume !== volume)),
  };
}
