/**
 * What a kind's schema says about sharing: which values are one field, and which are made of fields that may have different owners.
 * Read once from the TypeBox schemas and the options of `list-type.ts`. Pure.
 */
import type { Kind } from '../kind.ts';
import { isRecord } from '../schema/field-path.ts';
import { keyValues, listKeys } from '../schema/list-keys.ts';
import { ObjectMetaSchema } from '../schema/metadata.ts';
import {
  alternatives,
  keywordsOf,
  memberSchema,
  objectForm,
  type SchemaKeywords,
} from '../schema/schema-form.ts';
import { keyElement, type PathElement, valueElement } from './path-element.ts';

/** `leaf`: one field, whatever is in it. `any`: the schema says nothing; objects are made of fields, all else is a leaf. */
export type FieldType = Leaf | Anything | ObjectType | ListType;

interface Leaf {
  readonly form: 'leaf';
}

interface Anything {
  readonly form: 'any';
}

export interface ObjectType {
  readonly form: 'object';
  /** Whether the schema has fields by name (a struct) rather than any key (a map). */
  readonly isStruct: boolean;
  /** Whether the schema names this field. */
  names(field: string): boolean;
  member(field: string): FieldType;
}

export interface ListType {
  readonly form: 'list';
  readonly element: FieldType;
  /** What identifies an element within the list; undefined for one that lacks it. */
  identify(element: unknown): PathElement | undefined;
}

export const LEAF: FieldType = { form: 'leaf' };
export const ANYTHING: FieldType = { form: 'any' };

const types = new WeakMap<SchemaKeywords, FieldType>();
const kinds = new WeakMap<Kind, FieldType>();

/** The type of what managers of an object can own: metadata's shared parts, the kind's own fields, status. */
export function fieldTypeOf(kind: Kind): FieldType {
  let type = kinds.get(kind);
  if (!type) {
    const body = objectType(keywordsOf(kind.body));
    const metadata = schemaType(keywordsOf(ObjectMetaSchema));
    type = {
      ...body,
      names: (field) => field === 'metadata' || body.names(field),
      member: (field) => (field === 'metadata' ? metadata : body.member(field)),
    };
    kinds.set(kind, type);
  }
  return type;
}

/** The type of the values that a schema describes. */
export function schemaType(schema: SchemaKeywords): FieldType {
  let type = types.get(schema);
  if (!type) {
    type = readType(schema);
    types.set(schema, type);
  }
  return type;
}

function readType(schema: SchemaKeywords): FieldType {
  if (schema['x-kubernetes-int-or-string'] === true) return LEAF;
  const options = alternatives(schema).filter((option) => option.type !== 'null');
  if (options.length > 0) return joined(options.map(schemaType));
  if (schema.type === 'array') return listType(schema);
  if (schema['x-kubernetes-map-type'] === 'atomic') return LEAF;
  const { properties, patterns } = objectForm(schema);
  if (schema.type === 'object' || properties.size > 0 || patterns.length > 0) return objectType(schema);
  return 'type' in schema || 'const' in schema || 'enum' in schema ? LEAF : ANYTHING;
}

function objectType(schema: SchemaKeywords): ObjectType {
  const form = objectForm(schema);
  return {
    form: 'object',
    isStruct: form.properties.size > 0,
    names: (field) => form.properties.has(field),
    member(field) {
      const member = memberSchema(form, field);
      return member ? schemaType(member) : ANYTHING;
    },
  };
}

/** A union: what its alternatives agree on. Objects are joined, so that a field means the same whichever of them it is in. */
function joined(parts: readonly FieldType[]): FieldType {
  const [first = ANYTHING] = parts;
  if (parts.every((part) => part === first)) return first;
  if (parts.every((part) => part.form === 'leaf')) return LEAF;
  const objects = parts.filter((part) => part.form === 'object');
  if (objects.length < parts.length) return ANYTHING;
  return {
    form: 'object',
    isStruct: objects.some((part) => part.isStruct),
    names: (field) => objects.some((part) => part.names(field)),
    member(field) {
      const naming = objects.filter((part) => part.names(field));
      return joined((naming.length > 0 ? naming : objects).map((part) => part.member(field)));
    },
  };
}

function listType(schema: SchemaKeywords): FieldType {
  const items = isRecord(schema.items) ? schema.items : {};
  switch (schema['x-kubernetes-list-type']) {
    case 'set':
      return { form: 'list', element: LEAF, identify: valueElement };
    case 'map': {
      const keys = listKeys(schema);
      const identify = (element: unknown) => {
        const values = keyValues(keys, element);
        return values && keyElement(values);
      };
      return { form: 'list', element: schemaType(items), identify };
    }
    default:
      return LEAF;
  }
}
