/**
 * Release: one release of Casemate that was published here, on its way to running the region. What it would do stands in its status before anybody is asked; applying it
 * takes somebody else's agreement, and so does going back. The steps themselves are taken outside of the region (`region/releases`), which only writes them down.
 */
import { type Static, Type } from 'typebox';
import { forbidden } from '#kernel/errors.ts';
import { type AdmissionRequest, defineKind, type ObjectOf } from '#kernel/kind.ts';
import { CONDITIONS, oneOf } from '#kernel/kind-parts.ts';
import type { KubeObject } from '#kernel/object.ts';
import { GAP_GROUP } from '../import/trust-kind.ts';

export const RELEASES_MAX = 100;
export const PROBLEMS_MAX = 32;
export const MIGRATIONS_SHOWN_MAX = 64;
export const STEPS_MAX = 32;
/** People other than who asks. */
const APPROVALS = 1;

export const PHASES = [
  'Planning',
  'Blocked',
  'AwaitingApproval',
  'Approved',
  'Upgrading',
  'Running',
  'Failed',
  'RolledBack',
  'Interrupted',
  'Replaced',
] as const;
export type Phase = (typeof PHASES)[number];

const text = (description: string) => Type.String({ description });

const SPEC = Type.Object({
  version: Type.String({
    minLength: 1,
    maxLength: 64,
    pattern: '^[0-9]+\\.[0-9]+\\.[0-9]+(?:-[0-9A-Za-z.-]+)?$',
    description: 'Which release: release/casemate/VERSION among what was published.',
  }),
  apply: Type.Optional(
    Type.String({
      maxLength: 71,
      description:
        'The digest that is to run, as status.plan.digest has it. Setting it takes the approval of somebody else.',
    }),
  ),
  rollback: Type.Optional(
    Type.String({
      maxLength: 128,
      description:
        'The digest that is to run again, as status.before has it. Setting it takes the approval of somebody else.',
    }),
  ),
});

const PLAN = Type.Object({
  from: text('What runs.'),
  to: text('What would.'),
  digest: text('What it is: of its manifest, which leads to every byte of it.'),
  bundle: text('The bundle that it came with.'),
  signers: Type.Array(Type.String(), { maxItems: 64, description: 'Who signed that.' }),
  node: text('The version of Node in it.'),
  bytes: Type.Integer({ description: 'How much room it takes.' }),
  migrations: Type.Array(Type.String(), {
    maxItems: MIGRATIONS_SHOWN_MAX,
    description: 'What it does to the database, while the release before works with it.',
  }),
  restarts: text('What starts anew, and what does not.'),
  rollback: text('Whether one can go back, and how.'),
  problems: Type.Array(Type.String(), { maxItems: PROBLEMS_MAX, description: 'Why it cannot be applied.' }),
});
export type PlanStatus = Static<typeof PLAN>;

const STEP = Type.Object({ step: text('What was done.'), at: text('When.'), message: text('How it went.') });

const STATUS = Type.Object({
  phase: oneOf(PHASES, { description: 'How far it is.' }),
  requestedBy: text('Who brought it up.'),
  plan: Type.Optional(PLAN),
  steps: Type.Optional(
    Type.Array(STEP, { maxItems: STEPS_MAX, description: 'What was done to have it run, or to go back.' }),
  ),
  attempt: Type.Optional(Type.Integer({ description: 'Which attempt those steps are of.' })),
  before: Type.Optional(
    Type.Object(
      { version: Type.String(), digest: Type.String() },
      { description: 'What one would go back to.' },
    ),
  ),
  conditions: CONDITIONS,
});
export type ReleaseStatus = Static<typeof STATUS>;

type Spec = Static<typeof SPEC>;
const statusOf = (object: KubeObject | undefined) => object?.status as ReleaseStatus | undefined;
const specOf = (object: KubeObject | undefined) => object?.spec as Spec | undefined;

export const Release = defineKind({
  group: GAP_GROUP,
  version: 'v1',
  kind: 'Release',
  plural: 'releases',
  scope: 'Realm',
  realms: ['region'],
  description:
    'A release of Casemate that was published here: what it would do, who agreed to it, and what became of it. It comes into force on trial, and goes away by itself where it does not do well.',
  spec: SPEC,
  status: STATUS,
  bornStatus: (_object, actor) => ({ phase: 'Planning', requestedBy: actor.name }),
  immutable: ['spec.version'],
  guarded: (['apply', 'rollback'] as const).map((transition) => ({
    transition,
    approvals: APPROVALS,
    matches: (operation: string, object: KubeObject, previous: KubeObject | undefined) =>
      operation === 'update' && specOf(object)?.[transition] !== specOf(previous)?.[transition],
  })),
  columns: [
    { name: 'Phase', type: 'string', description: 'How far it is.', value: 'status.phase' },
    {
      name: 'From',
      type: 'string',
      description: 'What it comes in the place of.',
      value: 'status.plan.from',
    },
    {
      name: 'Last Step',
      type: 'string',
      description: 'What was done last.',
      value: (object) => statusOf(object)?.steps?.at(-1)?.step,
    },
  ],
  admit: (request) => admit(request),
});

export type ReleaseObject = ObjectOf<typeof Release>;

function admit({ operation, kind, object, previous, view }: AdmissionRequest): void {
  const refuse = (message: string) =>
    forbidden({ group: GAP_GROUP, kind: 'Release', name: object.metadata.name }, message);
  const [now, before] = [specOf(object), specOf(previous)];
  if (operation === 'create') {
    if (view.count(kind) >= RELEASES_MAX)
      throw refuse(`there are ${RELEASES_MAX} already; delete some that have ended`);
    if (now?.apply !== undefined || now?.rollback !== undefined)
      throw refuse('spec: nothing is applied before its plan was seen and agreed to');
    return;
  }
  if (operation !== 'update') return;
  const status = statusOf(previous);
  if (now?.apply !== before?.apply) {
    if (status?.phase !== 'AwaitingApproval')
      throw refuse(`spec.apply: it is ${status?.phase}, and must be AwaitingApproval`);
    if (now?.apply !== status.plan?.digest)
      throw refuse(`spec.apply: must be status.plan.digest, ${status.plan?.digest}`);
    const busy = view
      .list(Release)
      .find((one) => ['Approved', 'Upgrading'].includes(statusOf(one)?.phase ?? ''));
    if (busy !== undefined)
      throw refuse(`spec.apply: ${busy.metadata.name} is ${statusOf(busy)?.phase}; one at a time`);
  }
  if (now?.rollback !== before?.rollback) {
    if (status?.phase !== 'Running')
      throw refuse(`spec.rollback: it is ${status?.phase}, and must be Running`);
    if (status.before === undefined || now?.rollback !== status.before.digest)
      throw refuse(
        `spec.rollback: must be status.before.digest, ${status.before?.digest ?? 'and there is nothing to go back to'}`,
      );
  }
}
