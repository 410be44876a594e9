/**
 * Restore: things of a backup made again, in place or by a new name; from a Backup of the project, or from a repository that another region made. With `test` nothing is made: it is
 * read back to its end and held against what was saved.
 */
import { type Static, Type } from 'typebox';
import { defineKind, type ObjectOf } from '#kernel/kind.ts';
import { CONDITIONS, OBSERVED_GENERATION, oneOf } from '#kernel/kind-parts.ts';
import { getCondition } from '#kernel/reconcile/conditions.ts';
import { BACKUP_GROUP } from '../group.ts';
import { ITEMS_MAX } from '../limits.ts';
import { REPOSITORY } from '../repository-spec.ts';
import { BACKED_UP } from '../what.ts';

/** On restore tests: the plan that they are of. */
export const TESTED_PLAN_LABEL = `${BACKUP_GROUP}/tested-plan`;
/** SecNumCloud 3.2 of ANSSI: restores are tested. */
export const TEST_CONTROL = 'SecNumCloud-3.2:12.5.c';

const NAME = { minLength: 1, maxLength: 253 } as const;

const WANTED = Type.Object({
  kind: oneOf(BACKED_UP, { description: 'What it was.' }),
  name: Type.String({ ...NAME, description: 'What it was called.' }),
  as: Type.Optional(
    Type.String({
      ...NAME,
      description: 'What it is called from now on. Left out: as it was. There must be none of that name.',
    }),
  ),
  inPlace: Type.Optional(
    Type.Boolean({
      description: 'True: the one that is there becomes what it was, and all that came since is lost.',
    }),
  ),
});

const SPEC = Type.Object({
  backup: Type.Optional(
    Type.String({ ...NAME, description: 'The Backup of the project that is restored. This or repository.' }),
  ),
  repository: Type.Optional(
    Type.Object(
      {
        target: REPOSITORY.target,
        password: REPOSITORY.password,
        project: Type.Optional(
          Type.String({
            ...NAME,
            description: 'The project that was backed up. Left out: whichever the newest backup there is of.',
          }),
        ),
        before: Type.Optional(
          Type.String({
            pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}Z$',
            description: 'The newest backup that was finished by then. Left out: the newest.',
          }),
        ),
      },
      { description: 'A repository that is known by its place and password alone: of another region.' },
    ),
  ),
  serviceAccount: Type.Optional(
    Type.String({
      ...NAME,
      description: 'Who acts: with repository. Of a backup it is the one that made it, or this one.',
    }),
  ),
  items: Type.Optional(
    Type.Array(WANTED, {
      maxItems: ITEMS_MAX,
      description: 'What is restored. Left out: all of the backup, under the names it had.',
    }),
  ),
  test: Type.Optional(
    Type.Boolean({ description: 'True: nothing is made; all is read back and held against what was saved.' }),
  ),
  readData_percent: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 100,
      description: 'With test: how much of all data in the repository is checked as well.',
    }),
  ),
});

const RESTORED = Type.Object({
  kind: oneOf(BACKED_UP),
  name: Type.String({ description: 'What it was called.' }),
  as: Type.String({ description: 'What it is called now.' }),
  phase: oneOf(['Pending', 'Restored', 'Tested', 'Failed'], { description: 'How far it is.' }),
  bytes: Type.Optional(Type.Integer({ description: 'How much was read.' })),
  message: Type.Optional(Type.String({ description: 'Why not.' })),
});
export type RestoredItem = Static<typeof RESTORED>;

const STATUS = Type.Object({
  observedGeneration: OBSERVED_GENERATION,
  phase: oneOf(['Pending', 'Running', 'Succeeded', 'Failed'], { description: 'How far it is.' }),
  attempts: Type.Optional(Type.Integer({ description: 'How often it was begun.' })),
  againAt: Type.Optional(Type.String({ description: 'When it is tried again.' })),
  startedAt: Type.Optional(Type.String({ description: 'When it began.' })),
  finishedAt: Type.Optional(Type.String({ description: 'When it ended.' })),
  manifest: Type.Optional(
    Type.String({ description: 'Id of the snapshot in the repository that says what there is.' }),
  ),
  backedUpAt: Type.Optional(Type.String({ description: 'When what is restored was saved.' })),
  control: Type.Optional(Type.String({ description: 'What a test is evidence for.' })),
  items: Type.Optional(Type.Array(RESTORED, { maxItems: ITEMS_MAX, description: 'How each one went.' })),
  conditions: CONDITIONS,
});

export type RestoreSpec = Static<typeof SPEC>;
export type RestoreStatus = Static<typeof STATUS>;

export const Restore = defineKind({
  group: BACKUP_GROUP,
  version: 'v1',
  kind: 'Restore',
  plural: 'restores',
  scope: 'Project',
  realms: ['organization'],
  description:
    'Things of a backup made again, in place or by a new name; or, with test, read back and held against what was saved.',
  spec: SPEC,
  status: STATUS,
  initialStatus: { phase: 'Pending' },
  immutable: ['spec'],
  columns: [
    { name: 'From', type: 'string', description: 'Which Backup.', value: 'spec.backup' },
    { name: 'Test', type: 'boolean', description: 'Whether it only tries.', value: 'spec.test' },
    { name: 'Phase', type: 'string', description: 'How far it is.', value: 'status.phase' },
    {
      name: 'Items',
      type: 'string',
      description: 'How many of how many.',
      value: ({ status }) => {
        const items = (status as RestoreStatus | undefined)?.items;
        if (items === undefined) return undefined;
        return `${items.filter(({ phase }) => phase === 'Restored' || phase === 'Tested').length}/${items.length}`;
      },
    },
    { name: 'Finished', type: 'date', description: 'When it ended.', value: 'status.finishedAt' },
  ],
});

export type RestoreObject = ObjectOf<typeof Restore>;

/** What a plan says of a test that ended. */
export const testOutcome = ({ metadata, spec, status }: RestoreObject) => ({
  at: status?.finishedAt ?? '',
  passed: status?.phase === 'Succeeded',
  backup: spec.backup ?? '',
  restore: metadata.name,
  control: status?.control ?? TEST_CONTROL,
  message: getCondition(status?.conditions, 'Ready')?.message ?? '',
});
