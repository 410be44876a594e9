/** The value that a form holds: JSON that is never changed in place, and fields in it that are named by paths as the API writes them. Pure. */
import { childPath, isRecord, jsonEqual, valueAt } from '../../../src/kernel/schema/field-path.ts';
import type { FieldSchema } from './field-schema.ts';

export { childPath, isRecord, jsonEqual, valueAt };

export type Fields = Readonly<Record<string, unknown>>;

/** With one member put in; undefined takes it out. */
export function withMember(value: unknown, name: string, member: unknown): Fields {
  const { [name]: _before, ...others } = isRecord(value) ? value : {};
  if (member === undefined) return others;
  // Where it stood before, so that nothing moves while somebody types.
  return isRecord(value) && Object.hasOwn(value, name)
    ? { ...value, [name]: member }
    : { ...others, [name]: member };
}

/** What a field begins as when it is added: what is required is there, to be filled in. */
export function emptyValue(schema: FieldSchema): unknown {
  switch (schema.type) {
    case 'object':
      return Object.fromEntries(
        schema.members.flatMap((member) =>
          member.isRequired && (member.schema.type === 'object' || member.schema.type === 'list')
            ? [[member.name, emptyValue(member.schema)]]
            : [],
        ),
      );
    case 'map':
      return {};
    case 'list':
      return schema.items.type === 'choice'
        ? []
        : Array.from({ length: schema.items_min }, () => emptyValue(schema.items));
    case 'text':
    case 'quantity':
      return '';
    default:
      return undefined;
  }
}

/** Without the fields that nobody filled in. What somebody added stays, though it be empty: `{}` can mean "all of them". */
export function filledIn(value: unknown): unknown {
  if (value === '' || value === undefined) return undefined;
  if (Array.isArray(value)) return value.map(filledIn).filter((item) => item !== undefined);
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, member]) => {
      const kept = filledIn(member);
      return kept === undefined ? [] : [[name, kept]];
    }),
  );
}

/** Whether a field is `path` or lies below it. */
export const isWithin = (path: string, field: string): boolean =>
  field === path || field.startsWith(`${path}.`) || field.startsWith(`${path}[`);
