/**
 * Paths to fields as Kubernetes writes them: `spec.networks[0].name`, `metadata.labels[app.kubernetes.io/name]`.
 */

export type PathStep = string | number;

const PLAIN = /^[A-Za-z_$][A-Za-z0-9_$-]*$/;

export function childPath(parent: string, step: PathStep): string {
  if (typeof step === 'number' || !PLAIN.test(step)) return `${parent}[${step}]`;
  return parent === '' ? step : `${parent}.${step}`;
}

/** Reads a dotted path such as `spec.image`; undefined where something on the way is missing. */
export function valueAt(value: unknown, dottedPath: string): unknown {
  let at: unknown = value;
  for (const step of dottedPath.split('.')) {
    if (!isRecord(at) || !Object.hasOwn(at, step)) return undefined;
    at = at[step];
  }
  return at;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What JSON calls a value. */
export function jsonType(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

/** Equality of JSON values; the order of an object's keys does not matter, and a member that is undefined is absent. */
export function jsonEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a)) {
    return (
      Array.isArray(b) && a.length === b.length && a.every((member, index) => jsonEqual(member, b[index]))
    );
  }
  if (!isRecord(a) || !isRecord(b)) return false;
  for (const key in a) if (!jsonEqual(a[key], b[key])) return false;
  for (const key in b) if (b[key] !== undefined && a[key] === undefined) return false;
  return true;
}
