/**
 * Whether a volume is encrypted where it lies, as its condition says it: by where it lies, and whether that is open. No driver of Incus 6.0 takes a key for a volume;
 * what does it is a pool of the organization's own, below Incus (`encrypted-pools.ts`; docs/decisions/0031-volumes-of-projects.md).
 */
import type { RealmId } from '#kernel/realm-id.ts';
import type { ConditionChange } from '#kernel/reconcile/conditions.ts';
import { Obstacle } from '#services/compute/obstacle.ts';
import type { StorageContext } from './context.ts';
import { isEncryptedPool } from './encrypted-pools.ts';

/** As Incus says it of a pool that it has mounted. */
const MOUNTED = 'Created';
/** Incus looks again for a pool that it missed once a minute. */
const LOCKED_RETRY_MS = 10_000;
/** What Incus' drivers do by themselves. */
const DRIVERS: Readonly<Record<string, string>> = {
  dir: 'its files lie in a folder of the host as they are',
  btrfs: 'btrfs has no encryption of its own',
  lvm: 'LVM has none of its own, and Incus makes no LUKS',
  zfs: 'ZFS could encrypt a pool as a whole, under a key of the host, which none of yours is needed for',
  ceph: 'Ceph could encrypt its disks, under keys of the cluster, which none of yours is needed for',
};

/** The `Encrypted` condition of volumes that lie in this pool, and can be had. */
export async function encryptedCondition(
  { incus, encrypted }: StorageContext,
  pool: string,
): Promise<ConditionChange> {
  if (isEncryptedPool(pool)) {
    return {
      type: 'Encrypted',
      status: 'True',
      reason: 'OrganizationKey',
      message:
        'content and names are encrypted where they lie (AES-256, the kernel’s fscrypt) under a key of your organization’s own; while the region runs, the host has that key',
    };
  }
  if (encrypted.absent === undefined) {
    return {
      type: 'Encrypted',
      status: 'False',
      reason: 'MadeBefore',
      message:
        'it was made before this host encrypted volumes; a copy of it, a new volume with spec.source.volume, is encrypted',
    };
  }
  const driver = (await incus.pools.list()).find(({ name }) => name === pool)?.driver ?? 'none';
  const why = DRIVERS[driver] ?? 'of this driver nothing is known';
  return {
    type: 'Encrypted',
    status: 'False',
    reason: 'NotEncrypted',
    message: `${encrypted.absent} (Incus with ${driver}: ${why}): who has the host or its disks can read it; encrypt within the instance what they must not`,
  };
}

/** Throws Obstacle where the pool is locked; tries to open it then. One that the engine does not know at all is not locked: it is lost. */
export async function requireOpen(
  { incus, encrypted }: StorageContext,
  pool: string,
  realm: RealmId,
): Promise<void> {
  if (!isEncryptedPool(pool)) return;
  const found = (await incus.pools.list()).find(({ name }) => name === pool);
  if (found === undefined || found.status === MOUNTED) return;
  if (encrypted.absent === undefined) await encrypted.open(realm);
  const why = encrypted.absent === undefined ? '' : `: ${encrypted.absent}`;
  throw new Obstacle(
    'Locked',
    `it lies encrypted, and is not open${why}; it is opened once your organization’s key is there, within a minute`,
    { retryAfter_ms: LOCKED_RETRY_MS },
  );
}
