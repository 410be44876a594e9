/**
 * Owner references, as Kubernetes means them: an object whose owners are all gone is deleted; deleting an owner in the
 * foreground waits for its dependents, in the background does not, and with orphaning lets them live. An owner is in the same
 * realm, and in the same project or realm-scoped; any other reference counts as to nobody.
 */
import type { ReconcileContext } from '../controller.ts';
import { isStatusError } from '../errors.ts';
import type { Kind } from '../kind.ts';
import type { KubeObject, OwnerReference } from '../object.ts';
import type { Entry, ObjectKey, Realm, RealmView } from '../realm.ts';
import {
  FOREGROUND_FINALIZER,
  hasFinalizer,
  isDeleting,
  ORPHAN_FINALIZER,
  removeFinalizer,
} from './finalizers.ts';
import type { Worker } from './worker.ts';

const CONCURRENCY = 8;
const MARKS = ['"ownerReferences"', `"${FOREGROUND_FINALIZER}"`, `"${ORPHAN_FINALIZER}"`];

interface Item {
  readonly kind: Kind;
  readonly entry: Entry;
}

/** The garbage collector, to be run beside the controllers. Its keys are uids. `kinds`: all there are. */
export function garbageCollector(kinds: () => Iterable<Kind>): Worker {
  return {
    name: 'garbage-collector',
    realms: ['region', 'organization'],
    concurrency: CONCURRENCY,
    list(realm, enqueue) {
      for (const kind of kinds()) {
        if (!kind.realms.includes(realm.type)) continue;
        for (const entry of realm.view.entries(kind)) {
          // Looking at the bytes spares parsing every object: a mark inside some text only costs one useless run.
          if (MARKS.some((mark) => entry.bytes.includes(mark))) enqueue(realm.id, entry.uid, 'change');
        }
      }
    },
    // It has no engine, so nothing to sweep.
    holds: () => false,
    notice(event, realm, enqueue) {
      const { entry, previous, type } = event;
      // A change of an owner concerns its dependents; that of a dependent, itself and the owners that may wait for it.
      const concerned = new Set<string>();
      if (type === 'DELETED' || MARKS.some((mark) => entry.bytes.includes(mark))) concerned.add(entry.uid);
      for (const state of [entry, previous]) {
        if (!state?.bytes.includes('"ownerReferences"')) continue;
        for (const owner of state.object().metadata.ownerReferences ?? []) concerned.add(owner.uid);
      }
      for (const uid of concerned) enqueue(realm.id, uid, 'change');
    },
    async run(uid, context) {
      await collect(uid, context);
      return undefined;
    },
  };
}

async function collect(uid: string, context: ReconcileContext): Promise<void> {
  const { view } = context.realm;
  const item = view.byUid(uid);
  if (!item) {
    for (const dependent of [...view.dependents(uid)]) await collectDependent(dependent, context);
    return;
  }
  const object = item.entry.object();
  if (isDeleting(object) && hasFinalizer(object, ORPHAN_FINALIZER)) return orphan(item, context);
  if (isDeleting(object) && hasFinalizer(object, FOREGROUND_FINALIZER)) return foreground(item, context);
  await collectDependent(item, context);
}

/** Deletes an object that has owners, but none that lives; drops references to those that are gone when others live. */
async function collectDependent(item: Item, context: ReconcileContext): Promise<void> {
  const { realm, change } = context;
  const object = item.entry.object();
  const owners = object.metadata.ownerReferences ?? [];
  if (owners.length === 0 || isDeleting(object)) return;
  const solid = owners.filter((owner) => stateOf(realm.view, object, owner) === 'solid');
  const waiting = owners.filter((owner) => stateOf(realm.view, object, owner) === 'waiting');
  if (solid.length > 0) {
    if (solid.length < owners.length) await keepOwners(item, context);
    return;
  }
  await ignoringRaces(() =>
    realm.resources.delete(item.kind, keyOf(item.entry), change, {
      propagationPolicy: waiting.length > 0 && hasDependents(realm, item) ? 'Foreground' : 'Background',
      preconditions: { uid: item.entry.uid },
    }),
  );
}

/** `absent` or `waiting` (being deleted in the foreground) owners no longer hold an object that has another. */
async function keepOwners({ kind, entry }: Item, { realm, change }: ReconcileContext): Promise<void> {
  await ignoringRaces(() =>
    realm.resources.modify(kind, keyOf(entry), change, (current, view) => {
      if (current.metadata.uid !== entry.uid) return current;
      const owners = current.metadata.ownerReferences ?? [];
      const solid = owners.filter((owner) => stateOf(view, current, owner) === 'solid');
      if (solid.length === 0 || solid.length === owners.length) return current;
      return { ...current, metadata: { ...current.metadata, ownerReferences: solid } };
    }),
  );
}

/** Takes the dying owner out of its dependents' references, then lets it go. */
async function orphan({ kind, entry }: Item, { realm, change }: ReconcileContext): Promise<void> {
  for (const dependent of [...realm.view.dependents(entry.uid)]) {
    await ignoringRaces(() =>
      realm.resources.modify(dependent.kind, keyOf(dependent.entry), change, (current) => {
        const owners = current.metadata.ownerReferences ?? [];
        const others = owners.filter((owner) => owner.uid !== entry.uid);
        if (others.length === owners.length) return current;
        return { ...current, metadata: { ...current.metadata, ownerReferences: others } };
      }),
    );
  }
  await removeFinalizer(realm.resources, kind, keyOf(entry), ORPHAN_FINALIZER, change, entry.uid);
}

/** Deletes the dependents; the owner goes when none that blocks it is left. Each one's end wakes the owner again. */
async function foreground({ kind, entry }: Item, context: ReconcileContext): Promise<void> {
  const { realm, change } = context;
  for (const dependent of [...realm.view.dependents(entry.uid)]) await collectDependent(dependent, context);
  for (const dependent of realm.view.dependents(entry.uid)) {
    const owners = dependent.entry.object().metadata.ownerReferences ?? [];
    if (owners.some((owner) => owner.uid === entry.uid && owner.blockOwnerDeletion === true)) return;
  }
  await removeFinalizer(realm.resources, kind, keyOf(entry), FOREGROUND_FINALIZER, change, entry.uid);
}

function stateOf(
  view: RealmView,
  dependent: Pick<KubeObject, 'metadata'>,
  owner: OwnerReference,
): 'solid' | 'waiting' | 'absent' {
  const found = view.byUid(owner.uid);
  if (!found) return 'absent';
  const { kind, entry } = found;
  const same =
    kind.kind === owner.kind &&
    entry.name === owner.name &&
    groupOf(kind.apiVersion) === groupOf(owner.apiVersion);
  if (!same) return 'absent';
  if (entry.namespace !== undefined && entry.namespace !== dependent.metadata.namespace) return 'absent';
  const object = entry.object();
  return isDeleting(object) && hasFinalizer(object, FOREGROUND_FINALIZER) ? 'waiting' : 'solid';
}

const groupOf = (apiVersion: string): string =>
  apiVersion.includes('/') ? (apiVersion.split('/', 1)[0] ?? '') : '';

function hasDependents(realm: Realm, { entry }: Item): boolean {
  for (const _ of realm.view.dependents(entry.uid)) return true;
  return false;
}

const keyOf = ({ namespace, name }: Entry): ObjectKey =>
  namespace === undefined ? { name } : { namespace, name };

// Gone, or made anew meanwhile: the change that says so queues what it concerns.
async function ignoringRaces(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!isStatusError(error, 'NotFound') && !isStatusError(error, 'Conflict')) throw error;
  }
}
