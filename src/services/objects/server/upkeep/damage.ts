/**
 * Bytes that the disk no longer has as they were written, or not at all, as after a restore without them: found by reading them for a client, and by rounds over all that is stored, each a week or so. Who they belong to is told by their bucket's
 * status. A round that is broken off goes on where it was, and remembers what it found.
 */
import type { Clock } from '#kernel/clock.ts';
import { sleep } from '#kernel/clock.ts';
import type { Logger } from '#kernel/logger.ts';
import type { RealmId } from '#kernel/realm-id.ts';
import type { BlobBackend, BlobId } from '../../blobs/backend.ts';
import { DAMAGED_MAX } from '../../bucket/damage.ts';
import type { GateClient } from '../../gate/client.ts';
import type { BlobOwner, MetadataStore, OwnedBlobs } from '../../metadata/store.ts';
import { allBuckets } from './buckets.ts';

export const SCRUB_TASK = 'scrub';
/** The round leaves the disk to clients: no more than that is read, on the average. */
const BYTES_PER_S = 64 * 2 ** 20;
/** Remembered of a round. Where there are more the disk is lost, and what was known of buckets stays as it is. */
const FAULTY_MAX = 10_000;
/** Blobs after which it is noted how far it came. */
const NOTED_EVERY = 20_000;
/** Asked of the disk, or of the cluster, whether they are there. */
const ASKED_AT_ONCE = 16;
/** Objects that were told of after a read, so that each is told of once. */
const TOLD_MAX = 10_000;

export interface DamageOptions {
  readonly gate: () => Pick<GateClient, 'ask'>;
  readonly metadata: Pick<MetadataStore, 'get' | 'ownersOf' | 'owned' | 'progress' | 'noteProgress'>;
  readonly blobs: Pick<BlobBackend, 'scrub' | 'isThere'>;
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

  /** A whole round, from where the last one was broken off. Gives how many blobs are damaged, and of how many objects some are missing. */
  async scrub(): Promise<number> {
    const { metadata, blobs, clock, logger, signal } = this.#options;
    const known = await metadata.progress(SCRUB_TASK);
    const { after, faulty: before } = placeOf(known?.place);
    const faulty = new Set<BlobId>(before);
    // Told at once: where a folder was lost this is all of it, and reading what there is can take days.
    if (known?.place === undefined) await this.#tell(await this.#missing(), false);
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
    const owners = faulty.size === 0 ? [] : [...(await metadata.ownersOf(faulty)).values()];
    const missing = await this.#missing();
    await this.#tell([...owners, ...missing], faulty.size + missing.length < FAULTY_MAX);
    await metadata.noteProgress(SCRUB_TASK, { done_ms: clock.now() });
    this.#told.clear();
    return faulty.size + missing.length;
  }

  /** Objects that have no bytes, or not all of them; at most FAULTY_MAX. */
  async #missing(): Promise<BlobOwner[]> {
    const { metadata, blobs, logger, signal } = this.#options;
    const found: BlobOwner[] = [];
    const look = async ({ owner, blobs: those }: OwnedBlobs) => {
      for (const blob of those) {
        if (await blobs.isThere(blob)) continue;
        // Removed, or overwritten, meanwhile: then it went with that.
        const now = await metadata.get(owner.bucket, owner.key, owner.versionId);
        if (!now?.pieces.some((piece) => piece.blob === blob)) return;
        if (found.length < FAULTY_MAX) found.push(owner);
        return;
      }
    };
    for await (const page of metadata.owned()) {
      for (let at = 0; at < page.length && found.length < FAULTY_MAX; at += ASKED_AT_ONCE) {
        signal.throwIfAborted();
        await Promise.all(page.slice(at, at + ASKED_AT_ONCE).map(look));
      }
      if (found.length >= FAULTY_MAX) break;
    }
    if (found.length > 0)
      logger.error({ objects: found.length }, 'the disk does not have the bytes of objects');
    return found;
  }

  /** Each bucket hears what of it is damaged; with `isAll`, one that was told of earlier damage and has none now hears that. */
  async #tell(owners: readonly BlobOwner[], isAll: boolean): Promise<void> {
    const { gate, signal } = this.#options;
    if (owners.length === 0 && !isAll) return;
    const byBucket = Map.groupBy(
      new Map(owners.map((owner) => [`${owner.bucket} ${owner.versionId} ${owner.key}`, owner])).values(),
      ({ bucket }) => bucket,
    );
    for await (const { realm, uid, isDamaged } of allBuckets(gate())) {
      signal.throwIfAborted();
      const found = (byBucket.get(uid) ?? []).toSorted(byName);
      if (found.length === 0 && !(isAll && isDamaged)) continue;
      const objects = found.slice(0, DAMAGED_MAX).map(({ key, versionId }) => ({ key, version: versionId }));
      await gate().ask('damaged', { realm, uid, objects, count: found.length, isAll });
    }
  }
}

/** People read it: not in the order in which the disk was asked. */
const byName = (a: BlobOwner, b: BlobOwner): number => {
  const [one, other] = [a, b].map(({ key, versionId }) => `${key}\0${versionId}`) as [string, string];
  return one < other ? -1 : one > other ? 1 : 0;
};

const nameOf = ({ uid, version, key }: FoundDamaged): string => `${uid} ${version} ${key}`;

function placeOf(text: string | undefined): Place {
  return text === undefined ? { after: '', faulty: [] } : (JSON.parse(text) as Place);
}
