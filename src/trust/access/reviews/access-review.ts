/**
 * AccessReview: somebody looks through who holds what, and says of each whether it stays (SecNumCloud 9.4.a–c). What was held when it opened is
 * kept in its status; decisions are made by its actions, and whoever makes one is the actor of the leaf. Its outcome has a digest, and is a
 * leaf like every change: a receipt of that leaf is the signed outcome.
 */
import { type Static, Type } from 'typebox';
import { defineKind, type ObjectOf } from '#kernel/kind.ts';
import { CONDITIONS, oneOf } from '#kernel/kind-parts.ts';
import type { Condition, KubeObject } from '#kernel/object.ts';
import { ACCESS_GROUP } from '../api-group.ts';
import { type Subject, subjectText } from '../grants.ts';
import { SUBJECT } from '../role-binding.ts';

/** Rights that one review can hold; a realm with more is reviewed project by project. */
export const ITEMS_MAX = 2_000;
/** Decisions of one request. */
const DECISIONS_MAX = 500;
const NOTE_LENGTH_MAX = 500;

const DECISION = oneOf(['keep', 'revoke'], { description: 'keep or revoke.' });
const NOTE = Type.Optional(Type.String({ maxLength: NOTE_LENGTH_MAX, description: 'Why.' }));

const SPEC = Type.Object({
  of: oneOf(['people', 'service-accounts'], {
    default: 'people',
    description: 'Whose rights: those of users and groups, or those of service accounts.',
  }),
  project: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 63,
      description: 'Only rights that are narrowed to this project.',
    }),
  ),
  due: Type.Optional(
    Type.String({
      maxLength: 30,
      description: 'When it must be completed, RFC 3339. Default: 30 days after it was made.',
    }),
  ),
  repeat: Type.Boolean({
    default: true,
    description:
      'Whether the next one is made when this is completed: after a year, of service accounts after a quarter.',
  }),
});

const ITEM = Type.Object({
  binding: Type.String({ description: 'The RoleBinding that gives it.' }),
  bindingUid: Type.String(),
  role: Type.String(),
  project: Type.Optional(Type.String()),
  subject: SUBJECT,
  members: Type.Optional(Type.Array(Type.String(), { description: 'Of a group: who was in it.' })),
  decision: Type.Optional(DECISION),
  note: NOTE,
  decidedBy: Type.Optional(Type.String()),
  decidedAt: Type.Optional(Type.String()),
  revoked: Type.Optional(
    oneOf(['done', 'gone', 'blocked'], {
      description:
        'What became of a revocation: done; gone: it was taken away meanwhile; blocked: it is the last way in.',
    }),
  ),
});

export type ReviewItem = Static<typeof ITEM>;

const STATUS = Type.Object({
  due: Type.Optional(Type.String({ description: 'When it must be completed.' })),
  opens: Type.Optional(
    Type.String({ description: 'When what is held is written down, and deciding begins.' }),
  ),
  items: Type.Optional(
    Type.Array(ITEM, { maxItems: ITEMS_MAX, description: 'Who held what when it opened.' }),
  ),
  incomplete: Type.Optional(Type.Boolean({ description: 'True: more is held than one review can hold.' })),
  outcome: Type.Optional(
    Type.Object({
      digest: Type.String({
        description: 'SHA-256, in hexadecimal, of the canonical JSON (RFC 8785) of the items as decided.',
      }),
      completedBy: Type.String(),
      completedAt: Type.String(),
      kept: Type.Integer(),
      revoked: Type.Integer(),
    }),
  ),
  next: Type.Optional(Type.String({ description: 'The review that follows this one.' })),
  conditions: CONDITIONS,
});

export type AccessReviewStatus = Static<typeof STATUS>;

const statusOf = (object: KubeObject) => (object.status ?? {}) as AccessReviewStatus;
const isTrue = (object: KubeObject, type: string) =>
  (statusOf(object).conditions as readonly Condition[] | undefined)?.some(
    (one) => one.type === type && one.status === 'True',
  );

export const DECIDE_REQUEST = Type.Object({
  decisions: Type.Array(
    Type.Object({
      binding: Type.String({ minLength: 1, maxLength: 253, description: 'The RoleBinding.' }),
      subject: Type.Optional(
        Type.String({
          maxLength: 320,
          description: 'alice, group:team or serviceaccount:alpha/builder; absent: all that it names.',
        }),
      ),
      decision: DECISION,
      note: NOTE,
    }),
    { minItems: 1, maxItems: DECISIONS_MAX },
  ),
});
export type DecideRequest = Static<typeof DECIDE_REQUEST>;

const COUNTS = Type.Object({
  kept: Type.Integer(),
  revoked: Type.Integer(),
  undecided: Type.Integer(),
  digest: Type.Optional(Type.String({ description: 'Of the outcome, once it is completed.' })),
});
export type ReviewCounts = Static<typeof COUNTS>;

export const AccessReview = defineKind({
  group: ACCESS_GROUP,
  version: 'v1',
  kind: 'AccessReview',
  plural: 'accessreviews',
  scope: 'Realm',
  realms: ['region', 'organization'],
  description:
    'Looks through who holds what, right by right: keep or revoke. Completing it carries the revocations out and plans the next one.',
  spec: SPEC,
  status: STATUS,
  subresources: {
    decide: {
      type: 'action',
      description: 'Says of rights whether they stay. May be changed until the review is completed.',
      request: DECIDE_REQUEST,
      response: COUNTS,
    },
    complete: {
      type: 'action',
      description: 'Ends the review, once everything is decided: what was revoked is taken away.',
      request: Type.Object({}),
      response: COUNTS,
    },
  },
  columns: [
    { name: 'Of', type: 'string', description: 'Whose rights.', value: 'spec.of' },
    {
      name: 'State',
      type: 'string',
      description: 'Waiting, Open, Overdue or Completed.',
      value: (object) =>
        isTrue(object, 'Completed')
          ? 'Completed'
          : isTrue(object, 'Overdue')
            ? 'Overdue'
            : isTrue(object, 'Open')
              ? 'Open'
              : 'Waiting',
    },
    {
      name: 'Undecided',
      type: 'integer',
      description: 'Rights that nobody decided about yet.',
      value: (object) => statusOf(object).items?.filter(({ decision }) => decision === undefined).length,
    },
    { name: 'Due', type: 'string', description: 'When it must be completed.', value: 'status.due' },
  ],
  immutable: ['spec'],
});

export type AccessReviewObject = ObjectOf<typeof AccessReview>;

export const itemSubject = (item: ReviewItem) => subjectText(item.subject as Subject);

export function countsOf(items: readonly ReviewItem[], digest?: string): ReviewCounts {
  const count = (decision: ReviewItem['decision']) =>
    items.filter((item) => item.decision === decision).length;
  return {
    kept: count('keep'),
    revoked: count('revoke'),
    undecided: count(undefined),
    ...(digest === undefined ? {} : { digest }),
  };
}
