/**
 * Compute as a service: images, instances and their snapshots, over Incus.
 */
import type { Incus } from '#engines/incus/client.ts';
import { DEFAULT_POOL } from '#engines/incus/daemon.ts';
import type { Clock } from '#kernel/clock.ts';
import type { ConnectRequest } from '#kernel/connect.ts';
import type { Kind } from '#kernel/kind.ts';
import type { Logger } from '#kernel/logger.ts';
import type { Service } from '#kernel/service.ts';
import type { ComputeContext, ImageFiles } from './context.ts';
import { EngineProjects } from './engine-projects.ts';
import { Image } from './image.ts';
import { imageController } from './image-controller.ts';
import { Instance } from './instance.ts';
import { instanceController } from './instance-controller.ts';
import { leftoverController } from './leftover/controller.ts';
import type { LastRestore } from './leftover/find.ts';
import { Leftover } from './leftover/leftover.ts';
import type { InstanceMetrics } from './metrics/follow.ts';
import { InstanceSnapshot } from './snapshot.ts';
import { snapshotController } from './snapshot-controller.ts';
import { instanceConnectors } from './streams.ts';
import { UnpackedImages } from './unpacked-images.ts';

export interface ComputeOptions {
  readonly incus: Incus;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly regionId: string;
  /** Where the files lie that images name. */
  readonly imageFile: ImageFiles;
  /** The Incus storage pool for disks; default the one `prepareIncus` makes. */
  readonly pool?: string;
  /** See ComputeContext. */
  readonly vendorData?: () => Promise<string | undefined>;
  /** See ComputeContext. */
  readonly metrics?: InstanceMetrics;
  /** See ComputeContext. */
  readonly lastRestore?: LastRestore;
  /** See ComputeContext. */
  readonly checkEntering?: (request: ConnectRequest) => Promise<void>;
}

export const COMPUTE_KINDS: readonly Kind[] = [Image, Instance, InstanceSnapshot, Leftover];

export function computeService(options: ComputeOptions): Service {
  const pool = options.pool ?? DEFAULT_POOL;
  const compute: ComputeContext = {
    ...options,
    pool,
    projects: new EngineProjects(options.incus),
    images: new UnpackedImages(options.incus, pool, options.logger),
  };
  return {
    name: 'compute',
    kinds: COMPUTE_KINDS,
    controllers: [
      imageController(compute),
      instanceController(compute),
      snapshotController(compute),
      leftoverController(compute),
    ],
    connectors: instanceConnectors(compute),
  };
}
