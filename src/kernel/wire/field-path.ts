/**
 * Dotted paths into objects: `spec.networks[0].name`, `metadata.annotations['a.b/c']`. For columns and field selectors. Pure.
 */
import type { TSchema } from 'typebox';

const STEP = /\.?([A-Za-z0-9_$-]+)|\[(\d+)\]|\['([^']+)'\]/y;

/** Splits a path into steps; numbers are array indexes. Undefined when it does not parse. */
export function parseFieldPath(path: string): (string | number)[] | undefined {
  const steps: (string | number)[] = [];
  STEP.lastIndex = 0;
  while (STEP.lastIndex < path.length) {
    const match = STEP.exec(path);
    if (!match) return undefined;
    steps.push(match[2] === undefined ? (match[1] ?? match[3] ?? '') : Number(match[2]));
  }
  return steps.length === 0 ? undefined : steps;
}

/** The value at the path, or undefined. Own properties only. */
export function valueAt(object: unknown, steps: readonly (string | number)[]): unknown {
  let value = object;
  for (const step of steps) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string | number, unknown>)[step];
  }
  return value;
}

/** Whether a schema has a scalar property at the path (maps have any key). */
export function schemaHasScalar(schema: TSchema, steps: readonly (string | number)[]): boolean {
  let current: unknown = schema;
  for (const step of steps) {
    const node = current as { properties?: object; patternProperties?: object; items?: unknown };
    if (typeof step === 'number') current = node.items;
    else if (node.properties && Object.hasOwn(node.properties, step)) {
      current = (node.properties as Record<string, unknown>)[step];
    } else current = node.patternProperties && Object.values(node.patternProperties)[0];
    if (typeof current !== 'object' || current === null) return false;
  }
  const type = (current as { type?: unknown }).type;
  return type !== 'object' && type !== 'array';
}
