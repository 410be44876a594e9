/**
 * Ends approval requests whose time is over, so that no clock that is set back brings one to life again, and clears away old ones; and ends
 * the word that a region has one operator only, once there are two.
 */
import { approvalOf, isOpen, isOver } from '#kernel/approvals/request.ts';
import type { Controller } from '#kernel/controller.ts';
import { isStatusError } from '#kernel/errors.ts';
import { RoleBinding } from '../access/role-binding.ts';
import { ClientCertificate } from '../identity/client-certificate.ts';
import { User } from '../identity/people/user.ts';
import { ApprovalPolicy } from './approval-policy.ts';
import { ApprovalRequest } from './approval-request.ts';
import { approversIn } from './approvers.ts';

const DAY_MS = 24 * 60 * 60_000;
/** An ended request is looked up in the ledger after this; its leaves stay. */
export const KEPT_MS = 90 * DAY_MS;
const LOOK_AGAIN_MS_MAX = DAY_MS;

export const approvalRequestController: Controller = {
  name: 'approval-requests',
  realms: ['region', 'organization'],
  kind: ApprovalRequest,
  async reconcile(key, { realm, change, clock }) {
    const object = realm.view.get(ApprovalRequest, key);
    if (!object) return undefined;
    const { uid, creationTimestamp } = object.metadata;
    const approval = approvalOf(object);
    const now_ms = clock.now();
    if (isOpen(approval)) {
      const left_ms = Date.parse(approval.spec.expiresAt) - now_ms;
      if (left_ms > 0) return { retryAfter_ms: Math.min(left_ms, LOOK_AGAIN_MS_MAX) };
      await realm.resources.modify(
        ApprovalRequest,
        key,
        change,
        (current) => {
          const now = approvalOf(current);
          if (current.metadata.uid !== uid || !isOpen(now) || !isOver(now, clock.now())) return current;
          return {
            ...current,
            status: { ...current.status, phase: 'Expired' as const } as typeof current.status,
          };
        },
        { subresource: 'status' },
      );
    }
    const kept_ms = Date.parse(creationTimestamp) + KEPT_MS - now_ms;
    if (kept_ms > 0) return { retryAfter_ms: Math.min(kept_ms, LOOK_AGAIN_MS_MAX) };
    try {
      await realm.resources.delete(ApprovalRequest, key, change, { preconditions: { uid } });
    } catch (error) {
      if (!isStatusError(error, 'NotFound') && !isStatusError(error, 'Conflict')) throw error;
    }
    return undefined;
  },
};

/** Whoever may be an operator wakes it; there are few, and it asks little. */
const everyPolicy = [RoleBinding, ClientCertificate, User].map((kind) => ({
  kind,
  keys: (_object: unknown, realm: Parameters<NonNullable<Controller['watches']>[number]['keys']>[1]) =>
    realm.type === 'region'
      ? realm.view.list(ApprovalPolicy).map(({ metadata }) => ({ name: metadata.name }))
      : [],
}));

export const soleOperatorController: Controller = {
  name: 'sole-operator',
  realms: ['region'],
  kind: ApprovalPolicy,
  watches: everyPolicy,
  async reconcile(key, { realm, change, events }) {
    const policy = realm.view.get(ApprovalPolicy, key);
    const sole = policy?.spec.soleOperator;
    if (!policy || sole === undefined) return undefined;
    const others = [...approversIn(realm.view)].filter((name) => name !== sole);
    if (others.length === 0) return undefined;
    await realm.resources.modify(ApprovalPolicy, key, change, (current) => {
      if (current.spec.soleOperator !== sole) return current;
      const { soleOperator: _, ...spec } = current.spec;
      return { ...current, spec };
    });
    events.record(
      policy,
      'Normal',
      'TwoPeople',
      `${others[0]} can approve now, so nobody acts alone any more`,
    );
    return undefined;
  },
};
