/**
 * Changes of objects with the semantics of the Kubernetes API, each decided in the realm's lane on the state it is committed on.
 */
import { type Applier, applyConfiguration } from '../apply/apply.ts';
import { rfc3339 } from '../clock.ts';
import { alreadyExists, badRequest, conflict, notFound, StatusError } from '../errors.ts';
import type { Kind, ObjectOf } from '../kind.ts';
import type { DraftObject, KubeObject } from '../object.ts';
import { nameSuffix } from '../random.ts';
import type {
  ApplyOptions,
  ApplyResult,
  ChangeContext,
  CreateOptions,
  DeleteOptions,
  DeleteResult,
  ObjectKey,
  RealmView,
  Resources,
  WriteOptions,
  WriteResult,
} from '../realm.ts';
import { realmType } from '../realm-id.ts';
import { LABEL_NAME_MAX } from '../schema/metadata.ts';
import type { BatchView } from './batch-view.ts';
import {
  type CheckedDraft,
  type CheckedStatus,
  checkConfiguration,
  checkDraft,
  checkStatusDraft,
  resourceOf,
} from './draft.ts';
import type { ObjectEntry } from './entry.ts';
import type { Decision, Lane } from './lane.ts';
import {
  assertPreconditions,
  deletedObject,
  objectWithStatus,
  sameObject,
  undeletedObject,
  updatedObject,
  withManagers,
} from './next-object.ts';
import { ObjectWriter, type ObjectWriterOptions, unchanged } from './object-writer.ts';
import { assertNamespace, assertSameKey, named } from './request-key.ts';

/** Tries to find a free generated name: with 27^5 suffixes, more means that the names are nearly used up. */
const GENERATED_NAME_TRIES = 8;

const SUFFIX_CHARACTERS = 5;

export interface ResourcesOptions extends ObjectWriterOptions {
  readonly lane: Lane;
}

export class LaneResources implements Resources {
  readonly #options: ResourcesOptions;
  readonly #writer: ObjectWriter;

  constructor(options: ResourcesOptions) {
    this.#options = options;
    this.#writer = new ObjectWriter(options);
  }

