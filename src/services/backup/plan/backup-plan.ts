/**
 * BackupPlan: what of a project is backed up, when, where to, for how long; and when a restore is tried. It acts as a service account of the project, so roles and guardrails hold for
 * it as for everybody.
 */
import { type Static, Type } from 'typebox';
import { defineKind, type ObjectOf } from '#kernel/kind.ts';
import { CONDITIONS, OBSERVED_GENERATION, READY_COLUMN } from '#kernel/kind-parts.ts';
import { BACKUP_GROUP } from '../group.ts';
import { REPOSITORY } from '../repository-spec.ts';
import { WHAT } from '../what.ts';
import { RETENTION } from './retention.ts';
import { scheduleSchema } from './schedule.ts';

const SPEC = Type.Object({
  what: WHAT,
  schedule: Type.Optional(
    scheduleSchema('When a backup is made. Left out: only when somebody makes a Backup that names the plan.'),
  ),
  retention: RETENTION,
  target: REPOSITORY.target,
  password: Type.Optional(REPOSITORY.password),
  serviceAccount: REPOSITORY.serviceAccount,
  restoreTest: Type.Optional(
    Type.Object(
      {
        ...scheduleSchema('').properties,
        readData_percent: Type.Integer({
          minimum: 0,
          maximum: 100,
          default: 10,
          description:
            'How much of all data in the repository is read and checked each time, chosen by chance.',
        }),
      },
      {
        description:
          'When the newest backup is tried: its content is read back and held against what was saved, and the repository is checked.',
      },
    ),
  ),
  suspended: Type.Optional(
    Type.Boolean({
      description: 'True: nothing is made by schedule. What is there is kept, and removed in time.',
    }),
  ),
});

const OUTCOME = Type.Object(
  {
    at: Type.String({ description: 'When it ended.' }),
    passed: Type.Boolean({ description: 'Whether all of it was as it was saved.' }),
    backup: Type.String({ description: 'Which Backup was tried.' }),
    restore: Type.String({ description: 'The Restore that tried it.' }),
    control: Type.String({ description: 'What it is evidence for.' }),
    message: Type.String({ description: 'What was read, or what was wrong.' }),
  },
  { description: 'How the last restore test went. Each is a leaf of the ledger.' },
);

const STATUS = Type.Object({
  observedGeneration: OBSERVED_GENERATION,
  password: Type.Optional(Type.String({ description: 'The Secret with the repository’s password.' })),
  lastScheduledAt: Type.Optional(
    Type.String({ description: 'For when the last backup was made by schedule.' }),
  ),
  nextAt: Type.Optional(Type.String({ description: 'When the next one is due.' })),
  lastBackup: Type.Optional(
    Type.Object(
      { name: Type.String(), phase: Type.String(), at: Type.String() },
      { description: 'The last that ended.' },
    ),
  ),
  lastTestAt: Type.Optional(Type.String({ description: 'For when the last restore test was begun.' })),
  lastRestoreTest: Type.Optional(OUTCOME),
  forgottenAt: Type.Optional(Type.String({ description: 'When a backup was last removed.' })),
  prunedAt: Type.Optional(Type.String({ description: 'When its room was last given back.' })),
  conditions: CONDITIONS,
});

export type BackupPlanSpec = Static<typeof SPEC>;
export type BackupPlanStatus = Static<typeof STATUS>;

export const BackupPlan = defineKind({
  group: BACKUP_GROUP,
  version: 'v1',
  kind: 'BackupPlan',
  plural: 'backupplans',
  scope: 'Project',
  realms: ['organization'],
  description:
    'What of a project is backed up, when, where to and for how long, and when a restore is tried. Encrypted with a password that is the project’s, incremental and deduplicated.',
  spec: SPEC,
  status: STATUS,
  columns: [
    {
      name: 'Every',
      type: 'string',
      description: 'How often.',
      value: (object) => {
        const { schedule, suspended } = object.spec as BackupPlanSpec;
        return suspended === true ? 'suspended' : schedule?.every;
      },
    },
    {
      name: 'Next',
      type: 'date',
      description: 'When the next one is due.',
      value: 'status.nextAt',
      priority: 1,
    },
    {
      name: 'Last',
      type: 'string',
      description: 'How the last one ended.',
      value: 'status.lastBackup.phase',
    },
    {
      name: 'Last Backup',
      type: 'date',
      description: 'When it did.',
      value: 'status.lastBackup.at',
      priority: 1,
    },
    {
      name: 'Restore Test',
      type: 'string',
      description: 'How the last restore test went.',
      value: ({ status }) => {
        const test = (status as BackupPlanStatus | undefined)?.lastRestoreTest;
        return test === undefined ? undefined : test.passed ? 'Passed' : 'Failed';
      },
    },
    READY_COLUMN,
  ],
});

export type BackupPlanObject = ObjectOf<typeof BackupPlan>;

/** What the repository's password is kept in when the plan names nothing. */
export const passwordOf = ({ metadata, spec }: Pick<BackupPlanObject, 'metadata' | 'spec'>): string =>
  spec.password ?? `${metadata.name}-backup-password`;

/** Where a plan's repository is, said to the end. */
export const repositoryOf = (plan: BackupPlanObject) => {
  const { target, serviceAccount } = plan.spec;
  const prefix = target.prefix ?? `${plan.metadata.namespace}/${plan.metadata.name}`;
  return { target: { ...target, prefix }, password: passwordOf(plan), serviceAccount };
};
