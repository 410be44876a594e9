/** Objects for what the engine holds: what an instance, a volume or a project must have said, read from the engine's own configuration. Pure. */
import type { IncusInstance, IncusVolume } from '#engines/incus/types.ts';
import type { QuantityText } from '#kernel/quantity.ts';
import type { RealmView } from '#kernel/realm.ts';
import { isConditionTrue } from '#kernel/reconcile/conditions.ts';
import { Network } from '#services/network/network.ts';
import { Volume, type VolumeSpec } from '#services/storage/volume.ts';
import type { ImageObject } from '../image.ts';
import type { InstanceSpec } from '../instance.ts';
import { engineVolume, isEngineVolume } from '../names.ts';
import { Obstacle } from '../obstacle.ts';

/** `123B`, as we write sizes for Incus, as a quantity. */
const quantity = (size: string | undefined): QuantityText | undefined =>
  /^[0-9]+B$/.test(size ?? '') ? ((size ?? '').slice(0, -1) as QuantityText) : undefined;

export function volumeSpec({ content_type, config, used_by }: IncusVolume): VolumeSpec {
  const size = quantity(config.size);
  if (size === undefined) throw new Obstacle('SizeUnknown', `its size, ${config.size}, is none of ours`);
  return { type: content_type, size, ...((used_by ?? []).length > 1 ? { shared: true } : {}) };
}

/** What only its maker said (keys, user data) was taken at its first start, and is not needed again. */
export function instanceSpec(
  { type, config, devices, status }: IncusInstance,
  namespace: string,
  view: RealmView,
  images: readonly ImageObject[],
): InstanceSpec {
  const memory = quantity(config['limits.memory']);
  const disk = quantity(devices.root?.size);
  if (memory === undefined || disk === undefined) {
    throw new Obstacle('SizeUnknown', 'how much memory and disk it has is not said as we say it');
  }
  const image =
    images.find((one) => one.status?.fingerprint === config['volatile.base_image']) ??
    images.find((one) => one.spec.type === type && isConditionTrue(one.status?.conditions, 'Ready'));
  if (image === undefined) throw new Obstacle('ImageNotFound', `there is no image of a ${type} to name`);
  const networks = Object.keys(devices)
    .filter((name) => /^eth[0-9]+$/.test(name))
    .sort((one, other) => Number(one.slice(3)) - Number(other.slice(3)))
    .flatMap((name) => {
      const { network: bridge, 'ipv4.address': address } = devices[name] ?? {};
      const network = view.list(Network, namespace).find((one) => one.status?.bridge === bridge);
      return network && address !== undefined ? [{ network: network.metadata.name, address }] : [];
    });
  const volumes = Object.keys(devices)
    .filter(isEngineVolume)
    .flatMap((name) => {
      const { path, readonly } = devices[name] ?? {};
      const volume = view.list(Volume, namespace).find(({ metadata }) => engineVolume(metadata.uid) === name);
      if (volume === undefined) return [];
      return [
        {
          volume: volume.metadata.name,
          ...(path === undefined ? {} : { path }),
          ...(readonly === 'true' ? { readOnly: true } : {}),
        },
      ];
    });
  return {
    type,
    image: image.metadata.name,
    cpu: (config['limits.cpu'] ?? '1') as QuantityText,
    memory,
    disk,
    networks,
    powerState: status === 'Running' ? 'Running' : 'Stopped',
    ...(volumes.length === 0 ? {} : { volumes }),
  };
}

/** A uid that gives the engine's project this name: the rest of it nothing depends on. */
export function projectUid(engineProject: string, random: string): string {
  const digits = engineProject.slice('cm-'.length);
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}${random.slice('xxxxxxxx-xxxx'.length)}`;
}
