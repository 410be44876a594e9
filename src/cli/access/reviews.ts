/** `casemate access review …`: looks through an AccessReview, decides about its rights, and completes it. */
import {
  type AccessReviewObject,
  type AccessReviewStatus,
  itemSubject,
  type ReviewCounts,
  type ReviewItem,
} from '#trust/access/reviews/access-review.ts';
import { objectPath, typeOfObject } from '../resources/discovery.ts';
import { usageError } from '../resources/errors.ts';
import type { SessionOptions } from '../resources/options.ts';
import { printJson, printLines } from '../resources/output.ts';
import { inSession, type Session } from '../resources/session.ts';
import { alignRows } from '../resources/table.ts';

interface ReviewOptions extends SessionOptions {
  readonly output: 'table' | 'json';
}

/** Decisions sent at once: what the server takes. */
const DECISIONS_MAX = 500;

async function pathOf(session: Session, name: string): Promise<string> {
  const type = typeOfObject(await session.types(), 'access.casemate.internal/v1', 'AccessReview');
  return objectPath(type, undefined, name);
}

const read = async (session: Session, name: string) =>
  session.client.json<AccessReviewObject>({ path: await pathOf(session, name) });

const act = async (session: Session, name: string, action: string, body: object) =>
  session.client.json<ReviewCounts>({
    method: 'POST',
    path: `${await pathOf(session, name)}/${action}`,
    body,
  });

const row = (item: ReviewItem) => [
  itemSubject(item),
  item.role,
  item.project ?? '*',
  item.binding,
  item.decision ?? '',
  item.decidedBy ?? '',
  item.revoked ?? '',
  item.note ?? '',
];

export const show = inSession(async (session: Session, { output }: ReviewOptions, name: string) => {
  const review = await read(session, name);
  if (output === 'json') {
    printJson(review);
    return;
  }
  const { items = [], due, outcome, conditions = [] }: AccessReviewStatus = review.status ?? {};
  const header = ['SUBJECT', 'ROLE', 'PROJECT', 'BINDING', 'DECISION', 'BY', 'REVOKED', 'NOTE'];
  printLines([
    `Due: ${due ?? 'not known yet'}`,
    ...conditions.map(({ type, status, message }) => `${type}: ${status} (${message})`),
    ...(outcome
      ? [`Outcome: ${outcome.kept} kept, ${outcome.revoked} revoked, digest ${outcome.digest}`]
      : []),
    '',
    ...alignRows([header, ...items.map(row)]),
  ]);
});

function printCounts(
  { kept, revoked, undecided, digest }: ReviewCounts,
  output: ReviewOptions['output'],
): void {
  if (output === 'json') printJson({ kept, revoked, undecided, digest });
  else
    printLines([
      `${kept} kept, ${revoked} revoked, ${undecided} undecided`,
      ...(digest ? [`digest ${digest}`] : []),
    ]);
}

interface DecideOptions extends ReviewOptions {
  readonly undecided?: boolean;
  readonly note?: string;
}

export const decide = inSession(
  async (
    session: Session,
    options: DecideOptions,
    name: string,
    decision: string,
    binding?: string,
    subject?: string,
  ) => {
    if (decision !== 'keep' && decision !== 'revoke')
      throw usageError(`"${decision}" is neither keep nor revoke`);
    if ((binding === undefined) !== (options.undecided === true)) {
      throw usageError(
        'say which right: give a RoleBinding, or --undecided for all that nobody decided about',
      );
    }
    const note = options.note === undefined ? {} : { note: options.note };
    const decisions =
      binding === undefined
        ? ((await read(session, name)).status?.items ?? [])
            .filter((item) => item.decision === undefined)
            .map((item) => ({ binding: item.binding, subject: itemSubject(item), decision, ...note }))
        : [{ binding, decision, ...(subject === undefined ? {} : { subject }), ...note }];
    if (decisions.length === 0) throw usageError('nothing is undecided');
    let counts: ReviewCounts | undefined;
    for (let start = 0; start < decisions.length; start += DECISIONS_MAX) {
      counts = await act(session, name, 'decide', {
        decisions: decisions.slice(start, start + DECISIONS_MAX),
      });
    }
    if (counts) printCounts(counts, options.output);
  },
);

export const complete = inSession(async (session: Session, { output }: ReviewOptions, name: string) => {
  printCounts(await act(session, name, 'complete', {}), output);
});
