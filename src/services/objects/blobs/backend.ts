/**
 * Where the bytes of objects lie. They are encrypted already: a backend knows nothing of buckets, names or keys. Every backend passes the one suite in
 * `testing/backend-conformance.ts`.
 */

/** What names a blob in its backend; at most 128 letters, digits and `-_./:`. */
export type BlobId = string;

export interface StoredBlob {
  readonly id: BlobId;
  /** In bytes. */
  readonly size: number;
}

export interface ByteRange {
  /** The first byte, from 0. */
  readonly from: number;
  /** The first byte that is no longer wanted. */
  readonly to: number;
}

export interface PutOptions {
  /** Where it is known; only a hint of how to store it. */
  readonly size?: number;
  /** Aborting leaves nothing behind. */
  readonly signal?: AbortSignal;
}

export interface GetOptions {
  /**
   * Whoever reads authenticates the bytes, so a backend need not check them as well. They come in portions of so many (the last has what is left), where it can give them so, and each portion is as it was
   * until the next is asked for.
   */
  readonly authenticatedIn_bytes?: number;
}

export interface BlobBackend {
  readonly name: 'filesystem' | 's3';
  /** Stores the bytes, each portion of which is as it was until the next is asked for; resolves once they are durable, rejects with nothing left. Throws FullDiskError. Holds a bounded part in memory. */
  put(bytes: AsyncIterable<Uint8Array> | Uint8Array, options?: PutOptions): Promise<StoredBlob>;
  /** The bytes, each checked against what was stored before it is given out. Throws DamagedBlobError, MissingBlobError. */
  get(id: BlobId, range?: ByteRange, options?: GetOptions): AsyncIterable<Uint8Array>;
  /** The same of a blob that is small enough to be held in memory, all of it. */
  getWhole(id: BlobId): Promise<Uint8Array>;
  /** Whether there is anything under that name; not whether it is as it was written. */
  isThere(id: BlobId): Promise<boolean>;
  /** Gives their room back, at once or in a while. What is not there is no fault. */
  delete(ids: readonly BlobId[]): Promise<void>;
  /** All of it, in the order of ids, with when it was stored; for the sweep, which removes what nothing refers to. */
  list(): AsyncIterable<StoredBlob & { readonly stored_ms: number }>;
  /** Reads all again and tells what is damaged; resumes after an id. */
  scrub(options?: { readonly after?: BlobId; readonly signal?: AbortSignal }): AsyncIterable<ScrubResult>;
  close(): Promise<void>;
}

export interface ScrubResult {
  readonly id: BlobId;
  readonly size: number;
  /** What is wrong with it; absent where all is well. */
  readonly fault?: string;
}

/** What was stored is not what is there. It is never given out. */
export class DamagedBlobError extends Error {
  override readonly name = 'DamagedBlobError';
}

export class MissingBlobError extends Error {
  override readonly name = 'MissingBlobError';
}

/** Where blobs lie does not answer, or refuses, as a cluster may: nothing is known to be lost, and it may be otherwise in a moment. */
export class BlobsAwayError extends Error {
  override readonly name: string = 'BlobsAwayError';
}

export class FullDiskError extends Error {
  override readonly name = 'FullDiskError';
}
