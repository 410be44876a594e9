/**
 * Bytes that the disk no longer has as they were written: found by reading them for a client, and by rounds over all that is stored, each a week or so. Who they belong to is told by their bucket's
 * status. A round that is broken off goes on where it was, and remembers what it found.
 */
import type { Clock } from '#kernel/clock.ts';
import { sleep } from '#kernel/clock.ts';
import type { Logger } from '#kernel/logger.ts';
import type { RealmId } from '#kernel/realm-id.ts';
import type { BlobBackend, BlobId } from '../../blobs/backend.ts';
import { DAMAGED_MAX } from '../../bucket/damage.ts';
import type { GateClient } from '../../gate/client.ts';
import type { BlobOwner, MetadataStore } from '../../metadata/store.ts';
import { allBuckets } from './buckets.ts';

export const SCRUB_TASK = 'scrub';
/** The round leaves the disk to clients: no more than that is read, on the average. */
const BYTES_PER_S = 64 * 2 ** 20;
/** Remembered of a round. Where there are more the disk is lost, and what was known of buckets stays as it is. */
const FAULTY_MAX = 10_000;
/** Blobs after which it is noted how far it came. */
const NOTED_EVERY = 20_000;
/** Objects that were told of after a read, so that each is told of once. */
const TOLD_MAX = 10_000;

export interface DamageOptions {
  readonly gate: () => Pick<GateClient, 'ask'>;
  readonly metadata: Pick<MetadataStore, 'get' | 'ownersOf' | 'progress' | 'noteProgress'>;
  readonly blobs: Pick<BlobBackend, 'scrub'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

interface Place {
  readonly after: BlobId;
  readonly faulty: readonly BlobId[];
}

export interface FoundDamaged {
  readonly realm: RealmId;
  /** The bucket's uid. */
  readonly uid: string;
  readonly key: string;
  readonly version: string;
  /** What could not be read. */
  readonly blob: BlobId;
}

export class Damage {
  readonly #options: DamageOptions;
  readonly #told = new Set<string>();

  constructor(options: DamageOptions) {
    this.#options = options;
  }

  /** Somebody read it, and did not get it. Tells the region in the background. */
  found(one: FoundDamaged): void {
    const name = nameOf(one);
    if (this.#told.has(name)) return;
    if (this.#told.size >= TOLD_MAX) this.#told.clear();
    this.#told.add(name);
    this.#tellOf(one).catch((error: unknown) => {
      this.#told.delete(name);
      const message = 'the region could not be told of damage; the next read tells it again';
      this.#options.logger.warn({ err: error }, message);
    });
  }

  async #tellOf(one: FoundDamaged): Promise<void> {
    const { realm, uid, key, version, blob } = one;
    const { gate, logger, metadata } = this.#options;
    const now = await metadata.get(uid, key, version);
    // Removed, or overwritten, while it was read.
    if (!now?.pieces.some((piece) => piece.blob === blob)) {
      this.#told.delete(nameOf(one));
      return;
    }
    logger.error({ bucket: uid, key, version }, 'an object is damaged on the disk, and is not given out');
    await gate().ask('damaged', { realm, uid, objects: [{ key, version }], count: 1, isAll: false });
  }

  /** A whole round, from where the last one was broken off. Gives how many blobs are damaged. */
  async scrub(): Promise<number> {
    const { metadata, blobs, clock, logger, signal } = this.#options;
    const known = await metadata.progress(SCRUB_TASK);
    const { after, faulty: before } = placeOf(known?.place);
    const faulty = new Set<BlobId>(before);
    const begun_ms = clock.now();
    let [count, bytes, last] = [0, 0, after];
    const note = async () => {
      const place: Place = { after: last, faulty: [...faulty] };
      await metadata.noteProgress(SCRUB_TASK, { done_ms: known?.done_ms ?? 0, place: JSON.stringify(place) });
    };
    for await (const { id, size, fault } of blobs.scrub({ after, signal })) {
      signal.throwIfAborted();
      if (fault !== undefined) {
        logger.error({ blob: id, fault }, 'a blob is damaged on the disk');
        if (faulty.size < FAULTY_MAX) faulty.add(id);
      }
      [count, bytes, last] = [count + 1, bytes + size, id];
      if (count % NOTED_EVERY === 0) await note();
      const ahead_ms = (bytes / BYTES_PER_S) * 1_000 - (clock.now() - begun_ms);
      if (ahead_ms > 1_000) await sleep(clock, ahead_ms, signal);
    }
    await this.#tell(faulty);
    await metadata.noteProgress(SCRUB_TASK, { done_ms: clock.now() });
    this.#told.clear();
    return faulty.size;
  }

  /** Each bucket hears what of it is damaged; one that was told of earlier damage and has none now hears that. */
  async #tell(faulty: ReadonlySet<BlobId>): Promise<void> {
    const { metadata, gate, signal } = this.#options;
    const owners = faulty.size === 0 ? new Map<BlobId, BlobOwner>() : await metadata.ownersOf(faulty);
    const byBucket = Map.groupBy(
      new Map(
        [...owners.values()].map((owner) => [`${owner.bucket} ${owner.versionId} ${owner.key}`, owner]),
      ).values(),
      ({ bucket }) => bucket,
    );
    for await (const { realm, uid, isDamaged } of allBuckets(gate())) {
      signal.throwIfAborted();
      const found = byBucket.get(uid) ?? [];
      if (found.length === 0 && !isDamaged) continue;
      const objects = found.slice(0, DAMAGED_MAX).map(({ key, versionId }) => ({ key, version: versionId }));
      const isAll = faulty.size < FAULTY_MAX;
      await gate().ask('damaged', { realm, uid, objects, count: found.length, isAll });
    }
  }
}

const nameOf = ({ uid, version, key }: FoundDamaged): string => `${uid} ${version} ${key}`;

function placeOf(text: string | undefined): Place {
  return text === undefined ? { after: '', faulty: [] } : (JSON.parse(text) as Place);
}
