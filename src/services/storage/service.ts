/** Storage as a service: volumes and their snapshots, over Incus. */
import type { Incus } from '#engines/incus/client.ts';
import { DEFAULT_POOL } from '#engines/incus/daemon.ts';
import type { Kind } from '#kernel/kind.ts';
import type { Logger } from '#kernel/logger.ts';
import type { Service } from '#kernel/service.ts';
import { EngineProjects } from '#services/compute/engine-projects.ts';
import type { LastRestore } from '#services/compute/leftover/find.ts';
import { storageAdmission } from './admission.ts';
import type { StorageContext } from './context.ts';
import { EncryptedPools, type EncryptionOptions } from './encrypted-pools.ts';
import { VolumeSnapshot } from './snapshot.ts';
import { volumeSnapshotController } from './snapshot-controller.ts';
import { Volume } from './volume.ts';
import { volumeController } from './volume-controller.ts';

export interface StorageOptions {
  readonly incus: Incus;
  readonly logger: Logger;
  readonly regionId: string;
  /** The host's own Incus storage pool; default the one `prepareIncus` makes, where instances' disks are. */
  readonly pool?: string;
  /** See StorageContext. */
  readonly lastRestore?: LastRestore;
  /** Absent: nothing encrypts volumes here. */
  readonly encryption?: EncryptionOptions | undefined;
}

export const STORAGE_KINDS: readonly Kind[] = [Volume, VolumeSnapshot];

export function storageService(options: StorageOptions): Service {
  const { incus, logger, regionId, pool = DEFAULT_POOL, lastRestore, encryption } = options;
  const projects = new EngineProjects(incus);
  const encrypted = new EncryptedPools(encryption, { incus, logger, regionId });
  const storage: StorageContext = { incus, logger, regionId, pool, encrypted, projects, lastRestore };
  return {
    name: 'storage',
    kinds: STORAGE_KINDS,
    admissions: [storageAdmission],
    controllers: [volumeController(storage), volumeSnapshotController(storage)],
  };
}
