/**
 * Puts an applied configuration over a live value, and takes fields out of a value. Pure: shares what it does not change.
 */
import { isRecord } from '../schema/field-path.ts';
import { EMPTY, type FieldSet } from './field-set.ts';
import { ANYTHING, type FieldType, type ListType } from './field-type.ts';
import { fieldName, type PathElement } from './path-element.ts';
import { formOf } from './value-form.ts';

/** Objects and shared lists merge; everything else is as applied. */
export function merge(live: unknown, applied: unknown, type: FieldType): unknown {
  if (live === undefined || formOf(live, type).form !== formOf(applied, type).form) return applied;
  if (type.form === 'list' && Array.isArray(live) && Array.isArray(applied))
    return mergeList(live, applied, type);
  if (type.form === 'leaf' || !isRecord(live) || !isRecord(applied)) return applied;
  const merged: Record<string, unknown> = { ...live };
  for (const [name, value] of Object.entries(applied)) {
    merged[name] = merge(live[name], value, type.form === 'object' ? type.member(name) : ANYTHING);
  }
  return merged;
}

/** Elements of the configuration come in its order; those it does not have keep their place behind what they followed. */
function mergeList(live: readonly unknown[], applied: readonly unknown[], type: ListType): unknown[] {
  const lived = formOf(live, type);
  const given = formOf(applied, type);
  if (lived.form !== 'list' || given.form !== 'list') return [...applied];
  const shared = [...given.parts.keys()].filter((element) => lived.parts.has(element));
  const waiting = [...given.parts];
  const merged: unknown[] = [];
  const takeUntil = (last: PathElement | undefined) => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [element, { value }] = next;
      merged.push(merge(lived.parts.get(element)?.value, value, type.element));
      if (element === last) return;
    }
  };
  for (const [element, { value }] of lived.parts) {
    if (!given.parts.has(element)) merged.push(value);
    else if (element === shared[0]) takeUntil(shared.shift());
  }
  takeUntil(undefined);
  return merged;
}

/**
 * The value without the fields of the set and all that is in them. A container that loses its last one goes too, unless it is one of
 * `owned`: somebody wants it, if only empty.
 */
export function without(value: unknown, fields: FieldSet, type: FieldType, owned: FieldSet): unknown {
  const seen = formOf(value, type);
  if (seen.form === 'leaf' || fields.size === 0) return value;
  const keep = (element: PathElement): { readonly value: unknown } | undefined => {
    const part = seen.parts.get(element);
    const node = fields.get(element);
    if (!part || node?.member) return undefined;
    if (!node) return part;
    const owner = owned.get(element);
    const rest = without(part.value, node.children, part.type, owner?.children ?? EMPTY);
    if (rest !== undefined) return { value: rest };
    return owner?.member ? { value: Array.isArray(part.value) ? [] : {} } : undefined;
  };
  const kept = [...seen.parts.keys()].flatMap((element) => {
    const rest = keep(element);
    return rest ? [[element, rest.value] as const] : [];
  });
  if (kept.length === 0 && seen.parts.size > 0) return undefined;
  if (seen.form === 'list') return kept.map(([, item]) => item);
  return Object.fromEntries(kept.map(([element, member]) => [fieldName(element) ?? element, member]));
}
