/** Buckets by name and access keys by id, of one organization: made anew when one of them changed, remembered until then. */
import type { Kind } from '#kernel/kind.ts';
import type { Entry, RealmView } from '#kernel/realm.ts';
import { AccessKey } from '../access-key/access-key.ts';
import { accessKeyId } from '../access-key/ids.ts';
import { Bucket } from '../bucket/bucket.ts';

interface Index {
  readonly changes: number;
  readonly entries: ReadonlyMap<string, Entry>;
}

type Find = (view: RealmView) => ReadonlyMap<string, Entry>;

function indexOf(kind: Kind, nameOf: (entry: Entry, view: RealmView) => string): Find {
  const known = new WeakMap<RealmView, Index>();
  return (view) => {
    const changes = view.changes(kind);
    let index = known.get(view);
    if (index?.changes !== changes) {
      index = {
        changes,
        entries: new Map(Array.from(view.entries(kind), (entry) => [nameOf(entry, view), entry])),
      };
      known.set(view, index);
    }
    return index.entries;
  };
}

export const bucketsByName: Find = indexOf(Bucket, ({ name }) => name);

// A digest each, which an entry keeps for as long as it is there.
const ids = new WeakMap<Entry, string>();

export const accessKeysById: Find = indexOf(AccessKey, (entry, view) => {
  let id = ids.get(entry);
  if (id === undefined) {
    id = accessKeyId(view.realm, entry.uid);
    ids.set(entry, id);
  }
  return id;
});
