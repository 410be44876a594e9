/** What serving objects is made of. */
import type { Clock } from '#kernel/clock.ts';
import type { BlobBackend } from '../blobs/backend.ts';
import type { GateClient } from '../gate/client.ts';
import type { HashThreads } from '../hashing/hash-threads.ts';
import type { MetadataStore } from '../metadata/store.ts';
import type { RealmAnswers } from './answers.ts';
import type { RunningReads } from './running-reads.ts';
import type { Damage } from './upkeep/damage.ts';

/** The host that clients are given; organizations' and buckets' names are below it. */
export const endpointOf = (region: string): string => `s3.${region}.casemate.internal`;

export interface Parts {
  readonly gate: GateClient;
  readonly answers: RealmAnswers;
  readonly metadata: MetadataStore;
  readonly blobs: BlobBackend;
  readonly reads: RunningReads;
  /** Where ETags and checksums are computed; absent: where all else is. */
  readonly hashing?: HashThreads;
  /** Hears of what was read and is not what was written. */
  readonly damage?: Pick<Damage, 'found'>;
  readonly clock: Clock;
  /** The region's name. */
  readonly domain: string;
}
