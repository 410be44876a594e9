/**
 * PATCH (RFC 7644, 3.5.2): what a client sent is taken apart and checked before the library applies it. Every path names an attribute that
 * there is, every filter within it is one that our own parser reads, and every value is made of plain JSON: the library makes filters
 * out of paths and values, and objects out of filters.
 */
import SCIMMY from 'scimmy';
import { parseFilter } from './filter.ts';
import { PATCH_OPERATIONS_MAX, PATCH_PATH_LENGTH_MAX } from './limits.ts';
import { type AttributeNames, attributeNames, type ResourceSchema } from './schemas.ts';
import { invalidSyntax, invalidValue, ScimError } from './scim-error.ts';

const PATCH_SCHEMA = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';
const OPERATIONS = ['add', 'remove', 'replace'] as const;
type OperationName = (typeof OPERATIONS)[number];

interface Operation {
  readonly op: OperationName;
  readonly path?: string;
  readonly value?: unknown;
}

/** `attribute`, `attribute.sub`, `attribute[filter]`, `attribute[filter].sub`. */
const PATH = /^([A-Za-z]+)(?:\[([^[\]]*)\])?(?:\.([A-Za-z]+))?$/;
/** What ids are made of: nothing that could end a text within a filter. */
const ID = /^[A-Za-z0-9-]{1,64}$/;

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

class Checker {
  readonly #schema: string;
  readonly #names: AttributeNames;

  constructor(schema: ResourceSchema) {
    this.#schema = schema.id;
    this.#names = attributeNames(schema);
  }

  /** The path without its schema. */
  path(text: string): string {
    const wrong = new ScimError(
      400,
      'invalidPath',
      `path: there is no "${text.slice(0, 64)}" here; see /Schemas`,
    );
    if (text.length > PATCH_PATH_LENGTH_MAX) throw wrong;
    const prefix = `${this.#schema}:`;
    const bare = text.toLowerCase().startsWith(prefix.toLowerCase()) ? text.slice(prefix.length) : text;
    const [, attribute = '', filter, sub] = PATH.exec(bare) ?? [];
    const subs = this.#names.get(attribute.toLowerCase());
    if (subs === undefined || (sub !== undefined && !subs.includes(sub.toLowerCase()))) throw wrong;
    if (filter !== undefined) parseFilter(`${attribute}[${filter}]`, this.#names, this.#schema);
    return bare;
  }

  operations(raw: unknown, index: number): readonly Operation[] {
    if (!isRecord(raw)) throw invalidSyntax(`Operations[${index}]: must be an object`);
    const op = OPERATIONS.find((one) => typeof raw.op === 'string' && raw.op.toLowerCase() === one);
    if (!op) throw invalidSyntax(`Operations[${index}].op: must be one of ${OPERATIONS.join(', ')}`);
    if (raw.path !== undefined && typeof raw.path !== 'string') {
      throw new ScimError(400, 'invalidPath', `Operations[${index}].path: must be text`);
    }
    if (raw.path === undefined) return this.#withoutPath(op, raw.value, index);
    const path = this.path(raw.path);
    if (op !== 'remove') return [{ op, path, value: plain(raw.value, path) }];
    return raw.value === undefined ? [{ op, path }] : this.#removals(path, raw.value, index);
  }

  #withoutPath(op: OperationName, value: unknown, index: number): readonly Operation[] {
    if (op === 'remove')
      throw new ScimError(400, 'noTarget', `Operations[${index}].path: say what to remove`);
    if (!isRecord(value))
      throw invalidValue(`Operations[${index}].value: must be an object where there is no path`);
    return Object.entries(value)
      .filter(([name]) => name.toLowerCase() !== 'schemas')
      .map(([name, one]) => ({ op, path: this.path(name), value: plain(one, name) }));
  }

  /** `{"op": "remove", "path": "members", "value": [{"value": "<id>"}]}`, which some clients send: a removal for each. */
  #removals(path: string, value: unknown, index: number): readonly Operation[] {
    const values = Array.isArray(value) ? value : [value];
    return values.map((one) => {
      const id = isRecord(one) ? one.value : one;
      if (path.toLowerCase() !== 'members' || typeof id !== 'string' || !ID.test(id)) {
        throw invalidValue(`Operations[${index}].value: only members are removed by value, each by its id`);
      }
      return { op: 'remove', path: `${path}[value eq "${id}"]` };
    });
  }
}

/** Entra ID sends booleans as text. */
function plain(value: unknown, path: string): unknown {
  if (path.toLowerCase() !== 'active' || typeof value !== 'string') return value;
  const text = value.toLowerCase();
  return text === 'true' ? true : text === 'false' ? false : value;
}

/** Checks a PatchOp message and applies it to a resource; gives the resource afterwards. Throws ScimError. */
export async function patched<Resource extends object>(
  schema: ResourceSchema,
  resource: Resource,
  message: Readonly<Record<string, unknown>>,
): Promise<Resource> {
  const { schemas, Operations } = message;
  if (!Array.isArray(schemas) || schemas.length !== 1 || schemas[0] !== PATCH_SCHEMA) {
    throw invalidSyntax(`schemas: must be ["${PATCH_SCHEMA}"]`);
  }
  if (!Array.isArray(Operations) || Operations.length === 0 || Operations.length > PATCH_OPERATIONS_MAX) {
    throw invalidSyntax(`Operations: 1 to ${PATCH_OPERATIONS_MAX} of them`);
  }
  const checker = new Checker(schema);
  const checked = Operations.flatMap((one, index) => checker.operations(one, index));
  if (checked.length === 0) return resource;
  const patch = new SCIMMY.Messages.PatchOp({ schemas: [PATCH_SCHEMA], Operations: checked });
  const before = new schema({ ...resource });
  const after = await patch.apply(before);
  // Undefined where nothing changed. By JSON, so that nothing of the library's own objects goes on.
  return after === undefined ? resource : (JSON.parse(JSON.stringify(after)) as Resource);
}
