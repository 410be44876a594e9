/**
 * The shape every resource shares: a Kubernetes object. Nothing here knows a kind by name.
 * Values that left the store are frozen by convention: copy before you change.
 */

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
}

export interface ObjectMeta {
  readonly name: string;
  /** The project, for project-scoped kinds; absent for realm-scoped kinds. */
  readonly namespace?: string;
  readonly generateName?: string;
  readonly uid: string;
  /** Decimal index of the leaf in the realm's `changes` log that last changed the object. */
  readonly resourceVersion: string;
  /** Rises by one when the desired state (all but metadata and status) changes. */
  readonly generation: number;
  /** RFC 3339, whole seconds, UTC. */
  readonly creationTimestamp: string;
  readonly deletionTimestamp?: string;
  readonly deletionGracePeriodSeconds?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly finalizers?: readonly string[];
  readonly ownerReferences?: readonly OwnerReference[];
  readonly managedFields?: readonly unknown[];
}

export interface KubeObject<Spec = unknown, Status = unknown> {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
  readonly spec?: Spec;
  readonly status?: Status;
}

/** An object as a client sends it, before the server filled in what is its own to say. */
export interface DraftObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: Partial<ObjectMeta>;
  readonly [field: string]: unknown;
}

export type ConditionStatus = 'True' | 'False' | 'Unknown';

/** A condition in the Kubernetes style; `message` says what a person can do about it. */
export interface Condition {
  readonly type: string;
  readonly status: ConditionStatus;
  readonly reason: string;
  readonly message: string;
  readonly lastTransitionTime: string;
  readonly observedGeneration?: number;
}
