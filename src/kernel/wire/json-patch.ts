/**
 * JSON patch (RFC 6902) over JSON pointers (RFC 6901), with bounds on operations and on what `copy` may add. Pure: works on
 * a copy and returns it.
 */
import { badRequest, StatusError } from '../errors.ts';
import { isObject, type Json, jsonEqual } from './json-value.ts';
import { JSON_PATCH_COPY_BYTES_MAX, JSON_PATCH_OPERATIONS_MAX } from './limits.ts';

type Operation =
  | { readonly op: 'add' | 'replace' | 'test'; readonly path: string[]; readonly value: Json }
  | { readonly op: 'remove'; readonly path: string[] }
  | { readonly op: 'move' | 'copy'; readonly path: string[]; readonly from: string[] };

/** Checks a patch document. Throws 400 for a malformed one and 413 for too many operations. */
export function parseJsonPatch(document: unknown): Operation[] {
  if (!Array.isArray(document)) throw badRequest('a JSON patch is a list of operations');
  if (document.length > JSON_PATCH_OPERATIONS_MAX) {
    throw new StatusError(
      'RequestEntityTooLarge',
      `the JSON patch has ${document.length} operations; at most ${JSON_PATCH_OPERATIONS_MAX} are allowed`,
    );
  }
  return document.map(parseOperation);
}

function parseOperation(item: unknown, index: number): Operation {
  const fail = (what: string) => badRequest(`JSON patch operation ${index}: ${what}`);
  if (!isObject(item)) throw fail('is not an object');
  const pointer = (name: 'path' | 'from'): string[] => {
    const text = item[name];
    if (typeof text !== 'string' || (text !== '' && !text.startsWith('/'))) {
      throw fail(`${name} must be a JSON pointer such as /spec/memory`);
    }
    return text
      .split('/')
      .slice(1)
      .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
  };
  const path = pointer('path');
  if (path.includes('__proto__')) throw fail('path has "__proto__"');
  switch (item.op) {
    case 'add':
    case 'replace':
    case 'test':
      if (!Object.hasOwn(item, 'value')) throw fail(`${item.op} needs a value`);
      return { op: item.op, path, value: item.value as Json };
    case 'remove':
      return { op: 'remove', path };
    case 'move':
    case 'copy':
      return { op: item.op, path, from: pointer('from') };
    default:
      throw fail('op must be add, remove, replace, move, copy or test');
  }
}

/**
 * Applies a patch. Throws 422 Invalid when an operation does not fit the document or a test fails; then nothing counts.
 */
export function applyJsonPatch(document: unknown, operations: readonly Operation[]): Json {
  const root: { value: Json } = { value: structuredClone(document) as Json };
  let copiedBytes = 0;
  operations.forEach((operation, index) => {
    const fail = (what: string) =>
      new StatusError(
        'Invalid',
        `JSON patch operation ${index} (${operation.op} /${operation.path.join('/')}): ${what}`,
      );
    switch (operation.op) {
      case 'test':
        if (!jsonEqual(read(root.value, operation.path, fail), operation.value)) {
          throw fail('the value there is another');
        }
        break;
      case 'add':
        write(root, operation.path, structuredClone(operation.value), 'add', fail);
        break;
      case 'replace':
        write(root, operation.path, structuredClone(operation.value), 'replace', fail);
        break;
      case 'remove':
        remove(root, operation.path, fail);
        break;
      case 'move': {
        const { from, path } = operation;
        if (path.length > from.length && from.every((token, depth) => token === path[depth])) {
          throw fail('a value cannot move into itself');
        }
        const value = read(root.value, from, fail);
        remove(root, from, fail);
        write(root, path, value, 'add', fail);
        break;
      }
      case 'copy': {
        const value = read(root.value, operation.from, fail);
        copiedBytes += JSON.stringify(value).length;
        if (copiedBytes > JSON_PATCH_COPY_BYTES_MAX) {
          throw fail(`the patch copies more than ${JSON_PATCH_COPY_BYTES_MAX} bytes`);
        }
        write(root, operation.path, structuredClone(value), 'add', fail);
        break;
      }
    }
  });
  return root.value;
}

type Fail = (what: string) => StatusError;

function arrayIndex(token: string, length: number, fail: Fail): number {
  if (!/^(?:0|[1-9]\d{0,8})$/.test(token)) throw fail(`"${token}" is not an index of a list`);
  const index = Number(token);
  if (index >= length) throw fail(`index ${index} is past the end of the list`);
  return index;
}

function child(parent: Json, token: string, fail: Fail): Json {
  if (Array.isArray(parent)) return parent[arrayIndex(token, parent.length, fail)] as Json;
  if (isObject(parent) && Object.hasOwn(parent, token)) return parent[token] as Json;
  throw fail(`there is nothing at "${token}"`);
}

function read(root: Json, path: readonly string[], fail: Fail): Json {
  return path.reduce((value, token) => child(value, token, fail), root);
}

function write(
  root: { value: Json },
  path: readonly string[],
  value: Json,
  mode: 'add' | 'replace',
  fail: Fail,
): void {
  const last = path.at(-1);
  if (last === undefined) {
    root.value = value;
    return;
  }
  const parent = read(root.value, path.slice(0, -1), fail);
  if (Array.isArray(parent)) {
    if (mode === 'replace') parent[arrayIndex(last, parent.length, fail)] = value;
    else parent.splice(last === '-' ? parent.length : arrayIndex(last, parent.length + 1, fail), 0, value);
  } else if (isObject(parent)) {
    if (mode === 'replace') child(parent, last, fail);
    parent[last] = value;
  } else throw fail('the parent is neither an object nor a list');
}

function remove(root: { value: Json }, path: readonly string[], fail: Fail): void {
  const last = path.at(-1);
  if (last === undefined) throw fail('the whole document cannot be removed');
  const parent = read(root.value, path.slice(0, -1), fail);
  child(parent, last, fail);
  if (Array.isArray(parent)) parent.splice(Number(last), 1);
  else delete (parent as Record<string, Json>)[last];
}
