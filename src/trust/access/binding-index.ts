/**
 * The role bindings of a loaded realm, ready for decisions. Follows the realm's view: a change of a binding counts from
 * the very next decision; a change of anything else costs one look over the bindings' revisions.
 */
import type { Realm } from '#kernel/realm.ts';
import { BoundedMap } from '../bounded-map.ts';
import { type Binding, type Grant, grantsOf, type Principal } from './grants.ts';
import { bindingsIn } from './guard.ts';
import { RoleBinding } from './role-binding.ts';

/** Principals whose grants are remembered until a binding changes. */
const PRINCIPALS_MAX = 4_096;

export interface BindingIndex {
  grants(principal: Principal): readonly Grant[];
}

export function bindingIndex(realm: Realm): BindingIndex {
  const remembered = new BoundedMap<string, readonly Grant[]>(PRINCIPALS_MAX);
  let bindings: readonly Binding[] = [];
  let revision = -1;
  let fingerprint = '';

  /**
   * Number of bindings and the newest revision among them: a binding that was added or changed has a revision above all
   * before, one that went without another coming lowers the number; so equal fingerprints mean equal bindings.
   */
  function fingerprintNow(): string {
    let count = 0;
    let newest = -1;
    for (const entry of realm.view.entries(RoleBinding)) {
      count++;
      if (entry.revision > newest) newest = entry.revision;
    }
    return `${count}/${newest}`;
  }

  function follow(): void {
    if (realm.view.revision === revision) return;
    const next = fingerprintNow();
    if (next !== fingerprint) {
      remembered.clear();
      bindings = bindingsIn(realm.view, RoleBinding);
      fingerprint = next;
    }
    revision = realm.view.revision;
  }

  return {
    grants(principal) {
      follow();
      const key = JSON.stringify([principal.user, principal.groups]);
      const known = remembered.get(key);
      if (known) return known;
      const grants = grantsOf(bindings, principal, realm.type);
      remembered.set(key, grants);
      return grants;
    },
  };
}
