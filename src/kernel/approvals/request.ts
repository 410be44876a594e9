/**
 * What an ApprovalRequest says, and how consent adds up: pure functions over its spec and status. The kind itself is defined where people
 * and roles are known (`trust/approvals/`).
 */
import type { Actor } from '../access.ts';
import { rfc3339 } from '../clock.ts';
import { conflict, forbidden } from '../errors.ts';
import type { KubeObject } from '../object.ts';

/** What is asked for. The uid binds it to one object: another of the same name needs another request. */
export interface ApprovalTarget {
  /** `organizations.tenancy.casemate.internal`. */
  readonly resource: string;
  readonly namespace?: string;
  readonly name: string;
  readonly uid: string;
}

export interface ApprovalSpec {
  readonly target: ApprovalTarget;
  readonly transition: string;
  readonly reasonCode: string;
  readonly reason: string;
  /** RFC 3339. */
  readonly expiresAt: string;
}

export type ApprovalPhase = 'Pending' | 'Approved' | 'Rejected' | 'Used' | 'Expired';

/** One person's word. */
export interface Consent {
  readonly by: string;
  /** What proved who they are, never a secret: `certificate:<serial>`. */
  readonly credential: string;
  readonly strength?: string;
  /** RFC 3339. */
  readonly at: string;
  readonly note?: string;
}

export interface ApprovalStatus {
  readonly requestedBy: string;
  readonly phase: ApprovalPhase;
  /** People other than who asks, when it was last counted. */
  readonly required: number;
  readonly approvals: readonly Consent[];
  readonly rejection?: Consent;
  readonly usedAt?: string;
  readonly message?: string;
}

/** Whatever people agree to: until when, and what they said so far. */
export interface Asked {
  /** As errors name it. */
  readonly name: string;
  /** The plural, as errors name it. Default: approvalrequests. */
  readonly plural?: string;
  readonly spec: Pick<ApprovalSpec, 'expiresAt'>;
  readonly status: ApprovalStatus;
}

export interface Approval extends Asked {
  readonly spec: ApprovalSpec;
}

export function approvalOf(object: KubeObject): Approval {
  return {
    name: object.metadata.name,
    spec: object.spec as ApprovalSpec,
    status: object.status as ApprovalStatus,
  };
}

/** How a request begins: it knows who asked, and nobody can say otherwise. */
export function bornApproval(_object: KubeObject, actor: Actor): Readonly<Record<string, unknown>> {
  return { requestedBy: actor.name, phase: 'Pending', required: 1, approvals: [] };
}

const OPEN: readonly ApprovalPhase[] = ['Pending', 'Approved'];

/** Whether it can still become something else. What ended has ended, whatever a clock says later. */
export const isOpen = ({ status }: Asked) => OPEN.includes(status.phase);

export const isOver = ({ spec }: Asked, now_ms: number) => now_ms >= Date.parse(spec.expiresAt);

function consentOf(actor: Actor, now_ms: number, note: string | undefined): Consent {
  return {
    by: actor.name,
    credential: actor.credential,
    ...(actor.strength === undefined ? {} : { strength: actor.strength }),
    at: rfc3339(now_ms),
    ...(note === undefined ? {} : { note }),
  };
}

const subjectOf = ({ plural = 'approvalrequests', name }: Asked) => ({ kind: plural, name });

function assertOpen(approval: Asked, now_ms: number): void {
  const { status, spec } = approval;
  const subject = subjectOf(approval);
  if (!isOpen(approval)) throw conflict(subject, `it is ${status.phase} already; make another request`);
  if (isOver(approval, now_ms)) {
    throw conflict(subject, `it expired on ${spec.expiresAt}; make another request`);
  }
}

/**
 * The status once somebody approved. People are told apart by their names, so two credentials of one person count once.
 * Throws `forbidden` for who asked, `conflict` for who approved before or comes too late.
 */
export function approved(
  approval: Asked,
  actor: Actor,
  required: number,
  now_ms: number,
  note?: string,
): ApprovalStatus {
  const { status } = approval;
  const subject = subjectOf(approval);
  assertOpen(approval, now_ms);
  if (actor.name === status.requestedBy) {
    throw forbidden(subject, 'whoever asks cannot approve: it takes somebody else');
  }
  if (status.approvals.some(({ by }) => by === actor.name)) {
    throw conflict(
      subject,
      `"${actor.name}" approved it already, with whichever credential; it takes somebody else`,
    );
  }
  const approvals = [...status.approvals, consentOf(actor, now_ms, note)];
  return { ...status, approvals, required, phase: approvals.length >= required ? 'Approved' : 'Pending' };
}

/** The status once somebody said no, which one person's word is enough for. Who asked may take it back like this. */
export function rejected(approval: Asked, actor: Actor, now_ms: number, note?: string): ApprovalStatus {
  assertOpen(approval, now_ms);
  return { ...approval.status, phase: 'Rejected', rejection: consentOf(actor, now_ms, note) };
}

export const used = ({ status }: Asked, now_ms: number): ApprovalStatus => ({
  ...status,
  phase: 'Used',
  usedAt: rfc3339(now_ms),
});

/** Whether it allows this actor that transition of that very object now. */
export function permits(
  approval: Approval,
  asked: { readonly uid: string; readonly transition: string; readonly actor: string },
  required: number,
  now_ms: number,
  counts: (name: string) => boolean,
): boolean {
  const { spec, status } = approval;
  return (
    spec.target.uid === asked.uid &&
    spec.transition === asked.transition &&
    status.requestedBy === asked.actor &&
    status.phase === 'Approved' &&
    status.approvals.filter(({ by }) => counts(by)).length >= required &&
    !isOver(approval, now_ms)
  );
}
