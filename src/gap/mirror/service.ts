/** What the package mirror hands to the composition root, and to the services that let instances find it. */
import type { Clock } from '#kernel/clock.ts';
import type { Kind } from '#kernel/kind.ts';
import type { Logger } from '#kernel/logger.ts';
import type { Service } from '#kernel/service.ts';
import type { MaterialStore } from '#trust/keys/keyring.ts';
import { ContentStore } from '../import/content-store.ts';
import { gapFolders } from '../import/folders.ts';
import { buildTree } from './build.ts';
import { MirrorChild } from './child.ts';
import { mirrorControllers } from './controllers.ts';
import { MIRROR_PORT } from './limits.ts';
import { mirrorKey } from './mirror-key.ts';
import { bootHook } from './sources.ts';
import { mirrorFolders } from './tree.ts';

export interface MirrorOptions {
  /** The folder that all of the gap lies in. */
  readonly folder: string;
  /** The region's name. */
  readonly region: string;
  readonly material: Pick<MaterialStore, 'add' | 'get'>;
  readonly networkKind: Kind;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface MirrorService extends Service {
  /** Leads to the gateway in every network. */
  readonly hostName: string;
  /** For cloud-init; undefined, with a word in the log, where the mirror's key cannot be made. */
  vendorData(): Promise<string | undefined>;
}

/** Within the region's own names, which no organization can have. */
export const mirrorHost = (region: string): string => `mirror.${region}.casemate.internal`;

export function mirrorService(options: MirrorOptions): MirrorService {
  const { folder, region, networkKind, clock, logger } = options;
  const content = gapFolders(folder).content;
  const key = mirrorKey(options);
  const hostName = mirrorHost(region);
  const url = `http://${hostName}:${MIRROR_PORT}`;
  const make = () => {
    const child = new MirrorChild({ content, clock, logger });
    return {
      build: () =>
        buildTree({ content: new ContentStore(content), folders: mirrorFolders(content), key, url }),
      renewed: (isAny: boolean) => child.renewed(isAny),
      want: (network: string, address: string | undefined) => child.want(network, address),
      close: () => child.close(),
    };
  };
  return {
    name: 'mirror',
    hostName,
    kinds: [],
    controllers: mirrorControllers(make, networkKind, logger),
    async vendorData() {
      try {
        return bootHook(url, await key.publicKey());
      } catch (error) {
        logger.error({ error: String(error) }, 'instances are not told of the package mirror: it has no key');
        return undefined;
      }
    },
  };
}
