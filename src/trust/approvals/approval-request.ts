/**
 * ApprovalRequest: somebody asks other people to agree to one change that the two-person rule guards. What is asked never changes; who asked
 * is who made the object; consent comes in by its actions `approve` and `reject`, each a leaf; the change that it allows uses it up.
 */

import { type Static, Type } from 'typebox';
import { isInternal } from '#kernel/access.ts';
import { guardedTransition } from '#kernel/approvals/guarded.ts';
import { type ApprovalStatus, bornApproval } from '#kernel/approvals/request.ts';
import { rfc3339 } from '#kernel/clock.ts';
import { forbidden, invalid, type StatusCause } from '#kernel/errors.ts';
import { type AdmissionRequest, defineKind, type ObjectOf } from '#kernel/kind.ts';
import { oneOf } from '#kernel/kind-parts.ts';
import type { KubeObject } from '#kernel/object.ts';
import { ACCESS_GROUP } from '../access/api-group.ts';
import { isOperatorSession } from '../operators/session.ts';
import { NOTE_LENGTH_MAX, REASON, REASON_CODE } from './reasons.ts';

const HOUR_MS = 60 * 60_000;
/** Long enough for people to be found, short enough that what was agreed to is still what is meant. */
export const REQUEST_LIFE_MS_MAX = 7 * 24 * HOUR_MS;
export const REQUEST_LIFE_MS_DEFAULT = 24 * HOUR_MS;
/** Requests kept in one realm, ended ones included, which go after a while. */
const REQUESTS_MAX = 1_000;

const SPEC = Type.Object({
  target: Type.Object(
    {
      resource: Type.String({
        minLength: 1,
        maxLength: 253,
        description: 'The resource, such as organizations.tenancy.casemate.internal.',
      }),
      namespace: Type.Optional(Type.String({ minLength: 1, maxLength: 63, description: 'Its project.' })),
      name: Type.String({ minLength: 1, maxLength: 253, description: 'Its name.' }),
      uid: Type.String({
        minLength: 1,
        maxLength: 64,
        description: 'Its metadata.uid: another object of the same name takes another request.',
      }),
    },
    { description: 'The object that is to be changed.' },
  ),
  transition: Type.String({
    minLength: 1,
    maxLength: 63,
    description: 'What is to be done to it: delete, or a word of its kind.',
  }),
  reasonCode: REASON_CODE,
  reason: REASON,
  expiresAt: Type.String({
    format: 'date-time',
    maxLength: 40,
    description: 'Until when it may be approved and used, at most 7 days after it was made (RFC 3339).',
  }),
});

const CONSENT = Type.Object({
  by: Type.String({ description: 'Who.' }),
  credential: Type.String({ description: 'What proved who they are.' }),
  strength: Type.Optional(Type.String({ description: 'How they proved it.' })),
  at: Type.String({ description: 'When.' }),
  note: Type.Optional(Type.String({ description: 'What they had to say.' })),
});

const STATUS = Type.Object({
  requestedBy: Type.String({ description: 'Who asks: who made this object.' }),
  phase: oneOf(['Pending', 'Approved', 'Rejected', 'Used', 'Expired'], { description: 'What became of it.' }),
  required: Type.Integer({
    description: 'How many people other than who asks must approve, as last counted.',
  }),
  approvals: Type.Array(CONSENT, { maxItems: 64, description: 'Who approved.' }),
  rejection: Type.Optional(CONSENT),
  usedAt: Type.Optional(Type.String({ description: 'When the change was made that it was for.' })),
  message: Type.Optional(Type.String({ description: 'What else there is to say.' })),
});

const NOTE = Type.Object({
  note: Type.Optional(
    Type.String({ maxLength: NOTE_LENGTH_MAX, description: 'A word on it, for the record.' }),
  ),
});
const OUTCOME = Type.Object({
  phase: Type.String({ description: 'What became of the request.' }),
  approvals: Type.Integer({ description: 'How many approved.' }),
  required: Type.Integer({ description: 'How many it takes.' }),
});

const statusOf = (object: KubeObject) => object.status as ApprovalStatus | undefined;
const specOf = (object: KubeObject) => object.spec as Static<typeof SPEC>;

