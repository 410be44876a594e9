/**
 * Says of a recording whose recorder is gone that it is incomplete, and clears away recordings whose time is over or that people deleted:
 * the pieces first, a bounded portion at a time, then the object. Both ends of an object are leaves of the tenant's ledger.
 */
import { createHash } from 'node:crypto';
import type { Controller, ReconcileContext, RetryAfter } from '#kernel/controller.ts';
import { isStatusError } from '#kernel/errors.ts';
import type { RealmView } from '#kernel/realm.ts';
import { isDeleting, removeFinalizer } from '#kernel/reconcile/finalizers.ts';
import { operatorRules } from '../operator-policy.ts';
import type { KeptRecordings } from './kept.ts';
import { HEARTBEAT_MS } from './recorder.ts';
import {
  RECORDING_FINALIZER,
  TerminalRecording,
  type TerminalRecordingObject,
} from './terminal-recording.ts';

/** Who is silent for so long is gone. */
export const SILENT_MS = 4 * HEARTBEAT_MS;
/** Between two portions of pieces. */
const NEXT_PORTION_MS = 1_000;
const DAY_MS = 24 * 60 * 60_000;
const DIGEST_OF_NOTHING = createHash('sha256').digest('hex');

/** Until when it is kept: what was promised when it began, or what the tenant says now when that is longer. */
export function keptUntil_ms({ spec }: TerminalRecordingObject, view: RealmView): number {
  const now = Date.parse(spec.startedAt) + operatorRules(view).recordings_days * DAY_MS;
  return spec.keptUntil === undefined ? now : Math.max(now, Date.parse(spec.keptUntil));
}

export function recordingController(recordings: () => KeptRecordings): Controller {
  return {
    name: 'terminal-recordings',
    realms: ['organization'],
    kind: TerminalRecording,
    async reconcile(key, context) {
      const { realm, change, clock } = context;
      const object = realm.view.get(TerminalRecording, key);
      if (!object) return undefined;
      if (isDeleting(object)) return clear(object, recordings(), context);
      if ((object.status?.phase ?? 'Recording') === 'Recording') return breakOff(object, context);
      const left_ms = keptUntil_ms(object, realm.view) - clock.now();
      if (left_ms > 0) return { retryAfter_ms: Math.min(left_ms, DAY_MS) };
      try {
        await realm.resources.delete(TerminalRecording, key, change, {
          preconditions: { uid: object.metadata.uid },
        });
      } catch (error) {
        if (!isStatusError(error, 'NotFound')) throw error;
      }
      return undefined;
    },
  };
}

/** Ends it with what the ledger covers of it, unless something was kept meanwhile. */
async function breakOff(
  object: TerminalRecordingObject,
  { realm, change, clock }: ReconcileContext,
): Promise<RetryAfter | undefined> {
  const last = object.status?.lastAt ?? object.spec.startedAt;
  const left_ms = Date.parse(last) + SILENT_MS - clock.now();
  if (left_ms > 0) return { retryAfter_ms: left_ms };
  const { name, uid } = object.metadata;
  await realm.resources.modify(
    TerminalRecording,
    { name },
    change,
    (current) => {
      const { phase = 'Recording', lastAt } = current.status ?? {};
      if (current.metadata.uid !== uid || lastAt !== object.status?.lastAt || phase !== 'Recording')
        return current;
      return {
        ...current,
        status: {
          chunks: 0,
          bytes: 0,
          sha256: DIGEST_OF_NOTHING,
          ...current.status,
          phase: 'Incomplete' as const,
          lastAt: last,
          message: 'whatever recorded it broke off; the last second before may be missing',
        },
      };
    },
    { subresource: 'status' },
  );
  return undefined;
}

async function clear(
  { metadata }: TerminalRecordingObject,
  recordings: KeptRecordings,
  { realm, change }: ReconcileContext,
): Promise<RetryAfter | undefined> {
  const { name, uid } = metadata;
  if (!(await recordings.remove(realm.id, uid))) return { retryAfter_ms: NEXT_PORTION_MS };
  await removeFinalizer(realm.resources, TerminalRecording, { name }, RECORDING_FINALIZER, change, uid);
  return undefined;
}
