/** The actions of an AccessRequest. In the tenant's realm its people grant, refuse and end; in the region a second operator agrees to break-glass. */
import { approved, rejected } from '#kernel/approvals/request.ts';
import { type Clock, rfc3339 } from '#kernel/clock.ts';
import type { Connector } from '#kernel/connect.ts';
import { conflict } from '#kernel/errors.ts';
import type { KubeObject } from '#kernel/object.ts';
import type { Realms, RealmView } from '#kernel/realm.ts';
import { REGION } from '#kernel/realm-id.ts';
import { type Decision, personDecides } from '../approvals/person-decides.ts';
import {
  AccessRequest,
  type AccessStatus,
  askedOf,
  isOpenRequest,
  specOf,
  statusOf,
} from './access-request.ts';
import { operatorRules } from './operator-policy.ts';

const MINUTE_MS = 60_000;

export interface AccessActionsOptions {
  readonly realms: () => Pick<Realms, 'use'>;
  readonly clock: Pick<Clock, 'now'>;
}

const subject = (name: string) => ({ group: AccessRequest.group, kind: AccessRequest.plural, name });

export function accessActions({ realms, clock }: AccessActionsOptions): Record<string, Connector> {
  const action = (decide: (current: KubeObject, decision: Decision) => AccessStatus) =>
    personDecides({
      kind: AccessRequest,
      realms,
      decide,
      answer: (written) => ({ phase: statusOf(written).phase }),
    });

  const granted = (current: KubeObject, view: RealmView, status: AccessStatus): AccessStatus => {
    const now_ms = clock.now();
    const minutes = Math.min(specOf(current).duration_minutes, operatorRules(view).minutes_max);
    return {
      ...status,
      phase: 'Granted',
      grantedAt: rfc3339(now_ms),
      endsAt: rfc3339(now_ms + minutes * MINUTE_MS),
    };
  };

  const assertPending = (current: KubeObject) => {
    const { phase } = statusOf(current);
    if (phase !== 'Pending')
      throw conflict(subject(current.metadata.name), `it is ${phase}; there is nothing to decide`);
  };

  return {
    [`${AccessRequest.resource}/approve`]: action((current, { request: { realm, actor }, view, note }) => {
      const asked = askedOf(current);
      assertPending(current);
      if (realm === REGION && specOf(current).breakGlass !== true) {
        throw conflict(
          subject(asked.name),
          'it is for the tenant to approve; operators agree only to break-glass',
        );
      }
      const required = realm === REGION ? 1 : operatorRules(view).approvals;
      const consent = approved(asked, actor, required, clock.now(), note) as AccessStatus['consent'];
      const status = { ...statusOf(current), consent };
      return realm === REGION || consent.phase !== 'Approved' ? status : granted(current, view, status);
    }),
    [`${AccessRequest.resource}/reject`]: action((current, { request: { actor }, note }) => {
      assertPending(current);
      const consent = rejected(askedOf(current), actor, clock.now(), note) as AccessStatus['consent'];
      return {
        ...statusOf(current),
        consent,
        phase: 'Rejected',
        endedBy: actor.name,
        endedAt: rfc3339(clock.now()),
        // The operator reads it: who was refused without a word asks again.
        ...(note === undefined ? {} : { message: note }),
      };
    }),
    [`${AccessRequest.resource}/revoke`]: action((current, { request: { actor } }) => {
      const status = statusOf(current);
      if (!isOpenRequest(current)) {
        throw conflict(subject(current.metadata.name), `it is ${status.phase} already`);
      }
      return { ...status, phase: 'Revoked', endedBy: actor.name, endedAt: rfc3339(clock.now()) };
    }),
  };
}
