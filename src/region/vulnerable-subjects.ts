/**
 * What vulnerability reports look into: in an organization its running instances, by the files that dpkg keeps in them; in the region our own program, by
 * its lock file, the machine that it runs on, and its images. Files are read; nothing of what is looked into is run.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Incus } from '#engines/incus/client.ts';
import { isIncusError } from '#engines/incus/errors.ts';
import {
  debianInventory,
  OS_RELEASE_BYTES_MAX,
  STATUS_BYTES_MAX,
  STATUS_PATH,
} from '#gap/advisories/inventory/dpkg.ts';
import { npmLockInventory } from '#gap/advisories/inventory/npm-lock.ts';
import { type Subjects, Unreadable } from '#gap/advisories/report/subjects.ts';
import type { ImageFiles } from '#services/compute/context.ts';
import { Image } from '#services/compute/image.ts';
import { Instance } from '#services/compute/instance.ts';
import { engineInstance, engineProject } from '#services/compute/names.ts';
import { Namespace } from '#services/tenancy/namespace.ts';
import { RoleBinding } from '#trust/access/role-binding.ts';
import { fileOfImage } from './image-packages.ts';
import { PROGRAM_FOLDER } from './program.ts';

/** Instances that say `off` here are never read. */
export const SCAN_LABEL = 'advisories.casemate.internal/scan';
/** `/etc/os-release` is a link to it. */
const OS_RELEASE = '/usr/lib/os-release';
const LOCK_FILE = 'package-lock.json';

/** An organization's instances that run. */
export function runningInstances(incus: Incus): Subjects {
  return {
    kind: Instance,
    list: (view) =>
      view
        .list(Instance)
        .filter(
          ({ metadata, status }) => status?.phase === 'Running' && metadata.labels?.[SCAN_LABEL] !== 'off',
        )
        .map(({ metadata, status }) => ({
          kind: 'instance' as const,
          // Started anew it may be another one inside: put back to a snapshot, say.
          uid: `${metadata.uid} ${status?.startedAt ?? ''}`,
          ...(metadata.namespace === undefined ? {} : { project: metadata.namespace }),
          name: metadata.name,
        })),
    async read({ project, name }, view, _realm, signal) {
      const instance = view.get(Instance, { name, ...(project === undefined ? {} : { namespace: project }) });
      const namespace = view.get(Namespace, { name: project ?? '' });
      if (!instance || !namespace) throw new Unreadable('it is gone');
      const place = [engineProject(namespace.metadata.uid), engineInstance(instance.metadata.uid)] as const;
      const file = async (path: string, bytes_max: number): Promise<string> => {
        try {
          return (await incus.instances.readFile(...place, path, bytes_max, signal)).toString('utf8');
        } catch (error) {
          // That there is no such file is for whoever reads it to judge.
          if (isIncusError(error, 'NotFound')) return '';
          if (isIncusError(error)) throw new Unreadable(`${path} of it cannot be read now (${error.code})`);
          throw error;
        }
      };
      const osRelease = await file(OS_RELEASE, OS_RELEASE_BYTES_MAX);
      return debianInventory(await file(STATUS_PATH, STATUS_BYTES_MAX), osRelease);
    },
  };
}

/** This program, its machine, and the images of the catalogue that are archives of a file system. */
export function ownParts(imageFile: ImageFiles): Subjects {
  return {
    // There is one from the first start on; what else comes and goes is noticed when newer data is looked for.
    kind: RoleBinding,
    list: (view) => [
      { kind: 'program', uid: 'program', name: 'casemate' },
      { kind: 'machine', uid: 'machine', name: 'this machine' },
      ...view
        .list(Image)
        .filter(({ spec }) => spec.type === 'container')
        .map(({ metadata }) => ({ kind: 'image' as const, uid: metadata.uid, name: metadata.name })),
    ],
    async read({ kind, name }, view, _realm, signal) {
      if (kind === 'program') return npmLockInventory(await text(join(PROGRAM_FOLDER, LOCK_FILE)));
      if (kind === 'machine') return debianInventory(await text(STATUS_PATH), await text(OS_RELEASE));
      const image = view.get(Image, { name });
      if (!image) throw new Unreadable('it is gone');
      const archive = await imageFile(image.spec.source);
      if (archive === undefined)
        throw new Unreadable(`its file, ${image.spec.source.file}, is not here any more`);
      const osRelease = await fileOfImage(archive, OS_RELEASE, OS_RELEASE_BYTES_MAX, signal);
      return debianInventory(await fileOfImage(archive, STATUS_PATH, STATUS_BYTES_MAX, signal), osRelease);
    },
  };
}

async function text(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new Unreadable(`${path} cannot be read: ${error instanceof Error ? error.message : error}`);
  }
}
