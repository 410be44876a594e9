/**
 * Finds fields that a schema does not know, and takes them out. Pure.
 */
import { childPath, isRecord } from './field-path.ts';
import {
  alternatives,
  meantAlternative,
  memberSchema,
  objectForm,
  type SchemaKeywords,
} from './schema-form.ts';

export interface UnknownField {
  readonly path: string;
  /** A field there is, where the unknown one looks like a slip of the pen. */
  readonly meant: string | undefined;
}

/** Slips of the pen are looked for in no more unknown fields than these: who sends a hundred thousand means something else. */
const MEANT_MAX = 32;

export interface Pruned {
  readonly value: unknown;
  readonly unknown: readonly UnknownField[];
}

/** The value without the fields that the schema does not know (the same value when it knows all), and which those were. */
export function prune(schema: SchemaKeywords, value: unknown, path: string): Pruned {
  const unknown: UnknownField[] = [];
  return { value: walk(schema, value, path, unknown), unknown };
}

function walk(schema: SchemaKeywords, value: unknown, path: string, unknown: UnknownField[]): unknown {
  const options = alternatives(schema);
  if (options.length > 0) {
    const meant = meantAlternative(options, value);
    // Which alternative is meant is unclear: validation will say so, and nothing is taken out meanwhile.
    return meant ? walk(meant, value, path, unknown) : value;
  }
  if (Array.isArray(value)) {
    const items = schema.items;
    if (!isRecord(items)) return value;
    const kept = value.map((item, index) => walk(items, item, childPath(path, index), unknown));
    return kept.some((item, index) => item !== value[index]) ? kept : value;
  }
  if (!isRecord(value)) return value;
  const form = objectForm(schema);
  let kept: Record<string, unknown> | undefined;
  for (const [key, member] of Object.entries(value)) {
    const of = memberSchema(form, key);
    if (!of) {
      if (form.open) continue;
      const meant = unknown.length < MEANT_MAX ? nearest(key, form.properties.keys()) : undefined;
      unknown.push({ path: childPath(path, key), meant });
      kept ??= { ...value };
      delete kept[key];
      continue;
    }
    if (typeof member !== 'object' || member === null) continue;
    const next = walk(of, member, childPath(path, key), unknown);
    if (next === member) continue;
    kept ??= { ...value };
    kept[key] = next;
  }
  return kept ?? value;
}

/** A known name at most two typing errors away (letter case counts for none). */
export function nearest(name: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  let best_distance = Math.min(3, Math.max(2, Math.ceil(name.length / 2)));
  for (const candidate of known) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

const NAME_MAX = 64;

/** Insertions, deletions and replacements between two names; long ones count as far apart. */
function editDistance(a: string, b: string): number {
  if (a.length > NAME_MAX || b.length > NAME_MAX) return NAME_MAX;
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
