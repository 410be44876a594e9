/**
 * AccessRequest: an operator asks to be let into one tenant, for a scope, a reason and a time. It is made in the region, where nothing of
 * the tenant can be reached; a controller carries it into the tenant's realm (`carrier.ts`), where the tenant's own people decide. The
 * carried object is what a session stands on: it never changes, the tenant can end or delete it at any moment, and no operator can touch it.
 */
import { type Static, Type } from 'typebox';
import { type Actor, isInternal } from '#kernel/access.ts';
import type { ApprovalStatus } from '#kernel/approvals/request.ts';
import { rfc3339 } from '#kernel/clock.ts';
import { forbidden, invalid, type StatusCause } from '#kernel/errors.ts';
import { type Admission, defineKind, type ObjectOf } from '#kernel/kind.ts';
import { oneOf } from '#kernel/kind-parts.ts';
import type { KubeObject } from '#kernel/object.ts';
import { REGION } from '#kernel/realm-id.ts';
import { bornWithFinalizer } from '#kernel/reconcile/finalizers.ts';
import type { KindRegistry } from '#kernel/registry.ts';
import { ACCESS_GROUP } from '../access/api-group.ts';
import { NOTE_LENGTH_MAX, REASON, REASON_CODE } from '../approvals/reasons.ts';
import { REQUEST_LENGTH_MAX } from '../certificates/request.ts';
import { BREAK_GLASS_MINUTES_MAX, operatorRules, SESSION_MINUTES_MAX } from './operator-policy.ts';
import { resourceProblem, SCOPE, type ScopeRule, scopeText } from './scope.ts';

export const ACCESS_REQUEST_FINALIZER = 'access.casemate.internal/access-request';
const MINUTE_MS = 60_000;
/** The tenant has so long to decide. */
export const ASK_LIFE_MS = 24 * 60 * MINUTE_MS;
/** Requests in one realm, ended ones included. */
const REQUESTS_MAX = 1_000;

const SPEC = Type.Object({
  organization: Type.String({ minLength: 1, maxLength: 40, description: 'The tenant.' }),
  project: Type.String({ minLength: 1, maxLength: 63, description: 'The one project of it.' }),
  scope: SCOPE,
  reasonCode: REASON_CODE,
  reason: REASON,
  duration_minutes: Type.Integer({
    minimum: 1,
    maximum: SESSION_MINUTES_MAX,
    description: 'How long, from when it is granted.',
  }),
  request: Type.String({
    minLength: 1,
    maxLength: REQUEST_LENGTH_MAX,
    description:
      'A PKCS#10 signing request in PEM of a key made for this session; the key stays with the operator.',
  }),
  breakGlass: Type.Optional(
    Type.Boolean({
      description:
        'Come in before the tenant agreed: takes another operator, at most an hour, and the tenant is told at once.',
    }),
  ),
  origin: Type.Optional(
    Type.Object(
      {
        uid: Type.String({ maxLength: 64, description: 'Of the request in the region.' }),
        operator: Type.String({ maxLength: 64, description: 'Who asks.' }),
        approvedBy: Type.Optional(
          Type.Array(Type.String({ maxLength: 64 }), { maxItems: 16, description: 'Operators who agreed.' }),
        ),
      },
      { description: 'In the tenant’s realm only: where it comes from. Written by the region alone.' },
    ),
  ),
});

const CONSENT = Type.Object({
  by: Type.String(),
  credential: Type.String(),
  strength: Type.Optional(Type.String()),
  at: Type.String(),
  note: Type.Optional(Type.String()),
});

const STATUS = Type.Object({
  phase: oneOf(
    ['Pending', 'Carried', 'Granted', 'Active', 'Rejected', 'Refused', 'Revoked', 'Expired', 'Ended'],
    { description: 'What became of it.' },
  ),
  consent: Type.Object(
    {
      requestedBy: Type.String(),
      phase: oneOf(['Pending', 'Approved', 'Rejected', 'Used', 'Expired']),
      required: Type.Integer(),
      approvals: Type.Array(CONSENT, { maxItems: 64 }),
      rejection: Type.Optional(CONSENT),
      usedAt: Type.Optional(Type.String()),
      message: Type.Optional(Type.String()),
    },
    { description: 'Who agreed, in this realm.' },
  ),
  carriedAs: Type.Optional(Type.String({ description: 'In the region: its name in the tenant’s realm.' })),
  grantedAt: Type.Optional(Type.String({ description: 'When it was granted.' })),
  endsAt: Type.Optional(Type.String({ description: 'When the session ends by itself.' })),
  endedAt: Type.Optional(Type.String({ description: 'When it ended.' })),
  endedBy: Type.Optional(Type.String({ description: 'Who ended it before its time.' })),
  certificate: Type.Optional(Type.String({ description: 'What the session signs in with, in PEM.' })),
  serial: Type.Optional(Type.String({ description: 'Its serial number.' })),
  message: Type.Optional(Type.String({ description: 'Why it is so, and what one can do.' })),
});

const NOTE = Type.Object({
  note: Type.Optional(
    Type.String({ maxLength: NOTE_LENGTH_MAX, description: 'A word on it, for the record.' }),
  ),
});
const OUTCOME = Type.Object({ phase: Type.String({ description: 'What became of it.' }) });

export type AccessSpec = Static<typeof SPEC>;
export type AccessStatus = Static<typeof STATUS>;

export const specOf = (object: KubeObject) => object.spec as AccessSpec;
export const statusOf = (object: KubeObject) => object.status as AccessStatus;

