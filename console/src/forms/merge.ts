/** Two people changed the same thing at once: the changes of one, taken onto what the other left. Pure. */
import { childPath, isRecord, jsonEqual } from './value.ts';

export interface Merged {
  readonly value: unknown;
  /** Fields that both changed, and not to the same: mine stands there. */
  readonly clashes: readonly string[];
}

/** Field by field; a list is taken whole. */
export function takeOnto(base: unknown, mine: unknown, theirs: unknown): Merged {
  const clashes: string[] = [];
  return { value: merge(base, mine, theirs, '', clashes), clashes };
}

function merge(base: unknown, mine: unknown, theirs: unknown, path: string, clashes: string[]): unknown {
  if (jsonEqual(mine, base) || jsonEqual(mine, theirs)) return theirs;
  if (jsonEqual(theirs, base)) return mine;
  if (isRecord(mine) && isRecord(theirs)) {
    const before = isRecord(base) ? base : {};
    const merged: Record<string, unknown> = {};
    for (const name of new Set([...Object.keys(theirs), ...Object.keys(mine)])) {
      const member = merge(before[name], mine[name], theirs[name], childPath(path, name), clashes);
      if (member !== undefined) merged[name] = member;
    }
    return merged;
  }
  clashes.push(path);
  return mine;
}
