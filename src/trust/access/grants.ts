/**
 * What role bindings give to somebody: pure functions over bindings and the role tables. No realm, no cache, no I/O.
 */
import type { Verb } from '#kernel/access.ts';
import type { Scope } from '#kernel/kind.ts';
import type { RealmType } from '#kernel/realm-id.ts';
import { ROLES, type RoleName, type RoleRule } from './roles.ts';

/** A role binding's spec, as far as decisions need it. */
export interface BindingSpec {
  readonly role: RoleName;
  readonly project?: string;
  readonly subjects: readonly { readonly kind: 'User' | 'Group'; readonly name: string }[];
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
  readonly role: RoleName;
  /** Absent: every project. */
  readonly project?: string;
}

/** What is asked, in the terms of the role tables. */
export interface Question {
  readonly verb: Verb;
  readonly resource: string;
  /** Whether its kind is declared secret. */
  readonly secret: boolean;
  readonly subresource?: string;
  readonly target:
    | { readonly scope: 'realm'; readonly name?: string }
    /** Without `project`: across all projects. */
    | { readonly scope: 'project'; readonly project?: string }
    | { readonly scope: 'ledger' };
}

/** The resource of the object that stands for a project. */
export const PROJECT_RESOURCE = 'namespaces';

export function holds(binding: BindingSpec, principal: Principal): boolean {
  return binding.subjects.some((subject) =>
    subject.kind === 'User' ? subject.name === principal.user : principal.groups.includes(subject.name),
  );
}

/** The roles somebody holds in a realm of that type; a role of the other type of realm counts for nothing. */
export function grantsOf(
  bindings: Iterable<Binding>,
  principal: Principal,
  realm: RealmType,
): readonly Grant[] {
  const grants: Grant[] = [];
  for (const binding of bindings) {
    if (ROLES[binding.spec.role]?.realm !== realm || !holds(binding.spec, principal)) continue;
    grants.push({
      binding: binding.name,
      role: binding.spec.role,
      ...(binding.spec.project === undefined ? {} : { project: binding.spec.project }),
    });
  }
  return grants;
}

function namesResource(rule: RoleRule, { resource, secret }: Question): boolean {
  if (secret && rule.secrets === 'no') return false;
  if (rule.only !== undefined && !rule.only.includes(resource)) return false;
  return rule.except === undefined || !rule.except.includes(resource);
}

/** Whether a rule names a subresource. `status` is never opened by a role: it is what controllers observed. */
export function opensSubresource(rule: RoleRule, subresource: string | undefined): boolean {
  if (subresource === undefined) return true;
  if (subresource === 'status' || rule.subresources === undefined) return false;
  return rule.subresources === 'all' || rule.subresources.includes(subresource);
}

function reaches(rule: RoleRule, grant: Grant, question: Question): boolean {
  const { target, resource, verb } = question;
  switch (rule.scope) {
    case 'ledger':
      return target.scope === 'ledger';
    case 'project':
      return (
        target.scope === 'project' &&
        (grant.project === undefined || grant.project === target.project) &&
        namesResource(rule, question)
      );
    case 'own-project':
      // Of one project: that object by its name. Of all projects: the list too.
      return (
        target.scope === 'realm' &&
        resource === PROJECT_RESOURCE &&
        (grant.project === undefined || (verb === 'get' && grant.project === target.name))
      );
    case 'realm':
      return target.scope === 'realm' && namesResource(rule, question);
  }
}

/** The first grant that allows what is asked, or undefined. */
export function allowedBy(grants: readonly Grant[], question: Question): Grant | undefined {
  return grants.find((grant) =>
    ROLES[grant.role].rules.some(
      (rule) =>
        rule.verbs.includes(question.verb) &&
        reaches(rule, grant, question) &&
        opensSubresource(rule, question.subresource),
    ),
  );
}

/** Where a kind's rights are looked up, from its scope. */
export function targetOf(
  scope: Scope,
  namespace: string | undefined,
  name: string | undefined,
): Question['target'] {
  if (scope === 'Project') {
    return namespace === undefined ? { scope: 'project' } : { scope: 'project', project: namespace };
  }
  return name === undefined ? { scope: 'realm' } : { scope: 'realm', name };
}
