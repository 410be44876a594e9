/**
 * Who may approve, as of a view: everybody whose role opens `approvalrequests/approve`; of a role that has one duty, only what names it. Pure.
 */
import type { RealmView } from '#kernel/realm.ts';
import { realmType } from '#kernel/realm-id.ts';
import { ACCESS_GROUP } from '../access/api-group.ts';
import { grantsOf, isServiceAccount, type Principal } from '../access/grants.ts';
import { bindingsIn } from '../access/guard.ts';
import { principalsIn } from '../access/principals.ts';
import { RoleBinding } from '../access/role-binding.ts';
import { roleIn } from '../access/role-terms.ts';
import { ROLES, type RoleName } from '../access/roles.ts';
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

/** Whether the holder of a role may approve every transition, and not only those that name it. */
const isGeneral = (role: string) =>
  !(Object.hasOwn(ROLES, role) && ROLES[role as RoleName].approves === 'named');

/** Those of `principals` who may approve by a role that counts, by name: one person's several credentials are one name. */
function approving(
  view: RealmView,
  principals: Iterable<Principal>,
  counts: (role: string) => boolean,
): Set<string> {
  const bindings = bindingsIn(view, RoleBinding).filter(({ spec }) => spec.project === undefined);
  const names = new Set<string>();
  for (const principal of principals) {
    if (names.has(principal.user) || isServiceAccount(principal.user)) continue;
    if (barOf(view, principal.user) !== undefined) continue;
    const grants = grantsOf(bindings, principal, realmType(view.realm));
    const may = grants.some(
      ({ role }) =>
        counts(role) && roleIn(view, role)?.everywhere.some((terms) => opens(terms, 'create', APPROVE)),
    );
    if (may) names.add(principal.user);
  }
  return names;
}

/** Names of the people who may approve everything in the realm, as they stand: nobody disabled, nobody removed. */
export const approversIn = (view: RealmView): ReadonlySet<string> =>
  approving(view, principalsIn(view), isGeneral);

function* named(view: RealmView, name: string): Iterable<Principal> {
  for (const principal of principalsIn(view)) if (principal.user === name) yield principal;
}

/** Whether somebody of that name can sign in, and may approve what these roles may approve too. */
export const isApprover = (view: RealmView, name: string, roles: readonly string[] = []): boolean =>
  approving(view, named(view, name), (role) => isGeneral(role) || roles.includes(role)).has(name);

/** Whether somebody of that name can sign in, and may approve anything at all. */
export const approvesSomething = (view: RealmView, name: string): boolean =>
  approving(view, named(view, name), () => true).has(name);
