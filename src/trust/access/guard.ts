/**
 * What may be granted by whom, decided in the lane, so that no race gets around it: nobody gives away more than they
 * hold. Pure; the authorizer has already asked whether the verb is allowed.
 */
import type { Actor } from '#kernel/access.ts';
import { forbidden, invalid, type StatusCause } from '#kernel/errors.ts';
import type { AdmissionRequest, Kind } from '#kernel/kind.ts';
import type { Entry, RealmView } from '#kernel/realm.ts';
import { type RealmType, realmType } from '#kernel/realm-id.ts';
import { type Binding, type BindingSpec, type Grant, grantsOf } from './grants.ts';
import { nameProblem } from './names.ts';
import { ROLE_NAMES, ROLES, type RoleName } from './roles.ts';

/** The role that may grant every role of a realm. */
export const ADMINISTRATOR: Readonly<Record<RealmType, RoleName>> = {
  region: 'region-operator',
  organization: 'organization-admin',
};

/** Roles whose rights a role includes wherever it holds, itself included. */
const INCLUDES: Readonly<Record<RoleName, readonly RoleName[]>> = {
  'region-operator': ['region-operator', 'region-auditor'],
  'region-auditor': ['region-auditor'],
  'organization-admin': ['organization-admin', 'organization-auditor', 'project-editor', 'project-viewer'],
  'organization-auditor': ['organization-auditor'],
  'project-editor': ['project-editor', 'project-viewer'],
  'project-viewer': ['project-viewer'],
};

/** Our own controllers and the bootstrap; the wire can never produce such an actor (see `authorizer.ts`). */
export function isInternal(actor: Actor): boolean {
  return actor.credential === 'internal' && actor.groups.includes('system:internal');
}

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

/** Whether `grants` include everything that `wanted` gives. */
export function covers(grants: readonly Grant[], wanted: Pick<Grant, 'role' | 'project'>): boolean {
  return grants.some(
    (grant) =>
      INCLUDES[grant.role].includes(wanted.role) &&
      (grant.project === undefined || grant.project === wanted.project),
  );
}

/** Throws `forbidden` unless the actor holds every one of `wanted`. Not for internal actors, who hold no roles. */
export function requireHeld(
  request: AdmissionRequest,
  bindings: readonly Binding[],
  wanted: readonly Pick<Grant, 'role' | 'project'>[],
  what: string,
): void {
  const held = grantsOf(
    bindings,
    { user: request.actor.name, groups: request.actor.groups },
    realmType(request.realm),
  );
  for (const grant of wanted) {
    if (covers(held, grant)) continue;
    const where = grant.project === undefined ? '' : ` in project "${grant.project}"`;
    throw forbidden(
      { group: request.kind.group, kind: request.kind.plural, name: request.object.metadata.name },
      `${what} would give role ${grant.role}${where}, which "${request.actor.name}" does not hold; ` +
        `ask somebody with role ${ADMINISTRATOR[realmType(request.realm)]}`,
    );
  }
}

function checkSpec(request: AdmissionRequest, spec: BindingSpec): void {
  const causes: StatusCause[] = [];
  const type = realmType(request.realm);
  const role = ROLES[spec.role];
  if (role.realm !== type) {
    const right = ROLE_NAMES.filter((name) => ROLES[name].realm === type).join(', ');
    causes.push({
      reason: 'FieldValueNotSupported',
      field: 'spec.role',
      message: `${spec.role} is no role of ${type === 'region' ? 'the region' : 'an organization'}; use one of ${right}`,
    });
  } else if (spec.project !== undefined && !role.narrowable) {
    causes.push({
      reason: 'FieldValueForbidden',
      field: 'spec.project',
      message: `${spec.role} covers the whole realm; leave project out, or use project-editor or project-viewer`,
    });
  }
  spec.subjects.forEach((subject, index) => {
    const problem = nameProblem(subject.name);
    if (problem) {
      causes.push({
        reason: 'FieldValueInvalid',
        field: `spec.subjects[${index}].name`,
        message: problem,
      });
    }
  });
  if (causes.length > 0) {
    throw invalid(
      { group: request.kind.group, kind: request.kind.kind, name: request.object.metadata.name },
      causes,
    );
  }
}

/** The rules of RoleBinding: right roles for the realm, no escalation. */
export function guardRoleBinding(request: AdmissionRequest): void {
  if (request.operation === 'delete') return;
  const spec = request.object.spec as BindingSpec;
  checkSpec(request, spec);
  if (isInternal(request.actor)) return;
  requireHeld(
    request,
    bindingsIn(request.view, request.kind),
    [{ role: spec.role, ...(spec.project === undefined ? {} : { project: spec.project }) }],
    'the binding',
  );
}