/** Whom a session acts as, in the tenant's ledger. No user of the tenant's can be called so. */
export const operatorName = (operator: string): string => `operator:${operator}`;

function bornStatus(object: KubeObject, actor: Actor): Readonly<Record<string, unknown>> {
  const { origin, breakGlass, duration_minutes } = specOf(object);
  const requestedBy = origin ? operatorName(origin.operator) : actor.name;
  const consent = { requestedBy, phase: 'Pending', required: breakGlass || origin ? 1 : 0, approvals: [] };
  if (!origin || breakGlass !== true) return { phase: 'Pending', consent };
  // Two operators agreed in the region; the tenant reads who.
  const now_ms = Date.parse(object.metadata.creationTimestamp);
  return {
    phase: 'Granted',
    consent: { ...consent, phase: 'Approved', required: 0 },
    grantedAt: rfc3339(now_ms),
    endsAt: rfc3339(now_ms + duration_minutes * MINUTE_MS),
    message: `break-glass by ${[origin.operator, ...(origin.approvedBy ?? [])].join(' and ')}; revoke it to end it at once`,
  };
}

export const AccessRequest = defineKind({
  group: ACCESS_GROUP,
  version: 'v1',
  kind: 'AccessRequest',
  plural: 'accessrequests',
  scope: 'Realm',
  realms: ['region', 'organization'],
  description:
    'An operator asks to be let into one project of a tenant, for a while and for a reason. The tenant’s own people grant it, watch it and end it.',
  spec: SPEC,
  status: STATUS,
  bornStatus,
  immutable: ['spec'],
  normalize: (object) => bornWithFinalizer(object, ACCESS_REQUEST_FINALIZER),
  subresources: {
    approve: {
      type: 'action',
      description: 'Lets the operator in; in the region: agrees to break the glass, with whoever asks.',
      request: NOTE,
      response: OUTCOME,
      recorded: ['note'],
    },
    reject: { type: 'action', description: 'Says no.', request: NOTE, response: OUTCOME, recorded: ['note'] },
    revoke: {
      type: 'action',
      description: 'Ends the session at once, open terminals too.',
      request: NOTE,
      response: OUTCOME,
      recorded: ['note'],
    },
  },
  columns: [
    { name: 'Organization', type: 'string', description: 'The tenant.', value: 'spec.organization' },
    { name: 'Operator', type: 'string', description: 'Who asks.', value: 'status.consent.requestedBy' },
    {
      name: 'Scope',
      type: 'string',
      description: 'For what.',
      value: (object) => scopeText(specOf(object).project, specOf(object).scope as ScopeRule[]),
    },
    { name: 'Phase', type: 'string', description: 'What became of it.', value: 'status.phase' },
    { name: 'Ends', type: 'string', description: 'When it ends by itself.', value: 'status.endsAt' },
    {
      name: 'Break Glass',
      type: 'boolean',
      description: 'Whether nobody of the tenant was asked.',
      value: 'spec.breakGlass',
    },
    { name: 'Reason', type: 'string', description: 'Why.', value: 'spec.reason', priority: 1 },
  ],
});

export type AccessRequestObject = ObjectOf<typeof AccessRequest>;

/** A request as something that people agree to. */
export const askedOf = (object: KubeObject) => ({
  name: object.metadata.name,
  plural: AccessRequest.plural,
  spec: { expiresAt: rfc3339(Date.parse(object.metadata.creationTimestamp) + ASK_LIFE_MS) },
  status: statusOf(object).consent as ApprovalStatus,
});

/** Phases in which it can still become something else. */
export const isOpenRequest = (object: KubeObject): boolean =>
  ['Pending', 'Carried', 'Granted', 'Active'].includes(statusOf(object).phase);

/** Who may make one, of what. What the tenant forbids is refused to the region's own controller too. */
export function accessRequestAdmission(registry: () => KindRegistry): Admission {
  return ({ kind, operation, object, actor, realm, view }) => {
    if (kind.resource !== AccessRequest.resource || operation !== 'create') return;
    const { origin, breakGlass, duration_minutes, scope } = specOf(object);
    const subject = { group: ACCESS_GROUP, kind: 'AccessRequest', name: object.metadata.name };
    if (realm !== REGION) {
      if (!isInternal(actor) || !origin) {
        throw forbidden(
          subject,
          'operators ask in the region, and the region brings it here; nobody else makes one',
        );
      }
      if (breakGlass === true && !operatorRules(view).breakGlass) {
        throw forbidden(
          subject,
          'this organization forbids break-glass (OperatorPolicy); ask for its approval instead',
        );
      }
      return;
    }
    const causes: StatusCause[] = [];
    const wrong = (field: string, message: string) =>
      causes.push({ reason: 'FieldValueInvalid', field, message });
    if (origin)
      wrong('spec.origin', 'leave it out: the region writes it when it brings the request to the tenant');
    if (breakGlass === true && duration_minutes > BREAK_GLASS_MINUTES_MAX) {
      wrong('spec.duration_minutes', `at most ${BREAK_GLASS_MINUTES_MAX} with breakGlass`);
    }
    scope.forEach(({ resources }, rule) => {
      resources.forEach((resource, index) => {
        const problem = resourceProblem(resource, registry());
        if (problem) wrong(`spec.scope[${rule}].resources[${index}]`, problem);
      });
    });
    if (view.count(kind) >= REQUESTS_MAX) {
      throw forbidden(subject, `there are ${REQUESTS_MAX} already; delete some that have ended`);
    }
    if (causes.length > 0) throw invalid(subject, causes);
  };
}
