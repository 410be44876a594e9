/** What storage's controllers share. */
import type { Incus } from '#engines/incus/client.ts';
import type { Logger } from '#kernel/logger.ts';
import type { EngineProjects } from '#services/compute/engine-projects.ts';
import type { LastRestore } from '#services/compute/leftover/find.ts';

export interface StorageContext {
  readonly incus: Incus;
  readonly logger: Logger;
  readonly regionId: string;
  /** The Incus storage pool of volumes; the one of instances' disks, so that both are on one host. */
  readonly pool: string;
  readonly projects: EngineProjects;
  /** Absent: the region was never restored. */
  readonly lastRestore?: LastRestore | undefined;
}
