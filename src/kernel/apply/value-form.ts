/**
 * A value seen through its type: as a leaf, as members by name, or as elements by what identifies them. Everything that walks
 * objects and field sets together sees them through this. Pure.
 */
import { isRecord } from '../schema/field-path.ts';
import { ANYTHING, type FieldType } from './field-type.ts';
import { fieldElement, type PathElement } from './path-element.ts';

export interface Part {
  readonly value: unknown;
  readonly type: FieldType;
  /** A member that the schema names: it exists by the schema, so owning something in it is not owning it. */
  readonly isNamed: boolean;
}

export type ValueForm =
  | { readonly form: 'leaf' }
  | { readonly form: 'object' | 'list'; readonly parts: ReadonlyMap<PathElement, Part> };

const LEAF_VALUE: ValueForm = { form: 'leaf' };

/** A value that does not fit its type, or a list whose elements cannot be told apart, is a leaf: validation speaks about it. */
export function formOf(value: unknown, type: FieldType): ValueForm {
  if (type.form === 'list') return Array.isArray(value) ? listForm(value, type) : LEAF_VALUE;
  if (type.form === 'leaf' || !isRecord(value)) return LEAF_VALUE;
  const parts = new Map<PathElement, Part>();
  for (const [name, member] of Object.entries(value)) {
    if (member === undefined) continue;
    const of = type.form === 'object' ? type.member(name) : ANYTHING;
    const isNamed = type.form === 'object' && type.names(name);
    parts.set(fieldElement(name), { value: member, type: of, isNamed });
  }
  return { form: 'object', parts };
}

function listForm(list: readonly unknown[], type: Extract<FieldType, { form: 'list' }>): ValueForm {
  const parts = new Map<PathElement, Part>();
  for (const value of list) {
    const element = type.identify(value);
    if (element === undefined || parts.has(element)) return LEAF_VALUE;
    parts.set(element, { value, type: type.element, isNamed: false });
  }
  return { form: 'list', parts };
}
