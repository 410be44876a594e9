/**
 * One step of a path to a field, in the text form of Kubernetes' FieldsV1: `f:spec`, `k:{"name":"http"}` (an element of a keyed
 * list), `v:"finalizer"` (a member of a set), `i:0`. Two steps are the same exactly when their texts are. Pure.
 */
import { isRecord } from '../schema/field-path.ts';

export type PathElement = string;

export const fieldElement = (name: string): PathElement => `f:${name}`;

export const valueElement = (value: unknown): PathElement => `v:${JSON.stringify(value)}`;

/** `values` by name of the key field. */
export function keyElement(values: Readonly<Record<string, unknown>>): PathElement {
  const sorted = Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1));
  return `k:${JSON.stringify(Object.fromEntries(sorted))}`;
}

/** The field's name, or undefined for an element of a list. */
export function fieldName(element: PathElement): string | undefined {
  return element.startsWith('f:') ? element.slice(2) : undefined;
}

/** The element in its one form, or undefined when it is none. */
export function parseElement(text: string): PathElement | undefined {
  if (text.startsWith('f:')) return text;
  if (text.startsWith('i:')) return /^i:(?:0|[1-9]\d{0,8})$/.test(text) ? text : undefined;
  const value = parsed(text.slice(2));
  if (value === undefined) return undefined;
  if (text.startsWith('v:')) return valueElement(value);
  return text.startsWith('k:') && isRecord(value) ? keyElement(value) : undefined;
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

/** A path as Kubernetes prints it in conflicts: `.spec.ports[name="http"].port`, `.metadata.finalizers[="x"]`. */
export function pathText(path: readonly PathElement[]): string {
  return path.map(elementText).join('');
}

function elementText(element: PathElement): string {
  const rest = element.slice(2);
  switch (element[0]) {
    case 'k': {
      const values = Object.entries(JSON.parse(rest)).map(
        ([name, value]) => `${name}=${JSON.stringify(value)}`,
      );
      return `[${values.join(',')}]`;
    }
    case 'v':
      return `[=${rest}]`;
    case 'i':
      return `[${rest}]`;
    default:
      return `.${rest}`;
  }
}
