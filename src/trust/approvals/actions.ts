/** The actions of an ApprovalRequest: each is decided in the lane, on the request and the rules as they are then. */
import { type ApprovalRules, type GuardedChange, requiredApprovals } from '#kernel/approvals/admission.ts';
import {
  type Approval,
  type ApprovalStatus,
  approvalOf,
  approved,
  rejected,
} from '#kernel/approvals/request.ts';
import type { Clock } from '#kernel/clock.ts';
import type { Connector } from '#kernel/connect.ts';
import { conflict, forbidden } from '#kernel/errors.ts';
import type { Realms, RealmView } from '#kernel/realm.ts';
import { ApprovalRequest } from './approval-request.ts';
import { type Decision, personDecides } from './person-decides.ts';

export interface ApprovalActionsOptions {
  readonly realms: () => Pick<Realms, 'use'>;
  readonly rules: ApprovalRules;
  readonly clock: Pick<Clock, 'now'>;
}

const subject = (name: string) => ({ group: ApprovalRequest.group, kind: ApprovalRequest.plural, name });

/** What the request is about, as it is now; undefined when that is gone. */
function changeOf({ spec, status }: Approval, view: RealmView): GuardedChange | undefined {
  const { target, transition } = spec;
  const found = view.byUid(target.uid);
  const guarded = found?.kind.guarded?.find((one) => one.transition === transition);
  if (!found || !guarded) return undefined;
  const object = found.entry.object();
  return { kind: found.kind, transition: guarded, object, view, actor: status.requestedBy };
}

export function approvalActions({ realms, rules, clock }: ApprovalActionsOptions): Record<string, Connector> {
  const action = (decide: (approval: Approval, decision: Decision) => ApprovalStatus) =>
    personDecides({
      kind: ApprovalRequest,
      realms,
      decide: (current, decision) => decide(approvalOf(current), decision),
      answer(written) {
        const { phase, approvals, required } = approvalOf(written).status;
        return { phase, approvals: approvals.length, required };
      },
    });
  const assertCounts = (name: string, change: GuardedChange | undefined, { request, view }: Decision) => {
    const { actor } = request;
    if (rules.counts(view, actor.name, change?.transition)) return;
    throw forbidden(subject(name), `"${actor.name}" holds no role that may approve or reject it`);
  };
  return {
    [`${ApprovalRequest.resource}/approve`]: action((approval, decision) => {
      const { request, view, note } = decision;
      const change = changeOf(approval, view);
      if (!change) {
        throw conflict(subject(approval.name), 'what it asks for is gone; there is nothing to decide');
      }
      assertCounts(approval.name, change, decision);
      return approved(approval, request.actor, requiredApprovals(rules, change), clock.now(), note);
    }),
    [`${ApprovalRequest.resource}/reject`]: action((approval, decision) => {
      const { request, view, note } = decision;
      // Who asked may take it back, whoever they are by now.
      if (request.actor.name !== approval.status.requestedBy)
        assertCounts(approval.name, changeOf(approval, view), decision);
      return rejected(approval, request.actor, clock.now(), note);
    }),
  };
}
