/** Which organization an access key is of, by its id alone. An id that no organization can have given loads none. */
import type { Clock } from '#kernel/clock.ts';
import type { Realms } from '#kernel/realm.ts';
import { REGION, type RealmId } from '#kernel/realm-id.ts';
import { realmTag, tagOf } from '../access-key/ids.ts';

/** Organizations are made seldom, and ids that nobody has can come thousands of times a second. */
const LIST_AGAIN_MS = 1_000;

export class Organizations {
  readonly #realms: Pick<Realms, 'list' | 'onLoaded'>;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #byTag = new Map<string, Set<RealmId>>();
  readonly #stopListening: () => void;
  #listed_ms = Number.NEGATIVE_INFINITY;

  constructor(realms: Pick<Realms, 'list' | 'onLoaded'>, clock: Pick<Clock, 'now'>) {
    this.#realms = realms;
    this.#clock = clock;
    // A new one is loaded before anything is in it.
    this.#stopListening = realms.onLoaded(({ id }) => this.#add(id));
  }

  /** Those that may have it; almost always one, or none. */
  async of(accessKey: string): Promise<readonly RealmId[]> {
    const tag = tagOf(accessKey);
    if (tag === undefined) return [];
    if (!this.#byTag.has(tag) && this.#clock.now() - this.#listed_ms >= LIST_AGAIN_MS) {
      this.#listed_ms = this.#clock.now();
      for (const realm of await this.#realms.list()) this.#add(realm);
    }
    return [...(this.#byTag.get(tag) ?? [])];
  }

  close(): void {
    this.#stopListening();
  }

  #add(realm: RealmId): void {
    if (realm === REGION) return;
    const tag = realmTag(realm);
    const known = this.#byTag.get(tag);
    if (known) known.add(realm);
    else this.#byTag.set(tag, new Set([realm]));
  }
}
