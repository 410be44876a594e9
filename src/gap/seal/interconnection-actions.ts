/** The actions of an Interconnection: two people other than who asked agree, or one says no. */
import { approved, rejected } from '#kernel/approvals/request.ts';
import type { Clock } from '#kernel/clock.ts';
import type { Connector } from '#kernel/connect.ts';
import { forbidden } from '#kernel/errors.ts';
import type { KubeObject } from '#kernel/object.ts';
import type { Realms } from '#kernel/realm.ts';
import { isApprover } from '#trust/approvals/approvers.ts';
import { type Decision, personDecides } from '#trust/approvals/person-decides.ts';
import { askedOf, INTERCONNECTION_APPROVALS, Interconnection } from './interconnection.ts';

export interface InterconnectionActionsOptions {
  readonly realms: () => Pick<Realms, 'use'>;
  readonly clock: Pick<Clock, 'now'>;
}

export function interconnectionActions({
  realms,
  clock,
}: InterconnectionActionsOptions): Record<string, Connector> {
  const action = (decide: (current: KubeObject, decision: Decision) => object) =>
    personDecides({
      kind: Interconnection,
      realms,
      // What else its status says stays.
      decide: (current, decision) => ({ ...(current.status as object), ...decide(current, decision) }),
      answer(written) {
        const { phase, approvals, required } = askedOf(written).status;
        return { phase, approvals: approvals.length, required };
      },
    });
  const assertCounts = (current: KubeObject, { request: { actor }, view }: Decision) => {
    if (isApprover(view, actor.name)) return;
    throw forbidden(
      { group: Interconnection.group, kind: Interconnection.plural, name: current.metadata.name },
      `"${actor.name}" holds no role that may approve or reject it`,
    );
  };
  return {
    [`${Interconnection.resource}/approve`]: action((current, decision) => {
      assertCounts(current, decision);
      const { request, note } = decision;
      return approved(askedOf(current), request.actor, INTERCONNECTION_APPROVALS, clock.now(), note);
    }),
    [`${Interconnection.resource}/reject`]: action((current, decision) => {
      const asked = askedOf(current);
      const { request, note } = decision;
      // Who asked may take it back, whoever they are by now.
      if (request.actor.name !== asked.status.requestedBy) assertCounts(current, decision);
      return rejected(asked, request.actor, clock.now(), note);
    }),
  };
}
