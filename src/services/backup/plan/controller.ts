/**
 * Makes Backups and restore tests when they are due, tells in the plan's status how they went, and gives back the room that removed backups took. What was due while the region stood still is made once, when it is
 * back; what is due while the one before still runs, when that has ended.
 */
import { rfc3339 } from '#kernel/clock.ts';
import type { Controller, ReconcileContext, RetryAfter } from '#kernel/controller.ts';
import { isStatusError } from '#kernel/errors.ts';
import type { Kind } from '#kernel/kind.ts';
import type { DraftObject } from '#kernel/object.ts';
import type { ObjectKey } from '#kernel/realm.ts';
import type { ConditionChange } from '#kernel/reconcile/conditions.ts';
import { isDeleting } from '#kernel/reconcile/finalizers.ts';
import { Obstacle } from '#services/compute/obstacle.ts';
import { writeStatus } from '#services/compute/status.ts';
import { Bucket } from '#services/objects/bucket/bucket.ts';
import { Secret } from '#services/tenancy/secret.ts';
import { actAs } from '../acting.ts';
import { limited } from '../attempt.ts';
import { KEPT_RETRY_MS, LOOK_AGAIN_MS_MAX, PRUNE_EVERY_MS, TESTS_KEPT_MAX } from '../limits.ts';
import { asObstacle, ensurePassword, openRepository } from '../opening.ts';
import { Restore, type RestoreObject, TESTED_PLAN_LABEL, testOutcome } from '../restore/restore.ts';
import { Backup, type BackupObject, hasEnded } from '../run/backup.ts';
import type { BackupsOptions } from '../run/controller.ts';
import {
  BackupPlan,
  type BackupPlanObject,
  type BackupPlanStatus,
  passwordOf,
  repositoryOf,
} from './backup-plan.ts';
import { dueAfter, dueBefore, type Schedule, stampOf } from './schedule.ts';

export function backupPlanController(options: BackupsOptions): Controller {
  return {
    name: 'backup-plans',
    realms: ['organization'],
    kind: BackupPlan,
    concurrency: 8,
    watches: [
      {
        kind: Backup,
        keys: ({ metadata, spec }) => [
          { namespace: metadata.namespace ?? '', name: (spec as BackupObject['spec']).plan },
        ],
      },
      {
        kind: Restore,
        keys: ({ metadata: { namespace = '', labels } }) => {
          const plan = labels?.[TESTED_PLAN_LABEL];
          return plan === undefined ? [] : [{ namespace, name: plan }];
        },
      },
    ],
    async reconcile(key, context) {
      const plan = context.realm.view.get(BackupPlan, key);
      if (plan === undefined || isDeleting(plan)) return undefined;
      return new Look(options, key, plan, context).carryOut();
    },
  };
}

/** One look at one plan. */
class Look {
  readonly #options: BackupsOptions;
  readonly #key: ObjectKey;
  readonly #plan: BackupPlanObject;
  readonly #context: ReconcileContext;
  readonly #namespace: string;
  readonly #now_ms: number;

  constructor(options: BackupsOptions, key: ObjectKey, plan: BackupPlanObject, context: ReconcileContext) {
    this.#options = options;
    this.#key = key;
    this.#plan = plan;
    this.#context = context;
    this.#namespace = plan.metadata.namespace ?? '';
    this.#now_ms = context.clock.now();
  }

