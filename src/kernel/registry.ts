/**
 * The kinds a region serves. Filled once by the composition root, read by everything else.
 */
import type { Kind } from './kind.ts';
import type { RealmType } from './realm-id.ts';

export class KindRegistry {
  readonly #byResource = new Map<string, Kind>();

  constructor(kinds: Iterable<Kind>) {
    for (const kind of kinds) {
      const other = this.#byResource.get(kind.resource);
      if (other) throw new TypeError(`two kinds claim the resource ${kind.resource}`);
      this.#byResource.set(kind.resource, kind);
    }
  }

  all(): Iterable<Kind> {
    return this.#byResource.values();
  }

  /** Looks up `<plural>` or `<plural>.<group>`. */
  resource(resource: string): Kind | undefined {
    return this.#byResource.get(resource);
  }

  /** Looks up by group, version and plural, as a request path names it, among what a realm of that type serves. */
  served(realm: RealmType, group: string, version: string, plural: string): Kind | undefined {
    const kind = this.#byResource.get(group === '' ? plural : `${plural}.${group}`);
    return kind?.version === version && isServed(kind, realm) ? kind : undefined;
  }

  servedIn(realm: RealmType): Kind[] {
    return [...this.#byResource.values()].filter((kind) => isServed(kind, realm));
  }
}

/** Whether a realm of that type answers requests for the kind (its own objects, or the region's read-only). */
export function isServed(kind: Kind, realm: RealmType): boolean {
  return kind.realms.includes(realm) || (realm === 'organization' && kind.sharedWithOrganizations === true);
}

/** Whether requests in a realm of that type read the region's objects instead of the realm's own. */
export function isSharedView(kind: Kind, realm: RealmType): boolean {
  return !kind.realms.includes(realm) && isServed(kind, realm);
}
