/**
 * What is known of objects but their bytes: names, versions, uploads, locks. Every method is one transaction, so conditions hold at the moment of the change, whatever other
 * processes do meanwhile. Buckets are named by the uid of their resource. Blobs that a change lets go of are remembered in the same transaction, until `givenBack`.
 */
import type { BlobId } from '../blobs/backend.ts';

/** A piece of an object's bytes: the whole object, or one part of an upload. */
export interface Piece {
  readonly blob: BlobId;
  /** As the client sent it, in bytes. */
  readonly size: number;
  /** Data key under the bucket's key, or under the client's own (SSE-C). */
  readonly wrappedKey: Uint8Array;
}

export type LockMode = 'GOVERNANCE' | 'COMPLIANCE';

export interface Lock {
  readonly mode?: LockMode;
  readonly retainUntil_ms?: number;
  readonly legalHold?: boolean;
}

/** Retention, or its end; or a legal hold. */
export type LockChange =
  | { readonly retention: { readonly mode: LockMode; readonly retainUntil_ms: number } | undefined }
  | { readonly legalHold: boolean };

export type ChecksumAlgorithm = 'CRC32' | 'CRC32C' | 'CRC64NVME' | 'SHA1' | 'SHA256';

/** Digests by algorithm, in base64 as on the wire. */
export type Checksums = Readonly<Partial<Record<ChecksumAlgorithm, string>>>;

export type ChecksumType = 'COMPOSITE' | 'FULL_OBJECT';

/** One of the parts that an object was made of, for `partNumber`. */
export interface ObjectPart {
  readonly number: number;
  readonly size: number;
  readonly checksums: Checksums;
}

/** What a version says of itself, whoever it belongs to. */
export interface VersionContent {
  readonly key: string;
  /** In bytes, as the client sent it. */
  readonly size: number;
  /** Without quotes: `<md5>`, or `<md5>-<parts>`. */
  readonly etag: string;
  readonly checksums: Checksums;
  readonly checksumType?: ChecksumType;
  /** Content type, user metadata, tags and the like, sealed by the caller. */
  readonly sealed: Uint8Array;
  readonly tagCount: number;
  readonly lock: Lock;
  readonly pieces: readonly Piece[];
  readonly parts?: readonly ObjectPart[];
}

export interface ObjectVersion extends VersionContent {
  /** 16 hexadecimal digits, or `null` for what was written while versioning was off or suspended. */
  readonly versionId: string;
  /** A delete marker: without bytes. */
  readonly isMarker: boolean;
  /** When it was committed. */
  readonly modified_ms: number;
}

export type Versioning = 'off' | 'enabled' | 'suspended';

/** Conditions on a write, held against the newest version at the commit. */
export interface WriteCondition {
  /** An ETag, or `*` for any. */
  readonly ifMatch?: string;
  readonly ifNoneMatch?: '*';
}

/** Why nothing was changed. */
export type Refusal =
  /** `If-None-Match`: there is one. */
  | 'exists'
  /** `If-Match`: there is none. */
  | 'missing'
  /** `If-Match`: there is another. */
  | 'differs'
  /** Retention or a legal hold keeps what would be overwritten or removed. */
  | 'locked'
  /** The bucket is being deleted. */
  | 'closed';

export type Outcome<Done> = ({ readonly outcome: 'done' } & Done) | { readonly outcome: Refusal };

export interface NewVersion extends VersionContent {
  readonly bucket: string;
  readonly versioning: Versioning;
  readonly condition?: WriteCondition;
}

export interface Written {
  readonly versionId: string;
  readonly modified_ms: number;
}

export interface Removal {
  readonly bucket: string;
  readonly key: string;
  readonly versioning: Versioning;
  /** `ifNewest`: only while the newest is the one at this `position` (`differs`). */
  readonly condition?: Pick<WriteCondition, 'ifMatch'> & { readonly ifNewest?: string };
}

