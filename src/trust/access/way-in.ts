/**
 * Lock-out guard, as a rule over changes: a realm always keeps a way in. There is nobody above an organization who could let it back in, so
 * its last administrator cannot revoke the last administrator's credential or binding, and no guardrail may keep every administrator from
 * changing guardrails.
 */
import { forbidden } from '#kernel/errors.ts';
import type { AdmissionRequest } from '#kernel/kind.ts';
import type { Condition } from '#kernel/object.ts';
import type { RealmView } from '#kernel/realm.ts';
import { realmType } from '#kernel/realm-id.ts';
import { ClientCertificate, type ClientCertificateObject } from '../identity/client-certificate.ts';
import { type Binding, type BindingSpec, holds, type Principal } from './grants.ts';
import { ADMINISTRATOR, bindingsIn, isInternal } from './guard.ts';
import { Guardrail, type GuardrailSpec, guardrailsIn, type NamedGuardrail } from './guardrail.ts';
import { isLockedOut } from './guardrail-reach.ts';
import { RoleBinding } from './role-binding.ts';

interface Credential {
  readonly uid: string;
  readonly principal: Principal;
}

/** Credentials that work: signed, not expired (its controller says so), not being deleted. */
function credentialsIn(view: RealmView): Credential[] {
  const credentials: Credential[] = [];
  for (const entry of view.entries(ClientCertificate)) {
    const { metadata, spec, status } = entry.object() as ClientCertificateObject;
    const ready = (status?.conditions as Condition[] | undefined)?.find(({ type }) => type === 'Ready');
    if (metadata.deletionTimestamp !== undefined || ready?.status !== 'True') continue;
    credentials.push({ uid: entry.uid, principal: { user: spec.user, groups: spec.groups ?? [] } });
  }
  return credentials;
}

/** What a way in takes: a credential that works, the administrator's role, and no guardrail that could stand before guardrails. */
interface WaysIn {
  readonly bindings: readonly Binding[];
  readonly credentials: readonly Credential[];
  readonly guardrails: readonly NamedGuardrail[];
}

const isWayIn = ({ bindings, credentials, guardrails }: WaysIn): boolean =>
  credentials.some(
    ({ principal }) =>
      bindings.some(({ spec }) => holds(spec, principal)) && !isLockedOut(guardrails, principal),
  );

/** Refuses a guardrail that could keep every administrator from changing guardrails. Internal actors are no exception. */
export function lockOutAdmission({ kind, operation, object, view }: AdmissionRequest): void {
  if (kind.resource !== Guardrail.resource || operation === 'delete') return;
  const before = waysIn(view);
  const { name } = object.metadata;
  const others = before.guardrails.filter((other) => other.name !== name);
  const guardrails = [...others, { name, spec: object.spec as GuardrailSpec }];
  if (!isWayIn(before) || isWayIn({ ...before, guardrails })) return;
  throw forbidden(
    { group: kind.group, kind: kind.plural, name },
    `nobody with role ${ADMINISTRATOR[realmType(view.realm)]} would be sure to be able to change or delete guardrails any more; name in spec.breakGlass an ` +
      'administrator whose ClientCertificate is ready, or leave guardrails out of it',
  );
}

/** The ways in of a realm as a view has it. */
function waysIn(view: RealmView): WaysIn {
  const role = ADMINISTRATOR[realmType(view.realm)];
  return {
    bindings: bindingsIn(view, RoleBinding).filter(({ spec }) => spec.role === role),
    credentials: credentialsIn(view),
    guardrails: guardrailsIn(view),
  };
}

/** The same with a binding as it is about to be; undefined: gone. */
function withBinding(ways: WaysIn, view: RealmView, name: string, spec: BindingSpec | undefined): WaysIn {
  const others = ways.bindings.filter((other) => other.name !== name);
  const administers = spec?.role === ADMINISTRATOR[realmType(view.realm)];
  return { ...ways, bindings: spec && administers ? [...others, { name, spec }] : others };
}

/** Whether a realm would have no way in any more with a binding changed, or (`spec` undefined) gone. */
export function isLastWayIn(view: RealmView, binding: string, spec: BindingSpec | undefined): boolean {
  const ways = waysIn(view);
  return isWayIn(ways) && !isWayIn(withBinding(ways, view, binding, spec));
}

/** Refuses to take away the last way in. Internal actors may: they unmake whole realms. */
export function wayInAdmission({ kind, operation, actor, object, view }: AdmissionRequest): void {
  const isBinding = kind.resource === RoleBinding.resource;
  if (operation === 'create' || isInternal(actor)) return;
  if (!isBinding && (kind.resource !== ClientCertificate.resource || operation !== 'delete')) return;
  const ways = waysIn(view);
  const { name, uid } = object.metadata;
  const after = isBinding
    ? withBinding(ways, view, name, operation === 'delete' ? undefined : (object.spec as BindingSpec))
    : { ...ways, credentials: ways.credentials.filter((other) => other.uid !== uid) };
  if (!isWayIn(ways) || isWayIn(after)) return;
  throw forbidden(
    { group: kind.group, kind: kind.plural, name },
    `it is the last way in for role ${ADMINISTRATOR[realmType(view.realm)]}, and nobody could administer this realm without it; ` +
      'first give the role to somebody else whose ClientCertificate is ready',
  );
}