  async create(
    kind: Kind,
    namespace: string | undefined,
    draft: DraftObject,
    context: ChangeContext,
    options?: CreateOptions,
  ): Promise<WriteResult> {
    this.#assertServed(kind);
    const checked = checkDraft(kind, draft, options?.fieldValidation ?? 'Strict');
    const born = options?.born;
    const status = born && checkStatusDraft(kind, { ...draft, status: born.status }, 'Strict').status;
    assertNamespace(kind, namespace, checked.metadata.namespace);
    if (checked.metadata.resourceVersion) {
      throw badRequest('metadata.resourceVersion: must not be set on an object to be created');
    }
    return this.#submit(context, checked.warnings, (view) => {
      const name = checked.metadata.name || this.#generateName(kind, namespace, checked, view);
      if (view.entry(kind, keyOf(namespace, name))) throw alreadyExists(resourceOf(kind, name));
      const made = this.#writer.newObject(kind, keyOf(namespace, name), checked, born?.uid);
      const object = status === undefined ? made : objectWithStatus(made, status);
      const tracked = this.#writer.tracked(kind, undefined, object, checked.metadata.managedFields, context);
      return this.#writer.create(view, kind, tracked, context);
    });
  }

  async update(
    kind: Kind,
    key: ObjectKey,
    draft: DraftObject,
    context: ChangeContext,
    options?: WriteOptions,
  ): Promise<WriteResult> {
    this.#assertServed(kind);
    const checked = checkDraft(kind, named(draft, key), options?.fieldValidation ?? 'Strict');
    assertSameKey(key, checked.metadata);
    return this.#submit(context, checked.warnings, (view) =>
      this.#update(view, kind, this.#current(view, kind, key), checked, context),
    );
  }

  async updateStatus(
    kind: Kind,
    key: ObjectKey,
    draft: DraftObject,
    context: ChangeContext,
    options?: WriteOptions,
  ): Promise<WriteResult> {
    this.#assertStatus(kind);
    const checked = checkStatusDraft(kind, draft, options?.fieldValidation ?? 'Strict');
    assertSameKey(key, draft.metadata);
    return this.#submit(context, checked.warnings, (view) =>
      this.#updateStatus(view, kind, this.#current(view, kind, key), checked, context),
    );
  }

  async modify<K extends Kind>(
    kind: K,
    key: ObjectKey,
    context: ChangeContext,
    change: (current: ObjectOf<K>, view: RealmView) => DraftObject | ObjectOf<K>,
    options?: WriteOptions & { readonly subresource?: 'status' },
  ): Promise<WriteResult> {
    if (options?.subresource === 'status') this.#assertStatus(kind);
    else this.#assertServed(kind);
    const validation = options?.fieldValidation ?? 'Strict';
    const warnings: string[] = [];
    return this.#submit(context, warnings, (view) => {
      warnings.length = 0;
      const current = this.#current(view, kind, key);
      // The kind's schema was checked when the object was written.
      const before = current.object() as ObjectOf<K>;
      const after = change(before, view);
      if (after === before) return unchanged(current);
      const draft = after as DraftObject;
      if (options?.subresource === 'status') {
        const checked = checkStatusDraft(kind, draft, validation);
        warnings.push(...checked.warnings);
        return this.#updateStatus(view, kind, current, checked, context);
      }
      const checked = checkDraft(kind, named(draft, key), validation);
      warnings.push(...checked.warnings);
      assertSameKey(key, checked.metadata);
      return this.#update(view, kind, current, checked, context);
    });
  }

  async apply(
    kind: Kind,
    key: ObjectKey,
    configuration: DraftObject,
    context: ChangeContext,
    options: ApplyOptions,
  ): Promise<ApplyResult> {
    const { subresource } = options;
    if (subresource === 'status') this.#assertStatus(kind);
    else this.#assertServed(kind);
    const validation = options.fieldValidation ?? 'Strict';
    const checked = checkConfiguration(kind, named(configuration, key), validation);
    assertNamespace(kind, key.namespace, checked.configuration.metadata.namespace);
    assertSameKey(key, checked.configuration.metadata);
    let created = false;
    const result = await this.#submit(context, checked.warnings, (view) => {
      const current = view.entry(kind, key);
      created = current === undefined;
      const writer = { ...this.#writer.manager(context, subresource), force: options.force === true };
      if (current) return this.#applyTo(view, kind, current, checked.configuration, writer, context);
      if (subresource === 'status' || options.create === false) throw notFound(resourceOf(kind, key.name));
      const { uid, resourceVersion } = checked.configuration.metadata;
      if (uid || resourceVersion) {
        throw conflict(
          resourceOf(kind, key.name),
          'there is none; leave out uid and resourceVersion to create it',
        );
      }
      const draft = checkDraft(
        kind,
        applyConfiguration(kind, undefined, checked.configuration, writer),
        'Ignore',
      );
      return this.#writer.create(view, kind, this.#writer.newObject(kind, key, draft), context);
    });
    const { object, bytes, warnings } = result;
    return { object, bytes, warnings, created };
  }

  async delete(
    kind: Kind,
    key: ObjectKey,
    context: ChangeContext,
    options: DeleteOptions = {},
  ): Promise<DeleteResult> {
    this.#assertServed(kind);
    return this.#options.lane.submit<DeleteResult>((view) => {
      const current = this.#current(view, kind, key);
      const before = current.object();
      assertPreconditions(kind, before.metadata, options.preconditions ?? {});
      const along = this.#writer.admit('delete', kind, before, before, view, context);
      const { object, removed } = deletedObject(before, options, rfc3339(this.#options.clock.now()));
      const { result, commit, also } =
        !removed && sameObject(before, object)
          ? unchanged(current)
          : this.#writer.written(view, kind, 'delete', object, current, context, removed, along);
      return {
        result: { object: result.object(), bytes: result.bytes, warnings: [], removed },
        ...(commit ? { commit } : {}),
        ...(also ? { also } : {}),
      };
    }, context.dryRun);
  }

  async undelete(
    kind: Kind,
    key: ObjectKey,
    context: ChangeContext,
    preconditions: { readonly uid: string },
  ): Promise<WriteResult> {
    this.#assertServed(kind);
    return this.#submit(context, [], (view) => {
      const current = this.#current(view, kind, key);
      const before = current.object();
      assertPreconditions(kind, before.metadata, preconditions);
      return this.#writer.replace(view, kind, current, undeletedObject(before), context);
    });
  }

  #update(
    view: BatchView,
    kind: Kind,
    current: ObjectEntry,
    draft: CheckedDraft,
    context: ChangeContext,
  ): Decision<ObjectEntry> {
    const before = current.object();
    assertPreconditions(kind, before.metadata, {
      ...(draft.metadata.uid === undefined ? {} : { uid: draft.metadata.uid }),
      ...(draft.metadata.resourceVersion === undefined
        ? {}
        : { resourceVersion: draft.metadata.resourceVersion }),
    });
    const object = updatedObject(kind, before, draft);
    const tracked = this.#writer.tracked(kind, before, object, draft.metadata.managedFields, context);
    return this.#writer.replace(view, kind, current, tracked, context);
  }

  /** What an apply makes of an object that is there. */
  #applyTo(
    view: BatchView,
    kind: Kind,
    current: ObjectEntry,
    configuration: DraftObject,
    applier: Applier,
    context: ChangeContext,
  ): Decision<ObjectEntry> {
    const before = current.object();
    const { uid = '', resourceVersion = '' } = configuration.metadata;
    assertPreconditions(kind, before.metadata, { uid, resourceVersion });
    const applied = applyConfiguration(kind, before, configuration, applier);
    if (applier.subresource === 'status') {
      const { status } = checkStatusDraft(kind, applied, 'Ignore');
      const object = withManagers(objectWithStatus(before, status), applied.metadata.managedFields ?? []);
      return this.#writer.replaceStatus(view, kind, current, object, context);
    }
    const object = updatedObject(kind, before, checkDraft(kind, applied, 'Ignore'));
    return this.#writer.replace(view, kind, current, object, context);
  }

  #updateStatus(
    view: BatchView,
    kind: Kind,
    current: ObjectEntry,
    draft: CheckedStatus,
    context: ChangeContext,
  ): Decision<ObjectEntry> {
    const before = current.object();
    assertPreconditions(kind, before.metadata, draft.metadata);
    const object = objectWithStatus(before, draft.status);
    const tracked = this.#writer.tracked(kind, before, object, undefined, context, 'status');
    return this.#writer.replaceStatus(view, kind, current, tracked, context);
  }

  async #submit(
    context: ChangeContext,
    warnings: readonly string[],
    decide: (view: BatchView) => Decision<ObjectEntry>,
  ): Promise<WriteResult> {
    const entry = await this.#options.lane.submit(decide, context.dryRun);
    return new EntryResult(entry, warnings);
  }

  #current(view: BatchView, kind: Kind, key: ObjectKey): ObjectEntry {
    const entry = view.entry(kind, key);
    if (!entry) throw notFound(resourceOf(kind, key.name));
    return entry;
  }

  #generateName(kind: Kind, namespace: string | undefined, draft: CheckedDraft, view: BatchView): string {
    const base = (draft.metadata.generateName ?? '').slice(0, LABEL_NAME_MAX - SUFFIX_CHARACTERS);
    for (let attempt = 0; attempt < GENERATED_NAME_TRIES; attempt++) {
      const name = base + nameSuffix(this.#options.random);
      if (!view.entry(kind, keyOf(namespace, name))) return name;
    }
    throw alreadyExists(resourceOf(kind, base));
  }

  #assertServed(kind: Kind): void {
    if (kind.realms.includes(realmType(this.#options.realm))) return;
    throw new StatusError(
      'MethodNotAllowed',
      `${kind.plural} cannot be changed in ${this.#options.realm}: they are kept in realms of type ${kind.realms.join(', ')}`,
    );
  }

  #assertStatus(kind: Kind): void {
    this.#assertServed(kind);
    if (!kind.status) throw notFound({ group: kind.group, kind: `${kind.plural}/status` });
  }
}

const keyOf = (namespace: string | undefined, name: string): ObjectKey =>
  namespace === undefined ? { name } : { namespace, name };

/** What was written. Most who ask want its bytes only, so the object is read from them when somebody asks for it. */
class EntryResult implements WriteResult {
  readonly bytes: Buffer;
  readonly warnings: readonly string[];
  readonly #entry: ObjectEntry;

  constructor(entry: ObjectEntry, warnings: readonly string[]) {
    this.#entry = entry;
    this.bytes = entry.bytes;
    this.warnings = warnings;
  }

  get object(): KubeObject {
    return this.#entry.object();
  }
}
