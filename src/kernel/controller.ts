/**
 * What a controller is: a level-triggered function that makes the world match one object. It may be called at any
 * time, any number of times, and be killed at any step: every step is idempotent. `reconcile/` runs them.
 */
import type { Clock } from './clock.ts';
import type { Kind } from './kind.ts';
import type { KubeObject } from './object.ts';
import type { Random } from './random.ts';
import type { ChangeContext, ObjectKey, Realm, Realms } from './realm.ts';
import type { RealmId, RealmType } from './realm-id.ts';

export interface EventRecorder {
  /** Records a `v1 Event` about an object; repeats within a while raise its count. Never throws. */
  record(object: KubeObject, type: 'Normal' | 'Warning', reason: string, message: string): void;
}

export interface ReconcileContext {
  readonly realm: Realm;
  readonly realms: Realms;
  /** The controller's own identity, for changes it makes. */
  readonly change: ChangeContext;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly random: Random;
  /** Aborts when the region stops. */
  readonly signal: AbortSignal;
}

/** Ask to be called again after a while even when nothing changes. */
export interface RetryAfter {
  readonly retryAfter_ms: number;
}

export interface SecondaryWatch {
  readonly kind: Kind;
  /**
   * Where the secondary objects are. Absent: in the same realm as the primary ones. `organizations`: in every organization, and
   * `keys` names primary objects of the region (an Organization waits for a certificate in its own realm).
   */
  readonly from?: 'organizations';
  /** The primary objects that a change of this secondary one concerns. */
  keys(object: KubeObject, realm: Realm): readonly ObjectKey[];
}

export interface Controller {
  /** Unique; the actor of its changes is `system:controller:<name>`. */
  readonly name: string;
  readonly realms: readonly RealmType[];
  readonly kind: Kind;
  /** How many objects at once; one object is never reconciled twice at the same time. Default 4. */
  readonly concurrency?: number;
  readonly watches?: readonly SecondaryWatch[];
  /** The object may be gone: then `view.get` gives undefined, and there is nothing left to do but clean up. */
  reconcile(key: ObjectKey, context: ReconcileContext): Promise<RetryAfter | undefined>;
  /**
   * Finds what an engine holds that no object accounts for, and drift; called on start and every few minutes. In this order, or it
   * removes what another process has just made: list the engine, `await context.realms.fresh(…)`, then read the objects.
   */
  sweep?(context: ReconcileContext): Promise<void>;
  /**
   * Realms that the engine holds something of, by asking it once for all of them. With it a realm without objects is swept only when it is
   * one of these, so that ten thousand idle ones cost nothing. Asked before each round of sweeps.
   */
  holders?(): Promise<Iterable<RealmId>>;
}
