/**
 * Sends what a realm's logs publish to its witnesses, about once a minute, and keeps their cosignatures. Nothing waits for it: a witness that is
 * slow, gone or hostile costs no commit anything. Its condition changes only when how it goes changes, since every change is a leaf to cosign.
 */
import type { Controller, ReconcileContext, RetryAfter } from '#kernel/controller.ts';
import type { LogName } from '#kernel/keys.ts';
import { readUnverifiedCheckpoint } from '#kernel/log/checkpoint.ts';
import { parseCosignerVkey } from '#kernel/log/cosignature.ts';
import { tileHashReader } from '#kernel/log/proof.ts';
import type { ObjectKey } from '#kernel/realm.ts';
import { type ConditionChange, readyCondition, setCondition } from '#kernel/reconcile/conditions.ts';
import type { RealmLogs } from '#kernel/store/realm-logs.ts';
import { BoundedMap } from '../bounded-map.ts';
import { type WitnessClient, WitnessError } from './client.ts';
import { submit } from './submit.ts';
import { WitnessKind, type WitnessObject } from './witness-kind.ts';

const ROUND_MS = 60_000;
const RETRY_MS = 5_000;
const RETRY_MS_MAX = 600_000;
/** Witnesses of which it is remembered how it went; of others it is asked again. */
const REMEMBERED_MAX = 10_000;

interface Progress {
  readonly generation: number;
  /** By the clock: before it nothing is sent. */
  readonly next_ms: number;
  readonly failures: number;
  /** What it cosigned last of each log. */
  readonly sizes: Readonly<Partial<Record<LogName, number>>>;
}

export interface WitnessControllerOptions {
  readonly logs: () => Pick<RealmLogs, 'toCosign' | 'addCosignatures' | 'tile' | 'latestCheckpoint'>;
  readonly client: WitnessClient;
}

export function witnessController({ logs, client }: WitnessControllerOptions): Controller {
  const progress = new BoundedMap<string, Progress>(REMEMBERED_MAX);

  /** Has one log cosigned. Gives the size that the witness has now, or what is wrong. */
  async function cosignOne(
    witness: WitnessObject,
    log: LogName,
    lastSize: number,
    { realm, signal }: ReconcileContext,
  ): Promise<number | { readonly reason: string; readonly message: string }> {
    const { url, keys, certificateAuthority } = witness.spec;
    const target = await logs().toCosign(realm.id, log);
    if (target.size === lastSize) return lastSize;
    const found = await submit({
      ...target,
      origin: readUnverifiedCheckpoint(target.note).origin,
      read: tileHashReader(target.size, (tile) => logs().tile(realm.id, log, tile)),
      keys: keys.map(parseCosignerVkey),
      lastSize,
      send: (body) =>
        client.addCheckpoint(
          { url, ...(certificateAuthority === undefined ? {} : { certificateAuthority }) },
          body,
          signal,
        ),
    });
    if (found.outcome === 'refused') return found;
    if (found.outcome === 'ahead') {
      // Other replicas may have been faster; a log that is shorter than what was cosigned of it has lost leaves.
      const { origin, size } = readUnverifiedCheckpoint(await logs().latestCheckpoint(realm.id, log));
      return found.size <= size ? found.size : rolledBack(origin, found.size);
    }
    await logs().addCosignatures(log, target, found.lines);
    return target.size;
  }

  async function round(witness: WitnessObject, before: Progress | undefined, context: ReconcileContext) {
    const sizes: Partial<Record<LogName, number>> = { ...before?.sizes };
    let problem: { readonly reason: string; readonly message: string } | undefined;
    for (const log of witness.spec.logs ?? []) {
      try {
        const found = await cosignOne(witness, log, sizes[log] ?? 0, context);
        if (typeof found === 'number') sizes[log] = found;
        else problem ??= found;
      } catch (error) {
        if (!(error instanceof WitnessError)) throw error;
        problem ??= error;
      }
    }
    return { sizes, problem };
  }

  return {
    name: 'witnesses',
    realms: ['region', 'organization'],
    kind: WitnessKind,
    async reconcile(key, context): Promise<RetryAfter | undefined> {
      const witness = context.realm.view.get(WitnessKind, key);
      if (!witness || witness.metadata.deletionTimestamp !== undefined) return undefined;
      const { uid, generation } = witness.metadata;
      const known = progress.get(uid);
      const before = known?.generation === generation ? known : undefined;
      const now_ms = context.clock.now();
      // Its own condition wakes it; so does a restart of the log's round.
      if (before && now_ms < before.next_ms) return { retryAfter_ms: before.next_ms - now_ms };
      const { sizes, problem } = await round(witness, before, context);
      const failures = problem === undefined ? 0 : (before?.failures ?? 0) + 1;
      const wait_ms = problem === undefined ? ROUND_MS : backoff(failures, context);
      // First, so that a condition that could not be written is written the next time.
      await publish(key, witness, problem, context);
      progress.set(uid, { generation, next_ms: context.clock.now() + wait_ms, failures, sizes });
      return { retryAfter_ms: wait_ms };
    },
  };
}

/** It names no size of the log's own, which this very condition adds to: a condition that changes is a leaf. */
const rolledBack = (origin: string, size: number) => ({
  reason: 'RolledBack',
  message: `it cosigned ${size} leaves of ${origin}, and this region has fewer: its database was put back to an older state, or this witness is wrong; keep the witness as it is, and compare what it saw (casemate ledger compare)`,
});

/** Found by a witness: that the region does not show what it showed before. */
const FINDINGS: readonly string[] = ['OtherHistory', 'RolledBack'];

function backoff(failures: number, { random }: ReconcileContext): number {
  const delay_ms = Math.min(RETRY_MS * 2 ** Math.min(failures - 1, 16), RETRY_MS_MAX);
  // Witnesses that went away together do not come back together.
  return delay_ms + random.below(Math.max(1, delay_ms / 2));
}

function conditionOf(
  problem: { readonly reason: string; readonly message: string } | undefined,
  generation: number,
): ConditionChange {
  return problem === undefined
    ? readyCondition('True', 'Cosigning', 'it cosigns what the logs publish', generation)
    : readyCondition('False', problem.reason, problem.message, generation);
}

async function publish(
  key: ObjectKey,
  { metadata, status }: WitnessObject,
  problem: { readonly reason: string; readonly message: string } | undefined,
  context: ReconcileContext,
): Promise<void> {
  const { realm, change, clock, events } = context;
  const condition = conditionOf(problem, metadata.generation);
  if (setCondition(status?.conditions, condition, clock) === status?.conditions) return;
  const { object } = await realm.resources.modify(
    WitnessKind,
    key,
    change,
    (current) =>
      current.metadata.uid !== metadata.uid
        ? current
        : {
            ...current,
            status: {
              observedGeneration: metadata.generation,
              conditions: [...setCondition(current.status?.conditions, condition, clock)],
            },
          },
    { subresource: 'status' },
  );
  if (problem && FINDINGS.includes(problem.reason)) {
    events.record(object, 'Warning', problem.reason, problem.message);
  }
}
