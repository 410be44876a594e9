/**
 * Whether a volume is encrypted where it lies, as its condition says it. What Incus 6.0 offers, driver by driver: no driver takes a key for a
 * volume. An encrypted pool is under one key, of whoever runs the host, and Incus does not know of it.
 * So this never says True; what could be built below Incus: docs/decisions/0031-volumes-of-projects.md.
 */
import type { ConditionChange } from '#kernel/reconcile/conditions.ts';

/** What a driver's own way would be, of which the organization has nothing. */
const POOLS: Readonly<Record<string, string>> = {
  dir: 'its files lie in a folder of the host as they are',
  btrfs: 'btrfs has no encryption of its own',
  lvm: 'LVM has none of its own, and Incus makes no LUKS',
  zfs: 'ZFS could encrypt a pool as a whole, under a key of the host, which none of yours is needed for',
  ceph: 'Ceph could encrypt its disks, under keys of the cluster, which none of yours is needed for',
};

/** The `Encrypted` condition of volumes on a pool of this driver. */
export function encryptedCondition(driver: string): ConditionChange {
  const why = POOLS[driver] ?? 'of this driver nothing is known';
  return {
    type: 'Encrypted',
    status: 'False',
    reason: 'NotEncrypted',
    message: `this region does not encrypt volumes under a key of yours yet (Incus with ${driver}: ${why}): who has the host or its disks can read it; encrypt within the instance what they must not`,
  };
}
