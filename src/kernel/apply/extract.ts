/**
 * The fields that a value consists of: what somebody who applies it owns. Pure.
 */
import { isRecord } from '../schema/field-path.ts';
import { EMPTY, type FieldNode, type FieldSet, put } from './field-set.ts';
import type { FieldType } from './field-type.ts';
import { fieldName, type PathElement } from './path-element.ts';
import { formOf, type Part } from './value-form.ts';

/**
 * Leaves are members; so are elements of lists, keys of maps, and empty objects. A container that the schema names is not, since
 * whoever sets something in it does not claim the rest.
 */
export function fieldsOf(value: unknown, type: FieldType): FieldSet {
  const seen = formOf(value, type);
  if (seen.form === 'leaf') return EMPTY;
  const set = new Map<PathElement, FieldNode>();
  for (const [element, part] of seen.parts)
    put(set, element, isMember(part), fieldsOf(part.value, part.type));
  return set;
}

function isMember({ value, type, isNamed }: Part): boolean {
  if (!isNamed || formOf(value, type).form === 'leaf') return true;
  return isRecord(value) && Object.keys(value).length === 0;
}

/**
 * The set with the structs in which it has something as members too. So a struct goes as a whole once nobody owns anything in it,
 * rather than leaving behind defaults that make no sense alone. Lists and maps go with their last element instead: what
 * nobody owns in them (a finalizer of ours) stays.
 */
export function withStructs(set: FieldSet, type: FieldType): FieldSet {
  const result = new Map<PathElement, FieldNode>();
  for (const [element, node] of set) {
    const of = childType(type, element);
    const isStruct = of.form === 'object' && of.isStruct && isNamedBy(type, element);
    put(result, element, node.member || (isStruct && node.children.size > 0), withStructs(node.children, of));
  }
  return result;
}

function isNamedBy(type: FieldType, element: PathElement): boolean {
  const name = fieldName(element);
  return type.form === 'object' && name !== undefined && type.names(name);
}

/** The type of what an element of a path leads to. */
export function childType(type: FieldType, element: PathElement): FieldType {
  const name = fieldName(element);
  if (type.form === 'object' && name !== undefined) return type.member(name);
  if (type.form === 'list' && name === undefined) return type.element;
  return { form: 'any' };
}
