/**
 * Which blobs are being read: so that an object which is overwritten or deleted while somebody is downloading it is read to its end. What this process reads it knows; after a restart nobody reads.
 */
import type { BlobId } from '../blobs/backend.ts';
import type { ObjectVersion } from '../metadata/store.ts';

type Lookup = Promise<ObjectVersion | undefined>;

export class RunningReads {
  /** By request: the versions that it asked for. */
  readonly #asked = new Map<object, Lookup[]>();

  /** From the moment that a request asks for a version, not only once it is found: it may be overwritten in between. */
  add(request: object, lookup: Lookup): void {
    const asked = this.#asked.get(request);
    if (asked === undefined) this.#asked.set(request, [lookup]);
    else asked.push(lookup);
  }

  /** The request is over. */
  end(request: object): void {
    this.#asked.delete(request);
  }

  /** Of these blobs, which nothing refers to any more: those that a request may still read. Whoever asks for a version from now on does not find them. */
  async among(blobs: ReadonlySet<BlobId>): Promise<ReadonlySet<BlobId>> {
    const found = new Set<BlobId>();
    const lookups = [...this.#asked.values()].flat();
    for (const result of await Promise.allSettled(lookups)) {
      if (result.status === 'rejected') continue;
      for (const { blob } of result.value?.pieces ?? []) if (blobs.has(blob)) found.add(blob);
    }
    return found;
  }
}
