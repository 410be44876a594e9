/**
 * The state of one kind at an older revision: what is there now, with the changes since taken back. It needs no snapshot, so any
 * replica can go on with a list that another began, as far back as watch history reaches.
 */
import { expired } from '../errors.ts';
import type { Kind } from '../kind.ts';
import type { Entry, Realm, WatchEvent } from '../realm.ts';
import { REWIND_EVENTS_MAX } from './limits.ts';

const keyOf = (entry: Entry) => `${entry.namespace ?? ''}/${entry.name}`;

const tooOld = () =>
  expired('that revision is too old to list; start again without continue and resourceVersion');

/**
 * Entries in order of namespace and name, as they were at `revision`, which must not be in the future. Throws `expired` (410)
 * when history does not reach back so far.
 */
export async function entriesAt(
  realm: Realm,
  kind: Kind,
  namespace: string | undefined,
  revision: number,
): Promise<readonly Entry[]> {
  if (revision >= realm.view.revision) return [...realm.view.entries(kind, namespace)];
  const watch = await realm.watch({
    kind,
    afterRevision: revision,
    ...(namespace === undefined ? {} : { namespace }),
  });
  try {
    // No await between these two: what is in `now` is exactly what happened up to `head`.
    const head = realm.view.revision;
    const now = [...realm.view.entries(kind, namespace)];
    return takeBack(now, await changesUpTo(watch, head));
  } finally {
    watch.close();
  }
}

/** What a watch has to give up to `head`. A watch gives what there is at once, so a turn of the event loop without any is the end. */
async function changesUpTo(
  watch: { next(): Promise<readonly WatchEvent[] | undefined> },
  head: number,
): Promise<WatchEvent[]> {
  const changes: WatchEvent[] = [];
  for (;;) {
    const nothing = new Promise<'nothing'>((resolve) => setImmediate(resolve, 'nothing'));
    const events = await Promise.race([watch.next(), nothing]);
    if (events === 'nothing') return changes;
    if (events === undefined) throw tooOld();
    for (const event of events) {
      if (event.type === 'BOOKMARK' || event.entry.revision > head) return changes;
      changes.push(event);
    }
    if (changes.length > REWIND_EVENTS_MAX) throw tooOld();
  }
}

/** Puts back, for each object, what the first change replaced. */
function takeBack(now: readonly Entry[], changes: readonly WatchEvent[]): readonly Entry[] {
  const before = new Map<string, Entry | undefined>();
  for (const change of changes) {
    if (change.type === 'BOOKMARK') continue;
    const key = keyOf(change.entry);
    if (!before.has(key)) before.set(key, change.type === 'ADDED' ? undefined : change.previous);
  }
  if (before.size === 0) return now;
  const kept = now.filter((entry) => !before.has(keyOf(entry)));
  for (const entry of before.values()) if (entry) kept.push(entry);
  return kept.sort(byKey);
}

/** The order of `RealmView.entries`: by code units of the namespace, then of the name. */
export function byKey(a: Pick<Entry, 'namespace' | 'name'>, b: Pick<Entry, 'namespace' | 'name'>): number {
  const left = a.namespace ?? '';
  const right = b.namespace ?? '';
  if (left !== right) return left < right ? -1 : 1;
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}
