/**
 * Follows the changes of every realm that is in memory and tells the workers, each change at least once. It never
 * keeps a realm in memory: when one is evicted it remembers how far it had seen, and goes on from there when the realm is loaded
 * again; when more had happened by then than it saw, it asks for the realm to be loaded.
 */
import type { Clock } from '../clock.ts';
import { isStatusError } from '../errors.ts';
import type { Logger } from '../logger.ts';
import type { Realm, Realms, Watch } from '../realm.ts';
import type { RealmId } from '../realm-id.ts';
import type { ObjectEvent } from './worker.ts';

/** A realm that cannot be watched is tried again after this. */
const FOLLOW_AGAIN_ms = 1_000;

export interface FollowerOptions {
  readonly realms: Realms;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Queues everything in the realm; called when nothing is known of it, or the watch fell too far behind. */
  onList(realm: Realm): void;
  /** Changes were lost to the workers, deletions among them: listing is not enough, a sweep is due. */
  onMissed(realm: RealmId): void;
  onEvent(event: ObjectEvent, realm: Realm): void;
  /** The realm left memory with changes that were not seen: load it again. */
  onUnseen(realm: RealmId): void;
  /** The realm was made anew under this name: what is known of the old one is void. */
  onReplaced(realm: RealmId): void;
}

interface Followed {
  readonly uid: string;
  /** Index of the last change that the workers were told of. */
  seen: number | undefined;
  /** Set while the realm is in memory. */
  realm: Realm | undefined;
  watch: Watch | undefined;
}

export class RealmFollower {
  readonly #options: FollowerOptions;
  readonly #followed = new Map<RealmId, Followed>();
  #unsubscribe: (() => void) | undefined;
  #stopped = false;

  constructor(options: FollowerOptions) {
    this.#options = options;
  }

  start(): void {
    this.#unsubscribe = this.#options.realms.onLoaded((realm) => this.attach(realm));
  }

  stop(): void {
    this.#stopped = true;
    this.#unsubscribe?.();
    for (const followed of this.#followed.values()) followed.watch?.close();
  }

  /** Every realm ever seen that is not known to be gone. */
  known(): Iterable<RealmId> {
    return this.#followed.keys();
  }

  knows(realm: RealmId): boolean {
    return this.#followed.has(realm);
  }

  /** How many realms are in memory and followed. */
  attachedCount(): number {
    let count = 0;
    for (const followed of this.#followed.values()) if (followed.realm) count++;
    return count;
  }

  forget(realm: RealmId): void {
    this.#followed.get(realm)?.watch?.close();
    this.#followed.delete(realm);
  }

  /** Begins to follow a realm that is in memory; nothing new when it is followed already. */
  attach(realm: Realm): void {
    if (this.#stopped) return;
    let followed = this.#followed.get(realm.id);
    if (followed && followed.uid !== realm.uid) {
      this.forget(realm.id);
      this.#options.onReplaced(realm.id);
      followed = undefined;
    }
    if (!followed) {
      followed = { uid: realm.uid, seen: undefined, realm: undefined, watch: undefined };
      this.#followed.set(realm.id, followed);
    }
    if (followed.realm === realm) return;
    followed.watch?.close();
    followed.realm = realm;
    this.#follow(realm, followed).catch((error: unknown) => {
      const { logger, clock } = this.#options;
      logger.warn(
        { realm: realm.id, error: String(error) },
        'a realm cannot be followed; listing it again soon',
      );
      if (followed.realm === realm) followed.realm = undefined;
      followed.seen = undefined;
      clock.after(FOLLOW_AGAIN_ms, () => {
        if (!this.#stopped) this.#options.onUnseen(realm.id);
      });
    });
  }

  async #follow(realm: Realm, followed: Followed): Promise<void> {
    while (this.#isCurrent(realm, followed)) {
      if (followed.seen === undefined) {
        followed.seen = realm.view.revision;
        this.#options.onList(realm);
      }
      try {
        const watch = await realm.watch({ afterRevision: followed.seen, passive: true });
        if (!this.#isCurrent(realm, followed)) return watch.close();
        followed.watch = watch;
        await this.#deliver(realm, followed, watch);
        break;
      } catch (error) {
        if (!isStatusError(error, 'Expired')) throw error;
        followed.seen = undefined;
        this.#options.onMissed(realm.id);
      }
    }
    if (!this.#isCurrent(realm, followed)) return;
    followed.realm = undefined;
    followed.watch = undefined;
    if ((followed.seen ?? 0) < realm.view.revision) this.#options.onUnseen(realm.id);
  }

  async #deliver(realm: Realm, followed: Followed, watch: Watch): Promise<void> {
    try {
      for (;;) {
        const events = await watch.next();
        if (!events) return;
        for (const event of events) {
          if (event.type === 'BOOKMARK') {
            followed.seen = Math.max(followed.seen ?? 0, event.revision);
          } else {
            followed.seen = Math.max(followed.seen ?? 0, event.entry.revision);
            this.#options.onEvent(event, realm);
          }
        }
      }
    } finally {
      watch.close();
    }
  }

  #isCurrent(realm: Realm, followed: Followed): boolean {
    return !this.#stopped && followed.realm === realm && this.#followed.get(realm.id) === followed;
  }
}
