/**
 * A kind is the single source of truth of a resource: from it come TypeScript types, validation, defaults,
 * OpenAPI, tables, CLI verbs, permissions and audit records. A kind is plain data and pure functions; what needs an
 * engine (controllers, exec, logs) is given beside it by the service (see `service.ts`).
 */
import { type Static, type TSchema, Type } from 'typebox';
import type { Actor, Verb } from './access.ts';
import type { GuardedTransition } from './approvals/guarded.ts';
import type { KubeObject, ObjectMeta } from './object.ts';
import type { QuantityText } from './quantity.ts';
import type { ObjectKey, RealmView } from './realm.ts';
import type { RealmId, RealmType } from './realm-id.ts';

export type Scope = 'Realm' | 'Project';

/** A column of `kubectl get`. `path` is a dotted path into the object, `status.addresses[0].address`. */
export interface Column {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'date';
  readonly description: string;
  /** A dotted path into the object, or a pure function of it. Missing values print empty. */
  readonly value: string | ((object: KubeObject) => string | number | boolean | undefined);
  /** 0 always shown; 1 only in wide output. */
  readonly priority?: 0 | 1;
}

export type Operation = 'create' | 'update' | 'delete';

/** A change about to be committed, seen inside the lane: `view` is the state it will be committed on. */
export interface AdmissionRequest {
  readonly realm: RealmId;
  readonly operation: Operation;
  readonly kind: Kind;
  /** The object as it would be stored (for delete: as it is). */
  readonly object: KubeObject;
  /** The object as it is now; absent on create. */
  readonly previous?: KubeObject;
  readonly view: RealmView;
  readonly actor: Actor;
  /** Milliseconds since the Unix epoch. */
  readonly now_ms: number;
  /**
   * The only thing that a rule may ask to be written: the status of another object, committed together with the change or, when the change is
   * refused or comes to nothing, not at all. The object must be there.
   */
  along(change: StatusChange): void;
}

/** A status that is written in the same commit as the change which it is a consequence of. */
export interface StatusChange {
  readonly kind: Kind;
  readonly key: ObjectKey;
  /** Fits the kind's status schema. */
  readonly status: Readonly<Record<string, unknown>>;
}

/** A rule over changes. Pure and synchronous: it runs in the lane. Throws a StatusError to refuse. */
export type Admission = (request: AdmissionRequest) => void;

/** A subresource beyond `status`, declared here so that discovery, OpenAPI and permissions know it. */
export type SubresourceDefinition = StreamDefinition | ActionDefinition | DataDefinition | ReportDefinition;

export interface StreamDefinition {
  /** `terminal`: WebSocket channels (exec). `text`: a byte stream (log). */
  readonly type: 'terminal' | 'text';
  readonly description: string;
}

/** Something an object is asked to do, by POST, that changes nothing of it by itself: `keys/encrypt`. On record in the access log. */
export interface ActionDefinition {
  readonly type: 'action';
  readonly description: string;
  /** What is sent: an object. */
  readonly request: TSchema;
  /** What is answered: an object. */
  readonly response: TSchema;
  /** Properties of the request that go into the record: texts of at most `RECORDED_LENGTH_MAX` characters, never a secret. */
  readonly recorded?: readonly string[];
}

/**
 * What lies in an object and is reached by another protocol, from another process: `buckets/objects`. Here only for permissions and
 * discovery; the API itself serves nothing of it.
 */
export interface DataDefinition {
  readonly type: 'data';
  /** Says where it is served. */
  readonly description: string;
  /** What permissions tell apart, in the order of the alphabet. */
  readonly verbs: readonly Verb[];
}

/**
 * What is found out about an object when somebody reads it, and is stored nowhere: `instances/metrics`. Reading it takes what reading the
 * object takes, unless it has a right of its own, and is no more on record than that.
 */
export interface ReportDefinition {
  readonly type: 'report';
  readonly description: string;
  /** It says more than the object does: reading the object does not suffice, it takes the right to this very subresource. */
  readonly hasOwnRight?: true;
  /** Query parameters that it knows, with what they mean. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** What is answered: an object. */
  readonly response: TSchema;
}

/** A recorded property of an action's request; its schema must not allow more. */
export const RECORDED_LENGTH_MAX = 256;

