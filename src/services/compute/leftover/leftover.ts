/**
 * The kind Leftover: an instance or a volume that the engine holds from before the region was restored, and that no object accounts for. After a restore to an
 * earlier moment that is what was made later: somebody's data. The region never removes it by itself; an operator says what becomes of it.
 */
import { type Static, Type } from 'typebox';
import { isInternal } from '#kernel/access.ts';
import { forbidden } from '#kernel/errors.ts';
import { type AdmissionRequest, defineKind, type ObjectOf } from '#kernel/kind.ts';
import { CONDITIONS, OBSERVED_GENERATION, oneOf, READY_COLUMN } from '#kernel/kind-parts.ts';
import { COMPUTE_GROUP } from '../schemas.ts';

const text = (description: string) => Type.String({ maxLength: 253, description });

const FOUND = Type.Object(
  {
    kind: oneOf(['Instance', 'Volume'], { description: 'What it was.' }),
    realm: text('Whose it was, such as /orgs/acme.'),
    project: text('In which project.'),
    name: text('What it was called there.'),
    uid: text('Its uid, which it has again once it is adopted.'),
    engineProject: text('The engine’s project.'),
    engineName: text('The engine’s name of it.'),
    enginePool: Type.Optional(text('The engine’s pool that it lies in, of a volume.')),
    size: Type.Optional(text('Of its disk.')),
    createdAt: text('When the engine made it.'),
  },
  { description: 'What the engine holds. It cannot be changed.' },
);

const SPEC = Type.Object({
  found: FOUND,
  decision: Type.Optional(
    oneOf(['Adopt', 'Remove'], {
      description:
        'Adopt: the organization gets it back, as an object of its own. Remove: it is deleted with all that is on it, which takes the approval of somebody else. Left out: it stays as it is.',
    }),
  ),
  adoptAs: Type.Optional(
    text('Under which name it is given back; default: what it was called, if nothing else is by now.'),
  ),
});

const STATUS = Type.Object({ observedGeneration: OBSERVED_GENERATION, conditions: CONDITIONS });

export type Found = Static<typeof FOUND>;

export const Leftover = defineKind({
  group: COMPUTE_GROUP,
  version: 'v1',
  kind: 'Leftover',
  plural: 'leftovers',
  scope: 'Realm',
  realms: ['region'],
  description:
    'An instance or a volume from before the region was restored, which nothing accounts for since. It is kept until spec.decision says what becomes of it.',
  spec: SPEC,
  status: STATUS,
  immutable: ['spec.found'],
  guarded: [
    {
      transition: 'remove',
      approvals: 1,
      matches: (operation, object, previous) =>
        operation === 'update' && decisionOf(object) === 'Remove' && decisionOf(previous) !== 'Remove',
    },
  ],
  columns: [
    { name: 'Kind', type: 'string', description: 'What it was.', value: 'spec.found.kind' },
    { name: 'Of', type: 'string', description: 'Whose it was.', value: 'spec.found.realm' },
    { name: 'Project', type: 'string', description: 'In which project.', value: 'spec.found.project' },
    { name: 'Called', type: 'string', description: 'There.', value: 'spec.found.name' },
    { name: 'Size', type: 'string', description: 'Of its disk.', value: 'spec.found.size' },
    { name: 'Made', type: 'date', description: 'When.', value: 'spec.found.createdAt' },
    { name: 'Decision', type: 'string', description: 'What becomes of it.', value: 'spec.decision' },
    READY_COLUMN,
  ],
  admit: onlyFound,
});

export type LeftoverObject = ObjectOf<typeof Leftover>;

const decisionOf = (object: { readonly spec?: unknown } | undefined): unknown =>
  (object?.spec as Static<typeof SPEC> | undefined)?.decision;

/** One that is deleted is only forgotten: the next sweep finds the same again. */
function onlyFound({ operation, object, actor, kind }: AdmissionRequest): void {
  if (operation !== 'create' || isInternal(actor)) return;
  throw forbidden(
    { group: kind.group, kind: kind.kind, name: object.metadata.name },
    'the region finds leftovers itself; nobody makes one',
  );
}
