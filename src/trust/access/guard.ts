/**
 * What may be granted by whom, decided in the lane, so that no race gets around it: nobody gives away more than they
 * hold, and nobody gets what does not go with what they have. Pure; the authorizer has already asked whether the verb is allowed.
 */
import { isInternal } from '#kernel/access.ts';
import { forbidden, invalid, type StatusCause } from '#kernel/errors.ts';
import type { AdmissionRequest, Kind } from '#kernel/kind.ts';
import type { Entry, RealmView } from '#kernel/realm.ts';
import { type RealmType, realmType } from '#kernel/realm-id.ts';
import { clash } from './duties.ts';
import {
  actorName,
  type Binding,
  type BindingSpec,
  type Grant,
  grantsOf,
  isSubject,
  type Principal,
  type Subject,
  subjectText,
} from './grants.ts';
import { nameProblem } from './names.ts';
import { personsIn } from './principals.ts';
import { roleIn, rolesIn } from './role-terms.ts';
import { ROLES, type RoleName } from './roles.ts';
import { includes, type Terms } from './traits.ts';

/** The role that may grant every role of a realm. */
export const ADMINISTRATOR: Readonly<Record<RealmType, RoleName>> = {
  region: 'region-operator',
  organization: 'organization-admin',
};

/** Parsed bindings, as long as the store keeps their entries; undefined for one that is being deleted. */
const parsed = new WeakMap<Entry, Binding | 'ending'>();

function bindingOf(entry: Entry): Binding | 'ending' {
  const known = parsed.get(entry);
  if (known !== undefined) return known;
  const { metadata, spec } = entry.object();
  const binding =
    metadata.deletionTimestamp === undefined ? { name: entry.name, spec: spec as BindingSpec } : 'ending';
  parsed.set(entry, binding);
  return binding;
}

/** The live role bindings in a view. `kind` is RoleBinding. */
export function bindingsIn(view: RealmView, kind: Kind): Binding[] {
  const bindings: Binding[] = [];
  for (const entry of view.entries(kind)) {
    const binding = bindingOf(entry);
    if (binding !== 'ending') bindings.push(binding);
  }
  return bindings;
}

type Place = Pick<Grant, 'role' | 'project'>;

/** What a role opens where it is given: in one project, or everywhere. */
function termsOfGrant(view: RealmView, { role, project }: Place): readonly Terms[] {
  const terms = roleIn(view, role);
  if (!terms) return [];
  return project === undefined ? terms.everywhere : terms.inProject;
}

/** Whether `grants` together open, where `wanted` is to hold, everything that `wanted` opens. */
export function covers(view: RealmView, grants: readonly Grant[], wanted: Place): boolean {
  const there = grants.filter(({ project }) => project === undefined || project === wanted.project);
  if (there.some(({ role }) => role === wanted.role)) return true;
  const held = there.flatMap((grant) => termsOfGrant(view, grant));
  return includes(held, termsOfGrant(view, wanted));
}

/** As much of a change, or of an action, as says who wants what of which object. */
export type Wanting = Pick<AdmissionRequest, 'realm' | 'kind' | 'object' | 'view' | 'actor'>;

const subjectOf = ({ kind, object }: Pick<Wanting, 'kind' | 'object'>) => ({
  group: kind.group,
  kind: kind.plural,
  name: object.metadata.name,
});

/** Throws `forbidden` unless the actor holds every one of `wanted`. Not for internal actors, who hold no roles. */
export function requireHeld(
  request: Wanting,
  bindings: readonly Binding[],
  wanted: readonly Place[],
  what: string,
): void {
  const held = grantsOf(
    bindings,
    { user: request.actor.name, groups: request.actor.groups },
    realmType(request.realm),
  );
  for (const grant of wanted) {
    if (covers(request.view, held, grant)) continue;
    const where = grant.project === undefined ? '' : ` in project "${grant.project}"`;
    throw forbidden(
      subjectOf(request),
      `${what} would give role ${grant.role}${where}, which "${request.actor.name}" does not hold; ` +
        `ask somebody with role ${ADMINISTRATOR[realmType(request.realm)]}`,
    );
  }
}

/** Throws `forbidden` unless the actor holds everything that a role is about to open. */
export function requireRoleHeld(
  request: AdmissionRequest,
  bindings: readonly Binding[],
  terms: readonly Terms[],
) {
  const { actor, realm, view } = request;
  const grants = grantsOf(bindings, { user: actor.name, groups: actor.groups }, realmType(realm));
  const held = grants
    .filter(({ project }) => project === undefined)
    .flatMap((grant) => termsOfGrant(view, grant));
  const beyond = terms.find((one) => !includes(held, [one]));
  if (!beyond) return;
  const what = beyond.all.map((some) => some.join(' or ')).join(', ');
  throw forbidden(
    subjectOf(request),
    `the role would open more than "${actor.name}" holds (${beyond.verbs.join(', ')} on ${what}); ` +
      `ask somebody with role ${ADMINISTRATOR[realmType(realm)]}`,
  );
}

