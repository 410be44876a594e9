/**
 * Carries an AccessReview through: writes down what is held when it opens, says when it is overdue, takes away what was revoked, and makes the
 * next one. Every step looks at what is there, so each may be repeated or cut short.
 */
import { rfc3339 } from '#kernel/clock.ts';
import type { Controller, ReconcileContext, RetryAfter } from '#kernel/controller.ts';
import { isStatusError } from '#kernel/errors.ts';
import type { Condition, KubeObject } from '#kernel/object.ts';
import type { Realm } from '#kernel/realm.ts';
import { type ConditionChange, setCondition } from '#kernel/reconcile/conditions.ts';
import { ClientCertificate } from '../../identity/client-certificate.ts';
import type { Subject } from '../grants.ts';
import { RoleBinding } from '../role-binding.ts';
import { isLastWayIn } from '../way-in.ts';
import {
  AccessReview,
  type AccessReviewObject,
  type AccessReviewStatus,
  itemSubject,
  type ReviewItem,
} from './access-review.ts';
import { snapshot } from './outcome.ts';
import { nextOf, scheduleOf } from './schedule.ts';

const blockedReviews = (_object: KubeObject, { view }: Realm) =>
  view
    .list(AccessReview)
    .filter(({ status }) => status?.items?.some(({ revoked }) => revoked === 'blocked'))
    .map(({ metadata }) => ({ name: metadata.name }));

export const accessReviewController: Controller = {
  name: 'access-reviews',
  realms: ['region', 'organization'],
  kind: AccessReview,
  // Another way in may free one that waits to be taken away.
  watches: [RoleBinding, ClientCertificate].map((kind) => ({ kind, keys: blockedReviews })),
  async reconcile(key, context) {
    const review = context.realm.view.get(AccessReview, key);
    if (!review || review.metadata.deletionTimestamp !== undefined) return undefined;
    try {
      return await advance(review, context);
    } catch (error) {
      // Deleted meanwhile; or changed, and then this is called again.
      if (isStatusError(error, 'NotFound') || isStatusError(error, 'Conflict')) return undefined;
      throw error;
    }
  },
};

async function advance(
  review: AccessReviewObject,
  context: ReconcileContext,
): Promise<RetryAfter | undefined> {
  const now = context.clock.now();
  const { opens_ms, due_ms } = scheduleOf(review);
  const times = { opens: rfc3339(opens_ms), due: rfc3339(due_ms) };
  const { status } = review;
  if (status?.outcome) {
    await finish(review, context);
    return undefined;
  }
  if (now < opens_ms) {
    await publish(review, context, () => times, [waiting(times.opens)]);
    return { retryAfter_ms: opens_ms - now };
  }
  const overdue = now >= due_ms;
  await publish(
    review,
    context,
    (current, view) => ({ ...times, ...(current.items ? {} : snapshot(view, review)) }),
    [OPEN, overdue ? OVERDUE : inTime(times.due)],
  );
  return overdue ? undefined : { retryAfter_ms: due_ms - now };
}

const OPEN: ConditionChange = {
  type: 'Open',
  status: 'True',
  reason: 'Deciding',
  message: 'say of each right whether it stays: casemate access review decide; then complete it',
};
const OVERDUE: ConditionChange = {
  type: 'Overdue',
  status: 'True',
  reason: 'PastDue',
  message: 'it should have been completed by now; decide about what is left and complete it',
};
const inTime = (due: string): ConditionChange => ({
  type: 'Overdue',
  status: 'False',
  reason: 'InTime',
  message: `it is due ${due}`,
});
const waiting = (opens: string): ConditionChange => ({
  type: 'Open',
  status: 'False',
  reason: 'NotYet',
  message: `it opens ${opens}`,
});

type StatusChange = (
  current: AccessReviewStatus,
  view: Parameters<typeof snapshot>[0],
) => Partial<AccessReviewStatus>;

/** Writes the status where it is not so already. */
async function publish(
  { metadata }: AccessReviewObject,
  { realm, change, clock }: ReconcileContext,
  how: StatusChange,
  conditions: readonly ConditionChange[],
): Promise<void> {
  await realm.resources.modify(
    AccessReview,
    { name: metadata.name },
    change,
    (current, view) => {
      if (current.metadata.uid !== metadata.uid) return current;
      const before = current.status ?? {};
      let list = before.conditions as readonly Condition[] | undefined;
      for (const condition of conditions) list = setCondition(list, condition, clock);
      const status = { ...before, ...how(before, view), ...(list ? { conditions: [...list] } : {}) };
      return JSON.stringify(status) === JSON.stringify(before) ? current : { ...current, status };
    },
    { subresource: 'status' },
  );
}

