/**
 * Lock-out guard, as a rule over changes: a realm always keeps a way in: an administrator with a certificate that works, or one who can sign
 * in here. There is nobody above an organization who could let it back in, so the last one can be removed, disabled or stripped of what they
 * get in with by no route, and no guardrail may keep every administrator from changing guardrails.
 */
import { isInternal } from '#kernel/access.ts';
import { forbidden } from '#kernel/errors.ts';
import type { AdmissionRequest, Kind } from '#kernel/kind.ts';
import type { Condition, KubeObject } from '#kernel/object.ts';
import type { RealmView } from '#kernel/realm.ts';
import { realmType } from '#kernel/realm-id.ts';
import { ClientCertificate, type ClientCertificateObject } from '../identity/client-certificate.ts';
import { credentialsOf, summaryOf } from '../identity/people/controllers.ts';
import { Credential } from '../identity/people/credential.ts';
import { groupsOf, isActive } from '../identity/people/directory.ts';
import { Group, type GroupObject } from '../identity/people/group.ts';
import { User, type UserObject } from '../identity/people/user.ts';
import { type Binding, type BindingSpec, holds, type Principal, type Subject } from './grants.ts';
import { ADMINISTRATOR, bindingsIn } from './guard.ts';
import { Guardrail, guardrailsIn } from './guardrail.ts';
import { isLockedOut } from './guardrail-reach.ts';
import { RoleBinding } from './role-binding.ts';

/** What a change is about to make of one object: undefined, it is gone. */
interface After {
  readonly kind: Kind;
  readonly name: string;
  readonly object: KubeObject | undefined;
}

/** The objects of a realm-scoped kind as they will be. */
function* objectsOf(view: RealmView, kind: Kind, after: After | undefined): Generator<KubeObject> {
  const changed = after?.kind.resource === kind.resource ? after : undefined;
  for (const entry of view.entries(kind)) if (entry.name !== changed?.name) yield entry.object();
  if (changed?.object) yield changed.object;
}

function objectOf(view: RealmView, kind: Kind, name: string, after: After | undefined) {
  if (after?.kind.resource === kind.resource && after.name === name) return after.object;
  return view.entry(kind, { name })?.object();
}

/** Who gets in by certificates that work: signed, not expired (its controller says so), of nobody who is disabled or removed. */
function* byCertificate(view: RealmView, after: After | undefined): Generator<Principal> {
  for (const object of objectsOf(view, ClientCertificate, after)) {
    const { metadata, spec, status } = object as ClientCertificateObject;
    const ready = (status?.conditions as Condition[] | undefined)?.find(({ type }) => type === 'Ready');
    if (metadata.deletionTimestamp !== undefined || ready?.status !== 'True') continue;
    // Their User goes, and their certificates with it.
    if (after?.kind.resource === User.resource && after.name === spec.user && !after.object) continue;
    const user = objectOf(view, User, spec.user, after);
    if (!user || isActive(user as UserObject)) yield { user: spec.user, groups: spec.groups ?? [] };
  }
}

/** Who signs in here by what they have themselves. Whoever comes by an identity provider of others may be kept out by those. */
function* bySignIn(
  view: RealmView,
  administrators: readonly Binding[],
  after: After | undefined,
): Generator<Principal> {
  const groups = [...objectsOf(view, Group, after)].filter(
    ({ metadata }) => metadata.deletionTimestamp === undefined,
  ) as GroupObject[];
  const subjects = administrators.flatMap(({ spec }) => spec.subjects);
  const named = (kind: Subject['kind']) =>
    subjects.filter((subject) => subject.kind === kind).map(({ name }) => name);
  const members = named('Group').flatMap(
    (name) => groups.find(({ metadata }) => metadata.name === name)?.spec?.members ?? [],
  );
  for (const name of new Set([...named('User'), ...members])) {
    const user = objectOf(view, User, name, after) as UserObject | undefined;
    if (!user || !isActive(user) || user.spec.identityProvider !== undefined) continue;
    const gone = after?.kind.resource === Credential.resource ? after.name : undefined;
    const credentials = credentialsOf(view, user.metadata.uid).filter(
      ({ metadata }) => metadata.name !== gone,
    );
    const { passkeys, password, authenticator } = summaryOf(credentials);
    if (passkeys === 0 && !(password && authenticator)) continue;
    const listing = groups.filter(({ spec }) => spec?.members?.includes(name));
    yield { user: name, groups: listing.map(({ metadata }) => metadata.name) };
  }
}

/** Whether somebody gets in who holds the administrator's role, and whom no guardrail could keep from guardrails. */
function hasWayIn(view: RealmView, after?: After): boolean {
  const role = ADMINISTRATOR[realmType(view.realm)];
  const bindings = changed(bindingsIn(view, RoleBinding), RoleBinding, after).filter(
    ({ spec }) => spec.role === role,
  );
  const guardrails = changed(guardrailsIn(view), Guardrail, after);
  const isOne = (principal: Principal) =>
    bindings.some(({ spec }) => holds(spec, principal)) && !isLockedOut(guardrails, principal);
  for (const principal of byCertificate(view, after)) if (isOne(principal)) return true;
  for (const principal of bySignIn(view, bindings, after)) if (isOne(principal)) return true;
  return false;
}

