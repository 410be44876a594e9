/** What compute's controllers and streams share. */
import type { Incus } from '#engines/incus/client.ts';
import type { Clock } from '#kernel/clock.ts';
import type { ConnectRequest } from '#kernel/connect.ts';
import type { Logger } from '#kernel/logger.ts';
import type { EngineProjects } from './engine-projects.ts';
import type { ImageSpec } from './image.ts';
import type { LastRestore } from './leftover/find.ts';
import type { InstanceMetrics } from './metrics/follow.ts';
import type { UnpackedImages } from './unpacked-images.ts';

/** Absolute path of the file that an image's source names; undefined when it is nowhere. What is in it was not checked. */
export type ImageFiles = (source: ImageSpec['source']) => Promise<string | undefined>;

export interface ComputeContext {
  readonly incus: Incus;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly regionId: string;
  readonly imageFile: ImageFiles;
  /** The Incus storage pool of instances' disks. */
  readonly pool: string;
  readonly projects: EngineProjects;
  readonly images: UnpackedImages;
  /** What cloud-init does at each start of an instance, besides what its user says: how it finds what the region serves. Absent: nothing. */
  readonly vendorData?: () => Promise<string | undefined>;
  /** Absent: instances are not measured. */
  readonly metrics?: InstanceMetrics;
  /** Absent: the region was never restored. */
  readonly lastRestore?: LastRestore;
  /** Throws a StatusError when somebody may not enter an instance for what it runs as. Absent: instances run as nothing. */
  readonly checkEntering?: (request: ConnectRequest) => Promise<void>;
}
