/**
 * OperatorPolicy: what a tenant asks of operators who want in: how many of its people must agree, how long a session may last, and
 * whether operators may break the glass at all. Of several policies the strictest word counts.
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
  ],
});

export interface OperatorRules {
  readonly approvals: number;
  readonly minutes_max: number;
  readonly breakGlass: boolean;
}

/** What holds in an organization. */
export function operatorRules(view: RealmView): OperatorRules {
  const specs: Spec[] = view.list(OperatorPolicy).map(({ spec }) => spec);
  return {
    approvals: Math.max(1, ...specs.map(({ approvals = 1 }) => approvals)),
    minutes_max: Math.min(
      SESSION_MINUTES_MAX,
      ...specs.map(({ sessionMinutes_max = SESSION_MINUTES_MAX }) => sessionMinutes_max),
    ),
    breakGlass: specs.every(({ breakGlass = 'Allowed' }) => breakGlass === 'Allowed'),
  };
}
