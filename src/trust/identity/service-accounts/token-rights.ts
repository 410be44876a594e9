/**
 * Who may have a service account's tokens without asking for one: by making something run as it, or by entering what does. The same that
 * asking takes: a role that opens `serviceaccounts/token` there, no guardrail against it, and every role that the account holds.
 * Synchronous, so that it can be asked in the lane.
 */
import { type Actor, isInternal } from '#kernel/access.ts';
import type { Clock } from '#kernel/clock.ts';
import { forbidden } from '#kernel/errors.ts';
import type { KubeObject } from '#kernel/object.ts';
import type { RealmView } from '#kernel/realm.ts';
import { realmType } from '#kernel/realm-id.ts';
import type { KindRegistry } from '#kernel/registry.ts';
import { grantsOf } from '../../access/grants.ts';
import { bindingsIn } from '../../access/guard.ts';
import { OperationTable } from '../../access/operations-table.ts';
import { targetOf } from '../../access/places.ts';
import { guardrailPolicies } from '../../access/realm-policies.ts';
import { RoleBinding } from '../../access/role-binding.ts';
import { roleIn } from '../../access/role-terms.ts';
import { opens } from '../../access/traits.ts';
import { guardTokenRequest } from './guard.ts';
import { ServiceAccount } from './service-account.ts';

/** Throws `forbidden` unless the actor may have tokens of the account. */
export type TokenRights = (view: RealmView, actor: Actor, account: KubeObject) => void;

export interface TokenRightsOptions {
  /** Not called before all services are made. */
  readonly registry: () => KindRegistry;
  readonly clock: Pick<Clock, 'now'>;
}

export function tokenRights({ registry, clock }: TokenRightsOptions): TokenRights {
  let table: OperationTable | undefined;
  return (view, actor, account) => {
    if (isInternal(actor)) return;
    table ??= new OperationTable(registry());
    const type = realmType(view.realm);
    const asked = table.find(type, 'create', ServiceAccount.resource, 'token');
    const { name, namespace = '', labels } = account.metadata;
    const subject = { kind: ServiceAccount.plural, name };
    if (!asked) throw forbidden(subject, 'service accounts have no tokens here');

    const traits = new Set(asked.traits);
    const held = grantsOf(bindingsIn(view, RoleBinding), { user: actor.name, groups: actor.groups }, type);
    const isOpened = held.some(({ role, project }) => {
      if (project !== undefined && project !== namespace) return false;
      const terms = roleIn(view, role);
      const there = project === undefined ? terms?.everywhere : terms?.inProject;
      return there?.some((one) => opens(one, 'create', traits)) ?? false;
    });
    if (!isOpened) {
      throw forbidden(
        subject,
        `it takes a role with "create" on serviceaccounts/token in project "${namespace}", which "${actor.name}" does not hold`,
      );
    }
    const { by = [] } =
      guardrailPolicies(view)?.decide(actor, asked, targetOf(asked, namespace, name, labels), clock.now()) ??
      {};
    const guardrail = by.find((decider) => decider.kind === 'Guardrail');
    if (guardrail) {
      throw forbidden(subject, `Guardrail "${guardrail.name}" forbids its tokens: ${guardrail.message}`);
    }
    guardTokenRequest(view, actor, account);
  };
}