/** Takes away what was revoked, makes the next review, and says so. */
async function finish(review: AccessReviewObject, context: ReconcileContext): Promise<void> {
  const { items = [], outcome, next } = review.status ?? {};
  const carriedOut = new Map<string, NonNullable<ReviewItem['revoked']>>();
  const keyOf = (item: ReviewItem) => JSON.stringify([item.bindingUid, itemSubject(item)]);
  for (const item of items) {
    if (item.decision !== 'revoke' || item.revoked === 'done' || item.revoked === 'gone') continue;
    carriedOut.set(keyOf(item), await revoke(item, context));
  }
  const following =
    review.spec.repeat && next === undefined ? await plan(review, outcome?.completedAt ?? '', context) : next;
  await publish(
    review,
    context,
    (current) => ({
      ...(current.items
        ? {
            items: current.items.map((item) => {
              const revoked = carriedOut.get(keyOf(item));
              return revoked === undefined ? item : { ...item, revoked };
            }),
          }
        : {}),
      ...(following === undefined ? {} : { next: following }),
    }),
    [
      { type: 'Open', status: 'False', reason: 'Completed', message: `completed by ${outcome?.completedBy}` },
      { type: 'Overdue', status: 'False', reason: 'Completed', message: `completed ${outcome?.completedAt}` },
      completed([...carriedOut.values()].includes('blocked')),
    ],
  );
}

const completed = (blocked: boolean): ConditionChange =>
  blocked
    ? {
        type: 'Completed',
        status: 'False',
        reason: 'LastWayIn',
        message:
          'a right that was revoked is the last way in: give the role to somebody else who signs in here or has a ClientCertificate, then it is taken away',
      }
    : { type: 'Completed', status: 'True', reason: 'CarriedOut', message: 'what was revoked is taken away' };

/** Takes one subject out of its binding, and the binding away with the last. */
async function revoke(
  item: ReviewItem,
  { realm, change }: ReconcileContext,
): Promise<NonNullable<ReviewItem['revoked']>> {
  const key = { name: item.binding };
  const without = (subjects: readonly Subject[]) =>
    subjects.filter(
      (subject) =>
        subject.kind !== item.subject.kind ||
        subject.name !== item.subject.name ||
        subject.project !== item.subject.project,
    );
  const binding = realm.view.get(RoleBinding, key);
  if (binding?.metadata.uid !== item.bindingUid) return 'gone';
  const left = without(binding.spec.subjects as readonly Subject[]);
  if (left.length === binding.spec.subjects.length) return 'gone';
  if (
    isLastWayIn(realm.view, item.binding, left.length === 0 ? undefined : { ...binding.spec, subjects: left })
  )
    return 'blocked';
  try {
    if (left.length === 0) {
      const { uid, resourceVersion } = binding.metadata;
      await realm.resources.delete(RoleBinding, key, change, { preconditions: { uid, resourceVersion } });
    } else {
      await realm.resources.modify(RoleBinding, key, change, (current) =>
        current.metadata.uid === item.bindingUid
          ? {
              ...current,
              spec: { ...current.spec, subjects: without(current.spec.subjects as readonly Subject[]) },
            }
          : current,
      );
    }
  } catch (error) {
    if (isStatusError(error, 'NotFound')) return 'gone';
    throw error;
  }
  return 'done';
}

/** Makes the review that follows; gives its name. */
async function plan(
  review: AccessReviewObject,
  completedAt: string,
  { realm, change }: ReconcileContext,
): Promise<string> {
  const { name, due } = nextOf(review, Date.parse(completedAt));
  const { due: _due, ...spec } = review.spec;
  try {
    await realm.resources.create(
      AccessReview,
      undefined,
      { metadata: { name }, spec: { ...spec, due } },
      change,
    );
  } catch (error) {
    // Made by an earlier attempt.
    if (!isStatusError(error, 'AlreadyExists')) throw error;
  }
  return name;
}
