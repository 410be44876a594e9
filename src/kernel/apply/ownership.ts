/**
 * What a change of an object means for who manages its fields. Pure.
 */
import type { Kind } from '../kind.ts';
import type { DraftObject, KubeObject } from '../object.ts';
import { type Comparison, changed, compare } from './compare.ts';
import type { Conflict } from './conflict.ts';
import { difference, intersection, isEmpty, sameFields, union } from './field-set.ts';
import { fieldTypeOf } from './field-type.ts';
import {
  cappedManagers,
  decodeManagers,
  encodeManagers,
  isReset,
  type ManagedFieldsEntry,
  type Manager,
  sameManager,
} from './managers.ts';
import { type Subresource, trackedPart, withoutMetadataItself } from './tracked.ts';

/** Who changes an object, and when. */
export interface Writer {
  readonly manager: string;
  readonly subresource: Subresource;
  /** RFC 3339, whole seconds. */
  readonly time: string;
}

/**
 * The managers after a create, update or patch: the writer owns what it changed, everybody else loses that and what is gone.
 * Nobody is tracked before the first apply: then there are no managers, and this gives none.
 *
 * `before` is absent on create. `given` is the request's own `metadata.managedFields`, already found valid: managers are taken from
 * it, so that tools can move ownership; an empty or absent one changes nothing, and `[{}]` forgets all.
 */
export function managersAfterUpdate(
  kind: Kind,
  before: KubeObject | undefined,
  after: KubeObject,
  given: unknown,
  writer: Writer,
): readonly ManagedFieldsEntry[] {
  const kept = managersGiven(before, given, writer.subresource);
  if (kept.length === 0) return [];
  const managers = updatedManagers(kind, before, after, kept, { ...writer, operation: 'Update' });
  return encodeManagers(cappedManagers(managers));
}

/** Which managers a request starts from. */
function managersGiven(
  before: KubeObject | undefined,
  given: unknown,
  subresource: Subresource,
): readonly Manager[] {
  if (subresource === undefined) {
    if (isReset(given)) return [];
    const { managers } = decodeManagers(given);
    if (managers.length > 0) return managers;
  }
  return decodeManagers(before?.metadata.managedFields).managers;
}

/** Takes a change into account that `by` made without applying. */
export function updatedManagers(
  kind: Kind,
  before: KubeObject | undefined,
  after: KubeObject | DraftObject,
  managers: readonly Manager[],
  by: Writer & { readonly operation: 'Update' },
): readonly Manager[] {
  const found = compareTracked(kind, before, after, by.subresource);
  const gained = withoutMetadataItself(changed(found));
  const others = managers.map((each) => losing(each, found));
  if (isEmpty(gained)) return others;
  const { manager, operation, subresource, time } = by;
  const self: Manager = {
    manager,
    operation,
    subresource,
    time,
    apiVersion: kind.apiVersion,
    fields: gained,
  };
  const previous = managers.find((each) => sameManager(each, self));
  return [
    ...others.filter((each) => !sameManager(each, self)),
    { ...self, fields: previous ? union(difference(previous.fields, found.removed), gained) : gained },
  ];
}

export function compareTracked(
  kind: Kind,
  before: KubeObject | undefined,
  after: KubeObject | DraftObject,
  subresource: Subresource,
): Comparison {
  const was = before ? trackedPart(before, subresource) : {};
  return compare(was, trackedPart(after, subresource), fieldTypeOf(kind));
}

/** A manager after somebody else's change. */
export function losing(manager: Manager, found: Comparison): Manager {
  const fields = difference(difference(manager.fields, changed(found)), found.removed);
  return sameFields(fields, manager.fields) ? manager : { ...manager, fields };
}

/** What others manage of that which a change would set. */
export function conflictsWith(managers: readonly Manager[], found: Comparison): readonly Conflict[] {
  return managers
    .map((manager) => ({ with: manager, fields: intersection(manager.fields, changed(found)) }))
    .filter(({ fields }) => !isEmpty(fields));
}