export interface KindDefinition {
  /** '' for the core group, else `<service>.casemate.internal`. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly singular?: string;
  readonly shortNames?: readonly string[];
  /** `all` puts the kind into `kubectl get all`. */
  readonly categories?: readonly string[];
  readonly scope: Scope;
  /** One or two sentences for `kubectl explain`. */
  readonly description: string;
  /** The realms that hold objects of this kind. */
  readonly realms: readonly RealmType[];
  /** Region objects that every organization may read (never write) under its own prefix: the image catalogue. */
  readonly sharedWithOrganizations?: boolean;
  readonly spec?: TSchema;
  /** Declaring it gives the kind a `status` subresource. */
  readonly status?: TSchema;
  /** The status that a new object begins with. Default: none. */
  readonly initialStatus?: Readonly<Record<string, unknown>>;
  /** Top-level fields other than spec and status, for the core kinds (`Secret.data`). */
  readonly fields?: Readonly<Record<string, TSchema>>;
  readonly columns?: readonly Column[];
  /** Dotted paths that cannot change once set. */
  readonly immutable?: readonly string[];
  /** Stored encrypted under the realm's key, and reads of it are recorded in the access log. */
  readonly secret?: boolean;
  readonly subresources?: Readonly<Record<string, SubresourceDefinition>>;
  /**
   * A question: its objects are created, answered (`Service.reviews`) and never stored. Asking takes the verb `create`, like making an
   * object would; `spec` is what is asked, `status` the answer.
   */
  readonly review?: boolean;
  /** Rewrites what a client sent before validation (`stringData` into `data`). Pure. */
  readonly normalize?: (object: KubeObject) => KubeObject;
  readonly admit?: Admission;
  /**
   * What the kernel alone can say of a new object, such as who made it: gives the status that it begins with, instead of `initialStatus`.
   * Pure. What a client sends as status never gets there.
   */
  readonly bornStatus?: (object: KubeObject, actor: Actor) => Readonly<Record<string, unknown>>;
  /** Changes that take the consent of others than who makes them: the two-person rule, see `approvals/`. */
  readonly guarded?: readonly GuardedTransition[];
  /**
   * What one object counts for in its project's quotas, by the resource name that `Quota.spec.hard` uses:
   * `{ instances: 1, cpu: '2', memory: '4Gi' }`. Pure, and the same for the same object: quotas are checked in the lane on
   * every change, and what an entry counts for is remembered. Every kind also counts as `count/<resource>` by itself.
   */
  readonly usage?: (object: KubeObject) => Readonly<Record<string, QuantityText>>;
  /**
   * Presents each object also as a read-only `v1 Pod` of the same name, because kubectl's own `exec`, `logs` and `cp` know only
   * pods. `pods/exec` and `pods/log` are then the kind's own subresources `exec` and `log`, and so are the permissions. Pure.
   * At most one kind of a region has it.
   */
  readonly podView?: (object: KubeObject) => PodView;
}

/** What a kind with `podView` says of its pod; the wire fills in metadata, and one container of this name. */
export interface PodView {
  /** `instance`, say. */
  readonly containerName: string;
  /** What it runs, for `kubectl describe`; free text. */
  readonly image: string;
  readonly phase: 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown';
  readonly ready: boolean;
  /** RFC 3339. */
  readonly startTime?: string;
  readonly addresses?: readonly string[];
  /** Why it is in this phase, in words a person can act on. */
  readonly message?: string;
}

export interface Kind extends KindDefinition {
  readonly singular: string;
  /** `v1` or `<group>/<version>`. */
  readonly apiVersion: string;
  /** `<plural>` or `<plural>.<group>`: unique in a region; the key of permissions. */
  readonly resource: string;
  /** Schema of the object's own top-level fields (spec, status and `fields`); metadata is the kernel's. */
  readonly body: TSchema;
}

/** A kind whose spec and status types TypeScript knows. */
export interface TypedKind<Spec, Status> extends Kind {
  /** Never set; carries the types. */
  readonly $types?: { readonly spec: Spec; readonly status: Status };
}

export type ObjectOf<K extends Kind> =
  K extends TypedKind<infer Spec, infer Status>
    ? {
        readonly apiVersion: string;
        readonly kind: string;
        readonly metadata: ObjectMeta;
        readonly spec: Spec;
        readonly status?: Status;
      }
    : KubeObject;

type StaticOr<T> = T extends TSchema ? Static<T> : undefined;

/** Completes and freezes a kind's definition. Throws on a definition that contradicts itself. */
export function defineKind<const D extends KindDefinition>(
  definition: D,
): TypedKind<StaticOr<D['spec']>, StaticOr<D['status']>> {
  for (const reserved of ['apiVersion', 'kind', 'metadata', 'spec', 'status']) {
    if (definition.fields && reserved in definition.fields) {
      throw new TypeError(`${definition.kind}: "${reserved}" cannot be one of fields`);
    }
  }
  if (definition.sharedWithOrganizations && !definition.realms.includes('region')) {
    throw new TypeError(`${definition.kind}: only a kind of the region can be shared with organizations`);
  }
  const properties: Record<string, TSchema> = { ...definition.fields };
  if (definition.spec) properties.spec = definition.spec;
  if (definition.status) properties.status = Type.Optional(definition.status);
  const kind: Kind = Object.freeze({
    ...(definition as KindDefinition),
    singular: definition.singular ?? definition.kind.toLowerCase(),
    apiVersion: definition.group === '' ? definition.version : `${definition.group}/${definition.version}`,
    resource: definition.group === '' ? definition.plural : `${definition.plural}.${definition.group}`,
    body: Type.Object(properties),
  });
  return kind as TypedKind<StaticOr<D['spec']>, StaticOr<D['status']>>;
}
