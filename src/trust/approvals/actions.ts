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
import type { ActionConnector, ActionRequest, Connector } from '#kernel/connect.ts';
import { conflict, forbidden } from '#kernel/errors.ts';
import type { DraftObject } from '#kernel/object.ts';
import type { Realms, RealmView } from '#kernel/realm.ts';
import { isServiceAccount } from '../access/grants.ts';
import { isInternal } from '../access/guard.ts';
import { ApprovalRequest } from './approval-request.ts';

export interface ApprovalActionsOptions {
  readonly realms: () => Pick<Realms, 'use'>;
  readonly rules: ApprovalRules;
  readonly clock: Pick<Clock, 'now'>;
}

const subject = (name: string) => ({ group: ApprovalRequest.group, kind: ApprovalRequest.plural, name });

/** What the request is about, as it is now. Throws `conflict` when that is gone. */
function changeOf({ name, spec, status }: Approval, view: RealmView): GuardedChange {
  const { target, transition } = spec;
  const found = view.byUid(target.uid);
  const guarded = found?.kind.guarded?.find((one) => one.transition === transition);
  if (!found || !guarded)
    throw conflict(subject(name), 'what it asks for is gone; there is nothing to decide');
  const object = found.entry.object();
  return { kind: found.kind, transition: guarded, object, view, actor: status.requestedBy };
}

type Decide = (approval: Approval, view: RealmView, request: ActionRequest, note?: string) => ApprovalStatus;

export function approvalActions({ realms, rules, clock }: ApprovalActionsOptions): Record<string, Connector> {
  const action = (decide: Decide): ActionConnector => ({
    type: 'action',
    async call(request) {
      const { realm, object, actor, requestId, body } = request;
      const { name, uid } = object.metadata;
      const note = typeof body.note === 'string' && body.note !== '' ? body.note : undefined;
      // A request is a person's to decide: what runs by itself can be made by whoever asks.
      if (isServiceAccount(actor.name) || isInternal(actor)) {
        throw forbidden(subject(name), 'a service account cannot approve or reject: it takes a person');
      }
      const written = await realms().use(realm, ({ resources }) =>
        resources.modify(
          ApprovalRequest,
          { name },
          { actor, via: 'api', requestId },
          (current, view) => {
            if (current.metadata.uid !== uid)
              throw conflict(subject(name), 'it was made anew meanwhile; look again');
            const status = decide(approvalOf(current), view, request, note);
            return { ...current, status } as unknown as DraftObject;
          },
          { subresource: 'status' },
        ),
      );
      const { phase, approvals, required } = approvalOf(written.object).status;
      return { phase, approvals: approvals.length, required };
    },
  });
  return {
    [`${ApprovalRequest.resource}/approve`]: action((approval, view, { actor }, note) => {
      const required = requiredApprovals(rules, changeOf(approval, view));
      if (!rules.counts(view, actor.name)) {
        throw forbidden(subject(approval.name), `"${actor.name}" holds no role that may approve`);
      }
      return approved(approval, actor, required, clock.now(), note);
    }),
    [`${ApprovalRequest.resource}/reject`]: action((approval, _view, { actor }, note) =>
      rejected(approval, actor, clock.now(), note),
    ),
  };
}
