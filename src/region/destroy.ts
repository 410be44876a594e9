/**
 * Removes a region from its machine: processes, bridges, mounts, loop devices, firewall tables, and at last its folder.
 * Works on half-made and half-removed regions too, and touches nothing of another region.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { releaseVaults } from '#engines/fscrypt/release.ts';
import { removeRemains } from '#engines/incus/remains.ts';
import { tableName } from '#engines/nftables/names.ts';
import { removeControlGroups } from '#engines/nftables/seal/control-group.ts';
import { sealTable } from '#engines/nftables/seal/render.ts';
import type { Clock } from '#kernel/clock.ts';
import { mountsBelow, readMounts } from '#kernel/mounts.ts';
import { readRegionId } from './config/load.ts';
import { isRoot } from './embedded/accounts.ts';
import { emptyExternalEngines } from './external.ts';
import type { Layout } from './layout.ts';
import { stopSupervisor } from './supervisor/launch.ts';

/** Whether the folder is one a region was made in: only such a one is ever removed. */
export function looksLikeRegion(layout: Layout): boolean {
  return existsSync(layout.config) || existsSync(layout.run.folder);
}

export interface DestroyOptions {
  /** Leave what is the region's in engines that are not its own. */
  readonly keepExternal?: boolean;
}

export async function destroyRegion(
  layout: Layout,
  clock: Clock,
  { keepExternal = false }: DestroyOptions = {},
): Promise<void> {
  if (!looksLikeRegion(layout)) {
    if (existsSync(layout.data) && readdirSync(layout.data).length > 0) {
      throw new Error(`${layout.data} holds no region (no region.yaml): nothing was removed`);
    }
    return;
  }
  await stopSupervisor(layout, clock);
  if (!keepExternal) await emptyExternalEngines(layout, clock);
  if (isRoot()) {
    await removeRemains(layout.incus, clock);
    releaseVaults(layout.encrypted);
    await removeFirewall(layout);
  }
  // Removing a folder must never reach into something that is mounted there.
  const mounts = mountsBelow(readMounts(), layout.data);
  if (mounts.length > 0) throw new Error(`still mounted, so nothing was removed: ${mounts.join(', ')}`);
  rmSync(layout.data, { recursive: true, force: true });
}

async function removeFirewall(layout: Layout): Promise<void> {
  const id = await readRegionId(layout.config);
  if (id === undefined) return;
  removeControlGroups(id);
  if (!existsSync('/usr/sbin/nft')) return;
  const table = tableName(id);
  for (const [family, name] of [
    ['inet', table],
    ['bridge', table],
    ['ip', table],
    ['ip6', table],
    ['inet', sealTable(id)],
  ] as const) {
    try {
      execFileSync('/usr/sbin/nft', ['delete', 'table', family, name], { stdio: 'pipe' });
    } catch (error) {
      // Not every family has one.
      if (!String(error).includes('No such file or directory')) throw error;
    }
  }
}
