/** The sources of what lies in the engine, put together, and what sweeps after them. */
import type { Incus } from '#engines/incus/client.ts';
import { DEFAULT_POOL } from '#engines/incus/daemon.ts';
import type { Logger } from '#kernel/logger.ts';
import type { Random } from '#kernel/random.ts';
import type { Realms } from '#kernel/realm.ts';
import { REGION } from '#kernel/realm-id.ts';
import type { Service } from '#kernel/service.ts';
import { EngineProjects } from '#services/compute/engine-projects.ts';
import type { LastRestore } from '#services/compute/leftover/find.ts';
import { Carriers } from '../carrier/carriers.ts';
import { instanceSource } from './instance.ts';
import { leftControllers } from './left.ts';
import type { BackupSource } from './source.ts';
import { volumeSource } from './volume.ts';

export interface EngineSourcesOptions {
  readonly incus: Incus;
  readonly regionId: string;
  readonly logger: Logger;
  readonly random: Random;
  /** Not called before the region is composed. */
  readonly realms: () => Pick<Realms, 'use'>;
  /** See `EngineSourceOptions`. */
  readonly lastRestore?: LastRestore;
  /** As compute's. */
  readonly pool?: string;
}

export interface EngineSources {
  readonly sources: readonly BackupSource[];
  readonly service: Service;
}

export function engineSources(options: EngineSourcesOptions): EngineSources {
  const { incus, regionId, logger, random, realms, lastRestore, pool = DEFAULT_POOL } = options;
  const carriers = new Carriers({ incus, logger, regionId, pool });
  const projects = new EngineProjects(incus);
  const restoredAt = lastRestore === undefined ? {} : { lastRestore: () => lastRestore(realms()) };
  const common = { incus, regionId, carriers, pool, projects, random, logger, ...restoredAt };
  return {
    sources: [
      volumeSource(common),
      instanceSource({
        ...common,
        useRegion: (work) => realms().use(REGION, async ({ view }) => work(view)),
      }),
    ],
    service: { name: 'backup-leftovers', kinds: [], controllers: leftControllers(common) },
  };
}
