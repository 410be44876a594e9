/**
 * How an object that was decided on comes to be written: admission, field managers, its next version, and the leaf that says so. Every
 * change of an object goes through here, in the lane.
 */
import { MANAGER_LENGTH_MAX } from '../apply/managers.ts';
import { managersAfterUpdate, type Writer } from '../apply/ownership.ts';
import { type Clock, rfc3339 } from '../clock.ts';
import { StatusError } from '../errors.ts';
import type { Sealer } from '../keys.ts';
import type { Admission, Kind, Operation, StatusChange } from '../kind.ts';
import type { KubeObject } from '../object.ts';
import type { Random } from '../random.ts';
import type { ChangeContext, ObjectKey } from '../realm.ts';
import type { RealmId } from '../realm-id.ts';
import type { BatchView } from './batch-view.ts';
import type { Change } from './change.ts';
import type { CheckedDraft } from './draft.ts';
import { ObjectEntry } from './entry.ts';
import type { Decision, LeafToCommit } from './lane.ts';
import type { StoreLimits } from './limits.ts';
import { isReleased, newObject, objectWithStatus, sameObject, withManagers } from './next-object.ts';
import { type LeafVerb, objectLeaf } from './object-leaf.ts';

export interface ObjectWriterOptions {
  readonly realm: RealmId;
  readonly realmUid: string;
  readonly sealer: Sealer;
  readonly admissions: readonly Admission[];
  readonly clock: Clock;
  readonly random: Random;
  readonly limits: StoreLimits;
}

export class ObjectWriter {
  readonly #options: ObjectWriterOptions;

  constructor(options: ObjectWriterOptions) {
    this.#options = options;
  }

  newObject(kind: Kind, { name, namespace }: ObjectKey, draft: CheckedDraft, uid?: string): KubeObject {
    return newObject(kind, draft, {
      name,
      namespace,
      uid: uid ?? this.#options.random.uuid(),
      creationTimestamp: rfc3339(this.#options.clock.now()),
    });
  }

  create(view: BatchView, kind: Kind, draft: KubeObject, context: ChangeContext): Decision<ObjectEntry> {
    const object = kind.bornStatus ? objectWithStatus(draft, kind.bornStatus(draft, context.actor)) : draft;
    const along = this.admit('create', kind, object, undefined, view, context);
    return this.written(view, kind, 'create', object, undefined, context, false, along);
  }

  replace(
    view: BatchView,
    kind: Kind,
    current: ObjectEntry,
    object: KubeObject,
    context: ChangeContext,
  ): Decision<ObjectEntry> {
    const before = current.object();
    if (sameObject(before, object)) return unchanged(current);
    const along = this.admit('update', kind, object, before, view, context);
    const released = isReleased(object);
    return this.written(
      view,
      kind,
      released ? 'remove' : 'update',
      object,
      current,
      context,
      released,
      along,
    );
  }

  replaceStatus(
    view: BatchView,
    kind: Kind,
    current: ObjectEntry,
    object: KubeObject,
    context: ChangeContext,
  ): Decision<ObjectEntry> {
    const before = current.object();
    if (sameObject(before, object)) return unchanged(current);
    const along = this.admit('update', kind, object, before, view, context);
    return this.written(view, kind, 'update-status', object, current, context, false, along);
  }

  /** Who makes a change, to its field managers. */
  manager(context: ChangeContext, subresource?: 'status'): Writer {
    const manager = (context.fieldManager ?? context.actor.name).slice(0, MANAGER_LENGTH_MAX);
    return { manager, subresource, time: rfc3339(this.#options.clock.now()) };
  }

  /** The object with its field managers brought up to date. `given`: those that the request itself carries. */
  tracked(
    kind: Kind,
    before: KubeObject | undefined,
    after: KubeObject,
    given: unknown,
    context: ChangeContext,
    subresource?: 'status',
  ): KubeObject {
    // Most objects were never applied to: nothing is tracked of them.
    if (given === undefined && before?.metadata.managedFields === undefined) return after;
    const writer = this.manager(context, subresource);
    return withManagers(after, managersAfterUpdate(kind, before, after, given, writer));
  }

  /** Makes the leaf and the stored form of an object that changed. */
  written(
    view: BatchView,
    kind: Kind,
    verb: LeafVerb,
    object: KubeObject,
    previous: ObjectEntry | undefined,
    context: ChangeContext,
    removed = false,
    along: readonly StatusChange[] = [],
  ): Decision<ObjectEntry> {
    const revision = view.nextRevision;
    // What a dry run shows was never committed, so it has no version of its own.
    const resourceVersion = context.dryRun ? object.metadata.resourceVersion : String(revision);
    const entry = ObjectEntry.of(kind, { ...object, metadata: { ...object.metadata, resourceVersion } });
    const { object_bytes_max } = this.#options.limits;
    if (entry.bytes.length > object_bytes_max && !removed) {
      throw new StatusError(
        'RequestEntityTooLarge',
        `${kind.kind} "${entry.name}" takes ${entry.bytes.length} bytes; the most is ${object_bytes_max}`,
      );
    }
    const change = changeOf(kind, entry, previous, removed);
    const commit = objectLeaf(verb, revision, change, context, this.#options);
    if (along.length === 0) return { result: entry, commit };
    return {
      result: entry,
      commit,
      also: along.map((one, at) => this.#along(view, one, revision + 1 + at, context)),
    };
  }

  /** The leaf of a status that is written together with a change, as index `revision`. */
  #along(
    view: BatchView,
    { kind, key, status }: StatusChange,
    revision: number,
    context: ChangeContext,
  ): LeafToCommit {
    const previous = view.entry(kind, key);
    if (!previous)
      throw new TypeError(`a rule wants to change ${kind.kind} "${key.name}", which is not there`);
    const object = objectWithStatus(previous.object(), status);
    const metadata = { ...object.metadata, resourceVersion: String(revision) };
    const entry = ObjectEntry.of(kind, { ...object, metadata });
    return objectLeaf(
      'update-status',
      revision,
      changeOf(kind, entry, previous, false),
      context,
      this.#options,
    );
  }

  /** Asks every rule; gives what they want to be written along with the change. Throws what refuses. */
  admit(
    operation: Operation,
    kind: Kind,
    object: KubeObject,
    previous: KubeObject | undefined,
    view: BatchView,
    context: ChangeContext,
  ): readonly StatusChange[] {
    const along: StatusChange[] = [];
    const request = {
      realm: this.#options.realm,
      operation,
      kind,
      object,
      ...(previous === undefined ? {} : { previous }),
      view,
      actor: context.actor,
      now_ms: this.#options.clock.now(),
      along: (change: StatusChange) => {
        along.push(change);
      },
    };
    for (const admission of this.#options.admissions) admission(request);
    kind.admit?.(request);
    return along;
  }
}

/** Nothing to write. */
export const unchanged = (entry: ObjectEntry): Decision<ObjectEntry> => ({ result: entry });

function changeOf(
  kind: Kind,
  entry: ObjectEntry,
  previous: ObjectEntry | undefined,
  removed: boolean,
): Change {
  if (!previous) return { type: 'created', kind, entry };
  return { type: removed ? 'deleted' : 'updated', kind, entry, previous };
}
