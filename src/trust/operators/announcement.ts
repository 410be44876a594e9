/**
 * Tells a tenant that operators break the glass: an event in its own realm, committed before anything opens. Other events are news, written
 * when there is time; this one is a condition, so who writes it waits for it, and without it there is no session.
 */
import { rfc3339 } from '#kernel/clock.ts';
import type { ReconcileContext } from '#kernel/controller.ts';
import { isStatusError } from '#kernel/errors.ts';
import type { Kind } from '#kernel/kind.ts';
import { type AccessRequestObject, operatorName, specOf } from './access-request.ts';
import { type ScopeRule, scopeText } from './scope.ts';

/** Where events about realm-scoped objects are, as in Kubernetes. */
const DEFAULT_PROJECT = 'default';
const NAME_CHARACTERS_MAX = 200;
const MESSAGE_CHARACTERS_MAX = 1_024;

/** Writes it unless it is there. Says whether there is a project to write it to; throws when it cannot be written. */
export async function announceBreakGlass(
  eventKind: Kind,
  object: AccessRequestObject,
  { realm, change, clock }: Pick<ReconcileContext, 'realm' | 'change' | 'clock'>,
): Promise<boolean> {
  const { project, scope, reason, origin } = specOf(object);
  const { apiVersion, kind, metadata } = object;
  const { name, uid, resourceVersion } = metadata;
  const operators = [origin?.operator ?? '?', ...(origin?.approvedBy ?? [])].map(operatorName).join(' and ');
  const what = scopeText(project, scope as ScopeRule[]);
  const now = rfc3339(clock.now());
  const component = 'operator-sessions';
  // Where people look for it; or in the project that is opened, where the tenant did away with the other.
  for (const namespace of new Set([DEFAULT_PROJECT, project])) {
    const event = {
      metadata: { name: `${name.slice(0, NAME_CHARACTERS_MAX)}.break-glass-${uid.slice(0, 8)}`, namespace },
      involvedObject: { apiVersion, kind, name, uid, resourceVersion },
      type: 'Warning',
      reason: 'BreakGlass',
      message: `${operators} come in without your approval (${what}): ${reason}`.slice(
        0,
        MESSAGE_CHARACTERS_MAX,
      ),
      count: 1,
      firstTimestamp: now,
      lastTimestamp: now,
      source: { component },
      reportingComponent: component,
    };
    try {
      await realm.resources.create(eventKind, namespace, event, change);
      return true;
    } catch (error) {
      if (isStatusError(error, 'AlreadyExists')) return true;
      // No such project, or one on its way out.
      if (!isStatusError(error, 'NotFound') && !isStatusError(error, 'Forbidden')) throw error;
    }
  }
  return false;
}
