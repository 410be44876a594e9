/**
 * What changed from one value to another, field by field. Pure.
 */
import { jsonEqual } from '../schema/field-path.ts';
import { type FieldSet, FieldSetBuilder, union } from './field-set.ts';
import type { FieldType } from './field-type.ts';
import type { PathElement } from './path-element.ts';
import { formOf, type ValueForm } from './value-form.ts';

export interface Comparison {
  /** Unlike in an applied configuration, containers that came into being are members as well. */
  readonly added: FieldSet;
  readonly modified: FieldSet;
  readonly removed: FieldSet;
}

interface Collectors {
  readonly added: FieldSetBuilder;
  readonly modified: FieldSetBuilder;
  readonly removed: FieldSetBuilder;
}

export function compare(before: unknown, after: unknown, type: FieldType): Comparison {
  const found: Collectors = {
    added: new FieldSetBuilder(),
    modified: new FieldSetBuilder(),
    removed: new FieldSetBuilder(),
  };
  walk(before, after, type, [], found);
  return { added: found.added.set, modified: found.modified.set, removed: found.removed.set };
}

/** The fields that `after` has and `before` had not, or had with another value. */
export const changed = ({ added, modified }: Comparison): FieldSet => union(added, modified);

const partsOf = (seen: ValueForm | undefined) => (seen && seen.form !== 'leaf' ? seen.parts : new Map());

/** An absent value is undefined. */
function walk(
  before: unknown,
  after: unknown,
  type: FieldType,
  path: readonly PathElement[],
  found: Collectors,
): void {
  const left = before === undefined ? undefined : formOf(before, type);
  const right = after === undefined ? undefined : formOf(after, type);
  if (left && right && left.form !== right.form) {
    // Another form altogether: what was is gone, and what is is new.
    walk(before, undefined, type, path, found);
    walk(undefined, after, type, path, found);
    return;
  }
  if (left && right && left.form === 'leaf') {
    if (!jsonEqual(before, after)) found.modified.add(path);
    return;
  }
  const leftParts = partsOf(left);
  const rightParts = partsOf(right);
  for (const [element, part] of rightParts) {
    walk(leftParts.get(element)?.value, part.value, part.type, [...path, element], found);
  }
  for (const [element, part] of leftParts) {
    if (!rightParts.has(element)) walk(part.value, undefined, part.type, [...path, element], found);
  }
  if (!left) found.added.add(path);
  else if (!right) found.removed.add(path);
}
