/**
 * What the process that serves objects and the region process say to each other: one JSON text a line, each way. Requests carry an id and are answered with it, in any order;
 * news carry none. Either half asks the other (`GateCalls`, `GateAsks`), refuses lines longer than LINE_MAX, and has at most IN_FLIGHT_MAX requests open.
 */
import type { Verb } from '#kernel/access.ts';
import type { RealmId } from '#kernel/realm-id.ts';

export const LINE_MAX = 4_194_304;
export const IN_FLIGHT_MAX = 1_024;
/** An answer takes no longer: then whoever asked hears that it failed. */
export const ANSWER_MS_MAX = 60_000;
/** How long an answer of `decide` may be remembered, whatever news come: guardrails can depend on the time of day. All others hold until there is news of their realm. */
export const DECISION_KEPT_MS_MAX = 1_000;
export const BUCKETS_PAGE_MAX = 1_000;
/** Access records that one `record` may carry. */
export const RECORDS_MAX = 256;

/** Who an access key belongs to, as the realm says now. */
export interface KeyHolder {
  readonly realm: RealmId;
  /** Name and groups, as `Actor` has them. */
  readonly name: string;
  readonly groups: readonly string[];
  /** The AccessKey's project and name, for the record. */
  readonly credential: string;
  /** Signs requests. Never logged, never stored. */
  readonly secret: string;
  /** Milliseconds since the Unix epoch. */
  readonly expires_ms?: number;
  /** Of somebody who came through the API: where they came from, as the connection itself shows the region. */
  readonly address?: string;
  /** Narrows what the holder may do; absent for all of it. */
  readonly scope?: { readonly buckets?: readonly string[]; readonly readOnly?: boolean };
}

export interface BucketSettings {
  readonly uid: string;
  readonly realm: RealmId;
  readonly project: string;
  readonly name: string;
  /** The Bucket's spec, as its kind has it. */
  readonly spec: Readonly<Record<string, unknown>>;
  readonly created_ms: number;
  /** AES-256, in base64: wraps the data keys. */
  readonly key: string;
  /** Which of the bucket's keys that is; stands before each wrapped data key. */
  readonly keyVersion: number;
  /** It is being deleted: nothing is written any more, what is there can be read and removed. */
  readonly isDeleting: boolean;
}

/** A resource `buckets/<subresource>` and a verb: what `Authorizer` decides. */
export interface Question {
  readonly realm: RealmId;
  readonly accessKey: string;
  readonly verb: Verb;
  readonly subresource?: 'objects' | 'retention' | 'governance';
  readonly project: string;
  readonly bucket: string;
  /** The client's, without a port: guardrails can depend on it, so what is remembered of an answer is remembered for it. */
  readonly address?: string;
}

/** A bucket in a list. */
export interface BucketListed {
  readonly uid: string;
  readonly project: string;
  readonly name: string;
  readonly created_ms: number;
}

/** A bucket, for what goes on beside requests. */
export interface BucketKnown {
  readonly realm: RealmId;
  readonly uid: string;
  readonly name: string;
  /** It has rules of lifecycle. */
  readonly expires: boolean;
  /** Reports are made of what it holds. */
  readonly isReported: boolean;
  /** Something of it is known to be damaged. */
  readonly isDamaged: boolean;
}

export interface BucketPlace {
  readonly realm: RealmId;
  readonly name: string;
}

export interface GateAccessRecord {
  readonly realm: RealmId;
  /** '' for nobody: a request that was not signed. */
  readonly actor: string;
  readonly credential: string;
  readonly address?: string;
  readonly verb: string;
  readonly subresource: string;
  readonly project?: string;
  readonly bucket?: string;
  /** What S3 calls it (`GetObject`), the object's key and version. */
  readonly details: Readonly<Record<string, string>>;
  readonly decision: 'allowed' | 'denied' | 'unauthenticated' | 'failed';
  readonly reason?: string;
  readonly code: number;
  readonly requestId: string;
}

