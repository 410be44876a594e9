/**
 * Every place where the name of a person stands for something that they hold or asked for, and what becomes of it without them. What is
 * only history (who approved what was done since, who asked for what ended) stays as it is. Pure.
 */
import { approvalOf, isOpen } from '#kernel/approvals/request.ts';
import { rfc3339 } from '#kernel/clock.ts';
import type { Kind } from '#kernel/kind.ts';
import type { KubeObject } from '#kernel/object.ts';
import type { Subject } from '../../../access/grants.ts';
import { Guardrail, type GuardrailObject } from '../../../access/guardrail.ts';
import { RoleBinding, type RoleBindingObject } from '../../../access/role-binding.ts';
import { ApprovalRequest } from '../../../approvals/approval-request.ts';
import {
  AccessRequest,
  type AccessStatus,
  isOpenRequest,
  statusOf,
} from '../../../operators/access-request.ts';
import { ClientCertificate } from '../../client-certificate.ts';
import { Session } from '../../sessions/session.ts';
import { Credential } from '../credential.ts';
import { Group, type GroupObject } from '../group.ts';
import { Invitation } from '../invitation.ts';

/** Nothing is left of the object without the person: it is deleted. */
export const NOTHING = 'nothing';

export interface Trace {
  readonly kind: Kind;
  /** Given where the status is what changes. */
  readonly subresource?: 'status';
  /** The object without the person; undefined when it does not name them. */
  without(object: KubeObject, user: string, now_ms: number): object | typeof NOTHING | undefined;
}

const MESSAGE = 'whoever asked was removed';

/** What belongs to one single person, whom its `spec.user` names. */
const belongings = (kind: Kind): Trace => ({
  kind,
  without: (object, user) => ((object.spec as { readonly user: string }).user === user ? NOTHING : undefined),
});

/** The subjects without the person; undefined when they do not name them. */
function others(subjects: readonly Subject[] = [], user: string): readonly Subject[] | undefined {
  const left = subjects.filter(({ kind, name }) => kind !== 'User' || name !== user);
  return left.length === subjects.length ? undefined : left;
}

function bindingWithout(object: KubeObject, user: string): object | typeof NOTHING | undefined {
  const { spec } = object as RoleBindingObject;
  const subjects = others(spec.subjects as Subject[], user);
  if (subjects === undefined) return undefined;
  return subjects.length === 0 ? NOTHING : { ...object, spec: { ...spec, subjects } };
}

function groupWithout(object: KubeObject, user: string): object | undefined {
  const { spec } = object as GroupObject;
  if (!spec?.members?.includes(user)) return undefined;
  return { ...object, spec: { ...spec, members: spec.members.filter((name) => name !== user) } };
}

function guardrailWithout(object: KubeObject, user: string): object | typeof NOTHING | undefined {
  const { spec } = object as GuardrailObject;
  const left: Record<string, unknown> = { ...spec };
  let isNamed = false;
  for (const field of ['subjects', 'except', 'breakGlass'] as const) {
    const subjects = others(spec[field] as Subject[] | undefined, user);
    if (subjects === undefined) continue;
    isNamed = true;
    // Without any subject it would bind everybody, where it bound nobody else.
    if (field === 'subjects' && subjects.length === 0) return NOTHING;
    left[field] = subjects;
  }
  return isNamed ? { ...object, spec: left } : undefined;
}

interface Consents {
  readonly approvals: readonly { readonly by: string }[];
}

/** Somebody's consents taken out of what is still open; undefined when there are none of theirs. */
function consentsWithout<C extends Consents>(consent: C, user: string): C | undefined {
  const approvals = consent.approvals.filter(({ by }) => by !== user);
  if (approvals.length === consent.approvals.length) return undefined;
  return { ...consent, approvals, phase: 'Pending' };
}

function approvalWithout(object: KubeObject, user: string): object | undefined {
  const approval = approvalOf(object);
  const { status } = approval;
  if (!isOpen(approval)) return undefined;
  if (status.requestedBy === user) {
    return { ...object, status: { ...status, phase: 'Rejected', message: MESSAGE } };
  }
  const left = consentsWithout(status, user);
  if (left === undefined) return undefined;
  const phase = left.approvals.length >= status.required ? status.phase : 'Pending';
  return { ...object, status: { ...left, phase } };
}

function accessWithout(object: KubeObject, user: string, now_ms: number): object | undefined {
  const status = statusOf(object);
  if (!isOpenRequest(object)) return undefined;
  if (status.consent.requestedBy === user) {
    const endedAt = rfc3339(now_ms);
    return { ...object, status: { ...status, phase: 'Revoked', endedAt, message: MESSAGE } };
  }
  // What was granted is the tenant's word by now, not one person's.
  const consent: AccessStatus['consent'] | undefined =
    status.phase === 'Pending' ? consentsWithout(status.consent, user) : undefined;
  return consent && { ...object, status: { ...status, consent } };
}

/** What lets them in comes first, then what they held. */
export const TRACES: readonly Trace[] = [
  belongings(ClientCertificate),
  belongings(Session),
  belongings(Credential),
  belongings(Invitation),
  { kind: AccessRequest, subresource: 'status', without: accessWithout },
  { kind: ApprovalRequest, subresource: 'status', without: approvalWithout },
  { kind: RoleBinding, without: bindingWithout },
  { kind: Group, without: groupWithout },
  { kind: Guardrail, without: guardrailWithout },
];
