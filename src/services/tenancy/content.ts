/**
 * Deletes what is in a project or in a whole realm, through the ordinary deletion of each object, so that services
 * clean up their engines. It never removes anything by force: what finalizers hold back is waited for.
 */
import { isStatusError } from '#kernel/errors.ts';
import type { Kind } from '#kernel/kind.ts';
import type { ChangeContext, Entry, Realm } from '#kernel/realm.ts';

/** Objects deleted in one pass; the next pass goes on. */
const PASS_MAX = 500;
/** Kinds that a message names. */
const NAMED_MAX = 5;

/** How many objects of each resource are still there. */
export type Remaining = ReadonlyMap<string, number>;

/** Asks for the deletion of every object of the kinds, in their order, and tells what is still there afterwards. */
export async function deleteContent(
  realm: Realm,
  kinds: readonly Kind[],
  namespace: string | undefined,
  change: ChangeContext,
): Promise<Remaining> {
  const doomed: { readonly kind: Kind; readonly entry: Entry }[] = [];
  for (const kind of kinds) {
    for (const entry of realm.view.entries(kind, namespace)) {
      if (doomed.length >= PASS_MAX) break;
      if (entry.object().metadata.deletionTimestamp === undefined) doomed.push({ kind, entry });
    }
  }
  await Promise.all(doomed.map(({ kind, entry }) => deleteOne(realm, kind, entry, change)));
  return remaining(realm, kinds, namespace);
}

export function remaining(realm: Realm, kinds: readonly Kind[], namespace: string | undefined): Remaining {
  const counts = new Map<string, number>();
  for (const kind of kinds) {
    const count = realm.view.count(kind, namespace);
    if (count > 0) counts.set(kind.plural, (counts.get(kind.plural) ?? 0) + count);
  }
  return counts;
}

/** `3 instances, 1 networks`, the most first. */
export function remainingText(counts: Remaining): string {
  const sorted = [...counts].sort(([, left], [, right]) => right - left);
  const named = sorted.slice(0, NAMED_MAX).map(([plural, count]) => `${count} ${plural}`);
  const others = sorted.length - named.length;
  return named.join(', ') + (others > 0 ? `, and ${others} other kinds` : '');
}

async function deleteOne(realm: Realm, kind: Kind, entry: Entry, change: ChangeContext): Promise<void> {
  const key = { name: entry.name, ...(entry.namespace === undefined ? {} : { namespace: entry.namespace }) };
  try {
    await realm.resources.delete(kind, key, change, {
      propagationPolicy: 'Background',
      preconditions: { uid: entry.uid },
    });
  } catch (error) {
    // Gone, or made anew under the same name: the next pass sees it as it is.
    if (!isStatusError(error, 'NotFound') && !isStatusError(error, 'Conflict')) throw error;
  }
}