/** Asked by the process that serves objects, answered by the region process. */
export interface GateCalls {
  /** Where to listen, with the certificate and what else the process needs to begin. */
  begin(asked: Record<string, never>): GateBeginning;
  /** It serves from now on; or why it cannot (then it ends, and is started again after a while). */
  serves(asked: { readonly problem?: string }): { readonly ok: true };
  /**
   * TLS certificate of `<organization>.s3.<region>.casemate.internal` and names below it: of any name that could be an organization's, since which there are is not told to
   * whoever knocks. Fails where too many are asked for at once.
   */
  certificate(asked: { readonly organization: string }): GateCertificate;
  /** `null`: nobody's, or expired. */
  holder(asked: { readonly accessKey: string }): KeyHolder | null;
  /** Fails while its key cannot be used: not made yet, or the tenant's Key is not. */
  bucket(asked: { readonly realm: RealmId; readonly name: string }): BucketSettings | null;
  /** Those that the holder of the key may see, in the order of names, from the one after `after`; at most BUCKETS_PAGE_MAX. */
  buckets(asked: {
    readonly realm: RealmId;
    readonly accessKey: string;
    readonly address?: string;
    readonly prefix?: string;
    readonly after?: string;
  }): { readonly buckets: readonly BucketListed[]; readonly more: boolean };
  decide(asked: Question): { readonly allowed: boolean; readonly reason: string };
  /** Keys of the bucket by version, for what was wrapped under an older one; `null` where it is gone. */
  bucketKey(asked: {
    readonly realm: RealmId;
    readonly uid: string;
    readonly version: number;
  }): { readonly key: string } | null;
  /** Makes, changes or removes a Bucket as whoever holds the access key; a refusal is a Kubernetes `Status` code and message. */
  change(
    asked: BucketChange,
  ):
    | { readonly ok: true }
    | { readonly ok: false; readonly code: number; readonly reason: string; readonly message: string };
  /** Answered once they are durable in the realm's access log. */
  record(asked: { readonly records: readonly GateAccessRecord[] }): { readonly ok: true };
  /** What buckets hold now, for status and quota. */
  used(asked: {
    readonly buckets: readonly {
      readonly uid: string;
      readonly realm: RealmId;
      readonly bytes: number;
      readonly objects: number;
    }[];
  }): { readonly ok: true };
  /** Of all organizations, but those whose root is switched off; at most BUCKETS_PAGE_MAX, from after a place on. `next` goes on; absent where these were the last. */
  allBuckets(asked: { readonly after?: BucketPlace }): {
    readonly buckets: readonly BucketKnown[];
    readonly next?: BucketPlace;
  };
  /** Nothing is left to do here. Where there is no bucket in any organization the gate is closed after the answer, and with it the process ends. */
  rest(asked: Record<string, never>): { readonly ends: boolean };
  /** What of a bucket is damaged on the disk: these too, or (`isAll`) these and nothing else. At most DAMAGED_MAX by name. */
  damaged(asked: {
    readonly realm: RealmId;
    readonly uid: string;
    readonly objects: readonly { readonly key: string; readonly version: string }[];
    readonly count: number;
    readonly isAll: boolean;
  }): { readonly ok: true };
}

export type BucketChange = {
  readonly realm: RealmId;
  readonly accessKey: string;
  readonly name: string;
  /** Of the S3 request, for the leaf; a UUID. */
  readonly requestId: string;
  readonly address?: string;
} & (
  | {
      /** A new bucket is made in the project of the access key. */
      readonly op: 'create' | 'patch';
      /** `patch`: a merge patch (RFC 7396) of the Bucket's spec. */
      readonly spec: Readonly<Record<string, unknown>>;
    }
  /** Refused unless the bucket is empty, as `GateAsks.close` says at that moment. */
  | { readonly op: 'delete' }
);

export interface GateCertificate {
  /** PEM, with what stands between it and the region's roots. */
  readonly certificate: string;
  /** PEM. Secret. */
  readonly privateKey: string;
}

export interface ListenPlace {
  readonly host: string;
  readonly port: number;
  /** IPv4, `10.64.0.0/10`. */
  readonly within?: readonly string[];
}

export interface GateBeginning {
  /** `within`: only connections from and to these ranges are taken, as what is served at gateways listens on all addresses of its machine. */
  readonly listen: readonly ListenPlace[];
  /** The region's name: `s3.<region>.casemate.internal` is the endpoint, `<org>.s3.…` an organization's, `<bucket>.<org>.s3.…` a bucket's. */
  readonly domain: string;
  readonly certificate: string;
  readonly privateKey: string;
  /** Of PostgreSQL: host (a folder for a socket), port, database, user, password. */
  readonly database: Readonly<Record<string, unknown>>;
  /** The backend and where it is. */
  readonly blobs:
    | { readonly type: 'filesystem'; readonly folder: string }
    | {
        readonly type: 's3';
        readonly endpoint: string;
        readonly bucket: string;
        readonly region: string;
        readonly accessKey: string;
        readonly secret: string;
        readonly certificateAuthority?: string;
      };
}

/** Asked by the region process, answered by the process that serves objects. */
export interface GateAsks {
  /** Says what a bucket holds: versions, delete markers and uploads that are not complete. With `final`, one that holds nothing takes no more writes from then on. */
  close(asked: { readonly realm: RealmId; readonly uid: string; readonly final: boolean }): {
    readonly objects: number;
  };
  /** The bucket is gone, its key destroyed. Answered once nothing names its objects any more; the blobs may go after that. Safe to repeat. */
  erase(asked: { readonly realm: RealmId; readonly uid: string }): { readonly ok: true };
}

/** Told by the region process, unasked. */
export type GateNews =
  /** Anything of the realm that answers above depend on has changed: forget them. */
  | { readonly news: 'changed'; readonly realm: RealmId }
  /** New certificate. */
  | ({ readonly news: 'certificate' } & GateCertificate);

type RequestOf<Calls> = {
  readonly [M in keyof Calls]: Calls[M] extends (asked: infer Asked) => unknown
    ? { readonly id: number; readonly call: M; readonly asked: Asked }
    : never;
}[keyof Calls];

export type GateRequest = RequestOf<GateCalls> | RequestOf<GateAsks>;
export type GateAnswer =
  | { readonly id: number; readonly answer: unknown }
  | { readonly id: number; readonly failed: string };
