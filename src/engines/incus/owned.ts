/**
 * Removes from an Incus that others may use as well what carries a label of ours: instances, volumes, their projects, networks, images. What
 * does not carry it is never touched.
 */
import type { Incus } from './client.ts';
import { isIncusError } from './errors.ts';
import { INSTANCE_STATUS } from './types.ts';

/** The key and the value that everything of one owner has in its configuration, or an image in its properties. */
export interface OwnerLabel {
  readonly key: string;
  readonly value: string;
}

/** Safe to repeat. Throws what Incus answered when something does not go. */
export async function removeOwned(incus: Incus, { key, value }: OwnerLabel): Promise<void> {
  for (const { project, name, config, status_code } of await incus.instances.list()) {
    if (config[key] !== value) continue;
    await unlessGone(async () => {
      if (status_code !== INSTANCE_STATUS.stopped) {
        await incus.instances.setState(project, name, { action: 'stop', force: true });
      }
      await incus.instances.delete(project, name);
    });
  }
  for (const pool of await incus.pools.list()) {
    for (const { project, name, config } of await incus.volumes.list(pool.name)) {
      if (config[key] === value) await unlessGone(() => incus.volumes.delete(project, pool.name, name));
    }
  }
  for (const { name, config } of await incus.projects.list()) {
    if (config[key] === value) await unlessGone(() => incus.projects.delete(name));
  }
  for (const { name, config, managed } of await incus.networks.list()) {
    if (managed && config[key] === value) await unlessGone(() => incus.networks.delete(name));
  }
  for (const { fingerprint, properties } of await incus.images.list()) {
    if (properties[key] === value) await unlessGone(() => incus.images.delete(fingerprint));
  }
}

async function unlessGone(step: () => Promise<void>): Promise<void> {
  try {
    await step();
  } catch (error) {
    if (!isIncusError(error, 'NotFound')) throw error;
  }
}
