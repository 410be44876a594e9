/**
 * What role bindings give to whom: pure functions over bindings. No realm, no cache, no I/O.
 */
import type { RealmType } from '#kernel/realm-id.ts';
import { ROLES } from './roles.ts';

/** Somebody a binding or a guardrail is about. */
export interface Subject {
  readonly kind: 'User' | 'Group' | 'ServiceAccount';
  readonly name: string;
  /** Of a service account. */
  readonly project?: string;
}

/** A role binding's spec, as far as decisions need it. */
export interface BindingSpec {
  /** A built-in role, or a Role of the realm. */
  readonly role: string;
  readonly project?: string;
  readonly subjects: readonly Subject[];
}

export interface Binding {
  readonly name: string;
  readonly spec: BindingSpec;
}

/** Whom decisions are about: a user and the groups that the credential carries. */
export interface Principal {
  readonly user: string;
  readonly groups: readonly string[];
}

/** A role that somebody holds, and where. */
export interface Grant {
  readonly binding: string;
  readonly role: string;
  /** Absent: every project. */
  readonly project?: string;
}

const SERVICE_ACCOUNT = 'system:serviceaccount:';

/** The name that an actor has who is that subject; of a group, the group's. */
export function actorName({ kind, name, project }: Subject): string {
  return kind === 'ServiceAccount' ? `${SERVICE_ACCOUNT}${project ?? ''}:${name}` : name;
}

export const isServiceAccount = (user: string) => user.startsWith(SERVICE_ACCOUNT);

/** `alice`, `group audit-team`, `service account alpha/builder`, for messages and tables. */
export function subjectText({ kind, name, project }: Subject): string {
  if (kind === 'Group') return `group:${name}`;
  return kind === 'User' ? name : `serviceaccount:${project ?? ''}/${name}`;
}

export function isSubject(subject: Subject, principal: Principal): boolean {
  return subject.kind === 'Group'
    ? principal.groups.includes(subject.name)
    : actorName(subject) === principal.user;
}

export function holds(binding: BindingSpec, principal: Principal): boolean {
  return binding.subjects.some((subject) => isSubject(subject, principal));
}

export function grantOf({ name, spec }: Binding): Grant {
  return {
    binding: name,
    role: spec.role,
    ...(spec.project === undefined ? {} : { project: spec.project }),
  };
}

/** The roles somebody holds in a realm of that type; a built-in role of the other type of realm counts for nothing. */
export function grantsOf(
  bindings: Iterable<Binding>,
  principal: Principal,
  realm: RealmType,
): readonly Grant[] {
  const grants: Grant[] = [];
  for (const binding of bindings) {
    const { role } = binding.spec;
    if (Object.hasOwn(ROLES, role) && ROLES[role as keyof typeof ROLES].realm !== realm) continue;
    if (holds(binding.spec, principal)) grants.push(grantOf(binding));
  }
  return grants;
}
