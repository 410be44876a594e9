/** What compute's controllers and streams share. */
import type { Incus } from '#engines/incus/client.ts';
import type { Clock } from '#kernel/clock.ts';
import type { ConnectRequest } from '#kernel/connect.ts';
import type { Logger } from '#kernel/logger.ts';
import type { EngineProjects } from './engine-projects.ts';
import type { UnpackedImages } from './unpacked-images.ts';

export interface ComputeContext {
  readonly incus: Incus;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly regionId: string;
  /** Folder that `Image.spec.source.file` is in. */
  readonly imageFolder: string;
  /** The Incus storage pool of instances' disks. */
  readonly pool: string;
  readonly projects: EngineProjects;
  readonly images: UnpackedImages;
  /** Throws a StatusError when somebody may not enter an instance for what it runs as. Absent: instances run as nothing. */
  readonly checkEntering?: (request: ConnectRequest) => Promise<void>;
}
