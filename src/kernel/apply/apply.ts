/**
 * Server-side apply: what an object becomes when somebody applies a configuration to it, and who then manages what. Pure functions
 * over the object as it is, the configuration, and the kind's schema.
 *
 * The rules are those of Kubernetes (structured merge diff): the applier owns exactly what it applied; what it applied before and not
 * now goes, unless others manage it; a value that others manage differently is a conflict, unless forced.
 */
import { invalid, type StatusError } from '../errors.ts';
import type { Kind } from '../kind.ts';
import type { DraftObject, KubeObject } from '../object.ts';
import { compare } from './compare.ts';
import { type Conflict, conflictError } from './conflict.ts';
import { fieldsOf, leftBehind, neededFor } from './extract.ts';
import { difference, EMPTY, type FieldSet, isEmpty, sameFields, union } from './field-set.ts';
import { fieldTypeOf } from './field-type.ts';
import { KUBECTL, lastAppliedFields, withLastApplied } from './last-applied.ts';
import {
  BEFORE_FIRST_APPLY,
  decodeManagers,
  encodeManagers,
  MANAGERS_MAX,
  type Manager,
  sameManager,
} from './managers.ts';
import { merge, without } from './merge.ts';
import { conflictsWith, losing, updatedManagers, type Writer } from './ownership.ts';
import { type Tracked, trackedPart, withoutMetadataItself, withTrackedPart } from './tracked.ts';

export interface Applier extends Writer {
  /** Take over what others manage, instead of refusing. */
  readonly force: boolean;
}

/**
 * The object after the apply, `metadata.managedFields` included; defaults, validation and what else the server does to an object come
 * after. `live` is absent when the apply creates it; then identity (name, namespace) comes from the configuration. Throws Conflict.
 *
 * The configuration has the right shape (see `checkConfiguration`) and no nulls.
 */
export function applyConfiguration(
  kind: Kind,
  live: KubeObject | undefined,
  configuration: DraftObject,
  applier: Applier,
): DraftObject {
  const { subresource, time } = applier;
  const type = fieldTypeOf(kind);
  const config = trackedPart(configuration, subresource);
  const fields = fieldsOf(config, type);
  const managers = managersBefore(kind, live, applier);
  const self: Manager = {
    manager: applier.manager,
    operation: 'Apply',
    apiVersion: kind.apiVersion,
    subresource,
    time,
    fields: withoutMetadataItself(fields),
  };
  const last = managers.find((each) => sameManager(each, self));
  const others = managers.filter((each) => each !== last);

  const before: Tracked = live ? trackedPart(live, subresource) : {};
  const owned = [self, ...others].map((each) => each.fields).reduce(union);
  const kept = without(before, abandoned(last?.fields ?? EMPTY, owned, kind), type, owned) ?? {};
  const after = merge(kept, config, type);
  const found = compare(before, after, type);
  const conflicts = conflictsWith(others, found);
  if (conflicts.length > 0 && !applier.force) refuseConflicts(kind, live, conflicts, applier);

  const isSame = [found.added, found.modified, found.removed].every(isEmpty);
  const isNoChange = last !== undefined && isSame && sameFields(last.fields, self.fields);
  const applied = withTrackedPart(
    live ? (live as unknown as DraftObject) : configuration,
    after as Tracked,
    subresource,
  );
  const synced =
    applier.manager === KUBECTL && subresource === undefined && live
      ? withLastApplied(applied, configuration)
      : applied;
  const next = [isNoChange ? last : self, ...others.map((each) => losing(each, found))];
  if (next.length > MANAGERS_MAX) throw tooManyManagers(kind, configuration);
  const entries = encodeManagers(next);
  const { managedFields: _, ...metadata } = synced.metadata;
  return { ...synced, metadata: { ...metadata, ...(entries.length > 0 ? { managedFields: entries } : {}) } };
}

function tooManyManagers(kind: Kind, { metadata }: DraftObject): StatusError {
  const message = `Too many: the most is ${MANAGERS_MAX} field managers; apply under one that is there already`;
  return invalid({ group: kind.group, kind: kind.kind, name: String(metadata.name) }, [
    { reason: 'FieldValueTooLong', field: 'metadata.managedFields', message },
  ]);
}

/** Those that are tracked; on the first apply, one for all that was there before. */
function managersBefore(
  kind: Kind,
  live: KubeObject | undefined,
  { time, subresource }: Applier,
): readonly Manager[] {
  if (!live) return [];
  const { managers } = decodeManagers(live.metadata.managedFields);
  if (managers.length > 0) return managers;
  const first = { manager: BEFORE_FIRST_APPLY, operation: 'Update', time } as const;
  const tracked = updatedManagers(kind, undefined, live, [], { ...first, subresource: undefined });
  return subresource === 'status'
    ? updatedManagers(kind, undefined, live, tracked, { ...first, subresource })
    : tracked;
}

/** What the applier managed and nobody manages any more. */
function abandoned(last: FieldSet, owned: FieldSet, kind: Kind): FieldSet {
  const type = fieldTypeOf(kind);
  return withoutMetadataItself(difference(leftBehind(last, type), neededFor(owned, type)));
}

function refuseConflicts(
  kind: Kind,
  live: KubeObject | undefined,
  conflicts: readonly Conflict[],
  { manager, subresource }: Applier,
): void {
  const ours =
    live && manager === KUBECTL && subresource === undefined ? lastAppliedFields(kind, live) : EMPTY;
  const real = conflicts
    .map((conflict) => ({ ...conflict, fields: difference(conflict.fields, ours) }))
    .filter(({ fields }) => !isEmpty(fields));
  if (real.length > 0)
    throw conflictError(
      { group: kind.group, kind: kind.kind, ...(live ? { name: live.metadata.name } : {}) },
      real,
    );
}