/** What was read of a kind's objects, with the one that changes as it will be. */
function changed<Spec>(
  known: readonly { readonly name: string; readonly spec: Spec }[],
  kind: Kind,
  after: After | undefined,
) {
  if (after?.kind.resource !== kind.resource) return known;
  const { name, object } = after;
  const others = known.filter((other) => other.name !== name);
  return object ? [...others, { name, spec: object.spec as Spec }] : others;
}

/** Administrators that a refusal names. */
const NAMED_MAX = 3;

/**
 * What to do about it. Where there are administrators who come by an identity provider, a refusal also says why they are not enough: else it
 * would seem wrong to whoever counts them.
 */
function remedy(view: RealmView): string {
  const role = ADMINISTRATOR[realmType(view.realm)];
  const bindings = bindingsIn(view, RoleBinding).filter(({ spec }) => spec.role === role);
  const coming: string[] = [];
  for (const entry of view.entries(User)) {
    const user = entry.object() as UserObject;
    const { identityProvider } = user.spec;
    if (identityProvider === undefined || !isActive(user)) continue;
    const principal = { user: entry.name, groups: groupsOf(view, user) };
    if (!bindings.some(({ spec }) => holds(spec, principal))) continue;
    coming.push(`"${entry.name}" (by "${identityProvider}")`);
    if (coming.length > NAMED_MAX) break;
  }
  const invite = `casemate user invite NAME --role ${role}`;
  if (coming.length === 0) return `; ${invite} lets somebody in who signs in here`;
  const more = coming.length > NAMED_MAX ? ' and others' : '';
  return (
    `. Who comes by an identity provider is not counted, because that provider could keep them out: ${coming.slice(0, NAMED_MAX).join(', ')}${more}. ` +
    `Give one of them a ClientCertificate, or somebody else a way in of their own: ${invite}`
  );
}

/** Refuses a guardrail that could keep every administrator from changing guardrails. Internal actors are no exception. */
export function lockOutAdmission({ kind, operation, object, view }: AdmissionRequest): void {
  if (kind.resource !== Guardrail.resource || operation === 'delete') return;
  const { name } = object.metadata;
  if (!hasWayIn(view) || hasWayIn(view, { kind, name, object })) return;
  throw forbidden(
    { group: kind.group, kind: kind.plural, name },
    `nobody with role ${ADMINISTRATOR[realmType(view.realm)]} would be sure to be able to change or delete guardrails any more; name in spec.breakGlass an ` +
      `administrator whose ClientCertificate is ready, or who can sign in here, or leave guardrails out of it${remedy(view)}`,
  );
}

/** Whether a realm would have no way in any more with a binding changed, or (`spec` undefined) gone. */
export function isLastWayIn(view: RealmView, binding: string, spec: BindingSpec | undefined): boolean {
  const entry = view.entry(RoleBinding, { name: binding });
  const object = entry && spec && { ...entry.object(), spec };
  return hasWayIn(view) && !hasWayIn(view, { kind: RoleBinding, name: binding, object });
}

/** Whether somebody can no longer sign in here by what they have, or their certificate counts no more, who could and whose did. */
function shuts(before: UserObject | undefined, after: UserObject): boolean {
  const isBarred = !isActive(after);
  if (!before) return isBarred;
  const leaves = before.spec.identityProvider === undefined && after.spec.identityProvider !== undefined;
  return (isBarred && isActive(before)) || leaves;
}

/** Whether a change could close a way in. */
function mayClose({ kind, operation, object, previous }: AdmissionRequest): boolean {
  switch (kind.resource) {
    case RoleBinding.resource:
    case Group.resource:
      return operation !== 'create';
    case ClientCertificate.resource:
    case Credential.resource:
      return operation === 'delete';
    case User.resource:
      return operation === 'delete' || shuts(previous as UserObject | undefined, object as UserObject);
    default:
      return false;
  }
}

/** Refuses to take away the last way in. Internal actors may: they unmake whole realms. */
export function wayInAdmission(request: AdmissionRequest): void {
  const { kind, operation, actor, object, view } = request;
  if (isInternal(actor) || !mayClose(request)) return;
  const { name } = object.metadata;
  const after = { kind, name, object: operation === 'delete' ? undefined : object };
  if (!hasWayIn(view) || hasWayIn(view, after)) return;
  throw forbidden(
    { group: kind.group, kind: kind.plural, name },
    `it is the last way in for role ${ADMINISTRATOR[realmType(view.realm)]}, and nobody could administer this realm without it; ` +
      `first give the role to somebody else whose ClientCertificate is ready, or who can sign in here${remedy(view)}`,
  );
}
