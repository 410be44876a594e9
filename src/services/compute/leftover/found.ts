/** What is to be said of what the engine holds, by the labels that it carries. Pure. */
import type { IncusInstance, IncusVolume } from '#engines/incus/types.ts';
import { LABELS } from '../names.ts';
import type { Found } from './leftover.ts';

export type Seen = Omit<Found, 'createdAt'> & { readonly createdAt: string | undefined };

export const foundInstance = (instance: IncusInstance): Seen => ({
  kind: 'Instance',
  ...labelled(instance),
  ...sized(instance.devices.root?.size),
});

export const foundVolume = (volume: IncusVolume): Seen => ({
  kind: 'Volume',
  enginePool: volume.pool,
  ...labelled(volume),
  ...sized(volume.config.size),
});

function labelled({ project, name, config, created_at }: IncusInstance | IncusVolume) {
  return {
    realm: config[LABELS.realm] ?? '',
    project: config[LABELS.project] ?? '',
    name: config[LABELS.name] ?? '',
    uid: config[LABELS.uid] ?? '',
    engineProject: project,
    engineName: name,
    createdAt: created_at,
  };
}

const sized = (size: string | undefined): { size?: string } => (size === undefined ? {} : { size });
