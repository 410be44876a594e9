/**
 * Carries out Backups, keeps them for their time, and removes them. A run that was broken off, by a kill or a restart, goes on with what is not saved yet; after `ATTEMPTS_MAX` it has failed. A snapshot counts
 * once the Backup names it: what a kill left in the repository goes with the Backup.
 */
import { rfc3339 } from '#kernel/clock.ts';
import type { Controller, ReconcileContext, RetryAfter } from '#kernel/controller.ts';
import { isStatusError } from '#kernel/errors.ts';
import type { ObjectKey } from '#kernel/realm.ts';
import { isDeleting, removeFinalizer } from '#kernel/reconcile/finalizers.ts';
import { Obstacle } from '#services/compute/obstacle.ts';
import { type Verdict, writeStatus } from '#services/compute/status.ts';
import { type ActingOptions, actAs } from '../acting.ts';
import { ATTEMPTS_MAX, attemptAgain_ms, KEPT_RETRY_MS, LOOK_AGAIN_MS_MAX } from '../limits.ts';
import { asObstacle, type OpeningOptions, openRepository, type Places } from '../opening.ts';
import { BackupPlan, type BackupPlanObject, repositoryOf } from '../plan/backup-plan.ts';
import { keptUntil } from '../plan/retention.ts';
import type { BackupSource } from '../sources/source.ts';
import {
  BACKUP_FINALIZER,
  Backup,
  type BackupObject,
  type BackupStatus,
  hasEnded,
  type Item,
  runTag,
} from './backup.ts';
import { saveItems } from './save-items.ts';
import { select } from './select.ts';

export interface BackupsOptions extends OpeningOptions {
  readonly acting: ActingOptions;
  readonly sources: readonly BackupSource[];
  readonly places: Places;
}

export function backupController(options: BackupsOptions): Controller {
  return {
    name: 'backups',
    realms: ['organization'],
    kind: Backup,
    concurrency: 8,
    watches: [
      {
        kind: BackupPlan,
        keys: ({ metadata: { namespace = '', name } }, { view }) =>
          view
            .list(Backup, namespace)
            .filter((backup) => backup.spec.plan === name && !hasEnded(backup))
            .map(({ metadata }) => ({ namespace, name: metadata.name })),
      },
    ],
    async reconcile(key, context) {
      const backup = context.realm.view.get(Backup, key);
      if (backup === undefined) return undefined;
      if (isDeleting(backup)) return remove(options, key, backup, context);
      if (hasEnded(backup)) return retain(key, backup, context);
      return attempt(options, key, backup, context);
    },
  };
}

const planOf = (
  { realm }: ReconcileContext,
  { metadata, spec }: BackupObject,
): BackupPlanObject | undefined =>
  realm.view.get(BackupPlan, { namespace: metadata.namespace ?? '', name: spec.plan });

/** What ends a run at once: another attempt would find the same. */
const FINAL: readonly string[] = [
  'PlanNotFound',
  'NothingSelected',
  'TooManyItems',
  'WrongPassword',
  'TooManyAttempts',
];
async function attempt(
  options: BackupsOptions,
  key: ObjectKey,
  backup: BackupObject,
  context: ReconcileContext,
): Promise<RetryAfter | undefined> {
  const { uid } = backup.metadata;
  const plan = planOf(context, backup);
  const wait_ms = Date.parse(backup.status?.againAt ?? '') - context.clock.now();
  if (wait_ms > 0) return { retryAfter_ms: wait_ms };
  try {
    const repository = backup.status?.repository ?? (plan && repositoryOf(plan));
    if (repository === undefined)
      throw new Obstacle('PlanNotFound', `there is no BackupPlan "${backup.spec.plan}" in this project`);
    return await options.places.alone(repository, () => run(options, key, backup, plan, repository, context));
  } catch (thrown) {
    context.signal.throwIfAborted();
    const error = asObstacle(thrown);
    if (!(error instanceof Obstacle)) throw error;
    const { reason, message } = error;
    if (reason === 'Unwanted') return undefined;
    if (reason === 'Waiting') {
      await writeStatus(context, Backup, key, uid, {}, { ready: false, reason, message });
      return { retryAfter_ms: error.retryAfter_ms };
    }
    const now = context.realm.view.get(Backup, key)?.status ?? backup.status;
    // What could not even begin counts too.
    const attempts = Math.max(now?.attempts ?? 0, (backup.status?.attempts ?? 0) + 1);
    if (!FINAL.includes(reason) && attempts < ATTEMPTS_MAX)
      return again(key, uid, attempts, context, { attempts }, { reason, message });
    await finish(key, uid, plan, now, context, { reason, message });
    return undefined;
  }
}

