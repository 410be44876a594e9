/** What storage's controllers share. */
import type { Incus } from '#engines/incus/client.ts';
import type { Logger } from '#kernel/logger.ts';
import type { RealmId } from '#kernel/realm-id.ts';
import type { EngineProjects } from '#services/compute/engine-projects.ts';
import type { LastRestore } from '#services/compute/leftover/find.ts';
import type { EncryptedPools } from './encrypted-pools.ts';
import type { VolumeObject } from './volume.ts';

export interface StorageContext {
  readonly incus: Incus;
  readonly logger: Logger;
  readonly regionId: string;
  /** The host's own Incus storage pool, of instances' disks too; volumes lie in it where the host cannot encrypt. */
  readonly pool: string;
  readonly encrypted: EncryptedPools;
  readonly projects: EngineProjects;
  /** Absent: the region was never restored. */
  readonly lastRestore?: LastRestore | undefined;
}

/** The Incus pool that a volume lies in, which was made. */
export const poolOf = (
  { pool }: Pick<StorageContext, 'pool'>,
  { status }: Pick<VolumeObject, 'status'>,
): string => status?.pool ?? pool;

/** The one that a new volume of the organization is to lie in. Throws Obstacle, and what the keyring throws. */
export const newPool = async ({ pool, encrypted }: StorageContext, realm: RealmId): Promise<string> =>
  encrypted.absent === undefined ? encrypted.open(realm) : pool;
