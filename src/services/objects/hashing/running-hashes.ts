/** MD5 and checksums of bytes that come in pieces, here or on a thread of their own. */
import { type HashName, newDigest } from '../s3/checksums/digest.ts';

/** In base64. */
export type Hashes = ReadonlyMap<HashName, string>;

/** Once at a time: `update` is called again when what it returned is done. */
export interface RunningHashes {
  /** Pieces, in their order; best as many as fill a slot. A promise where there is something to wait for; then they are no longer needed. */
  update(pieces: readonly Uint8Array[]): Promise<void> | undefined;
  digest(): Promise<Hashes> | Hashes;
  /** They are not wanted any more; after `digest` nothing happens. */
  forget(): void;
}

export interface InlineHashes extends RunningHashes {
  digest(): Hashes;
}

export function inlineHashes(names: ReadonlySet<HashName>): InlineHashes {
  const digests = Array.from(names, (name) => [name, newDigest(name)] as const);
  return {
    update(pieces) {
      for (const piece of pieces) for (const [, digest] of digests) digest.update(piece);
      return undefined;
    },
    digest: () => new Map(digests.map(([name, digest]) => [name, digest.digest()])),
    forget: () => undefined,
  };
}
