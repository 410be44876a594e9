/** What the two-person rule hands to the composition root: its kinds, the rule in the lane, and its actions. */
import { approvalAdmission } from '#kernel/approvals/admission.ts';
import type { Clock } from '#kernel/clock.ts';
import type { Realms } from '#kernel/realm.ts';
import type { Service } from '#kernel/service.ts';
import { approvalActions } from './actions.ts';
import { ApprovalPolicy } from './approval-policy.ts';
import { ApprovalRequest } from './approval-request.ts';
import { approvalRequestController, soleOperatorController } from './controllers.ts';
import { noDoublesAdmission } from './no-doubles.ts';
import { approvalRules, type RulesOptions } from './rules.ts';

export interface ApprovalsServiceOptions extends RulesOptions {
  readonly clock: Clock;
  /** Not to be called before all services are made. */
  readonly realms: () => Pick<Realms, 'use'>;
}

export function approvalsService({ clock, realms, ...options }: ApprovalsServiceOptions): Service {
  const rules = approvalRules(options);
  return {
    name: 'approvals',
    kinds: [ApprovalRequest, ApprovalPolicy],
    admissions: [approvalAdmission(rules), noDoublesAdmission],
    controllers: [approvalRequestController, soleOperatorController],
    connectors: approvalActions({ realms, rules, clock }),
  };
}
