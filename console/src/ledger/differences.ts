/** What differs between two values of JSON, field by field: what a change changed. Pure. */

export interface Difference {
  /** `spec.size`, `spec.disks[0].name`. */
  readonly field: string;
  /** As text; undefined: it was not there. */
  readonly before: string | undefined;
  /** Undefined: it is there no more. */
  readonly after: string | undefined;
}

const FIELDS_MAX = 2_000;
/** What the API and its clients keep for themselves: it says nothing of the object. */
const UNTOLD: ReadonlySet<string> = new Set([
  'metadata.managedFields',
  'metadata.resourceVersion',
  // What kubectl writes down of its own last apply: all of it stands in the object besides.
  'metadata.annotations.kubectl.kubernetes.io/last-applied-configuration',
]);

function flatten(value: unknown, field: string, into: Map<string, string>): void {
  if (UNTOLD.has(field) || into.size >= FIELDS_MAX || value === undefined) return;
  if (Array.isArray(value) && value.length > 0)
    value.forEach((item, at) => {
      flatten(item, `${field}[${at}]`, into);
    });
  else if (value !== null && typeof value === 'object' && Object.keys(value).length > 0)
    for (const [name, inner] of Object.entries(value))
      flatten(inner, field === '' ? name : `${field}.${name}`, into);
  else into.set(field, typeof value === 'string' ? value : JSON.stringify(value));
}

function fieldsOf(value: unknown): Map<string, string> {
  const fields = new Map<string, string>();
  flatten(value, '', fields);
  return fields;
}

/** In the order of the later one, then what is gone. */
export function differences(before: unknown, after: unknown): readonly Difference[] {
  const old = fieldsOf(before);
  const now = fieldsOf(after);
  return [...new Set([...now.keys(), ...old.keys()])]
    .map((field) => ({ field, before: old.get(field), after: now.get(field) }))
    .filter((one) => one.before !== one.after);
}