  async carryOut(): Promise<RetryAfter | undefined> {
    const { spec } = this.#plan;
    const backups = this.#backups();
    const tests = this.#tests();
    const fields: Record<string, unknown> = {};
    let obstacle: Obstacle | undefined;
    try {
      await this.#prepare(backups);
    } catch (error) {
      if (!(error instanceof Obstacle)) throw error;
      obstacle = error;
    }
    if (spec.suspended !== true) {
      Object.assign(fields, await this.#backUp(backups), await this.#test(backups, tests));
    }
    Object.assign(fields, outcomes(backups, tests));
    fields.password = passwordOf(this.#plan);
    const next = this.#next();
    fields.nextAt = next === undefined ? undefined : rfc3339(next);
    await this.#keepFew(tests);
    const verdict =
      obstacle === undefined
        ? {
            ready: true,
            reason: 'Planned',
            message: spec.suspended === true ? 'it is suspended' : 'it is carried out',
          }
        : { ready: false, reason: obstacle.reason, message: obstacle.message };
    await this.#write(fields, {
      ...verdict,
      also: testedCondition(fields.lastRestoreTest as BackupPlanStatus['lastRestoreTest']),
    });
    const prune_ms = obstacle === undefined ? await this.#prune() : undefined;
    const test_ms =
      spec.restoreTest === undefined || spec.suspended === true
        ? undefined
        : dueAfter(spec.restoreTest, this.#now_ms);
    const waits = [
      next === undefined ? undefined : next - this.#now_ms,
      test_ms === undefined ? undefined : test_ms - this.#now_ms,
      prune_ms,
      obstacle?.retryAfter_ms,
    ].filter((wait) => wait !== undefined);
    return waits.length === 0
      ? undefined
      : { retryAfter_ms: Math.min(LOOK_AGAIN_MS_MAX, Math.max(1_000, ...[Math.min(...waits)])) };
  }

  /** Throws Obstacle: what would have each run fail is said before there is one. */
  async #prepare(backups: readonly BackupObject[]): Promise<void> {
    const { target, serviceAccount } = this.#plan.spec;
    const { view } = this.#context.realm;
    const acting = actAs(this.#options.acting, this.#context, { namespace: this.#namespace, serviceAccount });
    if (
      target.bucket !== undefined &&
      !Array.from(view.entries(Bucket)).some(({ name }) => name === target.bucket)
    ) {
      throw new Obstacle('TargetNotFound', `there is no bucket "${target.bucket}" in this organization`);
    }
    const name = passwordOf(this.#plan);
    if (view.entry(Secret, { namespace: this.#namespace, name }) !== undefined) return;
    // Another one would open nothing of what is there, and look as if it did.
    if (backups.some(hasSaved)) {
      throw new Obstacle(
        'SecretMissing',
        `Secret "${name}" is gone, and with it the password of what was saved: put it back`,
      );
    }
    await ensurePassword(this.#context, acting, { namespace: this.#namespace, name });
  }

  async #backUp(backups: readonly BackupObject[]): Promise<Partial<BackupPlanStatus>> {
    const { schedule } = this.#plan.spec;
    const due_ms = schedule && this.#due(schedule, this.#plan.status?.lastScheduledAt);
    if (due_ms === undefined || backups.some((backup) => !hasEnded(backup))) return {};
    await this.#make(Backup, {
      metadata: { name: `${this.#plan.metadata.name}-${stampOf(due_ms)}` },
      spec: { plan: this.#plan.metadata.name },
    });
    return { lastScheduledAt: rfc3339(due_ms) };
  }

  async #test(
    backups: readonly BackupObject[],
    tests: readonly RestoreObject[],
  ): Promise<Partial<BackupPlanStatus>> {
    const { restoreTest } = this.#plan.spec;
    const newest = backups.find((backup) => hasSaved(backup) && !isDeleting(backup));
    const due_ms = restoreTest && this.#due(restoreTest, this.#plan.status?.lastTestAt);
    if (due_ms === undefined || restoreTest === undefined || newest === undefined) return {};
    if (!hasEnded(newest) || tests.some(({ status }) => status?.finishedAt === undefined)) return {};
    await this.#make(Restore, {
      metadata: {
        name: `${this.#plan.metadata.name}-test-${stampOf(due_ms)}`,
        labels: { [TESTED_PLAN_LABEL]: this.#plan.metadata.name },
      },
      spec: { backup: newest.metadata.name, test: true, readData_percent: restoreTest.readData_percent },
    });
    return { lastTestAt: rfc3339(due_ms) };
  }

  /** When it is due and was not done for; never for a time before the plan was made. */
  #due(schedule: Schedule, last: string | undefined): number | undefined {
    const due_ms = dueBefore(schedule, this.#now_ms);
    const done_ms = Math.max(Date.parse(last ?? '') || 0, Date.parse(this.#plan.metadata.creationTimestamp));
    return due_ms > done_ms ? due_ms : undefined;
  }

  #next(): number | undefined {
    const { schedule, suspended } = this.#plan.spec;
    return schedule === undefined || suspended === true ? undefined : dueAfter(schedule, this.#now_ms);
  }

  async #make(kind: Kind, draft: DraftObject): Promise<void> {
    const { realm, change } = this.#context;
    try {
      await realm.resources.create(
        kind,
        this.#namespace,
        { apiVersion: kind.apiVersion, kind: kind.kind, ...draft },
        change,
      );
    } catch (error) {
      if (!isStatusError(error, 'AlreadyExists')) throw error;
    }
  }

  /** Newest first. */
  #backups(): BackupObject[] {
    return this.#context.realm.view
      .list(Backup, this.#namespace)
      .filter(({ spec }) => spec.plan === this.#plan.metadata.name)
      .toSorted(newestFirst);
  }

  #tests(): RestoreObject[] {
    return this.#context.realm.view
      .list(Restore, this.#namespace)
      .filter(
        ({ metadata, spec }) =>
          spec.test === true && metadata.labels?.[TESTED_PLAN_LABEL] === this.#plan.metadata.name,
      )
      .toSorted(newestFirst);
  }

  async #keepFew(tests: readonly RestoreObject[]): Promise<void> {
    const { realm, change } = this.#context;
    for (const { metadata } of tests.slice(TESTS_KEPT_MAX)) {
      await realm.resources
        .delete(Restore, { namespace: this.#namespace, name: metadata.name }, change, {
          preconditions: { uid: metadata.uid },
        })
        .catch((error: unknown) => {
          if (!isStatusError(error)) throw error;
        });
    }
  }

  /** Gives room back where it is time. Answers with when to look again. */
  async #prune(): Promise<number | undefined> {
    const { forgottenAt, prunedAt } = this.#context.realm.view.get(BackupPlan, this.#key)?.status ?? {};
    const forgotten_ms = Date.parse(forgottenAt ?? '') || 0;
    const pruned_ms = Date.parse(prunedAt ?? '') || 0;
    if (forgotten_ms <= pruned_ms) return undefined;
    const wait_ms = pruned_ms + PRUNE_EVERY_MS - this.#now_ms;
    if (wait_ms > 0) return wait_ms;
    const spec = repositoryOf(this.#plan);
    try {
      await this.#options.places.alone(spec, () =>
        limited(
          this.#context,
          () => this.#isThere(),
          async (signal) => {
            const acting = actAs(this.#options.acting, this.#context, {
              namespace: this.#namespace,
              serviceAccount: spec.serviceAccount,
            });
            const repository = await openRepository(this.#options, this.#context, acting, spec, {
              make: false,
              signal,
            });
            try {
              await repository.prune();
            } finally {
              repository.close();
            }
          },
        ),
      );
    } catch (thrown) {
      this.#context.signal.throwIfAborted();
      const error = asObstacle(thrown);
      if (!(error instanceof Obstacle)) throw error;
      if (error.reason === 'Waiting') return error.retryAfter_ms;
      this.#context.events.record(this.#plan, 'Warning', 'NotPruned', error.message);
      return KEPT_RETRY_MS;
    }
    await this.#write({ prunedAt: rfc3339(this.#context.clock.now()) });
    return undefined;
  }

