/**
 * Rules of plans, backups and restores that a schema cannot say. Above all: whoever has something act as a service account must be allowed to have that account's tokens, for what is backed up
 * goes where they say. Runs in the lane.
 */
import { isInternal } from '#kernel/access.ts';
import { forbidden, invalid, type StatusCause } from '#kernel/errors.ts';
import type { Admission, AdmissionRequest } from '#kernel/kind.ts';
import { hasFinalizer } from '#kernel/reconcile/finalizers.ts';
import { jsonEqual } from '#kernel/schema/field-path.ts';
import { isLive } from '#trust/identity/people/directory.ts';
import { ServiceAccount } from '#trust/identity/service-accounts/service-account.ts';
import type { TokenRights } from '#trust/identity/service-accounts/token-rights.ts';
import { PLANS_MAX } from './limits.ts';
import { BackupPlan, type BackupPlanSpec } from './plan/backup-plan.ts';
import type { Target } from './repository-spec.ts';
import { Restore, type RestoreSpec } from './restore/restore.ts';
import { BACKUP_FINALIZER, Backup, type BackupObject } from './run/backup.ts';
import { BACKED_UP } from './what.ts';

/** It is the value of a label. */
const PLAN_NAME_MAX = 63;

type Refuse = (field: string, message: string) => void;

export function backupAdmission(rights: TokenRights): Admission {
  return (request) => {
    const { kind, operation } = request;
    if (operation === 'delete') return;
    if (kind.resource === BackupPlan.resource) admitPlan(request, rights);
    else if (kind.resource === Backup.resource) admitBackup(request);
    else if (kind.resource === Restore.resource) admitRestore(request, rights);
  };
}

function collected(request: AdmissionRequest, judge: (refuse: Refuse) => void): void {
  const causes: StatusCause[] = [];
  judge((field, message) => causes.push({ reason: 'FieldValueInvalid', field, message }));
  const { kind, object } = request;
  if (causes.length > 0)
    throw invalid({ group: kind.group, kind: kind.kind, name: object.metadata.name }, causes);
}

function admitPlan(request: AdmissionRequest, rights: TokenRights): void {
  const { object, previous, view, kind } = request;
  if (previous !== undefined && jsonEqual(previous.spec, object.spec)) return;
  const spec = object.spec as BackupPlanSpec;
  const { name, namespace = '' } = object.metadata;
  collected(request, (refuse) => {
    if (name.length > PLAN_NAME_MAX) refuse('metadata.name', `has more than ${PLAN_NAME_MAX} characters`);
    if (!BACKED_UP.some((plural) => spec.what[plural] !== undefined)) {
      refuse(
        'spec.what',
        `selects nothing: say ${BACKED_UP.join(', ')}, for example buckets: {} for all buckets`,
      );
    }
    targetProblem(spec.target, 'spec.target', refuse);
    if (spec.schedule?.on !== undefined && spec.schedule.every !== 'week')
      refuse('spec.schedule.on', 'only with every: week');
    if (spec.restoreTest?.on !== undefined && spec.restoreTest.every !== 'week')
      refuse('spec.restoreTest.on', 'only with every: week');
  });
  if (previous === undefined && view.count(kind, namespace) >= PLANS_MAX) {
    throw forbidden(
      { group: kind.group, kind: kind.plural, name },
      `the project has ${PLANS_MAX} plans already; delete one, or select more with one`,
    );
  }
  requireAccount(request, spec.serviceAccount, 'spec.serviceAccount', rights);
}

function targetProblem({ bucket, s3 }: Target, field: string, refuse: Refuse): void {
  if ((bucket === undefined) === (s3 === undefined)) {
    refuse(field, 'takes either bucket, one of this organization, or s3, a server elsewhere');
  }
}

function admitBackup(request: AdmissionRequest): void {
  const { operation, object, previous, view, actor } = request;
  const { plan } = object.spec as BackupObject['spec'];
  const { namespace = '' } = object.metadata;
  collected(request, (refuse) => {
    if (operation === 'create' && view.entry(BackupPlan, { namespace, name: plan }) === undefined)
      refuse('spec.plan', `there is no BackupPlan "${plan}" in this project`);
    // Whoever could take it off could leave snapshots behind that nobody knows of.
    const had = previous !== undefined && hasFinalizer(previous, BACKUP_FINALIZER);
    if (had && !hasFinalizer(object, BACKUP_FINALIZER) && !isInternal(actor))
      refuse(
        'metadata.finalizers',
        `${BACKUP_FINALIZER} goes by itself, once nothing of it is in the repository`,
      );
  });
}

function admitRestore(request: AdmissionRequest, rights: TokenRights): void {
  const { operation, object, view } = request;
  if (operation !== 'create') return;
  const spec = object.spec as RestoreSpec;
  const { namespace = '' } = object.metadata;
  const backup = spec.backup === undefined ? undefined : view.get(Backup, { namespace, name: spec.backup });
  collected(request, (refuse) => {
    if ((spec.backup === undefined) === (spec.repository === undefined))
      refuse('spec', 'takes either backup, one of this project, or repository, of another region');
    if (spec.backup !== undefined && backup === undefined)
      refuse('spec.backup', `there is no Backup "${spec.backup}" in this project`);
    if (backup !== undefined && !(backup.status?.items ?? []).some(({ phase }) => phase === 'Saved'))
      refuse('spec.backup', 'nothing of it was saved yet');
    if (spec.repository !== undefined) {
      targetProblem(spec.repository.target, 'spec.repository.target', refuse);
      if (spec.repository.target.prefix === undefined)
        refuse('spec.repository.target.prefix', 'is missing: as the plan’s, or <project>/<name of the plan>');
      if (spec.serviceAccount === undefined)
        refuse('spec.serviceAccount', 'is missing: who makes what is restored');
    }
    if (spec.readData_percent !== undefined && spec.test !== true)
      refuse('spec.readData_percent', 'only with test: true');
    const names = new Set<string>();
    spec.items?.forEach(({ kind, name, as = name, inPlace }, index) => {
      if (inPlace === true && as !== name)
        refuse(`spec.items[${index}].as`, 'in place it keeps its name: leave one of the two out');
      if (names.has(`${kind}/${as}`)) refuse(`spec.items[${index}]`, `${kind}/${as} is restored twice`);
      names.add(`${kind}/${as}`);
      const saved = backup?.status?.items?.some(
        (one) => one.kind === kind && one.name === name && one.phase === 'Saved',
      );
      if (saved === false) refuse(`spec.items[${index}]`, `Backup "${spec.backup}" has no ${kind}/${name}`);
    });
  });
  const account = spec.serviceAccount ?? backup?.status?.repository?.serviceAccount;
  if (account !== undefined) requireAccount(request, account, 'spec.serviceAccount', rights);
}

function requireAccount(request: AdmissionRequest, name: string, field: string, rights: TokenRights): void {
  const { object, view, actor } = request;
  if (isInternal(actor)) return;
  const { namespace = '' } = object.metadata;
  const entry = view.entry(ServiceAccount, { namespace, name });
  if (!isLive(entry)) {
    collected(request, (refuse) =>
      refuse(
        field,
        `there is no service account "${name}" in project "${namespace}"; make it first: kubectl create serviceaccount ${name}`,
      ),
    );
    return;
  }
  rights(view, actor, entry.object());
}
