/**
 * The bytes of the latest whole lists, for as long as nothing in their realm changes: clients that list at once, or again, share them.
 * Bounded in bytes. Who may see a list is decided before anybody looks here.
 */
import type { Realm, RealmView } from '../realm.ts';
import type { ServedResource } from './catalogue.ts';
import { LIST_CACHE_BYTES_MAX } from './limits.ts';

interface CachedList {
  /** A realm that was read anew has another view, at perhaps the same revision. */
  readonly view: WeakRef<RealmView>;
  readonly revision: number;
  readonly chunks: readonly Buffer[];
  readonly bytes: number;
}

export class ListCache {
  /** In order of making. */
  readonly #lists = new Map<string, CachedList>();
  #bytes = 0;

  /** The list as it is now; `make` makes it when it is not here. */
  get(
    realm: Realm,
    resource: ServedResource,
    namespace: string | undefined,
    make: () => readonly Buffer[],
  ): readonly Buffer[] {
    const key = `${realm.id}\0${resource.kind.resource}\0${namespace ?? ''}`;
    const { view } = realm;
    const known = this.#lists.get(key);
    if (known && known.revision === view.revision && known.view.deref() === view) return known.chunks;
    this.#forget(key);
    const chunks = make();
    const bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    // Small ones are made as soon as they are found; what secrets hold stays in one place.
    if (chunks.length > 1 && bytes <= LIST_CACHE_BYTES_MAX && !resource.source.secret) {
      this.#lists.set(key, { view: new WeakRef(view), revision: view.revision, chunks, bytes });
      this.#bytes += bytes;
      for (const oldest of this.#lists.keys()) {
        if (this.#bytes <= LIST_CACHE_BYTES_MAX) break;
        this.#forget(oldest);
      }
    }
    return chunks;
  }

  #forget(key: string): void {
    this.#bytes -= this.#lists.get(key)?.bytes ?? 0;
    this.#lists.delete(key);
  }
}
