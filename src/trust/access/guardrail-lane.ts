/**
 * Guardrails in the lane: a change is held against them once more on the very state that it will be committed on, with the labels that the
 * object has and will have. So none is escaped by being quicker than the question, by what only the body says, by taking the label off
 * first, or by deleting what an object hangs from.
 */
import { isInternal } from '#kernel/access.ts';
import type { Clock } from '#kernel/clock.ts';
import { forbidden } from '#kernel/errors.ts';
import type { Admission, AdmissionRequest, Kind } from '#kernel/kind.ts';
import type { Entry } from '#kernel/realm.ts';
import { realmType } from '#kernel/realm-id.ts';
import type { KindRegistry } from '#kernel/registry.ts';
import { guardrailsIn } from './guardrail.ts';
import { binds, carries, isAbout } from './guardrail-reach.ts';
import type { OperationTable } from './operations-table.ts';
import { targetOf } from './places.ts';
import type { Decider, RealmPolicies } from './policies.ts';
import { guardrailPolicies } from './realm-policies.ts';
import { PROJECT_RESOURCE } from './roles.ts';

/** Objects that are looked at because they would go with the one that is deleted. */
const DEPENDENTS_MAX = 10_000;

export interface GuardrailLaneOptions {
  readonly registry: () => KindRegistry;
  readonly table: () => OperationTable;
  readonly clock: Pick<Clock, 'now'>;
}

type Labels = Readonly<Record<string, string>> | undefined;
type Forbidding = Extract<Decider, { kind: 'Guardrail' }>;

export function guardrailLane({ registry, table, clock }: GuardrailLaneOptions): Admission {
  function forbidding(
    policies: RealmPolicies,
    { actor, realm, operation }: AdmissionRequest,
    kind: Kind,
    where: { readonly namespace: string | undefined; readonly name: string },
    labels: Labels,
  ): Forbidding | undefined {
    const asked = table().find(realmType(realm), operation, kind.resource);
    if (!asked) return undefined;
    const target = targetOf(asked, where.namespace, where.name, labels);
    const { by } = policies.decide(actor, asked, target, clock.now());
    return by.find((decider) => decider.kind === 'Guardrail');
  }

  /** What goes with an object that is deleted: all that a project holds, and what the object owns. */
  function* goingWith({
    kind,
    object,
    view,
    realm,
  }: AdmissionRequest): Iterable<{ kind: Kind; entry: Entry }> {
    if (kind.resource === PROJECT_RESOURCE) {
      for (const other of registry().servedIn(realmType(realm))) {
        if (other.scope !== 'Project' || other.review === true) continue;
        for (const entry of view.entries(other, object.metadata.name)) yield { kind: other, entry };
      }
    }
    const owners = [object.metadata.uid];
    for (let seen = 0; owners.length > 0 && seen < DEPENDENTS_MAX; seen++) {
      for (const dependent of view.dependents(owners.shift() ?? '')) {
        owners.push(dependent.entry.uid);
        yield dependent;
      }
    }
  }

  function checkGoingWith(policies: RealmPolicies, request: AdmissionRequest): void {
    for (const { kind, entry } of goingWith(request)) {
      const found = forbidding(policies, request, kind, entry, entry.labels);
      if (!found) continue;
      refuse(request, found, `${kind.singular} "${entry.name}" would go with it, and `);
    }
  }

  return (request) => {
    if (isInternal(request.actor)) return;
    const policies = guardrailPolicies(request.view);
    if (!policies) return;
    const { kind, object, previous, operation } = request;
    const where = { namespace: object.metadata.namespace, name: object.metadata.name };
    const states =
      operation === 'update' ? [previous?.metadata.labels, object.metadata.labels] : [object.metadata.labels];
    for (const labels of states) {
      const found = forbidding(policies, request, kind, where, labels);
      if (found) refuse(request, found);
    }
    if (operation === 'update') checkLabels(request);
    if (
      operation === 'delete' &&
      policies.sources.guardrails.some(({ spec }) => spec.verbs?.includes('delete') ?? true)
    ) {
      checkGoingWith(policies, request);
    }
  };
}

function refuse({ kind, object }: AdmissionRequest, { name, message }: Forbidding, what = ''): never {
  throw forbidden(
    { group: kind.group, kind: kind.plural, name: object.metadata.name },
    `${what}Guardrail "${name}" forbids it: ${message}`,
  );
}

/** Whom a guardrail can bind does not take off the labels that put an object under it. */
function checkLabels({ kind, object, previous, view, actor }: AdmissionRequest): void {
  const before = previous?.metadata.labels;
  const after = object.metadata.labels;
  if (before === undefined || JSON.stringify(before) === JSON.stringify(after)) return;
  const principal = { user: actor.name, groups: actor.groups };
  for (const { name, spec } of guardrailsIn(view)) {
    const labels = spec.when?.labels;
    if (labels === undefined || Object.keys(labels).length === 0) continue;
    const about = (['read', 'create', 'update', 'delete', 'use'] as const).some((verb) =>
      isAbout(spec, verb, kind.resource),
    );
    if (!about || !binds(spec, principal) || !carries(before, labels) || carries(after, labels)) continue;
    throw forbidden(
      { group: kind.group, kind: kind.plural, name: object.metadata.name },
      `label ${Object.keys(labels).join(', ')} puts it under Guardrail "${name}", and whom that binds does not take it off; ` +
        'ask somebody who may change guardrails',
    );
  }
}