export const ApprovalRequest = defineKind({
  group: ACCESS_GROUP,
  version: 'v1',
  kind: 'ApprovalRequest',
  plural: 'approvalrequests',
  shortNames: ['approval', 'approvals'],
  scope: 'Realm',
  realms: ['region', 'organization'],
  description:
    'Asks other people of this realm to agree to one change that nobody may make alone. Approved, it allows whoever asked to make that change once.',
  spec: SPEC,
  status: STATUS,
  bornStatus: bornApproval,
  immutable: ['spec'],
  subresources: {
    approve: {
      type: 'action',
      description: 'Agrees to it. Not for who asks, nor twice for one person, nor for service accounts.',
      request: NOTE,
      response: OUTCOME,
      recorded: ['note'],
    },
    reject: {
      type: 'action',
      description: 'Says no, which ends it. Who asks takes it back like this.',
      request: NOTE,
      response: OUTCOME,
      recorded: ['note'],
    },
  },
  columns: [
    { name: 'Transition', type: 'string', description: 'What is to be done.', value: 'spec.transition' },
    {
      name: 'Target',
      type: 'string',
      description: 'To which object.',
      value: (object) => {
        const { resource, namespace, name } = specOf(object).target;
        return `${resource.split('.')[0]}/${namespace === undefined ? '' : `${namespace}/`}${name}`;
      },
    },
    { name: 'Asked By', type: 'string', description: 'Who asks.', value: 'status.requestedBy' },
    {
      name: 'Approvals',
      type: 'string',
      description: 'How many approved, of how many it takes.',
      value: (object) => `${statusOf(object)?.approvals.length ?? 0}/${statusOf(object)?.required ?? 1}`,
    },
    { name: 'Phase', type: 'string', description: 'What became of it.', value: 'status.phase' },
    { name: 'Expires', type: 'string', description: 'Until when it counts.', value: 'spec.expiresAt' },
    { name: 'Reason', type: 'string', description: 'Why.', value: 'spec.reason', priority: 1 },
  ],
  admit: (request) => admitRequest(request),
});

export type ApprovalRequestObject = ObjectOf<typeof ApprovalRequest>;

/** What is asked must be there, be guarded, and end in time. */
function admitRequest(request: AdmissionRequest): void {
  const { operation, object, previous, view, actor, now_ms } = request;
  const subject = { group: ACCESS_GROUP, kind: 'ApprovalRequest', name: object.metadata.name };
  if (isOperatorSession(actor)) {
    throw forbidden(subject, 'it takes a person of this realm, and no operator in a session');
  }
  if (operation === 'update') {
    const same = JSON.stringify(object.status) === JSON.stringify(previous?.status);
    // Its status moves by the actions, whose actor is whoever approves, and with the change that uses it; never by a write of it.
    if (
      !same &&
      !isInternal(actor) &&
      !isStep(statusOf(object), previous && statusOf(previous), actor.name)
    ) {
      throw forbidden(subject, 'its status is written by its actions alone: approve or reject it');
    }
    return;
  }
  if (operation === 'delete') return;
  if (view.count(request.kind) >= REQUESTS_MAX) {
    throw forbidden(subject, `there are ${REQUESTS_MAX} already; delete some that have ended`);
  }
  const { target, transition, expiresAt } = specOf(object);
  const causes: StatusCause[] = [];
  const wrong = (field: string, message: string) =>
    causes.push({ reason: 'FieldValueInvalid', field, message });
  const end_ms = Date.parse(expiresAt);
  // A time that is none compares as false.
  if (!(end_ms > now_ms && end_ms <= now_ms + REQUEST_LIFE_MS_MAX)) {
    wrong('spec.expiresAt', `must be after now and no later than ${rfc3339(now_ms + REQUEST_LIFE_MS_MAX)}`);
  }
  const found = view.byUid(target.uid);
  const { namespace, name } = found?.entry ?? {};
  if (
    !found ||
    found.kind.resource !== target.resource ||
    name !== target.name ||
    namespace !== target.namespace
  ) {
    wrong('spec.target', 'there is no such object with that uid; casemate approval request fills it in');
  } else {
    const known = (found.kind.guarded ?? []).map((one) => one.transition);
    if (!known.includes(transition)) {
      wrong(
        'spec.transition',
        known.length === 0
          ? `nothing that is done to ${found.kind.plural} takes approval`
          : `must be one of ${known.join(', ')}, which take approval`,
      );
    } else if (transition === 'delete') {
      const current = found.entry.object();
      const change = { operation: 'delete' as const, kind: found.kind, object: current, previous: current };
      if (!guardedTransition(change)) wrong('spec.target', 'as it is now it can be deleted without approval');
    }
  }
  if (causes.length > 0) throw invalid(subject, causes);
}

/** Whether a status adds exactly this person's word. */
function isStep(
  next: ApprovalStatus | undefined,
  before: ApprovalStatus | undefined,
  actor: string,
): boolean {
  if (!next || !before || next.requestedBy !== before.requestedBy) return false;
  if (next.phase === 'Rejected') return next.rejection?.by === actor;
  return next.approvals.length === before.approvals.length + 1 && next.approvals.at(-1)?.by === actor;
}
