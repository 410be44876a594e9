/** The actions of an AccessReview: deciding about rights, and completing it. Each is one change of its status, by whoever asked. */
import { type Clock, rfc3339 } from '#kernel/clock.ts';
import type { ActionConnector, ActionRequest } from '#kernel/connect.ts';
import { conflict } from '#kernel/errors.ts';
import type { Realms } from '#kernel/realm.ts';
import {
  AccessReview,
  type AccessReviewObject,
  type AccessReviewStatus,
  countsOf,
  type DecideRequest,
  itemSubject,
  type ReviewCounts,
} from './access-review.ts';
import { decide, digestOf, openItems } from './outcome.ts';

/** Undecided rights that an error names. */
const NAMED_MAX = 5;

export interface ReviewActionsOptions {
  readonly realms: () => Pick<Realms, 'use'>;
  readonly clock: Clock;
}

export function reviewActions({
  realms,
  clock,
}: ReviewActionsOptions): Readonly<Record<string, ActionConnector>> {
  const change = async (
    { realm, actor, object, requestId }: ActionRequest,
    how: (review: AccessReviewObject) => AccessReviewStatus,
  ): Promise<ReviewCounts> => {
    const { object: changed } = await realms().use(realm, ({ resources }) =>
      resources.modify(
        AccessReview,
        { name: object.metadata.name },
        { actor, via: 'api', requestId },
        (current) => {
          if (current.metadata.uid !== object.metadata.uid) {
            throw conflict(
              { kind: AccessReview.plural, name: object.metadata.name },
              'another review took its name',
            );
          }
          return { ...current, status: { ...current.status, ...how(current) } };
        },
        { subresource: 'status' },
      ),
    );
    const { items = [], outcome } = (changed as AccessReviewObject).status ?? {};
    return countsOf(items, outcome?.digest);
  };

  return {
    [`${AccessReview.resource}/decide`]: {
      type: 'action',
      call: (request) =>
        change(request, (review) => ({
          items: decide(review, request.body as DecideRequest, request.actor, rfc3339(clock.now())),
        })),
    },
    [`${AccessReview.resource}/complete`]: {
      type: 'action',
      call: (request) =>
        change(request, (review) => {
          const items = openItems(review);
          const left = items.filter(({ decision }) => decision === undefined);
          if (left.length > 0) {
            const some = left.slice(0, NAMED_MAX).map((item) => `${itemSubject(item)} by ${item.binding}`);
            throw conflict(
              { group: AccessReview.group, kind: AccessReview.plural, name: review.metadata.name },
              `${left.length} rights are undecided: ${some.join(', ')}${left.length > NAMED_MAX ? ', …' : ''}`,
            );
          }
          const { kept, revoked } = countsOf(items);
          return {
            outcome: {
              digest: digestOf(review, items),
              completedBy: request.actor.name,
              completedAt: rfc3339(clock.now()),
              kept,
              revoked,
            },
          };
        }),
    },
  };
}
