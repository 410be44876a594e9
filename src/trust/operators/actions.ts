/** The actions of an AccessRequest. In the tenant's realm its people grant, refuse and end; in the region a second operator agrees to break-glass. */
import { approved, rejected } from '#kernel/approvals/request.ts';
import { type Clock, rfc3339 } from '#kernel/clock.ts';
import type { ActionConnector, ActionRequest, Connector } from '#kernel/connect.ts';
import { conflict, forbidden } from '#kernel/errors.ts';
import type { DraftObject } from '#kernel/object.ts';
import type { Realms, RealmView } from '#kernel/realm.ts';
import { REGION } from '#kernel/realm-id.ts';
import { isServiceAccount } from '../access/grants.ts';
import { isInternal } from '../access/guard.ts';
import {
  AccessRequest,
  type AccessRequestObject,
  type AccessStatus,
  askedOf,
  isOpenRequest,
  specOf,
  statusOf,
} from './access-request.ts';
import { operatorRules } from './operator-policy.ts';
import { isOperatorSession } from './session.ts';

const MINUTE_MS = 60_000;

export interface AccessActionsOptions {
  readonly realms: () => Pick<Realms, 'use'>;
  readonly clock: Pick<Clock, 'now'>;
}

const subject = (name: string) => ({ group: AccessRequest.group, kind: AccessRequest.plural, name });

type Decide = (
  current: AccessRequestObject,
  request: ActionRequest,
  view: RealmView,
  note: string | undefined,
) => AccessStatus;

export function accessActions({ realms, clock }: AccessActionsOptions): Record<string, Connector> {
  const action = (decide: Decide): ActionConnector => ({
    type: 'action',
    async call(request) {
      const { realm, object, actor, requestId, body } = request;
      const { name, uid } = object.metadata;
      const note = typeof body.note === 'string' && body.note !== '' ? body.note : undefined;
      if (isServiceAccount(actor.name) || isInternal(actor) || isOperatorSession(actor)) {
        throw forbidden(subject(name), 'it takes a person of this realm');
      }
      const written = await realms().use(realm, ({ resources }) =>
        resources.modify(
          AccessRequest,
          { name },
          { actor, via: 'api', requestId },
          (current, view) => {
            if (current.metadata.uid !== uid)
              throw conflict(subject(name), 'it was made anew meanwhile; look again');
            return { ...current, status: decide(current, request, view, note) } as unknown as DraftObject;
          },
          { subresource: 'status' },
        ),
      );
      return { phase: statusOf(written.object).phase };
    },
  });

  const granted = (current: AccessRequestObject, view: RealmView, status: AccessStatus): AccessStatus => {
    const now_ms = clock.now();
    const minutes = Math.min(specOf(current).duration_minutes, operatorRules(view).minutes_max);
    return {
      ...status,
      phase: 'Granted',
      grantedAt: rfc3339(now_ms),
      endsAt: rfc3339(now_ms + minutes * MINUTE_MS),
    };
  };

  const assertPending = (current: AccessRequestObject) => {
    const { phase } = statusOf(current);
    if (phase !== 'Pending')
      throw conflict(subject(current.metadata.name), `it is ${phase}; there is nothing to decide`);
  };

  return {
    [`${AccessRequest.resource}/approve`]: action((current, { realm, actor }, view, note) => {
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
    [`${AccessRequest.resource}/reject`]: action((current, { actor }, _view, note) => {
      assertPending(current);
      const consent = rejected(askedOf(current), actor, clock.now(), note) as AccessStatus['consent'];
      return {
        ...statusOf(current),
        consent,
        phase: 'Rejected',
        endedBy: actor.name,
        endedAt: rfc3339(clock.now()),
      };
    }),
    [`${AccessRequest.resource}/revoke`]: action((current, { actor }) => {
      const status = statusOf(current);
      if (!isOpenRequest(current)) {
        throw conflict(subject(current.metadata.name), `it is ${status.phase} already`);
      }
      return { ...status, phase: 'Revoked', endedBy: actor.name, endedAt: rfc3339(clock.now()) };
    }),
  };
}