/** `markerId`: the delete marker that was put in its place. */
export interface Removed {
  readonly markerId?: string;
}

export interface ListQuery {
  readonly bucket: string;
  readonly prefix: string;
  /** Names are grouped up to the first one after the prefix. Not made of U+10FFFF alone. */
  readonly delimiter?: string;
  /** Begins after this name, which may be a group's. */
  readonly after?: string;
  /** Names and groups together, at most LIST_MAX. */
  readonly limit: number;
}

export const LIST_MAX = 1_000;

/** What a listing tells of a version. */
export type ListedVersion = Omit<ObjectVersion, 'sealed' | 'tagCount' | 'lock' | 'pieces' | 'parts'>;

/** A version, or what several names have in common up to the delimiter, which included. */
export type ListEntry = { readonly version: ListedVersion } | { readonly group: string };
/** `position`: for `afterVersion`. */
export type VersionEntry =
  | { readonly version: ListedVersion; readonly isNewest: boolean; readonly position: string }
  | { readonly group: string };

export interface Page<Entry> {
  readonly entries: readonly Entry[];
  readonly isTruncated: boolean;
}

export interface VersionsQuery extends ListQuery {
  /** With `after`: goes on within that name, after the version at this position, or of this id. Throws RangeError when it is neither. */
  readonly afterVersion?: string;
}

export interface ReportedQuery {
  readonly bucket: string;
  readonly prefix: string;
  /** Begins after this version. */
  readonly after?: { readonly key: string; readonly position: string };
  /** Those that a plain listing shows. */
  readonly onlyLive: boolean;
  /** At most LIST_MAX. */
  readonly limit: number;
}

/** What a report tells of a version. */
export interface ReportedVersion extends ListedVersion {
  readonly lock: Lock;
  readonly position: string;
  /** Under which version of the bucket's key what is said of it is sealed; its bytes may be under the client's own. */
  readonly keyVersion: number;
  readonly isCustomerKey: boolean;
}

export interface NewUpload {
  readonly bucket: string;
  readonly key: string;
  /** As in a version; the caller's. */
  readonly sealed: Uint8Array;
  /** JSON that the caller gets back: lock, checksum algorithm and type. */
  readonly wanted: Readonly<Record<string, unknown>>;
}

export interface Upload extends NewUpload {
  readonly id: string;
  readonly created_ms: number;
}

export interface UploadPart {
  readonly number: number;
  readonly size: number;
  readonly etag: string;
  readonly checksums: Checksums;
  readonly pieces: readonly Piece[];
}

export interface KeptPart extends UploadPart {
  readonly modified_ms: number;
}

export type CompleteOutcome =
  | ({ readonly outcome: 'done' } & Written)
  | { readonly outcome: Refusal | 'noUpload' };

export interface UploadsQuery {
  readonly bucket: string;
  readonly prefix: string;
  readonly afterKey?: string;
  /** With `afterKey`: goes on within that name, after this upload. */
  readonly afterUpload?: string;
  readonly limit: number;
}

export interface Usage {
  /** Versions and delete markers. */
  readonly versions: number;
  readonly bytes: number;
}

export interface BlobOwner {
  readonly bucket: string;
  readonly key: string;
  readonly versionId: string;
}

export interface OwnedBlobs {
  readonly owner: BlobOwner;
  readonly blobs: readonly BlobId[];
}

export interface Progress {
  /** When it was last brought to its end; 0: never. */
  readonly done_ms: number;
  /** What the present round has come to; absent between rounds. */
  readonly place?: string;
}