/** Throws `forbidden` where somebody would hold two roles that do not go together. `given`: what they are about to get. */
export function requireSeparated(
  request: AdmissionRequest,
  who: string,
  held: readonly Grant[],
  given: readonly Place[],
): void {
  for (const wanted of given) {
    const found = clash(held, wanted);
    if (!found) continue;
    throw forbidden(
      subjectOf(request),
      `${who} would hold ${found.wanted} beside ${found.held.role} (RoleBinding "${found.held.binding}"), and these do not ` +
        `go together: ${found.because}; give one of them to somebody else`,
    );
  }
}

/** What a name in a binding or a guardrail must be, or undefined. */
export function subjectProblem({
  kind,
  name,
  project,
}: Subject): { field: 'name' | 'project'; message: string } | undefined {
  if (kind !== 'ServiceAccount') {
    if (project !== undefined)
      return { field: 'project', message: `a ${kind} belongs to no project; leave it out` };
    const message = nameProblem(name);
    return message === undefined ? undefined : { field: 'name', message };
  }
  if (project === undefined) {
    return { field: 'project', message: 'a service account belongs to a project: say which' };
  }
  return /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/.test(name)
    ? undefined
    : { field: 'name', message: 'must be the name of a service account: lower-case letters, digits and "-"' };
}

export function subjectCauses(subjects: readonly Subject[] | undefined, field: string): StatusCause[] {
  const causes: StatusCause[] = [];
  subjects?.forEach((subject, index) => {
    const problem = subjectProblem(subject);
    if (!problem) return;
    causes.push({
      reason: 'FieldValueInvalid',
      field: `${field}[${index}].${problem.field}`,
      message: problem.message,
    });
  });
  return causes;
}

function checkSpec(request: AdmissionRequest, spec: BindingSpec): void {
  const type = realmType(request.realm);
  const causes: StatusCause[] = [];
  const role = roleIn(request.view, spec.role);
  const elsewhere = Object.hasOwn(ROLES, spec.role);
  if (!role) {
    const right = [...rolesIn(request.view).keys()].join(', ');
    const place = type === 'region' ? 'the region' : 'an organization';
    causes.push({
      reason: 'FieldValueNotSupported',
      field: 'spec.role',
      message: `${elsewhere ? `${spec.role} is no role of ${place}` : `there is no role "${spec.role}"`}; use one of ${right}`,
    });
  } else if (spec.project !== undefined && !role.narrowable) {
    causes.push({
      reason: 'FieldValueForbidden',
      field: 'spec.project',
      message: `${spec.role} covers the whole realm; leave project out, or use project-editor or project-viewer`,
    });
  }
  causes.push(...subjectCauses(spec.subjects, 'spec.subjects'));
  if (causes.length > 0) {
    throw invalid(
      { group: request.kind.group, kind: request.kind.kind, name: request.object.metadata.name },
      causes,
    );
  }
}

/** Nobody whom the binding is about may hold what does not go with it. */
function checkDuties(request: AdmissionRequest, spec: BindingSpec, bindings: readonly Binding[]): void {
  const others = bindings.filter(({ name }) => name !== request.object.metadata.name);
  const type = realmType(request.realm);
  const check = (principal: Principal, who: string) =>
    requireSeparated(request, who, grantsOf(others, principal, type), [spec]);
  for (const subject of spec.subjects) {
    const principal =
      subject.kind === 'Group'
        ? { user: '', groups: [subject.name] }
        : { user: actorName(subject), groups: [] };
    check(principal, subjectText(subject));
  }
  for (const principal of personsIn(request.view)) {
    if (!spec.subjects.some((subject) => isSubject(subject, principal))) continue;
    check(principal, `"${principal.user}"`);
  }
}

/** The rules of RoleBinding: right roles for the realm, no escalation, duties kept apart. */
export function guardRoleBinding(request: AdmissionRequest): void {
  if (request.operation === 'delete') return;
  const spec = request.object.spec as BindingSpec;
  checkSpec(request, spec);
  if (isInternal(request.actor)) return;
  const bindings = bindingsIn(request.view, request.kind);
  requireHeld(
    request,
    bindings,
    [{ role: spec.role, ...(spec.project === undefined ? {} : { project: spec.project }) }],
    'the binding',
  );
  checkDuties(request, spec, bindings);
}
