/** The engine's pools that volumes of this region lie in: the host's own, and the encrypted one of each organization. */
import type { Incus } from '#engines/incus/client.ts';
import type { IncusVolume } from '#engines/incus/types.ts';
import type { RealmId } from '#kernel/realm-id.ts';
import { LABELS } from './names.ts';

export interface VolumePoolsContext {
  readonly incus: Incus;
  readonly regionId: string;
  /** The host's own. */
  readonly pool: string;
}

/** Names of those that may hold volumes: of all, or of one organization. */
export async function volumePools(
  { incus, regionId, pool }: VolumePoolsContext,
  realm?: RealmId,
): Promise<readonly string[]> {
  const own = (await incus.pools.list()).filter(
    ({ config }) =>
      config[LABELS.region] === regionId && (realm === undefined || config[LABELS.realm] === realm),
  );
  return [pool, ...own.map(({ name }) => name)];
}

/** Volumes of this region: of all, or of one organization. */
export async function listVolumes(
  context: VolumePoolsContext,
  realm?: RealmId,
): Promise<readonly IncusVolume[]> {
  const pools = await volumePools(context, realm);
  const all = await Promise.all(pools.map((pool) => context.incus.volumes.list(pool)));
  return all
    .flat()
    .filter(
      ({ config }) =>
        config[LABELS.region] === context.regionId && (realm === undefined || config[LABELS.realm] === realm),
    );
}
