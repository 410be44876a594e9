/**
 * Answers questions about who may do what, by asking the very policies that decide requests. Whoever may create the question may ask it.
 */
import type { AccessAttributes, Actor, AuthenticationStrength, Verb } from '#kernel/access.ts';
import { badRequest, invalid } from '#kernel/errors.ts';
import type { Realm, Realms } from '#kernel/realm.ts';
import { type RealmId, realmType } from '#kernel/realm-id.ts';
import type { Reviewer, ReviewRequest } from '#kernel/review.ts';
import type { AccessAuthorizer, Explanation } from './authorizer.ts';
import { actorName, type Grant, grantsOf, isServiceAccount, type Principal } from './grants.ts';
import { ADMINISTRATOR, bindingsIn } from './guard.ts';
import type { Decider } from './policies.ts';
import { principalsIn } from './principals.ts';
import {
  type AccessAnswer,
  AccessQuestion,
  type AccessQuestionSpec,
  type Attributes,
  LocalSubjectAccessReview,
  SubjectAccessReview,
  type SubjectReviewSpec,
} from './questions.ts';
import { RoleBinding } from './role-binding.ts';
import { PROJECT_RESOURCE } from './roles.ts';

/** People and groups that one question looks at. */
const ASKED_MAX = 2_000;
/** How many are asked about before others get their turn. */
const ASKED_AT_ONCE = 32;
/** Administrators that an answer names. */
const ADMINISTRATORS_MAX = 20;

export interface AnswersOptions {
  readonly realms: () => Pick<Realms, 'use'>;
  readonly authorizer: () => AccessAuthorizer;
}

type Policy = NonNullable<AccessAnswer['policies']>[number];
type Subjects = NonNullable<AccessAnswer['subjects']>;

const grantPolicy = ({ binding, role, project }: Grant): Policy => ({
  kind: 'RoleBinding',
  name: binding,
  role,
  ...(project === undefined ? {} : { project }),
});

function policyOf(decider: Decider): Policy {
  switch (decider.kind) {
    case 'RoleBinding':
      return grantPolicy(decider.grant);
    case 'Guardrail':
      return { kind: 'Guardrail', name: decider.name, message: decider.message };
    case 'BuiltIn':
      return { kind: 'BuiltIn', name: decider.rule };
  }
}

/** The groups that the realm knows somebody to be in, by any of their ways in. */
function knownGroups({ view }: Realm, user: string): string[] {
  if (isServiceAccount(user)) {
    return ['system:serviceaccounts', `system:serviceaccounts:${user.split(':')[2] ?? ''}`];
  }
  const groups = [...principalsIn(view)].filter((one) => one.user === user).flatMap((one) => one.groups);
  return [...new Set(groups)];
}

/** Somebody as they would ask. What nobody knows of them counts against them. */
function asked(
  realm: RealmId,
  { user, groups }: Principal,
  more: Pick<Actor, 'address' | 'strength'> = {},
): Actor {
  return { realm, name: user, groups, credential: 'asked about', ...more };
}

const given = (text: string | undefined) => (text === '' ? undefined : text);

function attributesOf(realm: RealmId, actor: Actor, from: Attributes): AccessAttributes {
  const { namespace, name, subresource } = from;
  return {
    realm,
    actor,
    // Any text may be asked about; verbs that do not exist are simply not granted.
    verb: (from.verb ?? '') as Verb,
    group: from.group ?? '',
    version: given(from.version) ?? 'v1',
    resource: from.resource ?? '',
    ...(given(namespace) === undefined ? {} : { namespace: given(namespace) as string }),
    ...(given(name) === undefined ? {} : { name: given(name) as string }),
    ...(given(subresource) === undefined ? {} : { subresource: given(subresource) as string }),
  };
}

