/** Who may approve, as of a view: everybody whose role opens `approvalrequests/approve`. Pure. */
import type { RealmView } from '#kernel/realm.ts';
import { realmType } from '#kernel/realm-id.ts';
import { ACCESS_GROUP } from '../access/api-group.ts';
import { grantsOf, isServiceAccount } from '../access/grants.ts';
import { bindingsIn } from '../access/guard.ts';
import { principalsIn } from '../access/principals.ts';
import { RoleBinding } from '../access/role-binding.ts';
import { roleIn } from '../access/role-terms.ts';
import {
  groupTrait,
  opens,
  resourceTrait,
  SUBRESOURCE,
  scopeTrait,
  subresourceTrait,
  verbTrait,
} from '../access/traits.ts';
import { barOf } from '../identity/people/standing.ts';

const APPROVE: ReadonlySet<string> = new Set([
  verbTrait('create'),
  scopeTrait('realm'),
  resourceTrait(`approvalrequests.${ACCESS_GROUP}`),
  groupTrait(ACCESS_GROUP),
  SUBRESOURCE,
  subresourceTrait('approve'),
]);

/** Names of the people who may approve in the realm, as they stand: nobody disabled, nobody removed. One person's several credentials are one name. */
export function approversIn(view: RealmView): ReadonlySet<string> {
  const bindings = bindingsIn(view, RoleBinding).filter(({ spec }) => spec.project === undefined);
  const names = new Set<string>();
  for (const principal of principalsIn(view)) {
    if (names.has(principal.user) || isServiceAccount(principal.user)) continue;
    if (barOf(view, principal.user) !== undefined) continue;
    const grants = grantsOf(bindings, principal, realmType(view.realm));
    const may = grants.some(({ role }) =>
      roleIn(view, role)?.everywhere.some((terms) => opens(terms, 'create', APPROVE)),
    );
    if (may) names.add(principal.user);
  }
  return names;
}
