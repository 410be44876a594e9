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
  for (const [element, part] of seen.parts) put(set, element, isOwn(part), fieldsOf(part.value, part.type));
  return set;
}

function isOwn({ value, type, isNamed }: Part): boolean {
  if (!isNamed || formOf(value, type).form === 'leaf') return true;
  return isRecord(value) && Object.keys(value).length === 0;
}

/**
 * What somebody leaves behind who owned these fields. A struct in which he had something is left as a whole, so that it goes once
 * nobody owns anything in it, rather than staying with defaults that make no sense alone. A list or map is not: what nobody
 * owns in it (a finalizer of ours) stays, and it goes with its last element.
 */
export function leftBehind(set: FieldSet, type: FieldType): FieldSet {
  return mapMembers(set, type, (node, of, isNamed) => {
    if (!isNamed) return node.member;
    const isStruct = of.form === 'object' && of.isStruct;
    const isCollection = of.form === 'list' || (of.form === 'object' && !isStruct);
    return isCollection ? false : node.member || (isStruct && node.children.size > 0);
  });
}

/** What must stay for the owners of these fields: them, and the containers the schema names that they are in. */
export function neededFor(set: FieldSet, type: FieldType): FieldSet {
  return mapMembers(set, type, (node, _of, isNamed) => node.member || (isNamed && node.children.size > 0));
}

function mapMembers(
  set: FieldSet,
  type: FieldType,
  isMember: (node: FieldNode, of: FieldType, isNamed: boolean) => boolean,
): FieldSet {
  const result = new Map<PathElement, FieldNode>();
  for (const [element, node] of set) {
    const of = childType(type, element);
    put(
      result,
      element,
      isMember(node, of, isNamedBy(type, element)),
      mapMembers(node.children, of, isMember),
    );
  }
  return result;
}

function isNamedBy(type: FieldType, element: PathElement): boolean {
  const name = fieldName(element);
  return type.form === 'object' && name !== undefined && type.names(name);
}

function childType(type: FieldType, element: PathElement): FieldType {
  const name = fieldName(element);
  if (type.form === 'object' && name !== undefined) return type.member(name);
  if (type.form === 'list' && name === undefined) return type.element;
  return { form: 'any' };
}