async function run(
  options: BackupsOptions,
  key: ObjectKey,
  backup: BackupObject,
  plan: BackupPlanObject | undefined,
  repository: NonNullable<BackupStatus['repository']>,
  context: ReconcileContext,
): Promise<RetryAfter | undefined> {
  const { clock } = context;
  const { namespace = '', uid } = backup.metadata;
  const before = backup.status;
  const acting = actAs(options.acting, context, { namespace, serviceAccount: repository.serviceAccount });
  const items = before?.items ?? select(options.sources, context.realm.view, namespace, plan);
  const attempts = (before?.attempts ?? 0) + 1;
  if (attempts > ATTEMPTS_MAX)
    throw new Obstacle('TooManyAttempts', `it was broken off ${ATTEMPTS_MAX} times`);
  const startedAt = before?.startedAt ?? rfc3339(clock.now());
  const begun = { phase: 'Running', attempts, startedAt, repository, items } as const;
  await writeStatus(context, Backup, key, uid, begun, {
    ready: false,
    reason: 'Running',
    message: `attempt ${attempts} of ${ATTEMPTS_MAX}`,
  });
  const saved = await saveItems(
    options,
    { key, uid, namespace, backup, repository, items, startedAt, acting },
    context,
  );
  const failed = saved.items.filter(({ phase }) => phase !== 'Saved');
  const now: BackupStatus = { ...before, ...begun, items: [...saved.items] };
  if (failed.length > 0 && attempts < ATTEMPTS_MAX) {
    const message = `${failed.length} of ${items.length} could not be saved, and are tried again: ${failed[0]?.message ?? ''}`;
    return again(key, uid, attempts, context, { items: [...saved.items] }, { reason: 'TriedAgain', message });
  }
  await finish(key, uid, plan, now, context, undefined, saved.manifest);
  return { retryAfter_ms: 1 };
}

/** Not at once: what keeps a run from its end may pass. */
async function again(
  key: ObjectKey,
  uid: string,
  attempts: number,
  context: ReconcileContext,
  fields: Partial<BackupStatus>,
  why: { readonly reason: string; readonly message: string },
): Promise<RetryAfter> {
  const retryAfter_ms = attemptAgain_ms(attempts);
  const againAt = rfc3339(context.clock.now() + retryAfter_ms);
  await writeStatus(context, Backup, key, uid, { ...fields, againAt }, { ready: false, ...why });
  return { retryAfter_ms };
}

/** Writes how it ended, and until when it is kept. */
async function finish(
  key: ObjectKey,
  uid: string,
  plan: BackupPlanObject | undefined,
  status: BackupStatus | undefined,
  context: ReconcileContext,
  why?: { readonly reason: string; readonly message: string },
  manifest?: string,
): Promise<void> {
  const { clock, realm } = context;
  const items: readonly Item[] = status?.items ?? [];
  const saved = items.filter(({ phase }) => phase === 'Saved');
  const failed = items.filter(({ phase }) => phase !== 'Saved');
  const phase =
    saved.length === 0 ? 'Failed' : failed.length > 0 || why !== undefined ? 'Incomplete' : 'Succeeded';
  const began_ms = Date.parse(status?.startedAt ?? '') || clock.now();
  const retention = plan?.spec.retention ?? { days: 1, keepLast: 1 };
  const until_ms = keptUntil(retention, began_ms, wholeOnes(context, key, plan));
  const sum = (of: (item: Item) => number | undefined) =>
    saved.reduce((total, item) => total + (of(item) ?? 0), 0);
  const warnings = saved.reduce((total, item) => total + (item.warnings?.length ?? 0), 0);
  const verdict: Verdict =
    phase === 'Succeeded'
      ? {
          ready: true,
          reason: warnings === 0 ? 'Saved' : 'SavedWithWarnings',
          message:
            warnings === 0
              ? 'all of it can be restored'
              : 'see the warnings of its items: some of it was not saved',
        }
      : {
          ready: false,
          reason: why?.reason ?? phase,
          message:
            why?.message ??
            failed
              .map(({ kind, name, message }) => `${kind}/${name}: ${message}`)
              .join('; ')
              .slice(0, 2_000),
        };
  await writeStatus(
    context,
    Backup,
    key,
    uid,
    {
      phase,
      finishedAt: rfc3339(clock.now()),
      againAt: undefined,
      items:
        failed.length === 0
          ? items
          : items.map((item) => (item.phase === 'Pending' ? { ...item, phase: 'Failed' } : item)),
      bytes: sum(({ bytes }) => bytes),
      added: sum(({ added }) => added),
      retainUntil: rfc3339(until_ms),
      retained: saved.length > 0,
      ...(manifest === undefined ? {} : { manifest }),
    },
    verdict,
  );
  const { events } = context;
  const ended = realm.view.get(Backup, key);
  if (ended !== undefined && phase !== 'Succeeded')
    events.record(ended, 'Warning', `Backup${phase}`, verdict.message);
}

