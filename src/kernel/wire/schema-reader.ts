/**
 * Reads what a client sent by a schema alone, where no object is stored: bodies of actions, questions.
 */
import type { TSchema } from 'typebox';
import { invalid, type StatusSubject } from '../errors.ts';
import { withDefaults } from '../schema/defaults.ts';
import { isRecord } from '../schema/field-path.ts';
import { checker } from '../schema/kind-schema.ts';
import { keywordsOf } from '../schema/schema-form.ts';
import { prune } from '../schema/unknown-fields.ts';

export type Fields = Readonly<Record<string, unknown>>;
type Reader = (value: Record<string, unknown>, subject: StatusSubject) => Fields;

const readers = new WeakMap<TSchema, Reader>();

/**
 * Gives the value with its defaults. Throws 422 with a cause for each field that is wrong or unknown, without its value: it may be a key
 * or a plaintext. `path` is what the value is of the body: '' or `spec`; always the same for the same schema.
 */
export function readBySchema(
  schema: TSchema,
  path: string,
  value: Record<string, unknown>,
  subject: StatusSubject,
): Fields {
  let reader = readers.get(schema);
  if (reader === undefined) {
    reader = readerOf(schema, path);
    readers.set(schema, reader);
  }
  return reader(value, subject);
}

function readerOf(schema: TSchema, path: string): Reader {
  const keywords = keywordsOf(schema);
  const check = checker(schema, path, { showValues: false });
  return (value, subject) => {
    const { unknown } = prune(keywords, value, path);
    const read = withDefaults(keywords, value);
    const causes = [
      ...unknown.map((one) => ({
        reason: 'FieldValueForbidden' as const,
        field: one.path,
        message: 'unknown field; see the OpenAPI document for those there are',
      })),
      ...check(read),
    ];
    if (causes.length > 0 || !isRecord(read)) throw invalid(subject, causes);
    return read;
  };
}