export interface MetadataStore {
  /** Several at once share a commit. */
  put(version: NewVersion): Promise<Outcome<Written>>;
  /** The newest version, which may be a delete marker; or that one. */
  get(bucket: string, key: string, versionId?: string): Promise<ObjectVersion | undefined>;
  /** Removes a name: with versioning, by a delete marker. */
  remove(removal: Removal): Promise<Outcome<Removed>>;
  /**
   * Removes one version for good, by its id or its `position`. `isMarker`: it was a delete marker. `missing`: there is none. `only`: only while it is not the newest, or the last of its name
   * that is left (`differs`).
   */
  removeVersion(
    bucket: string,
    key: string,
    versionId: string,
    options: { readonly passGovernance: boolean; readonly only?: 'noncurrent' | 'alone' },
  ): Promise<Outcome<{ readonly isMarker: boolean }>>;
  /** What is said of a version anew: tags. `missing`: there is none. */
  setSealed(
    bucket: string,
    key: string,
    versionId: string,
    change: { readonly sealed: Uint8Array; readonly tagCount: number },
  ): Promise<Outcome<unknown>>;
  /** The one leaves the other as it is. Retention is only ever made longer or stricter, but that who may pass governance also shortens and lifts that. */
  setLock(
    bucket: string,
    key: string,
    versionId: string,
    change: LockChange,
    options: { readonly passGovernance: boolean },
  ): Promise<Outcome<unknown>>;
  list(query: ListQuery): Promise<Page<ListEntry>>;
  listVersions(query: VersionsQuery): Promise<Page<VersionEntry>>;
  /** By name, the newest of each first; without what is said of them and where their bytes are. */
  reported(query: ReportedQuery): Promise<readonly ReportedVersion[]>;

  createUpload(upload: NewUpload): Promise<Upload>;
  upload(id: string): Promise<Upload | undefined>;
  /** Takes the place of an earlier part of that number. False: there is no such upload (any more). */
  putPart(upload: string, part: UploadPart): Promise<boolean>;
  /** In order of their numbers, those after one. */
  parts(upload: string, after: number, limit: number): Promise<readonly KeptPart[]>;
  /**
   * Makes the object of these parts: exactly those that the caller looked at (their ETags are held against what is there: `differs`), in one transaction with the end of the upload. Parts that
   * are not named are let go. Again: the same answer, for a day.
   */
  completeUpload(
    id: string,
    parts: readonly { readonly number: number; readonly etag: string }[],
    version: NewVersion,
  ): Promise<CompleteOutcome>;
  /** False: there is no such upload. */
  abortUpload(id: string): Promise<boolean>;
  /** By name, then by time. */
  uploads(query: UploadsQuery): Promise<Page<Upload>>;

  usage(bucket: string): Promise<Usage>;
  /** Ends writing, if it holds nothing; false where it does. */
  closeIfEmpty(bucket: string): Promise<boolean>;
  /** Lets go of at most so many versions and uploads of a bucket that is no more; false once nothing is left. */
  eraseSome(bucket: string, limit: number): Promise<boolean>;
  /** Blobs that nothing refers to, in the order of their ids, from after one on. `age_ms`: those let go so long ago at least. */
  freed(
    limit: number,
    options?: { readonly after?: number; readonly age_ms?: number },
  ): Promise<readonly { readonly id: number; readonly blob: BlobId }[]>;
  /** The backend has given their room back. */
  givenBack(ids: readonly number[]): Promise<void>;
  /** Of these blobs, those that something refers to, or that `freed` will name. Reads everything there is, page by page. */
  referredTo(blobs: ReadonlySet<BlobId>): Promise<ReadonlySet<BlobId>>;
  /** Of these blobs, which object each belongs to; absent where it belongs to none, or to a part of an upload. Reads all versions, page by page. */
  ownersOf(blobs: ReadonlySet<BlobId>): Promise<ReadonlyMap<BlobId, BlobOwner>>;
  /** Every version with its blobs, page by page. */
  owned(): AsyncIterable<readonly OwnedBlobs[]>;
  /** How far a task has come that goes on over days, by its name; undefined before it is first noted. */
  progress(task: string): Promise<Progress | undefined>;
  noteProgress(task: string, progress: Progress): Promise<void>;
  /** Forgets what answers to repeated completions older than a day. */
  expire(): Promise<void>;
  close(): Promise<void>;
}
