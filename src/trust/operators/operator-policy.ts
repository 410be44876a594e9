/**
 * OperatorPolicy: what a tenant asks of operators who want in: how many of its people must agree, how long a session may last, and
 * whether operators may break the glass at all, how long recordings of them are kept. Of several policies the strictest word counts.
 */
import { type Static, Type } from 'typebox';
import { APPROVALS_MAX } from '#kernel/approvals/guarded.ts';
import { defineKind } from '#kernel/kind.ts';
import { oneOf } from '#kernel/kind-parts.ts';
import type { RealmView } from '#kernel/realm.ts';
import { ACCESS_GROUP } from '../access/api-group.ts';

/** A working day. */
export const SESSION_MINUTES_MAX = 480;
/** What cannot wait for the tenant is short. */
export const BREAK_GLASS_MINUTES_MAX = 60;
/** How long recordings are kept. SecNumCloud 12.6 asks for six months of logs; EHDS art. 73(1)(e) for a year. */
export const RECORDINGS_DAYS_MIN = 180;
export const RECORDINGS_DAYS_DEFAULT = 365;
const RECORDINGS_DAYS_MAX = 36_500;

const SPEC = Type.Object({
  approvals: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: APPROVALS_MAX,
      description: 'How many people of the organization must approve an access request. Default: 1.',
    }),
  ),
  sessionMinutes_max: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: SESSION_MINUTES_MAX,
      description: `How long a session may last. Default: ${SESSION_MINUTES_MAX}.`,
    }),
  ),
  breakGlass: Type.Optional(
    oneOf(['Allowed', 'Forbidden'], {
      description:
        'Whether two operators together may come in before anybody of the organization agreed. Default: Allowed, announced at once.',
    }),
  ),
  recordings_days: Type.Optional(
    Type.Integer({
      minimum: RECORDINGS_DAYS_MIN,
      maximum: RECORDINGS_DAYS_MAX,
      description: `How many days recordings of operators’ terminals are kept. Shortening it counts for those that begin later. Default: ${RECORDINGS_DAYS_DEFAULT}.`,
    }),
  ),
});

type Spec = Static<typeof SPEC>;

export const OperatorPolicy = defineKind({
  group: ACCESS_GROUP,
  version: 'v1',
  kind: 'OperatorPolicy',
  plural: 'operatorpolicies',
  scope: 'Realm',
  realms: ['organization'],
  description: 'What this organization asks of operators of the region who request access to it.',
  spec: SPEC,
  columns: [
    { name: 'Approvals', type: 'integer', description: 'How many must approve.', value: 'spec.approvals' },
    { name: 'Minutes', type: 'integer', description: 'How long at most.', value: 'spec.sessionMinutes_max' },
    { name: 'Break Glass', type: 'string', description: 'Whether it may be.', value: 'spec.breakGlass' },
    {
      name: 'Recordings',
      type: 'integer',
      description: 'How many days they are kept.',
      value: 'spec.recordings_days',
    },
  ],
});

export interface OperatorRules {
  readonly approvals: number;
  readonly minutes_max: number;
  readonly breakGlass: boolean;
  readonly recordings_days: number;
}

/** What holds in an organization. */
export function operatorRules(view: RealmView): OperatorRules {
  const specs: Spec[] = view.list(OperatorPolicy).map(({ spec }) => spec);
  const days = specs.flatMap(({ recordings_days }) => recordings_days ?? []);
  return {
    approvals: Math.max(1, ...specs.map(({ approvals = 1 }) => approvals)),
    minutes_max: Math.min(
      SESSION_MINUTES_MAX,
      ...specs.map(({ sessionMinutes_max = SESSION_MINUTES_MAX }) => sessionMinutes_max),
    ),
    breakGlass: specs.every(({ breakGlass = 'Allowed' }) => breakGlass === 'Allowed'),
    recordings_days: days.length === 0 ? RECORDINGS_DAYS_DEFAULT : Math.max(...days),
  };
}
