/**
 * The life of a carried request in the tenant's realm: tells its people, signs the certificate of one that was granted, and ends it for good when
 * its time is over, so that no clock that is set back opens it again.
 */
import { rfc3339 } from '#kernel/clock.ts';
import type { Controller, ReconcileContext, RetryAfter } from '#kernel/controller.ts';
import { isStatusError } from '#kernel/errors.ts';
import type { Kind } from '#kernel/kind.ts';
import { isDeleting, removeFinalizer } from '#kernel/reconcile/finalizers.ts';
import { signClientCertificate } from '../certificates/client.ts';
import { RequestError } from '../certificates/request.ts';
import { type CertificateTasks, certificateTasks } from '../certificates/tasks.ts';
import type { Keyring } from '../keys/keyring.ts';
import {
  ACCESS_REQUEST_FINALIZER,
  AccessRequest,
  type AccessRequestObject,
  type AccessStatus,
  ASK_LIFE_MS,
  operatorName,
  specOf,
  statusOf,
} from './access-request.ts';
import { announceBreakGlass } from './announcement.ts';
import { type ScopeRule, scopeText } from './scope.ts';

/** X.509 knows days here; the object, which ends sooner, is what counts. */
const CERTIFICATE_DAYS = 1;
const DAY_MS = 24 * 60 * 60_000;
/** Ended requests are kept for so long; their leaves stay. */
const KEPT_MS = 90 * DAY_MS;

export interface SessionControllerOptions {
  /** `v1 Event`. */
  readonly eventKind: Kind;
  readonly keyring: Pick<Keyring, 'clientAuthority'>;
  readonly certificates?: Pick<CertificateTasks, 'checkRequest'>;
}

export function sessionController(options: SessionControllerOptions): Controller {
  return {
    name: 'operator-sessions',
    realms: ['organization'],
    kind: AccessRequest,
    async reconcile(key, context) {
      const object = context.realm.view.get(AccessRequest, key);
      if (!object) return undefined;
      if (isDeleting(object)) {
        // The object is what a session stands on: with its deletion nothing is left to undo.
        const { uid } = object.metadata;
        await removeFinalizer(
          context.realm.resources,
          AccessRequest,
          key,
          ACCESS_REQUEST_FINALIZER,
          context.change,
          uid,
        );
        return undefined;
      }
      return live(object, options, context);
    },
  };
}

async function live(
  object: AccessRequestObject,
  options: SessionControllerOptions,
  context: ReconcileContext,
): Promise<RetryAfter | undefined> {
  const { clock, events } = context;
  const { phase, endsAt } = statusOf(object);
  const now_ms = clock.now();
  const born_ms = Date.parse(object.metadata.creationTimestamp);
  switch (phase) {
    case 'Pending': {
      const left_ms = born_ms + ASK_LIFE_MS - now_ms;
      if (left_ms > 0) {
        announce(object, context);
        return { retryAfter_ms: left_ms };
      }
      await put(object, context, ['Pending'], { phase: 'Expired', message: 'nobody decided in time' });
      return undefined;
    }
    case 'Granted':
      return sign(object, options, context);
    case 'Active': {
      const left_ms = Date.parse(endsAt ?? '') - now_ms;
      if (left_ms > 0) return { retryAfter_ms: Math.min(left_ms, DAY_MS) };
      await put(object, context, ['Active'], { phase: 'Ended', endedAt: rfc3339(now_ms) });
      events.record(object, 'Normal', 'SessionEnded', `the session of ${who(object)} is over`);
      return undefined;
    }
    default: {
      const kept_ms = born_ms + KEPT_MS - now_ms;
      if (kept_ms > 0) return { retryAfter_ms: Math.min(kept_ms, DAY_MS) };
      const { name, uid } = object.metadata;
      await context.realm.resources.delete(AccessRequest, { name }, context.change, {
        preconditions: { uid },
      });
      return undefined;
    }
  }
}

const who = (object: AccessRequestObject) => operatorName(specOf(object).origin?.operator ?? '?');

function announce(object: AccessRequestObject, { events }: ReconcileContext): void {
  const { reason, project, scope } = specOf(object);
  const what = scopeText(project, scope as ScopeRule[]);
  events.record(object, 'Normal', 'AccessRequested', `${who(object)} asks for ${what}: ${reason}`);
}

async function sign(
  object: AccessRequestObject,
  { keyring, eventKind, certificates = certificateTasks }: SessionControllerOptions,
  context: ReconcileContext,
): Promise<RetryAfter | undefined> {
  const { realm, clock, events } = context;
  const now_ms = clock.now();
  const ends_ms = Date.parse(statusOf(object).endsAt ?? '');
  if (!(now_ms < ends_ms)) {
    await put(object, context, ['Granted'], { phase: 'Ended', endedAt: rfc3339(now_ms) });
    return undefined;
  }
  let spki: Uint8Array;
  try {
    ({ spki } = await certificates.checkRequest(specOf(object).request));
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    await put(object, context, ['Granted'], { phase: 'Ended', message: `spec.request ${error.message}` });
    return undefined;
  }
  // First told, then let in: while the tenant's realm cannot be written there is no certificate.
  if (specOf(object).breakGlass === true && !(await announceBreakGlass(eventKind, object, context))) {
    const message =
      'the organization could not be told: it has neither a default project nor the one asked for';
    await put(object, context, ['Granted'], { phase: 'Refused', endedAt: rfc3339(now_ms), message });
    return undefined;
  }
  const authority = await keyring.clientAuthority(realm.id);
  if (!authority) throw new Error(`realm ${realm.id} has no client authority`);
  const signed = await signClientCertificate(authority, {
    user: who(object),
    groups: [],
    objectUid: object.metadata.uid,
    spki,
    now_ms,
    validity_days: CERTIFICATE_DAYS,
  });
  await put(object, context, ['Granted'], {
    phase: 'Active',
    certificate: signed.pem,
    serial: signed.serial,
  });
  events.record(
    object,
    'Normal',
    'SessionBegins',
    `${who(object)} may come in until ${statusOf(object).endsAt}`,
  );
  return { retryAfter_ms: Math.max(ends_ms - now_ms, 1) };
}

/** Writes a status unless the request is in another phase by now: a revocation always wins. */
async function put(
  { metadata }: AccessRequestObject,
  { realm, change }: ReconcileContext,
  from: readonly AccessStatus['phase'][],
  changes: Partial<AccessStatus>,
): Promise<void> {
  try {
    await realm.resources.modify(
      AccessRequest,
      { name: metadata.name },
      change,
      (current) => {
        if (current.metadata.uid !== metadata.uid || !from.includes(statusOf(current).phase)) return current;
        return { ...current, status: { ...statusOf(current), ...changes } };
      },
      { subresource: 'status' },
    );
  } catch (error) {
    if (!isStatusError(error, 'NotFound')) throw error;
  }
}
