/** What people agreed to and nobody has begun. Asked by the region, which has it begun, and by who begins it, which takes nobody's word for it. */

import { type Current, type Entry, isEnd } from './journal.ts';
import type { ReleaseObject } from './release-kind.ts';
import { toldBy } from './told.ts';

/** What is to begin of an object by itself: what was tried once is only tried again by hand, or when it was planned anew. Pure. */
export function toBegin(
  object: ReleaseObject,
  entries: readonly Entry[],
  current: Current | undefined,
): 'apply' | 'rollback' | undefined {
  const last = entries.at(-1);
  if (last !== undefined && !isEnd(last.step)) return undefined;
  const { phase, attempt } = toldBy(object, entries, current);
  if (phase === 'Approved') return 'apply';
  const why = entries.find((entry) => entry.attempt === attempt)?.why;
  return phase === 'Running' && object.spec.rollback !== undefined && why?.kind === 'apply'
    ? 'rollback'
    : undefined;
}