  #isThere(): boolean {
    return this.#context.realm.view.entry(BackupPlan, this.#key)?.uid === this.#plan.metadata.uid;
  }

  #write(
    fields: Readonly<Record<string, unknown>>,
    verdict?: Parameters<typeof writeStatus>[5],
  ): Promise<void> {
    return writeStatus(this.#context, BackupPlan, this.#key, this.#plan.metadata.uid, fields, verdict);
  }
}

const hasSaved = ({ status }: BackupObject) => (status?.items ?? []).some(({ phase }) => phase === 'Saved');

type Made = { readonly metadata: { readonly creationTimestamp: string; readonly name: string } };
const newestFirst = (one: Made, other: Made) =>
  Date.parse(other.metadata.creationTimestamp) - Date.parse(one.metadata.creationTimestamp) ||
  (one.metadata.name < other.metadata.name ? 1 : -1);

function outcomes(
  backups: readonly BackupObject[],
  tests: readonly RestoreObject[],
): Partial<BackupPlanStatus> {
  const ended = backups.find(hasEnded);
  const tested = tests.find(({ status }) => status?.finishedAt !== undefined);
  const lastRestoreTest = tested && testOutcome(tested);
  return {
    ...(ended === undefined
      ? {}
      : {
          lastBackup: {
            name: ended.metadata.name,
            phase: ended.status?.phase ?? '',
            at: ended.status?.finishedAt ?? '',
          },
        }),
    ...(lastRestoreTest === undefined ? {} : { lastRestoreTest }),
  };
}

function testedCondition(outcome: BackupPlanStatus['lastRestoreTest']): readonly ConditionChange[] {
  if (outcome === undefined) return [];
  const { passed, message, backup } = outcome;
  return [
    {
      type: 'RestoreTested',
      status: passed ? 'True' : 'False',
      reason: passed ? 'Passed' : 'Failed',
      message: `Backup "${backup}": ${message}`,
    },
  ];
}
