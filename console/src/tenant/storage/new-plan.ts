/** A new backup plan as a form has it, and as it is asked for. Pure. */
import type { BackupPlanSpec } from '../../../../src/services/backup/plan/backup-plan.ts';
import type { BackedUp } from '../../../../src/services/backup/what.ts';
import type { Fields } from '../../forms/value.ts';
import { isUnsaid, NONE, SAVED, type SelectionDraft, whatOf } from './selection.ts';

/** `hand`: only when somebody asks. */
export const EVERY = ['hand', '1h', '2h', '3h', '4h', '6h', '8h', '12h', 'day', 'week'] as const;
export const TESTED = ['never', 'day', 'week'] as const;
const DAYS_MAX = 18_263;
const LAST_MAX = 1_000;
const NAME = /^[a-z0-9]([a-z0-9-]{0,40}[a-z0-9])?$/;
const TIME = /^([01]\d|2[0-3]):[0-5]\d$/;
/** Who acts, where none is there yet. */
export const NEW_ACCOUNT = 'backup';

export interface PlanDraft {
  readonly name: string;
  readonly what: Readonly<Record<BackedUp, SelectionDraft>>;
  readonly target: string;
  readonly every: (typeof EVERY)[number];
  readonly at: string;
  readonly days: string;
  readonly last: string;
  readonly account: string;
  readonly tested: (typeof TESTED)[number];
}

export const FIRST: PlanDraft = {
  name: 'nightly',
  what: { buckets: NONE, volumes: NONE, instances: NONE },
  target: '',
  every: 'day',
  at: '02:30',
  days: '30',
  last: '3',
  account: '',
  tested: 'week',
};

const isWhole = (text: string, max: number): boolean =>
  /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= max;

/** Fields that are wrong or missing. */
export function planProblems(draft: PlanDraft): ReadonlySet<keyof PlanDraft> {
  const wrong = new Set<keyof PlanDraft>();
  if (!NAME.test(draft.name)) wrong.add('name');
  const all = SAVED.map((plural) => draft.what[plural]);
  if (all.every(({ how }) => how === 'none') || all.some(isUnsaid)) wrong.add('what');
  if (draft.target === '') wrong.add('target');
  if (!TIME.test(draft.at)) wrong.add('at');
  if (!isWhole(draft.days, DAYS_MAX)) wrong.add('days');
  if (!isWhole(draft.last, LAST_MAX)) wrong.add('last');
  if (draft.account === '') wrong.add('account');
  return wrong;
}

export function planSpecOf(draft: PlanDraft): BackupPlanSpec {
  const { what, target, every, at, days, last, account, tested } = draft;
  return {
    what: whatOf(what),
    ...(every === 'hand' ? {} : { schedule: { every, at } }),
    retention: { days: Number(days), keepLast: Number(last) },
    target: { bucket: target },
    serviceAccount: account,
    ...(tested === 'never' ? {} : { restoreTest: { every: tested, at, readData_percent: 10 } }),
  };
}

/** One object to be made, and of which kind: its name in the API. */
export interface PlanStep {
  readonly kind: 'serviceAccounts' | 'roleBindings' | 'plans';
  readonly body: Fields;
}

/** All that is made, in its order. */
export function stepsOf(draft: PlanDraft, project: string, isNewAccount: boolean): readonly PlanStep[] {
  const account: readonly PlanStep[] = [
    {
      kind: 'serviceAccounts',
      body: { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: NEW_ACCOUNT, namespace: project } },
    },
    {
      kind: 'roleBindings',
      body: {
        apiVersion: 'access.casemate.internal/v1',
        kind: 'RoleBinding',
        metadata: { name: `${project}-${NEW_ACCOUNT}` },
        spec: {
          role: 'project-editor',
          project,
          subjects: [{ kind: 'ServiceAccount', name: NEW_ACCOUNT, project }],
        },
      },
    },
  ];
  const plan: PlanStep = {
    kind: 'plans',
    body: {
      apiVersion: 'backup.casemate.internal/v1',
      kind: 'BackupPlan',
      metadata: { name: draft.name, namespace: project },
      spec: planSpecOf(draft),
    },
  };
  return isNewAccount ? [...account, plan] : [plan];
}
