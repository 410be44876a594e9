/** What access hands to the composition root: its kinds, the rules over changes, and who answers questions. */
import type { Clock } from '#kernel/clock.ts';
import type { Kind } from '#kernel/kind.ts';
import type { Realms } from '#kernel/realm.ts';
import type { KindRegistry } from '#kernel/registry.ts';
import type { Service } from '#kernel/service.ts';
import { accessAnswers } from './answers.ts';
import type { AccessAuthorizer } from './authorizer.ts';
import { dutiesAdmission } from './duties-admission.ts';
import { Guardrail } from './guardrail.ts';
import { guardrailAdmission } from './guardrail-admission.ts';
import { guardrailLane } from './guardrail-lane.ts';
import { OperationTable } from './operations-table.ts';
import { projectBindingController, projectBindingsAdmission } from './project-bindings.ts';
import { QUESTION_KINDS } from './questions.ts';
import { AccessReview } from './reviews/access-review.ts';
import { reviewActions } from './reviews/actions.ts';
import { reviewAdmission } from './reviews/admission.ts';
import { accessReviewController } from './reviews/controller.ts';
import { Role } from './role.ts';
import { roleAdmission } from './role-admission.ts';
import { RoleBinding } from './role-binding.ts';
import { lockOutAdmission, wayInAdmission } from './way-in.ts';

export interface AccessServiceOptions {
  /** The kind of projects (`v1 Namespace`), which bindings may name. */
  readonly projectKind: Kind;
  readonly clock: Clock;
  /** Not to be called before all services are made; nor are the others. */
  readonly registry: () => KindRegistry;
  readonly realms: () => Pick<Realms, 'use'>;
  readonly authorizer: () => AccessAuthorizer;
}

export function accessService({
  projectKind,
  clock,
  registry,
  realms,
  authorizer,
}: AccessServiceOptions): Service {
  let made: OperationTable | undefined;
  const table = () => {
    made ??= new OperationTable(registry());
    return made;
  };
  return {
    name: 'access',
    kinds: [Role, RoleBinding, Guardrail, AccessReview, ...QUESTION_KINDS],
    admissions: [
      wayInAdmission,
      lockOutAdmission,
      projectBindingsAdmission(projectKind),
      dutiesAdmission,
      roleAdmission(registry, table),
      guardrailAdmission(registry, table),
      reviewAdmission,
      guardrailLane({ registry, table, clock }),
    ],
    controllers: [projectBindingController(projectKind), accessReviewController],
    connectors: reviewActions({ realms, clock }),
    reviews: accessAnswers({ realms, authorizer }),
  };
}
