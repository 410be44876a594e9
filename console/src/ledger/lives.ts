/**
 * Objects that had one name, one after another: a name that was deleted and made again has more than one life. From the leaves of the changes log that bear the name,
 * newest first. Pure.
 */
import type { ReadLeaf } from './read-back.ts';

export interface Life {
  readonly uid: string;
  /** The last change of it. */
  readonly last: ReadLeaf;
  /** What took it away, by whoever asked for that: the object may have gone later, when all that belonged to it was gone. Undefined: it is there. */
  readonly end: ReadLeaf | undefined;
  /** Undefined: it begins before what was looked at. */
  readonly birth: ReadLeaf | undefined;
}

/** What the last change of an object that is gone was. */
const ENDS: ReadonlySet<string> = new Set(['delete', 'remove']);

export function livesIn(leaves: readonly ReadLeaf[]): readonly Life[] {
  const lives = new Map<string, { uid: string; last: ReadLeaf; end?: ReadLeaf; birth?: ReadLeaf }>();
  for (const one of leaves) {
    const { leaf } = one;
    if (leaf.type !== 'change') continue;
    const life = lives.get(leaf.uid) ?? { uid: leaf.uid, last: one };
    lives.set(leaf.uid, life);
    const isEnding = life.last.leaf.type === 'change' && ENDS.has(life.last.leaf.verb);
    // Somebody asked for it, and a controller finished it.
    if (isEnding && life.end === undefined && leaf.verb === 'delete') life.end = one;
    if (leaf.verb === 'create') life.birth = one;
  }
  return [...lives.values()].map(({ uid, last, end, birth }) => ({
    uid,
    last,
    // The leaf that says who asked may lie before what was looked at.
    end: end ?? (last.leaf.type === 'change' && ENDS.has(last.leaf.verb) ? last : undefined),
    birth,
  }));
}
