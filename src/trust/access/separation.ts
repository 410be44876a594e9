/**
 * Whether somebody would hold two duties that nobody may hold together, by all their ways in: by name, by groups made here, by groups of
 * their identity provider, and by client certificates. Each way may be harmless by itself; the person is one. Pure, over a view.
 */
import type { RealmView } from '#kernel/realm.ts';
import { realmType } from '#kernel/realm-id.ts';
import { clash } from './duties.ts';
import { type Binding, type Grant, grantsOf, isSubject, type Principal } from './grants.ts';
import { bindingsIn } from './guard.ts';
import { RoleBinding } from './role-binding.ts';

/** A duty, and what it is held by. */
export interface Duty {
  readonly role: string;
  readonly binding: string;
  /** The group that holds it; absent: it is held by name. */
  readonly group?: string;
}

/** Two duties of one person that do not go together. */
export interface Together {
  readonly duties: readonly [Duty, Duty];
  readonly because: string;
}

/** By what somebody holds a grant: by name before any group, since a group may come and go. */
function dutyOf(bindings: readonly Binding[], { role, binding }: Grant, principal: Principal): Duty {
  const subjects = bindings.find(({ name }) => name === binding)?.spec.subjects ?? [];
  const held = subjects.filter((subject) => isSubject(subject, principal));
  const group = held.every(({ kind }) => kind === 'Group') ? held[0]?.name : undefined;
  return { role, binding, ...(group === undefined ? {} : { group }) };
}

/** The first two duties of somebody that do not go together; undefined where all do. */
export function heldTogether(view: RealmView, principal: Principal): Together | undefined {
  const bindings = bindingsIn(view, RoleBinding);
  const grants = grantsOf(bindings, principal, realmType(view.realm));
  for (const grant of grants) {
    const found = clash(grants, grant);
    if (!found) continue;
    const duties = [found.held, grant].map((one) => dutyOf(bindings, one, principal));
    const [one, other] = duties.sort((a, b) => a.role.localeCompare(b.role, 'en'));
    if (one && other) return { duties: [one, other], because: found.because };
  }
  return undefined;
}

/** `organization-admin (RoleBinding "admins", group "ministry.admins")`, for records. */
export const dutyText = ({ role, binding, group }: Duty): string =>
  `${role} (RoleBinding "${binding}", ${group === undefined ? 'by name' : `group "${group}"`})`;
