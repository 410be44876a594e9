/**
 * What the manager runs: something that turns changes into keys, and keys into work. Controllers and the garbage
 * collector are both workers, so that queueing, retries and realms are written once.
 */
import type { Controller, ReconcileContext, RetryAfter, SecondaryWatch } from '../controller.ts';
import type { KubeObject } from '../object.ts';
import type { ObjectKey, Realm, WatchEvent } from '../realm.ts';
import { REGION, type RealmId, type RealmType } from '../realm-id.ts';
import type { Cause } from './work-queue.ts';

export type ObjectEvent = Exclude<WatchEvent, { readonly type: 'BOOKMARK' }>;

/** Queues work in a realm. */
export type Enqueue = (realm: RealmId, key: string, cause: Cause) => void;

export interface Worker {
  /** Unique; the actor of its changes is `system:controller:<name>`. */
  readonly name: string;
  /** Where its work is. */
  readonly realms: readonly RealmType[];
  readonly concurrency: number;
  /** Queues everything there is in the realm. */
  list(realm: Realm, enqueue: Enqueue): void;
  /** Whether the realm holds objects of it, and so is worth a sweep. */
  holds(realm: Realm): boolean;
  /** Queues what one change concerns. Called for every change of every realm, so it decides quickly. */
  notice(event: ObjectEvent, realm: Realm, enqueue: Enqueue): void;
  run(key: string, context: ReconcileContext): Promise<RetryAfter | undefined>;
  sweep?(context: ReconcileContext): Promise<void>;
  /** As a controller's. */
  holders?(): Promise<Iterable<RealmId>>;
}

const CONCURRENCY_DEFAULT = 4;

// A namespace and a name are DNS labels or subdomains: neither can hold a slash.
export const encodeKey = (key: ObjectKey): string => `${key.namespace ?? ''}/${key.name}`;

export function decodeKey(text: string): ObjectKey {
  const slash = text.indexOf('/');
  const name = text.slice(slash + 1);
  return slash === 0 ? { name } : { namespace: text.slice(0, slash), name };
}

export const keyOf = (object: KubeObject): ObjectKey => ({
  ...(object.metadata.namespace === undefined ? {} : { namespace: object.metadata.namespace }),
  name: object.metadata.name,
});

/** Runs a Controller as a worker: its primary objects by key, its secondary watches through their `keys`. */
export function controllerWorker(controller: Controller): Worker {
  const { kind, watches = [] } = controller;
  const local = Map.groupBy(
    watches.filter((watch) => watch.from === undefined),
    resourceOf,
  );
  const remote = Map.groupBy(
    watches.filter((watch) => watch.from !== undefined),
    resourceOf,
  );
  return {
    name: controller.name,
    realms: controller.realms,
    concurrency: controller.concurrency ?? CONCURRENCY_DEFAULT,
    list(realm, enqueue) {
      if (!kind.realms.includes(realm.type)) return;
      for (const entry of realm.view.entries(kind)) {
        enqueue(realm.id, `${entry.namespace ?? ''}/${entry.name}`, 'change');
      }
    },
    holds: (realm) => realm.view.count(kind) > 0,
    notice(event, realm, enqueue) {
      const { resource } = event.kind;
      if (controller.realms.includes(realm.type)) {
        if (resource === kind.resource) {
          const key = `${event.entry.namespace ?? ''}/${event.entry.name}`;
          enqueue(realm.id, key, isStatusOnly(event) ? 'echo' : 'change');
        }
        for (const watch of local.get(resource) ?? []) {
          for (const key of concerned(watch, event, realm)) enqueue(realm.id, key, 'change');
        }
      }
      if (realm.type === 'organization') {
        for (const watch of remote.get(resource) ?? []) {
          for (const key of concerned(watch, event, realm)) enqueue(REGION, key, 'change');
        }
      }
    },
    run: (key, context) => controller.reconcile(decodeKey(key), context),
    ...(controller.sweep && { sweep: controller.sweep.bind(controller) }),
    ...(controller.holders && { holders: controller.holders.bind(controller) }),
  };
}

const resourceOf = (watch: SecondaryWatch): string => watch.kind.resource;

/** Keys for the object as it is and as it was: a changed reference concerns both ends. */
function concerned(watch: SecondaryWatch, event: ObjectEvent, realm: Realm): Set<string> {
  const found = new Set(watch.keys(event.entry.object(), realm).map(encodeKey));
  if (event.previous) for (const key of watch.keys(event.previous.object(), realm)) found.add(encodeKey(key));
  return found;
}

/** Whether a change left all but the status (and what the store writes about the change itself) as it was. */
function isStatusOnly(event: ObjectEvent): boolean {
  if (event.type !== 'MODIFIED' || !event.previous) return false;
  const now = event.entry.object().metadata;
  const before = event.previous.object().metadata;
  return desired(now) === desired(before);
}

function desired(metadata: KubeObject['metadata']): string {
  const { generation, labels, annotations, finalizers, ownerReferences, deletionTimestamp } = metadata;
  return JSON.stringify([generation, labels, annotations, finalizers, ownerReferences, deletionTimestamp]);
}
