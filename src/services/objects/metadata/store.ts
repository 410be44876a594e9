/**
 * What is known of objects but their bytes: names, versions, uploads, locks. Every method is one transaction, so conditions hold at the moment of the change, whatever other
 * processes do meanwhile.
 */
import type { BlobId } from '../blobs/backend.ts';

/** A piece of an object's bytes: the whole object, or one part of an upload. */
export interface Piece {
  readonly blob: BlobId;
  /** As the client sent it, in bytes. */
  readonly size: number;
  /** Data key under the bucket's key; each piece has its own. Absent with a key of the client's (SSE-C). */
  readonly wrappedKey: Uint8Array;
}

export type LockMode = 'GOVERNANCE' | 'COMPLIANCE';

export interface Lock {
  readonly mode?: LockMode;
  readonly retainUntil_ms?: number;
  readonly legalHold?: boolean;
}

/** Digests by algorithm, in base64 as on the wire. */
export type Checksums = Readonly<
  Partial<Record<'CRC32' | 'CRC32C' | 'CRC64NVME' | 'SHA1' | 'SHA256', string>>
>;

export interface ObjectVersion {
  readonly key: string;
  /** `null` for what was written while versioning was off or suspended. */
  readonly versionId: string;
  readonly isLatest: boolean;
  readonly isDeleteMarker: boolean;
  /** When it was committed. */
  readonly modified_ms: number;
  /** In bytes, as the client sent it. */
  readonly size: number;
  /** Without quotes: `<md5>`, or `<md5>-<parts>`. */
  readonly etag: string;
  readonly checksums: Checksums;
  readonly checksumType?: 'COMPOSITE' | 'FULL_OBJECT';
  /** Content type, user metadata, tags and the like as JSON, sealed by the caller. */
  readonly sealed: Uint8Array;
  readonly tagCount: number;
  readonly lock: Lock;
  readonly pieces: readonly Piece[];
  /** Sizes of the parts that it was made of, for `partNumber`; absent for what came whole. */
  readonly parts?: readonly {
    readonly number: number;
    readonly size: number;
    readonly checksums: Checksums;
  }[];
}

export type Versioning = 'off' | 'enabled' | 'suspended';

/** `If-Match` and `If-None-Match` on a write, against the version that is the latest at the commit. */
export interface WriteCondition {
  /** An ETag, or `*` for any. */
  readonly ifMatch?: string;
  readonly ifNoneMatch?: '*';
}

export interface NewVersion
  extends Omit<ObjectVersion, 'versionId' | 'isLatest' | 'isDeleteMarker' | 'modified_ms'> {
  /** A UUID of the bucket. */
  readonly bucket: string;
  readonly versioning: Versioning;
  readonly condition?: WriteCondition;
}

export interface Written {
  readonly versionId: string;
  readonly modified_ms: number;
  /** Blobs that nothing refers to any more; the caller gives them back. */
  readonly freed: readonly BlobId[];
}
