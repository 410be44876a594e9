/**
 * Where Incus keeps what is to be read or written, on its host: folders of a pool whose driver keeps files as files. Pure. Incus 6.0 has no way to
 * read a volume or a snapshot but an export, which first makes a whole copy beside it; so a carrier has the folder itself.
 */
import { dirname, join } from 'node:path';
import { IncusError } from '#engines/incus/errors.ts';
import type { IncusStoragePool } from '#engines/incus/types.ts';
import { isEncryptedPool } from '#services/storage/encrypted-pools.ts';

/** Drivers whose volumes and snapshots are folders, mounted or not. */
const FOLDERS = new Set(['btrfs', 'dir']);

/** The pool's folder. Throws `Unsupported` where there is none, or nobody knows where. `engineFolder`: Incus' own, where it is known. */
export function poolFolder({ name, driver, config }: IncusStoragePool, engineFolder?: string): string {
  if (!FOLDERS.has(driver)) {
    throw new IncusError(
      'Unsupported',
      `what instances and volumes hold is read from the pool's folder, and a pool of ${driver} has none: use one of ${[...FOLDERS].join(' or ')}`,
    );
  }
  const { source = '' } = config;
  // A file system of its own, which somebody else mounts there (`services/storage/encrypted-pools.ts`).
  if (isEncryptedPool(name)) return source;
  if (engineFolder !== undefined) return join(engineFolder, 'storage-pools', name);
  if (source.endsWith(`/storage-pools/${name}`)) return source;
  // A loop file of Incus' own: `<Incus' folder>/disks/<pool>.img`.
  if (source.endsWith(`/disks/${name}.img`)) return join(dirname(dirname(source)), 'storage-pools', name);
  throw new IncusError('Unsupported', `where Incus mounts pool ${name}, made from ${source}, is not known`);
}

export interface Held {
  /** Incus' project, and the name of the volume or instance in it. */
  readonly project: string;
  readonly name: string;
  /** Absent: the thing itself, as it is now. */
  readonly snapshot?: string;
}

/** A custom volume's files, or the folder that its disk is in. */
export const volumePlace = (pool: string, held: Held): string => place(pool, 'custom', held);

/** A container's root. */
export const containerPlace = (pool: string, held: Held): string =>
  join(place(pool, 'containers', held), 'rootfs');

const place = (pool: string, what: string, { project, name, snapshot }: Held): string =>
  snapshot === undefined
    ? join(pool, what, `${project}_${name}`)
    : join(pool, `${what}-snapshots`, `${project}_${name}`, snapshot);