export function accessAnswers({ realms, authorizer }: AnswersOptions): Readonly<Record<string, Reviewer>> {
  const personOf = (
    realm: RealmId,
    person: { readonly user?: string; readonly groups?: readonly string[] },
    field: string,
  ) =>
    realms().use(realm, (held): Principal => {
      const user = given(person.user);
      if (user === undefined && (person.groups ?? []).length === 0) {
        throw invalid({ kind: 'question' }, [
          { reason: 'FieldValueRequired', field: `${field}.user`, message: 'say who: user, or groups' },
        ]);
      }
      return {
        user: user ?? '',
        groups: person.groups ?? (user === undefined ? [] : knownGroups(held, user)),
      };
    });

  async function review({
    realm,
    spec,
    namespace,
  }: ReviewRequest): Promise<Readonly<Record<string, unknown>>> {
    const { user, groups, resourceAttributes } = spec as SubjectReviewSpec;
    if (resourceAttributes === undefined) {
      throw badRequest(
        'spec.resourceAttributes: required; what is no resource is open to all who are authenticated',
      );
    }
    if (namespace !== undefined && given(resourceAttributes.namespace) !== namespace) {
      throw badRequest(
        `spec.resourceAttributes.namespace: must be "${namespace}", the project that is asked in`,
      );
    }
    const person = await personOf(
      realm,
      { ...(user === undefined ? {} : { user }), ...(groups ? { groups } : {}) },
      'spec',
    );
    const found = await authorizer().explain(attributesOf(realm, asked(realm, person), resourceAttributes));
    const denied = found.by.some(({ kind }) => kind === 'Guardrail');
    return { allowed: found.allowed, ...(denied ? { denied } : {}), reason: found.reason };
  }

  /** Everybody and every group that could hold anything. */
  function candidates({
    view,
  }: Realm): { readonly kind: string; readonly name: string; readonly principal: Principal }[] {
    const found = new Map<
      string,
      { kind: string; name: string; principal: { user: string; groups: string[] } }
    >();
    const add = (kind: string, name: string, principal: Principal) => {
      const known = found.get(`${kind} ${name}`);
      const groups = [...new Set([...(known?.principal.groups ?? []), ...principal.groups])];
      found.set(`${kind} ${name}`, { kind, name, principal: { user: principal.user, groups } });
    };
    for (const { spec } of bindingsIn(view, RoleBinding)) {
      for (const subject of spec.subjects) {
        if (subject.kind === 'Group') add('Group', subject.name, { user: '', groups: [subject.name] });
        else add(subject.kind, actorName(subject), { user: actorName(subject), groups: [] });
      }
    }
    for (const principal of principalsIn(view)) add('User', principal.user, principal);
    return [...found.values()];
  }

  /** Whether a guardrail alone is in the way: they hold a role that would allow it. */
  async function couldBut(
    realm: RealmId,
    principal: Principal,
    { namespace, resource, name }: Attributes,
    { rolesBut }: Explanation,
  ): Promise<boolean> {
    const roles = rolesBut?.() ?? [];
    if (roles.length === 0) return false;
    const project = given(namespace) ?? (resource === PROJECT_RESOURCE ? given(name) : undefined);
    const grants = await realms().use(realm, ({ view }) =>
      grantsOf(bindingsIn(view, RoleBinding), principal, realmType(realm)),
    );
    return grants.some(
      (grant) => roles.includes(grant.role) && (grant.project === undefined || grant.project === project),
    );
  }

  async function whoCan(realm: RealmId, attributes: Attributes): Promise<AccessAnswer> {
    const all = await realms().use(realm, candidates);
    const subjects: Subjects = [];
    const forbidden: Subjects = [];
    for (const [index, { kind, name, principal }] of all.slice(0, ASKED_MAX).entries()) {
      if (index % ASKED_AT_ONCE === ASKED_AT_ONCE - 1) await new Promise((resolve) => setImmediate(resolve));
      const found = await authorizer().explain(attributesOf(realm, asked(realm, principal), attributes));
      if (!found.allowed && !(await couldBut(realm, principal, attributes, found))) continue;
      const groups = kind === 'User' && principal.groups.length > 0 ? { groups: [...principal.groups] } : {};
      const into = found.allowed ? subjects : forbidden;
      into.push({ kind, name, policies: found.by.map(policyOf), ...groups });
    }
    return { subjects, forbidden, incomplete: all.length > ASKED_MAX };
  }

  async function of(realm: RealmId, spec: NonNullable<AccessQuestionSpec['of']>): Promise<AccessAnswer> {
    const person = await personOf(realm, spec, 'spec.of');
    const grants = await realms().use(realm, ({ view }) =>
      grantsOf(bindingsIn(view, RoleBinding), person, realmType(realm)),
    );
    const rules = await authorizer().rules(asked(realm, person), given(spec.project));
    return {
      grants: grants.map(grantPolicy),
      groups: [...person.groups],
      resourceRules: rules.map(({ verbs, apiGroups, resources, resourceNames }) => ({
        verbs: [...verbs],
        apiGroups: [...apiGroups],
        resources: [...resources],
        ...(resourceNames ? { resourceNames: [...resourceNames] } : {}),
      })),
    };
  }

  async function why(realm: RealmId, spec: NonNullable<AccessQuestionSpec['why']>): Promise<AccessAnswer> {
    const person = await personOf(realm, spec, 'spec.why');
    const { address, strength } = spec;
    const actor = asked(realm, person, {
      ...(given(address) === undefined ? {} : { address: given(address) as string }),
      ...(given(strength) === undefined ? {} : { strength: strength as AuthenticationStrength }),
    });
    const found: Explanation = await authorizer().explain(attributesOf(realm, actor, spec.attributes));
    const { allowed, reason, by, roles } = found;
    const administrators = allowed ? [] : await realms().use(realm, administratorsIn);
    return { allowed, reason, policies: by.map(policyOf), roles: [...roles], administrators };
  }

  return {
    [SubjectAccessReview.resource]: { answer: review },
    [LocalSubjectAccessReview.resource]: { answer: review },
    [AccessQuestion.resource]: {
      async answer({ realm, spec }) {
        const question = spec as AccessQuestionSpec;
        const asks = [question.whoCan, question.of, question.why].filter((one) => one !== undefined);
        if (asks.length !== 1) throw badRequest('spec: ask one of whoCan, of and why');
        if (question.whoCan) return whoCan(realm, question.whoCan);
        if (question.of) return of(realm, question.of);
        if (question.why) return why(realm, question.why);
        throw new TypeError('one of them was asked');
      },
    },
  };
}

/** Who holds the administrator's role, as its bindings name them. */
function administratorsIn({ view, type }: Realm): string[] {
  const named = bindingsIn(view, RoleBinding)
    .filter(({ spec }) => spec.role === ADMINISTRATOR[type])
    .flatMap(({ spec }) =>
      spec.subjects.map((subject) =>
        subject.kind === 'Group' ? `group ${subject.name}` : actorName(subject),
      ),
    );
  return [...new Set(named)].slice(0, ADMINISTRATORS_MAX);
}
