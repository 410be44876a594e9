/**
 * The policies of realms, made from their views when first asked for and made anew when a role, a binding or a guardrail changed. A change
 * counts from the very next question; a change of anything else costs three comparisons.
 */
import type { Realm, RealmView } from '#kernel/realm.ts';
import type { RealmId } from '#kernel/realm-id.ts';
import { BoundedMap } from '../bounded-map.ts';
import { bindingsIn } from './guard.ts';
import { Guardrail, guardrailsIn } from './guardrail.ts';
import { RealmPolicies } from './policies.ts';
import { Role } from './role.ts';
import { RoleBinding } from './role-binding.ts';
import { rolesIn } from './role-terms.ts';

interface Known {
  readonly policies: RealmPolicies;
  readonly state: string;
}

const known = new WeakMap<Realm, Known>();

/** The policies of a realm as its view is now. */
export function policiesOf(realm: Realm): RealmPolicies {
  const { view } = realm;
  const state = `${view.changes(RoleBinding)} ${view.changes(Role)} ${view.changes(Guardrail)}`;
  const before = known.get(realm);
  if (before?.state === state) return before.policies;
  const policies = new RealmPolicies({
    roles: rolesIn(view),
    bindings: bindingsIn(view, RoleBinding),
    guardrails: guardrailsIn(view),
  });
  known.set(realm, { policies, state });
  return policies;
}

/** Realms whose guardrails are kept ready for their lanes. */
const LANES_MAX = 512;

const lanes = new BoundedMap<RealmId, Known>(LANES_MAX);

/** Only the guardrails, as of a view in the lane; undefined where there are none. */
export function guardrailPolicies(view: RealmView): RealmPolicies | undefined {
  if (view.count(Guardrail) === 0) return undefined;
  const state = Array.from(view.entries(Guardrail), ({ uid, revision }) => `${uid}@${revision}`).join();
  const before = lanes.get(view.realm);
  if (before?.state === state) return before.policies;
  const policies = new RealmPolicies({ roles: new Map(), bindings: [], guardrails: guardrailsIn(view) });
  lanes.set(view.realm, { policies, state });
  return policies;
}
