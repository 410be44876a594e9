/**
 * Watches the region's time: asks its chronyd every few seconds, and says in one object whether it can be believed. Writes when that changes, and hourly; what only moves by
 * milliseconds is no change, for every change is a leaf.
 */
import type { TimeClient } from '#engines/chrony/client.ts';
import { TimeError } from '#engines/chrony/client.ts';
import type { TimeReport } from '#engines/chrony/report.ts';
import type { Controller, ReconcileContext, RetryAfter } from '#kernel/controller.ts';
import { isStatusError } from '#kernel/errors.ts';
import { setCondition } from '#kernel/reconcile/conditions.ts';
import { judgeTime, type TimeRules } from './time-judge.ts';
import {
  ON_TIME,
  RegionTime,
  type RegionTimeObject,
  SOURCES_SHOWN_MAX,
  TIME_NAME,
  timeCondition,
} from './time-kind.ts';

const LOOK_MS = 15_000;
const WRITE_MS = 60 * 60_000;
/** chronyd was started together with this process: it gets so long before its silence is told. */
const STARTING_MS = 20_000;
const STARTING_LOOK_MS = 1_000;

export interface TimeControllerOptions {
  readonly client: TimeClient;
  readonly rules: TimeRules;
  /** How often it is looked at; by default every 15 s. */
  readonly look_ms?: number;
}

export function timeController({ client, rules, look_ms = LOOK_MS }: TimeControllerOptions): Controller {
  let lastWrite_ms: number | undefined;
  let first_ms: number | undefined;

  async function keep(object: RegionTimeObject, context: ReconcileContext): Promise<RetryAfter | undefined> {
    const now_ms = context.clock.now();
    first_ms ??= now_ms;
    let report: TimeReport;
    try {
      report = await client.read();
    } catch (error) {
      if (!(error instanceof TimeError)) throw error;
      const isStarting = client.absent === undefined && now_ms - first_ms < STARTING_MS;
      if (isStarting) return { retryAfter_ms: STARTING_LOOK_MS };
      const said: Said =
        client.absent === undefined
          ? { status: 'False', reason: 'Silent', message: error.message }
          : { status: 'Unknown', reason: 'Absent', message: error.message };
      await say(object, said, undefined, context);
      return client.absent === undefined ? { retryAfter_ms: look_ms } : undefined;
    }
    const verdict = judgeTime(report, rules);
    const isStarting = verdict.reason === 'NoSource' && now_ms - first_ms < STARTING_MS;
    if (isStarting) return { retryAfter_ms: STARTING_LOOK_MS };
    const before = timeCondition(object);
    const isOther = before?.reason !== verdict.reason || before.message !== verdict.message;
    if (isOther || lastWrite_ms === undefined || now_ms - lastWrite_ms >= WRITE_MS) {
      await say(object, verdict, report, context);
      lastWrite_ms = now_ms;
    }
    return { retryAfter_ms: look_ms };
  }

  return {
    name: 'region-time',
    realms: ['region'],
    kind: RegionTime,
    concurrency: 1,
    async reconcile(key, context) {
      const object = context.realm.view.get(RegionTime, key);
      return object === undefined ? undefined : keep(object, context);
    },
    async sweep({ realm, change }) {
      if (realm.view.get(RegionTime, { name: TIME_NAME }) !== undefined) return;
      try {
        await realm.resources.create(
          RegionTime,
          undefined,
          { metadata: { name: TIME_NAME }, spec: {} },
          change,
        );
      } catch (error) {
        if (!isStatusError(error, 'AlreadyExists')) throw error;
      }
    },
  };
}

interface Said {
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
}

async function say(
  object: RegionTimeObject,
  { status: is, reason, message }: Said,
  report: TimeReport | undefined,
  { realm, change, clock, events }: ReconcileContext,
): Promise<void> {
  const before = timeCondition(object);
  const measured =
    report === undefined
      ? {}
      : {
          offset_ms: Number(report.offset_ms.toFixed(3)),
          stratum: report.stratum,
          sources: report.sources.slice(0, SOURCES_SHOWN_MAX).map(({ name, state }) => ({ name, state })),
        };
  const { object: written } = await realm.resources.modify(
    RegionTime,
    { name: TIME_NAME },
    change,
    (current) => {
      const condition = { type: ON_TIME, status: is, reason, message };
      const conditions = [...setCondition(current.status?.conditions, condition, clock)];
      const status = { ...(report === undefined ? {} : current.status), ...measured, conditions };
      return JSON.stringify(status) === JSON.stringify(current.status) ? current : { ...current, status };
    },
    { subresource: 'status' },
  );
  if (before?.reason !== reason || before.message !== message)
    events.record(written, is === 'False' ? 'Warning' : 'Normal', reason, message);
}
