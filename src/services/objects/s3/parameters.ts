/** The typed parameters that calls share; headers and query parameters are read into these by `headers/`. */
import type { ChecksumAlgorithm, LockMode } from '../metadata/store.ts';

export type { ChecksumAlgorithm, ChecksumType } from '../metadata/store.ts';

/** `Range` of a GET, before the size is known: `resolveRange` makes bytes of it. */
export type RequestedRange =
  | { readonly from: number; readonly last?: number }
  /** The last bytes. */
  | { readonly suffix: number };

/** ETags are without quotes, and `*` stands for any. Times are whole seconds, in milliseconds. */
export interface ReadConditions {
  readonly ifMatch?: readonly string[];
  readonly ifNoneMatch?: readonly string[];
  readonly ifModifiedSince_ms?: number;
  readonly ifUnmodifiedSince_ms?: number;
}

/** How a tenant asks for encryption; everything is encrypted anyway. */
export type RequestedEncryption =
  | { readonly type: 'AES256' }
  | { readonly type: 'aws:kms'; readonly keyId?: string; readonly context?: string }
  | CustomerKey;

/** SSE-C. The key is never logged, and its MD5 has been checked. */
export interface CustomerKey {
  readonly type: 'customer';
  /** 32 bytes. */
  readonly key: Buffer;
  /** In base64. */
  readonly keyMd5: string;
}

/** What a client says of an object and gets back with it. */
export interface ObjectMetadata {
  readonly contentType?: string;
  readonly cacheControl?: string;
  readonly contentDisposition?: string;
  /** Without `aws-chunked`. */
  readonly contentEncoding?: string;
  readonly contentLanguage?: string;
  readonly expires?: string;
  /** `x-amz-meta-*` by the name after that, in lower case; each character is one byte, as it came. */
  readonly user: Readonly<Record<string, string>>;
}

export interface Tag {
  readonly key: string;
  readonly value: string;
}

/** `x-amz-object-lock-*`. */
export interface RequestedLock {
  readonly mode?: LockMode;
  readonly retainUntil_ms?: number;
  readonly legalHold?: boolean;
}

export interface CopySource {
  readonly bucket: string;
  readonly key: string;
  readonly versionId?: string;
  readonly conditions: ReadConditions;
  readonly customerKey?: CustomerKey;
}

/** `response-*` of a signed GET: replace headers of the answer, by their names in lower case. */
export type ResponseOverrides = Readonly<Record<string, string>>;

/** What the headers say of the bytes that follow; `openBody` holds them to it. */
export interface BodyExpectations {
  /** In bytes, decoded: `x-amz-decoded-content-length` or `Content-Length`. */
  readonly size?: number;
  readonly contentMd5?: Buffer;
  /** `x-amz-checksum-*` in the headers. */
  readonly checksum?: { readonly algorithm: ChecksumAlgorithm; readonly value: string };
  /** `x-amz-trailer` or `x-amz-sdk-checksum-algorithm`: what the client computes, and may send after the bytes. */
  readonly algorithm?: ChecksumAlgorithm;
  /** Header names that `x-amz-trailer` announced. */
  readonly trailers: readonly string[];
  /** The body is in `aws-chunked` coding. */
  readonly chunked: boolean;
}
