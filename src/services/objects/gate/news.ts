/**
 * Tells of every change in an organization that answers of the gate depend on. Only organizations that were asked about are followed, and none is kept in memory by it: one
 * that leaves it counts as changed.
 */
import type { Kind } from '#kernel/kind.ts';
import type { Entry, Realm, WatchEvent } from '#kernel/realm.ts';
import type { RealmId } from '#kernel/realm-id.ts';
import { Bucket, type BucketStatus } from '../bucket/bucket.ts';

/** Whose objects say who somebody is, what they may do, and with which key. */
const GROUPS: ReadonlySet<string> = new Set([
  Bucket.group,
  'access.casemate.internal',
  'identity.casemate.internal',
  'keys.casemate.internal',
]);
const CORE: ReadonlySet<string> = new Set(['serviceaccounts', 'namespaces']);
/** What people sign in with says nothing of what they may do. */
const NOT: ReadonlySet<string> = new Set([
  'sessions.identity.casemate.internal',
  'credentials.identity.casemate.internal',
  'invitations.identity.casemate.internal',
]);

const concerns = ({ group, resource }: Kind): boolean =>
  (GROUPS.has(group) || CORE.has(resource)) && !NOT.has(resource);

/** What a bucket holds changes with every report of it. */
function withoutUsage(entry: Entry): string {
  const { metadata, spec, status } = entry.object();
  const { usage: _, ...rest } = (status ?? {}) as BucketStatus;
  const { resourceVersion: __, managedFields: ___, ...meta } = metadata;
  return JSON.stringify([meta, spec, rest]);
}

function matters(event: WatchEvent): boolean {
  if (event.type === 'BOOKMARK' || !concerns(event.kind)) return false;
  if (event.type !== 'MODIFIED' || event.kind.resource !== Bucket.resource || !event.previous) return true;
  return withoutUsage(event.entry) !== withoutUsage(event.previous);
}

export class RealmNews {
  readonly #followed = new Map<RealmId, Realm>();
  readonly #tell: (realm: RealmId) => void;
  #isClosed = false;

  constructor(tell: (realm: RealmId) => void) {
    this.#tell = tell;
  }

  /** Call it before something is read of the realm that is told on. */
  follow(realm: Realm): void {
    if (this.#isClosed || this.#followed.get(realm.id) === realm) return;
    this.#followed.set(realm.id, realm);
    void this.#deliver(realm).finally(() => {
      if (this.#followed.get(realm.id) === realm) this.#followed.delete(realm.id);
      if (!this.#isClosed) this.#tell(realm.id);
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#followed.clear();
  }

  /** Until the realm leaves memory, or more happened than a watch remembers. */
  async #deliver(realm: Realm): Promise<void> {
    try {
      const watch = await realm.watch({ afterRevision: realm.view.revision, passive: true });
      try {
        for (;;) {
          const events = await watch.next();
          if (events === undefined || this.#isClosed) return;
          if (events.some(matters)) this.#tell(realm.id);
        }
      } finally {
        watch.close();
      }
    } catch {
      // Whatever it is: all that was told of the realm is void, and it is followed again when it is asked about.
    }
  }
}
