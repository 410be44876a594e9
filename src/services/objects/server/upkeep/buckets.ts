/** All buckets there are, as the region tells of them. */
import type { GateClient } from '../../gate/client.ts';
import type { BucketKnown, BucketPlace } from '../../gate/protocol.ts';

export async function* allBuckets(gate: Pick<GateClient, 'ask'>): AsyncGenerator<BucketKnown> {
  let after: BucketPlace | undefined;
  do {
    const { buckets, next } = await gate.ask('allBuckets', after === undefined ? {} : { after });
    yield* buckets;
    after = next;
  } while (after !== undefined);
}
