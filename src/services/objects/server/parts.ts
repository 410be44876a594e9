/** What serving objects is made of. */
import type { Clock } from '#kernel/clock.ts';
import type { BlobBackend } from '../blobs/backend.ts';
import type { GateClient } from '../gate/client.ts';
import type { Md5Threads } from '../hashing/md5-threads.ts';
import type { MetadataStore } from '../metadata/store.ts';
import type { RealmAnswers } from './answers.ts';
import type { Damage } from './upkeep/damage.ts';

/** The host that clients are given; organizations' and buckets' names are below it. */
export const endpointOf = (region: string): string => `s3.${region}.casemate.internal`;

export interface Parts {
  readonly gate: GateClient;
  readonly answers: RealmAnswers;
  readonly metadata: MetadataStore;
  readonly blobs: BlobBackend;
  /** Where ETags are computed; absent: where all else is. */
  readonly md5?: Md5Threads;
  /** Hears of what was read and is not what was written. */
  readonly damage?: Pick<Damage, 'found'>;
  readonly clock: Clock;
  /** The region's name. */
  readonly domain: string;
}
