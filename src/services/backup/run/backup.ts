/**
 * Backup: one run of a plan, and what it saved. Inside its retention two people delete it; after that it goes by itself. It remembers where it lies, so that it can be restored and removed
 * when its plan is gone.
 */
import { type Static, Type } from 'typebox';
import { defineKind, type ObjectOf } from '#kernel/kind.ts';
import { CONDITIONS, OBSERVED_GENERATION, oneOf, READY_COLUMN } from '#kernel/kind-parts.ts';
import type { KubeObject } from '#kernel/object.ts';
import { bornWithFinalizer } from '#kernel/reconcile/finalizers.ts';
import { BACKUP_GROUP } from '../group.ts';
import { ITEMS_MAX, WARNINGS_MAX } from '../limits.ts';
import { REPOSITORY } from '../repository-spec.ts';
import { BACKED_UP } from '../what.ts';

/** Holds a backup back until nothing of it is in the repository. */
export const BACKUP_FINALIZER = `${BACKUP_GROUP}/snapshots`;

export const PHASES = ['Pending', 'Running', 'Succeeded', 'Incomplete', 'Failed'] as const;
export type Phase = (typeof PHASES)[number];

const text = (description: string) => Type.String({ description });
const bytes = (description: string) => Type.Integer({ minimum: 0, description });

export const ITEM = Type.Object({
  kind: oneOf(BACKED_UP, { description: 'What it is.' }),
  name: text('What it is called.'),
  uid: text('Its uid.'),
  phase: oneOf(['Pending', 'Saved', 'Failed'], { description: 'How far it is.' }),
  snapshot: Type.Optional(text('Id of the snapshot in the repository.')),
  bytes: Type.Optional(bytes('What it is as a tar.')),
  added: Type.Optional(bytes('What the repository grew by: the rest was there already.')),
  sha256: Type.Optional(text('Digest of that tar, which a restore is held against.')),
  message: Type.Optional(text('Why it was not saved.')),
  warnings: Type.Optional(
    Type.Array(Type.String(), { maxItems: WARNINGS_MAX, description: 'What of it could not be saved.' }),
  ),
});
export type Item = Static<typeof ITEM>;

const STATUS = Type.Object({
  observedGeneration: OBSERVED_GENERATION,
  phase: oneOf(PHASES, {
    description: 'How far it is. Incomplete: some items could not be saved; the others can be restored.',
  }),
  attempts: Type.Optional(Type.Integer({ description: 'How often it was begun.' })),
  againAt: Type.Optional(Type.String({ description: 'When it is tried again.' })),
  startedAt: Type.Optional(text('When it began.')),
  finishedAt: Type.Optional(text('When it ended.')),
  repository: Type.Optional(Type.Object(REPOSITORY, { description: 'Where it lies.' })),
  items: Type.Optional(
    Type.Array(ITEM, { maxItems: ITEMS_MAX, description: 'What was selected when it began.' }),
  ),
  bytes: Type.Optional(bytes('All items together.')),
  added: Type.Optional(bytes('What the repository grew by.')),
  manifest: Type.Optional(text('Id of the snapshot that says all this in the repository itself.')),
  retainUntil: Type.Optional(text('Until then two people delete it; after that it goes by itself.')),
  retained: Type.Optional(Type.Boolean({ description: 'Whether it is inside its retention.' })),
  conditions: CONDITIONS,
});

export type BackupStatus = Static<typeof STATUS>;

export const Backup = defineKind({
  group: BACKUP_GROUP,
  version: 'v1',
  kind: 'Backup',
  plural: 'backups',
  scope: 'Project',
  realms: ['organization'],
  description:
    'One run of a BackupPlan: made by its schedule, or by hand to run it now. Deleting it inside its retention takes two people, and removes it from the repository.',
  spec: Type.Object({
    plan: Type.String({
      minLength: 1,
      maxLength: 253,
      description: 'The BackupPlan of the project that is run.',
    }),
  }),
  status: STATUS,
  initialStatus: { phase: 'Pending' },
  immutable: ['spec.plan'],
  columns: [
    { name: 'Plan', type: 'string', description: 'Of which plan.', value: 'spec.plan' },
    { name: 'Phase', type: 'string', description: 'How far it is.', value: 'status.phase' },
    {
      name: 'Items',
      type: 'integer',
      description: 'How many things.',
      value: ({ status }) => (status as BackupStatus | undefined)?.items?.length,
    },
    { name: 'Bytes', type: 'integer', description: 'All together.', value: 'status.bytes' },
    { name: 'Added', type: 'integer', description: 'What the repository grew by.', value: 'status.added' },
    { name: 'Until', type: 'string', description: 'How long it is kept.', value: 'status.retainUntil' },
    { ...READY_COLUMN, priority: 1 },
  ],
  guarded: [{ transition: 'delete', approvals: (object) => (isRetained(object) ? 1 : 0) }],
  normalize: (object) => bornWithFinalizer(object, BACKUP_FINALIZER),
});

export type BackupObject = ObjectOf<typeof Backup>;

const isRetained = ({ status }: KubeObject): boolean =>
  (status as BackupStatus | undefined)?.retained === true;

export const hasEnded = ({ status }: Pick<BackupObject, 'status'>): boolean =>
  status?.phase === 'Succeeded' || status?.phase === 'Incomplete' || status?.phase === 'Failed';

/** Where the tar of an item is in the repository. */
export const pathOf = (namespace: string, { kind, name }: Pick<Item, 'kind' | 'name'>): string =>
  `/${kind}/${namespace}/${name}.tar`;

/** Where a run says of itself what it is. */
export const MANIFEST_PATH = '/casemate/backup.json';
export const runTag = (uid: string): string => `run:${uid}`;
export const MANIFEST_TAG = 'casemate-backup';