/** When the plan's other whole backups began. */
function wholeOnes(
  { realm }: ReconcileContext,
  { namespace, name }: ObjectKey,
  plan: BackupPlanObject | undefined,
): number[] {
  return realm.view
    .list(Backup, namespace)
    .filter(
      ({ metadata, spec, status }) =>
        spec.plan === plan?.metadata.name && metadata.name !== name && status?.phase === 'Succeeded',
    )
    .map(({ status }) => Date.parse(status?.startedAt ?? ''));
}

async function retain(
  key: ObjectKey,
  backup: BackupObject,
  context: ReconcileContext,
): Promise<RetryAfter | undefined> {
  const { realm, change, clock } = context;
  const { uid } = backup.metadata;
  const left_ms = Date.parse(backup.status?.retainUntil ?? '') - clock.now();
  if (left_ms > 0) return { retryAfter_ms: Math.min(left_ms, LOOK_AGAIN_MS_MAX) };
  const plan = planOf(context, backup);
  if (plan !== undefined && backup.status?.phase === 'Succeeded') {
    const began_ms = Date.parse(backup.status.startedAt ?? '');
    const newer = wholeOnes(context, key, plan).filter((other) => other > began_ms);
    if (newer.length < plan.spec.retention.keepLast) return { retryAfter_ms: KEPT_RETRY_MS };
  }
  // From here on one person could delete it as well; a kill between the two changes nothing.
  await writeStatus(context, Backup, key, uid, { retained: false });
  try {
    await realm.resources.delete(Backup, key, change, { preconditions: { uid } });
  } catch (error) {
    if (!isStatusError(error, 'NotFound') && !isStatusError(error, 'Conflict')) throw error;
  }
  return undefined;
}

/** There is nothing of it any more. */
const GONE: readonly string[] = ['TargetNotFound', 'NoRepository'];
/** With its plan gone too nobody is going to put these right: it goes, and what it leaves is said. */
const LOST: readonly string[] = ['NoServiceAccount', 'SecretMissing', 'WrongPassword'];

async function remove(
  options: BackupsOptions,
  key: ObjectKey,
  backup: BackupObject,
  context: ReconcileContext,
): Promise<RetryAfter | undefined> {
  const { realm, change, events } = context;
  const { uid } = backup.metadata;
  const { repository } = backup.status ?? {};
  try {
    if (repository !== undefined) {
      await options.places.alone(repository, () => forget(options, backup, repository, context));
    }
  } catch (thrown) {
    context.signal.throwIfAborted();
    const error = asObstacle(thrown);
    if (!(error instanceof Obstacle)) throw error;
    const { reason, message } = error;
    const isLost = LOST.includes(reason) && planOf(context, backup) === undefined;
    if (!GONE.includes(reason) && !isLost) {
      await writeStatus(
        context,
        Backup,
        key,
        uid,
        {},
        { ready: false, reason, message: `it cannot be removed yet: ${message}` },
      );
      return { retryAfter_ms: reason === 'Waiting' ? error.retryAfter_ms : KEPT_RETRY_MS / 10 };
    }
    events.record(backup, 'Warning', 'LeftInRepository', `what it saved was left where it is: ${message}`);
  }
  await removeFinalizer(realm.resources, Backup, key, BACKUP_FINALIZER, change, uid);
  return undefined;
}

async function forget(
  options: BackupsOptions,
  backup: BackupObject,
  spec: NonNullable<BackupStatus['repository']>,
  context: ReconcileContext,
): Promise<void> {
  const { namespace = '', uid } = backup.metadata;
  const acting = actAs(options.acting, context, { namespace, serviceAccount: spec.serviceAccount });
  const repository = await openRepository(options, context, acting, spec, {
    make: false,
    signal: context.signal,
  });
  try {
    const snapshots = await repository.snapshots(runTag(uid));
    await repository.forget(snapshots.map(({ id }) => id));
    const plan = planOf(context, backup);
    // With a plan that is done for several together.
    if (plan === undefined) await repository.prune();
    else {
      const at = { namespace, name: plan.metadata.name };
      await writeStatus(context, BackupPlan, at, plan.metadata.uid, {
        forgottenAt: rfc3339(context.clock.now()),
      });
    }
  } finally {
    repository.close();
  }
}
