/**
 * The two-person rule in the lane: a guarded change goes through only with an approved request of who makes it, for this very object, and uses
 * that request up in the same commit. So it cannot be used twice, whatever races or crashes. Our own controllers act for changes that were
 * decided before (an approved deletion is finished by a controller), so the rule is not asked of them; what a person could make them
 * delete in their stead is: guarded objects have no owners, and a project that holds some is not deleted.
 */
import { isInternal } from '../access.ts';
import { forbidden } from '../errors.ts';
import type { Admission, AdmissionRequest, Kind } from '../kind.ts';
import type { KubeObject } from '../object.ts';
import type { RealmView } from '../realm.ts';
import { jsonEqual } from '../schema/field-path.ts';
import { APPROVALS_MAX, type GuardedTransition, guardedTransition, ownApprovals } from './guarded.ts';
import { type Approval, approvalOf, permits, used } from './request.ts';

/** What is to be approved, for whoever decides how many people that takes. */
export interface GuardedChange {
  readonly kind: Kind;
  readonly transition: GuardedTransition;
  readonly object: KubeObject;
  readonly view: RealmView;
  /** Who makes it, or asks for it. */
  readonly actor: string;
}

export interface ApprovalRules {
  /** The kind of ApprovalRequest. */
  readonly requests: Kind;
  /** How many approvals a change takes where the kind asks for `own`: at least as many, unless there is nobody to ask. Pure. */
  required(change: GuardedChange, own: number): number;
  /**
   * Whether somebody's consent to a transition counts now: who lost their role since they gave it is no approver any more. Absent: that is
   * gone, so it takes who may approve everything. Pure.
   */
  counts(view: RealmView, name: string, transition: GuardedTransition | undefined): boolean;
  /** The kind whose objects hold others and take them along (projects), and every kind there is; for what is held against that. */
  readonly holder: () => { readonly kind: Kind; readonly kinds: Iterable<Kind> } | undefined;
}

/** How many people other than who asks must approve a change. */
export function requiredApprovals(rules: Pick<ApprovalRules, 'required'>, change: GuardedChange): number {
  const own = ownApprovals(change.transition, change.object, change.view);
  return own === 0 ? 0 : Math.min(rules.required(change, own), APPROVALS_MAX);
}

export function approvalAdmission(rules: ApprovalRules): Admission {
  return (request) => {
    if (isInternal(request.actor)) return;
    refuseOwners(request);
    refuseHolder(rules, request);
    const transition = guardedTransition(request);
    if (transition) requireApproval(rules, request, transition);
  };
}

function requireApproval(
  rules: ApprovalRules,
  request: AdmissionRequest,
  transition: GuardedTransition,
): void {
  const { kind, actor, view, now_ms } = request;
  // What was approved is a change of the object as it is, not as the change would have it.
  const object = request.previous ?? request.object;
  const change = { kind, transition, object, view, actor: actor.name };
  const required = requiredApprovals(rules, change);
  if (required === 0) return;
  const asked = { uid: object.metadata.uid, transition: transition.transition, actor: actor.name };
  const counts = (name: string) => rules.counts(view, name, transition);
  const approval = approvalsIn(view, rules.requests).find((one) =>
    permits(one, asked, required, now_ms, counts),
  );
  if (!approval) throw refusal(rules, change, required);
  request.along({
    kind: rules.requests,
    key: { name: approval.name },
    status: { ...used(approval, now_ms) },
  });
}

const approvalsIn = (view: RealmView, kind: Kind): Approval[] =>
  Array.from(view.entries(kind), (entry) => approvalOf(entry.object()));

function refusal(rules: ApprovalRules, change: GuardedChange, required: number) {
  const { kind, object, view, actor } = change;
  const { transition } = change.transition;
  const { namespace, name, uid } = object.metadata;
  const waiting = approvalsIn(view, rules.requests).find(
    ({ spec, status }) =>
      spec.target.uid === uid &&
      spec.transition === transition &&
      status.requestedBy === actor &&
      (status.phase === 'Pending' || status.phase === 'Approved'),
  );
  const people = `${required} ${required === 1 ? 'person' : 'people'} other than you`;
  const where = namespace === undefined ? '' : ` --project ${namespace}`;
  const advice = waiting
    ? `request ${waiting.name} has ${waiting.status.approvals.length} of ${required}, and ends on ${waiting.spec.expiresAt}: ` +
      `they say casemate approval approve ${waiting.name}; then do this again`
    : `ask with: casemate approval request ${transition} ${kind.singular}/${name}${where} --reason "…"; when it is approved, do this again`;
  return forbidden(
    { group: kind.group, kind: kind.plural, name },
    `${transition} takes the approval of ${people} within its time; ${advice}`,
  );
}

const hasGuardedDelete = (kind: Kind) =>
  kind.guarded?.some(({ transition }) => transition === 'delete') === true;

/** An owner that is deleted takes its dependents along, by our own collector: nobody would have been asked. */
function refuseOwners({ kind, operation, object, previous }: AdmissionRequest): void {
  if (operation === 'delete' || !hasGuardedDelete(kind)) return;
  const owners = object.metadata.ownerReferences ?? [];
  if (owners.length === 0 || jsonEqual(owners, previous?.metadata.ownerReferences)) return;
  throw forbidden(
    { group: kind.group, kind: kind.plural, name: object.metadata.name },
    'metadata.ownerReferences: it can have no owner, for deleting that would delete it without the approval that this takes',
  );
}

function refuseHolder(rules: ApprovalRules, request: AdmissionRequest): void {
  const { kind, operation, object, previous, view, actor } = request;
  if (operation !== 'delete' || previous?.metadata.deletionTimestamp !== undefined) return;
  const holder = rules.holder();
  if (holder?.kind.resource !== kind.resource) return;
  const { name } = object.metadata;
  for (const held of holder.kinds) {
    if (held.scope !== 'Project' || !hasGuardedDelete(held)) continue;
    for (const entry of view.entries(held, name)) {
      const inside = entry.object();
      const change = { operation, kind: held, object: inside, previous: inside };
      const transition = guardedTransition(change);
      if (!transition) continue;
      if (requiredApprovals(rules, { kind: held, transition, object: inside, view, actor: actor.name }) === 0)
        continue;
      throw forbidden(
        { group: kind.group, kind: kind.plural, name },
        `it holds ${held.kind} "${inside.metadata.name}", whose deletion takes approval by others: delete that first`,
      );
    }
  }
}
